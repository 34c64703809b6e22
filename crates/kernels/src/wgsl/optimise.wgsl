// Counters, rates and the steps of the optimisers. Formulas: formula.rs; a GPU may flush what `settled` rounds away.

const EPSILON: f32 = 1e-8;
const HALF_PI: f32 = 1.5707964;

// β^t is taken as e^(t ln β); the record holds ln β.
fn correction(ln_beta: f32, t: f32) -> f32 {
    return -1.0 / exp_m1(vec4<f32>(t * ln_beta)).x;
}

// What is left of the rate after t updates; ½ (1 + cos(π t / n)) as sin²(½ π (n − t) / n), which keeps its digits.
fn decay(kind: u32, parameter: f32, t: f32) -> f32 {
    switch kind {
        case 1u: {
            let s = sin_cos(HALF_PI * (pmax(parameter - t, 0.0) / parameter)).x;
            return s * s;
        }
        case 2u: { return exp_f(t * parameter); }
        default: { return 1.0; }
    }
}

fn run_tick(op: u32, first: u32, step: u32) {
    if first == 0u {
        let counter = field(op, 1u);
        let t = arena[counter] + 1u;
        arena[counter] = t;
        let out = field(op, 3u);
        save(out, load(field(op, 2u)) * decay(field(op, 4u), number(op, 5u), f32(t - 1u)));
        save(out + 1u, correction(number(op, 6u), f32(t)));
        save(out + 2u, correction(number(op, 7u), f32(t)));
    }
}

fn run_tally(op: u32, first: u32, step: u32) {
    if first == 0u {
        let sum = field(op, 2u);
        let count = field(op, 3u);
        save(sum, load(sum) + load(field(op, 1u)));
        save(count, load(count) + 1.0);
    }
}

fn run_sgd(op: u32, first: u32, step: u32) {
    let p = field(op, 1u);
    let g = field(op, 3u);
    let rate = load(field(op, 4u));
    let len = field(op, 2u);
    for (var i = first; i < len; i += step) {
        save(p + i, load(p + i) - rate * load(g + i));
    }
}

fn run_momentum(op: u32, first: u32, step: u32) {
    let p = field(op, 1u);
    let g = field(op, 3u);
    let rate = load(field(op, 4u));
    let buf = field(op, 5u);
    let keep = select(number(op, 6u), 0.0, arena[field(op, 7u)] == 1u);
    let len = field(op, 2u);
    for (var i = first; i < len; i += step) {
        var x = load(g + i);
        if keep != 0.0 {
            x += keep * load(buf + i);
        }
        save(buf + i, x);
        save(p + i, load(p + i) - rate * x);
    }
}

fn run_adam(op: u32, first: u32, step: u32) {
    let p = field(op, 1u);
    let g = field(op, 3u);
    let tick = field(op, 4u);
    let m = field(op, 5u);
    let v = field(op, 6u);
    let keep = vec4<f32>(number(op, 7u), number(op, 8u), number(op, 9u), number(op, 10u));
    let rate = load(tick) * load(tick + 1u);
    let correct = load(tick + 2u);
    let len = field(op, 2u);
    for (var i = first; i < len; i += step) {
        let x = load(g + i);
        let mi = keep.x * load(m + i) + keep.y * x;
        let vi = keep.z * load(v + i) + keep.w * (x * x);
        save(m + i, mi);
        save(v + i, vi);
        save(p + i, load(p + i) - rate * mi / (sqrt(vi * correct) + EPSILON));
    }
}

fn run_rmsprop(op: u32, first: u32, step: u32) {
    let p = field(op, 1u);
    let g = field(op, 3u);
    let rate = load(field(op, 4u));
    let v = field(op, 5u);
    let keep = vec2<f32>(number(op, 6u), number(op, 7u));
    let len = field(op, 2u);
    for (var i = first; i < len; i += step) {
        let x = load(g + i);
        let vi = keep.x * load(v + i) + keep.y * (x * x);
        save(v + i, vi);
        save(p + i, load(p + i) - rate * x / (sqrt(vi) + EPSILON));
    }
}

fn run_clamp(op: u32, first: u32, step: u32) {
    let p = field(op, 1u);
    let limit = number(op, 3u);
    let len = field(op, 2u);
    for (var i = first; i < len; i += step) {
        save(p + i, pmin(pmax(load(p + i), -limit), limit));
    }
}

fn run_average(op: u32, first: u32, step: u32) {
    let p = field(op, 1u);
    let avg = field(op, 3u);
    let keep = number(op, 4u);
    let rest = number(op, 5u);
    let len = field(op, 2u);
    for (var i = first; i < len; i += step) {
        save(avg + i, keep * load(avg + i) + rest * load(p + i));
    }
}
