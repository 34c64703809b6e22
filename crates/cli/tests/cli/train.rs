//! `adversaria train`: the same bits for the same spec, stopped and resumed, and files that hold what they say.

use std::time::Duration;

use crate::support::{Place, is_there, sentence};
use adversaria_core::spec::{Address, KEYS};
use safetensors::SafeTensors;

const SPEC: &str = "#data=bimodal&g=16,16&d=16,16&batch=32&ema=0.99&optd=rmsprop:0.001";
const FILES: [&str; 5] =
    ["checkpoint.safetensors", "metrics.csv", "samples.png", "samples.svg", "report.html"];

fn same_files(place: &Place, one: &str, other: &str) {
    for name in FILES {
        let read = |folder: &str| place.read(&format!("{folder}/{name}"));
        assert!(read(one) == read(other), "{name} of {one} and {other}");
    }
}

#[test]
fn the_same_spec_gives_the_same_files_and_another_seed_does_not() {
    let place = Place::new("twice");
    place.done(&format!("train {SPEC} --steps 300 --out one --backend cpu"));
    place.done(&format!("train {SPEC} --steps 300 --out two --backend cpu --exec resident"));
    place.done(&format!("train {SPEC}&seed=2 --steps 300 --out other"));
    same_files(&place, "one", "two");
    for name in FILES {
        assert!(
            place.read(&format!("one/{name}")) != place.read(&format!("other/{name}")),
            "{name}"
        );
    }
}

#[test]
fn a_resumed_run_is_the_straight_one() {
    let place = Place::new("resume");
    place.done(&format!("train {SPEC} --steps 1000 --out straight"));
    place.done(&format!("train {SPEC} --steps 500 --out halves"));
    let half = place.read("halves/checkpoint.safetensors");
    assert!(half != place.read("straight/checkpoint.safetensors"));
    place.done(&format!("train {SPEC} --steps 1000 --out halves --resume"));
    same_files(&place, "straight", "halves");
    place.done(&format!("train {SPEC} --steps 1000 --out halves --resume"));
    same_files(&place, "straight", "halves");
    let behind = place.refused(&format!("train {SPEC} --steps 500 --out halves --resume"), 2);
    assert!(behind.contains("1000"), "{behind}");
    let other = format!("train {SPEC}&loss=hinge --steps 2000 --out halves --resume");
    let refused = place.refused(&other, 2);
    assert!(refused.contains("loss=hinge") && refused.contains("loss=nonsaturating"), "{refused}");
    same_files(&place, "straight", "halves");
}

#[test]
fn the_page_writes_toml_that_trains() {
    let place = Place::new("page-toml");
    let spec = Address::parse(SPEC).expect("allowed").spec;
    place.write("page.toml", spec.toml());
    place.done("train page.toml --steps 40 --out file");
    place.done(&format!("train {SPEC} --steps 40 --out hash"));
    same_files(&place, "file", "hash");
}

#[test]
fn toml_and_hash_are_one_language() {
    let place = Place::new("toml");
    let table = "data = 'bimodal'\ng = [16, 16]\nd = '16,16'\nbatch = 32\nema = 0.99\nkd = 2\noptd = 'rmsprop:0.001'\nplay = true";
    place.write("run.toml", table);
    place.done("train run.toml --steps 40 --out file");
    place.done(&format!("train {SPEC}&kd=2 --steps 40 --out hash"));
    place.done(&format!("train {}&kd=2 --steps 40 --out bare", &SPEC[1..]));
    same_files(&place, "file", "hash");
    same_files(&place, "file", "bare");
}

#[test]
fn a_run_replaces_what_an_earlier_one_left() {
    let place = Place::new("replace");
    place.done("train #data=ring8&g=8&d=8 --steps 20 --out dir");
    place.write("dir/own.txt", "kept");
    place.done(&format!("train {SPEC} --steps 10 --out dir"));
    place.done(&format!("train {SPEC} --steps 10 --out fresh"));
    same_files(&place, "dir", "fresh");
    assert_eq!(place.read("dir/own.txt"), b"kept");
}

