//! How many turns of loops a thread makes: Mesa's llvmpipe ends every loop of an invocation, without a word, once all of
//! them together have made 65,535 (`LP_MAX_TGSI_LOOP_ITERATIONS`), which is soon where one invocation runs whole programs.

use adversaria_kernels::check::CheckedProgram;
use adversaria_kernels::encode::{Crew, blocks};
use adversaria_kernels::program::{Mat, Op};

/// As many turns as an invocation may make on llvmpipe.
const LLVMPIPE: u64 = 65_535;

/// As many turns as an invocation may make on the adapter of this name.
pub(crate) fn most(adapter: &str) -> u64 {
    let name = adapter.to_lowercase();
    if ["llvmpipe", "lavapipe"].iter().any(|mesa| name.contains(mesa)) {
        LLVMPIPE
    } else {
        u64::MAX
    }
}

/// The turns of a thread in one run of a program in the resident form, and half as many again, so that they are not too
/// few: of programs that were cut short, one had made a tenth more than what is counted here. A loop of n turns counts
/// n + 1, also where it stands for a branch and n is 0 or 1.
pub(crate) fn turns(program: &CheckedProgram, crew: Crew) -> u64 {
    // Around all ops `times`, `runs`, `again` and the walk; around each the walk, and a loop for every kind of op.
    let all = 8 + program.ops.iter().map(|op| 21 + of_op(op.op(), crew)).sum::<u64>();
    all + all / 2
}

/// The loops of an activation or φ, one a kind, one of them taken.
const FUNCTION: u64 = 6;

/// Those inside an op's kernel.
fn of_op(op: &Op, crew: Crew) -> u64 {
    let each = |elements: u32| u64::from(elements.div_ceil(crew.threads));
    let area = |m: Mat, turns: u64| turns * each(m.rows * m.cols) + 1;
    // A team's sum: its lanes' partial sums, in two steps where they are many.
    let fold = |team: u32| u64::from(team.div_ceil(16) + team.min(16)) + 2;
    match *op {
        Op::Tick { .. } | Op::Tally { .. } => 0,
        Op::Draw { out, .. } => each(out.rows.div_ceil(2) * out.cols) + 1,
        Op::Gather { out, .. } | Op::Spread { out, .. } => area(out, 1),
        Op::Zip { out, .. } | Op::Scale { out, .. } => area(out, 1),
        Op::PointGrad { out, .. } => area(out, 1 + FUNCTION),
        Op::Map { y, .. } => area(y, 1 + FUNCTION),
        Op::Pick { x, out: units, .. } => area(units, 2 + u64::from(x.rows / units.rows)),
        Op::Route { x, v: units, .. } => area(units, 3 + 2 * u64::from(x.rows / units.rows)),
        Op::PointLoss { live, .. } => (1 + FUNCTION) * each(live) + 1 + fold(crew.threads),
        Op::SumSquares { x, .. } => each(x.len) / 4 + 6 + fold(crew.threads),
        Op::RowSum { x, .. } => {
            let team = crew.team(x.rows, x.cols);
            each(x.rows * team) * (u64::from(x.cols.div_ceil(team)) + 2 + fold(team)) + 1
        }
        Op::Gemm { a, ta, c, .. } => {
            let depth = if ta { a.rows } else { a.cols };
            let team = crew.product_team(c, depth);
            let sums = u64::from(depth.div_ceil(team)) + 2 + 4 * fold(team);
            // Four rows of a block with a function each, and around all the four kinds of epilogue.
            each(blocks(c) * team) * (sums + 5 + 4 * (1 + FUNCTION) + 1) + 6
        }
        Op::Sgd { p, .. } | Op::Momentum { p, .. } | Op::Adam { p, .. } => each(p.len) + 1,
        Op::RmsProp { p, .. } | Op::Clamp { p, .. } | Op::Average { p, .. } => each(p.len) + 1,
    }
}
