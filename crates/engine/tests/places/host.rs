//! A host of a session, with a clock of its own and a GPU that it may know of.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use adversaria_core::spec::BackendChoice;
use adversaria_engine::{Next, Offer, Place, Session, Wish};
use adversaria_kernels::backend::BackendError;
use adversaria_kernels::cpu::CpuBackend;
use adversaria_protocol::{Command, Event, Fault, Metrics, Reply, Scene};
use safetensors::SafeTensors;

use crate::device::{Device, Remote};

/// What a host knows of its GPU.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Known {
    Nothing,
    Missing,
    Software,
    Real,
    /// A real one, while what computes on the CPU has not come.
    Alone,
}

/// A session, its device, and everything it has said.
pub(crate) struct Host {
    pub(crate) session: Session,
    pub(crate) device: Rc<RefCell<Rc<Device>>>,
    pub(crate) known: Rc<Cell<Known>>,
    pub(crate) now: f64,
    pub(crate) heard: Vec<Event>,
    pub(crate) turns: u32,
}

impl Host {
    pub(crate) fn new(known: Known) -> Self {
        let (known, device) = (Rc::new(Cell::new(known)), Rc::new(RefCell::new(Device::new())));
        let (of, at) = (Rc::clone(&known), Rc::clone(&device));
        let session = Session::new(Box::new(move |wish| offer(wish, of.get(), &at.borrow())));
        Self { session, device, known, now: 0.0, heard: vec![], turns: 0 }
    }

    pub(crate) fn with(known: Known, spec: &str) -> Self {
        let mut host = Self::new(known);
        host.load(spec).expect("a run that is allowed");
        host
    }

    pub(crate) fn device(&self) -> Rc<Device> {
        Rc::clone(&self.device.borrow())
    }

    /// The device is gone, and the session hears of it.
    pub(crate) fn lose_device(&mut self) {
        self.device().lose();
        self.session.lost("webgpu", BackendError::Lost { why: "unplugged".into() }, self.now);
    }

    pub(crate) fn say(&mut self, command: Command) {
        self.session.handle(command, self.now);
        self.hear();
    }

    pub(crate) fn hear(&mut self) {
        self.heard.extend(self.session.take_events());
    }

    pub(crate) fn pass(&mut self, millis: f64) {
        self.now += millis;
        self.device().now.set(self.now);
    }

    /// One turn. When there is nothing to do until words come, time passes until then.
    pub(crate) fn turn(&mut self) -> Next {
        self.turns += 1;
        self.pass(0.01);
        let now = self.now;
        let next = self.session.work(&|| now);
        self.hear();
        match next {
            Next::Words => self.pass(0.2),
            Next::After(millis) => self.pass(millis),
            Next::Again | Next::Wait => {}
        }
        next
    }

    pub(crate) fn work_for(&mut self, millis: f64) {
        let end = self.now + millis;
        while self.now < end {
            if self.turn() == Next::Wait {
                self.pass(1.0);
            }
        }
    }

    pub(crate) fn replies(&self, id: u32) -> Vec<Result<Reply, Fault>> {
        let of = |event: &Event| match event {
            Event::Reply { id: of, result } if *of == id => Some(result.clone()),
            _ => None,
        };
        self.heard.iter().filter_map(of).collect()
    }

    /// Works until the answer to `id` is there, and takes it.
    pub(crate) fn answer(&mut self, id: u32) -> Result<Reply, Fault> {
        for _ in 0..100_000 {
            if let Some(reply) = self.replies(id).pop() {
                self.heard.retain(|e| !matches!(e, Event::Reply { id: of, .. } if *of == id));
                return reply;
            }
            self.turn();
        }
        panic!("no answer to {id}");
    }

    pub(crate) fn load(&mut self, spec: &str) -> Result<Reply, Fault> {
        self.say(Command::Load { id: 1, spec: spec.into() });
        self.answer(1)
    }

