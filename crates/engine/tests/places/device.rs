//! A device that answers later and may be gone. It computes as the CPU does.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use adversaria_kernels::backend::{Backend, BackendError, Run, Ticket};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_kernels::program::{Program, Table};

/// What an iteration is expected to take, milliseconds.
const EXPECTED: f64 = 0.02;

/// A device and what is known of it. Milliseconds.
pub(crate) struct Device {
    pub(crate) now: Cell<f64>,
    /// When everything submitted so far is done.
    pub(crate) done: Cell<f64>,
    /// What an iteration takes, and how long words travel.
    pub(crate) each: Cell<f64>,
    pub(crate) journey: Cell<f64>,
    /// What was expected of all so far, and how many times that it is said to take.
    pub(crate) expected: Cell<f64>,
    pub(crate) corrected: Cell<f64>,
    pub(crate) trouble: RefCell<Option<BackendError>>,
    /// Calls until it is lost.
    pub(crate) fuse: Cell<Option<u32>>,
    pub(crate) calls: Cell<u32>,
    pub(crate) most_words: Cell<u32>,
    /// Iterations of each training submission, and how many such were under way, this one included.
    pub(crate) slices: RefCell<Vec<(u32, u32)>>,
    pub(crate) under_way: Cell<u32>,
    /// Read-backs that are kept for somebody, and how many were forgotten before they had come.
    pub(crate) held: Cell<usize>,
    pub(crate) forgotten: Cell<u32>,
    /// What was read, each time.
    pub(crate) reads: RefCell<Vec<Vec<Range<u32>>>>,
}

impl Device {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            now: Cell::new(0.0),
            done: Cell::new(0.0),
            each: Cell::new(0.02),
            journey: Cell::new(2.0),
            expected: Cell::new(0.0),
            corrected: Cell::new(1.0),
            trouble: RefCell::new(None),
            fuse: Cell::new(None),
            calls: Cell::new(0),
            most_words: Cell::new(u32::MAX),
            slices: RefCell::default(),
            under_way: Cell::new(0),
            held: Cell::new(0),
            forgotten: Cell::new(0),
            reads: RefCell::default(),
        })
    }

    pub(crate) fn lose(&self) {
        self.trouble.replace(Some(BackendError::Lost { why: "unplugged".into() }));
    }

    /// Every call to the device comes through here.
    pub(crate) fn call(&self) -> Result<(), BackendError> {
        self.calls.set(self.calls.get() + 1);
        if let Some(left) = self.fuse.get() {
            self.fuse.set(left.checked_sub(1));
            if left == 0 {
                self.lose();
            }
        }
        self.trouble.borrow().clone().map_or(Ok(()), Err)
    }
}

/// Words asked for: when they come, and whether they are a slice's.
pub(crate) struct Asked {
    pub(crate) at: f64,
    pub(crate) slice: bool,
}

/// The backend of the device.
pub(crate) struct Remote {
    pub(crate) cpu: CpuBackend,
    pub(crate) device: Rc<Device>,
    pub(crate) asked: BTreeMap<Ticket, Asked>,
    pub(crate) trained: bool,
}

impl Backend for Remote {
    fn name(&self) -> &'static str {
        "webgpu"
    }

    fn adapter(&self) -> String {
        self.name().to_owned()
    }

    fn prepare(&mut self, words: u32, programs: Vec<Program>) -> Result<(), BackendError> {
        self.device.call()?;
        let available = self.device.most_words.get();
        if words > available {
            let [needed, available] = [words, available].map(|words| 4 * u64::from(words));
            return Err(BackendError::OutOfMemory { needed, available });
        }
        self.cpu.prepare(words, programs)
    }

    fn set_table(&mut self, table: Arc<Table>) -> Result<(), BackendError> {
        self.device.call()?;
        self.cpu.set_table(table)
    }

    fn write(&mut self, at: u32, values: &[f32]) -> Result<(), BackendError> {
        self.device.call()?;
        self.cpu.write(at, values)
    }

    fn submit(&mut self, runs: &[Run], times: u32) -> Result<(), BackendError> {
        let device = &self.device;
        device.call()?;
        let millis = device.each.get() * f64::from(times);
        device.done.set(device.done.get().max(device.now.get()) + millis);
        device.expected.set(device.expected.get() + EXPECTED * f64::from(times));
        // A D-update first: an iteration.
        self.trained = runs[0].program == 0;
        if self.trained {
            device.under_way.set(device.under_way.get() + 1);
            device.slices.borrow_mut().push((times, device.under_way.get()));
        }
        self.cpu.submit(runs, times)
    }

    fn read(&mut self, ranges: &[Range<u32>]) -> Result<Ticket, BackendError> {
        self.device.call()?;
        self.device.reads.borrow_mut().push(ranges.to_vec());
        let ticket = self.cpu.read(ranges)?;
        let at = self.device.done.get().max(self.device.now.get()) + self.device.journey.get();
        let slice = std::mem::take(&mut self.trained);
        self.asked.insert(ticket, Asked { at, slice });
        self.device.held.set(self.cpu.held());
        Ok(ticket)
    }

    fn poll(&mut self, ticket: Ticket) -> Result<Option<Vec<f32>>, BackendError> {
        self.device.call()?;
        if self.asked.get(&ticket).is_some_and(|asked| asked.at > self.device.now.get()) {
            return Ok(None);
        }
        if self.asked.remove(&ticket).is_some_and(|asked| asked.slice) {
            self.device.under_way.set(self.device.under_way.get() - 1);
        }
        self.cpu.poll(ticket)
    }

    fn forget(&mut self, ticket: Ticket) {
        let Some(asked) = self.asked.remove(&ticket) else { return };
        if asked.slice {
            self.device.under_way.set(self.device.under_way.get() - 1);
        }
        self.device.forgotten.set(self.device.forgotten.get() + 1);
        self.cpu.forget(ticket);
    }

    fn in_flight(&self) -> bool {
        self.asked.values().any(|asked| asked.at > self.device.now.get())
    }

    fn expected_micros(&self) -> f64 {
        1000.0 * self.device.expected.get()
    }

    fn correct(&mut self, times: f64) {
        self.device.corrected.set(times);
    }

    fn form_name(&self, _: usize) -> Option<&'static str> {
        Some("resident")
    }
}
