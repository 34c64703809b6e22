//! What `sample`, `audit` and `bench` write is what it claims to be.

use std::io::Write as _;

use crate::support::Place;
use adversaria_core::images::PACK_MAGIC;
use flate2::Compression;
use flate2::write::GzEncoder;
use safetensors::{Dtype, SafeTensors};

const SPEC: &str = "#data=ring8&g=8,4&d=6&z=uniform:3&batch=13&kd=2&ema=0.9";

fn npy(bytes: &[u8]) -> (Vec<usize>, Vec<f32>) {
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + length) % 64, 0, "the data are aligned");
    let header = std::str::from_utf8(&bytes[10..10 + length]).expect("text");
    assert!(
        header.contains("'descr': '<f4'") && header.contains("'fortran_order': False"),
        "{header}"
    );
    let shape = header.split(['(', ')']).nth(1).expect("a shape");
    let shape = shape.split(',').map(|n| n.trim().parse().expect("a number")).collect();
    let word = |b: &[u8]| f32::from_le_bytes(b.try_into().expect("4 bytes"));
    (shape, bytes[10 + length..].chunks_exact(4).map(word).collect())
}

fn png(bytes: &[u8]) -> (png::ColorType, u32, u32, Vec<u8>) {
    let mut reader =
        png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("it fits")];
    reader.next_frame(&mut pixels).expect("pixels");
    let info = reader.info();
    (info.color_type, info.width, info.height, pixels)
}

#[test]
fn samples_are_the_same_numbers_in_every_format() {
    let place = Place::new("sample");
    place.done(&format!("train {SPEC} --steps 100 --out dir"));
    place.done("sample dir/checkpoint.safetensors -n 1000 --out s.csv");
    place.done("sample dir/checkpoint.safetensors -n 1000 --out s.npy");
    place.done("sample dir/checkpoint.safetensors -n 1000 --out average.npy --average");
    place.done("sample dir/checkpoint.safetensors -n 1000 --out s.png");
    let (shape, values) = npy(&place.read("s.npy"));
    assert_eq!((shape, values.len()), (vec![1000, 2], 2000));
    assert!(values.iter().all(|v| v.is_finite()));
    let mean = values.iter().sum::<f32>() / 2000.0;
    assert!(values.iter().any(|v| (v - mean).abs() > 1e-3), "they are not all the same");
    let text = String::from_utf8(place.read("s.csv")).expect("text");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("x,y"));
    let read: Vec<f32> =
        lines.flat_map(|l| l.split(',')).map(|n| n.parse().expect("a number")).collect();
    assert_eq!(read, values);
    let (shape, average) = npy(&place.read("average.npy"));
    assert_eq!(shape, [1000, 2]);
    assert_ne!(average, values);
    let (colour, width, height, pixels) = png(&place.read("s.png"));
    assert_eq!((colour, width, height), (png::ColorType::Rgb, 1440, 1080));
    let orange = pixels.chunks_exact(3).filter(|p| p[0] > 150 && p[2] < 60).count();
    let blue = pixels.chunks_exact(3).filter(|p| p[0] < 60 && p[2] > 150).count();
    assert!(orange > 500 && blue > 500, "crosses and dots: {orange} and {blue} pixels");
}

