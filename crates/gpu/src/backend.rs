//! The executor: records dispatches and copies in the order of the calls, and submits them now and then.

use std::ops::Range;
use std::sync::Arc;

use adversaria_kernels::backend::{Backend, BackendError, Run, Ticket};
use adversaria_kernels::check::{CheckedProgram, check_program, check_table};
use adversaria_kernels::encode::{Crew, RECORD_WORDS, Uses, encode, encode_table};
use adversaria_kernels::program::{Program, Table};
use adversaria_kernels::wgsl::{PLAN_RUNS, PLAN_WORDS};

use crate::clock::Clock;
use crate::cost::{Form, choose, micros};
use crate::device::Gpu;
use crate::kernels::{Kernels, Sources, Tuning, Variant, Which};
use crate::launch::{Launch, interpreter, launch};
use crate::transfer::{Memory, Reads, Uploads};
use crate::turns;

/// A submission is meant to keep the device for no longer than this, as far as can be told beforehand.
const SUBMISSION_MICROS: f64 = 10_000.0;
/// What seems to be slower than this is a kernel in the making, or a machine that slept.
const MOST_SLOWNESS: f64 = 1000.0;
const RECORD_BYTES: u64 = 4 * RECORD_WORDS as u64;
const PLAN_BYTES: u64 = 4 * PLAN_WORDS as u64;

struct Prepared {
    checked: CheckedProgram,
    form: Form,
    launches: Vec<Launch>,
    /// The words of its records in the program buffer.
    records: Range<u32>,
    /// What each of its ops is expected to take.
    ops_micros: Vec<f64>,
    /// Turns of loops in the resident form.
    turns: u64,
}

impl Prepared {
    /// What it is expected to take.
    fn micros(&self) -> f64 {
        self.ops_micros.iter().sum()
    }

    /// Its records in parts of about `room` microseconds, and what each is expected to take.
    fn parts(&self, room: f64) -> Vec<(Range<u32>, f64)> {
        let mut parts = vec![];
        let (mut begin, mut micros) = (self.records.start, 0.0);
        let ends = self.records.clone().step_by(RECORD_WORDS).map(|at| at + RECORD_WORDS as u32);
        for (end, cost) in ends.zip(&self.ops_micros) {
            micros += cost;
            if micros >= room || end == self.records.end {
                parts.push((begin..end, micros));
                (begin, micros) = (end, 0.0);
            }
        }
        parts
    }
}

struct Groups {
    dispatch: wgpu::BindGroup,
    resident: wgpu::BindGroup,
    tile: wgpu::BindGroup,
    block: wgpu::BindGroup,
}

/// Runs programs on a device.
pub struct GpuBackend {
    gpu: Gpu,
    wish: Option<Form>,
    /// Turns of loops that an invocation may make.
    most_turns: u64,
    kernels: Kernels,
    tuning: Tuning,
    words: u32,
    arena: Memory,
    program: Memory,
    table_buffer: Memory,
    table: Option<Arc<Table>>,
    groups: Option<Groups>,
    programs: Vec<Prepared>,
    /// The resident form's kernel for all programs that are run by it.
    resident: Variant,
    uploads: Uploads,
    plans: Uploads,
    reads: Reads,
    clock: Option<Clock>,
    encoder: Option<wgpu::CommandEncoder>,
    /// What has been recorded and not submitted, by estimate.
    recorded_micros: f64,
    /// All that was ever recorded, by the estimate that nothing corrects.
    expected_micros: f64,
    /// By how much this device is slower than its prices, as far as is known.
    slowness: f64,
    submissions: u64,
}

impl GpuBackend {
    /// On this device, in the form that costs less, or in `wish`.
    #[must_use]
    pub fn new(gpu: &Gpu, wish: Option<Form>) -> Self {
        Self::with_sources(gpu, wish, &Sources::default())
    }

