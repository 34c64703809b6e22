//! Figures as SVG and PNG bytes, with a legend, without any font of the system.

use crate::chart::colour;
use crate::figure1::{LineAxes, LineData, LineLayers, figure1};
use crate::images::{ImagesAxes, ImagesData, images};
use crate::mark::{Anchor, Dash, Mark, Point, Rect, Stroke};
use crate::plane::{PlaneAxes, PlaneData, PlaneLayers, plane};
use crate::theme::{Rgb, Theme};
use crate::{PlotError, Points, losses, paint, value};
use adversaria_protocol::{Picture, Stage};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

/// Vector files are drawn on a lattice this much finer than their pixels, since plotters rounds to whole ones.
const FINE: u32 = 8;
/// Height of the legend, pixels.
const LEGEND: f32 = 30.0;

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
        area.fill(&colour(theme.paper)).map_err(PlotError::backend)?;
        match *self {
            Self::Moment { stage, picture } => {
                paint(&moment(stage, picture, size, theme)?, area, scale)?;
            }
            Self::Losses { .. } | Self::Value { .. } => self.chart(area, size, theme, scale)?,
        }
        area.present().map_err(PlotError::backend)
    }

    /// A chart above its legend.
    fn chart<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        size: (u32, u32),
        theme: &Theme,
        scale: f32,
    ) -> Result<(), PlotError> {
        let foot = (size.1 as f32 - LEGEND).max(1.0);
        let (upper, _) = area.split_vertically((foot * scale) as u32);
        let entries = match *self {
            Self::Losses { d, g } => {
                losses(&upper, d, g, theme, f64::from(scale))?;
                vec![(line_swatch(theme.d), "loss of D"), (line_swatch(theme.fake), "loss of G")]
            }
            Self::Value { value: v, optimal } => {
                value(&upper, v, optimal, theme, f64::from(scale))?;
                let best = "V(D*, G) = \u{2212}log 4 + 2 JSD";
                vec![(line_swatch(theme.d), "V(D, G)"), (line_swatch(theme.muted), best)]
            }
            Self::Moment { .. } => Vec::new(),
        };
        let mut marks = Vec::new();
        legend(&mut marks, &entries, size.0 as f32, foot + LEGEND / 2.0, theme);
        paint(&marks, area, scale)
    }
}

fn moment(
    stage: &Stage,
    picture: &Picture,
    size: (u32, u32),
    theme: &Theme,
) -> Result<Vec<Mark>, PlotError> {
    let (width, full) = (size.0 as f32, size.1 as f32);
    let height = full - LEGEND;
    let (mut marks, entries) = match (stage, picture) {
        (Stage::Line { x, p_data }, Picture::Line(line)) => {
            let data = LineData { x, p_data, line };
            let marks =
                figure1(&data, LineLayers::default(), &LineAxes::new(&data, width, height), theme);
            (marks, line_legend(theme))
        }
        (Stage::Plane { real, p_data, side }, Picture::Plane(moment)) => {
            let data = PlaneData { real, p_data, side: *side as usize, plane: moment };
            let layers = PlaneLayers { grid: true, ..PlaneLayers::default() };
            (plane(&data, layers, &PlaneAxes::new(width, height), theme), plane_legend(theme))
        }
        (Stage::Images { width: w, height: h, real }, Picture::Images(moment)) => {
            let data = ImagesData { width: *w as usize, height: *h as usize, real, images: moment };
            (
                images(&data, &ImagesAxes::new(&data, width, height, 1.0), theme),
                images_legend(theme),
            )
        }
        _ => {
            return Err(PlotError::Mismatch {
                picture: kind_of_picture(picture),
                stage: kind_of_stage(stage),
            });
        }
    };
    legend(&mut marks, &entries, width, full - LEGEND / 2.0, theme);
    Ok(marks)
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

/// How an entry of the legend is shown.
enum Swatch {
    Stroke(Stroke),
    Dot(Rgb),
    Cross(Rgb),
    Fill(Rgb),
}

fn line_swatch(colour: Rgb) -> Swatch {
    Swatch::Stroke(Stroke::solid(colour, 1.6))
}

type Entry = (Swatch, &'static str);

fn line_legend(theme: &Theme) -> Vec<Entry> {
    vec![
        (Swatch::Stroke(Stroke::solid(theme.real, 2.4).dash(Dash::Dotted)), "p_data"),
        (Swatch::Stroke(Stroke::solid(theme.fake, 2.4)), "p_g"),
        (Swatch::Stroke(Stroke::solid(theme.d, 2.0).dash(Dash::Dashed)), "D(x)"),
        (Swatch::Stroke(Stroke::solid(theme.d, 1.0)), "D*(x) = p_data / (p_data + p_g)"),
    ]
}

fn plane_legend(theme: &Theme) -> Vec<Entry> {
    vec![
        (Swatch::Dot(theme.real), "real"),
        (Swatch::Cross(theme.fake), "generated"),
        (Swatch::Stroke(Stroke::solid(theme.d, 1.6)), "D = ½"),
        (Swatch::Fill(theme.verdict(1.0, 0.5)), "D says real"),
        (Swatch::Fill(theme.verdict(0.0, 0.5)), "D says fake"),
        (Swatch::Stroke(Stroke::solid(theme.pull, 1.2)), "pull"),
    ]
}

fn images_legend(theme: &Theme) -> Vec<Entry> {
    vec![
        (Swatch::Fill(theme.verdict(1.0, 1.0)), "framed blue: D says real"),
        (Swatch::Fill(theme.verdict(0.0, 1.0)), "framed orange: D says fake"),
    ]
}

/// One centred line of swatches and names; a letter counts as 6.4 pixels.
fn legend(marks: &mut Vec<Mark>, entries: &[Entry], width: f32, y: f32, theme: &Theme) {
    let room = |name: &str| 26.0 + 6.4 * name.chars().count() as f32 + 16.0;
    let total: f32 = entries.iter().map(|e| room(e.1)).sum();
    let mut x = ((width - total) / 2.0).max(4.0);
    for (swatch, name) in entries {
        marks.push(swatch_mark(swatch, (x, y)));
        let at = (x + 26.0, y);
        marks.push(Mark::Text {
            at,
            text: (*name).into(),
            size: 11.5,
            colour: theme.ink,
            anchor: Anchor::Left,
        });
        x += room(name);
    }
}

fn swatch_mark(swatch: &Swatch, (x, y): Point) -> Mark {
    match *swatch {
        Swatch::Stroke(stroke) => Mark::Line { points: vec![(x, y), (x + 20.0, y)], stroke },
        Swatch::Dot(colour) => {
            Mark::Dots { at: vec![(x + 12.0, y)], radius: 3.0, colour, alpha: 1.0 }
        }
        Swatch::Cross(colour) => {
            let (cx, r) = (x + 12.0, 3.5);
            let ends = vec![((cx - r, y - r), (cx + r, y + r)), ((cx - r, y + r), (cx + r, y - r))];
            Mark::Segments { ends, stroke: Stroke::solid(colour, 1.5) }
        }
        Swatch::Fill(fill) => Mark::Box {
            rect: Rect { x: x + 4.0, y: y - 5.0, w: 16.0, h: 10.0 },
            fill: Some(fill),
            stroke: None,
        },
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
