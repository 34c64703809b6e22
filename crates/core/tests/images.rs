//! Holds the decoders of pictures to their formats, and to one sentence for anything else.

use adversaria_core::images::{
    Idx, ImageError, ImageSet, idx, idx_images, idx_labels, nearest, to_bytes, to_values,
};
use adversaria_core::spec::{Classes, OutputAct};
use proptest::prelude::*;

fn idx_bytes(magic: u8, sizes: &[u32], body: &[u8]) -> Vec<u8> {
    let sizes = sizes.iter().flat_map(|n| n.to_be_bytes());
    [0, 0, 8, magic].into_iter().chain(sizes).chain(body.iter().copied()).collect()
}

fn small() -> ImageSet {
    let images = idx_images(&idx_bytes(3, &[3, 2, 1], &[1, 2, 3, 4, 5, 6])).expect("pictures");
    ImageSet::new(images, idx_labels(&idx_bytes(1, &[3], &[7, 0, 7])).expect("labels"))
        .expect("a set")
}

fn sentence(error: &ImageError) {
    let text = error.to_string();
    assert!(text.ends_with('.') && !text.contains(". ") && text.len() < 250, "{text:?}");
}

#[test]
fn files_are_decoded() {
    let set = small();
    assert_eq!((set.width(), set.height(), set.count()), (1, 2, 3));
    assert_eq!(
        (set.labels(), set.picture(1), set.picture(3)),
        (&[7, 0, 7][..], Some(&[3, 4][..]), None)
    );
    assert!(matches!(idx(&idx_bytes(1, &[1], &[9])), Ok(Idx::Labels(l)) if l == [9]));
    assert!(matches!(idx(&idx_bytes(3, &[1, 1, 1], &[9])), Ok(Idx::Images(i)) if i.count() == 1));
}

#[test]
fn classes_and_rows_are_picked() {
    let sevens = small().select(&Classes::Some(vec![7]), 3).expect("sevens");
    assert_eq!((sevens.labels(), sevens.pixels()), (&[7, 7][..], &[1, 2, 5, 6][..]));
    assert_eq!(small().select(&Classes::All, 2).expect("two").count(), 2);
    assert_eq!(small().select(&Classes::All, 99), Ok(small()));
    assert_eq!(small().select(&Classes::Some(vec![0]), 1), Err(ImageError::Empty { rows: 1 }));
    assert_eq!(small().followed_by(&sevens).expect("five").labels(), [7, 0, 7, 7, 7]);
}

/// By the definition, and all of them.
fn nearest_of_all(set: &[u8], picture: &[u8]) -> Vec<(usize, f32)> {
    let rms = |other: &[u8]| {
        let off = |(a, b): (&u8, &u8)| ((f64::from(*a) - f64::from(*b)) / 255.0).powi(2);
        (other.iter().zip(picture).map(off).sum::<f64>() / picture.len() as f64).sqrt() as f32
    };
    let mut all: Vec<_> = set.chunks_exact(picture.len()).map(rms).enumerate().collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    all
}

#[test]
fn the_nearest_are_the_nearest_of_all() {
    // Noise over slopes of eight kinds, so that neighbours differ in distance by little.
    let pixel = |n: usize| ((n % 784) / 4 * (n / 784 % 8) / 7 + n * n % 53) as u8;
    let set: Vec<u8> = (0..300 * 784).map(pixel).collect();
    for picture in &mut [3, 100, 299].map(|row| set[row * 784..][..784].to_vec()) {
        picture[500] = picture[500].wrapping_add(90);
        let found = nearest(&set, picture, 5);
        let wanted = nearest_of_all(&set, picture);
        for (near, (row, distance)) in found.iter().zip(&wanted) {
            assert!((near.distance - distance).abs() < 1e-6, "{near:?}, not {row}");
        }
        assert_eq!((found.len(), found[0].row), (5, wanted[0].0));
    }
    assert_eq!(nearest(&set[..784 * 3], &set[..784], 9).len(), 3, "no more than there are");
    assert!(nearest(&set, &[], 2).is_empty() && nearest(&set, &set[..784], 0).is_empty());
    let black_and_white = nearest(&[255; 4], &[0; 4], 1);
    assert_eq!(black_and_white[0].distance, 1.0);
}