    /// As [`GpuBackend::new`], running this WGSL: for tests that plant faults.
    #[must_use]
    pub fn with_sources(gpu: &Gpu, wish: Option<Form>, sources: &Sources) -> Self {
        let tuning = sources.tuning.unwrap_or(Tuning::of(gpu));
        let align = u64::from(gpu.device.limits().min_uniform_buffer_offset_alignment);
        Self {
            wish,
            most_turns: turns::most(gpu.name()),
            kernels: Kernels::new(gpu, sources, tuning),
            tuning,
            words: 0,
            arena: storage(gpu, "arena", 4),
            program: storage(gpu, "program", 4),
            table_buffer: storage(gpu, "table", 4 * 8),
            table: None,
            groups: None,
            programs: vec![],
            resident: interpreter(Uses::default()),
            uploads: Uploads::new(gpu, wgpu::BufferUsages::COPY_SRC, 4),
            plans: Uploads::new(gpu, wgpu::BufferUsages::UNIFORM, align),
            reads: Reads::default(),
            clock: Clock::of(gpu),
            encoder: None,
            recorded_micros: 0.0,
            expected_micros: 0.0,
            slowness: 1.0,
            submissions: 0,
            gpu: gpu.clone(),
        }
    }

    /// The form that runs a program.
    #[must_use]
    pub fn form(&self, program: usize) -> Option<Form> {
        self.programs.get(program).map(|program| program.form)
    }

    /// Buffers through which words are read back, those that are free included.
    #[must_use]
    pub fn held(&self) -> usize {
        self.reads.held()
    }

    /// How often something was submitted so far.
    #[must_use]
    pub fn submissions(&self) -> u64 {
        self.submissions
    }

    fn encoder(&mut self) -> &mut wgpu::CommandEncoder {
        let (device, clock) = (&self.gpu.device, &self.clock);
        self.encoder.get_or_insert_with(|| {
            let mut encoder = device.create_command_encoder(&Default::default());
            if let Some(clock) = clock {
                clock.begin(&mut encoder);
            }
            encoder
        })
    }

    /// Submits what has been recorded, and asks for its reads.
    fn flush(&mut self) {
        if let Some(mut encoder) = self.encoder.take() {
            if let Some(clock) = &mut self.clock {
                clock.end(&self.gpu, &mut encoder, &mut self.reads);
            }
            self.gpu.queue.submit([encoder.finish()]);
            self.submissions += 1;
        }
        self.reads.submitted(&self.gpu);
        self.uploads.restart();
        self.plans.restart();
        self.recorded_micros = 0.0;
    }

    fn inside(&self, range: &Range<u32>) -> Result<(), BackendError> {
        if range.start <= range.end && range.end <= self.words {
            return Ok(());
        }
        let what = format!("words {}..{} in an arena of {}", range.start, range.end, self.words);
        Err(BackendError::Unknown { what })
    }

    /// Whether a buffer of so many bytes can be bound.
    fn fits(&self, bytes: u64) -> Result<(), BackendError> {
        let limits = self.gpu.device.limits();
        let available = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        if bytes <= available {
            Ok(())
        } else {
            Err(BackendError::OutOfMemory { needed: bytes, available })
        }
    }

    /// Forms, kernels and records of the programs.
    fn plan(&mut self, programs: Vec<CheckedProgram>) {
        let mut records: Vec<u32> = Vec::new();
        // In software a kernel takes a quarter of a second to make. One form for all, the one that suits the longest
        // program, needs fewer of them.
        let longest = programs.iter().max_by_key(|program| program.ops.len());
        let of_all = longest.filter(|_| self.gpu.is_software()).map(|it| choose(&[it], true));
        let wish = self.wish.or(of_all);
        let prepared = programs.into_iter().map(|it| self.prepare_one(it, wish, &mut records));
        self.programs = prepared.collect();
        let resident = self.programs.iter().filter(|program| program.form == Form::Resident);
        let ops = resident.flat_map(|program| &program.checked.ops);
        // What was needed before stays, so that going to and fro between two settings makes no kernel anew.
        let uses = ops.fold(self.resident.uses, |uses, op| uses.and(Uses::of(op.op())));
        self.resident = interpreter(uses);
        if uses != Uses::default() {
            self.kernels.make(&self.gpu, Which::Resident, self.resident);
        }
        if records.is_empty() {
            records.push(0);
        }
        self.program = storage(&self.gpu, "program", 4 * records.len() as u64);
        self.gpu.queue.write_buffer(&self.program, 0, bytemuck::cast_slice(&records));
    }

