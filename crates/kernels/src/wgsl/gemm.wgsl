// c = epilogue(A · B), or c += A · B: each team of threads makes 4 × 4 elements, its lanes sharing the depth. For
// matrices that are small in some direction; tile.wgsl and block.wgsl have the large ones. Formula: scalar.rs.

// Four rows of four columns.
struct Square {
    r0: vec4<f32>,
    r1: vec4<f32>,
    r2: vec4<f32>,
    r3: vec4<f32>,
}

fn row_of(s: Square, r: u32) -> vec4<f32> {
    return select(select(s.r2, s.r3, r == 3u), select(s.r0, s.r1, r == 1u), r < 2u);
}

fn with_row(s: Square, r: u32, x: vec4<f32>) -> Square {
    return Square(
        select(s.r0, x, vec4<bool>(r == 0u)),
        select(s.r1, x, vec4<bool>(r == 1u)),
        select(s.r2, x, vec4<bool>(r == 2u)),
        select(s.r3, x, vec4<bool>(r == 3u)),
    );
}

fn load4(at: vec4<u32>) -> vec4<f32> {
    return vec4<f32>(load(at.x), load(at.y), load(at.z), load(at.w));
}

fn save4(at: vec4<u32>, x: vec4<f32>) {
    save(at.x, x.x);
    save(at.y, x.y);
    save(at.z, x.z);
    save(at.w, x.w);
}

// Of rows that begin at these words.
fn load_square(rows: vec4<u32>, cols: vec4<u32>) -> Square {
    return Square(load4(rows.x + cols), load4(rows.y + cols), load4(rows.z + cols), load4(rows.w + cols));
}

// What is done to a product before it is stored, and where: the record's fields, read once.
struct Finish {
    kind: u32,
    bias: u32,
    act: u32,
    slope: f32,
    y: u32,
    y_stride: u32,
    c: u32,
    c_stride: u32,
}

fn finish_of(op: u32) -> Finish {
    return Finish(
        field(op, 12u),
        field(op, 13u),
        field(op, 14u),
        number(op, 15u),
        field(op, 16u),
        field(op, 17u),
        field(op, 8u),
        field(op, 11u),
    );
}

fn act_square(f: Finish, x: Square) -> Square {
    var y = Square(
        simple_act4(f.act, f.slope, x.r0),
        simple_act4(f.act, f.slope, x.r1),
        simple_act4(f.act, f.slope, x.r2),
        simple_act4(f.act, f.slope, x.r3),
    );
    if (ACTS & INVOLVED) != 0u {
        // One row at a time: four times the code would be four times as long in the making.
        for (var r = select(4u, 0u, occurs(INVOLVED, f.act)); r < 4u; r++) {
            y = with_row(y, r, act4(f.act, f.slope, row_of(x, r)));
        }
    }
    return y;
}

// `kind` is a literal, so that the code of one kind is all that is left. Rows and columns beyond the edge are the last
// ones again, and so are their values.
fn finish(kind: u32, f: Finish, rows: vec4<u32>, cols: vec4<u32>, product: Square) {
    var s = product;
    let at = f.c + rows * f.c_stride;
    if kind == BIAS_ACT {
        let bias = load4(f.bias + rows);
        s = act_square(f, Square(s.r0 + bias.x, s.r1 + bias.y, s.r2 + bias.z, s.r3 + bias.w));
    }
    if kind == ACT_GRAD {
        let y = load_square(f.y + rows * f.y_stride, cols);
        s.r0 *= slope4(f.act, f.slope, y.r0);
        s.r1 *= slope4(f.act, f.slope, y.r1);
        s.r2 *= slope4(f.act, f.slope, y.r2);
        s.r3 *= slope4(f.act, f.slope, y.r3);
    }
    if kind == ACCUMULATE {
        let old = load_square(at, cols);
        s = Square(s.r0 + old.r0, s.r1 + old.r1, s.r2 + old.r2, s.r3 + old.r3);
    }
    save4(at.x + cols, s.r0);
    save4(at.y + cols, s.r1);
    save4(at.z + cols, s.r2);
    save4(at.w + cols, s.r3);
}

fn finish_any(f: Finish, rows: vec4<u32>, cols: vec4<u32>, product: Square) {
    var todo = f.kind;
    if occurs(EPILOGUES, PLAIN) {
        while todo == PLAIN {
            finish(PLAIN, f, rows, cols, product);
            todo = DONE_WITH;
        }
    }
    if occurs(EPILOGUES, BIAS_ACT) {
        while todo == BIAS_ACT {
            finish(BIAS_ACT, f, rows, cols, product);
            todo = DONE_WITH;
        }
    }
    if occurs(EPILOGUES, ACT_GRAD) {
        while todo == ACT_GRAD {
            finish(ACT_GRAD, f, rows, cols, product);
            todo = DONE_WITH;
        }
    }
    if occurs(EPILOGUES, ACCUMULATE) {
        while todo == ACCUMULATE {
            finish(ACCUMULATE, f, rows, cols, product);
            todo = DONE_WITH;
        }
    }
}

