//! Figures as SVG and PNG bytes, with a legend, without any font of the system.

use crate::figure1::LineLayers;
use crate::framed::{Shown, framed_losses, framed_moment, framed_value};
use crate::gap::gaps;
use crate::growth::{Growth, growth};
use crate::judge::Judge;
use crate::mark::Mark;
use crate::paint::{colour, paint};
use crate::plane::PlaneLayers;
use crate::theme::Theme;
use crate::{PlotError, Points};
use adversaria_protocol::{Picture, Stage};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

/// Vector files are drawn on a lattice this much finer than their pixels, since plotters rounds to whole ones.
const FINE: u32 = 8;

/// A figure of a run.
#[derive(Clone, Copy, Debug)]
pub enum Figure<'a> {
    /// The stage at a moment; layers that the moment does not hold are left out.
    Moment {
        /// What does not change.
        stage: &'a Stage,
        /// The moment.
        picture: &'a Picture,
    },
    /// Both losses over iterations.
    Losses {
        /// D's.
        d: &'a Points,
        /// G's.
        g: &'a Points,
    },
    /// V(D,G) and V(D*,G) over iterations.
    Value {
        /// V(D,G).
        value: &'a Points,
        /// V(D*,G).
        optimal: &'a Points,
    },
    /// V(D*,G) − V(D,G) over D-updates.
    Gap {
        /// Ways of training by name, at most four of different colours.
        curves: &'a [(&'static str, &'a Points)],
    },
    /// Iterations per second against the size of a run, side by side.
    Growth {
        /// One for each size that grows.
        panels: &'a [Growth<'a>],
    },
}

impl Figure<'_> {
    /// The figure as an SVG document of `size` (width, height) pixels.
    ///
    /// # Errors
    /// [`PlotError::Mismatch`] when picture and scene are of different kinds, [`PlotError::Backend`] otherwise.
    pub fn svg(&self, size: (u32, u32), theme: &Theme) -> Result<String, PlotError> {
        let mut text = String::new();
        let fine = (size.0 * FINE, size.1 * FINE);
        self.draw(
            &SVGBackend::with_string(&mut text, fine).into_drawing_area(),
            size,
            theme,
            FINE as f32,
        )?;
        let head = |(w, h): (u32, u32)| format!("<svg width=\"{w}\" height=\"{h}\"");
        Ok(text.replacen(&head(fine), &head(size), 1))
    }

    /// The figure as a PNG file of `size` pixels times `ratio` (2 for print and dense screens).
    ///
    /// # Errors
    /// As [`Figure::svg`].
    pub fn png(&self, size: (u32, u32), theme: &Theme, ratio: u32) -> Result<Vec<u8>, PlotError> {
        let ratio = ratio.max(1);
        let (width, height) = (size.0 * ratio, size.1 * ratio);
        let mut rgb = vec![0; 3 * width as usize * height as usize];
        let area = BitMapBackend::with_buffer(&mut rgb, (width, height)).into_drawing_area();
        self.draw(&area, size, theme, ratio as f32)?;
        drop(area);
        encode(&rgb, width, height)
    }

    fn draw<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        size: (u32, u32),
        theme: &Theme,
        scale: f32,
    ) -> Result<(), PlotError> {
        register_font(
            "sans-serif",
            FontStyle::Normal,
            include_bytes!("../font/DejaVuSans-subset.ttf"),
        )
        .map_err(|_| PlotError::Backend("the built-in font is damaged".into()))?;
        let places = (size.0 as f32, size.1 as f32);
        area.fill(&colour(theme.paper)).map_err(PlotError::backend)?;
        let marks = match *self {
            Self::Moment { stage, picture } => framed(stage, picture, size, theme)?,
            Self::Growth { panels } => growth(panels, size, theme),
            Self::Gap { curves } => gaps(curves, places, theme),
            Self::Losses { d, g } => framed_losses(d, g, places, theme),
            Self::Value { value, optimal } => framed_value(value, optimal, places, theme),
        };
        paint(&marks, area, scale)?;
        area.present().map_err(PlotError::backend)
    }
}

fn framed(
    stage: &Stage,
    picture: &Picture,
    size: (u32, u32),
    theme: &Theme,
) -> Result<Vec<Mark>, PlotError> {
    let layers = Shown {
        line: LineLayers::default(),
        plane: PlaneLayers { grid: true, ..PlaneLayers::default() },
    };
    let size = (size.0 as f32, size.1 as f32);
    framed_moment(stage, picture, Judge::Probability, layers, size, theme).ok_or_else(|| {
        PlotError::Mismatch { picture: kind_of_picture(picture), stage: kind_of_stage(stage) }
    })
}

