//! The trait over vectors of f32 with which every fast op is written once.

use adversaria_core::math::Lanes;

use super::{gemm, pack, tile};
use crate::program::{Act, Mat, Op, Table};
use crate::real::Real;

/// The most lanes that any vector has.
pub(super) const MOST_LANES: usize = 8;

/// A vector of f32 in registers.
pub(super) trait Vector: Lanes + Real {
    /// Lanes.
    const N: usize;

    /// The lanes from `p` on.
    ///
    /// # Safety
    /// `p` is good for reading [`Vector::N`] numbers.
    unsafe fn load(p: *const f32) -> Self;

    /// Writes the lanes from `p` on.
    ///
    /// # Safety
    /// `p` is good for writing [`Vector::N`] numbers.
    unsafe fn store(self, p: *mut f32);

    /// self · a + b, rounded once where the machine can.
    fn mul_add(self, a: Self, b: Self) -> Self;

    /// The sum of the lanes.
    fn sum(self) -> f32;

    /// 0, 1, 2, …
    fn iota() -> Self::Words;

    /// Writes the `N` × `N` block at `from` transposed to `to`, rows being `from_row` and `to_row` apart.
    ///
    /// # Safety
    /// Both blocks are good for that, and apart.
    unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize);
}

/// What the tiles of matrix products need of a vector, which may be wider than the [`Vector`] of all other ops.
pub(super) trait Tile: Copy {
    /// Lanes.
    const N: usize;

    /// `x` in every lane.
    fn filled(x: f32) -> Self;

    /// The lanes from `p` on.
    ///
    /// # Safety
    /// `p` is good for reading [`Tile::N`] numbers.
    unsafe fn load(p: *const f32) -> Self;

    /// Writes the lanes from `p` on.
    ///
    /// # Safety
    /// `p` is good for writing [`Tile::N`] numbers.
    unsafe fn store(self, p: *mut f32);

    /// self · a + b, rounded once where the machine can.
    fn mul_add(self, a: Self, b: Self) -> Self;

    /// [`Act::Relu`](crate::program::Act::Relu) of the lanes.
    fn relu(self) -> Self;

    /// [`Act::Leaky`](crate::program::Act::Leaky) of the lanes.
    fn leaky(self, slope: f32) -> Self;

    /// The lanes times 1 where y > 0, else times the slope.
    fn sloped(self, y: Self, slope: f32) -> Self;
}

impl<V: Vector> Tile for V {
    const N: usize = <V as Vector>::N;

    #[inline(always)]
    fn filled(x: f32) -> Self {
        V::splat(x)
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: as promised by the caller.
        unsafe { <V as Vector>::load(p) }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as promised by the caller.
        unsafe { <V as Vector>::store(self, p) }
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        <V as Vector>::mul_add(self, a, b)
    }
    #[inline(always)]
    fn relu(self) -> Self {
        Lanes::pmax(self, V::splat(0.0))
    }
    #[inline(always)]
    fn leaky(self, slope: f32) -> Self {
        self.if_positive(self, V::splat(slope) * self)
    }
    #[inline(always)]
    fn sloped(self, y: Self, slope: f32) -> Self {
        self * y.if_positive(V::splat(1.0), V::splat(slope))
    }
}

/// The fast ops compiled for one instruction set.
///
/// # Safety
/// All methods: the machine has the instruction set, and the op was checked for an arena that begins at `arena`.
pub(super) trait Entries {
    /// The lanes of one register in all ops but products.
    type Vector: Vector;
    /// Columns of a panel of packed B.
    const PANEL: usize;
    /// Zip, Scale, Pick, Route, PointGrad, Clamp, Average, the optimisers, and Map.
    unsafe fn elementwise(op: &Op, arena: *mut f32);
    /// Map, and what a product does last.
    unsafe fn map(arena: *mut f32, x: Mat, y: Mat, act: Act, order: u32);
    /// RowSum, PointLoss and SumSquares.
    unsafe fn reduce(op: &Op, arena: *mut f32);
    /// Draw and Gather.
    unsafe fn random(op: &Op, arena: *mut f32, table: Option<&Table>);
    /// `ROWS` rows of a matrix product, the rows of A being rows in memory.
    unsafe fn panel<const ROWS: usize>(panel: &tile::Panel);
    /// The same, the rows of A being columns in memory.
    unsafe fn panel_across<const ROWS: usize>(panel: &tile::Panel);
    /// A matrix product whose elements are dot products of rows.
    unsafe fn dots(a: Mat, b: Mat, c: Mat, accumulate: bool, arena: *mut f32);
    /// Packs a block of B into panels.
    unsafe fn pack_b(block: &pack::BlockB);
    /// Packs a block of A into panels.
    unsafe fn pack_a(block: &pack::BlockA);
    /// The part of an epilogue that [`Entries::panel`] leaves.
    unsafe fn finish(rows: &gemm::Finish);
}