// The operands: element (i, k) of A is word a + i · a_row + k · a_step, (k, j) of B word b + j · b_col + k · b_step.
struct Operands {
    a: u32,
    a_row: u32,
    a_step: u32,
    b: u32,
    b_step: u32,
    b_col: u32,
    depth: u32,
    rows: u32,
    cols: u32,
}

fn operands(op: u32) -> Operands {
    return Operands(
        field(op, 1u),
        field(op, 2u),
        field(op, 3u),
        field(op, 4u),
        field(op, 5u),
        field(op, 6u),
        field(op, 7u),
        field(op, 9u),
        field(op, 10u),
    );
}

const NEXT = vec4<u32>(0u, 1u, 2u, 3u);

// Four indices from `first` on, beyond the edge the last one.
fn four(first: u32, count: u32) -> vec4<u32> {
    return min(first + NEXT, vec4<u32>(count - 1u));
}

// Σ over this lane's part of the depth, for four rows and four columns.
fn products(o: Operands, rows: vec4<u32>, cols: vec4<u32>, lane: u32, team: u32) -> Square {
    var a = o.a + rows * o.a_row + lane * o.a_step;
    var b = o.b + cols * o.b_col + lane * o.b_step;
    let a_next = team * o.a_step;
    let b_next = team * o.b_step;
    var s = Square();
    for (var k = lane; k < o.depth; k += team) {
        let left = load4(a);
        let right = load4(b);
        s.r0 += left.x * right;
        s.r1 += left.y * right;
        s.r2 += left.z * right;
        s.r3 += left.w * right;
        a += a_next;
        b += b_next;
    }
    return s;
}

// Each thread by itself, its epilogue known: a choice or a barrier in the loop costs software more than the products.
fn gemm_alone(kind: u32, op: u32, first: u32, step: u32) {
    let o = operands(op);
    let f = finish_of(op);
    let across = (o.cols + 3u) / 4u;
    let blocks = (o.rows + 3u) / 4u * across;
    for (var block = first; block < blocks; block += step) {
        let rows = four(4u * (block / across), o.rows);
        let cols = four(4u * (block % across), o.cols);
        finish(kind, f, rows, cols, products(o, rows, cols, 0u, 1u));
    }
}

fn gemm_shared(op: u32, team: u32, group: u32, groups: u32, tid: u32) {
    let o = operands(op);
    let f = finish_of(op);
    let per = WG / team;
    let across = (o.cols + 3u) / 4u;
    let blocks = (o.rows + 3u) / 4u * across;
    for (var base = group * per; base < blocks; base += groups * per) {
        let block = base + tid % per;
        let rows = four(4u * (block / across), o.rows);
        let cols = four(4u * (block % across), o.cols);
        var s = Square();
        if block < blocks {
            s = products(o, rows, cols, tid / per, team);
        }
        s.r0 = team_sum(s.r0, tid, team);
        s.r1 = team_sum(s.r1, tid, team);
        s.r2 = team_sum(s.r2, tid, team);
        s.r3 = team_sum(s.r3, tid, team);
        if tid < per && block < blocks {
            finish_any(f, rows, cols, s);
        }
    }
}

fn run_gemm(op: u32, group: u32, groups: u32, tid: u32) {
    let team = min(field(op, 18u), TEAM);
    let first = group * WG + tid;
    let step = groups * WG;
    var todo = select(DONE_WITH, field(op, 12u), team == 1u);
    if occurs(EPILOGUES, PLAIN) {
        while todo == PLAIN {
            gemm_alone(PLAIN, op, first, step);
            todo = DONE_WITH;
        }
    }
    if occurs(EPILOGUES, BIAS_ACT) {
        while todo == BIAS_ACT {
            gemm_alone(BIAS_ACT, op, first, step);
            todo = DONE_WITH;
        }
    }
    if occurs(EPILOGUES, ACT_GRAD) {
        while todo == ACT_GRAD {
            gemm_alone(ACT_GRAD, op, first, step);
            todo = DONE_WITH;
        }
    }
    if occurs(EPILOGUES, ACCUMULATE) {
        while todo == ACCUMULATE {
            gemm_alone(ACCUMULATE, op, first, step);
            todo = DONE_WITH;
        }
    }
    // Smaller workgroups never share one (encode.rs).
    if TEAM > 4u {
        var left = team;
        while left > 1u {
            gemm_shared(op, team, group, groups, tid);
            left = 1u;
        }
    }
}
