//! One moment of a run as a figure: what to draw, and what the pointer or the arrow keys find there.

use adversaria_plot::{
    ImagesAxes, ImagesData, Judge, LineAxes, LineData, Mark, PlaneAxes, PlaneData, Point, Shown,
    Stroke, Theme, Wall, cell_of, figure1, figure1_cursor, images, lattice, model_density, optimal,
    plane,
};
use adversaria_protocol::{Images, Line, Picture, Plane, Scene, Stage};

/// The place whose values are read out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cursor {
    /// An abscissa of the 1D figure.
    Abscissa(usize),
    /// A point of the plane.
    Place(f32, f32),
    /// An image.
    Image(Wall, usize),
}

/// A figure laid out.
pub struct Moment<'a> {
    stage: &'a Stage,
    picture: std::borrow::Cow<'a, Picture>,
    judge: Judge,
    size: (f32, f32),
    ratio: f32,
}

impl<'a> Moment<'a> {
    /// The picture on this stage; before the first one (or when it belongs to another stage) what is known of the data
    /// alone.
    pub fn new(
        scene: &'a Scene,
        picture: Option<&'a Picture>,
        judge: Judge,
        size: (f32, f32),
        ratio: f32,
    ) -> Self {
        use std::borrow::Cow::{Borrowed, Owned};
        let stage = &scene.stage;
        let picture = match (stage, picture) {
            (Stage::Line { .. }, Some(p @ Picture::Line(_)))
            | (Stage::Plane { .. }, Some(p @ Picture::Plane(_)))
            | (Stage::Images { .. }, Some(p @ Picture::Images(_))) => Borrowed(p),
            (Stage::Line { .. }, _) => Owned(Picture::Line(Line {
                p_g: vec![],
                average: vec![],
                d: vec![],
                arrows: vec![],
            })),
            (Stage::Plane { .. }, _) => Owned(Picture::Plane(Plane {
                fake: vec![],
                average: vec![],
                pulls: vec![],
                field: vec![],
                grid: vec![],
            })),
            (Stage::Images { .. }, _) => Owned(Picture::Images(Images {
                fake: vec![],
                average: vec![],
                fake_score: vec![],
                real_score: vec![],
            })),
        };
        Self { stage, picture, judge, size, ratio }
    }

