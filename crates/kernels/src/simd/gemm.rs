//! Matrix products: which way to go for which shape, and the blocking of large ones (Goto & van de Geijn 2008).

use super::pack::{BlockA, BlockB};
use super::tile::{Last, Panel, Start};
use super::vector::{Entries, Vector};
use crate::program::{Act, Epilogue, Mat, Op};

/// Rows of a tile.
pub(super) const ROWS: usize = 4;

/// Depth of a block: a panel of B of this depth stays in the first-level cache.
const DEPTH_BLOCK: usize = 256;

/// Rows of a block of A, which stays in the second-level cache.
const ROWS_BLOCK: usize = 128;

/// Columns of a block of B; a multiple of every panel's width.
const COLS_BLOCK: usize = 480;

/// Columns of the widest panel.
pub(super) const MOST_COLS: usize = 32;

/// Elements of B up to which a product goes without packing.
const SMALL_B: usize = 8192;

/// Elements of a result A · Bᵀ up to which it is computed as dot products.
const SMALL_DOTS: u32 = 1024;

/// Rows or columns of a result A · Bᵀ up to which a transposed copy of B does not pay.
const FEW_DOTS: u32 = 8;

/// Some rows of a result whose epilogue is still to be applied.
pub(super) struct Finish {
    /// Where the arena begins.
    pub(super) arena: *mut f32,
    /// The result.
    pub(super) c: Mat,
    /// The first row.
    pub(super) first: u32,
    /// How many.
    pub(super) count: u32,
    /// What to apply; the bias is in already.
    pub(super) epilogue: Epilogue,
}

/// A product: C = epilogue(A · B) or C += A · B.
struct Product {
    arena: *mut f32,
    a: Mat,
    ta: bool,
    b: Mat,
    tb: bool,
    c: Mat,
    accumulate: bool,
    epilogue: Epilogue,
}

/// How a product is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Straight from the operands.
    Direct,
    /// As dot products of rows.
    Dots,
    /// In packed blocks.
    Packed,
}

/// The way for a product's shape; anything else goes straight.
pub(super) fn way(op: &Op) -> Way {
    let Op::Gemm { ta, b, tb, c, epilogue, .. } = *op else { return Way::Direct };
    if tb {
        let small = c.rows * c.cols <= SMALL_DOTS || c.rows.min(c.cols) <= FEW_DOTS;
        return if small && !ta && epilogue == Epilogue::None { Way::Dots } else { Way::Packed };
    }
    let few_rows = (c.rows as usize) < 4 * ROWS;
    if few_rows || b.rows as usize * b.cols as usize <= SMALL_B { Way::Direct } else { Way::Packed }
}

/// How many words of scratch an op needs.
pub(super) fn scratch_words(op: &Op, way: Way) -> usize {
    let Op::Gemm { ta, .. } = *op else { return 0 };
    if way != Way::Packed {
        return 0;
    }
    DEPTH_BLOCK * (COLS_BLOCK + if ta { ROWS_BLOCK } else { 0 })
}

/// Runs a product.
///
/// # Safety
/// The op is a product checked for an arena that begins at `arena`, the machine has the instruction set, and
/// `scratch` is good for [`scratch_words`].
pub(super) unsafe fn run<V: Entries>(op: &Op, way: Way, arena: *mut f32, scratch: *mut f32) {
    let Op::Gemm { a, ta, b, tb, c, accumulate, epilogue } = *op else {
        unreachable!("called for a product")
    };
    let product = Product { arena, a, ta, b, tb, c, accumulate, epilogue };
    // SAFETY: as promised by the caller.
    unsafe {
        match way {
            Way::Dots => V::dots(a, b, c, accumulate, arena),
            Way::Direct => product.direct::<V>(),
            Way::Packed => product.packed::<V>(scratch),
        }
    }
}

/// Up to [`ROWS`] rows of a product.
///
/// # Safety
/// As for [`super::tile::panel`], and the machine has the instruction set.
unsafe fn panel<V: Entries>(panel: &Panel, rows: usize, across: bool) {
    // SAFETY: as promised by the caller.
    unsafe {
        match (rows, across) {
            (1, false) => V::panel::<1>(panel),
            (2, false) => V::panel::<2>(panel),
            (3, false) => V::panel::<3>(panel),
            (_, false) => V::panel::<ROWS>(panel),
            (1, true) => V::panel_across::<1>(panel),
            (2, true) => V::panel_across::<2>(panel),
            (3, true) => V::panel_across::<3>(panel),
            (_, true) => V::panel_across::<ROWS>(panel),
        }
    }
}

