//! `adversaria reproduce`: papers' tables beside ours, and the raw numbers.

use std::io::Write as _;

use adversaria_core::images::PACK_MAGIC;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::Place;

#[test]
fn the_dirac_gan_has_its_table_and_every_point() {
    let place = Place::new("reproduce-dirac");
    let told = place.done("reproduce dirac --out raw");
    let rows: Vec<Vec<&str>> =
        told.lines().skip(2).map(|line| line.split('|').map(str::trim).collect()).collect();
    assert_eq!(rows.len(), 27, "{told}");
    for row in &rows {
        let (rests, paper) = (row[6], row[7]);
        // Five D-updates of 0.2 a time are too many for the consensus penalty.
        let is_known = paper == "–" || (row[1], row[3]) == ("consensus", "5");
        assert!(rests == paper || is_known, "{row:?}");
    }
    // Of the update map: √(1 + h² / 4), and by turns areas are kept.
    assert_eq!((rows[0][9], rows[1][9]), ("1.000 ± 0.100 i; 1.0050", "0.995 ± 0.100 i; 1.0000"));
    let unregularised = &rows[0];
    assert_eq!(unregularised[4], "-2.161611, -2.217775", "the paper's setting");
    let csv = String::from_utf8(place.read("raw/dirac.csv")).expect("text");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("method,order,n_d,step,theta,psi"));
    assert_eq!(lines.clone().count(), 27 * 501);
    assert_eq!(lines.next(), Some("gan,simultaneous,1,0,1.0,1.0"));
    // The same numbers, whenever it is asked.
    place.done("reproduce dirac --out again");
    assert_eq!(place.read("again/dirac.csv"), csv.as_bytes());
}

#[test]
fn what_cannot_be_reproduced_is_refused_with_a_sentence() {
    let place = Place::new("reproduce-refused");
    let why = place.refused("reproduce everything", 2);
    assert!(why.contains("everything"), "{why}");
    let taken_by_none = ["--steps 5", "--seed 2", "--backend cpu"];
    for (paper, more) in [("dirac", Some("--quick")), ("theorem", None)] {
        for option in taken_by_none.into_iter().chain(more) {
            let why = place.refused(&format!("reproduce {paper} {option}"), 2);
            let name = option.split(' ').next().expect("an option");
            assert!(why.contains(&format!("reproduce {paper} takes no {name}: ")), "{why}");
        }
    }
    place.write("file", "x");
    let why = place.refused("reproduce dirac --out file", 2);
    assert!(why.contains("--out takes a folder"), "{why}");
}

/// Pictures as `cargo xtask data` packs them: a bright bar for each digit, at a place of its own.
fn pack(place: &Place, name: &str, count: u32) {
    let mut bytes = PACK_MAGIC.to_vec();
    for number in [1, count, 28, 28] {
        bytes.extend(u32::to_le_bytes(number));
    }
    bytes.extend((0..count).map(|i| (i % 10) as u8));
    for picture in 0..count {
        let bar =
            |pixel: u32| pixel % 28 / 2 == picture % 10 && !(pixel + picture).is_multiple_of(7);
        bytes.extend((0..784).map(|pixel| if bar(pixel) { 230 } else { (pixel % 5) as u8 }));
    }
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&bytes).expect("packed");
    std::fs::create_dir_all(place.path("images")).expect("a folder");
    place.write(&format!("images/{name}.bin.gz"), gz.finish().expect("packed"));
}

#[test]
fn the_paper_of_2014_has_its_table_and_its_curve() {
    let place = Place::new("reproduce-2014");
    let why = place.refused("reproduce goodfellow2014 --quick", 1);
    assert!(why.contains("cargo xtask data"), "{why}");
    pack(&place, "mnist-train-a", 450);
    let why = place.refused("reproduce goodfellow2014 --quick", 1);
    assert!(why.contains("cargo xtask data"), "the test images are missing: {why}");
    pack(&place, "mnist-test", 60);
    let command = "reproduce goodfellow2014 --quick --seed 3 --backend cpu --out";
    let told = place.done(&format!("{command} raw"));
    for row in ["| DBN | 138 ± 2 | – |", "| adversarial nets | 225 ± 2 |", "| training images as"]
    {
        assert!(told.contains(row), "{told}");
    }
    assert!(told.contains("Run: 6 updates of each player"), "{told}");
    let csv = String::from_utf8(place.read("raw/goodfellow2014.csv")).expect("text");
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["source", "iteration", "samples", "sigma", "nats", "error"]);
    let at: Vec<[&str; 3]> = rows[1..].iter().map(|row| [row[0], row[1], row[2]]).collect();
    let curve = ["0", "1", "3", "6"].map(|at| ["maxout-2014", at, "200"]);
    assert_eq!(at[0], ["training images", "", "200"]);
    assert_eq!(at[1..], curve);
    let nats = |row: &[&str]| row[4].parse::<f64>().expect("a number");
    // The pictures are their own neighbours; what an untrained net makes is nowhere near.
    assert!(nats(&rows[1]) > nats(&rows[2]) + 100.0, "{csv}");
    assert!(rows[2..].windows(2).all(|pair| pair[0][4] != pair[1][4]), "the net moves: {csv}");
    place.done(&format!("{command} again"));
    assert_eq!(place.read("again/goodfellow2014.csv"), csv.as_bytes());
    // The net goes where any checkpoint goes.
    place.done("sample raw/goodfellow2014.safetensors -n 3 --out s.csv");
    let text = String::from_utf8(place.read("s.csv")).expect("text");
    let values = text.lines().flat_map(|line| line.split(',')).filter_map(|x| x.parse().ok());
    assert!(values.clone().count() >= 3 * 784);
    assert!(values.into_iter().all(|x: f64| (0.0..=1.0).contains(&x)), "G ends in a sigmoid");
}

#[test]
fn pacgan_has_its_table_and_its_curves() {
    let place = Place::new("reproduce-pacgan");
    let told = place.done("reproduce pacgan --quick --backend cpu --out raw");
    let rows: Vec<Vec<&str>> =
        told.lines().skip(2).take(8).map(|line| line.split('|').map(str::trim).collect()).collect();
    let names: Vec<[&str; 2]> = rows.iter().map(|row| [row[1], row[2]]).collect();
    let methods = ["GAN", "PacGAN2", "PacGAN4", "R1"];
    let all = ["ring8", "grid25"].map(|data| methods.map(|method| [data, method]));
    assert_eq!(names, all.as_flattened(), "{told}");
    assert_eq!((rows[0][3], rows[0][5], rows[6][3]), ("6.3 ± 0.5", "98.2 ± 0.2", "24.8 ± 0.2"));
    let csv = String::from_utf8(place.read("raw/pacgan.csv")).expect("text");
    let curve = |data: &str, method: &str| -> Vec<u32> {
        let rows = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let own = rows.filter(|row| row[0] == data && row[1] == method);
        own.map(|row| row[3].parse().expect("an iteration")).collect()
    };
    for row in &rows {
        assert!(row[4].ends_with(if row[1] == "ring8" { "of 8" } else { "of 25" }), "{row:?}");
        assert_eq!(curve(row[1], row[2]), [0, 1, 2, 4], "{csv}");
    }
    assert!(told.contains("Run: 4 of the paper's 400000 updates"), "{told}");
    assert!(told.contains("ring8's radius of 1 is 0.7"), "{told}");
}
