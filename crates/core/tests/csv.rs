//! Holds the reader of rows to what people have in their files, and to its sentences about what is wrong with them.

use adversaria_core::csv::{CsvError, Rows, read};
use adversaria_core::spec::MOST_ROWS;
use proptest::prelude::*;

fn rows(text: &str) -> Rows {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn why(text: &str) -> String {
    read(text.as_bytes()).expect_err(text).to_string()
}

#[test]
fn every_usual_form_is_read() {
    let expected = vec![[1.0, -2.5], [0.03, 400.0]];
    for text in [
        "1,-2.5\n.03,4e2",
        "x,y\r\n1,-2.5\r\n0.03,400\r\n",
        "\u{feff}\"x\";\"y\"\r\"1\";\"-2,5\"\r3e-2;4,0e2\r\r",
        "# made by hand\nx\ty\tlabel\n1\t-2.5\ta\n\n0.03\t+400\tb\n",
        "  1   -2.5\n0.030 400.",
        "\"1\",\"-2.5\"\n\"0.03\" , \"400\"",
    ] {
        let got = rows(text);
        assert_eq!((got.dim, got.rows), (2, expected.clone()), "{text:?}");
    }
    assert_eq!(rows("height\n1\n2\n").dim, 1);
    assert_eq!(rows("a,b,c\n1,2,x").columns, 3);
    assert_eq!(
        rows("0.1\n123456789012345678e-1").rows[..],
        [[0.1, 0.0], [1.234_567_890_123_456_8e16, 0.0]]
    );
}

#[test]
fn bad_cells_are_named_by_row_and_column() {
    assert_eq!(why("1,2\n3,abc\n4,5"), "row 2 column 2 (\"abc\") is not a number");
    assert_eq!(why("x,y\r\n\r\n1,2\r\n3\r\n"), "row 4 column 2 (empty) is not a number");
    assert_eq!(
        why("1,2\nNaN,inf\n1e999,2\n,0x1\n1,2"),
        "row 2 column 1 (\"NaN\"), row 2 column 2 (\"inf\"), row 3 column 1 (\"1e999\") and 2 more cells are not numbers"
    );
    let long = why(&format!("1,2\n{},4", "z".repeat(1000)));
    assert!(long.chars().count() < 80, "{long}");
}

#[test]
fn nothing_and_too_much_are_refused() {
    for text in ["", "\n\n", "x,y\n", "#\n"] {
        assert_eq!(read(text.as_bytes()), Err(CsvError::Empty), "{text:?}");
    }
    let most = "1,2\n".repeat(MOST_ROWS);
    assert_eq!(rows(&most).rows.len(), MOST_ROWS);
    assert_eq!(why(&(most + "1,2")), "there are 100001 rows, and at most 100000 are taken");
}

#[test]
fn rows_are_scaled_to_the_view_with_one_factor() {
    let given = rows("x,y\n10,1\n30,3\n20,2");
    let (cloud, scale) = given.fit();
    assert_eq!((scale.middle, scale.factor), ([20.0, 2.0], 0.09));
    for (got, wanted) in cloud.values().iter().zip([-0.9, -0.09, 0.9, 0.09, 0.0, 0.0]) {
        assert!((got - wanted).abs() < 3e-4, "{got} {wanted}");
    }
    assert_eq!(
        given.told(&scale),
        "3 rows of two columns are on stage, as (value − (20, 2)) · 0.09."
    );
    let (line, scale) = rows("5\n5\n7").fit();
    assert!((scale.factor - 2.7).abs() < 1e-12 && (line.values()[2] - 2.7).abs() < 1e-3);
    let (equal, scale) = rows("4,4\n4,4").fit();
    assert!(scale.factor == 0.0 && equal.values().iter().all(|x| x.abs() < 1e-3));
    let (huge, _) = rows("-1e279,0\n1e279,0").fit();
    assert!((huge.values()[0] + 0.9).abs() < 1e-3);
    assert_ne!(rows("1,2\n3,4").fit().0.mark(), rows("1,2\n3,4.1").fit().0.mark());
}

proptest! {
    #[test]
    fn any_bytes_are_rows_or_a_sentence(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(rows) = read(&bytes) {
            prop_assert_eq!(rows.fit().0.cells.len(), rows.rows.len());
        }
    }

    #[test]
    fn what_looks_like_rows_is_rows_or_a_sentence(text in "[0-9,;. \"\\-e\n\r\tx#]{0,120}") {
        match read(text.as_bytes()) {
            Ok(rows) => prop_assert_eq!(rows.fit().0.cells.len(), rows.rows.len()),
            Err(error) => prop_assert!(error.to_string().chars().count() < 250),
        }
    }

    #[test]
    fn numbers_read_as_they_are_printed(x in -1e9..1e9f64, y in -1.0..1.0f64) {
        prop_assert_eq!(&rows(&format!("{x},{y}\n{y},{x:e}")).rows[..], &[[x, y], [y, x]]);
    }
}
