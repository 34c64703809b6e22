//! `adversaria reproduce theorem`: D trained alone comes to D*, and the gap to it shrinks with k.

use crate::support::Place;

/// The numbers of a table's row behind its name.
fn numbers(row: &str) -> Vec<f64> {
    row.split(',').skip(1).map(|field| field.parse().expect("a number")).collect()
}

#[test]
fn d_trained_alone_is_d_star_and_v_is_its_optimum() {
    let place = Place::new("reproduce-theorem");
    let told = place.done("reproduce theorem --quick --out raw");
    let csv = String::from_utf8(place.read("raw/theorem.csv")).expect("text");
    let rows: Vec<&str> = csv.lines().skip(1).collect();
    assert_eq!((rows.len(), csv.lines().next().map(|head| head.split(',').count())), (6, Some(12)));
    for row in &rows {
        let [dim, _, jsd, best, before, value, most, mean, tv, bound, accuracy] = numbers(row)[..]
        else {
            panic!("{row}")
        };
        assert!((best - (2.0 * jsd - 4.0_f64.ln())).abs() < 1e-12, "{row}");
        // The bounds of the full setting, which the quick one meets on the line, and in the plane but for the maximum
        // and, beside a ring, the mean by a little.
        let (most_bound, mean_bound) = if dim == 1.0 { (0.03, 0.01) } else { (0.3, 0.025) };
        assert!(most <= most_bound && mean <= mean_bound, "{row}");
        assert!((value - best).abs() <= 0.01 && best - before > 0.2, "{row}");
        // No D is worth more than D*.
        assert!(value <= best + 1e-6, "{row}");
        // Three standard errors of 100,000 held-out samples of each kind are 0.0034.
        assert!((bound - (0.5 + 0.5 * tv)).abs() < 1e-12, "{row}");
        assert!(accuracy <= bound + 0.0034 && accuracy >= bound - 0.01, "{row}");
    }
    assert!(told.contains("The gap shrinks with k: yes."), "{told}");
    let gaps = String::from_utf8(place.read("raw/gap-k.csv")).expect("text");
    assert_eq!(gaps.lines().count(), 1 + 4 * 100);
    let chart = String::from_utf8(place.read("raw/gap-k.svg")).expect("text");
    assert!(chart.contains("k = 10") && chart.contains("polyline"), "a chart with names");
}