#[test]
fn metrics_hold_figures_that_can_be_true() {
    let place = Place::new("metrics");
    place.done("train #data=ring8&g=16&d=16&kd=2 --steps 300 --out dir");
    let text = String::from_utf8(place.read("dir/metrics.csv")).expect("text");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let rows: Vec<_> = lines.collect();
    let column = |name: &str| header.iter().position(|h| *h == name).expect("the column");
    let number = |row: &[&str], name: &str| row[column(name)].parse::<f64>().ok();
    assert!(rows.len() > 60, "{} rows", rows.len());
    assert_eq!(number(&rows[0], "loss_d"), None, "no loss before the first update");
    for row in &rows[1..] {
        let iteration = number(row, "iteration").expect("a number");
        assert_eq!(number(row, "updates_d"), Some(2.0 * iteration));
        assert_eq!(number(row, "updates_g"), Some(iteration));
        assert!(number(row, "grad_norm_d").is_some_and(|norm| norm > 0.0));
        let jsd = number(row, "jsd").expect("a number");
        assert!((0.0..=0.6932).contains(&jsd), "{jsd}");
        let optimal = number(row, "value_optimal").expect("a number");
        assert!((optimal - (2.0 * jsd - 4.0_f64.ln())).abs() < 1e-5);
        let figures = ["total_variation", "wasserstein"].map(|name| number(row, name));
        let by_chance = ["total_variation_by_chance", "wasserstein_by_chance"];
        for (figure, chance) in figures.into_iter().zip(by_chance.map(|name| number(row, name))) {
            // A G of 300 iterations is no p_data.
            let (figure, chance) = (figure.expect("a number"), chance.expect("a number"));
            assert!(chance > 0.0 && figure > chance, "{figure} by {chance}");
        }
        assert!(number(row, "mmd2").is_some_and(|square| square > 0.0));
        assert!(number(row, "modes").is_some_and(|modes| (0.0..=8.0).contains(&modes)));
        assert!(number(row, "quality").is_some_and(|share| (0.0..=1.0).contains(&share)));
    }
    assert_eq!(number(&rows[rows.len() - 1], "iteration"), Some(300.0));
}

#[test]
fn the_figure_and_the_report_show_the_curves() {
    let place = Place::new("figure");
    place.done(&format!("train {SPEC} --steps 50 --out dir"));
    let svg = String::from_utf8(place.read("dir/samples.svg")).expect("text");
    let report = String::from_utf8(place.read("dir/report.html")).expect("text");
    for text in [&svg, &report] {
        let lines = |start: &str, colour: &str| {
            text.lines().filter(|l| l.starts_with(start) && l.contains(colour)).count()
        };
        assert!(lines("<circle", "#0072B2") > 100, "p_data is dotted");
        assert!(lines("<polyline", "#B06C00") > 0, "p_g is drawn");
        assert!(lines("<polyline", "#6A3D9A") > 10, "D is dashed");
    }
    for part in ["Losses", "Value", "bimodal", "<th>jsd</th>", "rmsprop:0.001"] {
        assert!(report.contains(part), "{part}");
    }
    let away = ["http://", "https://", "<script", "<link", "src=\"/"];
    let fetched = |part: &&str| report.replace("http://www.w3.org/", "").contains(*part);
    assert_eq!(away.iter().find(|part| fetched(part)), None, "the report needs nothing else");
}

