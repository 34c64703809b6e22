//! The numbers that formulas are written over: f32, f64 and SIMD vectors, so that each formula stands once.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number, or several side by side, with the elementary functions that ops need. f32 and vectors of it compute
/// them by [`adversaria_core::math`]; f64 by the standard library, for finite differences.
pub trait Real:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// A constant, rounded once.
    fn of(x: f64) -> Self;
    /// A constant that is an f32.
    fn of_f32(x: f32) -> Self;
    /// `other` where other < self, else self.
    fn pmin(self, other: Self) -> Self;
    /// `other` where self < other, else self.
    fn pmax(self, other: Self) -> Self;
    /// `yes` where self > 0, else `no`.
    fn if_positive(self, yes: Self, no: Self) -> Self;
    /// √x
    fn sqrt(self) -> Self;
    /// e^x
    fn exp(self) -> Self;
    /// e^x − 1
    fn exp_m1(self) -> Self;
    /// tanh x
    fn tanh(self) -> Self;
    /// 1 / (1 + e^−x)
    fn sigmoid(self) -> Self;
    /// ln(1 + e^x)
    fn softplus(self) -> Self;
    /// (sin x, cos x)
    fn sin_cos(self) -> (Self, Self);
}

/// A single number that can stand in the arena.
pub trait Scalar: Real {
    /// The integer that an arena word holds: its bits for f32, its value for f64.
    fn word(self) -> u32;
    /// The arena word that holds this integer.
    fn from_word(word: u32) -> Self;
    /// Its value.
    fn to_f64(self) -> f64;
}

/// [`Real`] for a type that implements [`adversaria_core::math::Lanes`].
macro_rules! real_by_polynomials {
    ($lanes:ty) => {
        impl $crate::real::Real for $lanes {
            #[inline(always)]
            fn of(x: f64) -> Self {
                <Self as adversaria_core::math::Lanes>::splat(x as f32)
            }
            #[inline(always)]
            fn of_f32(x: f32) -> Self {
                <Self as adversaria_core::math::Lanes>::splat(x)
            }
            #[inline(always)]
            fn pmin(self, other: Self) -> Self {
                adversaria_core::math::Lanes::pmin(self, other)
            }
            #[inline(always)]
            fn pmax(self, other: Self) -> Self {
                adversaria_core::math::Lanes::pmax(self, other)
            }
            #[inline(always)]
            fn if_positive(self, yes: Self, no: Self) -> Self {
                use adversaria_core::math::Lanes;
                Lanes::select(Self::splat(0.0).lt(self), yes, no)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                adversaria_core::math::Lanes::sqrt(self)
            }
            #[inline(always)]
            fn exp(self) -> Self {
                adversaria_core::math::exp(self)
            }
            #[inline(always)]
            fn exp_m1(self) -> Self {
                adversaria_core::math::exp_m1(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                adversaria_core::math::tanh(self)
            }
            #[inline(always)]
            fn sigmoid(self) -> Self {
                adversaria_core::math::sigmoid(self)
            }
            #[inline(always)]
            fn softplus(self) -> Self {
                adversaria_core::math::softplus(self)
            }
            #[inline(always)]
            fn sin_cos(self) -> (Self, Self) {
                adversaria_core::math::sin_cos(self)
            }
        }
    };
}

pub(crate) use real_by_polynomials;

real_by_polynomials!(f32);

impl Scalar for f32 {
    fn word(self) -> u32 {
        self.to_bits()
    }
    fn from_word(word: u32) -> Self {
        Self::from_bits(word)
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    fn of(x: f64) -> Self {
        x
    }
    fn of_f32(x: f32) -> Self {
        Self::from(x)
    }
    fn pmin(self, other: Self) -> Self {
        if other < self { other } else { self }
    }
    fn pmax(self, other: Self) -> Self {
        if self < other { other } else { self }
    }
    fn if_positive(self, yes: Self, no: Self) -> Self {
        if self > 0.0 { yes } else { no }
    }
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }
    fn exp(self) -> Self {
        Self::exp(self)
    }
    fn exp_m1(self) -> Self {
        Self::exp_m1(self)
    }
    fn tanh(self) -> Self {
        Self::tanh(self)
    }
    fn sigmoid(self) -> Self {
        1.0 / (1.0 + (-self).exp())
    }
    fn softplus(self) -> Self {
        self.max(0.0) + (-self.abs()).exp().ln_1p()
    }
    fn sin_cos(self) -> (Self, Self) {
        Self::sin_cos(self)
    }
}

impl Scalar for f64 {
    fn word(self) -> u32 {
        self as u32
    }
    fn from_word(word: u32) -> Self {
        Self::from(word)
    }
    fn to_f64(self) -> f64 {
        self
    }
}
