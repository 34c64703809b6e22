//! Where this worker computes: the browser's GPU, asked for at the start beside everything else and once more when it is
//! lost; the CPU, whose part of the program comes when it is first needed; and what the wishes of runs get of them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use adversaria_core::spec::{BackendChoice, Exec};
use adversaria_engine::{Offer, Place, Wish};
use adversaria_kernels::backend::BackendError;

use super::card::{Card, NoCard};
use super::part::Cpu;

/// A device that comes in place of a lost one and is lost within this time is the last one. One whose memory is full has none
/// in its place: that would be as full with the same run.
const TRIAL_MILLIS: f64 = 10_000.0;

/// What is known of the GPU.
enum State {
    /// It was asked for, and runs that may need it wait.
    Asked,
    There(Rc<dyn Card>),
    /// It was lost and is asked for again; nobody waits for that.
    AskedAgain,
    /// There is none, and why.
    Missing(String),
}

/// The one device of this worker, and the CPU.
pub(super) struct Devices {
    state: RefCell<State>,
    /// What computes on the CPU, once it is here.
    cpu: RefCell<Option<Cpu>>,
    /// Somebody would have had the CPU, and it was not here.
    misses_cpu: Cell<bool>,
    /// When the device came in place of a lost one.
    replaced: Cell<Option<f64>>,
}

impl Devices {
    pub(super) fn new() -> Self {
        Self {
            state: RefCell::new(State::Asked),
            cpu: RefCell::new(None),
            misses_cpu: Cell::new(false),
            replaced: Cell::new(None),
        }
    }

    /// Whether the CPU has been missed since this was last asked.
    pub(super) fn misses_cpu(&self) -> bool {
        self.misses_cpu.take()
    }

    /// What computes on the CPU is here.
    pub(super) fn bring_cpu(&self, cpu: Cpu) {
        self.cpu.replace(Some(cpu));
    }

    /// What came of asking.
    pub(super) fn answered(&self, answer: Result<Rc<dyn Card>, NoCard>, now: f64) {
        if matches!(*self.state.borrow(), State::AskedAgain) {
            self.replaced.set(Some(now));
        }
        self.state.replace(match answer {
            Ok(card) => State::There(card),
            Err(NoCard(why)) => State::Missing(why.into()),
        });
    }

    /// Waits no longer, if it still does: whether that is so.
    pub(super) fn give_up(&self) -> bool {
        let waits = matches!(*self.state.borrow(), State::Asked);
        if waits {
            self.state.replace(State::Missing("This browser's GPU does not answer".into()));
        }
        waits
    }

    /// Why the device is of no more use, told once; and whether to ask for another.
    pub(super) fn loss(&self, now: f64) -> Option<(BackendError, bool)> {
        let why = match &*self.state.borrow() {
            State::There(card) => card.trouble()?,
            State::Asked | State::AskedAgain | State::Missing(_) => return None,
        };
        let full = why == BackendError::Exhausted;
        let again = !full && self.replaced.get().is_none_or(|since| now - since > TRIAL_MILLIS);
        self.state.replace(if again {
            State::AskedAgain
        } else if full {
            State::Missing("This browser's GPU ran out of memory".into())
        } else {
            State::Missing("This browser's GPU was lost twice".into())
        });
        Some((why, again))
    }

    /// What a wish gets; nothing while the first answer is awaited.
    pub(super) fn offer(&self, wish: Wish) -> Option<Offer> {
        if wish.backend == BackendChoice::Cpu {
            return self.cpu(None);
        }
        match &*self.state.borrow() {
            State::Asked => None,
            State::AskedAgain => self.cpu(None),
            State::There(card) if wish.backend == BackendChoice::Auto && card.is_software() => {
                let what = format!("The only GPU here is software ({})", card.name());
                self.cpu(Some(&what))
            }
            State::There(card) => Some(webgpu(card, wish.exec)),
            State::Missing(why) => self.cpu(Some(why)),
        }
    }

    /// The CPU, and why it is not a GPU; nothing while its part of the program is not here.
    fn cpu(&self, why: Option<&str>) -> Option<Offer> {
        let cpu = self.cpu.borrow();
        let Some(Cpu { isa, build }) = &*cpu else {
            self.misses_cpu.set(true);
            return None;
        };
        let (adapter, build) = (format!("WASM, {isa}"), *build);
        Some(Offer {
            place: Place { backend: "cpu", adapter, exec: Exec::Auto },
            notice: why.map(|why| format!("{why}, so the run computes on the CPU.")),
            build: Box::new(build),
        })
    }
}

fn webgpu(card: &Rc<dyn Card>, exec: Exec) -> Offer {
    let software = if card.is_software() { " (software)" } else { "" };
    let card = Rc::clone(card);
    Offer {
        place: Place { backend: "webgpu", adapter: format!("{}{software}", card.name()), exec },
        notice: None,
        build: Box::new(move || card.backend(exec)),
    }
}
