// Activations and the φ of losses with their derivatives, as in formula.rs.

const IDENTITY: u32 = 0u;
const RELU: u32 = 1u;
const LEAKY: u32 = 2u;
const TANH: u32 = 3u;
const SIGMOID: u32 = 4u;
const ELU: u32 = 5u;
const SOFTPLUS: u32 = 6u;
const SINE: u32 = 7u;

fn act(kind: u32, slope: f32, x: f32) -> f32 {
    switch kind {
        case RELU: { return pmax(x, 0.0); }
        case LEAKY: { return select(slope * x, x, x > 0.0); }
        case TANH: { return tanh_f(x); }
        case SIGMOID: { return sigmoid(x); }
        case ELU: { return select(exp_m1(x), x, x > 0.0); }
        case SOFTPLUS: { return softplus(x); }
        case SINE: { return sin_cos(x).x; }
        default: { return x; }
    }
}

// f′ by the output y = f(x), where that is enough.
fn grad_from_output(kind: u32, slope: f32, y: f32) -> f32 {
    switch kind {
        case RELU: { return select(0.0, 1.0, y > 0.0); }
        case LEAKY: { return select(slope, 1.0, y > 0.0); }
        case TANH: { return 1.0 - y * y; }
        case SIGMOID: { return y * (1.0 - y); }
        case ELU: { return select(y + 1.0, 1.0, y > 0.0); }
        default: { return 1.0; }
    }
}

fn act_first(kind: u32, slope: f32, x: f32) -> f32 {
    switch kind {
        case TANH, SIGMOID: { return grad_from_output(kind, slope, act(kind, slope, x)); }
        case ELU: { return select(exp_f(x), 1.0, x > 0.0); }
        case SOFTPLUS: { return sigmoid(x); }
        case SINE: { return sin_cos(x).y; }
        default: { return grad_from_output(kind, slope, x); }
    }
}

fn act_second(kind: u32, x: f32) -> f32 {
    switch kind {
        case TANH: {
            let y = tanh_f(x);
            return -(2.0 * y) * (1.0 - y * y);
        }
        case SIGMOID: {
            let y = sigmoid(x);
            return y * (1.0 - y) * (1.0 - 2.0 * y);
        }
        case ELU: { return select(exp_f(x), 0.0, x > 0.0); }
        case SOFTPLUS: {
            let s = sigmoid(x);
            return s * (1.0 - s);
        }
        case SINE: { return -sin_cos(x).x; }
        default: { return 0.0; }
    }
}

const PHI_SOFTPLUS: u32 = 0u;
const PHI_SOFTPLUS_NEG: u32 = 1u;
const PHI_LINEAR: u32 = 2u;
const PHI_SQUARE: u32 = 3u;
const PHI_HINGE_BELOW: u32 = 4u;
const PHI_HINGE_ABOVE: u32 = 5u;

fn phi(kind: u32, t: f32, a: f32) -> f32 {
    switch kind {
        case PHI_SOFTPLUS: { return softplus(a); }
        case PHI_SOFTPLUS_NEG: { return softplus(-a); }
        case PHI_SQUARE: { return 0.5 * ((a - t) * (a - t)); }
        case PHI_HINGE_BELOW: { return pmax(1.0 - a, 0.0); }
        case PHI_HINGE_ABOVE: { return pmax(1.0 + a, 0.0); }
        default: { return a; }
    }
}

fn phi_first(kind: u32, t: f32, a: f32) -> f32 {
    switch kind {
        case PHI_SOFTPLUS: { return sigmoid(a); }
        case PHI_SOFTPLUS_NEG: { return -sigmoid(-a); }
        case PHI_SQUARE: { return a - t; }
        case PHI_HINGE_BELOW: { return select(0.0, -1.0, 1.0 - a > 0.0); }
        case PHI_HINGE_ABOVE: { return select(0.0, 1.0, 1.0 + a > 0.0); }
        default: { return 1.0; }
    }
}

fn phi_second(kind: u32, a: f32) -> f32 {
    switch kind {
        case PHI_SOFTPLUS, PHI_SOFTPLUS_NEG: {
            let s = sigmoid(a);
            return s * (1.0 - s);
        }
        case PHI_SQUARE: { return 1.0; }
        default: { return 0.0; }
    }
}
