//! Two executors on one run: every update from a common state, and where the results part, the op at fault.

use std::ops::Range;
use std::sync::Arc;

use adversaria_core::spec::RunSpec;
use adversaria_kernels::backend::{Backend, Run as Runs};
use adversaria_kernels::program::{Mat, Op, Program, Table};
use adversaria_kernels::shadow::Shadow;

use crate::compile::schedule;
use crate::error::EngineError;
use crate::run::Run;

/// An executor and what to call it.
pub struct Contender {
    /// Its name in sentences.
    pub name: String,
    /// The executor.
    pub backend: Box<dyn Backend>,
}

impl Contender {
    /// An executor by this name.
    #[must_use]
    pub fn new(name: &str, backend: impl Backend + 'static) -> Self {
        Self { name: name.into(), backend: Box::new(backend) }
    }
}

/// What a comparison came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// No update's result differs.
    Agree(Agreement),
    /// An update's result differs.
    Differ(Box<Difference>),
}

/// How far apart executors were that agree.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Updates made.
    pub updates: u64,
    /// The largest difference of two words.
    pub largest: f64,
    /// The largest part of its tolerance that a difference took.
    pub share: f64,
}

/// One word that two executors disagree about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word {
    /// Which one.
    pub at: usize,
    /// As the reference has it.
    pub reference: f32,
    /// As the other has it.
    pub other: f32,
    /// How far they may be apart.
    pub tolerance: f64,
}

/// The first update whose result differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The reference, and who differs from it.
    pub names: [String; 2],
    /// Number of the update, from 0 on, in order of execution.
    pub update: u64,
    /// Whole iterations made before.
    pub iteration: u64,
    /// The program's name.
    pub program: String,
    /// The word that is worst after the whole update.
    pub word: Word,
    /// What is to blame.
    pub culprit: Option<Culprit>,
}

/// The op after which the words part.
#[derive(Clone, Debug, PartialEq)]
pub struct Culprit {
    /// Its place in the program, from 0 on.
    pub index: usize,
    /// The op.
    pub op: Op,
    /// The word that is worst after it.
    pub word: Word,
    /// Whether it fails on equal words when run alone; else only after the ops before it.
    pub alone: bool,
}

impl std::fmt::Display for Agreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { updates, largest, share } = self;
        let percent = 100.0 * share;
        write!(
            f,
            "agree over {updates} updates; largest difference {largest:.1e}, and at most {percent:.0} % of a tolerance"
        )
    }
}

impl Word {
    fn told(&self, [reference, other]: &[String; 2]) -> String {
        let Self { at, reference: a, other: b, tolerance } = self;
        format!("word {at} is {a:e} on {reference} and {b:e} on {other}, tolerance {tolerance:.1e}")
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { names, update, iteration, program, word, culprit } = self;
        write!(f, "update {update} ({program}, after {iteration} iterations) ")?;
        match culprit {
            Some(Culprit { index, op, word, alone }) => {
                let how = if *alone { "on equal words" } else { "only after the ops before it" };
                write!(f, "differs from op {index} on, {how}: {op:?}: {}", word.told(names))
            }
            None => write!(f, "differs as a whole, and no op of it alone: {}", word.told(names)),
        }
    }
}

/// Makes `iterations` of a run on the reference; each update is also made by the others, from the reference's state,
/// and judged. Ends at the first difference.
///
/// # Errors
/// When a backend fails, or the run diverges on the reference.
pub fn compare(
    spec: &RunSpec,
    iterations: u64,
    table: &Arc<Table>,
    reference: Contender,
    others: Vec<Contender>,
) -> Result<Verdict, EngineError> {
    let mut comparison = Comparison::new(spec, table, reference, others)?;
    for iteration in 0..iterations {
        for (program, times) in schedule(spec) {
            for _ in 0..times {
                if let Some(difference) = comparison.update(program, iteration)? {
                    return Ok(Verdict::Differ(Box::new(difference)));
                }
            }
        }
    }
    Ok(Verdict::Agree(comparison.agreement))
}

