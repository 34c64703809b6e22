//! Copies of blocks of A and B in the order in which tiles read them, so that large products stay in the cache.

use super::gemm::ROWS;
use super::vector::Vector;

/// A block of B to be packed: panels of a whole number of vectors of columns, each `[depth][columns of a panel]`, the last one filled up
/// with zeros.
pub(super) struct BlockB {
    /// B's first element in this block.
    pub(super) b: *const f32,
    /// From one row in memory to the next.
    pub(super) stride: usize,
    /// Whether B's rows are columns in memory.
    pub(super) transposed: bool,
    /// Rows of B.
    pub(super) depth: usize,
    /// Columns of B.
    pub(super) cols: usize,
    /// Where the panels go.
    pub(super) to: *mut f32,
}

/// A block of A whose rows are columns in memory, to be packed: groups of [`ROWS`] rows, each `[depth][ROWS]`.
pub(super) struct BlockA {
    /// A's first element in this block.
    pub(super) a: *const f32,
    /// From one column of A to the next.
    pub(super) stride: usize,
    /// Rows of A.
    pub(super) rows: usize,
    /// Columns of A.
    pub(super) depth: usize,
    /// Where the groups go.
    pub(super) to: *mut f32,
}

/// # Safety
/// The block is good for reading, and `to` for writing `depth` times its columns, rounded up to whole panels.
#[inline(always)]
pub(super) unsafe fn pack_b<V: Vector>(block: &BlockB, width: usize) {
    let mut first = 0;
    while first < block.cols {
        let cols = (block.cols - first).min(width);
        // SAFETY: as promised by the caller.
        unsafe {
            let to = block.to.add(first * block.depth);
            if block.transposed {
                let b = block.b.add(first * block.stride);
                transposed_panel::<V>(b, block, cols, to, width);
            } else {
                panel::<V>(block.b.add(first), block, cols, to, width);
            }
        }
        first += cols;
    }
}

#[inline(always)]
unsafe fn panel<V: Vector>(b: *const f32, block: &BlockB, cols: usize, to: *mut f32, width: usize) {
    for k in 0..block.depth {
        // SAFETY: as promised by the caller.
        unsafe {
            let (from, to) = (b.add(k * block.stride), to.add(k * width));
            let mut c = 0;
            while c + V::N <= cols {
                V::load(from.add(c)).store(to.add(c));
                c += V::N;
            }
            if c < width {
                to.add(c).write_bytes(0, width - c);
                to.add(c).copy_from_nonoverlapping(from.add(c), cols - c);
            }
        }
    }
}

#[inline(always)]
unsafe fn transposed_panel<V: Vector>(
    b: *const f32,
    block: &BlockB,
    cols: usize,
    to: *mut f32,
    width: usize,
) {
    let whole = block.depth - block.depth % V::N;
    let mut c = 0;
    // SAFETY: as promised by the caller.
    unsafe {
        while c + V::N <= cols {
            let mut k = 0;
            while k < whole {
                V::transpose(
                    b.add(c * block.stride + k),
                    block.stride,
                    to.add(k * width + c),
                    width,
                );
                k += V::N;
            }
            c += V::N;
        }
        for k in 0..block.depth {
            let done = if k < whole { c } else { 0 };
            for j in done..width {
                *to.add(k * width + j) = if j < cols { *b.add(j * block.stride + k) } else { 0.0 };
            }
        }
    }
}

/// # Safety
/// The block is good for reading, and `to` for writing `depth` times its rows, rounded up to whole groups.
#[inline(always)]
pub(super) unsafe fn pack_a(block: &BlockA) {
    /// Groups packed side by side: together a line of the cache.
    const GROUPS: usize = 4;
    let mut first = 0;
    while first < block.rows {
        let rows = (block.rows - first).min(GROUPS * ROWS);
        for k in 0..block.depth {
            // SAFETY: as promised by the caller.
            unsafe {
                let from = block.a.add(k * block.stride + first);
                let to = block.to.add(first * block.depth + k * ROWS);
                let mut i = 0;
                while i + ROWS <= rows {
                    to.add(i * block.depth).copy_from_nonoverlapping(from.add(i), ROWS);
                    i += ROWS;
                }
                for r in i..rows {
                    *to.add(i * block.depth + r - i) = *from.add(r);
                }
            }
        }
        first += rows;
    }
}
