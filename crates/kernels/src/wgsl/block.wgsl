// c = epilogue(A · B), or c += A · B, for large matrices whose rows and first words lie at multiples of four: four threads
// make 16 × 32 elements, each 16 × 8 of them, without workgroup memory. Shifts, since software divides even by powers of two.
// Formula: scalar.rs.

@group(0) @binding(0) var<storage, read_write> arena: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> program: array<u32>;

override ACTS: u32 = 0xffffffffu;
override PHIS: u32 = 0xffffffffu;
override EPILOGUES: u32 = 0xffffffffu;
// Whether neighbouring words are neighbours in depth (else in rows of A, columns of B).
override A_DEEP: bool = false;
override B_DEEP: bool = false;

// What four threads make.
const ROWS: u32 = 16u;
const COLUMNS: u32 = 32u;

fn load4(at: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(arena[at >> 2u]);
}

fn number(k: u32) -> f32 {
    return bitcast<f32>(program[k]);
}

// Four depths of four rows (or columns), a column a depth: word at + q · across + k · down, one of the steps being 1.
fn slice(at: u32, across: u32, down: u32, deep: bool) -> mat4x4<f32> {
    let step = select(down, across, deep);
    let m = mat4x4<f32>(load4(at), load4(at + step), load4(at + 2u * step), load4(at + 3u * step));
    if deep {
        return transpose(m);
    }
    return m;
}

// What is done to a product before it is stored, read once.
struct Finish {
    kind: u32,
    act: u32,
    slope: f32,
    cols: u32,
    c: u32,
    y: u32,
}

// Whether this is what is done to the product: what cannot be has left no code.
fn ends_by(f: Finish, kind: u32) -> bool {
    return occurs(EPILOGUES, kind) && f.kind == kind;
}

// Four elements of a row that begins at word c, and at word y in what an activation gave.
fn finish(f: Finish, c: u32, y: u32, j: u32, bias: f32, product: vec4<f32>) {
    if j >= f.cols {
        return;
    }
    var x = product;
    if ends_by(f, BIAS_ACT) {
        x = act4(f.act, f.slope, x + bias);
    }
    if ends_by(f, ACT_GRAD) {
        x *= slope4(f.act, f.slope, load4(y + j));
    }
    if ends_by(f, ACCUMULATE) {
        x += load4(c + j);
    }
    arena[(c + j) >> 2u] = bitcast<vec4<u32>>(x);
}

@compute @workgroup_size(4)
fn block(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let f = Finish(program[12], program[14], number(15u), program[10], program[11], program[17]);
    let wide = (f.cols + COLUMNS - 1u) / COLUMNS;
    let i = ROWS * (group.x / wide);
    let j = COLUMNS * (group.x % wide) + COLUMNS / 4u * lane;
    let a_row = program[2];
    let a_step = program[3];
    let b_step = program[5];
    let b_col = program[6];
    let a_at = program[1] + i * a_row;
    let b_at = program[4] + j * b_col;
    let depth = program[7];
    // Rows 0 to 3, 4 to 7 and so on, each as a column: of columns 0 to 3, and of 4 to 7.
    var l0 = mat4x4<f32>();
    var h0 = mat4x4<f32>();
    var l1 = mat4x4<f32>();
    var h1 = mat4x4<f32>();
    var l2 = mat4x4<f32>();
    var h2 = mat4x4<f32>();
    var l3 = mat4x4<f32>();
    var h3 = mat4x4<f32>();
    for (var k = 0u; k < depth; k += 4u) {
        let a = a_at + k * a_step;
        let b = b_at + k * b_step;
        let low = slice(b, b_col, b_step, B_DEEP);
        let high = slice(b + 4u * b_col, b_col, b_step, B_DEEP);
        let a0 = rows_of_a(a, a_row, a_step, lane);
        l0 += low * a0;
        h0 += high * a0;
        let a1 = rows_of_a(a + 4u * a_row, a_row, a_step, lane);
        l1 += low * a1;
        h1 += high * a1;
        let a2 = rows_of_a(a + 8u * a_row, a_row, a_step, lane);
        l2 += low * a2;
        h2 += high * a2;
        let a3 = rows_of_a(a + 12u * a_row, a_row, a_step, lane);
        l3 += low * a3;
        h3 += high * a3;
    }
    var left = array(l0, l1, l2, l3);
    var right = array(h0, h1, h2, h3);
    let rows = min(ROWS, program[9] - i);
    for (var r = 0u; r < rows; r++) {
        let c = program[8] + (i + r) * f.c;
        let y = program[16] + (i + r) * f.y;
        var bias = 0.0;
        if ends_by(f, BIAS_ACT) {
            let word = program[13] + i + r;
            bias = bitcast<f32>(arena[word >> 2u][word & 3u]);
        }
        finish(f, c, y, j, bias, left[r >> 2u][r & 3u]);
        finish(f, c, y, j + 4u, bias, right[r >> 2u][r & 3u]);
    }
}
