//! Sixteen lanes in AVX-512 registers, for the tiles of products; all else stays at AVX2's eight lanes. A product's element
//! is one sum over its depth in either, so both give the same bits.

use std::arch::x86_64::*;

use super::avx2::F32x8;
use super::vector::{Tile, entries};

/// A machine with AVX-512.
pub(super) struct Avx512;

/// Sixteen f32; only made where AVX-512 was detected.
#[derive(Clone, Copy)]
pub(super) struct F32x16(__m512);

impl Tile for F32x16 {
    const N: usize = 16;

    #[inline(always)]
    fn filled(x: f32) -> Self {
        // SAFETY: called by ops compiled for AVX-512 only; so in all that follow.
        Self(unsafe { _mm512_set1_ps(x) })
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: as promised by the caller.
        Self(unsafe { _mm512_loadu_ps(p) })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as promised by the caller.
        unsafe { _mm512_storeu_ps(p, self.0) }
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_fmadd_ps(self.0, a.0, b.0) })
    }
    #[inline(always)]
    fn relu(self) -> Self {
        // SAFETY: see above. Where either is NaN, the instruction returns its second operand.
        Self(unsafe { _mm512_max_ps(_mm512_setzero_ps(), self.0) })
    }
    #[inline(always)]
    fn leaky(self, slope: f32) -> Self {
        // SAFETY: see above.
        unsafe {
            let positive = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(_mm512_setzero_ps(), self.0);
            let sloped = _mm512_mul_ps(_mm512_set1_ps(slope), self.0);
            Self(_mm512_mask_mov_ps(sloped, positive, self.0))
        }
    }
    #[inline(always)]
    fn sloped(self, y: Self, slope: f32) -> Self {
        // SAFETY: see above.
        unsafe {
            let positive = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(_mm512_setzero_ps(), y.0);
            let (one, slope) = (_mm512_set1_ps(1.0), _mm512_set1_ps(slope));
            Self(_mm512_mul_ps(self.0, _mm512_mask_mov_ps(slope, positive, one)))
        }
    }
}

entries!(Avx512, F32x8, F32x16, #[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512dq")]);