    fn prepare_one(
        &self,
        checked: CheckedProgram,
        wish: Option<Form>,
        records: &mut Vec<u32>,
    ) -> Prepared {
        let software = self.gpu.is_software();
        let wish = wish.unwrap_or_else(|| choose(&[&checked], software));
        let turns = turns::turns(&checked, Crew { threads: self.tuning.threads, groups: 1 });
        let form = if turns <= self.most_turns { wish } else { Form::Dispatch };
        let groups = if form == Form::Dispatch { self.tuning.groups } else { 1 };
        let crew = Crew { threads: self.tuning.threads, groups };
        let begin = records.len();
        let mut launches = Vec::new();
        let mut ops_micros = Vec::with_capacity(checked.ops.len());
        for op in &checked.ops {
            ops_micros.push(micros(op.op(), form, software));
            let record = u32::try_from(4 * records.len()).unwrap_or(u32::MAX);
            records.extend(encode(op, crew));
            if form == Form::Dispatch {
                launches.push(launch(op.op(), crew, self.tuning, record));
            }
        }
        let word = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        Prepared {
            ops_micros,
            turns,
            checked,
            form,
            launches,
            records: word(begin)..word(records.len()),
        }
    }

    fn bind(&mut self) {
        let group = |which: Which, resources: &[wgpu::BufferBinding<'_>]| {
            let entries: Vec<_> = (0..)
                .zip(resources)
                .map(|(binding, buffer)| wgpu::BindGroupEntry {
                    binding,
                    resource: wgpu::BindingResource::Buffer(buffer.clone()),
                })
                .collect();
            self.gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: self.kernels.group_layout(which),
                entries: &entries,
            })
        };
        let whole = |buffer| wgpu::BufferBinding { buffer, offset: 0, size: None };
        let part = |buffer, bytes| wgpu::BufferBinding {
            buffer,
            offset: 0,
            size: std::num::NonZeroU64::new(bytes),
        };
        let (arena, table) = (whole(&self.arena), whole(&self.table_buffer));
        let record = part(&self.program, RECORD_BYTES.min(self.program.size()));
        let plan = part(&self.plans.buffer, PLAN_BYTES);
        let program = whole(&self.program);
        self.groups = Some(Groups {
            dispatch: group(Which::Dispatch, &[arena.clone(), record.clone(), table.clone()]),
            resident: group(Which::Resident, &[arena.clone(), program, table, plan]),
            tile: group(Which::Tile, &[arena.clone(), record.clone()]),
            block: group(Which::Block, &[arena, record]),
        });
    }

    /// Records the list in the resident form, as many times as fit into a submission. Where not even one does, its programs
    /// are recorded one by one, and one that does not fit by itself in parts.
    fn submit_resident(&mut self, runs: &[Run], times: u32) {
        let each: f64 =
            runs.iter().map(|run| self.programs[run.program].micros() * f64::from(run.times)).sum();
        let room = SUBMISSION_MICROS / self.slowness;
        if each > room {
            if let [Run { program, times: 1 }] = runs {
                (0..times).for_each(|_| self.submit_parts(*program, room));
            } else {
                for run in (0..times).flat_map(|_| runs) {
                    self.submit_resident(&[Run { times: 1, ..*run }], run.times);
                }
            }
            return;
        }
        let plan: Vec<_> = runs
            .iter()
            .map(|run| (self.programs[run.program].records.clone(), run.times))
            .collect();
        let mut left = times;
        while left > 0 {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a positive number of at most u32's size"
            )]
            let most = (room / each.max(1e-3)).clamp(1.0, f64::from(left)) as u32;
            let can = u32::try_from(self.most_turns / self.turns(runs).max(1)).unwrap_or(u32::MAX);
            let most = most.min(can.max(1));
            self.record_plan(&plan, most);
            self.spent(each * f64::from(most));
            left -= most;
        }
    }

    /// Records one run of a program in the resident form, in parts of about `room` microseconds.
    fn submit_parts(&mut self, program: usize, room: f64) {
        for (records, micros) in self.programs[program].parts(room) {
            self.record_plan(&[(records, 1)], 1);
            self.spent(micros);
        }
    }

    /// Records a walk of the resident form over records, each range as often as it says.
    fn record_plan(&mut self, runs: &[(Range<u32>, u32)], times: u32) {
        let mut plan = vec![times, u32::try_from(runs.len()).unwrap_or(u32::MAX), 0, 0];
        for (records, times) in runs {
            plan.extend([records.start, records.end, *times, 0]);
        }
        plan.resize(PLAN_WORDS, 0);
        let bytes = bytemuck::cast_slice(&plan);
        let at = match self.plans.put(&self.gpu, bytes) {
            Some(at) => at,
            None => {
                self.flush();
                self.plans.put(&self.gpu, bytes).unwrap_or(0)
            }
        };
        self.encoder();
        if let (Some(encoder), Some(groups), Some(pipeline)) = (
            &mut self.encoder,
            &self.groups,
            self.kernels.pipeline(Which::Resident, &self.resident),
        ) {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &groups.resident, &[0, u32::try_from(at).unwrap_or(0)]);
            pass.dispatch_workgroups(1, 1, 1);
        }
    }

    /// Records one run of a program, one dispatch an op, and submits as often as that takes.
    fn submit_dispatch(&mut self, program: usize) {
        let mut done = 0;
        while done < self.programs[program].launches.len() {
            let (end, micros) = self.record_launches(program, done);
            self.spent(micros);
            done = end;
        }
    }

    /// Records a program's dispatches from the one of this number on, until a submission is full: the number of the next,
    /// and what they are expected to take.
    fn record_launches(&mut self, program: usize, from: usize) -> (usize, f64) {
        self.encoder();
        let Prepared { launches, ops_micros, .. } = &self.programs[program];
        let room = (SUBMISSION_MICROS - self.recorded_micros) / self.slowness;
        let mut micros = 0.0;
        let (Some(encoder), Some(groups)) = (&mut self.encoder, &self.groups) else {
            return (launches.len(), micros);
        };
        let mut pass = encoder.begin_compute_pass(&Default::default());
        for (number, (launch, cost)) in launches.iter().zip(ops_micros).enumerate().skip(from) {
            micros += cost;
            if let Some(pipeline) = self.kernels.pipeline(launch.which, &launch.variant) {
                let group = match launch.which {
                    Which::Dispatch => &groups.dispatch,
                    Which::Resident => &groups.resident,
                    Which::Tile => &groups.tile,
                    Which::Block => &groups.block,
                };
                pass.set_pipeline(pipeline);
                pass.set_bind_group(0, group, &[launch.record]);
                pass.dispatch_workgroups(launch.groups[0], launch.groups[1], 1);
            }
            if micros >= room {
                return (number + 1, micros);
            }
        }
        (launches.len(), micros)
    }

    /// So much more has been recorded, which is submitted when it is enough.
    fn spent(&mut self, micros: f64) {
        self.expected_micros += micros;
        self.recorded_micros += micros * self.slowness;
        if self.recorded_micros >= SUBMISSION_MICROS {
            self.flush();
        }
    }

    fn turns(&self, runs: &[Run]) -> u64 {
        runs.iter().map(|run| self.programs[run.program].turns * u64::from(run.times)).sum()
    }

    /// Whether all of the list can run in the resident form, in one invocation.
    fn is_resident(&self, runs: &[Run]) -> bool {
        runs.len() <= PLAN_RUNS
            && self.turns(runs) <= self.most_turns
            && runs.iter().all(|run| self.programs[run.program].form == Form::Resident)
    }
}

