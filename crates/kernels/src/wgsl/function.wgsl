// Activations and the φ of losses with their derivatives, as in formula.rs.

const IDENTITY: u32 = 0u;
const RELU: u32 = 1u;
const LEAKY: u32 = 2u;
const TANH: u32 = 3u;
const SIGMOID: u32 = 4u;
const ELU: u32 = 5u;
const SOFTPLUS: u32 = 6u;
const SINE: u32 = 7u;
const INV_SQRT: u32 = 8u;

// What is done to a product before it is stored.
const PLAIN: u32 = 0u;
const BIAS_ACT: u32 = 1u;
const ACT_GRAD: u32 = 2u;
const ACCUMULATE: u32 = 3u;

const DONE_WITH: u32 = 99u;

// Whether an activation, or a φ, may occur in this pipeline.
fn occurs(mask: u32, kind: u32) -> bool {
    return (mask & (1u << kind)) != 0u;
}

// What costs something is a loop that ends after one turn, as in resident.wgsl.
fn act4(kind: u32, slope: f32, x: vec4<f32>) -> vec4<f32> {
    var y = x;
    if occurs(ACTS, RELU) {
        y = select(y, pmax4(x, vec4<f32>()), vec4<bool>(kind == RELU));
    }
    if occurs(ACTS, LEAKY) {
        y = select(y, select(slope * x, x, x > vec4<f32>()), vec4<bool>(kind == LEAKY));
    }
    var todo = kind;
    if occurs(ACTS, TANH) {
        while todo == TANH {
            y = tanh4(x);
            todo = DONE_WITH;
        }
    }
    if occurs(ACTS, SIGMOID) {
        while todo == SIGMOID {
            y = sigmoid4(x);
            todo = DONE_WITH;
        }
    }
    if occurs(ACTS, ELU) {
        while todo == ELU {
            y = select(exp_m1(x), x, x > vec4<f32>());
            todo = DONE_WITH;
        }
    }
    if occurs(ACTS, SOFTPLUS) {
        while todo == SOFTPLUS {
            y = softplus4(x);
            todo = DONE_WITH;
        }
    }
    if occurs(ACTS, SINE) {
        while todo == SINE {
            y = vec4<f32>(sin_cos(x.x).x, sin_cos(x.y).x, sin_cos(x.z).x, sin_cos(x.w).x);
            todo = DONE_WITH;
        }
    }
    if occurs(ACTS, INV_SQRT) {
        while todo == INV_SQRT {
            y = select(vec4<f32>(), 1.0 / sqrt(x), x > vec4<f32>());
            todo = DONE_WITH;
        }
    }
    return y;
}

fn act(kind: u32, slope: f32, x: f32) -> f32 {
    return act4(kind, slope, vec4<f32>(x)).x;
}

// f′ by the output y = f(x), where that is enough.
fn slope4(kind: u32, slope: f32, y: vec4<f32>) -> vec4<f32> {
    let zero = vec4<f32>();
    let one = vec4<f32>(1.0);
    let positive = y > zero;
    var g = one;
    if occurs(ACTS, RELU) {
        g = select(g, select(zero, one, positive), vec4<bool>(kind == RELU));
    }
    if occurs(ACTS, LEAKY) {
        g = select(g, select(vec4<f32>(slope), one, positive), vec4<bool>(kind == LEAKY));
    }
    if occurs(ACTS, TANH) {
        g = select(g, 1.0 - y * y, vec4<bool>(kind == TANH));
    }
    if occurs(ACTS, SIGMOID) {
        g = select(g, y * (1.0 - y), vec4<bool>(kind == SIGMOID));
    }
    if occurs(ACTS, ELU) {
        g = select(g, select(y + 1.0, one, positive), vec4<bool>(kind == ELU));
    }
    return g;
}

fn grad_from_output(kind: u32, slope: f32, y: f32) -> f32 {
    return slope4(kind, slope, vec4<f32>(y)).x;
}

const PHI_SOFTPLUS: u32 = 0u;
const PHI_SOFTPLUS_NEG: u32 = 1u;
const PHI_LINEAR: u32 = 2u;
const PHI_SQUARE: u32 = 3u;
const PHI_HINGE_BELOW: u32 = 4u;
const PHI_HINGE_ABOVE: u32 = 5u;

fn phi(kind: u32, t: f32, a: f32) -> f32 {
    var y = a;
    y = select(y, 0.5 * ((a - t) * (a - t)), kind == PHI_SQUARE);
    y = select(y, pmax(1.0 - a, 0.0), kind == PHI_HINGE_BELOW);
    y = select(y, pmax(1.0 + a, 0.0), kind == PHI_HINGE_ABOVE);
    if occurs(PHIS, PHI_SOFTPLUS) || occurs(PHIS, PHI_SOFTPLUS_NEG) {
        var todo = kind;
        while todo <= PHI_SOFTPLUS_NEG {
            y = softplus(select(a, -a, kind == PHI_SOFTPLUS_NEG));
            todo = DONE_WITH;
        }
    }
    return y;
}

fn phi_first(kind: u32, t: f32, a: f32) -> f32 {
    var y = 1.0;
    y = select(y, a - t, kind == PHI_SQUARE);
    y = select(y, select(0.0, -1.0, 1.0 - a > 0.0), kind == PHI_HINGE_BELOW);
    y = select(y, select(0.0, 1.0, 1.0 + a > 0.0), kind == PHI_HINGE_ABOVE);
    let sign = select(1.0, -1.0, kind == PHI_SOFTPLUS_NEG);
    return select(y, sign * sigmoid(sign * a), kind <= PHI_SOFTPLUS_NEG);
}

fn phi_second(kind: u32, a: f32) -> f32 {
    let s = sigmoid(a);
    let y = select(0.0, 1.0, kind == PHI_SQUARE);
    return select(y, s * (1.0 - s), kind <= PHI_SOFTPLUS_NEG);
}
