//! Which form runs a list of programs, by what each would cost. The constants are orders of magnitude, and only their
//! ratios decide; the choice is a function of the programs and the kind of adapter alone, so that a run is too.

use adversaria_kernels::check::CheckedProgram;
use adversaria_kernels::program::{Op, Span};

/// How programs are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One dispatch an op, over the whole device.
    Dispatch,
    /// One workgroup that walks the list of ops.
    Resident,
}

impl Form {
    /// `dispatch` or `resident`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Resident => "resident",
        }
    }
}

/// What things take on a kind of adapter, in microseconds.
struct Prices {
    /// A dispatch: recording, validating, starting.
    dispatch: f64,
    /// A pair of barriers in the resident form.
    barrier: f64,
    /// A million operations on the whole device.
    device: f64,
    /// A million operations in one workgroup.
    workgroup: f64,
}

/// SwiftShader and llvmpipe: two cores or so, one of which runs a workgroup.
const SOFTWARE: Prices = Prices { dispatch: 25.0, barrier: 1.5, device: 500.0, workgroup: 1600.0 };
/// A graphics card: tens of processors, one of which runs a workgroup.
const HARDWARE: Prices = Prices { dispatch: 5.0, barrier: 0.6, device: 0.5, workgroup: 30.0 };

/// Multiplications and the like that an op makes.
fn work(op: &Op) -> f64 {
    let area = |rows: u32, cols: u32| f64::from(rows) * f64::from(cols);
    let long = |p: Span| f64::from(p.len);
    match *op {
        Op::Tick { .. } | Op::Tally { .. } => 1.0,
        Op::Gemm { a, ta, c, .. } => {
            2.0 * area(c.rows, c.cols) * f64::from(if ta { a.rows } else { a.cols })
        }
        Op::Draw { out, .. } | Op::Gather { out, .. } => 60.0 * area(out.rows, out.cols),
        Op::RowSum { x, .. } => area(x.rows, x.cols),
        Op::Spread { out, .. } | Op::Scale { out, .. } | Op::Zip { out, .. } => {
            3.0 * area(out.rows, out.cols)
        }
        Op::Pick { x, .. } | Op::Route { x, .. } => 3.0 * area(x.rows, x.cols),
        Op::Map { y, .. } => 20.0 * area(y.rows, y.cols),
        Op::PointLoss { live, .. } | Op::PointGrad { live, .. } => 30.0 * f64::from(live),
        Op::SumSquares { x, .. } => long(x),
        Op::Sgd { p, .. } | Op::Clamp { p, .. } | Op::Average { p, .. } => 4.0 * long(p),
        Op::Momentum { p, .. } | Op::Adam { p, .. } | Op::RmsProp { p, .. } => 12.0 * long(p),
    }
}

/// Microseconds that an op takes in a form, roughly.
pub(crate) fn micros(op: &Op, form: Form, software: bool) -> f64 {
    let prices = if software { &SOFTWARE } else { &HARDWARE };
    let millions = work(op) / 1e6;
    match form {
        Form::Dispatch => prices.dispatch + millions * prices.device,
        Form::Resident => prices.barrier + millions * prices.workgroup,
    }
}

/// The cheaper form for these programs.
#[must_use]
pub fn choose(programs: &[&CheckedProgram], software: bool) -> Form {
    let ops = || programs.iter().flat_map(|program| &program.ops);
    let cost = |form| ops().map(|op| micros(op.op(), form, software)).sum::<f64>();
    if cost(Form::Resident) <= cost(Form::Dispatch) { Form::Resident } else { Form::Dispatch }
}