    pub(crate) fn advance(&mut self, iterations: u64) -> Metrics {
        self.say(Command::Advance { id: 2, iterations });
        match self.answer(2) {
            Ok(Reply::Metrics(metrics)) => metrics,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn checkpoint(&mut self) -> Vec<u8> {
        self.say(Command::Checkpoint { id: 3 });
        match self.answer(3) {
            Ok(Reply::Bytes(bytes)) => bytes,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn change(&mut self, field: &str, value: &str) {
        self.say(Command::Change { id: 4, field: field.into(), value: value.into() });
        assert_eq!(self.answer(4), Ok(Reply::Done), "{field}={value}");
    }

    pub(crate) fn scene(&self) -> &Scene {
        let scene = self.heard.iter().rev().find_map(|event| match event {
            Event::Staged(scene) => Some(&**scene),
            _ => None,
        });
        scene.expect("there is a scene")
    }

    pub(crate) fn faults(&self) -> Vec<&Fault> {
        let faults = self.heard.iter().filter_map(|event| match event {
            Event::Fault(fault) => Some(fault),
            _ => None,
        });
        faults.collect()
    }

    pub(crate) fn notices(&self) -> Vec<&str> {
        let notices = self.heard.iter().filter_map(|event| match event {
            Event::Notice(said) => Some(said.as_str()),
            _ => None,
        });
        notices.collect()
    }

    /// Where the run was said to have gone.
    pub(crate) fn moves(&self) -> Vec<&str> {
        let moves = self.heard.iter().filter_map(|event| match event {
            Event::Moved { backend, .. } => Some(backend.as_str()),
            _ => None,
        });
        moves.collect()
    }

    /// The iteration of the last frame.
    pub(crate) fn iteration(&self) -> u64 {
        let iteration = |event: &Event| match event {
            Event::Frame(frame) => Some(frame.metrics.iteration),
            _ => None,
        };
        self.heard.iter().rev().find_map(iteration).unwrap_or(0)
    }
}

pub(crate) fn offer(wish: Wish, known: Known, device: &Rc<Device>) -> Option<Offer> {
    let cpu = |notice: Option<&str>| {
        Some(Offer { notice: notice.map(str::to_owned), ..Offer::cpu("test".into()) })
    };
    match (wish.backend, known) {
        (BackendChoice::Cpu, Known::Alone) => None,
        (BackendChoice::Cpu, _) => cpu(None),
        (_, Known::Nothing) => None,
        (_, Known::Missing) => cpu(Some("There is no GPU.")),
        (BackendChoice::Auto, Known::Software) => cpu(Some("The GPU is software.")),
        (_, Known::Software | Known::Real | Known::Alone) => {
            let device = Rc::clone(device);
            Some(Offer {
                place: Place { backend: "webgpu", adapter: "far away".into(), exec: wish.exec },
                notice: None,
                build: Box::new(move || {
                    let cpu = CpuBackend::detect();
                    device.under_way.set(0);
                    Box::new(Remote { cpu, device, asked: BTreeMap::new(), trained: false })
                }),
            })
        }
    }
}

/// Everything in a checkpoint but the log.
pub(crate) fn tensors(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let file = SafeTensors::deserialize(file).expect("a checkpoint");
    let kept = file.tensors().into_iter().filter(|(name, _)| name != "log");
    kept.map(|(name, view)| (name, view.data().to_vec())).collect()
}

pub(crate) fn log(file: &[u8]) -> String {
    let file = SafeTensors::deserialize(file).expect("a checkpoint");
    let log = file.tensor("log").expect("a log").data().to_vec();
    String::from_utf8(log).expect("text")
}

/// The tensors of this run after so many iterations on the CPU alone.
pub(crate) fn alone(spec: &str, iterations: u64) -> BTreeMap<String, Vec<u8>> {
    let mut host = Host::with(Known::Missing, spec);
    host.advance(iterations);
    tensors(&host.checkpoint())
}
