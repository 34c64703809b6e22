// Derivatives of activations by their argument, and the op that maps them. Formulas: formula.rs.

fn act_first(kind: u32, slope: f32, x: f32) -> f32 {
    switch kind {
        case TANH, SIGMOID: { return grad_from_output(kind, slope, act(kind, slope, x)); }
        case ELU: { return select(exp_f(x), 1.0, x > 0.0); }
        case SOFTPLUS: { return sigmoid(x); }
        case SINE: { return sin_cos(x).y; }
        case INV_SQRT: {
            let y = act(kind, slope, x);
            return -0.5 * (y * y * y);
        }
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
        case INV_SQRT: {
            let y = act(kind, 0.0, x);
            return 0.75 * (y * y * y) * (y * y);
        }
        default: { return 0.0; }
    }
}

fn run_map(op: u32, first: u32, step: u32) {
    let x = mat(op, 1u);
    let y = mat(op, 5u);
    let kind = field(op, 9u);
    let slope = number(op, 10u);
    let order = field(op, 11u);
    for (var i = first; i < y.rows * y.cols; i += step) {
        let v = load(word_of(x, i));
        var f = 0.0;
        switch order {
            case 0u: { f = act(kind, slope, v); }
            case 1u: { f = act_first(kind, slope, v); }
            default: { f = act_second(kind, v); }
        }
        save(word_of(y, i), f);
    }
}