    fn parts(&self) -> Parts<'_> {
        let judge = self.judge;
        match (self.stage, self.picture.as_ref()) {
            (Stage::Line { x, p_data }, Picture::Line(line)) => {
                Parts::Line(LineData { x, p_data, line, judge })
            }
            (Stage::Plane { real, p_data, side }, Picture::Plane(plane)) => {
                Parts::Plane(PlaneData { real, p_data, side: *side as usize, plane, judge })
            }
            (Stage::Images { width, height, real }, Picture::Images(images)) => {
                Parts::Images(ImagesData {
                    width: *width as usize,
                    height: *height as usize,
                    real,
                    images,
                    judge,
                })
            }
            _ => Parts::None,
        }
    }

    fn line_axes(&self, data: &LineData<'_>) -> LineAxes {
        LineAxes::new(data, self.size.0, self.size.1)
    }

    fn plane_axes(&self) -> PlaneAxes {
        PlaneAxes::new(self.size.0, self.size.1)
    }

    fn images_axes(&self, data: &ImagesData<'_>) -> ImagesAxes {
        ImagesAxes::new(data, self.size.0, self.size.1, self.ratio)
    }

    /// The figure, with the cursor over it. `warp` is how far G's lattice has come from z (0) to x (1).
    pub fn marks(
        &self,
        shown: Shown,
        cursor: Option<Cursor>,
        warp: f32,
        theme: &Theme,
    ) -> Vec<Mark> {
        match self.parts() {
            Parts::Line(data) => {
                let axes = self.line_axes(&data);
                let mut marks = figure1(&data, shown.line, &axes, theme);
                if let Some(Cursor::Abscissa(index)) = cursor {
                    marks.extend(figure1_cursor(&data, shown.line, &axes, index, theme));
                }
                marks
            }
            Parts::Plane(data) => {
                let axes = self.plane_axes();
                let on_its_way = (warp < 1.0).then(|| warped(data.plane, warp));
                let data = PlaneData { plane: on_its_way.as_ref().unwrap_or(data.plane), ..data };
                let mut marks = plane(&data, shown.plane, &axes, theme);
                if let Some(Cursor::Place(x, y)) = cursor {
                    marks.push(cross_hair((axes.x.pixel(x), axes.y.pixel(y)), theme));
                }
                marks
            }
            Parts::Images(data) => {
                let axes = self.images_axes(&data);
                let mut marks = images(&data, &axes, theme);
                if let Some(Cursor::Image(wall, index)) = cursor {
                    let stroke = Some(Stroke::solid(theme.ink, 2.0));
                    marks.push(Mark::Box { rect: axes.rect(wall, index), fill: None, stroke });
                }
                marks
            }
            Parts::None => Vec::new(),
        }
    }

    /// What lies at a place of the canvas.
    pub fn cursor_at(&self, at: Point) -> Option<Cursor> {
        match self.parts() {
            Parts::Line(data) => {
                let axes = self.line_axes(&data);
                let reach = axes.plot.x - 6.0..=axes.plot.x + axes.plot.w + 6.0;
                let x = axes.x.value(at.0);
                let nearest = |a: &usize, b: &usize| {
                    (data.x[*a] - x).abs().total_cmp(&(data.x[*b] - x).abs())
                };
                (0..data.x.len())
                    .filter(|_| reach.contains(&at.0))
                    .min_by(nearest)
                    .map(Cursor::Abscissa)
            }
            Parts::Plane(_) => {
                let axes = self.plane_axes();
                axes.view
                    .contains(at)
                    .then(|| Cursor::Place(axes.x.value(at.0), axes.y.value(at.1)))
            }
            Parts::Images(data) => {
                self.images_axes(&data).hit(at).map(|(wall, i)| Cursor::Image(wall, i))
            }
            Parts::None => None,
        }
    }

    /// Marks the chosen one of the generated images.
    pub fn chosen(&self, number: usize, theme: &Theme) -> Option<Mark> {
        let Parts::Images(data) = self.parts() else { return None };
        let axes = self.images_axes(&data);
        (number < axes.shown(Wall::Fake)).then(|| Mark::Box {
            rect: axes.rect(Wall::Fake, number),
            fill: None,
            stroke: Some(Stroke::solid(theme.pull, 2.0)),
        })
    }

    /// The cursor after an arrow key: `by` steps right and up; from the middle when there is none yet.
    pub fn moved(&self, cursor: Option<Cursor>, by: (i32, i32)) -> Option<Cursor> {
        match (self.parts(), cursor) {
            (Parts::Line(data), Some(Cursor::Abscissa(i))) => {
                step(i, by.0 + by.1, data.x.len()).map(Cursor::Abscissa)
            }
            (Parts::Line(data), _) => step(data.x.len() / 2, 0, data.x.len()).map(Cursor::Abscissa),
            (Parts::Plane(data), Some(Cursor::Place(x, y))) => {
                let side = data.side.max(1);
                let along = |v: f32, by: i32| {
                    let cell = step(cell_of(v, side).unwrap_or(0), by, side).unwrap_or(0);
                    lattice(cell as f32, side)
                };
                Some(Cursor::Place(along(x, by.0), along(y, by.1)))
            }
            (Parts::Plane(_), _) => Some(Cursor::Place(0.0, 0.0)),
            (Parts::Images(data), Some(Cursor::Image(wall, i))) => {
                let axes = self.images_axes(&data);
                self.other_wall(&axes, wall, i, by)
            }
            (Parts::Images(data), _) => {
                let shown = self.images_axes(&data).shown(Wall::Fake);
                step(0, 0, shown).map(|i| Cursor::Image(Wall::Fake, i))
            }
            (Parts::None, _) => None,
        }
    }

    /// One image on; past either end of a wall lies another wall, in a round.
    fn other_wall(
        &self,
        axes: &ImagesAxes,
        wall: Wall,
        index: usize,
        by: (i32, i32),
    ) -> Option<Cursor> {
        let to = index as i64 + i64::from(by.0) - i64::from(by.1) * axes.columns(wall) as i64;
        let shown = axes.shown(wall) as i64;
        let walls: Vec<Wall> = [Wall::Fake, Wall::Average, Wall::Real]
            .into_iter()
            .filter(|wall| axes.shown(*wall) > 0)
            .collect();
        let mine = walls.iter().position(|w| *w == wall)?;
        if (0..shown).contains(&to) || walls.len() == 1 {
            return step(to.max(0) as usize, 0, axes.shown(wall)).map(|i| Cursor::Image(wall, i));
        }
        let on = if to < 0 { walls.len() - 1 } else { 1 };
        let other = walls[(mine + on) % walls.len()];
        let first = if to < 0 { axes.shown(other) - 1 } else { 0 };
        Some(Cursor::Image(other, first))
    }

    /// Names and values at the cursor.
    pub fn values(&self, cursor: Cursor) -> Vec<(&'static str, String)> {
        match (self.parts(), cursor) {
            (Parts::Line(data), Cursor::Abscissa(i)) => {
                let read = |values: &[f32]| number(values.get(i).copied());
                let mut values = vec![
                    ("x", read(data.x)),
                    ("p_data", read(data.p_data)),
                    ("p_g", read(&data.line.p_g)),
                    (self.judge.name(), read(&data.line.d)),
                ];
                if let Some(best) = self.judge.best_name() {
                    values.push((best, number(Some(self.judge.best(data.optimal(i))))));
                }
                if !data.line.average.is_empty() {
                    values.insert(3, ("p_g, average", read(&data.line.average)));
                }
                values
            }
            (Parts::Plane(data), Cursor::Place(x, y)) => {
                let cell = cell_of(x, data.side)
                    .zip(cell_of(y, data.side))
                    .map(|(c, r)| r * data.side + c);
                let read = |field: &[f32]| number(cell.and_then(|i| field.get(i).copied()));
                let mut values = vec![("x", number(Some(x))), ("y", number(Some(y)))];
                values.push((self.judge.name(), read(&data.plane.field)));
                values.push(("p_data", read(data.p_data)));
                let p_g = model_density(&data.plane.fake, data.side);
                values.push(("p_g, estimated", read(&p_g)));
                if let Some(best) = self.judge.best_name() {
                    let optimal = optimal(data.p_data, &p_g, &data.plane.fake, data.side);
                    let at = cell.and_then(|i| optimal.get(i).copied());
                    values.push((best, number(at.map(|share| self.judge.best(share)))));
                }
                values
            }
            (Parts::Images(data), Cursor::Image(wall, i)) => {
                let (name, scores) = match wall {
                    Wall::Fake => ("generated", &data.images.fake_score),
                    // D does not play against it.
                    Wall::Average => return vec![("average of G", format!("no. {}", i + 1))],
                    Wall::Real => ("real", &data.images.real_score),
                };
                let score = number(scores.get(i).copied());
                vec![(name, format!("no. {}", i + 1)), (self.judge.name(), score)]
            }
            _ => Vec::new(),
        }
    }
}

