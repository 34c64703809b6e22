//! Which kernel makes an op in the dispatch form, and from how many workgroups.

use adversaria_kernels::encode::{Crew, Uses, blocks};
use adversaria_kernels::program::{Epilogue, Mat, Op};
use adversaria_kernels::wgsl::{
    BLOCK, BLOCK_COLS, BLOCK_ROWS, DISPATCH, RESIDENT, TILE, TILE_SIDE,
};

use crate::kernels::{Large, Tuning, Variant, Which};

/// One dispatch: the kernel and how many workgroups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launch {
    pub(crate) which: Which,
    pub(crate) variant: Variant,
    pub(crate) groups: [u32; 2],
    /// Where the op's record begins, in bytes.
    pub(crate) record: u32,
}

/// The resident form's kernel for these ops.
pub(crate) fn interpreter(uses: Uses) -> Variant {
    Variant { entry: RESIDENT.entries[0], teams: true, deep: [false; 2], uses }
}

/// The kernel of an op and the workgroups it needs.
pub(crate) fn launch(op: &Op, crew: Crew, tuning: Tuning, record: u32) -> Launch {
    let Tuning { most_groups, .. } = tuning;
    let tiles = tuning.large == Large::Tiles;
    let entry = DISPATCH.entries[op.code() as usize];
    let uses = Uses { ops: 0, ..Uses::of(op) };
    let variant = Variant { entry, teams: false, deep: [false; 2], uses };
    let one = Launch { which: Which::Dispatch, variant, groups: [1, 1], record };
    let spread = |elements: u32| Launch {
        groups: [elements.div_ceil(crew.threads).clamp(1, most_groups), 1],
        ..one
    };
    let area = |m: Mat| spread(m.rows * m.cols);
    let teams = |results: u32, team: u32| {
        let groups = [results.div_ceil(crew.threads / team).clamp(1, most_groups), 1];
        Launch { variant: Variant { teams: team > 1, ..variant }, groups, ..one }
    };
    match *op {
        Op::Tick { .. } | Op::Tally { .. } => one,
        Op::PointLoss { .. } | Op::SumSquares { .. } => {
            Launch { variant: Variant { teams: true, ..variant }, ..one }
        }
        Op::Draw { out, .. } => spread(out.rows.div_ceil(2) * out.cols),
        Op::Gather { out, .. } | Op::Spread { out, .. } => area(out),
        Op::Zip { out, .. } | Op::Scale { out, .. } | Op::PointGrad { out, .. } => area(out),
        Op::Map { y, .. } => area(y),
        Op::Pick { out: units, .. } | Op::Route { v: units, .. } => area(units),
        Op::RowSum { x, .. } => teams(x.rows, crew.team(x.rows, x.cols)),
        Op::Gemm { a, ta, c, .. } => {
            let depth = if ta { a.rows } else { a.cols };
            let large = c.rows.min(c.cols) >= TILE_SIDE / 2 && depth >= 8;
            if let (true, false, Some(deep)) = (large, tiles, even(op)) {
                let groups = [c.rows.div_ceil(BLOCK_ROWS) * c.cols.div_ceil(BLOCK_COLS), 1];
                let variant = Variant { entry: BLOCK.entries[0], deep, ..variant };
                Launch { which: Which::Block, variant, groups, record }
            } else if large && tiles && owns_its_vectors(c) {
                let groups = [c.cols.div_ceil(TILE_SIDE), c.rows.div_ceil(TILE_SIDE)];
                let variant = Variant { entry: TILE.entries[0], ..variant };
                Launch { which: Which::Tile, variant, groups, record }
            } else {
                teams(blocks(c), crew.product_team(c, depth))
            }
        }
        Op::Sgd { p, .. } | Op::Momentum { p, .. } | Op::Adam { p, .. } => spread(p.len),
        Op::RmsProp { p, .. } | Op::Clamp { p, .. } | Op::Average { p, .. } => spread(p.len),
    }
}

/// Whether a matrix begins, and each of its rows, where four words begin.
fn fours(m: Mat) -> bool {
    (m.at | m.stride).is_multiple_of(4)
}

/// Whether no vector of four words holds elements of this matrix and anything else. [`TILE`] stores components of
/// vectors, and WGSL lets a device store such a component by writing the whole vector: two threads that share one, or one
/// that reads what lies beside, would race.
fn owns_its_vectors(c: Mat) -> bool {
    fours(c) && c.cols.is_multiple_of(4)
}

/// Whether all that a product touches comes in fours of words at multiples of four, and which of A's and B's
/// neighbouring words are neighbours in depth.
fn even(op: &Op) -> Option<[bool; 2]> {
    let Op::Gemm { a, ta, b, tb, c, epilogue, .. } = *op else { return None };
    let depth = if ta { a.rows } else { a.cols };
    let y = if let Epilogue::ActGrad { y, .. } = epilogue { y } else { c };
    let fit = [a, b, y].into_iter().all(fours);
    (fit && depth.is_multiple_of(4) && owns_its_vectors(c)).then_some([!ta, tb])
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: Tuning =
        Tuning { threads: 256, groups: 64, most_groups: 1024, large: Large::Tiles };

    /// The kernel of a large product into words `at` on, in rows of `cols` words and a gap of `gap`.
    fn kernel(tuning: Tuning, at: u32, cols: u32, gap: u32) -> Which {
        let a = Mat::dense(0, 64, 32);
        let b = Mat::dense(2048, 32, cols);
        let c = Mat { at, rows: 64, cols, stride: cols + gap };
        let op =
            Op::Gemm { a, ta: false, b, tb: false, c, accumulate: false, epilogue: Epilogue::None };
        let crew = Crew { threads: tuning.threads, groups: tuning.groups };
        launch(&op, crew, tuning, 0).which
    }

    #[test]
    fn tiles_are_made_only_where_no_two_threads_share_a_vector() {
        assert_eq!(kernel(CARD, 8000, 64, 0), Which::Tile);
        assert_eq!(kernel(CARD, 8000, 64, 8), Which::Tile);
        // The first word, the rows' first words, and what is beside the last column.
        assert_eq!(kernel(CARD, 8002, 64, 0), Which::Dispatch);
        assert_eq!(kernel(CARD, 8000, 64, 3), Which::Dispatch);
        assert_eq!(kernel(CARD, 8000, 62, 2), Which::Dispatch);
    }

    #[test]
    fn blocks_are_made_only_of_whole_vectors() {
        let software = Tuning { threads: 4, groups: 1, most_groups: 8, large: Large::Blocks };
        assert_eq!(kernel(software, 8000, 64, 0), Which::Block);
        assert_eq!(kernel(software, 8001, 64, 0), Which::Dispatch);
        assert_eq!(kernel(software, 8000, 62, 2), Which::Dispatch);
    }
}
