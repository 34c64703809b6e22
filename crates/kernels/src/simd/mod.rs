//! The fast form of the ops: the only module with unsafe code.
//!
//! Each op is written once over [`vector::Vector`] and compiled for every instruction set. Pointers replace slices
//! because an op reads and writes views of one arena; that all views lie inside it was proved by [`crate::check`].
#![allow(unsafe_code)]

mod elementwise;
mod gemm;
mod maxout;
mod pack;
mod random;
mod reduce;
mod split;
#[cfg_attr(target_arch = "wasm32", path = "alone.rs")]
mod team;
#[cfg(test)]
mod tests;
mod tile;
mod vector;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

pub(crate) use team::Team;
use vector::Entries;

use crate::check::{Checked, check};
use crate::program::{Op, Table};
use crate::scalar;

/// An instruction set that this machine has; only [`Level::all`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Portable,
}

impl Level {
    /// The best there is.
    pub(crate) fn detect() -> Self {
        Self::all().next().unwrap_or_else(|| unreachable!("one set needs nothing of the machine"))
    }

    /// All that this machine has, the best first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let sets = {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq");
            [(avx512, Set::Avx512), (avx2, Set::Avx2), (true, Set::Portable)]
        };
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        let sets = [(true, Set::Simd128)];
        #[cfg(not(any(
            target_arch = "x86_64",
            all(target_arch = "wasm32", target_feature = "simd128")
        )))]
        let sets = [(true, Set::Portable)];
        sets.into_iter().filter(|(here, _)| *here).map(|(_, set)| Self(set))
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Set::Simd128 => "simd128",
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Set::Portable => "portable",
        }
    }
}

/// A checked op, and for a product the way it goes: a part of a product goes the way of the whole, for other ways round
/// differently.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    op: Checked,
    way: gemm::Way,
}

impl Ready {
    /// A whole op.
    pub(crate) fn new(op: Checked) -> Self {
        Self { op, way: gemm::way(op.op()) }
    }

    /// As many parts as are worth a thread, at most `most`.
    fn split(self, most: usize) -> Vec<Self> {
        self.in_parts(split::worth(self.op.op(), most))
    }

    /// At most `count` parts that may run in any order or at the same time: together they write what the op writes,
    /// bit for bit, each its own words, and none reads what another one writes.
    fn in_parts(self, count: usize) -> Vec<Self> {
        let checked = |op: &Op| check(op, self.op.words()).map(|op| Self { op, way: self.way });
        let parts = split::split(self.op.op(), self.way, count);
        // Parts lie within the whole, which was checked; else it stays whole.
        parts.iter().map(checked).collect::<Result<_, _>>().unwrap_or_else(|_| vec![self])
    }

    /// How many words of scratch [`run`] needs.
    pub(crate) fn scratch_words(&self) -> usize {
        gemm::scratch_words(self.op.op(), self.way)
    }
}

/// Ops that come after all that was before, and before all that comes after.
pub(crate) struct Step {
    /// What may be done at the same time: either the parts of one op, each a list of its own, or one list of ops that are
    /// not worth a second thread.
    parts: Vec<Vec<Ready>>,
    /// About how long a part takes, in multiply-adds.
    work: u64,
}

impl Step {
    /// How many threads find something to do.
    pub(crate) fn width(&self) -> usize {
        self.parts.len()
    }

    /// All its ops.
    pub(crate) fn ops(&self) -> impl Iterator<Item = &Ready> {
        self.parts.iter().flatten()
    }
}

/// A program's ops as steps, with at most `most` parts in each.
pub(crate) fn steps(ops: &[Checked], most: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for op in ops {
        let parts = Ready::new(*op).split(most);
        let work = split::work(op.op()) / parts.len() as u64;
        match steps.last_mut() {
            Some(Step { parts: alone, work: before }) if alone.len() == 1 && parts.len() == 1 => {
                alone[0].extend(parts);
                *before += work;
            }
            _ => steps.push(Step { parts: parts.into_iter().map(|p| vec![p]).collect(), work }),
        }
    }
    steps
}

/// Runs one op over the arena.
///
/// # Panics
/// When the arena is smaller than what the op was checked for, the scratch smaller than [`Ready::scratch_words`], or an
/// op gathers and there is no table.
pub(crate) fn run(
    level: Level,
    op: &Ready,
    arena: &mut [f32],
    scratch: &mut [f32],
    table: Option<&Table>,
) {
    assert!(arena.len() >= op.op.words() as usize && scratch.len() >= op.scratch_words());
    // SAFETY: both are as large as they must be, and nobody else has them.
    unsafe { run_at(level, op, arena.as_mut_ptr(), scratch.as_mut_ptr(), table) }
}

/// As [`run`].
///
/// # Safety
/// `arena` is good for the words that the op was checked for, `scratch` for [`Ready::scratch_words`]; what the op
/// writes nobody else touches meanwhile, and what it reads nobody else writes; an op that is never split has the whole
/// arena to itself.
unsafe fn run_at(
    level: Level,
    op: &Ready,
    arena: *mut f32,
    scratch: *mut f32,
    table: Option<&Table>,
) {
    match level.0 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level says that the machine has AVX-512, AVX2 and FMA; the rest as promised by the caller.
        Set::Avx512 => unsafe { run_on::<avx512::Avx512>(op, arena, scratch, table) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level says that the machine has AVX2 and FMA; the rest as promised by the caller.
        Set::Avx2 => unsafe { run_on::<avx2::Avx2>(op, arena, scratch, table) },
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        // SAFETY: the whole module is compiled for simd128; the rest as promised by the caller.
        Set::Simd128 => unsafe { run_on::<wasm::Simd128>(op, arena, scratch, table) },
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        // SAFETY: no instruction set is needed; the rest as promised by the caller.
        Set::Portable => unsafe { run_on::<portable::Portable>(op, arena, scratch, table) },
    }
}

/// # Safety
/// The machine has V's instruction set; else as for [`run_at`].
unsafe fn run_on<V: Entries>(
    ready: &Ready,
    start: *mut f32,
    scratch: *mut f32,
    table: Option<&Table>,
) {
    let op = ready.op.op();
    // SAFETY: as promised by the caller.
    unsafe {
        match op {
            Op::Gemm { .. } => gemm::run::<V>(op, ready.way, start, scratch),
            Op::Draw { .. } | Op::Gather { .. } => V::random(op, start, table),
            Op::RowSum { .. } | Op::PointLoss { .. } | Op::SumSquares { .. } => {
                V::reduce(op, start);
            }
            Op::Map { .. }
            | Op::Zip { .. }
            | Op::Scale { .. }
            | Op::Pick { .. }
            | Op::Route { .. }
            | Op::PointGrad { .. }
            | Op::Clamp { .. }
            | Op::Average { .. }
            | Op::Sgd { .. }
            | Op::Momentum { .. }
            | Op::Adam { .. }
            | Op::RmsProp { .. } => V::elementwise(op, start),
            // A few words each: nothing to gain.
            Op::Tick { .. } | Op::Spread { .. } | Op::Tally { .. } => {
                let arena = std::slice::from_raw_parts_mut(start, ready.op.words() as usize);
                scalar::run_small(op, arena);
            }
        }
    }
}
