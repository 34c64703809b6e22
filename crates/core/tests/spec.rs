//! Holds the description of a run to the contract: every field, its round trips, and nonsense.

use adversaria_core::spec::{
    Activation, Address, BackendChoice, Change, Classes, Data, Decay, Exec, KEYS, LatentLaw, Loss,
    NamedNet, Net, Optimiser, Order, OutputAct, PAGE_KEYS, Reg, RunSpec, SpecError, Theme,
    VIEW_LAYERS, Weights,
};
use proptest::prelude::*;

fn parse(text: &str) -> Result<RunSpec, SpecError> {
    Address::parse(text).map(|a| a.spec)
}

fn spec(text: &str) -> RunSpec {
    parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// One sentence, short, that names the field.
fn refused(text: &str, names: &str) -> String {
    let sentence = parse(text).expect_err(&text.chars().take(80).collect::<String>()).to_string();
    assert!(sentence.contains(names), "{sentence:?} does not say {names:?}");
    assert!(
        sentence.ends_with('.') && !sentence.contains(". ") && !sentence.contains('\n'),
        "{sentence:?}"
    );
    assert!(sentence.chars().count() < 400, "{sentence:?}");
    sentence
}

#[test]
fn defaults_are_those_of_the_contract() {
    let s = spec("");
    assert_eq!(s, RunSpec::default());
    assert_eq!(s.address(), "v=1");
    let written: Vec<String> = s.pairs().iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(
        written.join(" "),
        "backend=auto batch=128 class=all cond=0 d=64,64 dact=relu data=gaussians ema=none exec=auto file= g=64,64 gact=relu \
         gout=linear kd=1 kg=1 loss=nonsaturating lrdecay=none optd=adam:0.001 optg=adam:0.001 order=alternating pack=1 \
         points= reg=none rows=65536 seed=1 sigma=none unroll=0 v=1 z=gaussian:2"
    );
}

#[test]
fn data_decide_z_nets_and_output() {
    assert_eq!(spec("data=bimodal").latent().dim, 1);
    let s = spec("data=mnist");
    assert_eq!(
        (s.latent().dim, s.latent().law, s.output()),
        (64, LatentLaw::Gaussian, OutputAct::Tanh)
    );
    assert_eq!(
        (s.generator().hidden(), s.discriminator().hidden()),
        (&[256, 512][..], &[512, 256][..])
    );
    assert_eq!(s.generator().named(), Some(NamedNet::MlpMnist));
    assert_eq!(
        (s.generator().activation(), s.discriminator().activation()),
        (Activation::Leaky(0.2), Activation::Leaky(0.2))
    );
    assert_eq!((s.rows(), s.dim()), (10_000, 784));
    assert_eq!(s.address(), "v=1&data=mnist");
}

#[test]
fn every_field_takes_its_values() {
    let s = spec(
        "#v=1&data=ring8&sigma=0.007&z=uniform:3&g=8,16,32&d=&gact=leaky:0.1&dact=sine&gout=tanh",
    );
    assert_eq!((s.data(), s.sigma(), s.latent().dim), (Data::Ring8, 0.007, 3));
    assert_eq!((s.generator().hidden(), s.discriminator().hidden().len()), (&[8, 16, 32][..], 0));
    assert_eq!(
        (s.generator().activation(), s.discriminator().activation()),
        (Activation::Leaky(0.1), Activation::Sine)
    );
    let s = spec(
        "loss=wasserstein&reg=clip:0.01&kd=5&kg=2&optd=rmsprop:5e-5&optg=sgd:0.1:0.9&lrdecay=cosine:1000&ema=0.999",
    );
    assert_eq!(
        (s.loss(), s.reg().clip, s.k_d(), s.k_g(), s.ema()),
        (Loss::Wasserstein, Some(0.01), 5, 2, Some(0.999))
    );
    assert_eq!(s.optimiser_d(), Optimiser::RmsProp { lr: 5e-5, alpha: 0.99 });
    assert_eq!(s.optimiser_g(), Optimiser::Sgd { lr: 0.1, momentum: 0.9 });
    assert_eq!(s.decay(), Decay::Cosine(1000.0));
    let s = spec(
        "order=simultaneous&batch=4096&seed=4294967295&backend=cpu&exec=auto&optd=adam:2e-4:0.5:0.9&lrdecay=exp:0.999",
    );
    assert_eq!((s.order(), s.batch(), s.seed()), (Order::Simultaneous, 4096, u32::MAX));
    assert_eq!(s.optimiser_d(), Optimiser::Adam { lr: 2e-4, beta1: 0.5, beta2: 0.9 });
    let s = spec("data=grid25&cond=1&pack=3&unroll=5&reg=spectral+noise:0.1+r1:10+gp:0.5");
    assert_eq!((s.told_classes(), s.pack(), s.unroll()), (25, 3, 5));
    let reg = Reg { r1: Some(10.0), gp: Some(0.5), clip: None, noise: Some(0.1), spectral: true };
    assert_eq!(s.reg(), reg);
    assert!(s.address().contains("&reg=r1:10+gp:0.5+noise:0.1+spectral"), "{}", s.address());
    assert_eq!(s.with("data", "ring").map(|s| s.told_classes()), Ok(0));
    assert_eq!(spec("cond=0&unroll=0&pack=1&reg=none&lang=en"), RunSpec::default());
    let s = spec("backend=webgpu&exec=dispatch");
    assert_eq!((s.backend(), s.exec()), (BackendChoice::WebGpu, Exec::Dispatch));
    assert_eq!(s.address(), "v=1&backend=webgpu&exec=dispatch");
    assert_eq!(spec("backend=gpu&exec=resident").address(), "v=1&backend=webgpu&exec=resident");
    assert_eq!(spec("data=mnist&class=7,0,1").classes(), &Classes::Some(vec![0, 1, 7]));
    assert_eq!(spec("data=mnist&class=0,1,2,3,4,5,6,7,8,9").classes(), &Classes::All);
}

#[test]
fn each_data_set_and_key_round_trips() {
    for data in Data::ALL {
        let s = spec(&format!("data={}", data.name()));
        assert_eq!(s.data(), *data);
        assert_eq!(parse(&s.address()).as_ref(), Ok(&s));
        assert_eq!(
            RunSpec::from_pairs(s.pairs().iter().map(|(k, v)| (*k, v.as_str()))).as_ref(),
            Ok(&s)
        );
        for key in &KEYS {
            assert_eq!(
                s.with(key.name, &s.get(key.name).expect("known")).as_ref(),
                Ok(&s),
                "{}",
                key.name
            );
        }
    }
}

#[test]
fn the_default_texts_of_the_table_are_true() {
    let s = RunSpec::default();
    for key in KEYS.iter().filter(|k| !["sigma", "points", "file"].contains(&k.name)) {
        let first_word = key.default.split(' ').next().expect("a word");
        assert_eq!(s.get(key.name).as_deref(), Ok(first_word), "{}", key.name);
        assert_eq!(s.default_of(key.name).as_deref(), Ok(first_word), "{}", key.name);
    }
}

#[test]
fn what_comes_later_says_so() {
    let later = "data=fashion g=dcgan lang=fr";
    for text in later.split(' ') {
        assert!(refused(text, text).contains("later version"), "{text}");
    }
}

#[test]
fn nonsense_is_refused_with_one_sentence() {
    let nonsense = "data=nope data= data=RING8 sigma=0.1 data=ring8&sigma=NaN data=ring8&sigma=-1 data=ring8&sigma=1e99 \
        data=ring8&sigma=0 class=3 data=mnist&class=10 data=mnist&class=1,1 data=mnist&class= z=gaussian z=gaussian:0 \
        z=gaussian:257 z=cauchy:2 z=gaussian:2:2 g=0 g=-64 g=64,,64 g=64, g=2049 g=1,1,1,1,1,1,1,1,1 g=64.0 g=6e1 g=+64 \
        g=%2064 d=mlp-mnist d=maxout-2014 data=mnist&g=pacgan-2d data=bimodal&d=pacgan-2d gact=maxout:1 dact=maxout:9 \
        dact=maxout:2.5 gact=leaky:2 gact=leaky: gact=relu6 gout=relu loss=gan reg=clip reg=clip:0 reg=clip:1+clip:1 \
        reg= reg=none+clip:1 reg=r1 reg=r1:0 reg=r1:1+r1:2 reg=gp:101 reg=noise:-1 reg=spectral:1 reg=spectral+spectral \
        unroll=11 order=simultaneous&unroll=1 data=mnist&d=maxout-2014&unroll=1 data=mnist&d=maxout-2014&pack=2 pack=0 pack=5 \
        cond=1&data=ring cond=1&data=mnist cond=2 cond=yes kd=11 kd=-1 kd=1.0 kd=one kd=0&kg=0 optd=adam optd=adam:0 optd=adam:NaN \
        optd=adam:inf optd=adam:1e99 optd=adam:-1 optd=adam:0.1:0.9 optd=adam:0.1:0.9:1 optd=adam:0.1:0.9:0.9:0.9 \
        optd=sgd:101 optd=sgd:0.1:1 optd=rmsprop:0.1:-0 optd=x0.1 optg=adam:0x1 optg=adam:1_0 lrdecay=cosine \
        lrdecay=cosine:0 lrdecay=cosine:1.5 lrdecay=exp:1.1 ema=1 ema=0 ema=yes order=random order=simultaneous&kd=2 \
        batch=0 batch=4097 batch=99999999999999999999999 seed=-1 seed=4294967296 seed=NaN backend=tpu backend= backend=GPU exec=fast exec= rows=0 \
        rows=1048577 data=mnist&rows=60001 points=AAAA data=ring8&points=AAAA data=drawn&points=AAA \
        data=drawn&points=AA+A data=curve&points=AAAA file=1-0123456789abcdef data=file&file=0-0123456789abcdef \
        data=file&file=100001-0123456789abcdef data=file&file=1-0123456789ABCDEF data=column&file=1-0 v=2 v=1.0 kd=1&kd=2 play=1&play=1 kd theme=red play=yes \
        until=0 until=-5 until=1e3 view=cats view=real,real lang=de data=mnist&gact=tanh data=mnist&gout=linear \
        seed=%3 seed=%zz seed=%ff";
    for text in nonsense.split_whitespace() {
        let last = text.rsplit('&').next().expect("a part");
        let field = last.split('=').next().expect("a field");
        let sentence = refused(text, if last.starts_with("seed=%") { "%" } else { field });
        let value = last.split_once('=').map_or("", |(_, v)| v);
        assert!(last.contains('%') || sentence.contains(value), "{sentence}");
    }
}

#[test]
fn long_texts_are_refused_without_being_echoed() {
    let million = "9".repeat(1 << 20);
    for text in
        [million.clone(), format!("seed={million}"), format!("{million}=1"), "&=".repeat(1 << 19)]
    {
        assert_eq!(parse(&text), Err(SpecError::TooLong { bytes: text.len() }));
        refused(&text, "65536");
    }
    let long = "7,".repeat(30_000);
    for key in KEYS.iter().map(|k| k.name).chain(PAGE_KEYS.iter().map(|k| k.name)) {
        assert!(refused(&format!("{key}={long}"), key).chars().count() < 400);
        assert!(RunSpec::default().with(key, &million).is_err());
    }
    refused("frobnicate=1", "frobnicate");
    refused(&"x".repeat(60_000), "key=value");
    refused(&format!("{}=1", "é".repeat(30_000)), "no field");
}

#[test]
fn page_options_are_read_and_printed() {
    let a = Address::parse(
        "#view=real,field&play=1&until=5000&theme=dark&embed=1&present=1&data=ring8",
    )
    .expect("fine");
    assert_eq!(a.page.view, Some(vec!["real", "field"]));
    assert_eq!(
        (a.page.play, a.page.until, a.page.theme, a.page.embed),
        (true, Some(5000), Theme::Dark, true)
    );
    assert_eq!(
        a.print(),
        "v=1&data=ring8&view=real,field&play=1&until=5000&theme=dark&embed=1&present=1"
    );
    assert_eq!(Address::parse(&a.print()).as_ref(), Ok(&a));
    assert_eq!(Address::parse("view=").expect("fine").page.view, Some(vec![]));
    let every = VIEW_LAYERS.join(",");
    let all = Address::parse(&format!("view={every}")).expect("fine");
    assert_eq!(all.page.view, Some(VIEW_LAYERS.to_vec()));
    let row = PAGE_KEYS.iter().find(|row| row.name == "view").expect("a field of the page");
    for layer in VIEW_LAYERS {
        assert!(row.allowed.contains(layer), "the sentence about view names {layer}");
    }
    assert_eq!(Address::default().print(), "v=1");
    assert_eq!(
        Address::parse("g=32%2C32&optd=sgd%3A0.1").expect("fine").print(),
        "v=1&g=32,32&optd=sgd:0.1"
    );
}

#[test]
fn changing_the_data_takes_along_what_was_not_chosen() {
    let s = spec("data=ring8&sigma=0.01&d=32&seed=7&rows=1000");
    let s = s.with("data", "mnist").expect("fine");
    assert_eq!(s.address(), "v=1&data=mnist&d=32&seed=7");
    assert_eq!(s.with("data", "bimodal").expect("fine").address(), "v=1&data=bimodal&d=32&seed=7");
    let s = spec("data=ring8&gact=tanh&dact=elu&d=32&gout=sigmoid");
    assert_eq!(s.with("data", "mnist").expect("fine").address(), "v=1&data=mnist&d=32&dact=elu");
    let s = spec("data=mnist&g=64,64&gact=tanh&gout=sigmoid").with("g", "mlp-mnist").expect("fine");
    assert_eq!(s.address(), "v=1&data=mnist");
    let s = spec("data=mnist").with("g", "64").expect("fine");
    assert_eq!((s.generator().activation(), s.output()), (Activation::Relu, OutputAct::Tanh));
    assert_eq!(
        RunSpec::default().with("data", "ring8").expect("fine").with("data", "gaussians"),
        Ok(RunSpec::default())
    );
}

#[test]
fn the_nets_of_papers_fix_what_is_theirs() {
    let s = spec("data=mnist&g=maxout-2014&d=maxout-2014&z=uniform:100");
    assert_eq!(
        (s.generator().hidden(), s.discriminator().hidden()),
        (&[1200; 2][..], &[240; 2][..])
    );
    let acts = (s.generator().activation(), s.discriminator().activation(), s.output());
    assert_eq!(acts, (Activation::Relu, Activation::Maxout(5), OutputAct::Sigmoid));
    let [g, d] = [s.generator(), s.discriminator()].map(Net::fittings);
    assert_eq!((g.weights, d.weights), (Weights::Uniform(0.05), Weights::Uniform(0.005)));
    assert_eq!((g.keep_input, g.keep_hidden, d.keep_input, d.keep_hidden), (1.0, 1.0, 0.8, 0.5));
    assert!((g.reach * g.reach - 3.0).abs() < 1e-15 && !g.batch_norm);
    assert_eq!(s.address(), "v=1&data=mnist&z=uniform:100&g=maxout-2014&d=maxout-2014");
    assert_eq!(s.get("dact").expect("a field"), "maxout:5");
    assert_eq!(s.with("data", "ring8").expect("fine").address(), "v=1&data=ring8&z=uniform:100");
    let s = spec("g=pacgan-2d&d=pacgan-2d&batch=100");
    assert_eq!(
        (s.generator().hidden(), s.discriminator().hidden()),
        (&[400; 4][..], &[200; 3][..])
    );
    assert_eq!(s.with("data", "mnist").expect("fine").address(), "v=1&data=mnist&batch=100");
    let [g, d] = [s.generator(), s.discriminator()].map(Net::fittings);
    assert_eq!((g.weights, g.batch_norm), (Weights::Normal(0.02), true));
    assert_eq!((d.weights, d.batch_norm, d.keep_hidden), (Weights::Normal(0.02), false, 1.0));
    assert!(refused("g=pacgan-2d&batch=1", "batch").contains("at least 2"));
    assert!(refused("g=pacgan-2d&gact=tanh", "gact").contains("fixes relu"));
    assert!(refused("d=pacgan-2d&dact=maxout:4", "dact").contains("fixes maxout:5"));
    let s = spec("g=pacgan-2d&d=pacgan-2d").with("d", "64").expect("fine");
    assert_eq!(s.discriminator().activation(), Activation::Relu);
    assert_eq!(spec("dact=maxout").get("dact").expect("a field"), "maxout:5");
}

#[test]
fn the_momentum_of_sgd_moves_while_running() {
    let s = spec("optd=sgd:0.1:0.5&optg=sgd:0.1");
    let live = |key, value| matches!(s.live_change(key, value), Ok(Change::Live(_)));
    assert!(live("optd", "sgd:0.1:0.7") && live("optd", "sgd:0.2:0.7") && live("optg", "sgd:0.2"));
    assert!(!live("optd", "sgd:0.1") && !live("optg", "sgd:0.1:0.5"));
    assert!(!live("optd", "rmsprop:0.1:0.5"));
}

#[test]
fn what_may_change_while_running() {
    let s = spec("optd=adam:0.001:0.5:0.9");
    for (key, value) in [
        ("kd", "5"),
        ("kg", "0"),
        ("loss", "hinge"),
        ("reg", "clip:1"),
        ("reg", "r1:1+spectral"),
        ("unroll", "5"),
        ("optd", "adam:1e-4:0.5:0.9"),
        ("optg", "adam:0.1"),
        ("backend", "webgpu"),
        ("exec", "resident"),
        ("seed", "1"),
    ] {
        assert!(
            matches!(s.live_change(key, value), Ok(Change::Live(n)) if n == s.with(key, value).expect("fine")),
            "{key}"
        );
    }
    for (key, value) in [
        ("optd", "adam:0.001"),
        ("optg", "sgd:0.001"),
        ("batch", "64"),
        ("data", "ring8"),
        ("pack", "2"),
        ("seed", "2"),
    ] {
        assert!(
            matches!(s.live_change(key, value), Ok(Change::Restart(n)) if n == s.with(key, value).expect("fine")),
            "{key}"
        );
    }
    assert!(s.with("kg", "0").expect("fine").live_change("kd", "0").is_err());
    assert!(s.live_change("play", "1").is_err());
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![1e-12..1e-3f64, 1e-3..0.999f64]
}

fn optimiser() -> impl Strategy<Value = String> {
    prop_oneof![
        number().prop_map(|lr| format!("sgd:{lr}")),
        (number(), number()).prop_map(|(lr, m)| format!("sgd:{lr}:{m}")),
        (number(), number(), number()).prop_map(|(lr, a, b)| format!("adam:{lr:e}:{a}:{b}")),
        (number(), number()).prop_map(|(lr, a)| format!("rmsprop:{lr}:{a}")),
    ]
}

proptest! {
    #[test]
    fn any_valid_spec_round_trips(
        data in prop::sample::select(Data::ALL), sigma in 0.001..2f64, g in prop::collection::vec(1u32..=2048, 0..=8),
        optd in optimiser(), optg in optimiser(), z in 1u32..=256, kd in 0u32..=10, kg in 1u32..=10, seed: u32,
        ema in number(), clip in number(), r1 in number(), pack in 1u32..=4, unroll in 0u32..=10, batch in 1u32..=4096, loss in prop::sample::select(&Loss::NAMES[..]),
    ) {
        // Its nets have no widths to choose.
        let g = if data == Data::Dirac { vec![] } else { g };
        let widths = g.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let g_text = if data == Data::Dirac { "dirac".to_owned() } else { widths };
        let mut text = format!("data={}&z=uniform:{z}&g={g_text}&optd={optd}&optg={optg}&kd={kd}&kg={kg}&seed={seed}", data.name());
        text += &format!("&ema={ema}&reg=clip:{clip}+r1:{r1}&pack={pack}&unroll={unroll}&batch={batch}&loss={}", loss.0);
        if data.default_sigma().is_some() {
            text += &format!("&sigma={sigma}");
        }
        let s = parse(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(parse(&s.address()), Ok(s.clone()));
        prop_assert_eq!(RunSpec::from_pairs(s.pairs().iter().map(|(k, v)| (*k, v.as_str()))), Ok(s.clone()));
        prop_assert_eq!(s.generator().hidden(), &g[..]);
        prop_assert_eq!(s.ema(), Some(ema));
    }

    #[test]
    fn any_text_is_a_spec_or_one_sentence(text in "[ -~é&=%]{0,200}") {
        if let Err(e) = Address::parse(&text) {
            prop_assert!(e.to_string().ends_with('.'));
        }
    }

    #[test]
    fn any_value_of_a_key_is_a_spec_or_one_sentence(key in prop::sample::select(&KEYS[..]).prop_map(|k| k.name), value in "\\PC{0,80}") {
        match RunSpec::default().with(key, &value) {
            Ok(s) => prop_assert_eq!(parse(&s.address()), Ok(s)),
            Err(e) => prop_assert!(e.to_string().ends_with('.') && e.to_string().chars().count() < 500),
        }
    }
}
