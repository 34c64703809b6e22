//! The CPU executor: walks the list of checked ops over an arena in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use crate::backend::{Backend, BackendError, Run, Ticket};
use crate::check::{Checked, check};
use crate::program::{Op, Program, Table, TableValues};
use crate::scalar;
use crate::simd::{self, Step, Team};

/// One aligned group of words: arenas and scratch are made of these, so that vectors can be loaded whole.
#[repr(C, align(32))]
#[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct Block([f32; 8]);

/// `words` zeros, aligned to 32 bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    blocks: Vec<Block>,
    words: usize,
}

impl Buffer {
    /// Zeros, or `None` where memory is short.
    pub(crate) fn zeroed(words: usize) -> Option<Self> {
        let count = words.div_ceil(8);
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(count).ok()?;
        blocks.resize(count, Block::default());
        Some(Self { blocks, words })
    }

    pub(crate) fn words(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.blocks)[..self.words]
    }

    pub(crate) fn words_mut(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut(&mut self.blocks)[..self.words]
    }
}

/// Which form of the ops runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// The scalar twin of every op.
    Scalar,
    /// The widest vectors that this machine has: AVX2 with FMA, WebAssembly's simd128, or else what the compiler makes
    /// of four lanes.
    Simd,
}

/// Parts of a large op for each thread: a thread that the machine puts aside leaves its share to the others.
const PARTS_EACH: usize = 4;

/// What [`Isa`] became. The twin stands behind a pointer so that a page, which never asks for it, need not hold it.
#[derive(Clone, Copy)]
enum Form {
    Simd(simd::Level),
    Twin(fn(&Op, &mut [f32], Option<&Table>)),
}

struct Prepared {
    name: String,
    ops: Vec<Checked>,
    steps: Vec<Step>,
}

/// Runs programs on the calling thread, and natively the large ops of them on a team; answers reads at once.
pub struct CpuBackend {
    form: Form,
    threads: usize,
    team: Option<Team>,
    arena: Buffer,
    scratch: Buffer,
    /// Of the scratch, what each thread has.
    scratch_words: usize,
    programs: Vec<Prepared>,
    table: Option<Arc<Table>>,
    answers: BTreeMap<Ticket, Vec<f32>>,
    tickets: u64,
    pause: Pause,
}

/// How many submits go without the team, after one in which the machine put one of its threads aside: twice as many
/// each time that happens, half as many when it does not.
#[derive(Default)]
struct Pause {
    left: u32,
    length: u32,
}

impl Pause {
    /// The longest.
    const MOST: u32 = 64;

    /// Whether the team is to work; counts down while it is not.
    fn is_over(&mut self) -> bool {
        let over = self.left == 0;
        self.left = self.left.saturating_sub(1);
        over
    }

    fn after(&mut self, together: bool) {
        self.length =
            if together { self.length / 2 } else { (2 * self.length).clamp(1, Self::MOST) };
        self.left = if together { 0 } else { self.length };
    }
}

impl CpuBackend {
    /// With the best form of the ops that this machine can run, and as many threads as it has for us.
    #[must_use]
    pub fn detect() -> Self {
        Self::with_threads(thread::available_parallelism().map_or(1, Into::into))
    }

    /// With the best form of the ops, and at most so many threads. Their number changes no bit.
    #[must_use]
    pub fn with_threads(threads: usize) -> Self {
        Self { threads, ..Self::with_isa(Isa::Simd) }
    }

    /// With this form of the ops, on the calling thread alone.
    #[must_use]
    pub fn with_isa(isa: Isa) -> Self {
        Self {
            form: match isa {
                Isa::Simd => Form::Simd(simd::Level::detect()),
                Isa::Scalar => Form::Twin(scalar::run_op),
            },
            threads: 1,
            team: None,
            arena: Buffer::default(),
            scratch: Buffer::default(),
            scratch_words: 0,
            programs: Vec::new(),
            table: None,
            answers: BTreeMap::new(),
            tickets: 0,
            pause: Pause::default(),
        }
    }

    /// The name of the instruction set in use: `avx2`, `simd128`, `portable` or `scalar`.
    #[must_use]
    pub fn isa_name(&self) -> &'static str {
        match self.form {
            Form::Simd(level) => level.name(),
            Form::Twin(_) => "scalar",
        }
    }

    /// At most how many threads run.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Read-backs whose words are kept for somebody.
    #[must_use]
    pub fn held(&self) -> usize {
        self.answers.len()
    }

    /// The words of a range, or why there are none.
    fn range(&self, range: &Range<u32>) -> Result<Range<usize>, BackendError> {
        let indices = range.start as usize..range.end as usize;
        if indices.start > indices.end || indices.end > self.arena.words {
            return Err(BackendError::Unknown {
                what: format!(
                    "words {}..{} in an arena of {}",
                    range.start, range.end, self.arena.words
                ),
            });
        }
        Ok(indices)
    }

    /// Whether what `program` gathers fits the table.
    fn check_table(&self, program: &Prepared) -> Result<(), BackendError> {
        for (index, op) in program.ops.iter().enumerate() {
            let Op::Gather { out, .. } = *op.op() else { continue };
            let table = self.table.as_ref().ok_or(BackendError::NoTable)?;
            if table.dim != out.rows {
                let why = format!(
                    "the table's rows have {} words, and out has {} rows",
                    table.dim, out.rows
                );
                return Err(bad_op(&program.name, index, op.op(), why));
            }
        }
        Ok(())
    }
}

