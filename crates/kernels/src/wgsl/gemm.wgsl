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

fn load4(at: vec4<u32>) -> vec4<f32> {
    return vec4<f32>(load(at.x), load(at.y), load(at.z), load(at.w));
}

fn save4(at: vec4<u32>, x: vec4<f32>) {
    save(at.x, x.x);
    save(at.y, x.y);
    save(at.z, x.z);
    save(at.w, x.w);
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
    rows: u32,
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
        field(op, 9u),
    );
}

// Rows from i on, as many as there are. `kind` is a literal, so that the code of one kind is all that is left. Columns
// beyond the edge are the last one again, and so is what they get.
fn finish(kind: u32, f: Finish, i: u32, cols: vec4<u32>, product: Square) {
    let height = min(f.rows - i, 4u);
    for (var r = 0u; r < height; r++) {
        var x = row_of(product, r);
        let at = f.c + (i + r) * f.c_stride + cols;
        if kind == BIAS_ACT {
            x = act4(f.act, f.slope, x + load(f.bias + i + r));
        }
        if kind == ACT_GRAD {
            x *= slope4(f.act, f.slope, load4(f.y + (i + r) * f.y_stride + cols));
        }
        if kind == ACCUMULATE {
            x += load4(at);
        }
        save4(at, x);
    }
}

fn finish_any(f: Finish, i: u32, cols: vec4<u32>, product: Square) {
    var todo = f.kind;
    if occurs(EPILOGUES, PLAIN) {
        while todo == PLAIN {
            finish(PLAIN, f, i, cols, product);
            todo = DONE_WITH;
        }
    }
    if occurs(EPILOGUES, BIAS_ACT) {
        while todo == BIAS_ACT {
            finish(BIAS_ACT, f, i, cols, product);
            todo = DONE_WITH;
        }
    }
    if occurs(EPILOGUES, ACT_GRAD) {
        while todo == ACT_GRAD {
            finish(ACT_GRAD, f, i, cols, product);
            todo = DONE_WITH;
        }
    }
    if occurs(EPILOGUES, ACCUMULATE) {
        while todo == ACCUMULATE {
            finish(ACCUMULATE, f, i, cols, product);
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
        let i = 4u * (block / across);
        let cols = four(4u * (block % across), o.cols);
        finish(kind, f, i, cols, products(o, four(i, o.rows), cols, 0u, 1u));
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
        let i = 4u * (block / across);
        let cols = four(4u * (block % across), o.cols);
        var s = Square();
        if block < blocks {
            s = products(o, four(i, o.rows), cols, tid / per, team);
        }
        s.r0 = team_sum(s.r0, tid, team);
        s.r1 = team_sum(s.r1, tid, team);
        s.r2 = team_sum(s.r2, tid, team);
        s.r3 = team_sum(s.r3, tid, team);
        if tid < per && block < blocks {
            finish_any(f, i, cols, s);
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