/// A run on an executor, by name.
struct Side {
    name: String,
    run: Run,
}

impl Side {
    fn new(spec: &RunSpec, table: &Arc<Table>, contender: Contender) -> Result<Self, EngineError> {
        let Contender { name, backend } = contender;
        Ok(Self { name, run: Run::new(spec.clone(), Arc::clone(table), backend)? })
    }

    fn read(&mut self, words: Range<u32>) -> Result<Vec<f32>, EngineError> {
        let reading = self.run.read(&[words])?;
        self.run.wait(&reading)
    }

    fn write(&mut self, words: &[f32]) -> Result<(), EngineError> {
        Ok(self.run.backend.write(0, words)?)
    }
}

struct Comparison {
    reference: Side,
    others: Vec<Side>,
    table: Arc<Table>,
    shadow: Shadow,
    /// Words that outlive an update.
    state: Vec<f32>,
    agreement: Agreement,
}

impl Comparison {
    fn new(
        spec: &RunSpec,
        table: &Arc<Table>,
        reference: Contender,
        others: Vec<Contender>,
    ) -> Result<Self, EngineError> {
        let mut reference = Side::new(spec, table, reference)?;
        let others = others.into_iter().map(|other| Side::new(spec, table, other));
        let others = others.collect::<Result<Vec<_>, _>>()?;
        let state = reference.read(0..reference.run.compiled.layout.state_end)?;
        Ok(Self {
            reference,
            others,
            table: Arc::clone(table),
            shadow: Shadow::default(),
            state,
            agreement: Agreement::default(),
        })
    }

    fn program(&self, number: usize) -> Program {
        self.reference.run.compiled.programs[number].clone()
    }

    /// Makes an update on all from the reference's state. State and gradients are judged.
    fn update(&mut self, number: usize, iteration: u64) -> Result<Option<Difference>, EngineError> {
        let layout = &self.reference.run.compiled.layout;
        let (state_end, end) = (layout.state_end, layout.probe_input);
        let program = self.program(number);
        for other in &mut self.others {
            other.write(&self.state)?;
        }
        for side in std::iter::once(&mut self.reference).chain(&mut self.others) {
            side.run.submit_program(number)?;
        }
        self.shadow.begin(&self.state, words_of(&program).max(end));
        program.ops.iter().for_each(|op| self.shadow.run(op, Some(&self.table)));
        let mut judged = written(&program.ops, end as usize);
        judged[..state_end as usize].fill(true);
        let after = self.reference.read(0..end)?;
        if let Some(at) = (0..end as usize).find(|&i| judged[i] && !after[i].is_finite()) {
            let what = format!("word {at} on {}", self.reference.name);
            return Err(EngineError::Diverged { what, iteration });
        }
        for who in 0..self.others.len() {
            let got = self.others[who].read(0..end)?;
            let found = worst(&self.shadow, &judged, &after, &got);
            self.agreement.largest = self.agreement.largest.max(found.largest);
            self.agreement.share = self.agreement.share.max(found.share);
            if let Some(word) = found.word {
                return Ok(Some(Difference {
                    names: [self.reference.name.clone(), self.others[who].name.clone()],
                    update: self.agreement.updates,
                    iteration,
                    word,
                    culprit: self.culprit(&program, who)?,
                    program: program.name,
                }));
            }
        }
        self.agreement.updates += 1;
        self.state = after;
        self.state.truncate(state_end as usize);
        Ok(None)
    }

    /// The first op that differs on equal words; where none does, the first that differs after those before it, each
    /// side by itself.
    fn culprit(&mut self, program: &Program, who: usize) -> Result<Option<Culprit>, EngineError> {
        let alone: Vec<_> = program.ops.iter().map(|op| vec![*op]).collect();
        if let Some(culprit) = self.first_of(program, &alone, who, true)? {
            return Ok(Some(culprit));
        }
        let begun: Vec<_> =
            (1..=program.ops.len()).map(|end| program.ops[..end].to_vec()).collect();
        self.first_of(program, &begun, who, false)
    }