/// Zeros, or an error where memory is short.
fn buffer(words: usize) -> Result<Buffer, BackendError> {
    let needed = words as u64 * 4;
    Buffer::zeroed(words).ok_or(BackendError::OutOfMemory { needed, available: 0 })
}

/// How many words of scratch one thread needs.
fn scratch_words(programs: &[Prepared]) -> usize {
    let ops = programs.iter().flat_map(|p| &p.steps).flat_map(Step::ops);
    ops.map(simd::Ready::scratch_words).max().unwrap_or(0)
}

fn bad_op(program: &str, index: usize, op: &Op, why: String) -> BackendError {
    BackendError::BadOp { program: program.to_owned(), index, op: format!("{op:?}"), why }
}

impl Prepared {
    /// Checks every op of a program, for so many threads.
    fn new(program: Program, words: u32, threads: usize) -> Result<Self, BackendError> {
        let check_op = |(index, op): (usize, &Op)| {
            check(op, words).map_err(|why| bad_op(&program.name, index, op, why))
        };
        let ops = program.ops.iter().enumerate().map(check_op).collect::<Result<Vec<_>, _>>()?;
        let steps = simd::steps(&ops, if threads == 1 { 1 } else { threads * PARTS_EACH });
        Ok(Self { name: program.name, ops, steps })
    }

    /// How many threads at most have something to do at the same time.
    fn width(&self) -> usize {
        self.steps.iter().map(Step::width).max().unwrap_or(0)
    }
}

impl Backend for CpuBackend {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn adapter(&self) -> String {
        self.isa_name().to_owned()
    }

    fn prepare(&mut self, words: u32, programs: Vec<Program>) -> Result<(), BackendError> {
        let check_all = programs.into_iter().map(|p| Prepared::new(p, words, self.threads));
        let prepared = check_all.collect::<Result<Vec<_>, _>>()?;
        let each = scratch_words(&prepared);
        let width = prepared.iter().map(Prepared::width).max().unwrap_or(0).min(self.threads);
        if width > 1 && self.team.as_ref().is_none_or(|team| team.threads() < width) {
            self.team = Team::new(width);
        }
        let scratch = buffer(each * self.team.as_ref().map_or(1, Team::threads))?;
        if self.arena.words != words as usize {
            self.arena = buffer(words as usize)?;
        }
        (self.programs, self.scratch, self.scratch_words) = (prepared, scratch, each);
        Ok(())
    }

    fn set_table(&mut self, table: Arc<Table>) -> Result<(), BackendError> {
        let held = match &table.values {
            TableValues::Words(words) => words.len(),
            TableValues::Bytes { bytes, .. } => bytes.len(),
        };
        if table.rows == 0
            || table.rows >= 1 << 24
            || held as u64 != u64::from(table.rows) * u64::from(table.dim)
        {
            return Err(BackendError::Unknown {
                what: format!(
                    "table of {} rows of {} words in {held} values",
                    table.rows, table.dim
                ),
            });
        }
        self.table = Some(table);
        Ok(())
    }

    fn write(&mut self, at: u32, values: &[f32]) -> Result<(), BackendError> {
        let end = u32::try_from(values.len())
            .ok()
            .and_then(|len| at.checked_add(len))
            .unwrap_or(u32::MAX);
        let range = self.range(&(at..end))?;
        self.arena.words_mut()[range].copy_from_slice(values);
        Ok(())
    }

    fn submit(&mut self, runs: &[Run], times: u32) -> Result<(), BackendError> {
        for run in runs {
            let unknown = || BackendError::Unknown { what: format!("program {}", run.program) };
            self.check_table(self.programs.get(run.program).ok_or_else(unknown)?)?;
        }
        let programs = &self.programs;
        let (arena, scratch) = (self.arena.words_mut(), self.scratch.words_mut());
        let table = self.table.as_deref();
        let list = (0..times)
            .flat_map(|_| runs)
            .flat_map(|run| (0..run.times).map(|_| &programs[run.program]));
        match (self.form, &self.team) {
            (Form::Twin(run), _) => {
                list.flat_map(|p| &p.ops).for_each(|op| run(op.op(), arena, table));
            }
            (Form::Simd(level), Some(team))
                if runs.iter().any(|r| programs[r.program].width() > 1) && self.pause.is_over() =>
            {
                let steps = list.flat_map(|p| &p.steps);
                let together = team.run(level, &steps, [arena, scratch], self.scratch_words, table);
                self.pause.after(together);
            }
            (Form::Simd(level), _) => {
                list.flat_map(|p| &p.steps).flat_map(Step::ops).for_each(|op| {
                    simd::run(level, op, arena, scratch, table);
                });
            }
        }
        Ok(())
    }

    fn read(&mut self, ranges: &[Range<u32>]) -> Result<Ticket, BackendError> {
        let mut answer = Vec::new();
        for range in ranges {
            answer.extend_from_slice(&self.arena.words()[self.range(range)?]);
        }
        self.tickets += 1;
        self.answers.insert(Ticket(self.tickets), answer);
        Ok(Ticket(self.tickets))
    }

    fn poll(&mut self, ticket: Ticket) -> Result<Option<Vec<f32>>, BackendError> {
        let unknown = || BackendError::Unknown { what: format!("read-back {}", ticket.0) };
        self.answers.remove(&ticket).map(Some).ok_or_else(unknown)
    }

    fn forget(&mut self, ticket: Ticket) {
        self.answers.remove(&ticket);
    }
}
