//! The Dirac-GAN as a run: the same two numbers as core's integration in f64.

use adversaria_core::dirac::{Method, Order, Point, START, STEP};
use adversaria_core::spec::{Address, SpecError};
use adversaria_engine::{Run, build_table};
use adversaria_kernels::cpu::CpuBackend;
use safetensors::SafeTensors;

const STEPS: usize = 100;
/// f32 against f64 over as many steps.
const NEAR: f64 = 1e-4;

/// What the address adds to `data=dirac`, and the same as core has it. Core's penalties hold ½, that of gp does not. Noise
/// is drawn by a run and integrated by core, so that it agrees in the mean alone and is not here.
const GAMES: [(&str, Method); 7] = [
    ("loss=minimax", Method::Gan),
    ("loss=nonsaturating", Method::NonSaturating),
    ("loss=wasserstein&reg=clip:1", Method::Wgan { clip: 1.0 }),
    ("loss=wasserstein&reg=gp:0.35", Method::WganGp { weight: 0.7, target: 1.0 }),
    ("loss=minimax&reg=r1:0.3", Method::R1 { gamma: 0.3 }),
    ("loss=minimax&reg=r1:1", Method::R1 { gamma: 1.0 }),
    ("loss=nonsaturating&reg=r1:0.3", Method::NonSaturatingR1 { gamma: 0.3 }),
];

fn number(file: &SafeTensors<'_>, name: &str) -> f64 {
    let bytes = file.tensor(name).expect("there").data().try_into().expect("one number");
    f32::from_le_bytes(bytes).into()
}

/// (θ, ψ) now; what is held is where it was.
fn place(run: &mut Run) -> Point {
    let bytes = run.checkpoint().expect("written");
    let file = SafeTensors::deserialize(&bytes).expect("a checkpoint");
    assert_eq!(number(&file, "generator.0.weight"), 0.0);
    assert_eq!(number(&file, "discriminator.0.bias"), 0.0);
    (number(&file, "generator.0.bias"), -number(&file, "discriminator.0.weight"))
}

/// Plays the game with this order in the address; how many games this version knows.
fn agree(order: &str, next: impl Fn(Method, Point) -> Point) -> usize {
    let mut known = 0;
    for (game, method) in GAMES {
        let address = format!("data=dirac&optd=sgd:0.2&optg=sgd:0.2&batch=1&rows=1&{game}&{order}");
        let spec = match Address::parse(&address) {
            Ok(address) => address.spec,
            Err(SpecError::Later { .. }) => continue,
            Err(error) => panic!("{address}: {error}"),
        };
        known += 1;
        let table = build_table(&spec, None).expect("a toy");
        let mut run = Run::new(spec, table, Box::new(CpuBackend::detect())).expect("memory");
        let mut want = START;
        assert_eq!(place(&mut run), START);
        for step in 1..=STEPS {
            run.advance(1).expect("the CPU runs");
            want = next(method, want);
            let seen = place(&mut run);
            let off = (seen.0 - want.0).abs().max((seen.1 - want.1).abs());
            assert!(off < NEAR, "{address}, step {step}: {seen:?} {want:?}");
        }
    }
    known
}

#[test]
fn simultaneous_runs_are_the_integration() {
    let known =
        agree("order=simultaneous", |method, at| method.update(Order::Simultaneous, STEP, at));
    assert_eq!(known, GAMES.len());
}

#[test]
fn alternating_runs_are_the_integration() {
    for n_d in [1, 5] {
        let order = Order::Alternating { n_d };
        let known = agree(&format!("kd={n_d}"), |method, at| method.update(order, STEP, at));
        assert_eq!(known, GAMES.len());
    }
}

#[test]
fn the_order_of_the_players_is_seen() {
    // As Algorithm 1 has it, D first.
    let d_first = |(theta, psi): Point| {
        let psi = psi + STEP * Method::Gan.field((theta, psi)).1;
        (theta + STEP * Method::Gan.field((theta, psi)).0, psi)
    };
    let order = Order::Alternating { n_d: 1 };
    let d_then_g = (0..20).fold(START, |at, _| d_first(at));
    let g_then_d = (0..20).fold(START, |at, _| Method::Gan.update(order, STEP, at));
    assert!((d_then_g.0 - g_then_d.0).abs() > 10.0 * NEAR, "the test above can fail");
}

#[test]
fn other_nets_are_refused_and_go_with_other_data() {
    let refused = |text: &str| Address::parse(text).map_err(|e| e.to_string()).expect_err(text);
    assert!(refused("data=dirac&g=8").contains("nets dirac alone"));
    assert!(refused("data=ring8&d=dirac").contains("for data=dirac"));
    let ring = Address::parse("data=ring8&g=48,48&gact=tanh").expect("allowed").spec;
    let dirac = ring.with("data", "dirac").expect("its nets come along");
    assert_eq!(dirac.get("g"), Ok("dirac".into()));
    assert_eq!(dirac.with("data", "ring8").and_then(|back| back.get("g")), Ok("64,64".into()));
}
