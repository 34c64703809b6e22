//! The innermost loops of matrix products: a tile of the result stays in registers while k runs.

use super::vector::{Tile, Vector};
use crate::program::Mat;

/// Vectors side by side in a tile. With four rows that makes eight running sums, which hide the latency of additions;
/// with twelve, compilers run out of the sixteen registers of AVX2 and simd128, which costs more than it saves.
pub(super) const TILE: usize = 2;

/// What the sums of a tile start from.
#[derive(Clone, Copy)]
pub(super) enum Start {
    /// 0
    Zero,
    /// The row's word from here on.
    Bias(*const f32),
    /// What c holds.
    Result,
}

/// What becomes of the sums of a tile on their way out.
#[derive(Clone, Copy)]
pub(super) enum Last {
    /// Nothing.
    Nothing,
    /// [`Act::Relu`](crate::program::Act::Relu)
    Relu,
    /// [`Act::Leaky`](crate::program::Act::Leaky) with this slope.
    Leaky(f32),
    /// Times 1 where y, a matrix laid out like c, is positive, else times the slope.
    Slope {
        /// y's first element.
        y: *const f32,
        /// From one row of y to the next.
        y_stride: usize,
        /// The slope.
        slope: f32,
    },
}

/// Some rows of C = A · B, for the columns of one block of B.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    /// A's first element.
    pub(super) a: *const f32,
    /// From one row of A to the next, or from one column to the next: the other step is one word.
    pub(super) a_stride: usize,
    /// B's first element.
    pub(super) b: *const f32,
    /// From one row of B to the next.
    pub(super) b_stride: usize,
    /// Columns of A, rows of B.
    pub(super) depth: usize,
    /// C's first element.
    pub(super) c: *mut f32,
    /// From one row of C to the next.
    pub(super) c_stride: usize,
    /// Columns of B and C.
    pub(super) cols: usize,
    /// What the sums start from.
    pub(super) start: Start,
    /// What becomes of them on the way out.
    pub(super) last: Last,
}

/// `R` rows, all columns: as many whole tiles of `W` as fit, then narrower ones, those of `V` last.
///
/// # Safety
/// The panel's views are good for reading and writing as they say.
#[inline(always)]
pub(super) unsafe fn panel<W: Tile, V: Tile, const R: usize>(
    panel: &Panel,
    a_row: usize,
    a_depth: usize,
) {
    let mut col = 0;
    // SAFETY: as promised by the caller; each tile ends within the columns.
    unsafe {
        while col + TILE * W::N <= panel.cols {
            tile::<W, R, TILE>(panel, col, a_row, a_depth);
            col += TILE * W::N;
        }
        if col + W::N <= panel.cols {
            tile::<W, R, 1>(panel, col, a_row, a_depth);
            col += W::N;
        }
        while V::N < W::N && col + V::N <= panel.cols {
            tile::<V, R, 1>(panel, col, a_row, a_depth);
            col += V::N;
        }
        while col < panel.cols {
            tile::<f32, R, 1>(panel, col, a_row, a_depth);
            col += 1;
        }
    }
}

/// `R` rows and `C` vectors of columns from `col` on.
#[inline(always)]
unsafe fn tile<V: Tile, const R: usize, const C: usize>(
    panel: &Panel,
    col: usize,
    a_row: usize,
    a_depth: usize,
) {
    // SAFETY: as promised by the caller.
    unsafe {
        let c = |r: usize, j: usize| panel.c.add(r * panel.c_stride + col + j * V::N);
        let mut sums = [[V::filled(0.0); C]; R];
        match panel.start {
            Start::Zero => {}
            Start::Bias(bias) => {
                for (r, row) in sums.iter_mut().enumerate() {
                    *row = [V::filled(*bias.add(r)); C];
                }
            }
            Start::Result => {
                for (r, row) in sums.iter_mut().enumerate() {
                    for (j, sum) in row.iter_mut().enumerate() {
                        *sum = V::load(c(r, j));
                    }
                }
            }
        }
        let (mut a, mut b) = (panel.a, panel.b.add(col));
        for _ in 0..panel.depth {
            let mut right = [V::filled(0.0); C];
            for (j, x) in right.iter_mut().enumerate() {
                *x = V::load(b.add(j * V::N));
            }
            for (r, row) in sums.iter_mut().enumerate() {
                let left = V::filled(*a.add(r * a_row));
                for (sum, &x) in row.iter_mut().zip(&right) {
                    *sum = left.mul_add(x, *sum);
                }
            }
            // Not `add`: after the last round these point past the end.
            a = a.wrapping_add(a_depth);
            b = b.wrapping_add(panel.b_stride);
        }
        match panel.last {
            Last::Nothing => {}
            Last::Relu => each(&mut sums, V::relu),
            Last::Leaky(slope) => each(
                &mut sums,
                #[inline(always)]
                |x| x.leaky(slope),
            ),
            Last::Slope { y, y_stride, slope } => {
                for (r, row) in sums.iter_mut().enumerate() {
                    for (j, sum) in row.iter_mut().enumerate() {
                        *sum = sum.sloped(V::load(y.add(r * y_stride + col + j * V::N)), slope);
                    }
                }
            }
        }
        for (r, row) in sums.iter().enumerate() {
            for (j, sum) in row.iter().enumerate() {
                sum.store(c(r, j));
            }
        }
    }
}

