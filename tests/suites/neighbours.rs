//! What the page says of neighbours: the digit of the nearest training image is right for nineteen of twenty real ones.

use adversaria_core::images::nearest;
use adversaria_core::spec::Classes;
use adversaria_tests::learning::load_images;

/// As many training images as a run has unless it is told otherwise.
const ROWS: usize = 10_000;
const ASKED: usize = 1000;

#[test]
fn the_nearest_training_image_names_the_digit() {
    let (train, test) = load_images().unwrap();
    let train = train.select(&Classes::All, ROWS).unwrap();
    let right = |at: &usize| {
        let near = nearest(train.pixels(), test.picture(*at).unwrap(), 1)[0];
        train.labels()[near.row] == test.labels()[*at]
    };
    // Every tenth: the second half of the test images is easier than the first.
    let asked = (0..test.count()).step_by(test.count() / ASKED);
    let count = asked.clone().count();
    let share = asked.filter(right).count() as f64 / count as f64;
    // 1,000 images know the share to ± 0.007.
    assert!((0.935..0.97).contains(&share), "{share} of {count} images");
}
