// What every kernel binds: the arena, the list of ops as words (see encode.rs), and the table that gathers read.

@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<storage, read> program: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;

// Threads of a workgroup.
override WG: u32 = 64u;
// Threads of the largest team that sums (reduce.wgsl): WG, or 1 where there is none.
override TEAM: u32 = 64u;
// What may occur, by bits: a pipeline is made for the ops of its programs, and holds the code of no others.
override OPS: u32 = 0xffffffffu;
override ACTS: u32 = 0xffffffffu;
override PHIS: u32 = 0xffffffffu;
override EPILOGUES: u32 = 0xffffffffu;

fn load(i: u32) -> f32 {
    return bitcast<f32>(arena[i]);
}

fn save(i: u32, x: f32) {
    arena[i] = bitcast<u32>(x);
}

// Field k of the op that begins at word `op`.
fn field(op: u32, k: u32) -> u32 {
    return program[op + k];
}

fn number(op: u32, k: u32) -> f32 {
    return bitcast<f32>(program[op + k]);
}

// A matrix view: first word, rows, columns, stride.
struct Mat {
    at: u32,
    rows: u32,
    cols: u32,
    stride: u32,
}

fn mat(op: u32, k: u32) -> Mat {
    return Mat(program[op + k], program[op + k + 1u], program[op + k + 2u], program[op + k + 3u]);
}

// The word of element i, counted row by row.
fn word_of(m: Mat, i: u32) -> u32 {
    let r = i / m.cols;
    return m.at + r * m.stride + (i - r * m.cols);
}

// x = out + x when an op accumulates.
fn store(i: u32, x: f32, accumulate: bool) {
    if accumulate {
        save(i, load(i) + x);
    } else {
        save(i, x);
    }
}
