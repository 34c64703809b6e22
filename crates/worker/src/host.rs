//! The worker's loop: commands in, slices of work, events out. Between slices it yields through a `MessageChannel`
//! (a hundredth of a millisecond), never a timer (4 ms) nor animation frames (which stop when the page is hidden).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use adversaria_core::images::ImageSet;
use adversaria_engine::{Next, Session};
use adversaria_protocol::{Command, Event, Fault, FaultCode, Frame, ProtocolError, decode, encode};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent};

mod card;
mod devices;
mod part;

use devices::Devices;
use part::NoPart;

/// The first 10,000 training images, and the other 50,000.
const PACKS: [&str; 2] = ["data/mnist-train-a.bin.gz", "data/mnist-train-b.bin.gz"];
/// Images in the first pack.
const FIRST_PACK: u32 = 10_000;
/// For so long nothing may have trained before the second pack is fetched unasked.
const REST_MILLIS: f64 = 4000.0;
/// Least time between two words about a download.
const PROGRESS_MILLIS: f64 = 100.0;
/// The first answer about a GPU is awaited no longer than this.
const PATIENCE_MILLIS: f64 = 5000.0;
/// So long after iterations are first seen, what computes on the CPU is fetched, in case the GPU is lost.
const STANDBY_MILLIS: f64 = 5000.0;
/// Words on their way are looked for after this long, in case nobody says that they have come.
const WORDS_MILLIS: f64 = 50.0;

struct Host {
    scope: DedicatedWorkerGlobalScope,
    session: RefCell<Session>,
    devices: Rc<Devices>,
    /// A look for words has been arranged.
    looks: Cell<bool>,
    channel: MessageChannel,
    /// A turn of the loop has been asked for.
    asked: Cell<bool>,
    /// Packs of images that are here, and whether one is on its way.
    packs: Cell<usize>,
    fetching: Cell<bool>,
    /// What reads and writes checkpoints is on its way.
    fetching_files: Cell<bool>,
    /// So is what computes on the CPU, or it is here.
    fetching_cpu: Cell<bool>,
    /// The user's own images replace the packs.
    own_images: Cell<bool>,
    /// When something last trained, milliseconds.
    trained: Cell<f64>,
    /// A frame of a run that has trained was told, and what follows from that was done.
    shown: Cell<bool>,
    stood_by: Cell<bool>,
}

thread_local! {
    /// The host, for those who can be given no more than a function.
    static HOST: RefCell<Option<Rc<Host>>> = const { RefCell::new(None) };
}

/// Asks for a turn of the loop: words have come from the GPU, or it is gone.
fn wake() {
    HOST.with_borrow(|host| host.iter().for_each(|host| host.ask()));
}

/// Starts hearing commands, and tells the page so. Called once, in a worker.
pub fn start() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let Ok(channel) = MessageChannel::new() else { return };
    let devices = Rc::new(Devices::new());
    let offers = Rc::clone(&devices);
    let session = Session::without_files(Box::new(move |wish| offers.offer(wish)));
    let host = Rc::new(Host {
        scope,
        session: RefCell::new(session),
        devices,
        looks: Cell::new(false),
        channel,
        asked: Cell::new(false),
        packs: Cell::new(0),
        fetching: Cell::new(false),
        fetching_files: Cell::new(false),
        fetching_cpu: Cell::new(false),
        own_images: Cell::new(false),
        trained: Cell::new(0.0),
        shown: Cell::new(false),
        stood_by: Cell::new(false),
    });
    HOST.set(Some(Rc::clone(&host)));
    host.listen();
    host.tell();
    host.ask_for_device();
    let waiting = Rc::clone(&host);
    host.after(PATIENCE_MILLIS, move || {
        if waiting.devices.give_up() {
            waiting.offers_changed();
        }
    });
}

