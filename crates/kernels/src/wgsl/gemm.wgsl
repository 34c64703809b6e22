// c = epilogue(A · B), or c += A · B: each team of threads makes 2 × 2 elements, its lanes sharing the depth. For
// matrices that are small in some direction; tile.wgsl has the large ones. Formula: scalar.rs.

// What is done to a product before it is stored, and the store.
fn finish(op: u32, i: u32, j: u32, product: f32) {
    let kind = field(op, 15u);
    let slope = number(op, 16u);
    var x = product;
    switch field(op, 13u) {
        case 1u: { x = act(kind, slope, x + load(field(op, 14u) + i)); }
        case 2u: { x *= grad_from_output(kind, slope, load(field(op, 17u) + i * field(op, 18u) + j)); }
        default: {}
    }
    store(field(op, 8u) + i * field(op, 11u) + j, x, field(op, 12u) == 1u);
}

// Σ over this lane's part of the depth, of rows i, i + 1 and columns j, j + 1; beyond the edge, of the last ones.
fn products(op: u32, i: u32, j: u32, lane: u32, team: u32) -> vec4<f32> {
    let a_step = field(op, 3u);
    let b_step = field(op, 5u);
    let a_next = select(0u, field(op, 2u), i + 1u < field(op, 9u));
    let b_next = select(0u, field(op, 6u), j + 1u < field(op, 10u));
    var a = field(op, 1u) + i * field(op, 2u) + lane * a_step;
    var b = field(op, 4u) + j * field(op, 6u) + lane * b_step;
    var sum = vec4<f32>();
    for (var k = lane; k < field(op, 7u); k += team) {
        let left = vec2<f32>(load(a), load(a + a_next));
        let right = vec2<f32>(load(b), load(b + b_next));
        sum += left.xxyy * right.xyxy;
        a += team * a_step;
        b += team * b_step;
    }
    return sum;
}

fn run_gemm(op: u32, group: u32, groups: u32, tid: u32) {
    let rows = field(op, 9u);
    let cols = field(op, 10u);
    let team = min(field(op, 19u), WG);
    let per = WG / team;
    let across = (cols + 1u) / 2u;
    let blocks = (rows + 1u) / 2u * across;
    for (var base = group * per; base < blocks; base += groups * per) {
        let block = base + tid % per;
        let i = 2u * (block / across);
        let j = 2u * (block % across);
        var sum = vec4<f32>();
        if block < blocks {
            sum = products(op, i, j, tid / per, team);
        }
        sum = team_sum(sum, tid, team);
        if tid < per && block < blocks {
            finish(op, i, j, sum.x);
            if j + 1u < cols {
                finish(op, i, j + 1u, sum.y);
            }
            if i + 1u < rows {
                finish(op, i + 1u, j, sum.z);
                if j + 1u < cols {
                    finish(op, i + 1u, j + 1u, sum.w);
                }
            }
        }
    }
}
