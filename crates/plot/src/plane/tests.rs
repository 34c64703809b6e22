//! What the plane shows, mark by mark.

use super::*;
use crate::theme::Rgb;

fn empty() -> Plane {
    Plane { fake: vec![], average: vec![], pulls: vec![], field: vec![], grid: vec![] }
}

fn all() -> PlaneLayers {
    PlaneLayers { grid: true, density: true, ..PlaneLayers::default() }
}

fn segments(marks: &[Mark], colour: Rgb) -> Vec<(Point, Point)> {
    let of = |m: &Mark| match m {
        Mark::Segments { ends, stroke } if stroke.colour == colour => ends.clone(),
        _ => Vec::new(),
    };
    marks.iter().flat_map(of).collect()
}

#[test]
fn the_plane_is_coloured_by_the_difference_or_the_optimum_or_d() {
    let side = 8;
    let fake: Vec<f32> = (0..256).map(|i| 0.1 * ((i * 37 % 100) as f32 / 50.0 - 1.0)).collect();
    let moment = Plane { field: vec![0.9; side * side], fake, ..empty() };
    let p_data = vec![0.25; side * side];
    let data =
        PlaneData { real: &[], p_data: &p_data, side, plane: &moment, judge: Judge::Probability };
    let axes = PlaneAxes::new(300.0, 300.0);
    let corner = |layers: PlaneLayers| {
        let marks = plane(&data, layers, &axes, &Theme::LIGHT);
        marks.iter().find_map(|mark| match mark {
            Mark::Image { raster, .. } => Some(Rgb(raster.rgba[0], raster.rgba[1], raster.rgba[2])),
            _ => None,
        })
    };
    let usual = PlaneLayers { field: false, ..PlaneLayers::default() };
    let of = |value: f32| Some(Theme::LIGHT.verdict(Judge::Probability.centred(value), 0.5));
    assert_eq!(corner(PlaneLayers { field: true, ..usual }), of(0.9));
    // No sample is near the corner: there the best D is sure, and D less so by 0.1.
    assert_eq!(corner(PlaneLayers { optimal: true, ..usual }), of(1.0));
    assert_eq!(corner(PlaneLayers { difference: true, ..usual }), of(0.5 + 0.9 - 1.0));
    assert_eq!(corner(usual), None);
    let lines = segments(
        &plane(&data, PlaneLayers { model: true, ..usual }, &axes, &Theme::LIGHT),
        Theme::LIGHT.fake,
    );
    assert!(lines.len() > 300, "crosses and contours: {}", lines.len());
}

#[test]
fn the_half_contour_of_a_ramp_runs_where_d_is_one_half() {
    let side = 32;
    // D = 0.5 + 0.4 (y − 0.25) on cell centres crosses ½ at y = 0.25.
    let field =
        (0..side * side).map(|i| 0.5 + 0.4 * (lattice((i / side) as f32, side) - 0.25)).collect();
    let moment = Plane { field, ..empty() };
    let data =
        PlaneData { real: &[], p_data: &[], side, plane: &moment, judge: Judge::Probability };
    let axes = PlaneAxes::new(500.0, 480.0);
    let marks = plane(&data, all(), &axes, &Theme::LIGHT);
    let line = segments(&marks, Theme::LIGHT.d);
    let reach = line.iter().flat_map(|(a, b)| [a.0, b.0]);
    let (left, right) = reach.fold((f32::MAX, f32::MIN), |(l, r), x| (l.min(x), r.max(x)));
    let view = axes.view;
    assert!(
        (left - view.x).abs() < 0.1 && (right - view.x - view.w).abs() < 0.1,
        "from border to border"
    );
    let wanted = axes.y.pixel(0.25);
    assert!(
        line.iter().all(|(a, b)| (a.1 - wanted).abs() < 0.05 && (b.1 - wanted).abs() < 0.05),
        "{line:?}"
    );
}

