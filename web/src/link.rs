//! The page's one line to its worker: commands out, events in, each answer to the one who asked.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use adversaria_core::spec::KEYS;
use adversaria_protocol::{Command, Event, Fault, FaultCode, Reply, decode, encode};
use js_sys::{Array, Uint8Array};
use leptos::prelude::{document, set_timeout};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

/// Waits for the address of the page's script and for its module, and runs them as a worker.
const WORKER: &str = "./worker.js";
/// Where the page's html names that script.
const SCRIPT: &str = "link[rel=modulepreload]";
/// After this long without a word the reader is told; the worker may still come.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

type Answer = Box<dyn FnOnce(Result<Reply, Fault>)>;

/// A handle on the worker; clones speak to the same one.
#[derive(Clone)]
pub struct Link {
    inner: Rc<Inner>,
}

struct Inner {
    worker: RefCell<Option<Worker>>,
    /// Counts the workers, so that the last words of an old one are not heard.
    generation: Cell<u32>,
    /// A worker's messages sent before its handler exists are lost, so they wait here until it says it is ready.
    queue: RefCell<Vec<Command>>,
    ready: Cell<bool>,
    waiting: RefCell<BTreeMap<u32, Answer>>,
    next_id: Cell<u32>,
    dead: RefCell<Option<Fault>>,
    hear: Box<dyn Fn(Event)>,
}

impl Link {
    /// A link whose events go to `hear` (replies do not: they go to those who asked). Call [`Link::start`] next.
    pub fn new(hear: impl Fn(Event) + 'static) -> Self {
        Self {
            inner: Rc::new(Inner {
                worker: RefCell::new(None),
                generation: Cell::new(0),
                queue: RefCell::default(),
                ready: Cell::new(false),
                waiting: RefCell::default(),
                next_id: Cell::new(1),
                dead: RefCell::new(None),
                hear: Box::new(hear),
            }),
        }
    }

    /// Starts a worker; an earlier one is ended and its open questions are answered with a fault.
    pub fn start(&self) {
        self.end(&internal("the engine was started again"));
        *self.inner.dead.borrow_mut() = None;
        self.inner.ready.set(false);
        let generation = self.inner.generation.get() + 1;
        self.inner.generation.set(generation);
        match self.spawn(generation) {
            Ok(worker) => *self.inner.worker.borrow_mut() = Some(worker),
            Err(fault) => return self.die(fault),
        }
        let link = self.clone();
        set_timeout(move || link.lose_patience(generation), PATIENCE);
    }

    /// Whether the worker is lost and [`Link::start`] is needed.
    pub fn is_dead(&self) -> bool {
        self.inner.dead.borrow().is_some()
    }

    /// Sends a command, now or as soon as the worker is ready.
    pub fn send(&self, command: Command) {
        if self.is_dead() {
            return;
        }
        if self.inner.ready.get() {
            self.post(&command);
        } else {
            self.inner.queue.borrow_mut().push(command);
        }
    }

    /// Sends the command that `make` builds around a fresh id; `then` is called exactly once, with its answer.
    pub fn ask(
        &self,
        make: impl FnOnce(u32) -> Command,
        then: impl FnOnce(Result<Reply, Fault>) + 'static,
    ) {
        let gone = self.inner.dead.borrow().clone();
        if let Some(fault) = gone {
            return then(Err(fault));
        }
        let id = self.inner.next_id.get();
        self.inner.next_id.set(id.wrapping_add(1));
        self.inner.waiting.borrow_mut().insert(id, Box::new(then));
        self.send(make(id));
    }

