// c = epilogue(A · B), or c += A · B, for large matrices whose rows and first words lie at multiples of four: each thread
// makes 8 × 8 elements from registers alone, without workgroup memory and its barriers. Formula: scalar.rs.

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> program: array<u32>;

override WG: u32 = 16u;
override ACTS: u32 = 0xffffffffu;
override PHIS: u32 = 0xffffffffu;
override EPILOGUES: u32 = 0xffffffffu;
// Whether neighbouring words are neighbours in depth (else in rows of A, columns of B).
override A_DEEP: bool = false;
override B_DEEP: bool = false;

fn load4(at: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(arena[at / 4u]);
}

fn number(k: u32) -> f32 {
    return bitcast<f32>(program[k]);
}

// Depths k to k + 3 of four rows (or columns): word at + q · across + k · down, one of the steps being 1.
fn slice(at: u32, across: u32, down: u32, deep: bool) -> mat4x4<f32> {
    let step = select(down, across, deep);
    let m = mat4x4<f32>(load4(at), load4(at + step), load4(at + 2u * step), load4(at + 3u * step));
    if deep {
        return transpose(m);
    }
    return m;
}

// Whether this is what is done to the product: what cannot be has left no code.
fn ends_by(kind: u32) -> bool {
    return occurs(EPILOGUES, kind) && program[12] == kind;
}

fn finish(i: u32, j: u32, product: vec4<f32>) {
    if i >= program[9] || j >= program[10] {
        return;
    }
    var x = product;
    let at = program[8] + i * program[11] + j;
    if ends_by(BIAS_ACT) {
        let word = program[13] + i;
        let bias = bitcast<f32>(arena[word / 4u][word & 3u]);
        x = act4(program[14], number(15u), x + bias);
    }
    if ends_by(ACT_GRAD) {
        x *= slope4(program[14], number(15u), load4(program[16] + i * program[17] + j));
    }
    if ends_by(ACCUMULATE) {
        x += load4(at);
    }
    arena[at / 4u] = bitcast<vec4<u32>>(x);
}

@compute @workgroup_size(WG)
fn block(@builtin(global_invocation_id) id: vec3<u32>) {
    let wide = (program[10] + 7u) / 8u;
    let i = 8u * (id.x / wide);
    let j = 8u * (id.x % wide);
    let a_row = program[2];
    let a_step = program[3];
    let b_step = program[5];
    let b_col = program[6];
    let a_at = program[1] + i * a_row;
    let b_at = program[4] + j * b_col;
    let depth = program[7];
    // Row r, columns 0 to 3 and 4 to 7: as an array, software adapters would keep them in memory.
    var l0 = vec4<f32>();
    var h0 = vec4<f32>();
    var l1 = vec4<f32>();
    var h1 = vec4<f32>();
    var l2 = vec4<f32>();
    var h2 = vec4<f32>();
    var l3 = vec4<f32>();
    var h3 = vec4<f32>();
    var l4 = vec4<f32>();
    var h4 = vec4<f32>();
    var l5 = vec4<f32>();
    var h5 = vec4<f32>();
    var l6 = vec4<f32>();
    var h6 = vec4<f32>();
    var l7 = vec4<f32>();
    var h7 = vec4<f32>();
    for (var k = 0u; k < depth; k += 4u) {
        let a = slice(a_at + k * a_step, a_row, a_step, A_DEEP);
        let b = slice(a_at + k * a_step + 4u * a_row, a_row, a_step, A_DEEP);
        let c = slice(b_at + k * b_step, b_col, b_step, B_DEEP);
        let d = slice(b_at + k * b_step + 4u * b_col, b_col, b_step, B_DEEP);
        l0 += a[0].x * c[0] + a[1].x * c[1] + a[2].x * c[2] + a[3].x * c[3];
        h0 += a[0].x * d[0] + a[1].x * d[1] + a[2].x * d[2] + a[3].x * d[3];
        l1 += a[0].y * c[0] + a[1].y * c[1] + a[2].y * c[2] + a[3].y * c[3];
        h1 += a[0].y * d[0] + a[1].y * d[1] + a[2].y * d[2] + a[3].y * d[3];
        l2 += a[0].z * c[0] + a[1].z * c[1] + a[2].z * c[2] + a[3].z * c[3];
        h2 += a[0].z * d[0] + a[1].z * d[1] + a[2].z * d[2] + a[3].z * d[3];
        l3 += a[0].w * c[0] + a[1].w * c[1] + a[2].w * c[2] + a[3].w * c[3];
        h3 += a[0].w * d[0] + a[1].w * d[1] + a[2].w * d[2] + a[3].w * d[3];
        l4 += b[0].x * c[0] + b[1].x * c[1] + b[2].x * c[2] + b[3].x * c[3];
        h4 += b[0].x * d[0] + b[1].x * d[1] + b[2].x * d[2] + b[3].x * d[3];
        l5 += b[0].y * c[0] + b[1].y * c[1] + b[2].y * c[2] + b[3].y * c[3];
        h5 += b[0].y * d[0] + b[1].y * d[1] + b[2].y * d[2] + b[3].y * d[3];
        l6 += b[0].z * c[0] + b[1].z * c[1] + b[2].z * c[2] + b[3].z * c[3];
        h6 += b[0].z * d[0] + b[1].z * d[1] + b[2].z * d[2] + b[3].z * d[3];
        l7 += b[0].w * c[0] + b[1].w * c[1] + b[2].w * c[2] + b[3].w * c[3];
        h7 += b[0].w * d[0] + b[1].w * d[1] + b[2].w * d[2] + b[3].w * d[3];
    }
    var low = array(l0, l1, l2, l3, l4, l5, l6, l7);
    var high = array(h0, h1, h2, h3, h4, h5, h6, h7);
    for (var r = 0u; r < 8u; r++) {
        finish(i + r, j, low[r]);
        finish(i + r, j + 4u, high[r]);
    }
}
