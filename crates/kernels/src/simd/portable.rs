//! Four lanes as a plain array, which compilers turn into whatever vectors the machine has. It serves where neither
//! AVX2 nor simd128 is there, and lets tests run the four-lane form of every op natively.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Sub};

use adversaria_core::math::{Lanes, Words};

use super::vector::{Vector, entries};
use crate::real::real_by_polynomials;

/// Any machine.
pub(super) struct Portable;

/// Four f32.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(super) struct F32x4([f32; 4]);

/// Four 32-bit words.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(super) struct U32x4([u32; 4]);

/// `f` in every lane.
#[inline(always)]
fn four<T>(f: impl Fn(usize) -> T) -> [T; 4] {
    [f(0), f(1), f(2), f(3)]
}

macro_rules! lanes {
    ($owner:ident, $i:ident => $f:expr) => {
        $owner(four(
            #[inline(always)]
            |$i: usize| $f,
        ))
    };
}

/// An operator, lane by lane.
macro_rules! operator {
    ($($trait:ident $owner:ident $name:ident)*) => {
        $(impl $trait for $owner {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                lanes!($owner, i => self.0[i].$name(other.0[i]))
            }
        })*
    };
}

operator! {
    Add F32x4 add
    Sub F32x4 sub
    Mul F32x4 mul
    Div F32x4 div
    BitAnd U32x4 bitand
    BitOr U32x4 bitor
    BitXor U32x4 bitxor
}

impl Neg for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        lanes!(F32x4, i => -self.0[i])
    }
}

impl Words for U32x4 {
    #[inline(always)]
    fn splat(x: u32) -> Self {
        Self([x; 4])
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        lanes!(U32x4, i => self.0[i].plus(other.0[i]))
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        lanes!(U32x4, i => self.0[i].minus(other.0[i]))
    }
    #[inline(always)]
    fn shl(self, by: u32) -> Self {
        lanes!(U32x4, i => self.0[i] << by)
    }
    #[inline(always)]
    fn shr(self, by: u32) -> Self {
        lanes!(U32x4, i => self.0[i] >> by)
    }
}

impl Lanes for F32x4 {
    type Words = U32x4;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; 4])
    }
    #[inline(always)]
    fn bits(self) -> U32x4 {
        lanes!(U32x4, i => self.0[i].bits())
    }
    #[inline(always)]
    fn of_bits(bits: U32x4) -> Self {
        lanes!(F32x4, i => f32::of_bits(bits.0[i]))
    }
    #[inline(always)]
    fn of_int(words: U32x4) -> Self {
        lanes!(F32x4, i => f32::of_int(words.0[i]))
    }
    #[inline(always)]
    fn to_int(self) -> U32x4 {
        lanes!(U32x4, i => self.0[i].to_int())
    }
    #[inline(always)]
    fn floor(self) -> Self {
        lanes!(F32x4, i => self.0[i].floor())
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        lanes!(F32x4, i => self.0[i].sqrt())
    }
    #[inline(always)]
    fn abs(self) -> Self {
        lanes!(F32x4, i => self.0[i].abs())
    }
    #[inline(always)]
    fn pmin(self, other: Self) -> Self {
        lanes!(F32x4, i => Lanes::pmin(self.0[i], other.0[i]))
    }
    #[inline(always)]
    fn pmax(self, other: Self) -> Self {
        lanes!(F32x4, i => Lanes::pmax(self.0[i], other.0[i]))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> U32x4 {
        lanes!(U32x4, i => Lanes::lt(self.0[i], other.0[i]))
    }
    #[inline(always)]
    fn select(mask: U32x4, yes: Self, no: Self) -> Self {
        lanes!(F32x4, i => f32::select(mask.0[i], yes.0[i], no.0[i]))
    }
}

impl Vector for F32x4 {
    const N: usize = 4;

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: as promised by the caller.
        Self(unsafe { p.cast::<[f32; 4]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as promised by the caller.
        unsafe { p.cast::<[f32; 4]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        self * a + b
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        (self.0[0] + self.0[2]) + (self.0[1] + self.0[3])
    }
    #[inline(always)]
    fn iota() -> U32x4 {
        U32x4([0, 1, 2, 3])
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
        for r in 0..4 {
            for c in 0..4 {
                // SAFETY: as promised by the caller.
                unsafe { *to.add(c * to_row + r) = *from.add(r * from_row + c) };
            }
        }
    }
}

real_by_polynomials!(F32x4);
entries!(Portable, F32x4, F32x4);
