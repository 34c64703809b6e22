//! `adversaria presets`: each scene does what its sentence says, by the iteration it names, with its seed.

use crate::support::Place;
use adversaria_core::presets::PRESETS;
use adversaria_core::spec::{Address, Data};

/// Runs the preset to the iterations of its sentence.
fn holds(name: &str) {
    let place = Place::new(&format!("preset-{name}"));
    let told = place.done(&format!("presets {name} --check"));
    let claims = PRESETS.iter().find(|preset| preset.name == name).expect("there").claims.len();
    assert!(claims > 0 && told.lines().count() == claims, "{name}: {told}");
    println!("{told}");
}

/// The same with the images of MNIST, which the suites of the data fetch.
fn holds_of_images(name: &str) {
    let place = Place::new(&format!("preset-{name}"));
    let mut command = place.command(&format!("presets {name} --check"));
    command.env_remove("ADVERSARIA_DATA");
    if let Some(data) = std::env::var_os("ADVERSARIA_DATA") {
        command.env("ADVERSARIA_DATA", data);
    }
    let output = command.output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} (cargo xtask data fetches the images): {errors}");
    println!("{}", String::from_utf8_lossy(&output.stdout));
}

/// One test for each preset; and one that none is left out.
macro_rules! presets {
    ($($test:ident $name:literal $how:ident;)*) => {
        $(
            #[test]
            fn $test() {
                $how($name);
            }
        )*

        #[test]
        fn every_preset_is_held_to_its_sentence() {
            assert_eq!(PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>(), [$($name),*]);
        }
    };
}

presets! {
    ring8 "ring8" holds;
    figure1 "figure1" holds;
    bimodal "bimodal" holds;
    gaussians "gaussians" holds;
    ring "ring" holds;
    moons "moons" holds;
    gan_lab "gan-lab" holds;
    mode_collapse "mode-collapse" holds;
    never_settles "never-settles" holds;
    vanishing_gradient "vanishing-gradient" holds;
    d_too_strong "d-too-strong" holds;
    linear_d "linear-d" holds;
    oscillation "oscillation" holds;
    slow_d "slow-d" holds;
    gradient_back "gradient-back" holds;
    unrolled "unrolled" holds;
    packed "packed" holds;
    conditional "conditional" holds;
    r1 "r1" holds;
    spectral "spectral" holds;
    k1 "k1" holds;
    k5 "k5" holds;
    disjoint_minimax "disjoint-minimax" holds;
    disjoint "disjoint" holds;
    wgan "wgan" holds;
    clipped_roll "clipped-roll" holds;
    wgan_gp "wgan-gp" holds;
    least_squares "least-squares" holds;
    papers_sigma "papers-sigma" holds;
    dirac "dirac" holds;
    mnist "mnist" holds_of_images;
    mnist_01 "mnist-01" holds_of_images;
}

#[test]
fn what_is_no_preset_is_refused_with_the_names_of_those_there_are() {
    let place = Place::new("preset-other");
    let refused = place.refused("presets nothing --check", 2);
    assert!(refused.contains("nothing") && refused.contains("mode-collapse"), "{refused}");
    let refused = place.refused("presets ring8 --seed 2", 2);
    assert!(refused.contains("--check"), "{refused}");
}

#[test]
fn the_list_has_name_title_address_and_sentence() {
    let told = Place::new("preset-list").done("presets");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3 * PRESETS.len());
    for (entry, preset) in lines.chunks(3).zip(PRESETS) {
        assert_eq!(entry[0], format!("{}: {}", preset.name, preset.title));
        let address = entry[1].trim().strip_prefix('#').expect("an address");
        assert_eq!(Address::parse(address), Address::parse(preset.address));
        assert_eq!(entry[2].trim(), preset.watch);
    }
}

#[test]
fn a_preset_can_be_trained_by_its_name() {
    let place = Place::new("preset-train");
    place.done("train preset:never-settles --steps 20 --out named --backend cpu");
    let preset = PRESETS.iter().find(|preset| preset.name == "never-settles").expect("there");
    assert_eq!(Address::parse(preset.address).map(|a| a.spec.data()), Ok(Data::Bimodal));
    place.done(&format!("train #{} --steps 20 --out told --backend cpu", preset.address));
    let file = |folder: &str| place.read(&format!("{folder}/checkpoint.safetensors"));
    assert!(file("named") == file("told"));
    let refused = place.refused("train preset:nothing --steps 1 --out none", 2);
    assert!(refused.contains("never-settles"), "{refused}");
}
