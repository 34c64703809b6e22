//! `--data FILE.csv` of `train` and `audit`: rows of a file, and one sentence where they are none.

use crate::support::Place;
use safetensors::SafeTensors;

const SPEC: &str = "#g=8&d=8&batch=16&rows=500";

#[test]
fn a_run_on_a_file_resumes_and_is_sampled_without_it() {
    let place = Place::new("own-rows");
    let rows = (0..300).map(|i| format!("{},{}\n", i % 17, f64::from(i) * 0.5));
    place.write("mine.csv", rows.fold("height,width\n".to_owned(), |all, row| all + &row));
    place.done(&format!("train {SPEC} --data mine.csv --steps 40 --out straight"));
    place.done(&format!("train {SPEC} --data mine.csv --steps 20 --out halves"));
    place.done(&format!("train {SPEC} --data mine.csv --steps 40 --out halves --resume"));
    let of = |folder: &str| place.read(&format!("{folder}/checkpoint.safetensors"));
    assert!(of("straight") == of("halves"));
    place.done("sample straight/checkpoint.safetensors -n 10 --out samples.csv");
    assert_eq!(place.read("samples.csv").iter().filter(|b| **b == b'\n').count(), 11);
    place.write("line.csv", "5\n7\n9\n");
    place.done("train g=8&d=8&batch=16 --data line.csv --steps 10 --out line");
    let line = String::from_utf8_lossy(&place.read("line/checkpoint.safetensors")).into_owned();
    assert!(line.contains("\\\"data\\\":\\\"column\\\""), "one column is one-dimensional");
}

#[test]
fn an_audit_draws_from_the_rows_of_a_file() {
    let place = Place::new("own-audit");
    // Two rows, which the view has at two corners, and hardly any noise.
    place.write("two.csv", "0,0\n10,5\n");
    place.done(&format!("audit {SPEC}&data=file&sigma=0.001 --data two.csv --steps 3 --out trace"));
    let bytes = place.read("trace");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let x = file.tensor("update/000000/x").expect("D sees data");
    let values: Vec<f32> = x
        .data()
        .chunks_exact(4)
        .map(|word| f32::from_le_bytes(word.try_into().expect("4 bytes")))
        .collect();
    assert_eq!(x.shape(), [16, 2]);
    let far = |v: &&f32| v.abs() > 0.3 && v.abs() < 1.0;
    assert!(values.iter().step_by(2).all(|v| far(&v)), "at either corner: {values:?}");
    let sides =
        [-1.0, 1.0].map(|side| values.iter().step_by(2).filter(|v| *v * side > 0.0).count());
    assert!(sides[0] > 0 && sides[1] > 0, "both rows are drawn: {values:?}");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a header");
    let metadata = header.metadata().clone().expect("metadata");
    assert!(metadata["spec"].contains("\"data\":\"file\""), "{metadata:?}");
    let agreed = format!("audit {SPEC} --data two.csv --steps 3 --compare cpu scalar");
    let said = place.done(&agreed);
    assert!(said.starts_with("agree over 6 updates"), "{said}");
    let told = place.refused(&format!("audit {SPEC} --data gone.csv --steps 3 --out t"), 2);
    assert!(told.contains("gone.csv"), "{told}");
}

#[test]
fn what_is_wrong_with_a_file_is_told_in_a_line() {
    let place = Place::new("bad-rows");
    place.write("bad.csv", "1,2\n3,x\n");
    let told = place.refused(&format!("train {SPEC} --data bad.csv --steps 10 --out dir"), 2);
    assert!(told.contains("bad.csv: row 2 column 2 (\"x\") is not a number"), "{told}");
    let told = place.refused(&format!("train {SPEC} --data gone.csv --steps 10 --out dir"), 2);
    assert!(told.contains("gone.csv"), "{told}");
    let told = place.refused("train #data=file --steps 10 --out dir", 2);
    assert!(told.contains("--data FILE.csv"), "{told}");
    place.write("good.csv", "1,2\n3,4\n");
    let other = "train #data=file&file=2-0123456789abcdef --data good.csv --steps 10 --out dir";
    assert!(place.refused(other, 2).contains("SPEC names file=2-0123456789abcdef"));
}
