//! Marks as an SVG document, with dashes, parts of pixels and text as text: what the page draws, in a file.

use crate::mark::{Anchor, Dash, Mark, Point, Raster, Rect, Stroke};
use crate::theme::{Rgb, Theme};

/// Text in figures.
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', sans-serif";

/// The marks on the theme's paper, `size` (width, height) pixels. `title` says what it is to those who do not see it;
/// `link` gives the pixels of a raster as an address, such as `data:image/png;base64,…`.
#[must_use]
pub fn svg(
    marks: &[Mark],
    size: (f32, f32),
    theme: &Theme,
    title: &str,
    link: impl Fn(&Raster) -> String,
) -> String {
    let (w, h) = (short(size.0), short(size.1));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\">\n\
         <title>{}</title>\n<rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
        escaped(title),
        theme.paper.css()
    );
    for mark in marks {
        out += &element(mark, &link);
        out.push('\n');
    }
    out + "</svg>\n"
}

fn element(mark: &Mark, link: &impl Fn(&Raster) -> String) -> String {
    match mark {
        Mark::Line { points, stroke } => path(&polyline(points), *stroke),
        Mark::Segments { ends, stroke } => {
            let each = ends.iter().map(|(a, b)| polyline(&[*a, *b]));
            path(&each.collect::<String>(), *stroke)
        }
        Mark::Area { points, colour, alpha } => {
            format!("<path d=\"{}Z\"{}/>", polyline(points), fill(*colour, *alpha))
        }
        Mark::Dots { at, radius, colour, alpha } => {
            let dots: String = at.iter().map(|p| dot(*p, *radius)).collect();
            format!("<path d=\"{dots}\"{}/>", fill(*colour, *alpha))
        }
        Mark::Box { rect, fill: colour, stroke } => {
            let fill = colour.map_or_else(|| " fill=\"none\"".into(), |c| fill(c, 1.0));
            let edge = stroke.map_or_else(String::new, edge);
            format!("<rect {}{fill}{edge}/>", place(*rect))
        }
        Mark::Image { raster, rect, smooth } => {
            let blend = if *smooth { "" } else { " image-rendering=\"pixelated\"" };
            format!(
                "<image {} preserveAspectRatio=\"none\"{blend} href=\"{}\"/>",
                place(*rect),
                escaped(&link(raster))
            )
        }
        Mark::Text { at, text, size, colour, anchor, halo } => {
            let anchor = match anchor {
                Anchor::Left => "start",
                Anchor::Centre => "middle",
                Anchor::Right => "end",
            };
            let halo = halo.map_or_else(String::new, |ground| {
                format!("{} paint-order=\"stroke\"", edge(Stroke::solid(ground, 3.0)))
            });
            format!(
                "<text x=\"{}\" y=\"{}\" font-family=\"{FONT}\" font-size=\"{}\" text-anchor=\"{anchor}\" \
                 dominant-baseline=\"central\"{}{halo}>{}</text>",
                short(at.0),
                short(at.1),
                short(*size),
                fill(*colour, 1.0),
                escaped(text)
            )
        }
    }
}

fn path(d: &str, stroke: Stroke) -> String {
    format!("<path d=\"{d}\" fill=\"none\"{}/>", edge(stroke))
}

fn polyline(points: &[Point]) -> String {
    points.iter().enumerate().fold(String::new(), |mut d, (i, (x, y))| {
        d.extend([if i == 0 { "M" } else { "L" }, &short(*x), " ", &short(*y)]);
        d
    })
}

/// A circle of two arcs.
fn dot((x, y): Point, radius: f32) -> String {
    let (r, across) = (short(radius), short(2.0 * radius));
    let from = short(x - radius);
    format!("M{from} {}a{r} {r} 0 1 0 {across} 0a{r} {r} 0 1 0 -{across} 0", short(y))
}

