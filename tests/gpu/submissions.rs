//! How work is cut into submissions: smaller on a device that is known to be slow, and with the same bits.

use std::cell::Cell;
use std::rc::Rc;

use adversaria_core::spec::Address;
use adversaria_engine::{Run, build_table};
use adversaria_gpu::{Form, Gpu, GpuBackend};
use adversaria_kernels::backend::Backend;

use crate::device::gpu;
use crate::watched::Watched;

const RING: &str = "data=ring8&g=16,16&d=16,16&batch=64&kd=2";
const ITERATIONS: u32 = 5;

/// What a run is after some iterations in this form, on a device that takes so many times what was expected: its
/// checkpoint, the submissions that were made, and the microseconds that were expected.
fn cut(gpu: &Gpu, form: Form, slowness: f64) -> (Vec<u8>, u64, f64) {
    let seen = Rc::new(Cell::new((0, 0.0)));
    let look = Rc::clone(&seen);
    let mut backend = GpuBackend::new(gpu, Some(form));
    backend.correct(slowness);
    let backend = Watched::new(backend, move |backend: &GpuBackend, _| {
        look.set((backend.submissions(), backend.expected_micros()));
    });
    let spec = Address::parse(RING).unwrap().spec;
    let table = build_table(&spec, None).unwrap();
    let mut run = Run::new(spec, table, Box::new(backend)).unwrap();
    run.metrics().unwrap();
    let (before, expected) = seen.get();
    run.advance(ITERATIONS).unwrap();
    run.metrics().unwrap();
    let (after, all) = seen.get();
    (run.checkpoint().unwrap(), after - before, all - expected)
}

#[test]
fn a_slow_device_has_smaller_submissions_with_the_same_bits() {
    let Some(gpu) = gpu() else { return };
    for form in [Form::Dispatch, Form::Resident] {
        let (bits, few, expected) = cut(&gpu, form, 1.0);
        // A device that is quicker than was thought has no larger ones: it would wait for the first.
        assert_eq!(cut(&gpu, form, 0.01).1, few);
        for slowness in [20.0, 200.0] {
            let (same, many, still) = cut(&gpu, form, slowness);
            assert!(same == bits, "{form:?}, {slowness} times as slow: other bits");
            assert!((still - expected).abs() < 1e-6 * expected, "{still} µs, {expected} µs");
            println!("{form:?}, {slowness} times as slow: {many} submissions, {few} at first");
            // 10 ms each, and what the op that fills one takes beyond that.
            let mean = slowness * expected / many as f64;
            assert!(
                many > few && mean < 30_000.0,
                "{form:?}, {slowness} times as slow: {mean} µs each"
            );
        }
    }
}