/// As [`panel`] for a packed B, whose panels are filled up with zeros to whole vectors: where C ends within a vector,
/// the tile goes through a copy, for single columns would take as long as vectors.
///
/// # Safety
/// As for [`panel`].
unsafe fn edged_panel<V: Entries>(tiles: Panel, rows: usize, across: bool) {
    const WIDTH: usize = MOST_COLS;
    let (cols, lanes) = (tiles.cols, V::Vector::N);
    if cols.is_multiple_of(lanes) {
        // SAFETY: as promised by the caller.
        return unsafe { panel::<V>(&tiles, rows, across) };
    }
    let mut copy = [0.0_f32; ROWS * WIDTH];
    let whole = Panel {
        c: copy.as_mut_ptr(),
        c_stride: WIDTH,
        cols: cols.next_multiple_of(lanes),
        ..tiles
    };
    // SAFETY: as promised by the caller; the copy has room for whole vectors.
    unsafe {
        for r in 0..rows {
            let c = tiles.c.add(r * tiles.c_stride).cast_const();
            whole.c.add(r * WIDTH).copy_from_nonoverlapping(c, cols);
        }
        panel::<V>(&whole, rows, across);
        for r in 0..rows {
            tiles.c.add(r * tiles.c_stride).copy_from_nonoverlapping(whole.c.add(r * WIDTH), cols);
        }
    }
}

impl Product {
    fn depth(&self) -> usize {
        if self.ta { self.a.rows as usize } else { self.a.cols as usize }
    }

    /// What the sums of rows from `first` on start from, before any of the depth is in.
    unsafe fn start(&self, first: usize) -> Start {
        match self.epilogue {
            // SAFETY: the bias has a word per row.
            Epilogue::BiasAct { bias, .. } => {
                Start::Bias(unsafe { self.arena.add(bias as usize + first) })
            }
            _ if self.accumulate => Start::Result,
            _ => Start::Zero,
        }
    }

    /// Whether tiles apply all of the epilogue on their way out. They know the functions of two straight pieces, and read
    /// another matrix in whole vectors only.
    fn done_in_tiles<V: Entries>(&self) -> bool {
        match self.epilogue {
            Epilogue::None | Epilogue::ActGrad { act: Act::Identity, .. } => true,
            Epilogue::BiasAct { act, .. } => {
                matches!(act, Act::Identity | Act::Relu | Act::Leaky(_))
            }
            Epilogue::ActGrad { act, .. } => {
                matches!(act, Act::Relu | Act::Leaky(_))
                    && (self.c.cols as usize).is_multiple_of(V::Vector::N)
            }
        }
    }

    /// What tiles apply on their way out, from this row and column on.
    unsafe fn last<V: Entries>(&self, row: usize, col: usize) -> Last {
        if !self.done_in_tiles::<V>() {
            return Last::Nothing;
        }
        match self.epilogue {
            Epilogue::BiasAct { act: Act::Relu, .. } => Last::Relu,
            Epilogue::BiasAct { act: Act::Leaky(slope), .. } => Last::Leaky(slope),
            Epilogue::ActGrad { y, act: act @ (Act::Relu | Act::Leaky(_)) } => Last::Slope {
                // SAFETY: y has the shape of c.
                y: unsafe { self.arena.add(y.index(row as u32, col as u32)) },
                y_stride: y.stride as usize,
                slope: if let Act::Leaky(slope) = act { slope } else { 0.0 },
            },
            _ => Last::Nothing,
        }
    }

    /// The rest of the epilogue, for some rows of some columns.
    unsafe fn finish<V: Entries>(&self, rows: [usize; 2], cols: [usize; 2]) {
        if self.done_in_tiles::<V>() {
            return;
        }
        let [from, cols] = cols.map(|x| x as u32);
        let epilogue = match self.epilogue {
            Epilogue::ActGrad { y, act } => Epilogue::ActGrad { y: y.columns(from, cols), act },
            other => other,
        };
        let [first, count] = rows.map(|x| x as u32);
        let c = self.c.columns(from, cols);
        // SAFETY: as promised by the caller.
        unsafe { V::finish(&Finish { arena: self.arena, c, first, count, epilogue }) }
    }