    /// Runs each list of ops, which ends with the program's op of its number, and gives the first after which the words
    /// differ: lists of one op go on from the reference's words, others begin with the state.
    fn first_of(
        &mut self,
        program: &Program,
        lists: &[Vec<Op>],
        who: usize,
        alone: bool,
    ) -> Result<Option<Culprit>, EngineError> {
        let words = self.reference.run.compiled.words;
        let programs: Vec<_> = lists
            .iter()
            .map(|ops| Program { name: program.name.clone(), ops: ops.clone() })
            .collect();
        let other = &mut self.others[who];
        for side in [&mut self.reference, &mut *other] {
            side.run.backend.prepare(words, programs.clone())?;
        }
        let mut before = self.state.clone();
        before.resize(words as usize, 0.0);
        for (index, ops) in lists.iter().enumerate() {
            for side in [&mut self.reference, &mut *other] {
                side.write(&before)?;
                side.run.backend.submit(&[Runs { program: index, times: 1 }], 1)?;
            }
            self.shadow.begin(&before, words);
            ops.iter().for_each(|op| self.shadow.run(op, Some(&self.table)));
            let [after, got] = [self.reference.read(0..words)?, other.read(0..words)?];
            let judged = vec![true; words as usize];
            if let Some(word) = worst(&self.shadow, &judged, &after, &got).word {
                return Ok(Some(Culprit { index, op: program.ops[index], word, alone }));
            }
            if alone {
                before = after;
            }
        }
        Ok(None)
    }
}

/// Where two arenas are farthest apart.
struct Worst {
    largest: f64,
    share: f64,
    /// The word that is most beyond its tolerance.
    word: Option<Word>,
}

fn worst(shadow: &Shadow, judged: &[bool], reference: &[f32], other: &[f32]) -> Worst {
    let mut worst = Worst { largest: 0.0, share: 0.0, word: None };
    let mut most = 1.0;
    let words = judged.iter().zip(reference).zip(other).enumerate();
    for (at, ((_, &a), &b)) in words.filter(|&(_, ((&judged, _), _))| judged) {
        if a.to_bits() == b.to_bits() {
            continue;
        }
        let tolerance = shadow.tolerance(at);
        // Not a number is beyond everything; words without a tolerance are the same number.
        let (off, share) = match (f64::from(a) - f64::from(b)).abs() {
            0.0 => (0.0, 0.0),
            off if off.is_finite() => (off, off / tolerance),
            off => (off, f64::INFINITY),
        };
        if share <= 1.0 {
            worst.largest = worst.largest.max(off);
            worst.share = worst.share.max(share);
        } else if share > most {
            most = share;
            worst.word = Some(Word { at, reference: a, other: b, tolerance });
        }
    }
    worst
}

/// Which of the first `end` words the ops write.
fn written(ops: &[Op], end: usize) -> Vec<bool> {
    let mut written = vec![false; end];
    for index in ops.iter().flat_map(Op::writes).flat_map(Mat::indices) {
        if let Some(written) = written.get_mut(index) {
            *written = true;
        }
    }
    written
}

/// How long an arena a program needs for what it writes.
fn words_of(program: &Program) -> u32 {
    let ends = program.ops.iter().flat_map(Op::writes).flat_map(|view| view.indices().last());
    ends.max().map_or(0, |last| u32::try_from(last + 1).unwrap_or(u32::MAX))
}

impl Run {
    /// All parameters, those of G before those of D. Waits for them.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn parameters(&mut self) -> Result<Vec<f32>, EngineError> {
        let layout = &self.compiled.layout;
        let spans = [layout.generator.parameters, layout.discriminator.parameters];
        let reading = self.read(&spans.map(|span| span.at..span.at + span.len))?;
        self.wait(&reading)
    }
}
