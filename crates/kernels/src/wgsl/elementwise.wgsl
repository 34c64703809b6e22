// Ops whose elements do not meet: thread `first` of `step` takes every step-th element. Formulas: scalar.rs.

// Two features share a block of random words, so a thread makes both.
fn run_draw(op: u32, first: u32, step: u32) {
    let out = mat(op, 1u);
    let live = field(op, 5u);
    let origin = source(op, 6u);
    let normal = field(op, 9u) == 1u;
    let base = number(op, 10u);
    let spread = number(op, 11u);
    let total = (out.rows + 1u) / 2u * out.cols;
    for (var i = first; i < total; i += step) {
        let pair = i / out.cols;
        let c = i - pair * out.cols;
        var x = vec2<f32>();
        if c < live {
            let words = block(origin, pair * live + c);
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

struct Head {
    bytes: bool,
    scale: f32,
    offset: f32,
}

fn table_value(head: Head, i: u32) -> f32 {
    let word = table[TABLE_HEAD + select(i, i / 4u, head.bytes)];
    let byte = (word >> (8u * (i & 3u))) & 255u;
    return select(bitcast<f32>(word), f32(byte) * head.scale + head.offset, head.bytes);
}

fn run_gather(op: u32, first: u32, step: u32) {
    let out = mat(op, 1u);
    let live = field(op, 5u);
    let origin = source(op, 6u);
    let rows = table[1];
    let dim = table[2];
    let head = Head(table[0] == 1u, bitcast<f32>(table[3]), bitcast<f32>(table[4]));
    for (var i = first; i < out.rows * out.cols; i += step) {
        let r = i / out.cols;
        let c = i - r * out.cols;
        var x = 0.0;
        if c < live {
            let row = index_below(block(origin, c).x, rows);
            x = table_value(head, row * dim + r);
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