    /// Tile by tile, straight from the operands.
    unsafe fn direct<V: Entries>(&self) {
        let (rows, cols) = (self.c.rows as usize, self.c.cols as usize);
        let a_stride = self.a.stride as usize;
        let mut i = 0;
        while i < rows {
            let count = (rows - i).min(ROWS);
            // SAFETY: as promised by the caller.
            unsafe {
                let tiles = Panel {
                    a: self.arena.add(self.a.at as usize + if self.ta { i } else { i * a_stride }),
                    a_stride,
                    b: self.arena.add(self.b.at as usize),
                    b_stride: self.b.stride as usize,
                    depth: self.depth(),
                    c: self.arena.add(self.c.index(i as u32, 0)),
                    c_stride: self.c.stride as usize,
                    cols,
                    start: self.start(i),
                    last: self.last::<V>(i, 0),
                };
                panel::<V>(&tiles, count, self.ta);
            }
            i += count;
        }
        // SAFETY: as promised by the caller.
        unsafe { self.finish::<V>([0, rows], [0, cols]) }
    }

    /// In blocks: of columns, of depth, of rows, each small enough for its level of the cache.
    unsafe fn packed<V: Entries>(&self, scratch: *mut f32) {
        let (rows, cols, depth) = (self.c.rows as usize, self.c.cols as usize, self.depth());
        for j in (0..cols).step_by(COLS_BLOCK) {
            let width = (cols - j).min(COLS_BLOCK);
            for k in (0..depth).step_by(DEPTH_BLOCK) {
                let deep = (depth - k).min(DEPTH_BLOCK);
                // SAFETY: as promised by the caller.
                unsafe {
                    self.pack_b::<V>([k, deep], [j, width], scratch);
                    for i in (0..rows).step_by(ROWS_BLOCK) {
                        let high = (rows - i).min(ROWS_BLOCK);
                        self.block::<V>([i, high], [k, deep], [j, width], scratch);
                        if k + deep == depth {
                            self.finish::<V>([i, high], [j, width]);
                        }
                    }
                }
            }
        }
    }

    unsafe fn pack_b<V: Entries>(
        &self,
        [k, depth]: [usize; 2],
        [j, cols]: [usize; 2],
        to: *mut f32,
    ) {
        let stride = self.b.stride as usize;
        let offset = if self.tb { j * stride + k } else { k * stride + j };
        // SAFETY: as promised by the caller.
        unsafe {
            let b = self.arena.add(self.b.at as usize + offset);
            V::pack_b(&BlockB { b, stride, transposed: self.tb, depth, cols, to });
        }
    }

    /// Rows [i, high) of C, columns [j, width), from [k, deep) of the depth; `scratch` begins with the packed B.
    unsafe fn block<V: Entries>(
        &self,
        [i, high]: [usize; 2],
        [k, deep]: [usize; 2],
        [j, width]: [usize; 2],
        scratch: *mut f32,
    ) {
        let stride = self.a.stride as usize;
        // SAFETY: as promised by the caller; scratch has room for both blocks.
        unsafe {
            let a = self
                .arena
                .add(self.a.at as usize + if self.ta { k * stride + i } else { i * stride + k });
            let packed_a = scratch.add(DEPTH_BLOCK * COLS_BLOCK);
            if self.ta {
                V::pack_a(&BlockA { a, stride, rows: high, depth: deep, to: packed_a });
            }
            let last = k + deep == self.depth();
            let panel_width = V::PANEL;
            for col in (0..width).step_by(panel_width) {
                for row in (0..high).step_by(ROWS) {
                    let tiles = Panel {
                        a: if self.ta { packed_a.add(row * deep) } else { a.add(row * stride) },
                        a_stride: if self.ta { ROWS } else { stride },
                        b: scratch.add(col * deep),
                        b_stride: panel_width,
                        depth: deep,
                        c: self.arena.add(self.c.index((i + row) as u32, (j + col) as u32)),
                        c_stride: self.c.stride as usize,
                        cols: (width - col).min(panel_width),
                        start: if k == 0 { self.start(i + row) } else { Start::Result },
                        last: if last { self.last::<V>(i + row, j + col) } else { Last::Nothing },
                    };
                    edged_panel::<V>(tiles, (high - row).min(ROWS), self.ta);
                }
            }
        }
    }
}
