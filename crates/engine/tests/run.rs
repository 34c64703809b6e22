//! A run as a whole: the same spec gives the same bits, a checkpoint goes on where it was, and a toy is learned.

use adversaria_core::spec::Address;
use adversaria_engine::{Checkpoint, EngineError, Run, build_table};
use adversaria_kernels::cpu::CpuBackend;

fn run(address: &str) -> Run {
    let spec = Address::parse(address).expect("a valid address").spec;
    let table = build_table(&spec, None).expect("a toy needs no images");
    Run::new(spec, table, Box::new(CpuBackend::detect())).expect("it fits")
}

fn resume(bytes: &[u8]) -> Result<Run, EngineError> {
    let checkpoint = Checkpoint::parse(bytes)?;
    let table = build_table(checkpoint.start(), None)?;
    checkpoint.resume(table, Box::new(CpuBackend::detect()))
}

const SPECS: [&str; 8] = [
    "data=bimodal&g=16,16&d=16,16&batch=30",
    "data=ring8&g=16&d=16&optd=rmsprop:0.001&optg=sgd:0.01:0.5&kd=2&ema=0.99&loss=hinge",
    "data=ring8&g=8,8&d=8,8&order=simultaneous&lrdecay=cosine:1500&loss=leastsquares",
    "data=gaussian1d&g=8&d=8&loss=wasserstein&reg=clip:0.1&lrdecay=exp:0.999&z=uniform:3",
    "data=swissroll&g=&d=5&gact=sine&dact=softplus&loss=minimax&batch=1",
    "data=ring8&g=8&d=8,8&reg=r1:1+gp:0.5+noise:0.1+spectral&batch=20",
    "data=grid25&g=8&d=8&cond=1&pack=2&batch=20",
    "data=bimodal&g=8&d=8&dact=tanh&unroll=3&batch=20",
];

#[test]
fn the_same_spec_gives_the_same_checkpoint() {
    for spec in SPECS {
        let [first, second] = [(); 2].map(|()| {
            let mut run = run(spec);
            run.advance(1000).expect("it runs");
            run.checkpoint().expect("it reads")
        });
        assert_eq!(first, second, "{spec}");
        let mut other = run(&format!("{spec}&seed=2"));
        other.advance(1000).expect("it runs");
        assert_ne!(first, other.checkpoint().expect("it reads"), "{spec} with another seed");
    }
}

#[test]
fn a_resumed_run_goes_on_bit_for_bit() {
    for spec in SPECS {
        let mut whole = run(spec);
        whole.advance(1000).expect("it runs");
        let mut half = run(spec);
        half.advance(500).expect("it runs");
        let mut rest = resume(&half.checkpoint().expect("it reads")).expect("its own checkpoint");
        rest.advance(500).expect("it runs");
        assert_eq!(
            whole.checkpoint().expect("it reads"),
            rest.checkpoint().expect("it reads"),
            "{spec}"
        );
    }
}

#[test]
fn changes_are_logged_and_come_back_with_the_checkpoint() {
    let mut changed = run("data=ring8&g=8&d=8");
    changed.advance(10).expect("it runs");
    for (field, value) in [("kd", "3"), ("loss", "hinge"), ("optg", "adam:0.01")] {
        changed.change(field, value).expect("these may change");
    }
    changed.advance(10).expect("it runs");
    let refused = changed.change("batch", "64").expect_err("a batch cannot change");
    assert!(refused.to_string().contains("batch"), "{refused}");
    let mut back = resume(&changed.checkpoint().expect("it reads")).expect("its own checkpoint");
    assert_eq!(back.log(), changed.log());
    assert_eq!(back.spec(), changed.spec());
    for run in [&mut back, &mut changed] {
        run.advance(10).expect("it runs");
    }
    assert_eq!(back.checkpoint().expect("it reads"), changed.checkpoint().expect("it reads"));
}

#[test]
fn damaged_checkpoints_are_refused_in_one_sentence() {
    let mut run = run("data=ring8&g=8&d=8");
    let bytes = run.checkpoint().expect("it reads");
    let mut other_shape = bytes.clone();
    let at = bytes.windows(5).position(|w| w == b"[8,2]").expect("G's first layer is [8, 2]");
    other_shape[at..at + 5].copy_from_slice(b"[2,8]");
    let cases = [
        bytes[..bytes.len() / 2].to_vec(),
        vec![],
        b"not a file at all, but long enough".to_vec(),
        other_shape,
    ];
    for case in cases {
        let error = Checkpoint::parse(&case).expect_err("damaged");
        assert!(matches!(error, EngineError::BadCheckpoint(_)), "{error}");
    }
}

#[test]
fn a_given_generator_is_the_one_that_is_sampled() {
    let mut run = run("data=gaussians&g=&d=8&kg=0");
    run.give_generator(&[0.5, 0.0, 0.25, 2.0, 1.0, -1.0]).expect("A and b");
    assert_eq!(run.generator_parameters().expect("it reads"), [0.5, 0.0, 0.25, 2.0, 1.0, -1.0]);
    run.advance(20).expect("it runs");
    let samples = run.sample(20_000, false).expect("it draws");
    let mean = |f: &dyn Fn(&[f32]) -> f32| samples.chunks(2).map(f).sum::<f32>() / 20_000.0;
    // Five standard errors of N((1, −1), A Aᵀ): variances 0.25 and 4.0625, covariance 0.125.
    assert!((mean(&|x| x[0]) - 1.0).abs() < 0.018 && (mean(&|x| x[1]) + 1.0).abs() < 0.072);
    let covariance = mean(&|x| (x[0] - 1.0) * (x[1] + 1.0));
    assert!((covariance - 0.125).abs() < 0.037, "{covariance}");
    let points = [0.5, -0.5, 1.0, 0.0];
    let raw = run.raw_score(&points).expect("it scores");
    for (a, d) in raw.iter().zip(run.score(&points).expect("it scores")) {
        assert!((1.0 / (1.0 + (-a).exp()) - d).abs() < 1e-6);
    }
    let error = run.give_generator(&[0.0; 5]).expect_err("one is missing");
    assert!(error.to_string().contains("6 parameters, and 5"), "{error}");
}
