// As quad.wgsl, where threads hand each other nothing: each loads all of it.

fn rows_of_a(at: u32, row: u32, step: u32, lane: u32) -> mat4x4<f32> {
    return transpose(slice(at, row, step, A_DEEP));
}
