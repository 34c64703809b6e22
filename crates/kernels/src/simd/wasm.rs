//! Four lanes in WebAssembly's simd128, which the whole wasm build has. No relaxed SIMD: the same bits everywhere.

use std::arch::wasm32::*;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Sub};

use adversaria_core::math::{Lanes, Words};

use super::vector::{Vector, entries};
use crate::real::real_by_polynomials;

/// A browser with simd128.
pub(super) struct Simd128;

/// Four f32.
#[derive(Clone, Copy)]
pub(super) struct F32x4(v128);

/// Four 32-bit words.
#[derive(Clone, Copy)]
pub(super) struct U32x4(v128);

/// An operator that is one intrinsic.
macro_rules! operator {
    ($($trait:ident $owner:ident $name:ident $intrinsic:ident)*) => {
        $(impl $trait for $owner {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self($intrinsic(self.0, other.0))
            }
        })*
    };
}

operator! {
    Add F32x4 add f32x4_add
    Sub F32x4 sub f32x4_sub
    Mul F32x4 mul f32x4_mul
    Div F32x4 div f32x4_div
    BitAnd U32x4 bitand v128_and
    BitOr U32x4 bitor v128_or
    BitXor U32x4 bitxor v128_xor
}

impl Neg for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(f32x4_neg(self.0))
    }
}

impl Words for U32x4 {
    #[inline(always)]
    fn splat(x: u32) -> Self {
        Self(u32x4_splat(x))
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(u32x4_add(self.0, other.0))
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(u32x4_sub(self.0, other.0))
    }
    #[inline(always)]
    fn shl(self, by: u32) -> Self {
        Self(u32x4_shl(self.0, by))
    }
    #[inline(always)]
    fn shr(self, by: u32) -> Self {
        Self(u32x4_shr(self.0, by))
    }
}

impl Lanes for F32x4 {
    type Words = U32x4;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self(f32x4_splat(x))
    }
    #[inline(always)]
    fn bits(self) -> U32x4 {
        U32x4(self.0)
    }
    #[inline(always)]
    fn of_bits(bits: U32x4) -> Self {
        Self(bits.0)
    }
    #[inline(always)]
    fn of_int(words: U32x4) -> Self {
        Self(f32x4_convert_i32x4(words.0))
    }
    #[inline(always)]
    fn to_int(self) -> U32x4 {
        U32x4(i32x4_trunc_sat_f32x4(self.0))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self(f32x4_floor(self.0))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(f32x4_sqrt(self.0))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(f32x4_abs(self.0))
    }
    #[inline(always)]
    fn pmin(self, other: Self) -> Self {
        Self(f32x4_pmin(self.0, other.0))
    }
    #[inline(always)]
    fn pmax(self, other: Self) -> Self {
        Self(f32x4_pmax(self.0, other.0))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> U32x4 {
        U32x4(f32x4_lt(self.0, other.0))
    }
    #[inline(always)]
    fn select(mask: U32x4, yes: Self, no: Self) -> Self {
        Self(v128_bitselect(yes.0, no.0, mask.0))
    }
}

impl Vector for F32x4 {
    const N: usize = 4;

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: as promised by the caller.
        Self(unsafe { v128_load(p.cast()) })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as promised by the caller.
        unsafe { v128_store(p.cast(), self.0) }
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        self * a + b
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        let two = f32x4_add(self.0, i32x4_shuffle::<2, 3, 0, 1>(self.0, self.0));
        f32x4_extract_lane::<0>(two) + f32x4_extract_lane::<1>(two)
    }
    #[inline(always)]
    fn iota() -> U32x4 {
        U32x4(u32x4(0, 1, 2, 3))
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
        // SAFETY: as promised by the caller.
        unsafe {
            let row = |r: usize| v128_load(from.add(r * from_row).cast());
            let (r0, r1, r2, r3) = (row(0), row(1), row(2), row(3));
            let (a, b) = (i32x4_shuffle::<0, 4, 1, 5>(r0, r1), i32x4_shuffle::<2, 6, 3, 7>(r0, r1));
            let (c, d) = (i32x4_shuffle::<0, 4, 1, 5>(r2, r3), i32x4_shuffle::<2, 6, 3, 7>(r2, r3));
            v128_store(to.cast(), i32x4_shuffle::<0, 1, 4, 5>(a, c));
            v128_store(to.add(to_row).cast(), i32x4_shuffle::<2, 3, 6, 7>(a, c));
            v128_store(to.add(2 * to_row).cast(), i32x4_shuffle::<0, 1, 4, 5>(b, d));
            v128_store(to.add(3 * to_row).cast(), i32x4_shuffle::<2, 3, 6, 7>(b, d));
        }
    }
}

real_by_polynomials!(F32x4);
entries!(Simd128, F32x4, F32x4);
