//! The prepared data, as the engine will read them: MNIST as it is known, and nothing else.

use std::{fs::File, io::Read as _};

use adversaria_core::images::ImageSet;
use flate2::read::GzDecoder;
use xtask::data::PACKS;

/// How often each digit occurs among the 60,000 training images.
const TRAIN: [usize; 10] = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
/// And among the 10,000 test images.
const TEST: [usize; 10] = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];

fn read(name: &str) -> ImageSet {
    let mut bytes = Vec::new();
    let file = File::open(xtask::paths::data().unwrap().join(name))
        .expect("cargo xtask data has been run");
    GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    ImageSet::unpack(&bytes).unwrap()
}

fn histogram(sets: &[&ImageSet]) -> [usize; 10] {
    let mut counts = [0; 10];
    sets.iter().flat_map(|set| set.labels()).for_each(|label| counts[usize::from(*label)] += 1);
    counts
}

#[test]
fn the_packs_are_mnist() {
    xtask::data::ensure().unwrap();
    let [first, rest, test] = PACKS.map(read);
    assert_eq!([first.count(), rest.count(), test.count()], [10_000, 50_000, 10_000]);
    assert_eq!(first.labels()[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(test.labels()[..10], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    assert_eq!((histogram(&[&first, &rest]), histogram(&[&test])), (TRAIN, TEST));
    // The mean pixel that every MNIST tutorial normalises by: 0.1307.
    let sum: u64 =
        [&first, &rest].iter().flat_map(|set| set.pixels()).map(|pixel| u64::from(*pixel)).sum();
    let mean = sum as f64 / 255.0 / (60_000.0 * 784.0);
    assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
}