fn place(rect: Rect) -> String {
    let [x, y, w, h] = [rect.x, rect.y, rect.w, rect.h].map(short);
    format!("x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"")
}

fn fill(colour: Rgb, alpha: f32) -> String {
    let opacity = opacity("fill", alpha);
    format!(" fill=\"{}\"{opacity}", colour.css())
}

fn edge(stroke: Stroke) -> String {
    let mut out = format!(
        " stroke=\"{}\"{} stroke-width=\"{}\" stroke-linejoin=\"round\"",
        stroke.colour.css(),
        opacity("stroke", stroke.alpha),
        short(stroke.width)
    );
    let lengths: Vec<String> = stroke.dash.pattern().iter().map(|x| short(*x)).collect();
    if !lengths.is_empty() {
        out += &format!(" stroke-dasharray=\"{}\"", lengths.join(" "));
    }
    if stroke.dash == Dash::Dotted {
        out += " stroke-linecap=\"round\"";
    }
    out
}

fn opacity(of: &str, alpha: f32) -> String {
    if alpha < 1.0 { format!(" {of}-opacity=\"{}\"", short(alpha)) } else { String::new() }
}

/// At most two decimals, and no zeros at the end.
fn short(x: f32) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(marks: &[Mark]) -> String {
        svg(marks, (60.0, 40.5), &Theme::LIGHT, "a < b & c", |_| "data:,x\"".into())
    }

    #[test]
    fn every_mark_has_its_element() {
        let stroke = Stroke { colour: Rgb(1, 2, 3), alpha: 0.5, width: 2.0, dash: Dash::Dotted };
        let rect = Rect { x: 1.0, y: 2.0, w: 3.0, h: 4.25 };
        let raster = Raster { width: 1, height: 1, rgba: vec![0; 4] };
        let text = Mark::Text {
            at: (5.0, 6.004),
            text: "D < 1".into(),
            size: 11.5,
            colour: Rgb(0, 0, 0),
            anchor: Anchor::Right,
            halo: Some(Rgb(255, 255, 255)),
        };
        let all = written(&[
            Mark::Line { points: vec![(0.0, 0.5), (-0.001, 2.25)], stroke },
            Mark::Segments {
                ends: vec![((1.0, 1.0), (2.0, 2.0)); 2],
                stroke: stroke.dash(Dash::Solid),
            },
            Mark::Area {
                points: vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)],
                colour: Rgb(9, 9, 9),
                alpha: 1.0,
            },
            Mark::Dots { at: vec![(5.0, 5.0)], radius: 2.0, colour: Rgb(9, 9, 9), alpha: 0.25 },
            Mark::Box { rect, fill: None, stroke: Some(Stroke::solid(Rgb(7, 7, 7), 1.0)) },
            Mark::Image { raster, rect, smooth: false },
            text,
        ]);
        let lines: Vec<&str> = all.lines().collect();
        assert!(
            lines[0]
                .ends_with("width=\"60\" height=\"40.5\" viewBox=\"0 0 60 40.5\" role=\"img\">")
        );
        assert_eq!(lines[1], "<title>a &lt; b &amp; c</title>");
        assert_eq!(lines[2], "<rect width=\"60\" height=\"40.5\" fill=\"#faf9f6\"/>");
        let dashed = " stroke=\"#010203\" stroke-opacity=\"0.5\" stroke-width=\"2\" stroke-linejoin=\"round\" \
                      stroke-dasharray=\"0.01 4.6\" stroke-linecap=\"round\"/>";
        assert_eq!(lines[3], format!("<path d=\"M0 0.5L0 2.25\" fill=\"none\"{dashed}"));
        assert!(lines[4].starts_with("<path d=\"M1 1L2 2M1 1L2 2\"") && !lines[4].contains("dash"));
        assert_eq!(lines[5], "<path d=\"M0 0L1 0L1 1Z\" fill=\"#090909\"/>");
        assert_eq!(
            lines[6],
            "<path d=\"M3 5a2 2 0 1 0 4 0a2 2 0 1 0 -4 0\" fill=\"#090909\" fill-opacity=\"0.25\"/>"
        );
        assert!(lines[7].starts_with(
            "<rect x=\"1\" y=\"2\" width=\"3\" height=\"4.25\" fill=\"none\" stroke="
        ));
        assert!(lines[8].contains("pixelated") && lines[8].ends_with("href=\"data:,x&quot;\"/>"));
        assert!(lines[9].contains("text-anchor=\"end\"") && lines[9].ends_with(">D &lt; 1</text>"));
        assert!(lines[9].contains("paint-order") && lines[9].contains("y=\"6\""));
        assert_eq!(lines[10], "</svg>");
    }
}