#[inline(always)]
fn each<V: Tile, const R: usize, const C: usize>(sums: &mut [[V; C]; R], f: impl Fn(V) -> V) {
    for row in sums {
        for x in row {
            *x = f(*x);
        }
    }
}

/// c[i, j] = Σ_k a[i, k] b[j, k], or added to c: for results too small to be worth a transposed copy of b.
///
/// # Safety
/// The op was checked for an arena that begins at `arena`.
#[inline(always)]
pub(super) unsafe fn dots<V: Vector>(a: Mat, b: Mat, c: Mat, accumulate: bool, arena: *mut f32) {
    // SAFETY: as promised by the caller.
    unsafe {
        let mut i = 0;
        while i < c.rows {
            let rows = (c.rows - i).min(4);
            let mut j = 0;
            while j < c.cols {
                let cols = (c.cols - j).min(2);
                let dots = Dots {
                    a: arena.add(a.index(i, 0)),
                    a_stride: a.stride as usize,
                    b: arena.add(b.index(j, 0)),
                    b_stride: b.stride as usize,
                    depth: a.cols as usize,
                    c: arena.add(c.index(i, j)),
                    c_stride: c.stride as usize,
                    accumulate,
                };
                match (rows, cols) {
                    (4, 2) => dots_tile::<V, 4, 2>(&dots),
                    (4, _) => dots_tile::<V, 4, 1>(&dots),
                    (3, 2) => dots_tile::<V, 3, 2>(&dots),
                    (3, _) => dots_tile::<V, 3, 1>(&dots),
                    (2, 2) => dots_tile::<V, 2, 2>(&dots),
                    (2, _) => dots_tile::<V, 2, 1>(&dots),
                    (_, 2) => dots_tile::<V, 1, 2>(&dots),
                    (_, _) => dots_tile::<V, 1, 1>(&dots),
                }
                j += cols;
            }
            i += rows;
        }
    }
}

/// A tile of [`dots`].
struct Dots {
    a: *const f32,
    a_stride: usize,
    b: *const f32,
    b_stride: usize,
    depth: usize,
    c: *mut f32,
    c_stride: usize,
    accumulate: bool,
}

#[inline(always)]
unsafe fn dots_tile<V: Vector, const R: usize, const C: usize>(dots: &Dots) {
    let mut sums = [[V::splat(0.0); C]; R];
    let whole = dots.depth - dots.depth % V::N;
    // SAFETY: as promised by the caller.
    unsafe {
        let mut k = 0;
        while k < whole {
            let mut right = [V::splat(0.0); C];
            for (j, x) in right.iter_mut().enumerate() {
                *x = V::load(dots.b.add(j * dots.b_stride + k));
            }
            for (r, row) in sums.iter_mut().enumerate() {
                let left = V::load(dots.a.add(r * dots.a_stride + k));
                for (sum, &x) in row.iter_mut().zip(&right) {
                    *sum = left.mul_add(x, *sum);
                }
            }
            k += V::N;
        }
        for (r, row) in sums.iter().enumerate() {
            for (j, sum) in row.iter().enumerate() {
                let mut total = sum.sum();
                for k in whole..dots.depth {
                    total +=
                        *dots.a.add(r * dots.a_stride + k) * *dots.b.add(j * dots.b_stride + k);
                }
                let c = dots.c.add(r * dots.c_stride + j);
                *c = if dots.accumulate { *c + total } else { total };
            }
        }
    }
}
