//! Elementary functions written out in f32, so that every executor computes the same ones.
//!
//! Each is one sequence of additions, multiplications, divisions and selections over [`Lanes`], without fused
//! multiply-adds: one f32, a SIMD vector, and a shader that copies the sequence give the same bits. Arguments beyond
//! the range saturate instead of overflowing, and NaN stays NaN. The largest errors stated were measured against f64
//! by the tests below, in units in the last place of the result.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Sub};

/// One or several 32-bit words, worked on side by side.
pub trait Words:
    Copy + BitXor<Output = Self> + BitAnd<Output = Self> + BitOr<Output = Self>
{
    /// The same word in every lane.
    fn splat(x: u32) -> Self;
    /// Sum, modulo 2³².
    fn plus(self, other: Self) -> Self;
    /// Difference, modulo 2³².
    fn minus(self, other: Self) -> Self;
    /// Shifts to the left by `by` < 32 bits.
    fn shl(self, by: u32) -> Self;
    /// Shifts to the right by `by` < 32 bits, filling with zeros.
    fn shr(self, by: u32) -> Self;

    /// Rotates to the left by 0 < `by` < 32 bits.
    #[inline(always)]
    fn rotl(self, by: u32) -> Self {
        self.shl(by) | self.shr(32 - by)
    }
}

/// One or several f32 numbers, worked on side by side.
pub trait Lanes:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// As many words.
    type Words: Words;

    /// The same number in every lane.
    fn splat(x: f32) -> Self;
    /// The bit patterns.
    fn bits(self) -> Self::Words;
    /// The numbers with these bit patterns.
    fn of_bits(bits: Self::Words) -> Self;
    /// The numbers that these words are as two's complement integers.
    fn of_int(words: Self::Words) -> Self;
    /// The integer part, for numbers between −2³¹ and 2³¹; anything beyond.
    fn to_int(self) -> Self::Words;
    /// The largest whole number that is not larger.
    fn floor(self) -> Self;
    /// √x, rounded correctly.
    fn sqrt(self) -> Self;
    /// |x|
    fn abs(self) -> Self;
    /// `other` where other < self, else self: NaN in self stays.
    fn pmin(self, other: Self) -> Self;
    /// `other` where self < other, else self: NaN in self stays.
    fn pmax(self, other: Self) -> Self;
    /// All bits set where self < other, else none.
    fn lt(self, other: Self) -> Self::Words;
    /// `yes` where the mask has all bits set, `no` where it has none.
    fn select(mask: Self::Words, yes: Self, no: Self) -> Self;
}

