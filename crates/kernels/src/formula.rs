//! The elementwise formulas of the ops, over any [`Real`]: the scalar twin and the SIMD paths both call these.

use crate::program::{Act, Decay, Join, Phi};
use crate::real::Real;

/// ε of Adam and RMSprop, outside the root.
pub const EPSILON: f64 = 1e-8;

/// f⁽ᵒʳᵈᵉʳ⁾(x) for order 0, 1 or 2.
///
/// With y = f(x): tanh′ = 1 − y², tanh″ = −2 y (1 − y²); σ′ = y (1 − y), σ″ = y (1 − y)(1 − 2 y);
/// softplus′ = σ, softplus″ = σ (1 − σ); elu′ = elu″ = e^x for x ≤ 0, else 1 and 0; sin′ = cos, sin″ = −sin;
/// with y = 1 / √x: −½ y³ and ¾ y⁵. At a kink
/// the derivative from the left is taken; second derivatives of piecewise linear functions are 0.
#[inline(always)]
pub fn act<R: Real>(act: Act, order: u32, x: R) -> R {
    match order {
        0 => act_value(act, x),
        1 => act_first(act, x),
        _ => act_second(act, x),
    }
}

#[inline(always)]
fn act_value<R: Real>(act: Act, x: R) -> R {
    match act {
        Act::Identity => x,
        Act::Relu => x.pmax(R::of(0.0)),
        Act::Leaky(slope) => x.if_positive(x, R::of_f32(slope) * x),
        Act::Tanh => x.tanh(),
        Act::Sigmoid => x.sigmoid(),
        Act::Elu => x.if_positive(x, x.exp_m1()),
        Act::Softplus => x.softplus(),
        Act::Sine => x.sin_cos().0,
        Act::InvSqrt => inverse_root(x),
    }
}

#[inline(always)]
fn act_first<R: Real>(act: Act, x: R) -> R {
    let one = R::of(1.0);
    match act {
        Act::Identity => one,
        Act::Relu => x.if_positive(one, R::of(0.0)),
        Act::Leaky(slope) => x.if_positive(one, R::of_f32(slope)),
        Act::Tanh => {
            let y = x.tanh();
            one - y * y
        }
        Act::Sigmoid => {
            let y = x.sigmoid();
            y * (one - y)
        }
        Act::Elu => x.if_positive(one, x.exp()),
        Act::Softplus => x.sigmoid(),
        Act::Sine => x.sin_cos().1,
        Act::InvSqrt => {
            let y = inverse_root(x);
            R::of(-0.5) * (y * y * y)
        }
    }
}

#[inline(always)]
fn act_second<R: Real>(act: Act, x: R) -> R {
    let (zero, one, two) = (R::of(0.0), R::of(1.0), R::of(2.0));
    match act {
        Act::Identity | Act::Relu | Act::Leaky(_) => zero,
        Act::Tanh => {
            let y = x.tanh();
            -(two * y) * (one - y * y)
        }
        Act::Sigmoid => {
            let y = x.sigmoid();
            y * (one - y) * (one - two * y)
        }
        Act::Elu => x.if_positive(zero, x.exp()),
        Act::Softplus => {
            let s = x.sigmoid();
            s * (one - s)
        }
        Act::Sine => -x.sin_cos().0,
        Act::InvSqrt => {
            let y = inverse_root(x);
            R::of(0.75) * (y * y * y) * (y * y)
        }
    }
}

/// 1 / √x, 0 for x ≤ 0.
#[inline(always)]
fn inverse_root<R: Real>(x: R) -> R {
    x.if_positive(R::of(1.0) / x.sqrt(), R::of(0.0))
}

/// f′ by the output y = f(x), where [`Act::grad_from_output`] says so: 1 − y², y (1 − y), y + 1 (elu below 0), the slope.
#[inline(always)]
pub fn grad_from_output<R: Real>(act: Act, y: R) -> R {
    let one = R::of(1.0);
    match act {
        Act::Relu => y.if_positive(one, R::of(0.0)),
        Act::Leaky(slope) => y.if_positive(one, R::of_f32(slope)),
        Act::Tanh => one - y * y,
        Act::Sigmoid => y * (one - y),
        Act::Elu => y.if_positive(one, y + one),
        Act::Identity | Act::Softplus | Act::Sine | Act::InvSqrt => one,
    }
}

