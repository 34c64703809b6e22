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

// What is done to a product before it is stored, and where: the op's fields, read once.
struct Finish {
    kind: u32,
    bias: u32,
    act: u32,
    slope: f32,
    y: u32,
    y_stride: u32,
    c: u32,
    c_stride: u32,
    accumulate: bool,
}

fn finish_of(op: u32) -> Finish {
    return Finish(
        field(op, 13u),
        field(op, 14u),
        field(op, 15u),
        number(op, 16u),
        field(op, 17u),
        field(op, 18u),
        field(op, 8u),
        field(op, 11u),
        field(op, 12u) == 1u,
    );
}

// Four elements of row i from column j on, of which `width` exist.
fn finish(f: Finish, i: u32, j: u32, width: u32, product: vec4<f32>) {
    let next = min(vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(width - 1u));
    var x = product;
    var todo = f.kind;
    while todo == 1u {
        x = act4(f.act, f.slope, x + load(f.bias + i));
        todo = 0u;
    }
    while todo == 2u {
        x *= slope4(f.act, f.slope, load4(f.y + i * f.y_stride + j + next));
        todo = 0u;
    }
    let at = f.c + i * f.c_stride + j + next;
    if f.accumulate {
        x += load4(at);
    }
    save(at.x, x.x);
    if width > 1u {
        save(at.y, x.y);
    }
    if width > 2u {
        save(at.z, x.z);
    }
    if width > 3u {
        save(at.w, x.w);
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

// Σ over this lane's part of the depth, for rows i … i + 3 and columns j … j + 3; beyond the edge, of the last ones.
fn products(o: Operands, i: u32, j: u32, lane: u32, team: u32) -> Square {
    let next = vec4<u32>(0u, 1u, 2u, 3u);
    let rows = min(i + next, vec4<u32>(o.rows - 1u));
    let cols = min(j + next, vec4<u32>(o.cols - 1u));
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

fn run_gemm(op: u32, group: u32, groups: u32, tid: u32) {
    let o = operands(op);
    let team = min(field(op, 19u), TEAM);
    let per = WG / team;
    let across = (o.cols + 3u) / 4u;
    let last = finish_of(op);
    let blocks = (o.rows + 3u) / 4u * across;
    for (var base = group * per; base < blocks; base += groups * per) {
        let block = base + tid % per;
        let i = 4u * (block / across);
        let j = 4u * (block % across);
        var s = Square();
        if block < blocks {
            s = products(o, i, j, tid / per, team);
        }
        s.r0 = team_sum(s.r0, tid, team);
        s.r1 = team_sum(s.r1, tid, team);
        s.r2 = team_sum(s.r2, tid, team);
        s.r3 = team_sum(s.r3, tid, team);
        if tid < per && block < blocks {
            let height = min(o.rows - i, 4u);
            let width = min(o.cols - j, 4u);
            for (var r = 0u; r < height; r++) {
                finish(last, i + r, j, width, row_of(s, r));
            }
        }
    }
}