#[test]
fn the_field_is_blue_at_the_top_where_d_is_high_there() {
    let field = [0.0, 0.0, 1.0, 1.0];
    let raster = field_raster(&field, 2, Judge::Probability, &Theme::LIGHT);
    let top = &raster.rgba[0..3];
    let bottom = &raster.rgba[8..11];
    assert!(top[2] > top[0] && bottom[0] > bottom[2], "top {top:?}, bottom {bottom:?}");
}

#[test]
fn real_are_dots_fakes_are_crosses_and_the_rest_stays_outside() {
    let moment = Plane { fake: vec![0.5, -0.5, 3.0, 0.0, f32::NAN, 0.0], ..empty() };
    let data = PlaneData {
        real: &[0.0, 0.0, 1.5, 0.0],
        p_data: &[],
        side: 0,
        plane: &moment,
        judge: Judge::Probability,
    };
    let axes = PlaneAxes::new(400.0, 400.0);
    let marks = plane(&data, all(), &axes, &Theme::DARK);
    let dots = marks
        .iter()
        .find_map(|m| if let Mark::Dots { at, .. } = m { Some(at.clone()) } else { None });
    assert_eq!(dots.expect("real dots"), [(axes.x.pixel(0.0), axes.y.pixel(0.0))]);
    let crosses = segments(&marks, Theme::DARK.fake);
    assert_eq!(crosses.len(), 2);
    let centre = ((crosses[0].0.0 + crosses[0].1.0) / 2.0, (crosses[0].0.1 + crosses[0].1.1) / 2.0);
    assert!(
        (centre.0 - axes.x.pixel(0.5)).abs() < 0.01 && (centre.1 - axes.y.pixel(-0.5)).abs() < 0.01
    );
    assert!(marks.iter().any(|m| matches!(m, Mark::Text { text, .. } if text == "2 of 3 outside")));
}

#[test]
fn a_pull_points_its_way_and_vanishes_with_its_cause() {
    let moment = Plane { fake: vec![0.0, 0.0], pulls: vec![0.0, 2.0], ..empty() };
    let data =
        PlaneData { real: &[], p_data: &[], side: 0, plane: &moment, judge: Judge::Probability };
    let axes = PlaneAxes::new(400.0, 400.0);
    let pull = segments(&plane(&data, all(), &axes, &Theme::LIGHT), Theme::LIGHT.pull);
    assert_eq!(pull.len(), 3, "a shaft and two barbs");
    let tip = pull[0].1;
    assert!(pull[1..].iter().all(|(a, b)| *a == tip && b.1 > tip.1), "barbs end at the tip");
    assert!(pull[0].1.1 < pull[0].0.1 && pull[0].1.0 == pull[0].0.0, "upwards: {pull:?}");
    assert!(pull_length(1e-3) < 0.1 && pull_length(1e6) <= 30.0);
}

#[test]
fn a_weak_pull_has_no_barbs() {
    let moment = Plane { fake: vec![0.0, 0.0], pulls: vec![0.0, 0.1], ..empty() };
    let data = PlaneData { real: &[], p_data: &[], side: 0, plane: &moment, judge: Judge::Critic };
    let marks = plane(&data, all(), &PlaneAxes::new(400.0, 400.0), &Theme::LIGHT);
    assert_eq!(segments(&marks, Theme::LIGHT.pull).len(), 1);
}

#[test]
fn a_target_is_neutral_where_a_is_one_half() {
    let side = 32;
    // σ(a) rises with y through σ(½) at y = 0.25.
    let field = (0..side * side)
        .map(|i| 0.622_459 + 0.2 * (lattice((i / side) as f32, side) - 0.25))
        .collect();
    let moment = Plane { field, ..empty() };
    let data = PlaneData { real: &[], p_data: &[], side, plane: &moment, judge: Judge::Target };
    let axes = PlaneAxes::new(500.0, 480.0);
    let line = segments(&plane(&data, all(), &axes, &Theme::LIGHT), Theme::LIGHT.d);
    let wanted = axes.y.pixel(0.25);
    assert!(!line.is_empty() && line.iter().all(|(a, _)| (a.1 - wanted).abs() < 0.05));
}

