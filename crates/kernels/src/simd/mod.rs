//! The fast form of the ops: the only module with unsafe code.
//!
//! Each op is written once over [`vector::Vector`] and compiled for every instruction set. Pointers replace slices
//! because an op reads and writes views of one arena; that all views lie inside it was proved by [`crate::check`].
#![allow(unsafe_code)]

mod elementwise;
mod gemm;
mod pack;
mod random;
mod reduce;
#[cfg(test)]
mod tests;
mod tile;
mod vector;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

use vector::Entries;

use crate::check::Checked;
use crate::program::{Op, Table};
use crate::scalar;

/// An instruction set that this machine has; only [`Level::detect`] and [`Level::portable`] make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
    #[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
    Portable,
}

impl Level {
    /// The best there is.
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Self(Set::Avx2);
        }
        Self(Set::Portable)
    }

    /// The best there is.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    pub(crate) fn detect() -> Self {
        Self(Set::Simd128)
    }

    /// Four lanes without any particular instruction set.
    #[cfg(test)]
    pub(crate) fn portable() -> Self {
        Self(Set::Portable)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Set::Simd128 => "simd128",
            #[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
            Set::Portable => "portable",
        }
    }
}

/// How many words of scratch [`run`] needs for this op.
pub(crate) fn scratch_words(op: &Checked) -> usize {
    gemm::scratch_words(op.op())
}

/// Runs one op over the arena.
///
/// # Panics
/// When the arena is smaller than what the op was checked for, the scratch smaller than [`scratch_words`], or an op
/// gathers and there is no table.
pub(crate) fn run(
    level: Level,
    op: &Checked,
    arena: &mut [f32],
    scratch: &mut [f32],
    table: Option<&Table>,
) {
    assert!(arena.len() >= op.words() as usize && scratch.len() >= scratch_words(op));
    match level.0 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level says that the machine has AVX2 and FMA; the op was checked for arenas of this size.
        Set::Avx2 => unsafe { run_on::<avx2::F32x8>(op.op(), arena, scratch, table) },
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        // SAFETY: the whole module is compiled for simd128; the op was checked for arenas of this size.
        Set::Simd128 => unsafe { run_on::<wasm::F32x4>(op.op(), arena, scratch, table) },
        #[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
        // SAFETY: no instruction set is needed; the op was checked for arenas of this size.
        Set::Portable => unsafe { run_on::<portable::F32x4>(op.op(), arena, scratch, table) },
    }
}

/// # Safety
/// The machine has V's instruction set, the op was checked for an arena of this size, and the scratch suffices.
unsafe fn run_on<V: Entries>(
    op: &Op,
    arena: &mut [f32],
    scratch: &mut [f32],
    table: Option<&Table>,
) {
    let start = arena.as_mut_ptr();
    // SAFETY: as promised by the caller.
    unsafe {
        match op {
            Op::Gemm { .. } => gemm::run::<V>(op, start, scratch.as_mut_ptr()),
            Op::Draw { .. } | Op::Gather { .. } => V::random(op, start, table),
            Op::RowSum { .. } | Op::PointLoss { .. } | Op::SumSquares { .. } => {
                V::reduce(op, start);
            }
            Op::Map { .. }
            | Op::Zip { .. }
            | Op::Scale { .. }
            | Op::PointGrad { .. }
            | Op::Clamp { .. }
            | Op::Average { .. }
            | Op::Sgd { .. }
            | Op::Momentum { .. }
            | Op::Adam { .. }
            | Op::RmsProp { .. } => V::elementwise(op, start),
            Op::Tick { .. } | Op::Spread { .. } | Op::Tally { .. } => scalar::run_small(op, arena),
        }
    }
}