#[test]
fn bad_requests_for_samples_get_one_sentence() {
    let place = Place::new("sample-bad");
    place.done("train #data=ring8&g=8&d=8 --steps 2 --out dir");
    let bytes = place.read("dir/checkpoint.safetensors");
    place.write("short", &bytes[..bytes.len() - 9]);
    place.write("empty", "");
    let mut shape = bytes.clone();
    let at = bytes.windows(5).position(|w| w == b"[8,2]").expect("G's first layer is [8, 2]");
    shape[at..at + 5].copy_from_slice(b"[2,8]");
    place.write("shape", shape);
    let requests = [
        ("short -n 3 --out o.csv", "short"),
        ("empty -n 3 --out o.csv", "empty"),
        ("shape -n 3 --out o.csv", ".weight is [2, 8]"),
        ("nowhere -n 3 --out o.csv", "nowhere"),
        (". -n 3 --out o.csv", "cannot be read"),
        ("dir/metrics.csv -n 3 --out o.csv", "metrics.csv"),
        ("dir/checkpoint.safetensors -n 0 --out o.csv", "-n 0"),
        ("dir/checkpoint.safetensors -n -4 --out o.csv", "-4"),
        ("dir/checkpoint.safetensors -n 4000000000 --out o.csv", "4000000000"),
        ("dir/checkpoint.safetensors -n 3 --out o.jpg", "o.jpg"),
        ("dir/checkpoint.safetensors -n 3 --out o", ".csv"),
        ("dir/checkpoint.safetensors -n 3 --out o.csv --average", "ema"),
        ("dir/checkpoint.safetensors --out o.csv", "-n"),
    ];
    for (request, named) in requests {
        let told = place.refused(&format!("sample {request}"), 2);
        assert!(told.contains(named) && !told.contains("on stage"), "{request}: {told}");
    }
    assert!(!place.path("o.csv").exists());
    place.write("dir/checkpoint.safetensors", &bytes[..100]);
    place.refused("train #data=ring8&g=8&d=8 --steps 9 --out dir --resume", 2);
}

#[test]
fn a_trace_has_the_tensors_of_every_update() {
    let place = Place::new("audit");
    place.done(&format!("audit {SPEC} --steps 5 --out trace.safetensors"));
    place.done(&format!("audit {SPEC} --steps 5 --out again.safetensors"));
    let bytes = place.read("trace.safetensors");
    assert!(bytes == place.read("again.safetensors"), "the same bytes twice");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let shape = |name: &str| {
        let view = file.tensor(name).unwrap_or_else(|_| panic!("{name} is there"));
        assert_eq!(view.dtype(), Dtype::F32, "{name}");
        view.shape().to_vec()
    };
    let layers: [(&str, &[usize]); 10] = [
        ("generator.0.weight", &[8, 3]),
        ("generator.0.bias", &[8]),
        ("generator.2.weight", &[4, 8]),
        ("generator.2.bias", &[4]),
        ("generator.4.weight", &[2, 4]),
        ("generator.4.bias", &[2]),
        ("discriminator.0.weight", &[6, 2]),
        ("discriminator.0.bias", &[6]),
        ("discriminator.2.weight", &[1, 6]),
        ("discriminator.2.bias", &[1]),
    ];
    for (name, expected) in layers {
        for moment in ["init", "final"] {
            assert_eq!(shape(&format!("{moment}/{name}")), expected, "{moment}/{name}");
        }
        let data = |moment: &str| file.tensor(&format!("{moment}/{name}")).expect("there").data();
        assert_ne!(data("init"), data("final"), "{name} has been trained");
    }
    for update in 0..15 {
        let name = |what: &str| format!("update/{update:06}/{what}");
        let kind = file.tensor(&name("kind")).expect("a kind").data().to_vec();
        let of_g = update % 3 == 2;
        assert_eq!(kind, f32::from(u8::from(of_g)).to_le_bytes(), "k_d = 2, then k_g = 1");
        assert_eq!(shape(&name("kind")), [1]);
        assert_eq!(shape(&name("loss")), [1]);
        assert_eq!(shape(&name("z")), [13, 3]);
        if of_g {
            assert!(file.tensor(&name("x")).is_err(), "G sees no data");
        } else {
            assert_eq!(shape(&name("x")), [13, 2]);
        }
    }
    assert_eq!(file.names().len(), 20 + 15 * 3 + 10, "and nothing else");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a header");
    let metadata = header.metadata().clone().expect("metadata");
    assert!(metadata.len() == 1 && metadata["spec"].contains("\"data\":\"ring8\""), "{metadata:?}");
}

