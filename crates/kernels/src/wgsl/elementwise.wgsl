// Ops whose elements do not meet: thread `first` of `step` takes every step-th element. Formulas: scalar.rs.

// Two features share a block of random words, so a thread makes both.
fn run_draw(op: u32, first: u32, step: u32) {
    let out = mat(op, 1u);
    let live = field(op, 5u);
    let normal = field(op, 9u) == 1u;
    let base = number(op, 10u);
    let spread = number(op, 11u);
    let total = (out.rows + 1u) / 2u * out.cols;
    for (var i = first; i < total; i += step) {
        let pair = i / out.cols;
        let c = i - pair * out.cols;
        var x = vec2<f32>();
        if c < live {
            let words = block(op, 6u, pair * live + c);
            if normal {
                x = base + spread * normal_pair(words);
            } else {
                x = base + spread * vec2<f32>(uniform01(words.x), uniform01(words.y));
            }
        }
        let at = out.at + 2u * pair * out.stride + c;
        save(at, x.x);
        if 2u * pair + 1u < out.rows {
            save(at + out.stride, x.y);
        }
    }
}

// The table begins with its kind (0 words, 1 bytes), rows, row length, scale and offset.
const TABLE_HEAD: u32 = 8u;

fn table_value(i: u32) -> f32 {
    if table[0] == 0u {
        return bitcast<f32>(table[TABLE_HEAD + i]);
    }
    let byte = (table[TABLE_HEAD + i / 4u] >> (8u * (i & 3u))) & 255u;
    return f32(byte) * bitcast<f32>(table[3]) + bitcast<f32>(table[4]);
}

fn run_gather(op: u32, first: u32, step: u32) {
    let out = mat(op, 1u);
    let live = field(op, 5u);
    for (var i = first; i < out.rows * out.cols; i += step) {
        let r = i / out.cols;
        let c = i - r * out.cols;
        var x = 0.0;
        if c < live {
            let row = index_below(block(op, 6u, c).x, table[1]);
            x = table_value(row * table[2] + r);
        }
        save(out.at + r * out.stride + c, x);
    }
}

fn run_spread(op: u32, first: u32, step: u32) {
    let v = field(op, 1u);
    let out = mat(op, 2u);
    for (var i = first; i < out.rows * out.cols; i += step) {
        save(word_of(out, i), load(v + i / out.cols));
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

fn run_zip(op: u32, first: u32, step: u32) {
    let a = mat(op, 1u);
    let b = mat(op, 5u);
    let out = mat(op, 9u);
    let product = field(op, 13u) == 1u;
    for (var i = first; i < out.rows * out.cols; i += step) {
        let x = load(word_of(a, i));
        let y = load(word_of(b, i));
        save(word_of(out, i), select(x + y, x * y, product));
    }
}

fn run_scale(op: u32, first: u32, step: u32) {
    let x = mat(op, 1u);
    let out = mat(op, 5u);
    let factor = number(op, 9u);
    for (var i = first; i < out.rows * out.cols; i += step) {
        save(word_of(out, i), factor * load(word_of(x, i)));
    }
}

fn run_point_grad(op: u32, first: u32, step: u32) {
    let a = mat(op, 1u);
    let live = field(op, 5u);
    let kind = field(op, 6u);
    let t = number(op, 7u);
    let share = number(op, 8u);
    let order = field(op, 9u);
    let out = mat(op, 10u);
    for (var c = first; c < out.cols; c += step) {
        var x = 0.0;
        if c < live {
            let v = load(a.at + c);
            x = share * select(phi_second(kind, v), phi_first(kind, t, v), order == 1u);
        }
        save(out.at + c, x);
    }
}
