// How four threads side by side come by the rows of A that they share: each loads a quarter, and hands it to the others.

// Four depths of four rows, a column a row: word at + q · row + k · step, one of the steps being 1.
fn rows_of_a(at: u32, row: u32, step: u32, lane: u32) -> mat4x4<f32> {
    let mine = load4(at + lane * select(step, row, A_DEEP));
    let all = mat4x4<f32>(
        quadBroadcast(mine, 0u),
        quadBroadcast(mine, 1u),
        quadBroadcast(mine, 2u),
        quadBroadcast(mine, 3u),
    );
    if A_DEEP {
        return all;
    }
    return transpose(all);
}