#[test]
fn a_run_that_diverges_keeps_its_last_finite_state() {
    let place = Place::new("diverge");
    let spec = "#data=ring8&g=16&d=16&loss=leastsquares&optd=sgd:50&optg=sgd:50";
    let told = place.refused(&format!("train {spec} --steps 5000 --out dir"), 1);
    assert!(told.contains("no longer finite"), "{told}");
    let bytes = place.read("dir/checkpoint.safetensors");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    for (name, view) in file.tensors() {
        let words =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("4")));
        let floats = view.dtype() == safetensors::Dtype::F32;
        assert!(!floats || words.clone().all(f32::is_finite), "{name} is finite");
    }
    for name in FILES {
        assert!(is_there(&place.path(&format!("dir/{name}"))), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_there_is() {
    use std::process::{Command, Stdio};
    let place = Place::new("interrupt");
    let mut command = place.command(&format!("train {SPEC} --steps 100000000 --out dir"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(1500));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> = told.split(' ').collect();
    let made: u64 = words[2].parse().expect("interrupted after N of …");
    assert!(made > 0 && told.contains("--resume"), "{told}");
    place.done(&format!("train {SPEC} --steps {} --out dir --resume", made + 50));
    place.done(&format!("train {SPEC} --steps {} --out straight", made + 50));
    same_files(&place, "dir", "straight");
}

#[test]
fn bad_requests_get_one_sentence_and_change_nothing() {
    let place = Place::new("bad");
    place.write("nested.toml", "g = { width = 3 }");
    place.write("broken.toml", "data = 'ring8'\nkd = = 3\n");
    place.write("unknown.toml", "kind = 'ring8'");
    place.write("huge.toml", "#".repeat(2 << 20));
    place.write("binary.toml", [0xff, 0xfe, 0x00]);
    place.write("mixed.toml", "g = [16, 'x']");
    place.write("twice.toml", "kd = 1\nkd = 2");
    place.write("other.toml", "lr = 1e99");
    let long = format!("#data={}", "x".repeat(100_000));
    let specs = [
        ("#data=x", "data=x"),
        ("#kd=NaN", "kd=NaN"),
        ("#kd=-1", "kd=-1"),
        ("#kd=0&kg=0", "kg=0"),
        ("#optd=adam:1e99", "optd=adam:1e99"),
        ("#nosuch=1", "nosuch"),
        ("#kd", "key=value"),
        ("#kd=1&kd=2", "kd"),
        ("#g=%zz", "%"),
        ("#reg=gp:1e9", "reg=gp:1e9"),
        (long.as_str(), "bytes"),
        ("nowhere.toml", "nowhere.toml"),
        (".", "cannot be read"),
        ("nested.toml", "g is a table"),
        ("broken.toml", "line 2"),
        ("unknown.toml", "kind"),
        ("huge.toml", "bytes"),
        ("binary.toml", "UTF-8"),
        ("mixed.toml", "whole numbers"),
        ("twice.toml", "line 2"),
        ("other.toml", "lr"),
    ];
    for (spec, named) in specs {
        for request in ["train SPEC --steps 5 --out dir", "audit SPEC --steps 5 --out trace"] {
            let told = place.refused(&request.replace("SPEC", spec), 2);
            assert!(told.contains(named), "{spec}: {told}");
        }
    }
    place.write("file", "not a folder");
    let requests = [
        ("", "command"),
        ("reproduce", "PAPER"),
        ("reproduce alchemy", "alchemy"),
        ("train", "--steps"),
        ("train # --out dir", "--steps"),
        ("train # --steps -1 --out dir", "-1"),
        ("train # --steps many --out dir", "many"),
        ("train # --steps 9999999999 --out dir", "4294967295"),
        ("train # --steps 5 --out dir --backend abacus", "abacus"),
        ("train # --steps 5 --out file", "folder"),
        ("audit # --steps 99999999 --out trace", "99999999"),
        ("bench --workload nonsense", "nonsense"),
        ("train # --steps 5 --out dir --exec abacus", "abacus"),
        ("audit # --steps 5", "--out"),
        ("audit # --steps 5 --compare cpu", "--compare"),
        ("audit # --steps 5 --compare cpu abacus", "abacus"),
        ("audit # --steps 5 --compare cpu scalar --out trace", "--out"),
        ("bench --seconds 0", "seconds"),
    ];
    for (request, named) in requests {
        let told = place.refused(request, 2);
        assert!(told.contains(named), "{request}: {told}");
    }
    assert!(!place.path("dir").exists() && !is_there(&place.path("trace")), "nothing was written");
}

#[test]
fn without_images_a_run_says_how_to_get_them() {
    let place = Place::new("images-missing");
    let told = place.refused("train #data=mnist --steps 5 --out dir", 1);
    assert!(told.contains("cargo xtask data"), "{told}");
    std::fs::create_dir(place.path("images")).expect("a folder");
    place.write("images/mnist-train-a.bin.gz", "this is no pack");
    let output = place.run("audit #data=mnist --steps 1 --out trace");
    assert!(sentence(&output, 1, "a damaged pack").contains("damaged"));
}

#[test]
fn help_lists_every_field() {
    let place = Place::new("help");
    for request in ["--help", "train --help", "audit --help"] {
        let text = place.done(request);
        for key in &KEYS {
            let row = format!("\n  {:<8} {}", key.name, key.meaning);
            assert!(text.contains(&row), "{request} lists {}", key.name);
        }
    }
}