/// 40 pictures as `cargo xtask data` packs them.
fn pack(place: &Place) {
    let mut bytes = PACK_MAGIC.to_vec();
    for number in [1_u32, 40, 28, 28] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend((0..40).map(|i| i % 10));
    bytes.extend((0..40 * 784).map(|i| (i % 251) as u8));
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&bytes).expect("packed");
    std::fs::create_dir_all(place.path("images")).expect("a folder");
    place.write("images/mnist-train-a.bin.gz", gz.finish().expect("packed"));
}

#[test]
fn pictures_are_trained_on_and_drawn() {
    let place = Place::new("pictures");
    pack(&place);
    place.done("train #data=mnist&rows=40&g=16&d=16&z=gaussian:4&batch=8 --steps 10 --out dir");
    place.done("sample dir/checkpoint.safetensors -n 7 --out s.png");
    place.done("sample dir/checkpoint.safetensors -n 7 --out s.npy");
    let (shape, values) = npy(&place.read("s.npy"));
    assert_eq!(shape, [7, 784]);
    assert!(values.iter().all(|v| (-1.0..=1.0).contains(v)), "G ends in a tanh");
    let (colour, width, height, pixels) = png(&place.read("s.png"));
    assert_eq!((colour, width, height), (png::ColorType::Grayscale, 3 * 28, 3 * 28));
    for (i, value) in values.iter().enumerate() {
        let (picture, y, x) = (i / 784, i % 784 / 28, i % 28);
        let pixel = pixels[(picture / 3 * 28 + y) * 84 + picture % 3 * 28 + x];
        assert!((f32::from(pixel) - 127.5 * (value + 1.0)).abs() < 0.51, "sample {picture}");
    }
    assert!(!place.path("dir/samples.svg").exists(), "pictures are no vectors");
    let report = String::from_utf8(place.read("dir/report.html")).expect("text");
    assert!(report.contains("data:image/png;base64,"));
    place.write("images/mnist-train-a.bin.gz", "gone");
    place.done("sample dir/checkpoint.safetensors -n 2 --out again.csv");
}

#[test]
fn a_bench_measures_what_it_names() {
    let place = Place::new("bench");
    for workload in ["toy2d", "toy2d_adam"] {
        let text = place.done(&format!("bench --workload {workload} --json --seconds 0.1"));
        assert_eq!(text.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&line["workload"], &line["backend"]), (&workload.into(), &"cpu".into()));
        let mut rounds = numbers(&line["rounds"]);
        assert_eq!(rounds.len(), 7);
        rounds.sort_by(f64::total_cmp);
        assert_eq!(line["iterationsPerSecond"].as_f64(), Some(rounds[3]), "the median");
        assert!(rounds[0] > 10.0, "{rounds:?}");
        assert!(line["adapter"].is_string() && line["threads"].as_u64() >= Some(1));
    }
    let text = place.done("bench --workload mnist_mlp --json --seconds 0.05");
    assert!(text.contains("noise"), "without MNIST it says so: {text}");
}

fn numbers(list: &serde_json::Value) -> Vec<f64> {
    let list = list.as_array().expect("a list");
    list.iter().map(|x| x.as_f64().expect("a number")).collect()
}

#[test]
fn a_bench_of_growth_measures_every_size_and_draws_them() {
    let place = Place::new("growth");
    let text = place.done("bench --growth --json --seconds 0.01 --chart growth.svg");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let rate = |axis: &str, value: u32| {
        let here = |l: &&serde_json::Value| l["growth"] == axis && l["value"] == value;
        lines.iter().find(here).and_then(|l| l["iterationsPerSecond"].as_f64()).expect(axis)
    };
    assert_eq!(lines.len(), 20);
    for (axis, least, most) in [("batch", 64, 4096), ("width", 8, 512), ("depth", 1, 8)] {
        let (small, large) = (rate(axis, least), rate(axis, most));
        assert!(small > 2.0 * large, "{axis} costs nothing: {small} and {large} iterations/s");
    }
    let svg = String::from_utf8(place.read("growth.svg")).expect("text");
    for label in ["batch", "width", "depth", "4096", "512", "cpu"] {
        assert!(svg.contains(&format!("\n{label}\n")), "the chart does not say {label}");
    }
}
