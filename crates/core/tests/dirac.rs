//! Holds the Dirac-GAN to an integration by other means (tests/replay/dirac.py), to the paper's figures and to its theory.

use adversaria_core::dirac::{
    METHODS, Method, ORDERS, Order, Point, START, STEP, STEPS, eigenvalues, modulus,
};

/// Steps after which the ways are compared.
const LOOKS: [usize; 4] = [5, 20, 100, 500];

/// Where each method stands then by tests/replay/dirac.py: name, updates of ψ (0 is simultaneous), (θ, ψ) at each look.
#[rustfmt::skip]
const ELSEWHERE: [(&str, u32, [Point; 4]); 27] = [
    ("gan", 0, [(0.6967322980276931, 1.2429653359450639), (-1.3428271325183665, 0.7882214505353924), (0.18810741176794435, 1.953588570626583), (-2.161611282466084, -2.217775396545831)]),
    ("gan", 1, [(0.6969071951545197, 1.2375486867787875), (-1.178122641702076, 0.6521189779482088), (-1.2699060658084158, -0.5976902052828891), (0.6868336612230944, 1.2440072943196394)]),
    ("gan", 5, [(0.6841342987519982, 1.9502760212984054), (-0.8836852359253071, -1.4630071394945674), (-0.008020353272692127, -2.4471642219355147), (0.7688565131350816, 1.6774665977857277)]),
    ("nsgan", 0, [(0.2564850116682622, 1.2166698362460084), (-0.9896574786115757, 0.31722312714390455), (-0.12135144926320436, -0.7314736025723896), (0.5483373190047959, 0.3304410558195828)]),
    ("nsgan", 1, [(0.26242138453309216, 1.1892572487562285), (-0.9261017223957643, 0.229861874229788), (-0.054004282396681785, -0.5730092463851372), (0.20488849197903686, 0.1965533328199851)]),
    ("nsgan", 5, [(0.04328915666703792, 1.709937742553148), (0.10280265100225917, -1.146274361347053), (-0.16205435539813196, -0.521381009169605), (0.11589026357102973, -0.07652562781211873)]),
    ("wgan", 0, [(5.551115123125783e-17, 1.0), (-0.3022396833792, -1.0), (0.7872062824240275, 0.9996986211328044), (-0.06564078219384933, 1.0)]),
    ("wgan", 1, [(5.551115123125783e-17, 1.0), (-0.1368317559333381, -1.0), (-0.18064707378197528, 0.9607113685139829), (0.9790762972911974, 0.3003815197789117)]),
    ("wgan", 5, [(5.551115123125783e-17, 1.0), (-0.21036027166720006, 0.7766893887487999), (0.40741395210846926, 0.6069123211531363), (0.0867733356706048, -0.9127693968138666)]),
    ("wgan-gp", 0, [(-0.26602144000000005, 1.347324192), (-0.11511136113694231, -1.623504037569575), (0.18034364080852128, 1.79022093641196), (-0.1808491942832558, -1.7926941400713123)]),
    ("wgan-gp", 1, [(-0.18871897599999998, 1.1796735616), (-0.30534555925436335, -1.2871652978978558), (0.8636286868951191, 1.1497842228307495), (-0.13255947295561965, 1.213849951412346)]),
    ("wgan-gp", 5, [(-0.3529767607346631, 0.7776846714906612), (0.6979481943490327, -0.08140466741424618), (-0.7024611094118003, 0.0678324455592258), (0.7160275985236454, -0.019784810559688427)]),
    ("noise", 0, [(0.683179158089997, 1.0589942878952887), (-0.5863930721648667, 0.49353562616881286), (-0.14861900945685436, -0.13947016334857334), (5.27419911413236e-05, -2.2409927461325982e-05)]),
    ("noise", 1, [(0.6838790570720299, 1.048665288248357), (-0.5159685802532679, 0.43383135443072557), (-0.0915235331255396, -0.08508804411467283), (2.56132340791204e-06, -3.07406571869787e-06)]),
    ("noise", 5, [(0.6713714554482785, 1.140429122441711), (-0.10977745647309949, -0.06052101399010397), (2.662937943418555e-06, -3.986286758439716e-06), (-1.6124417676523402e-17, 1.560989501244471e-17)]),
    ("r1-0.3", 0, [(0.709999706361782, 0.9637048325508422), (-0.34530467737209414, 0.4618303122214922), (-0.07962522251050752, -0.05881094842554513), (1.1103367488111726e-06, -2.398079351089847e-06)]),
    ("r1-0.3", 1, [(0.7102951634834977, 0.9574036679204061), (-0.3034184934036818, 0.4171492800630383), (-0.05059947336213963, -0.034076482059836044), (-5.1670484317006283e-08, -2.2421453821894726e-07)]),
    ("r1-0.3", 5, [(0.7151745587002407, 0.8846908890807336), (-0.0015248795104574574, 0.12177282183686633), (-2.649976569556713e-07, -4.701371767430409e-08), (4.944699455862223e-34, 7.81721547860059e-34)]),
    ("r1-1", 0, [(0.7501914538861175, 0.5291739476481517), (0.2970261384807257, 0.20174639815365983), (0.00028002444294556524, 0.0002555936289978135), (6.798346145116815e-22, 6.676743802969222e-22)]),
    ("r1-1", 1, [(0.750766629586257, 0.5226795449589406), (0.3088349347436107, 0.19523840703591502), (0.0008832874883045358, 0.0006442379537991267), (6.042946622050554e-17, 4.410407054094838e-17)]),
    ("r1-1", 5, [(0.8090479763010703, 0.35206950199238046), (0.42383804960106747, 0.20684865967671004), (0.0065907467300168, 0.0033846334279631915), (4.57542347668254e-12, 2.3497081761640797e-12)]),
    ("consensus", 0, [(0.7573168417823137, 1.2611029940714218), (-0.18128345766147574, 1.1391394852413126), (-0.01684848846786026, -0.015893554627024565), (-7.507242999205126e-11, 2.466850328108215e-10)]),
    ("consensus", 1, [(0.7566211762069843, 1.247610674791223), (-0.2116236457479754, 0.9688748317622254), (-0.011146534934117203, -0.00863812999787286), (1.1186233791078684e-11, 1.3119502073752788e-11)]),
    ("consensus", 5, [(0.808117075630597, 2.0575265073768234), (0.6723249726870123, 3.7603168506959537), (0.5669500771368409, 6.683233224495516), (0.43624743363645385, 10.960060174698295)]),
    ("nsgan-r1-0.3", 0, [(0.34209456217693834, 0.9357899716679046), (-0.5383534027675264, 0.0829303168473456), (-0.031551450807221854, -0.06981036729329079), (2.1473846040161813e-06, -5.305735576305892e-07)]),
    ("nsgan-r1-0.3", 1, [(0.3475813818701423, 0.9132074335202206), (-0.4828917046222698, 0.06382343364005647), (-0.02411483239370426, -0.04206102666668449), (7.395319243702605e-08, -1.3043585241158023e-07)]),
    ("nsgan-r1-0.3", 5, [(0.39187851386341094, 0.7437147955744148), (-0.034973555709071874, -0.03642912582115586), (-1.4178438633985889e-07, -3.154177104447606e-07), (7.042579942358515e-35, 3.916243556892273e-34)]),
];

