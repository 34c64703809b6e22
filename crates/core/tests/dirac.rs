//! Holds the Dirac-GAN to an integration by other means (tests/replay/dirac.py), to the paper's figures and to its theory.

use adversaria_core::dirac::{METHODS, Method, ORDERS, Order, START, STEP, STEPS, eigenvalues};

/// Where each method stands after 500 steps by tests/replay/dirac.py: name, updates of ψ (0 is simultaneous), θ, ψ.
const ELSEWHERE: [(&str, u32, f64, f64); 27] = [
    ("gan", 0, -2.161611282466084, -2.217775396545831),
    ("gan", 1, 0.6868336612230944, 1.2440072943196394),
    ("gan", 5, 0.7688565131350816, 1.6774665977857277),
    ("nsgan", 0, 0.5483373190047959, 0.3304410558195828),
    ("nsgan", 1, 0.20488849197903686, 0.1965533328199851),
    ("nsgan", 5, 0.11589026357102973, -0.07652562781211873),
    ("wgan", 0, -0.06564078219384933, 1.0),
    ("wgan", 1, 0.9790762972911974, 0.3003815197789117),
    ("wgan", 5, 0.0867733356706048, -0.9127693968138666),
    ("wgan-gp", 0, -0.1808491942832558, -1.7926941400713123),
    ("wgan-gp", 1, -0.13255947295561965, 1.213849951412346),
    ("wgan-gp", 5, 0.7160275985236454, -0.019784810559688427),
    ("noise", 0, 5.27419911413236e-05, -2.2409927461325982e-05),
    ("noise", 1, 2.56132340791204e-06, -3.07406571869787e-06),
    ("noise", 5, -1.6124417676523402e-17, 1.560989501244471e-17),
    ("r1-0.3", 0, 1.1103367488111726e-06, -2.398079351089847e-06),
    ("r1-0.3", 1, -5.1670484317006283e-08, -2.2421453821894726e-07),
    ("r1-0.3", 5, 4.944699455862223e-34, 7.81721547860059e-34),
    ("r1-1", 0, 6.798346145116815e-22, 6.676743802969222e-22),
    ("r1-1", 1, 6.042946622050554e-17, 4.410407054094838e-17),
    ("r1-1", 5, 4.57542347668254e-12, 2.3497081761640797e-12),
    ("consensus", 0, -7.507242999205126e-11, 2.466850328108215e-10),
    ("consensus", 1, 1.1186233791078684e-11, 1.3119502073752788e-11),
    ("consensus", 5, 0.43624743363645385, 10.960060174698295),
    ("nsgan-r1-0.3", 0, 2.1473846040161813e-06, -5.305735576305892e-07),
    ("nsgan-r1-0.3", 1, 7.395319243702605e-08, -1.3043585241158023e-07),
    ("nsgan-r1-0.3", 5, 7.042579942358515e-35, 3.916243556892273e-34),
];

fn method(name: &str) -> Method {
    METHODS.iter().find(|(known, _)| *known == name).expect("it is there").1
}

#[test]
fn every_method_in_every_order_ends_where_another_integration_does() {
    for (name, n_d, theta, psi) in ELSEWHERE {
        let order = if n_d == 0 { Order::Simultaneous } else { Order::Alternating { n_d } };
        let way = method(name).run(order, STEP, START, STEPS);
        let end = way[STEPS];
        assert_eq!(way.len(), STEPS + 1);
        let off = (end.0 - theta).abs().max((end.1 - psi).abs());
        assert!(off <= 1e-9, "{name}, {order:?}: {end:?} is {off:e} from {theta}, {psi}");
    }
    assert_eq!(ELSEWHERE.len(), METHODS.len() * ORDERS.len());
}

#[test]
fn the_unregularised_game_stands_where_the_paper_leaves_it() {
    let end = |order| Method::Gan.run(order, STEP, START, STEPS)[STEPS];
    let (simultaneous, alternating) =
        (end(Order::Simultaneous), end(Order::Alternating { n_d: 1 }));
    for (got, wanted) in
        [(simultaneous, (-2.161_611, -2.217_775)), (alternating, (0.686_834, 1.244_007))]
    {
        assert!((got.0 - wanted.0).abs() < 1e-6 && (got.1 - wanted.1).abs() < 1e-6, "{got:?}");
    }
}

#[test]
fn what_converges_comes_to_rest_and_what_does_not_stays_away() {
    let rest = |name: &str| {
        let (theta, psi) = method(name).run(Order::Simultaneous, STEP, START, STEPS)[STEPS];
        theta.hypot(psi)
    };
    for name in ["noise", "r1-0.3", "r1-1", "consensus", "nsgan-r1-0.3"] {
        assert!(rest(name) < 1e-4, "{name} is {} from rest", rest(name));
    }
    for name in ["gan", "wgan", "wgan-gp"] {
        assert!(rest(name) > 0.5, "{name} is {} from rest", rest(name));
    }
}

#[test]
fn the_critical_gamma_of_r1_is_one() {
    // At rest f'(0) = ½, so that λ = −γ/2 ± √(γ² − 1)/2.
    for gamma in [0.0, 0.3, 0.9, 0.999, 1.001, 1.5, 3.0] {
        let [first, second] = eigenvalues(Method::R1 { gamma }.jacobian((0.0, 0.0)));
        let root = (gamma * gamma - 1.0_f64).abs().sqrt() / 2.0;
        let wanted = if gamma < 1.0 {
            [(-gamma / 2.0, root), (-gamma / 2.0, -root)]
        } else {
            [(-gamma / 2.0 + root, 0.0), (-gamma / 2.0 - root, 0.0)]
        };
        for (got, wanted) in [first, second].iter().zip(wanted) {
            // Near γ = 1 a root of the differences' error remains.
            let off = (got.0 - wanted.0).hypot(got.1 - wanted.1);
            assert!(off < 1e-5, "γ = {gamma}: {got:?}, not {wanted:?}");
        }
        assert_eq!(first.1 != 0.0, gamma < 1.0, "complex below one and real from there");
    }
}

#[test]
fn the_jacobian_is_the_fields() {
    // By hand for the game as it is: v = (−ψ f'(ψθ), θ f'(ψθ)), f″ = −f'(t) f'(−t).
    let (theta, psi): (f64, f64) = (0.7, -1.3);
    let s = 1.0 / (1.0 + (psi * theta).exp());
    let b = -s * (1.0 - s);
    let wanted = [[-psi * psi * b, -s - psi * theta * b], [s + psi * theta * b, theta * theta * b]];
    let got = Method::Gan.jacobian((theta, psi));
    for (got, wanted) in got.as_flattened().iter().zip(wanted.as_flattened()) {
        assert!((got - wanted).abs() < 1e-9, "{got} is not {wanted}");
    }
}

#[test]
fn noise_keeps_a_symmetric_game_at_rest() {
    for method in METHODS.map(|(_, method)| method) {
        if method != (Method::Wgan { clip: 1.0 }) {
            let (a, b) = method.field((0.0, 0.0));
            assert!(a.abs() < 1e-14 && b.abs() < 1e-14, "{method:?} moves from rest");
        }
    }
    // Without noise the field with noise is the plain one.
    let (quiet, plain) = (Method::InstanceNoise { sigma: 0.0 }, Method::Gan);
    let (a, b) = (quiet.field((0.4, 0.9)), plain.field((0.4, 0.9)));
    assert!((a.0 - b.0).abs() < 1e-12 && (a.1 - b.1).abs() < 1e-12, "{a:?}, {b:?}");
}