fn kind_of_picture(picture: &Picture) -> &'static str {
    match picture {
        Picture::Line(_) => "1D",
        Picture::Plane(_) => "2D",
        Picture::Images(_) => "images",
    }
}

fn kind_of_stage(stage: &Stage) -> &'static str {
    match stage {
        Stage::Line { .. } => "1D",
        Stage::Plane { .. } => "2D",
        Stage::Images { .. } => "images",
    }
}

fn encode(rgb: &[u8], width: u32, height: u32) -> Result<Vec<u8>, PlotError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(PlotError::backend)?;
    writer.write_image_data(rgb).map_err(PlotError::backend)?;
    writer.finish().map_err(PlotError::backend)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legend::LEAST;
    use crate::theme::Rgb;
    use adversaria_protocol::{Images, Line, Plane};

    fn line() -> (Stage, Picture) {
        let x: Vec<f32> = (0..301).map(|i| -3.0 + 0.02 * i as f32).collect();
        let bell = |m: f32, s: f32| move |x: &f32| (-0.5 * ((x - m) / s).powi(2)).exp() * 0.4 / s;
        let p_data: Vec<f32> =
            x.iter().map(|x| 0.5 * (bell(-1.0, 0.3)(x) + bell(1.0, 0.3)(x))).collect();
        let p_g = x.iter().map(|x| 0.6 * bell(0.75, 0.4)(x) + 0.4 * bell(-0.9, 0.4)(x)).collect();
        let d = x.iter().map(|x| 0.5 + 0.2 * x.sin()).collect();
        let arrows = (0..40).map(|i| -2.0 + 0.1 * i as f32).map(|z| (z, z.tanh() * 1.6)).collect();
        (Stage::Line { x, p_data }, Picture::Line(Line { p_g, average: vec![], d, arrows }))
    }

    fn count(svg: &str, element: &str, colour: Rgb) -> usize {
        let wanted = colour.css().to_uppercase();
        svg.lines()
            .filter(|l| l.starts_with(&format!("<{element} ")) && l.contains(&wanted))
            .count()
    }

    #[test]
    fn figure_1_dots_p_data_and_draws_p_g_in_one_stroke() {
        let (stage, picture) = line();
        let theme = Theme::LIGHT;
        let svg = Figure::Moment { stage: &stage, picture: &picture }
            .svg((720, 480), &theme)
            .expect("drawn");
        assert!(svg.starts_with("<svg width=\"720\" height=\"480\""), "{}", &svg[..60]);
        assert!(count(&svg, "circle", theme.real) > 100, "p_data is a row of dots");
        assert_eq!(count(&svg, "polyline", theme.real), 0, "and no line");
        let long = |l: &&str| {
            l.starts_with("<polyline ") && l.contains("#B06C00") && l.matches(',').count() > 250
        };
        assert_eq!(svg.lines().filter(long).count(), 1, "p_g is one line through all its points");
        assert!(count(&svg, "polyline", theme.d) > 30, "D is dashed");
        assert!(svg.contains("p_data / (p_data + p_g)"), "the legend names D*");
    }

    #[test]
    fn a_plane_shows_dots_and_crosses() {
        let side = 24;
        let field = (0..side * side).map(|i| (i % side) as f32 / side as f32).collect();
        let real = vec![0.1, 0.2, -0.3, 0.4, 0.5, -0.6];
        let stage = Stage::Plane { real, p_data: vec![1.0; side * side], side: side as u32 };
        let picture = Picture::Plane(Plane {
            average: vec![],
            fake: vec![0.0, 0.0, 0.3, 0.3],
            pulls: vec![1.0; 4],
            field,
            grid: vec![],
        });
        let theme = Theme::DARK;
        let svg = Figure::Moment { stage: &stage, picture: &picture }
            .svg((480, 500), &theme)
            .expect("drawn");
        assert_eq!(count(&svg, "circle", theme.real), 3 + 1, "three samples and the legend");
        assert_eq!(
            count(&svg, "polyline", theme.fake),
            2 * 2 + 2,
            "two strokes a fake and two in the legend"
        );
        assert!(count(&svg, "polyline", theme.d) >= side - 1, "the contour");
    }

    /// The names in the legend.
    fn listed(stage: &Stage, picture: &Picture) -> Vec<String> {
        let size = (720, 540);
        let marks = framed(stage, picture, size, &Theme::LIGHT).expect("of one kind");
        let foot = size.1 as f32 - LEAST;
        let name = |m: &Mark| match m {
            Mark::Text { at, text, .. } if at.1 > foot => Some(text.clone()),
            _ => None,
        };
        marks.iter().filter_map(name).collect()
    }

    #[test]
    fn the_legend_of_a_plane_lists_what_is_drawn() {
        let side = 4;
        let stage = Stage::Plane { real: vec![0.1, 0.2], p_data: vec![], side: side as u32 };
        let mut plane = Plane {
            fake: vec![0.0, 0.0],
            average: vec![],
            pulls: vec![],
            field: vec![],
            grid: vec![],
        };
        let now = |plane: &Plane| listed(&stage, &Picture::Plane(plane.clone()));
        assert_eq!(now(&plane), ["real", "generated"]);
        plane.average = vec![0.5, 0.5];
        plane.field = (0..side * side).map(|i| 0.1 * (i % side) as f32).collect();
        assert_eq!(
            now(&plane),
            ["real", "generated", "average of G", "D says real", "D says fake"],
            "this D is below ½ everywhere"
        );
        plane.field[0] = 0.9;
        plane.pulls = vec![1.0, 0.0];
        plane.grid = vec![-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5];
        let all = now(&plane);
        assert_eq!(all[3], "D = ½");
        assert_eq!(all[6..], ["pull", "G's grid"]);
    }

    #[test]
    fn the_legends_of_lines_and_images_list_what_is_drawn() {
        let (stage, picture) = line();
        let optimal = "D*(x) = p_data / (p_data + p_g)";
        let arrows = "z → G(z)";
        assert_eq!(listed(&stage, &picture), ["p_data", "p_g", "D(x)", optimal, arrows]);
        let Picture::Line(mut curves) = picture else { unreachable!("a line is a line") };
        curves.average = curves.p_g.clone();
        curves.d.clear();
        let averaged = Picture::Line(curves);
        let names = ["p_data", "p_g", "p_g, average of G", optimal, arrows];
        assert_eq!(listed(&stage, &averaged), names);
        let stage = Stage::Images { width: 2, height: 2, real: vec![0; 8] };
        let images =
            Images { fake: vec![0; 8], average: vec![], fake_score: vec![], real_score: vec![] };
        assert_eq!(listed(&stage, &Picture::Images(images.clone())), [""; 0]);
        let judged = Images { fake_score: vec![0.5; 2], ..images };
        assert_eq!(listed(&stage, &Picture::Images(judged)).len(), 2);
    }

    #[test]
    fn png_files_hold_the_figure_at_any_size() {
        let (stage, picture) = line();
        let figure = Figure::Moment { stage: &stage, picture: &picture };
        for size in [(1, 1), (30, 20), (360, 300)] {
            let file = figure.png(size, &Theme::DARK, 2).expect("drawn");
            let mut reader =
                png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("a PNG file");
            let mut pixels = vec![0; reader.output_buffer_size().expect("it fits")];
            reader.next_frame(&mut pixels).expect("pixels");
            assert_eq!((reader.info().width, reader.info().height), (2 * size.0, 2 * size.1));
            let orange = |p: &&[u8]| p[0] > 200 && p[2] < 100;
            let drawn = pixels.chunks_exact(3).filter(orange).count();
            assert_eq!(drawn > 500, size.0 > 100, "{drawn} orange pixels at {size:?}");
        }
    }

    #[test]
    fn charts_take_empty_and_constant_series() {
        let constant: Vec<(f64, f32)> = (0..50).map(|i| (f64::from(i), 0.693)).collect();
        for points in [&[][..], &constant[..1], &constant[..]] {
            for figure in [
                Figure::Losses { d: points, g: &[] },
                Figure::Value { value: points, optimal: points },
            ] {
                let svg = figure.svg((300, 120), &Theme::LIGHT).expect("drawn");
                assert_eq!(svg.contains("log 4"), matches!(figure, Figure::Value { .. }));
            }
        }
    }

    #[test]
    fn a_picture_of_another_scene_is_refused() {
        let (stage, _) = line();
        let picture = Picture::Images(Images {
            fake: vec![],
            average: vec![],
            fake_score: vec![],
            real_score: vec![],
        });
        let error =
            Figure::Moment { stage: &stage, picture: &picture }.svg((300, 300), &Theme::LIGHT);
        assert_eq!(error, Err(PlotError::Mismatch { picture: "images", stage: "1D" }));
    }
}