fn method(name: &str) -> Method {
    METHODS.iter().find(|(known, _)| *known == name).expect("it is there").1
}

#[test]
fn every_method_in_every_order_goes_where_another_integration_does() {
    for (name, n_d, points) in ELSEWHERE {
        let order = if n_d == 0 { Order::Simultaneous } else { Order::Alternating { n_d } };
        let way = method(name).run(order, STEP, START, STEPS);
        assert_eq!(way.len(), STEPS + 1);
        for (look, wanted) in LOOKS.into_iter().zip(points) {
            let got = way[look];
            let off = (got.0 - wanted.0).hypot(got.1 - wanted.1);
            // Of its own size, so that what has nearly come to rest is compared as well: to where the sums of an expectation
            // cancel.
            let allowed = 1e-9 * wanted.0.hypot(wanted.1) + 1e-15;
            assert!(off <= allowed, "{name}, {order:?}, step {look}: {got:?} {wanted:?}, {off:e}");
        }
        let early = points[0].0.hypot(points[0].1);
        assert!(early > 0.01, "{name} is at rest before it is compared");
    }
    assert_eq!(ELSEWHERE.len(), METHODS.len() * ORDERS.len());
}

/// One iteration near rest, (θ, ψ) ↦ M (θ, ψ), put together of the field's Jacobian J.
fn linear_update([[a, b], [c, d]]: [[f64; 2]; 2], order: Order) -> [[f64; 2]; 2] {
    let Order::Alternating { n_d } = order else {
        return [[1.0 + STEP * a, STEP * b], [STEP * c, 1.0 + STEP * d]];
    };
    let theta = [1.0 + STEP * a, STEP * b];
    let mut psi = [0.0, 1.0];
    for _ in 0..n_d {
        psi = [0, 1].map(|i| psi[i] + STEP * (c * theta[i] + d * psi[i]));
    }
    [theta, psi]
}