fn storage(gpu: &Gpu, label: &str, bytes: u64) -> Memory {
    let usage =
        wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
    Memory::new(gpu, label, bytes.max(4).next_multiple_of(16), usage)
}

impl Backend for GpuBackend {
    fn name(&self) -> &'static str {
        "webgpu"
    }

    fn adapter(&self) -> String {
        self.gpu.name().to_owned()
    }

    fn prepare(&mut self, words: u32, programs: Vec<Program>) -> Result<(), BackendError> {
        self.gpu.trouble.check()?;
        let checked = programs.into_iter().map(|p| check_program(p, words));
        let checked = checked.collect::<Result<Vec<_>, _>>()?;
        self.fits(4 * u64::from(words))?;
        self.flush();
        if self.words != words {
            self.arena = storage(&self.gpu, "arena", 4 * u64::from(words));
            self.words = words;
        }
        self.plan(checked);
        self.bind();
        self.gpu.trouble.check()
    }

    fn set_table(&mut self, table: Arc<Table>) -> Result<(), BackendError> {
        check_table(&table)?;
        let words = encode_table(&table);
        self.fits(4 * words.len() as u64)?;
        self.flush();
        self.table_buffer = storage(&self.gpu, "table", 4 * words.len() as u64);
        self.gpu.queue.write_buffer(&self.table_buffer, 0, bytemuck::cast_slice(&words));
        self.table = Some(table);
        self.bind();
        self.gpu.trouble.check()
    }

    fn write(&mut self, at: u32, values: &[f32]) -> Result<(), BackendError> {
        self.gpu.trouble.check()?;
        let len = u32::try_from(values.len()).unwrap_or(u32::MAX);
        self.inside(&(at..at.saturating_add(len)))?;
        let bytes: &[u8] = bytemuck::cast_slice(values);
        if bytes.is_empty() {
            return Ok(());
        }
        let mut from = self.uploads.put(&self.gpu, bytes);
        if from.is_none() {
            self.flush();
            from = self.uploads.put(&self.gpu, bytes);
        }
        let to = 4 * u64::from(at);
        let Some(from) = from else {
            self.gpu.queue.write_buffer(&self.arena, to, bytes);
            return Ok(());
        };
        self.encoder();
        if let Some(encoder) = &mut self.encoder {
            let len = bytes.len() as u64;
            encoder.copy_buffer_to_buffer(&self.uploads.buffer, from, &self.arena, to, len);
        }
        Ok(())
    }

    fn submit(&mut self, runs: &[Run], times: u32) -> Result<(), BackendError> {
        self.gpu.trouble.check()?;
        for run in runs {
            let unknown = || BackendError::Unknown { what: format!("program {}", run.program) };
            let program = self.programs.get(run.program).ok_or_else(unknown)?;
            program.checked.check_table(self.table.as_deref())?;
            // Not before they are needed: there are programs that few runs ever ask for.
            for launch in &program.launches {
                self.kernels.make(&self.gpu, launch.which, launch.variant);
            }
        }
        if self.is_resident(runs) {
            self.submit_resident(runs, times);
            return Ok(());
        }
        for _ in 0..times {
            for run in runs {
                match self.programs[run.program].form {
                    Form::Resident => {
                        self.submit_resident(&[Run { times: 1, ..*run }], run.times);
                    }
                    Form::Dispatch => {
                        (0..run.times).for_each(|_| self.submit_dispatch(run.program));
                    }
                }
            }
        }
        Ok(())
    }

    fn read(&mut self, ranges: &[Range<u32>]) -> Result<Ticket, BackendError> {
        self.gpu.trouble.check()?;
        ranges.iter().try_for_each(|range| self.inside(range))?;
        self.encoder();
        let Self { reads, encoder, gpu, arena, .. } = self;
        Ok(match encoder {
            Some(encoder) => reads.record(gpu, encoder, arena, ranges),
            None => Ticket(0),
        })
    }

    fn poll(&mut self, ticket: Ticket) -> Result<Option<Vec<f32>>, BackendError> {
        self.gpu.trouble.check()?;
        if self.encoder.is_some() || self.reads.are_open() {
            self.flush();
        }
        self.gpu.progress();
        // Also where nobody asks: their staging buffers are wanted again.
        self.device_micros()?;
        match self.reads.take(ticket) {
            Err(BackendError::Lost { why }) => {
                self.gpu.trouble.check().and(Err(BackendError::Lost { why }))
            }
            taken => taken,
        }
    }

    fn forget(&mut self, ticket: Ticket) {
        self.reads.forget(ticket);
    }

    fn in_flight(&self) -> bool {
        self.reads.in_flight()
    }

    fn device_micros(&mut self) -> Result<Option<f64>, BackendError> {
        let Self { clock, reads, .. } = self;
        clock.as_mut().map(|clock| clock.micros(reads)).transpose()
    }

    fn expected_micros(&self) -> f64 {
        self.expected_micros
    }

    /// Submissions are cut smaller on a device that is slower than its prices, and not larger on one that is quicker, which
    /// would wait for its first while that is recorded.
    fn correct(&mut self, times: f64) {
        self.slowness = times.clamp(1.0, MOST_SLOWNESS);
    }

    fn form_name(&self, program: usize) -> Option<&'static str> {
        self.form(program).map(Form::name)
    }
}