enum Parts<'a> {
    Line(LineData<'a>),
    Plane(PlaneData<'a>),
    Images(ImagesData<'a>),
    None,
}

/// The plane with G's lattice on its way from z to x; z's quantiles are spread evenly over the view.
fn warped(plane: &Plane, warp: f32) -> Plane {
    let lines = (plane.grid.len() / 2).isqrt();
    let even = |k: usize| 1.9 * k as f32 / lines.max(2).saturating_sub(1) as f32 - 0.95;
    let from = |i: usize| even(if i.is_multiple_of(2) { i / 2 % lines } else { i / 2 / lines });
    let mixed = |(i, x): (usize, &f32)| (1.0 - warp) * from(i) + warp * x;
    Plane { grid: plane.grid.iter().enumerate().map(mixed).collect(), ..plane.clone() }
}

fn step(from: usize, by: i32, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    Some((from as i64 + i64::from(by)).clamp(0, last as i64) as usize)
}

fn cross_hair((x, y): Point, theme: &Theme) -> Mark {
    let (near, far) = (4.0, 11.0);
    let arms = [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)];
    let arm = |(dx, dy): Point| ((x + near * dx, y + near * dy), (x + far * dx, y + far * dy));
    Mark::Segments { ends: arms.map(arm).to_vec(), stroke: Stroke::solid(theme.ink, 1.5) }
}

/// A value with three decimals and a true minus sign; a dash when there is none.
pub fn number(value: Option<f32>) -> String {
    match value {
        Some(0.0) => "0.000".into(),
        Some(v) if v.is_finite() && v.abs() < 5e-4 => format!("{v:.0e}").replace('-', "\u{2212}"),
        Some(v) if v.is_finite() && v.abs() < 1e5 => format!("{v:.3}").replace('-', "\u{2212}"),
        Some(v) if v.is_finite() => format!("{v:.2e}").replace('-', "\u{2212}"),
        _ => "\u{2014}".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adversaria_protocol::Metrics;

    fn scene(stage: Stage) -> Scene {
        Scene {
            spec: String::new(),
            parameters_g: 1,
            parameters_d: 1,
            backend: "cpu".into(),
            adapter: String::new(),
            metrics: Metrics::NEW,
            stage,
        }
    }

    #[test]
    fn arrows_read_along_the_1d_figure() {
        let scene = scene(Stage::Line { x: vec![-1.0, 0.0, 1.0], p_data: vec![0.1, 0.2, 0.1] });
        let picture = Picture::Line(Line {
            p_g: vec![0.1, 0.2, 0.3],
            average: vec![],
            d: vec![0.5; 3],
            arrows: vec![],
        });
        let moment = Moment::new(&scene, Some(&picture), Judge::Probability, (600.0, 400.0), 1.0);
        let middle = moment.moved(None, (1, 0));
        assert_eq!(middle, Some(Cursor::Abscissa(1)));
        let end = moment.moved(middle, (10, 0));
        assert_eq!(end, Some(Cursor::Abscissa(2)), "the last value is as far as it goes");
        let values = moment.values(Cursor::Abscissa(2));
        assert_eq!(values[4], ("D*", "0.250".to_owned()));
    }

    #[test]
    fn a_picture_of_another_stage_is_not_drawn() {
        let scene = scene(Stage::Plane { real: vec![0.5, 0.5], p_data: vec![], side: 2 });
        let picture =
            Picture::Line(Line { p_g: vec![0.1], average: vec![], d: vec![0.5], arrows: vec![] });
        let moment = Moment::new(&scene, Some(&picture), Judge::Probability, (400.0, 400.0), 1.0);
        let marks = moment.marks(Shown::default(), None, 1.0, &Theme::LIGHT);
        assert!(
            marks.iter().any(|m| matches!(m, Mark::Dots { at, .. } if at.len() == 1)),
            "real dots alone"
        );
        assert_eq!(moment.cursor_at((200.0, 150.0)).map(|c| moment.values(c).len()), Some(6));
    }

    #[test]
    fn the_cursor_walks_from_one_wall_to_the_other() {
        let scene = scene(Stage::Images { width: 2, height: 2, real: vec![0; 8] });
        let picture = Picture::Images(Images {
            fake: vec![0; 8],
            average: vec![],
            fake_score: vec![0.25, 0.5],
            real_score: vec![],
        });
        let moment = Moment::new(&scene, Some(&picture), Judge::Probability, (600.0, 400.0), 1.0);
        let mut cursor = moment.moved(None, (1, 0));
        assert_eq!(cursor, Some(Cursor::Image(Wall::Fake, 0)));
        for _ in 0..2 {
            cursor = moment.moved(cursor, (1, 0));
        }
        assert_eq!(cursor, Some(Cursor::Image(Wall::Real, 0)));
        assert_eq!(moment.moved(cursor, (-1, 0)), Some(Cursor::Image(Wall::Fake, 1)));
        assert_eq!(moment.values(Cursor::Image(Wall::Fake, 0))[1], ("D", "0.250".to_owned()));
        assert_eq!(moment.values(Cursor::Image(Wall::Real, 0))[1], ("D", "\u{2014}".to_owned()));
    }

    #[test]
    fn the_average_is_read_where_there_is_one() {
        let line = scene(Stage::Line { x: vec![0.0], p_data: vec![0.1] });
        let picture = Picture::Line(Line {
            p_g: vec![0.3],
            average: vec![0.2],
            d: vec![0.5],
            arrows: vec![],
        });
        let moment = Moment::new(&line, Some(&picture), Judge::Probability, (600.0, 400.0), 1.0);
        let values = moment.values(Cursor::Abscissa(0));
        assert_eq!(values[3], ("p_g, average", "0.200".to_owned()));
        let wall = scene(Stage::Images { width: 2, height: 2, real: vec![0; 8] });
        let picture = Picture::Images(Images {
            fake: vec![0; 8],
            average: vec![0; 8],
            fake_score: vec![],
            real_score: vec![],
        });
        let moment = Moment::new(&wall, Some(&picture), Judge::Probability, (600.0, 400.0), 1.0);
        let next = moment.moved(Some(Cursor::Image(Wall::Fake, 1)), (1, 0));
        assert_eq!(next, Some(Cursor::Image(Wall::Average, 0)), "its wall comes after G's");
        assert_eq!(moment.moved(next, (-1, 0)), Some(Cursor::Image(Wall::Fake, 1)));
        assert_eq!(moment.values(Cursor::Image(Wall::Average, 1))[0].1, "no. 2");
    }

    #[test]
    fn numbers_are_short_and_have_a_true_minus() {
        let shown = [Some(-0.5), Some(-0.0), Some(1e-5), Some(f32::NAN), None].map(number);
        assert_eq!(shown, ["\u{2212}0.500", "0.000", "1e\u{2212}5", "\u{2014}", "\u{2014}"]);
    }

    #[test]
    fn a_lattice_comes_from_an_even_one() {
        let grid = vec![0.5, -0.5, 0.25, 0.0, 0.0, 0.0, 1.0, 1.0];
        let plane = Plane { fake: vec![], average: vec![], pulls: vec![], field: vec![], grid };
        let even = warped(&plane, 0.0).grid;
        let wanted = [-0.95, -0.95, 0.95, -0.95, -0.95, 0.95, 0.95, 0.95];
        assert!(even.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{even:?}");
        assert_eq!(warped(&plane, 1.0).grid, plane.grid);
        assert!((warped(&plane, 0.5).grid[0] - (0.5 - 0.95) / 2.0).abs() < 1e-6);
    }
}