/// A vector of one, for what is left over at an edge.
impl Vector for f32 {
    const N: usize = 1;

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: as promised by the caller.
        unsafe { *p }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as promised by the caller.
        unsafe { *p = self }
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        self * a + b
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        self
    }
    #[inline(always)]
    fn iota() -> u32 {
        0
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, _: usize, to: *mut f32, _: usize) {
        // SAFETY: as promised by the caller.
        unsafe { *to = *from }
    }
}

/// The methods of [`Entries`] for an instruction set, its vector and that of its tiles, each compiled on its own with the
/// given attribute.
macro_rules! entries {
    ($set:ty, $vector:ty, $tile:ty $(, #[$feature:meta])?) => {
        impl super::vector::Entries for $set {
            type Vector = $vector;
            const PANEL: usize = super::tile::TILE * <$tile as super::vector::Tile>::N;
            $(#[$feature])?
            unsafe fn elementwise(op: &crate::program::Op, arena: *mut f32) {
                // SAFETY: as promised by the caller of this method; so in all that follow.
                unsafe { super::elementwise::run::<Self>(op, arena) }
            }
            $(#[$feature])?
            unsafe fn map(
                arena: *mut f32,
                x: crate::program::Mat,
                y: crate::program::Mat,
                act: crate::program::Act,
                order: u32,
            ) {
                // SAFETY: see above.
                unsafe { super::elementwise::map::<$vector>(arena, x, y, act, order) }
            }
            $(#[$feature])?
            unsafe fn reduce(op: &crate::program::Op, arena: *mut f32) {
                // SAFETY: see above.
                unsafe { super::reduce::run::<$vector>(op, arena) }
            }
            $(#[$feature])?
            unsafe fn random(op: &crate::program::Op, arena: *mut f32, table: Option<&crate::program::Table>) {
                // SAFETY: see above.
                unsafe { super::random::run::<$vector>(op, arena, table) }
            }
            $(#[$feature])?
            unsafe fn panel<const ROWS: usize>(panel: &super::tile::Panel) {
                // SAFETY: see above.
                unsafe { super::tile::panel::<$tile, $vector, ROWS>(panel, panel.a_stride, 1) }
            }
            $(#[$feature])?
            unsafe fn panel_across<const ROWS: usize>(panel: &super::tile::Panel) {
                // SAFETY: see above.
                unsafe { super::tile::panel::<$tile, $vector, ROWS>(panel, 1, panel.a_stride) }
            }
            $(#[$feature])?
            unsafe fn dots(
                a: crate::program::Mat,
                b: crate::program::Mat,
                c: crate::program::Mat,
                accumulate: bool,
                arena: *mut f32,
            ) {
                // SAFETY: see above.
                unsafe { super::tile::dots::<$vector>(a, b, c, accumulate, arena) }
            }
            $(#[$feature])?
            unsafe fn pack_b(block: &super::pack::BlockB) {
                // SAFETY: see above.
                unsafe { super::pack::pack_b::<$vector>(block, <Self as super::vector::Entries>::PANEL) }
            }
            $(#[$feature])?
            unsafe fn pack_a(block: &super::pack::BlockA) {
                // SAFETY: see above.
                unsafe { super::pack::pack_a(block) }
            }
            $(#[$feature])?
            unsafe fn finish(rows: &super::gemm::Finish) {
                // SAFETY: see above.
                unsafe { super::elementwise::finish::<Self>(rows) }
            }
        }
    };
}
pub(super) use entries;