    fn spawn(&self, generation: u32) -> Result<Worker, Fault> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(WORKER, &options).map_err(|_| {
            internal(
                "this browser cannot start the engine (a module worker); please use a recent one",
            )
        })?;
        let link = self.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            link.receive(generation, &message);
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        let link = self.clone();
        let on_error = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            let why = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
            link.fail(generation, &why);
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(on_error.as_ref().unchecked_ref()));
        on_error.forget();
        hand_over(&worker).map_err(|_| internal("the engine could not be given its program"))?;
        Ok(worker)
    }

    fn receive(&self, generation: u32, message: &MessageEvent) {
        if generation != self.inner.generation.get() || self.is_dead() {
            return;
        }
        let bytes = Uint8Array::new(&message.data()).to_vec();
        match decode::<Event>(&bytes) {
            Ok(Event::Ready) => self.open(),
            Ok(Event::Reply { id, result }) => self.answer(id, result),
            Ok(event) => (self.inner.hear)(event),
            Err(error) => self.die(Fault {
                code: FaultCode::Stale,
                message: capital(&format!("{error}.")),
                can_rewind: false,
            }),
        }
    }

    fn open(&self) {
        self.inner.ready.set(true);
        let queue = std::mem::take(&mut *self.inner.queue.borrow_mut());
        (self.inner.hear)(Event::Ready);
        for command in queue {
            self.post(&command);
        }
    }

    fn answer(&self, id: u32, result: Result<Reply, Fault>) {
        let answer = self.inner.waiting.borrow_mut().remove(&id);
        if let Some(answer) = answer {
            answer(result);
        }
    }

    fn post(&self, command: &Command) {
        let sent = encode(command).map_err(|e| e.to_string()).and_then(|bytes| {
            let array = Uint8Array::from(bytes.as_slice());
            let worker = self.inner.worker.borrow();
            let worker = worker.as_ref().ok_or("there is no worker")?;
            worker
                .post_message_with_transfer(&array, &Array::of1(&array.buffer()))
                .map_err(|_| "the browser refused the message".to_owned())
        });
        if let Err(why) = sent {
            self.die(internal(&format!("the engine could not be reached: {why}")));
        }
    }

    fn fail(&self, generation: u32, why: &str) {
        if generation != self.inner.generation.get() || self.is_dead() {
            return;
        }
        let why = if why.is_empty() { "its file could not be loaded" } else { why };
        self.die(internal(&format!(
            "the engine stopped ({why}); the picture is kept, the run can be started again"
        )));
    }

    fn lose_patience(&self, generation: u32) {
        if generation == self.inner.generation.get() && !self.inner.ready.get() && !self.is_dead() {
            (self.inner.hear)(Event::Fault(internal(
                "the engine has not answered for 20 seconds; it may still be loading, otherwise reload the page",
            )));
        }
    }

    fn die(&self, fault: Fault) {
        *self.inner.dead.borrow_mut() = Some(fault.clone());
        self.end(&fault);
        (self.inner.hear)(Event::Fault(fault));
    }

    /// Ends the worker and answers every open question with `fault`.
    fn end(&self, fault: &Fault) {
        let worker = self.inner.worker.borrow_mut().take();
        if let Some(worker) = worker {
            worker.terminate();
        }
        self.inner.queue.borrow_mut().clear();
        let waiting = std::mem::take(&mut *self.inner.waiting.borrow_mut());
        for answer in waiting.into_values() {
            answer(Err(fault.clone()));
        }
    }
}

/// Gives the worker what the page itself runs, compiled already.
fn hand_over(worker: &Worker) -> Result<(), JsValue> {
    let script = document().query_selector(SCRIPT)?.and_then(|link| link.get_attribute("href"));
    worker.post_message(&Array::of2(&script.into(), &wasm_bindgen::module()))
}

/// A fault of this program, with its sentence.
pub fn internal(message: &str) -> Fault {
    Fault { code: FaultCode::Internal, message: capital(&format!("{message}.")), can_rewind: false }
}

/// The sentence with a capital first letter, unless it begins with a field, whose letters count.
pub fn capital(sentence: &str) -> String {
    let field = |word: &str| word.contains('=') || KEYS.iter().any(|key| key.name == word);
    if sentence.split(' ').next().is_some_and(field) {
        return sentence.to_owned();
    }
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        [first.to_ascii_uppercase()].into_iter().chain(letters).collect()
    })
}