impl Words for u32 {
    #[inline(always)]
    fn splat(x: u32) -> Self {
        x
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
    #[inline(always)]
    fn shl(self, by: u32) -> Self {
        self << by
    }
    #[inline(always)]
    fn shr(self, by: u32) -> Self {
        self >> by
    }
}

impl Lanes for f32 {
    type Words = u32;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        x
    }
    #[inline(always)]
    fn bits(self) -> u32 {
        self.to_bits()
    }
    #[inline(always)]
    fn of_bits(bits: u32) -> Self {
        Self::from_bits(bits)
    }
    #[inline(always)]
    fn of_int(words: u32) -> Self {
        words.cast_signed() as Self
    }
    #[inline(always)]
    fn to_int(self) -> u32 {
        (self as i32).cast_unsigned()
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self::floor(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self::abs(self)
    }
    #[inline(always)]
    fn pmin(self, other: Self) -> Self {
        if other < self { other } else { self }
    }
    #[inline(always)]
    fn pmax(self, other: Self) -> Self {
        if self < other { other } else { self }
    }
    #[inline(always)]
    fn lt(self, other: Self) -> u32 {
        if self < other { u32::MAX } else { 0 }
    }
    #[inline(always)]
    fn select(mask: u32, yes: Self, no: Self) -> Self {
        if mask == 0 { no } else { yes }
    }
}

/// c₀ xⁿ + c₁ xⁿ⁻¹ + …, by Horner's rule.
#[inline(always)]
fn polynomial<L: Lanes, const N: usize>(x: L, coefficients: [f32; N]) -> L {
    let mut sum = L::splat(coefficients[0]);
    for &c in &coefficients[1..] {
        sum = sum * x + L::splat(c);
    }
    sum
}

/// (e^r − 1, 2ⁿ) with x = n ln 2 + r and |r| ≤ ½ ln 2; x is held to where 2ⁿ is a normal number.
#[inline(always)]
fn exp_parts<L: Lanes>(x: L) -> (L, L) {
    let x = x.pmin(L::splat(88.37)).pmax(L::splat(-87.33));
    let n = (x * L::splat(std::f32::consts::LOG2_E) + L::splat(0.5)).floor();
    let r = x - n * L::splat(0.693_359_4) - n * L::splat(-2.121_944_4e-4);
    let tail = polynomial(
        r,
        [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1],
    );
    let power = L::of_bits(n.to_int().plus(L::Words::splat(127)).shl(23));
    (tail * r * r + r, power)
}

/// e^x; saturates at e^88.37 and e^−87.33. At most 1 ulp between.
#[inline(always)]
pub fn exp<L: Lanes>(x: L) -> L {
    let (m1, power) = exp_parts(x);
    (m1 + L::splat(1.0)) * power
}

/// e^x − 1, without losing digits near 0. At most 2 ulp.
#[inline(always)]
pub fn exp_m1<L: Lanes>(x: L) -> L {
    let (m1, power) = exp_parts(x);
    m1 * power + (power - L::splat(1.0))
}

/// ln x for positive normal x. At most 1 ulp.
#[inline(always)]
pub fn ln<L: Lanes>(x: L) -> L {
    const SQRT_HALF: u32 = 0x3f35_04f3;
    let t = x.bits().plus(L::Words::splat(0x3f80_0000 - SQRT_HALF));
    let e = L::of_int(t.shr(23).minus(L::Words::splat(127)));
    let m = L::of_bits((t & L::Words::splat(0x007f_ffff)).plus(L::Words::splat(SQRT_HALF)));
    let f = m - L::splat(1.0);
    let s = f / (f + L::splat(2.0));
    let z = s * s;
    let r = z * polynomial(z, [0.242_790_79, 0.284_987_87, 0.400_009_72, 0.666_666_6]);
    let half_square = L::splat(0.5) * f * f;
    let low = s * (half_square + r) + e * L::splat(9.058_001e-6);
    low - half_square + f + e * L::splat(0.693_138_1)
}

/// ln(1 + t) for 0 ≤ t ≤ 1. At most 2 ulp.
#[inline(always)]
pub fn ln_1p<L: Lanes>(t: L) -> L {
    let u = t + L::splat(1.0);
    // What rounding 1 + t lost comes back to first order; for tiny t it is everything.
    ln(u) + (t - (u - L::splat(1.0))) / u
}

/// tanh x. At most 2 ulp.
#[inline(always)]
pub fn tanh<L: Lanes>(x: L) -> L {
    let z = x * x;
    let p = polynomial(
        z,
        [-5.704_988_7e-3, 2.063_909e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1],
    );
    let near = p * z * x + x;
    let size = x.abs();
    let far = L::splat(1.0) - L::splat(2.0) / (exp(size + size) + L::splat(1.0));
    let sign = x.bits() & L::Words::splat(0x8000_0000);
    let far = L::of_bits(far.bits() | sign);
    L::select(size.lt(L::splat(0.625)), near, far)
}

/// σ(x) = 1 / (1 + e^−x). At most 3 ulp for x ≥ −87, and never 0.
#[inline(always)]
pub fn sigmoid<L: Lanes>(x: L) -> L {
    L::splat(1.0) / (exp(-x) + L::splat(1.0))
}

/// ln(1 + e^x) = max(x, 0) + ln(1 + e^−|x|). At most 3 ulp for x ≥ −87, and never 0.
#[inline(always)]
pub fn softplus<L: Lanes>(x: L) -> L {
    x.pmax(L::splat(0.0)) + ln_1p(exp(-x.abs()))
}

/// (sin, cos) of r + q π/2 for |r| ≤ π/4 and a whole number q.
#[inline(always)]
fn sin_cos_quadrant<L: Lanes>(r: L, q: L::Words) -> (L, L) {
    let z = r * r;
    let s = polynomial(z, [-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1]) * z * r + r;
    let c = polynomial(z, [2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2]) * z * z
        - L::splat(0.5) * z
        + L::splat(1.0);
    let one = L::Words::splat(1);
    let two = L::Words::splat(2);
    let odd = L::Words::splat(0).minus(q & one);
    let (sin, cos) = (L::select(odd, c, s), L::select(odd, s, c));
    let sin = L::of_bits(sin.bits() ^ (q & two).shl(30));
    let cos = L::of_bits(cos.bits() ^ (q.plus(one) & two).shl(30));
    (sin, cos)
}

/// (sin x, cos x) for |x| ≤ 8192, within 1.2e-7 of the truth; beyond, the error grows with |x|.
#[inline(always)]
pub fn sin_cos<L: Lanes>(x: L) -> (L, L) {
    let q = (x * L::splat(std::f32::consts::FRAC_2_PI) + L::splat(0.5)).floor();
    let r = x - q * L::splat(1.570_312_5) - q * L::splat(4.837_513e-4) - q * L::splat(7.549_79e-8);
    sin_cos_quadrant(r, q.to_int())
}

/// (sin, cos) of 2π u for 0 ≤ u < 1, within 1.2e-7 of the truth.
#[inline(always)]
pub fn sin_cos_turn<L: Lanes>(u: L) -> (L, L) {
    let q = (u * L::splat(4.0) + L::splat(0.5)).floor();
    // Exact: both are multiples of 2⁻²⁴ below 1.
    let r = (u - q * L::splat(0.25)) * L::splat(std::f32::consts::TAU);
    sin_cos_quadrant(r, q.to_int())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance between neighbouring f32 numbers at `x`.
    fn ulp(x: f64) -> f64 {
        let exponent = x.abs().log2().floor().max(-126.0);
        (exponent - 23.0).exp2()
    }

    /// The largest error in ulp over a dense sweep of [lo, hi].
    fn worst(lo: f64, hi: f64, ours: impl Fn(f32) -> f32, truth: impl Fn(f64) -> f64) -> f64 {
        const STEPS: u32 = 400_000;
        let error = |i: u32| {
            let x = (lo + (hi - lo) * f64::from(i) / f64::from(STEPS)) as f32;
            let (got, want) = (f64::from(ours(x)), truth(f64::from(x)));
            assert!(got.is_finite(), "f({x}) = {got}");
            (got - want).abs() / ulp(want)
        };
        (0..=STEPS).map(error).fold(0.0, f64::max)
    }

    /// Every function against f64: the bound holds, and is not slack by more than three times.
    #[test]
    fn errors_in_ulp_are_as_stated() {
        type Case = (&'static str, f64, f64, fn(f32) -> f32, fn(f64) -> f64, f64);
        let softplus64 = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        let cases: [Case; 12] = [
            ("exp", -87.3, 88.3, exp, f64::exp, 1.0),
            ("exp near 0", -1.0, 1.0, exp, f64::exp, 1.0),
            ("exp_m1", -20.0, 20.0, exp_m1, f64::exp_m1, 2.0),
            ("exp_m1 near 0", -1e-3, 1e-3, exp_m1, f64::exp_m1, 1.0),
            ("ln", 1e-30, 4.0, ln, f64::ln, 1.0),
            ("ln far", 1.0, 1e30, ln, f64::ln, 1.0),
            ("ln_1p", 0.0, 1.0, ln_1p, f64::ln_1p, 2.0),
            ("tanh", -10.0, 10.0, tanh, f64::tanh, 2.0),
            ("tanh near 0", -0.7, 0.7, tanh, f64::tanh, 2.0),
            ("sigmoid", -87.0, 87.0, sigmoid, |x| 1.0 / (1.0 + (-x).exp()), 3.0),
            ("softplus", -87.0, 10.0, softplus, softplus64, 3.0),
            ("softplus near 0", -2.0, 2.0, softplus, softplus64, 3.0),
        ];
        for (name, lo, hi, ours, truth, bound) in cases {
            let found = worst(lo, hi, ours, truth);
            println!("{name}: {found:.3} ulp");
            assert!(found <= bound, "{name}: {found} ulp, more than {bound}");
            assert!(found * 3.0 >= bound, "{name}: {found} ulp, the bound {bound} says too little");
            // The same check sees a relative change of a millionth.
            assert!(
                worst(lo, hi, |x| ours(x) * 1.000_001, truth) > bound,
                "{name}: a planted fault passes"
            );
        }
    }

    #[test]
    fn sines_and_cosines_are_within_an_absolute_bound() {
        let absolute = |scale: f64, ours: &dyn Fn(f32) -> (f32, f32)| {
            (0..400_000_u32)
                .map(|i| {
                    let x = ((f64::from(i) / 400_000.0 * 2.0 - 1.0) * scale) as f32;
                    let (s, c) = ours(x);
                    let error = |got: f32, want: f64| (f64::from(got) - want).abs();
                    error(s, f64::from(x).sin()).max(error(c, f64::from(x).cos()))
                })
                .fold(0.0, f64::max)
        };
        assert!(absolute(10.0, &sin_cos) < 1.2e-7);
        assert!(absolute(8192.0, &sin_cos) < 1.2e-7);
        assert!(absolute(10.0, &|x| sin_cos(x + 1e-5)) > 1.2e-7, "a planted fault passes");
        for i in 0..1 << 16 {
            let u = i as f32 / 65536.0;
            let (s, c) = sin_cos_turn(u);
            let angle = f64::from(u) * std::f64::consts::TAU;
            assert!(
                (f64::from(s) - angle.sin()).abs() < 1.2e-7
                    && (f64::from(c) - angle.cos()).abs() < 1.2e-7,
                "{u}"
            );
        }
    }

    #[test]
    fn extremes_saturate_and_nan_stays() {
        for x in [f32::MAX, f32::INFINITY, 1e4, 89.0] {
            assert!(exp(x).is_finite() && exp(-x) > 0.0, "{x}");
            assert_eq!((tanh(x), tanh(-x)), (1.0, -1.0));
            assert_eq!(sigmoid(x), 1.0);
            assert!(sigmoid(-x) >= 0.0 && sigmoid(-x) < 1e-37);
            assert_eq!(softplus(x), x);
            assert!(softplus(-x) > 0.0 && softplus(-x) < 1e-37);
        }
        for f in [exp::<f32>, exp_m1, tanh, sigmoid, softplus] {
            assert!(f(f32::NAN).is_nan());
        }
        assert_eq!((tanh(0.0_f32), tanh(-0.0_f32)), (0.0, 0.0));
        assert_eq!((exp(0.0_f32), exp_m1(0.0_f32), ln(1.0_f32)), (1.0, 0.0, 0.0));
    }
}
