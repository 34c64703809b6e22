// Maxout: of a unit's rows the first with the largest x, column by column. Formulas: scalar.rs.

// That row of the unit whose rows begin at `first`.
fn winner(x: Mat, first: u32, pieces: u32, c: u32) -> u32 {
    var best = load(x.at + first * x.stride + c);
    var row = first;
    for (var r = first + 1u; r < first + pieces; r++) {
        let other = load(x.at + r * x.stride + c);
        if other - best > 0.0 {
            best = other;
            row = r;
        }
    }
    return row;
}

fn run_pick(op: u32, first: u32, step: u32) {
    let x = mat(op, 1u);
    let v = mat(op, 5u);
    let out = mat(op, 9u);
    let pieces = x.rows / out.rows;
    for (var i = first; i < out.rows * out.cols; i += step) {
        let u = i / out.cols;
        let c = i - u * out.cols;
        let row = winner(x, u * pieces, pieces, c);
        save(out.at + u * out.stride + c, load(v.at + row * v.stride + c));
    }
}

fn run_route(op: u32, first: u32, step: u32) {
    let x = mat(op, 1u);
    let v = mat(op, 5u);
    let out = mat(op, 9u);
    let pieces = x.rows / v.rows;
    for (var i = first; i < v.rows * v.cols; i += step) {
        let u = i / v.cols;
        let c = i - u * v.cols;
        let row = winner(x, u * pieces, pieces, c);
        let g = load(v.at + u * v.stride + c);
        for (var r = u * pieces; r < (u + 1u) * pieces; r++) {
            save(out.at + r * out.stride + c, select(0.0, g, r == row));
        }
    }
}