#[test]
fn the_contours_of_a_narrow_mode_are_round() {
    let (side, width) = (48, 0.05_f32);
    let bell = |i: usize| {
        let (x, y) = (lattice((i % side) as f32, side), lattice((i / side) as f32, side));
        (-0.5 * (x * x + y * y) / (width * width)).exp()
    };
    let p_data: Vec<f32> = (0..side * side).map(bell).collect();
    let peak = p_data.iter().copied().fold(0.0, f32::max);
    let moment = empty();
    let data =
        PlaneData { real: &[], p_data: &p_data, side, plane: &moment, judge: Judge::Probability };
    let axes = PlaneAxes::new(500.0, 480.0);
    let marks = plane(&data, all(), &axes, &Theme::LIGHT);
    let rings: Vec<_> = marks
        .iter()
        .filter_map(|m| match m {
            Mark::Segments { ends, stroke } if stroke.colour == Theme::LIGHT.real => Some(ends),
            _ => None,
        })
        .collect();
    assert_eq!(rings.len(), 4);
    for (ring, share) in rings.iter().zip([0.05_f32, 0.2, 0.5, 0.8]) {
        let wanted = width * (-2.0 * (share * peak).ln()).sqrt();
        for (a, _) in *ring {
            let radius = axes.x.value(a.0).hypot(axes.y.value(a.1));
            assert!((radius - wanted).abs() < 0.004, "{radius} for {wanted}");
        }
    }
}

#[test]
fn the_average_is_triangles_around_its_samples() {
    let moment = Plane { average: vec![0.5, -0.5, 2.0, 0.0], ..empty() };
    let data =
        PlaneData { real: &[], p_data: &[], side: 0, plane: &moment, judge: Judge::Probability };
    let axes = PlaneAxes::new(400.0, 400.0);
    let theme = Theme::LIGHT;
    let sides = segments(&plane(&data, all(), &axes, &theme), theme.average);
    assert_eq!(sides.len(), 3, "one triangle; the other sample lies outside");
    let mean = |of: fn(&Point) -> f32| sides.iter().map(|(a, _)| of(a)).sum::<f32>() / 3.0;
    let centre = (mean(|p| p.0), mean(|p| p.1));
    assert!((centre.0 - axes.x.pixel(0.5)).abs() < 0.01);
    assert!((centre.1 - axes.y.pixel(-0.5)).abs() < 0.01);
    let hidden = PlaneLayers { average: false, ..all() };
    assert!(segments(&plane(&data, hidden, &axes, &theme), theme.average).is_empty());
    let none = PlaneData { plane: &empty(), ..data };
    assert!(segments(&plane(&none, all(), &axes, &theme), theme.average).is_empty());
}

#[test]
fn the_lattice_is_drawn_in_both_directions_and_clipped() {
    let grid = vec![-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 9.0];
    let moment = Plane { grid, ..empty() };
    let data =
        PlaneData { real: &[], p_data: &[], side: 0, plane: &moment, judge: Judge::Probability };
    let axes = PlaneAxes::new(400.0, 400.0);
    let marks = plane(&data, all(), &axes, &Theme::LIGHT);
    let lines = segments(&marks, Theme::LIGHT.fake);
    assert_eq!(lines.len(), 4);
    let top = axes.view.y - 0.01;
    assert!(lines.iter().all(|(a, b)| a.1 >= top && b.1 >= top));
}

#[test]
fn cells_and_coordinates_agree() {
    for i in 0..48 {
        assert_eq!(cell_of(lattice(i as f32, 48), 48), Some(i));
    }
    assert_eq!(cell_of(1.01, 48), None);
    assert_eq!(cell_of(f32::NAN, 48), None);
}