impl Host {
    fn listen(self: &Rc<Self>) {
        let host = Rc::clone(self);
        let on_command = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            host.hear(&message.data());
        });
        self.scope.set_onmessage(Some(on_command.as_ref().unchecked_ref()));
        on_command.forget();
        let host = Rc::clone(self);
        let on_turn = Closure::<dyn FnMut(MessageEvent)>::new(move |_| host.turn());
        self.channel.port1().set_onmessage(Some(on_turn.as_ref().unchecked_ref()));
        on_turn.forget();
    }

    fn now(&self) -> f64 {
        self.scope.performance().map_or(0.0, |performance| performance.now())
    }

    fn hear(self: &Rc<Self>, data: &JsValue) {
        let bytes = Uint8Array::new(data).to_vec();
        match decode::<Command>(&bytes) {
            Ok(command) => {
                if matches!(command, Command::Images { .. }) {
                    self.own_images.set(true);
                }
                let now = self.now();
                self.session.borrow_mut().handle(command, now);
            }
            Err(error) => self.post(&Event::Fault(message_fault(&error))),
        }
        self.fetch_wanted_images();
        if self.session.borrow().wants_files() {
            self.fetch_files();
        }
        self.heed_cpu();
        self.tell();
        self.ask();
    }

    /// Fetches what computes on the CPU, when a run would have had it.
    fn heed_cpu(self: &Rc<Self>) {
        if self.devices.misses_cpu() {
            self.fetch_cpu();
        }
    }

    fn fetch_cpu(self: &Rc<Self>) {
        if self.fetching_cpu.replace(true) {
            return;
        }
        let host = Rc::clone(self);
        spawn_local(async move {
            match part::cpu().await {
                Ok(cpu) => {
                    host.devices.bring_cpu(cpu);
                    host.session.borrow_mut().cpu_is_here(host.now());
                }
                Err(NoPart(why)) => {
                    host.fetching_cpu.set(false);
                    host.session.borrow_mut().no_cpu(why, host.now());
                }
            }
            host.fetch_wanted_images();
            host.tell();
            host.ask();
        });
    }

    /// Fetches what reads and writes checkpoints, when one is first asked for.
    fn fetch_files(self: &Rc<Self>) {
        if self.fetching_files.replace(true) {
            return;
        }
        let host = Rc::clone(self);
        spawn_local(async move {
            let files = part::files().await;
            host.fetching_files.set(false);
            let now = host.now();
            host.session.borrow_mut().bring_files(files.map_err(|why| why.0.into()), now);
            host.tell();
            host.ask();
        });
    }

    fn turn(self: &Rc<Self>) {
        self.asked.set(false);
        let next = self.session.borrow_mut().work(&|| self.now());
        if self.session.borrow().moves() {
            self.trained.set(self.now());
        }
        self.heed_device();
        self.heed_cpu();
        self.tell();
        if self.shown.get() && !self.stood_by.replace(true) {
            let host = Rc::clone(self);
            self.after(STANDBY_MILLIS, move || host.fetch_cpu());
        }
        match next {
            Next::Again => self.ask(),
            Next::After(millis) => self.ask_after(millis),
            Next::Words => self.look_for_words(),
            Next::Wait => {}
        }
    }

    fn ask_for_device(self: &Rc<Self>) {
        let host = Rc::clone(self);
        spawn_local(async move {
            let answer = card::request(wake).await;
            host.devices.answered(answer, host.now());
            host.offers_changed();
        });
    }

    fn offers_changed(self: &Rc<Self>) {
        let now = self.now();
        self.session.borrow_mut().offers_changed(now);
        self.fetch_wanted_images();
        self.heed_cpu();
        self.tell();
        self.ask();
    }

    /// Hears that the device is gone, and asks for another where that has a chance.
    fn heed_device(self: &Rc<Self>) {
        let Some((why, again)) = self.devices.loss(self.now()) else { return };
        let now = self.now();
        self.session.borrow_mut().lost("webgpu", why, now);
        if again {
            self.ask_for_device();
        }
        self.ask();
    }

    /// The device calls when words have come; should it not, they are looked for now and then.
    fn look_for_words(self: &Rc<Self>) {
        if !self.looks.replace(true) {
            let host = Rc::clone(self);
            self.after(WORDS_MILLIS, move || {
                host.looks.set(false);
                host.ask();
            });
        }
    }

    /// Asks for a turn of the loop, once.
    fn ask(&self) {
        if !self.asked.replace(true) && self.channel.port2().post_message(&JsValue::NULL).is_err() {
            self.asked.set(false);
        }
    }

    fn ask_after(self: &Rc<Self>, millis: f64) {
        let host = Rc::clone(self);
        self.after(millis, move || host.ask());
    }

    /// Does something later; at once where there are no timers.
    fn after(&self, millis: f64, then: impl FnOnce() + 'static) {
        let wake = Closure::once_into_js(then);
        #[expect(clippy::cast_possible_truncation, reason = "a few seconds at most")]
        let millis = millis.clamp(0.0, 10_000.0) as i32;
        let wake: &js_sys::Function = wake.unchecked_ref();
        let set = self.scope.set_timeout_with_callback_and_timeout_and_arguments_0(wake, millis);
        if set.is_err() && wake.call0(&JsValue::NULL).is_err() {
            self.post(&Event::Notice("the browser's timers do not work".into()));
        }
    }

    /// Sends what there is to tell.
    fn tell(&self) {
        let events: Vec<Event> = self.session.borrow_mut().take_events().collect();
        for event in &events {
            self.post(event);
            let trained = |frame: &Frame| frame.metrics.iteration > 0;
            self.shown
                .set(self.shown.get() || matches!(event, Event::Frame(frame) if trained(frame)));
        }
    }

    fn post(&self, event: &Event) {
        let bytes = match encode(event) {
            Ok(bytes) => Uint8Array::from(bytes.as_slice()),
            // Every event can be written; if one could not, the page must still hear of it.
            Err(error) => match encode(&Event::Fault(message_fault(&error))) {
                Ok(bytes) => Uint8Array::from(bytes.as_slice()),
                Err(_) => return,
            },
        };
        let transfer = Array::of1(&bytes.buffer());
        if self.scope.post_message_with_transfer(&bytes, &transfer).is_err() {
            web_sys::console::warn_1(&"the page could not be told".into());
        }
    }

    /// Fetches images where a run waits for them.
    fn fetch_wanted_images(self: &Rc<Self>) {
        if self.session.borrow().wants_images().is_some() {
            self.fetch_images();
        }
    }

    /// Fetches the pack of images that comes next, unless one is on its way, all are here, or the user brought others.
    fn fetch_images(self: &Rc<Self>) {
        let wanted = self.session.borrow().wants_images();
        let next = self.packs.get();
        if self.fetching.get() || self.own_images.get() || next >= PACKS.len() {
            return;
        }
        self.fetching.set(true);
        let host = Rc::clone(self);
        spawn_local(async move {
            let result = host.fetch_pack(next).await;
            host.fetching.set(false);
            host.take_pack(next, wanted, result);
            host.tell();
            host.ask();
        });
    }

    /// Fetches the rest at once when a run waits for it, else as soon as nothing trains: unpacking takes a core.
    fn fetch_rest_in_peace(self: &Rc<Self>) {
        if self.session.borrow().wants_images().is_some() {
            return self.fetch_images();
        }
        let host = Rc::clone(self);
        self.after(REST_MILLIS, move || {
            let quiet = host.now() - host.trained.get() >= REST_MILLIS;
            if quiet { host.fetch_images() } else { host.fetch_rest_in_peace() }
        });
    }

    async fn fetch_pack(self: &Rc<Self>, number: usize) -> Result<ImageSet, String> {
        let host = Rc::clone(self);
        let what = if number == 0 {
            "MNIST, the first 10,000 images"
        } else {
            "MNIST, the other 50,000 images"
        };
        let last = Cell::new(f64::NEG_INFINITY);
        let progress = Box::new(move |done, total| {
            let now = host.now();
            if now - last.get() >= PROGRESS_MILLIS || done == total {
                last.set(now);
                host.session.borrow_mut().progress(what, done, total);
                host.tell();
            }
        });
        let pack = part::pack(PACKS[number], progress).await;
        pack.map_err(|NoPart(why)| why)?.await
    }

    fn take_pack(
        self: &Rc<Self>,
        number: usize,
        wanted: Option<u32>,
        result: Result<ImageSet, String>,
    ) {
        match result {
            Ok(set) if !self.own_images.get() => {
                let now = self.now();
                self.packs.set(number + 1);
                let supplied = self.session.borrow_mut().supply_images(set, number > 0, now);
                if let Err(error) = supplied {
                    self.session.borrow_mut().images_failed(&error.to_string());
                }
                self.fetch_rest_in_peace();
            }
            Ok(_) => {}
            // Nobody asked for the second pack yet: it is tried again when somebody does.
            Err(_) if wanted.is_none_or(|rows| number > 0 && rows <= FIRST_PACK) => {}
            Err(why) => self
                .session
                .borrow_mut()
                .images_failed(&format!("MNIST could not be fetched: {why}")),
        }
    }
}

fn message_fault(error: &ProtocolError) -> Fault {
    let code = match error {
        ProtocolError::Version { .. } => FaultCode::Stale,
        ProtocolError::Damaged(_) => FaultCode::Internal,
    };
    Fault { code, message: error.to_string(), can_rewind: false }
}
