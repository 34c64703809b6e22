//! A host with a clock that the test moves.

use std::cell::Cell;

use adversaria_engine::{Next, Offer, Session};
use adversaria_protocol::{Command, Event, Fault, Frame, Metrics, Reply, Scene, Trail};

/// A session, the time, and everything it has said.
pub(crate) struct Host {
    pub(crate) session: Session,
    pub(crate) time: Cell<f64>,
    /// Milliseconds that pass with each look at the clock.
    pub(crate) tick: f64,
    pub(crate) heard: Vec<Event>,
}

impl Host {
    pub(crate) fn new() -> Self {
        let session = Session::new(Box::new(|_| Some(Offer::cpu("test".into()))));
        Self { session, time: Cell::new(0.0), tick: 1.0, heard: vec![] }
    }

    pub(crate) fn with(spec: &str) -> Self {
        let mut host = Self::new();
        host.load(spec).expect("a run that is allowed");
        host
    }

    pub(crate) fn say(&mut self, command: Command) {
        self.session.handle(command, self.time.get());
        self.heard.extend(self.session.take_events());
    }

    /// Works for so many turns of the loop.
    pub(crate) fn work(&mut self, turns: u32) -> Next {
        let mut next = Next::Wait;
        for _ in 0..turns {
            let now = || {
                self.time.set(self.time.get() + self.tick);
                self.time.get()
            };
            next = self.session.work(&now);
            self.heard.extend(self.session.take_events());
        }
        next
    }

    pub(crate) fn answer(&mut self, id: u32) -> Result<Reply, Fault> {
        for _ in 0..10_000 {
            let found = self.heard.iter().find_map(|event| match event {
                Event::Reply { id: of, result } if *of == id => Some(result.clone()),
                _ => None,
            });
            if let Some(result) = found {
                self.heard
                    .retain(|event| !matches!(event, Event::Reply { id: of, .. } if *of == id));
                return result;
            }
            self.work(1);
        }
        panic!("no answer to {id}");
    }

    pub(crate) fn load(&mut self, spec: &str) -> Result<Reply, Fault> {
        self.say(Command::Load { id: 1, spec: spec.into() });
        self.answer(1)
    }

    pub(crate) fn advance(&mut self, iterations: u64) -> Result<Metrics, Fault> {
        self.say(Command::Advance { id: 2, iterations });
        match self.answer(2)? {
            Reply::Metrics(metrics) => Ok(metrics),
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
        self.answer(4).expect("a change that is allowed");
    }

    pub(crate) fn travel(&mut self, branch: u32, iteration: u64) -> Result<Reply, Fault> {
        self.say(Command::Travel { id: 5, branch, iteration });
        self.answer(5)
    }

    pub(crate) fn trail(&self) -> &Trail {
        let mut trails = self.heard.iter().rev().filter_map(|event| match event {
            Event::Trail(trail) => Some(trail),
            _ => None,
        });
        trails.next().expect("there is a trail")
    }

    pub(crate) fn frame(&self) -> &Frame {
        let mut frames = self.heard.iter().rev().filter_map(|event| match event {
            Event::Frame(frame) => Some(frame),
            _ => None,
        });
        frames.next().expect("there is a frame")
    }

    pub(crate) fn scene(&self) -> &Scene {
        let mut scenes = self.heard.iter().rev().filter_map(|event| match event {
            Event::Staged(scene) => Some(scene),
            _ => None,
        });
        scenes.next().expect("there is a scene")
    }

    pub(crate) fn fault(&self) -> Option<&Fault> {
        self.heard
            .iter()
            .find_map(|event| if let Event::Fault(fault) = event { Some(fault) } else { None })
    }
}
