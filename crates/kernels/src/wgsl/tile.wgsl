// c = epilogue(A · B), or c += A · B, for large matrices: 256 threads make 64 × 64 elements, each 4 × 4 of them, from
// slices of A and B in workgroup memory. Formula: scalar.rs; the record's fields: encode.rs.

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> program: array<u32>;

override ACTS: u32 = 0xffffffffu;
override PHIS: u32 = 0xffffffffu;
override EPILOGUES: u32 = 0xffffffffu;

const SIDE: u32 = 64u;
// How deep a slice is.
const DEEP: u32 = 16u;
const THREADS: u32 = 256u;

// Slices of A and B: four neighbouring rows (or columns) of one depth a vector.
var<workgroup> left: array<array<vec4<f32>, 16>, DEEP>;
var<workgroup> right: array<array<vec4<f32>, 16>, DEEP>;

fn word(i: u32) -> f32 {
    return bitcast<f32>(arena[i / 4u][i & 3u]);
}

// Words i to i + 3, wherever they begin.
fn four(i: u32) -> vec4<f32> {
    let v = bitcast<vec4<f32>>(arena[i / 4u]);
    let s = i & 3u;
    if s == 0u {
        return v;
    }
    let w = bitcast<vec4<f32>>(arena[i / 4u + 1u]);
    switch s {
        case 1u: { return vec4<f32>(v.yzw, w.x); }
        case 2u: { return vec4<f32>(v.zw, w.xy); }
        default: { return vec4<f32>(v.w, w.xyz); }
    }
}

// Four neighbours across at one depth: element (q, k) of a matrix is word at + q · step + k · deep; 0 beyond its edge.
fn across(at: u32, step: u32, deep: u32, q: u32, most: u32, k: u32, depth: u32) -> vec4<f32> {
    if k >= depth || q >= most {
        return vec4<f32>();
    }
    let i = at + q * step + k * deep;
    if step == 1u && q + 3u < most {
        return four(i);
    }
    var v = vec4<f32>();
    v.x = word(i);
    if q + 1u < most {
        v.y = word(i + step);
    }
    if q + 2u < most {
        v.z = word(i + 2u * step);
    }
    if q + 3u < most {
        v.w = word(i + 3u * step);
    }
    return v;
}

// Whether this is what is done to the product: what cannot be has left no code.
fn ends_by(kind: u32) -> bool {
    return occurs(EPILOGUES, kind) && program[12] == kind;
}

fn finish(i: u32, j: u32, product: f32) {
    if i >= program[9] || j >= program[10] {
        return;
    }
    let slope = bitcast<f32>(program[15]);
    let at = program[8] + i * program[11] + j;
    var x = product;
    if ends_by(BIAS_ACT) {
        x = act(program[14], slope, x + word(program[13] + i));
    }
    if ends_by(ACT_GRAD) {
        x *= grad_from_output(program[14], slope, word(program[16] + i * program[17] + j));
    }
    if ends_by(ACCUMULATE) {
        x += word(at);
    }
    arena[at / 4u][at & 3u] = bitcast<u32>(x);
}

@compute @workgroup_size(THREADS)
fn tile(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
    let i0 = group.y * SIDE;
    let j0 = group.x * SIDE;
    // What this thread loads: four neighbours of one depth of A and of B.
    let lk = tid / 16u;
    let lq = tid % 16u;
    // What it makes.
    let ti = tid / 16u;
    let tj = tid % 16u;
    let depth = program[7];
    var sum: array<vec4<f32>, 4>;
    for (var k0 = 0u; k0 < depth; k0 += DEEP) {
        left[lk][lq] = across(program[1], program[2], program[3], i0 + 4u * lq, program[9], k0 + lk, depth);
        right[lk][lq] = across(program[4], program[6], program[5], j0 + 4u * lq, program[10], k0 + lk, depth);
        workgroupBarrier();
        for (var k = 0u; k < DEEP; k++) {
            let a = left[k][ti];
            let b = right[k][tj];
            sum[0] += a.x * b;
            sum[1] += a.y * b;
            sum[2] += a.z * b;
            sum[3] += a.w * b;
        }
        workgroupBarrier();
    }
    for (var r = 0u; r < 4u; r++) {
        for (var c = 0u; c < 4u; c++) {
            finish(i0 + 4u * ti + r, j0 + 4u * tj + c, sum[r][c]);
        }
    }
}
