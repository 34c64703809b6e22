//! Eight lanes in AVX2 registers, with FMA: natively on x86-64, where detected at run time.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Sub};

use adversaria_core::math::{Lanes, Words};

use super::vector::{Vector, entries};
use crate::real::real_by_polynomials;

/// A machine with AVX2 and FMA.
pub(super) struct Avx2;

/// Eight f32; only made where AVX2 and FMA were detected.
#[derive(Clone, Copy)]
pub(super) struct F32x8(__m256);

/// Eight 32-bit words; only made where AVX2 was detected.
#[derive(Clone, Copy)]
pub(super) struct U32x8(__m256i);

/// A method or operator that is one or two intrinsics.
macro_rules! lanewise {
    ($($(impl $operator:ident for $owner:ident)? fn $name:ident($($x:ident),*) -> $result:ident $body:block)*) => {
        $(lanewise!(@one $(impl $operator for $owner)? fn $name($($x),*) -> $result $body);)*
    };
    (@one impl $operator:ident for $owner:ident fn $name:ident($a:ident) -> $result:ident $body:block) => {
        impl $operator for $owner {
            type Output = $result;
            #[inline(always)]
            fn $name(self) -> $result {
                let $a = self.0;
                // SAFETY: the vector exists, so the machine has AVX2.
                $result(unsafe { $body })
            }
        }
    };
    (@one impl $operator:ident for $owner:ident fn $name:ident($a:ident, $b:ident) -> $result:ident $body:block) => {
        impl $operator for $owner {
            type Output = $result;
            #[inline(always)]
            fn $name(self, other: $owner) -> $result {
                let ($a, $b) = (self.0, other.0);
                // SAFETY: the vectors exist, so the machine has AVX2.
                $result(unsafe { $body })
            }
        }
    };
}

lanewise! {
    impl Add for F32x8 fn add(a, b) -> F32x8 { _mm256_add_ps(a, b) }
    impl Sub for F32x8 fn sub(a, b) -> F32x8 { _mm256_sub_ps(a, b) }
    impl Mul for F32x8 fn mul(a, b) -> F32x8 { _mm256_mul_ps(a, b) }
    impl Div for F32x8 fn div(a, b) -> F32x8 { _mm256_div_ps(a, b) }
    impl Neg for F32x8 fn neg(a) -> F32x8 { _mm256_xor_ps(a, _mm256_set1_ps(-0.0)) }
    impl BitAnd for U32x8 fn bitand(a, b) -> U32x8 { _mm256_and_si256(a, b) }
    impl BitOr for U32x8 fn bitor(a, b) -> U32x8 { _mm256_or_si256(a, b) }
    impl BitXor for U32x8 fn bitxor(a, b) -> U32x8 { _mm256_xor_si256(a, b) }
}

impl Words for U32x8 {
    #[inline(always)]
    fn splat(x: u32) -> Self {
        // SAFETY: called by ops compiled for AVX2 only; so in all that follow.
        Self(unsafe { _mm256_set1_epi32(x.cast_signed()) })
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_add_epi32(self.0, other.0) })
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_sub_epi32(self.0, other.0) })
    }
    #[inline(always)]
    fn shl(self, by: u32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_sllv_epi32(self.0, _mm256_set1_epi32(by.cast_signed())) })
    }
    #[inline(always)]
    fn shr(self, by: u32) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_srlv_epi32(self.0, _mm256_set1_epi32(by.cast_signed())) })
    }
}

impl Lanes for F32x8 {
    type Words = U32x8;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        // SAFETY: called by ops compiled for AVX2 only; so in all that follow.
        Self(unsafe { _mm256_set1_ps(x) })
    }
    #[inline(always)]
    fn bits(self) -> U32x8 {
        // SAFETY: see above.
        U32x8(unsafe { _mm256_castps_si256(self.0) })
    }
    #[inline(always)]
    fn of_bits(bits: U32x8) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_castsi256_ps(bits.0) })
    }
    #[inline(always)]
    fn of_int(words: U32x8) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_cvtepi32_ps(words.0) })
    }
    #[inline(always)]
    fn to_int(self) -> U32x8 {
        // SAFETY: see above.
        U32x8(unsafe { _mm256_cvttps_epi32(self.0) })
    }
    #[inline(always)]
    fn floor(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_floor_ps(self.0) })
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_sqrt_ps(self.0) })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0) })
    }
    #[inline(always)]
    fn pmin(self, other: Self) -> Self {
        // SAFETY: see above. Where either is NaN, the instruction returns its second operand.
        Self(unsafe { _mm256_min_ps(other.0, self.0) })
    }
    #[inline(always)]
    fn pmax(self, other: Self) -> Self {
        // SAFETY: see above. Where either is NaN, the instruction returns its second operand.
        Self(unsafe { _mm256_max_ps(other.0, self.0) })
    }
    #[inline(always)]
    fn lt(self, other: Self) -> U32x8 {
        // SAFETY: see above.
        U32x8(unsafe { _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0)) })
    }
    #[inline(always)]
    fn select(mask: U32x8, yes: Self, no: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_blendv_ps(no.0, yes.0, _mm256_castsi256_ps(mask.0)) })
    }
}

impl Vector for F32x8 {
    const N: usize = 8;

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: as promised by the caller.
        Self(unsafe { _mm256_loadu_ps(p) })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as promised by the caller.
        unsafe { _mm256_storeu_ps(p, self.0) }
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_fmadd_ps(self.0, a.0, b.0) })
    }
    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: see above.
        unsafe {
            let four =
                _mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }
    #[inline(always)]
    fn iota() -> U32x8 {
        // SAFETY: see above.
        U32x8(unsafe { _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7) })
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
        // SAFETY: as promised by the caller.
        unsafe {
            // Rows r and r + 4 side by side in halves, so that only shuffles within halves remain.
            let half = |r: usize, c: usize| {
                let low = _mm256_castps128_ps256(_mm_loadu_ps(from.add(r * from_row + c)));
                _mm256_insertf128_ps::<1>(low, _mm_loadu_ps(from.add((r + 4) * from_row + c)))
            };
            for c in [0, 4] {
                let (r0, r1, r2, r3) = (half(0, c), half(1, c), half(2, c), half(3, c));
                let (a, b) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
                let (d, e) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
                _mm256_storeu_ps(to.add(c * to_row), _mm256_shuffle_ps::<0x44>(a, d));
                _mm256_storeu_ps(to.add((c + 1) * to_row), _mm256_shuffle_ps::<0xee>(a, d));
                _mm256_storeu_ps(to.add((c + 2) * to_row), _mm256_shuffle_ps::<0x44>(b, e));
                _mm256_storeu_ps(to.add((c + 3) * to_row), _mm256_shuffle_ps::<0xee>(b, e));
            }
        }
    }
}

real_by_polynomials!(F32x8);
entries!(Avx2, F32x8, F32x8, #[target_feature(enable = "avx2,fma")]);
