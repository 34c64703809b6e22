//! Training on the CPU allocates nothing: what iterations need is made when their programs are prepared.

use adversaria_core::spec::Address;
use adversaria_engine::{Run, build_table};
use adversaria_kernels::cpu::{CpuBackend, Isa};
use allocation_counter::measure;

/// A toy, a game with second derivatives and one with large products, which several threads share.
const RUNS: [&str; 3] = [
    "data=ring8&g=16,16&d=16,16&batch=60&kd=2&ema=0.99&optd=adam:0.001",
    "data=ring8&g=16&d=16,16&dact=softplus&reg=gp:1&loss=wasserstein&batch=20&optg=rmsprop:0.001",
    "data=gaussians&g=128,128&d=128,128&batch=256&lrdecay=cosine:1000",
];

/// On this thread, in a row of iterations.
fn allocations(run: &mut Run, iterations: u32) -> u64 {
    measure(|| run.advance(iterations).expect("it trains")).count_total
}

#[test]
fn an_iteration_on_the_cpu_allocates_nothing() {
    assert!(measure(|| drop(std::hint::black_box(vec![1_u8; 100]))).count_total > 0, "it counts");
    for address in RUNS {
        let spec = Address::parse(address).expect("allowed").spec;
        let backends = [
            CpuBackend::with_isa(Isa::Scalar),
            CpuBackend::with_threads(1),
            CpuBackend::with_threads(2),
        ];
        for backend in backends {
            let name = format!("{address}, {} by {}", backend.isa_name(), backend.threads());
            let table = build_table(&spec, None).expect("a toy");
            let mut run = Run::new(spec.clone(), table, Box::new(backend)).expect("it fits");
            allocations(&mut run, 2);
            // A slice, however long it is, has a list of its programs, and now and then wakes the threads.
            let all = allocations(&mut run, 25);
            assert!(all < 10, "{name}: {all} in 25 iterations");
        }
    }
}
