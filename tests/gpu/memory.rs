//! What a device holds: read-backs that nobody wants any more go, what does not fit is refused, and a command that the
//! device refuses is heard of.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use adversaria_engine::{Offer, Place, Session};
use adversaria_gpu::{Form, GpuBackend, Sources};
use adversaria_kernels::backend::{Backend, BackendError};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_kernels::program::{Op, Program};
use adversaria_protocol::{Command, Event};

use crate::device::gpu;
use crate::watched::Watched;

/// How often the run goes elsewhere while words are on their way.
const TRAVELS: u32 = 100;

/// A run goes to and fro in its history while it plays. What its executor holds after each time.
fn held_after_travels(backend: impl Backend + 'static, count: &Rc<Cell<usize>>) -> Vec<usize> {
    let name = backend.name();
    let backend = RefCell::new(Some(Box::new(backend) as Box<dyn Backend>));
    let mut session = Session::new(Box::new(move |wish| {
        let Some(backend) = backend.take() else { return Some(Offer::cpu("test".into())) };
        let place = Place { backend: name, adapter: "test".into(), exec: wish.exec };
        Some(Offer { place, notice: None, build: Box::new(|| backend) })
    }));
    let begun = Instant::now();
    let now = || 1000.0 * begun.elapsed().as_secs_f64();
    let spec = "v=1&data=ring8&g=4&d=4&batch=8".to_owned();
    session.handle(Command::Load { id: 0, spec }, now());
    let mut answered = 0;
    let mut held = vec![];
    let mut turns = |session: &mut Session, until: u32| {
        for turn in 0.. {
            assert!(turn < 1_000_000, "no answer to {until}");
            session.work(&now);
            let replies = session.take_events().filter_map(|event| match event {
                Event::Reply { id, result } => Some((id, result)),
                _ => None,
            });
            for (id, result) in replies {
                assert!(result.is_ok(), "{id}: {result:?}");
                answered = id;
            }
            if answered == until {
                break;
            }
        }
    };
    session.handle(Command::Advance { id: 1, iterations: 20 }, now());
    turns(&mut session, 1);
    for travel in 0..TRAVELS {
        let id = 2 + travel;
        session.handle(Command::Play, now());
        session.work(&now);
        let iteration = u64::from(travel % 20);
        session.handle(Command::Travel { id, branch: 0, iteration }, now());
        turns(&mut session, id);
        held.push(count.get());
    }
    held
}

/// The most at any time must not be more than the most of the first times.
fn stays_flat(held: &[usize]) {
    let most = |part: &[usize]| part.iter().max().copied().unwrap_or(0);
    let (early, late) = held.split_at(held.len() / 4);
    assert!(most(late) <= most(early) + 2, "{held:?}");
}

#[test]
fn the_cpu_keeps_no_words_of_moments_that_were_left() {
    let count = Rc::new(Cell::new(0));
    let seen = Rc::clone(&count);
    let backend = Watched::new(CpuBackend::detect(), move |cpu, _| seen.set(cpu.held()));
    stays_flat(&held_after_travels(backend, &count));
}

#[test]
fn a_device_keeps_no_words_of_moments_that_were_left() {
    let Some(gpu) = gpu() else { return };
    let count = Rc::new(Cell::new(0));
    let seen = Rc::clone(&count);
    let backend =
        Watched::new(GpuBackend::new(&gpu, None), move |gpu: &GpuBackend, _| seen.set(gpu.held()));
    stays_flat(&held_after_travels(backend, &count));
}

/// One op in an arena of 16 words.
fn clamp() -> Vec<Program> {
    let p = adversaria_kernels::program::Span { at: 0, len: 4 };
    vec![Program { name: "clamp".into(), ops: vec![Op::Clamp { p, limit: 1.0 }] }]
}

fn words(backend: &mut GpuBackend) -> Vec<f32> {
    let ticket = backend.read(std::slice::from_ref(&(0..4))).unwrap();
    loop {
        if let Some(words) = backend.poll(ticket).unwrap() {
            return words;
        }
    }
}

#[test]
fn an_arena_that_does_not_fit_is_refused_and_changes_nothing() {
    let Some(gpu) = gpu() else { return };
    let mut backend = GpuBackend::new(&gpu, Some(Form::Dispatch));
    backend.prepare(16, clamp()).unwrap();
    backend.write(0, &[0.5, 1.0, 2.0, -3.0]).unwrap();
    let Err(BackendError::OutOfMemory { needed, available }) = backend.prepare(u32::MAX, clamp())
    else {
        panic!("16 GiB fit");
    };
    assert!(needed == 4 * u64::from(u32::MAX) && available < needed, "{needed}, {available}");
    assert_eq!(words(&mut backend), [0.5, 1.0, 2.0, -3.0]);
    assert!(gpu.is_sound());
}

#[test]
fn a_command_that_the_device_refuses_is_heard_of() {
    let Some(gpu) = gpu() else { return };
    assert!(gpu.is_sound() && gpu.trouble().is_none());
    let sources = Sources { dispatch: "fn no_kernel() {}".into(), ..Sources::default() };
    let mut backend = GpuBackend::with_sources(&gpu, Some(Form::Dispatch), &sources);
    // The kernel is not made before it is needed.
    backend.prepare(16, clamp()).unwrap();
    let ran = backend.submit(&[adversaria_kernels::backend::Run { program: 0, times: 1 }], 1);
    let heard = ran.and_then(|()| backend.read(std::slice::from_ref(&(0..4))));
    let Err(BackendError::Refused { why }) = heard else { panic!("{heard:?}") };
    assert!(why.contains("clamp") && !why.contains('\n'), "{why}");
    assert!(!gpu.is_sound());
    let refused = Err(BackendError::Refused { why });
    assert_eq!(gpu.trouble().map_or(Ok(()), Err), refused);
    assert_eq!(backend.prepare(16, clamp()), refused, "and it stays so");
    assert_eq!(backend.write(0, &[0.0]), refused);
}