/// φ⁽ᵒʳᵈᵉʳ⁾(a) for order 0, 1 or 2: softplus(±a)′ = ±σ(±a), softplus(±a)″ = σ(a) (1 − σ(a)); the hinges are
/// max(0, 1 ± a), with derivative 0 at the kink.
#[inline(always)]
pub fn phi<R: Real>(phi: Phi, order: u32, a: R) -> R {
    let (zero, one) = (R::of(0.0), R::of(1.0));
    match (phi, order) {
        (Phi::Softplus, 0) => a.softplus(),
        (Phi::Softplus, 1) => a.sigmoid(),
        (Phi::SoftplusNeg, 0) => (-a).softplus(),
        (Phi::SoftplusNeg, 1) => -(-a).sigmoid(),
        (Phi::Softplus | Phi::SoftplusNeg, _) => {
            let s = a.sigmoid();
            s * (one - s)
        }
        (Phi::Linear, 0) => a,
        (Phi::Linear, 1) => one,
        (Phi::Square(t), 0) => {
            let d = a - R::of_f32(t);
            R::of(0.5) * d * d
        }
        (Phi::Square(t), 1) => a - R::of_f32(t),
        (Phi::Square(_), _) => one,
        (Phi::HingeBelow, 0) => (one - a).pmax(zero),
        (Phi::HingeBelow, 1) => (one - a).if_positive(-one, zero),
        (Phi::HingeAbove, 0) => (one + a).pmax(zero),
        (Phi::HingeAbove, 1) => (one + a).if_positive(one, zero),
        (Phi::Linear | Phi::HingeBelow | Phi::HingeAbove, _) => zero,
    }
}

/// `yes` where `other` is larger than `best`, else `no`: how maxout compares, so that the first of equal ones stays.
#[inline(always)]
pub fn ahead<R: Real>(best: R, other: R, yes: R, no: R) -> R {
    (other - best).if_positive(yes, no)
}

/// a + b or a b.
#[inline(always)]
pub fn join<R: Real>(join: Join, a: R, b: R) -> R {
    match join {
        Join::Add => a + b,
        Join::Mul => a * b,
    }
}

/// x to within 2⁻¹²³, a multiple of it where x is tiny. Moments of a gradient that stays 0 would otherwise decay into
/// numbers below 2⁻¹²⁶ and stay there, where arithmetic is up to a hundred times slower.
#[inline(always)]
fn settled<R: Real>(x: R) -> R {
    let coarse = R::of(1e-30);
    (x + coarse) - coarse
}

/// Adam's step on one parameter, from (p, g, m, v) to (p, m, v); `keep` is (β1, 1 − β1, β2, 1 − β2), `step` is
/// (rate / (1 − β1^t), 1 / (1 − β2^t)).
#[inline(always)]
pub fn adam<R: Real>(p: R, g: R, m: R, v: R, keep: [R; 4], step: [R; 2]) -> [R; 3] {
    let m = settled(keep[0] * m + keep[1] * g);
    let v = settled(keep[2] * v + keep[3] * (g * g));
    let p = p - step[0] * m / ((v * step[1]).sqrt() + R::of(EPSILON));
    [p, m, v]
}

/// The momentum buffer after this gradient: μ buf + g.
#[inline(always)]
pub fn momentum<R: Real>(momentum: R, buf: R, g: R) -> R {
    settled(momentum * buf + g)
}

/// RMSprop's step on one parameter, from (p, g, v) to (p, v); `keep` is (α, 1 − α).
#[inline(always)]
pub fn rmsprop<R: Real>(p: R, g: R, v: R, keep: [R; 2], rate: R) -> [R; 2] {
    let v = settled(keep[0] * v + keep[1] * (g * g));
    [p - rate * g / (v.sqrt() + R::of(EPSILON)), v]
}

/// What is left of the rate after `t` updates, from 1 down.
#[must_use]
pub fn decay(decay: Decay, t: u32) -> f64 {
    match decay {
        Decay::None => 1.0,
        Decay::Cosine(n) => 0.5 * (1.0 + (std::f64::consts::PI * f64::from(t).min(n) / n).cos()),
        Decay::Exponential(r) => r.powf(f64::from(t)),
    }
}