#[test]
fn pixels_come_back_from_their_numbers() {
    let bytes: Vec<u8> = (0..=255).collect();
    for output in [OutputAct::Tanh, OutputAct::Sigmoid, OutputAct::Linear] {
        let values = to_values(&bytes, output);
        assert_eq!(to_bytes(&values, output), bytes);
        let lowest = if output == OutputAct::Sigmoid { 0.0 } else { -1.0 };
        assert!((values[0] - lowest).abs() < 1e-6 && (values[255] - 1.0).abs() < 1e-6);
    }
    assert_eq!(to_bytes(&[-3.0, 5.0], OutputAct::Linear), [0, 255], "clipped");
}

#[test]
fn packs_round_trip() {
    let bytes = small().pack();
    assert_eq!(&bytes[..8], b"ADVP\x01\0\0\0");
    assert_eq!(bytes.len(), 20 + 3 + 6);
    assert_eq!(ImageSet::unpack(&bytes), Ok(small()));
}

#[test]
fn every_malformed_file_has_its_error() {
    let good = idx_bytes(3, &[3, 2, 1], &[1, 2, 3, 4, 5, 6]);
    for cut in 0..good.len() {
        sentence(&idx_images(&good[..cut]).expect_err("cut short"));
        sentence(&idx(&good[..cut]).expect_err("cut short"));
    }
    let mut long = good.clone();
    long.push(0);
    assert_eq!(
        idx_images(&long),
        Err(ImageError::Length { what: "an IDX file of pictures", expected: 22, found: 23 })
    );
    for sizes in [[0, 2, 1], [3, 0, 1], [3, 2, 0], [u32::MAX; 3], [100_001, 1, 1], [1, 65, 1]] {
        let error = idx_images(&idx_bytes(3, &sizes, &[1; 6])).expect_err("a bad shape");
        assert!(matches!(error, ImageError::Shape { .. }), "{error}");
        sentence(&error);
    }
    for bytes in [&b""[..], b"\x1f\x8b\x08\0", b"<!doctype html>", &idx_bytes(1, &[1], &[1])] {
        let error = idx_images(bytes).expect_err("another file");
        assert!(matches!(error, ImageError::Magic { .. }), "{error}");
        sentence(&error);
    }
    assert_eq!(
        idx_labels(&idx_bytes(1, &[2], &[1, 10])),
        Err(ImageError::Label { index: 1, label: 10 })
    );
    assert_eq!(idx_labels(&idx_bytes(1, &[0], &[])), Err(ImageError::LabelCount { count: 0 }));
    let images = idx_images(&good).expect("pictures");
    assert_eq!(ImageSet::new(images, vec![1, 2]), Err(ImageError::Counts { images: 3, labels: 2 }));
    let pack = small().pack();
    for cut in 0..pack.len() {
        sentence(&ImageSet::unpack(&pack[..cut]).expect_err("cut short"));
    }
    for (at, value) in [(0, b'X'), (4, 2), (8, 4), (12, 3), (16, 0), (20, 10)] {
        let mut bad = pack.clone();
        bad[at] = value;
        sentence(&ImageSet::unpack(&bad).expect_err("damaged"));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        magic in prop::sample::select(vec![vec![], vec![0, 0, 8, 1], vec![0, 0, 8, 3], b"ADVP\x01\0\0\0".to_vec()]),
        sizes in prop::collection::vec(prop_oneof![0u32..5, any::<u32>()], 0..4), body: Vec<u8>, little: bool,
    ) {
        let sizes = sizes.iter().flat_map(|n| if little { n.to_le_bytes() } else { n.to_be_bytes() });
        let bytes: Vec<u8> = magic.into_iter().chain(sizes).chain(body).collect();
        let results = [idx(&bytes).err(), idx_labels(&bytes).err(), ImageSet::unpack(&bytes).err()];
        for error in results.iter().flatten() {
            prop_assert!(error.to_string().ends_with('.'));
        }
    }

    #[test]
    fn any_set_round_trips(count in 1usize..20, height in 1u32..9, width in 1u32..9, byte: u8) {
        let body: Vec<u8> = (0..count * (height * width) as usize).map(|i| byte.wrapping_add(i as u8)).collect();
        let images = idx_images(&idx_bytes(3, &[count as u32, height, width], &body)).expect("pictures");
        let set = ImageSet::new(images, (0..count).map(|i| (i % 10) as u8).collect()).expect("a set");
        prop_assert_eq!(set.pixels(), &body[..]);
        prop_assert_eq!(ImageSet::unpack(&set.pack()), Ok(set));
    }
}