#[test]
fn an_update_has_eigenvalues_of_its_own() {
    for (name, method) in METHODS {
        for order in ORDERS {
            let Some(seen) = method.multipliers(order, STEP) else {
                assert_eq!(name, "wgan-gp", "its field alone has an edge at rest");
                continue;
            };
            let wanted = eigenvalues(linear_update(method.jacobian((0.0, 0.0)), order));
            for (seen, wanted) in seen.iter().zip(wanted) {
                // Double eigenvalues split by the root of the differences' error.
                let off = (seen.0 - wanted.0).hypot(seen.1 - wanted.1);
                assert!(off < 1e-4, "{name}, {order:?}: {seen:?} {wanted:?}");
            }
        }
    }
}

#[test]
fn an_updates_moduli_say_whether_it_leaves_or_comes_to_rest() {
    let of = |method: Method, order| modulus(method.multipliers(order, STEP).expect("smooth"));
    let alternating = |n_d| Order::Alternating { n_d };
    // J = [[0, −½], [½, 0]]: simultaneously 1 ± h i / 2; by turns M has determinant 1.
    let apart = of(Method::Gan, Order::Simultaneous) - (1.0 + STEP * STEP / 4.0).sqrt();
    assert!(apart.abs() < 1e-9, "{apart:e}");
    assert!((of(Method::Gan, alternating(1)) - 1.0).abs() < 1e-9);
    assert!((of(Method::Gan, alternating(5)) - 1.0).abs() < 1e-9);
    // R1: simultaneously 1 − hγ/2 ± h √(γ² − 1) / 2; by turns of one D-step det M = 1 − hγ, the square of both moduli.
    for gamma in [0.3, 0.9] {
        let method = Method::R1 { gamma };
        let both = (1.0 - STEP * gamma + STEP * STEP / 4.0).sqrt();
        assert!((of(method, Order::Simultaneous) - both).abs() < 1e-9);
        assert!((of(method, alternating(1)) - (1.0 - STEP * gamma).sqrt()).abs() < 1e-9);
    }
    // What they say is what happens from nearby: as many steps multiply by as many powers.
    for (name, method) in METHODS {
        for order in ORDERS {
            let Some(values) = method.multipliers(order, STEP) else { continue };
            let way = method.run(order, STEP, (1e-5, -1e-5), 200);
            let size = |at: usize| way[at].0.hypot(way[at].1);
            let rate = ((size(200) / size(100)).ln() / 100.0).exp();
            // Along an ellipse a way comes nearer and goes away again by its axes.
            assert!((rate - modulus(values)).abs() < 0.02, "{name}, {order:?}: {rate} {values:?}");
        }
    }
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
