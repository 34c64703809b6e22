//! What a device holds: read-backs that nobody wants any more go, what does not fit is refused, and a command that the
//! device refuses is heard of.

use adversaria_gpu::{Form, GpuBackend, Sources};
use adversaria_kernels::backend::{Backend, BackendError};
use adversaria_kernels::cpu::CpuBackend;
use adversaria_kernels::program::{Op, Program};

use crate::device::gpu;

/// Asks 100 times for words that nobody then wants, beside others that are waited for.
fn ask_in_vain(backend: &mut dyn Backend) {
    backend.prepare(16, clamp()).unwrap();
    for _ in 0..100 {
        let left = backend.read(std::slice::from_ref(&(0..8))).unwrap();
        words(backend);
        backend.forget(left);
        assert!(matches!(backend.poll(left), Err(BackendError::Unknown { .. })), "it is forgotten");
        // Also before the device has been given the commands.
        let left = backend.read(std::slice::from_ref(&(0..8))).unwrap();
        backend.forget(left);
        words(backend);
    }
}

#[test]
fn the_cpu_keeps_no_words_that_nobody_wants() {
    let mut cpu = CpuBackend::detect();
    ask_in_vain(&mut cpu);
    assert_eq!(cpu.held(), 0);
    cpu.read(std::slice::from_ref(&(0..8))).unwrap();
    assert_eq!(cpu.held(), 1, "it counts");
}

#[test]
fn a_device_keeps_no_words_that_nobody_wants() {
    let Some(gpu) = gpu() else { return };
    let mut backend = GpuBackend::new(&gpu, None);
    ask_in_vain(&mut backend);
    assert!(backend.held() <= 4, "{} buffers", backend.held());
}

/// One op in an arena of 16 words.
fn clamp() -> Vec<Program> {
    let p = adversaria_kernels::program::Span { at: 0, len: 4 };
    vec![Program { name: "clamp".into(), ops: vec![Op::Clamp { p, limit: 1.0 }] }]
}

fn words(backend: &mut dyn Backend) -> Vec<f32> {
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
