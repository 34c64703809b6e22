//! Marks on the page's canvas: parts of pixels, dashes and one path for many dots, which plotters does not have.

use adversaria_plot::{Anchor, Dash, Mark, Point, Raster, Rect, Rgb, Stroke};
use leptos::prelude::document;
use std::f64::consts::TAU;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, ContextAttributes2d, HtmlCanvasElement, ImageData};

/// Text in figures.
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', sans-serif";

/// Draws figures on one canvas and keeps what that needs between frames.
#[derive(Default)]
pub struct Painter {
    scratch: Option<HtmlCanvasElement>,
    kept: Option<Kept>,
}

/// As many dots are worth keeping as a picture.
const MANY: usize = 64;

/// The dots of the figure before; real samples stay the same throughout a run.
struct Kept {
    dots: Mark,
    /// They alone, once they were seen twice.
    picture: Option<HtmlCanvasElement>,
}

impl Painter {
    /// Replaces what is on the canvas, which is `size` CSS pixels wide and high at `ratio` device pixels each.
    pub fn paint(
        &mut self,
        canvas: &HtmlCanvasElement,
        size: (f32, f32),
        ratio: f64,
        marks: &[Mark],
    ) -> Result<(), JsValue> {
        let ctx = prepare(canvas, size, ratio, None)?;
        self.marks(&ctx, size, ratio, marks)
    }

    /// The same on a canvas that nothing is seen through, its ground painted too: browsers put it on screen by copying,
    /// which takes less of each frame than blending. A canvas is always painted in the one way or always in the other.
    pub fn paint_on(
        &mut self,
        ground: Rgb,
        canvas: &HtmlCanvasElement,
        size: (f32, f32),
        ratio: f64,
        marks: &[Mark],
    ) -> Result<(), JsValue> {
        let ctx = prepare(canvas, size, ratio, Some(ground))?;
        self.marks(&ctx, size, ratio, marks)
    }

    fn marks(
        &mut self,
        ctx: &CanvasRenderingContext2d,
        size: (f32, f32),
        ratio: f64,
        marks: &[Mark],
    ) -> Result<(), JsValue> {
        marks.iter().try_for_each(|mark| match mark {
            Mark::Dots { at, .. } if at.len() >= MANY => self.dots(ctx, mark, size, ratio),
            mark => self.mark(ctx, mark, ratio),
        })
    }

    /// Dots that are those of the figure before are copied from a picture of them, which takes a tenth of the time.
    fn dots(
        &mut self,
        ctx: &CanvasRenderingContext2d,
        mark: &Mark,
        size: (f32, f32),
        ratio: f64,
    ) -> Result<(), JsValue> {
        let Some(mut kept) = self.kept.take().filter(|kept| kept.dots == *mark) else {
            self.kept = Some(Kept { dots: mark.clone(), picture: None });
            return self.mark(ctx, mark, ratio);
        };
        let (width, height) = device(size, ratio);
        let fits = |p: &HtmlCanvasElement| p.width() == width && p.height() == height;
        let picture = match kept.picture.take().filter(fits) {
            Some(picture) => picture,
            None => {
                let picture = new_canvas()?;
                self.mark(&prepare(&picture, size, ratio, None)?, mark, ratio)?;
                picture
            }
        };
        ctx.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)?;
        ctx.draw_image_with_html_canvas_element(&picture, 0.0, 0.0)?;
        ctx.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0)?;
        self.kept = Some(Kept { picture: Some(picture), ..kept });
        Ok(())
    }

    fn mark(
        &mut self,
        ctx: &CanvasRenderingContext2d,
        mark: &Mark,
        ratio: f64,
    ) -> Result<(), JsValue> {
        match mark {
            Mark::Line { points, stroke } => line(ctx, points, *stroke, ratio)?,
            Mark::Segments { ends, stroke } => segments(ctx, ends, *stroke, ratio)?,
            Mark::Area { points, colour, alpha } => {
                set_fill(ctx, *colour, *alpha);
                trace(ctx, points);
                ctx.fill();
            }
            Mark::Dots { at, radius, colour, alpha } => dots(ctx, at, *radius, *colour, *alpha)?,
            Mark::Box { rect, fill, stroke } => boxed(ctx, *rect, *fill, *stroke, ratio)?,
            Mark::Image { raster, rect, smooth } => self.image(ctx, raster, *rect, *smooth)?,
            Mark::Text { at, text, size, colour, anchor, halo } => {
                ctx.set_font(&format!("{size}px {FONT}"));
                ctx.set_text_baseline("middle");
                ctx.set_text_align(match anchor {
                    Anchor::Left => "left",
                    Anchor::Centre => "center",
                    Anchor::Right => "right",
                });
                if let Some(ground) = halo {
                    set_stroke(ctx, Stroke::solid(*ground, 3.0))?;
                    ctx.stroke_text(text, f64::from(at.0), f64::from(at.1))?;
                }
                set_fill(ctx, *colour, 1.0);
                ctx.fill_text(text, f64::from(at.0), f64::from(at.1))?;
            }
        }
        Ok(())
    }

    /// The raster goes to a hidden canvas of its own size, and from there stretched to its place.
    fn image(
        &mut self,
        ctx: &CanvasRenderingContext2d,
        raster: &Raster,
        rect: Rect,
        smooth: bool,
    ) -> Result<(), JsValue> {
        let scratch = match self.scratch.take() {
            Some(canvas) => canvas,
            None => new_canvas()?,
        };
        put(&scratch, raster)?;
        ctx.set_image_smoothing_enabled(smooth);
        let [x, y, w, h] = [rect.x, rect.y, rect.w, rect.h].map(f64::from);
        ctx.draw_image_with_html_canvas_element_and_dw_and_dh(&scratch, x, y, w, h)?;
        self.scratch = Some(scratch);
        Ok(())
    }
}

/// The raster as a PNG file in a link.
pub fn data_url(raster: &Raster) -> Result<String, JsValue> {
    let canvas = new_canvas()?;
    put(&canvas, raster)?;
    canvas.to_data_url()
}

fn new_canvas() -> Result<HtmlCanvasElement, JsValue> {
    Ok(document().create_element("canvas")?.dyn_into()?)
}

/// The raster on a canvas of its own size.
fn put(canvas: &HtmlCanvasElement, raster: &Raster) -> Result<(), JsValue> {
    resize(canvas, raster.width, raster.height);
    let pixels = ImageData::new_with_u8_clamped_array_and_sh(
        Clamped(&raster.rgba),
        raster.width,
        raster.height,
    )?;
    context(canvas, true)?.put_image_data(&pixels, 0.0, 0.0)
}

/// The canvas's context, scaled to CSS pixels: cleared, or on a ground that nothing is seen through.
fn prepare(
    canvas: &HtmlCanvasElement,
    size: (f32, f32),
    ratio: f64,
    ground: Option<Rgb>,
) -> Result<CanvasRenderingContext2d, JsValue> {
    let (width, height) = device(size, ratio);
    resize(canvas, width, height);
    let ctx = context(canvas, ground.is_none())?;
    ctx.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)?;
    let (width, height) = (f64::from(width), f64::from(height));
    match ground {
        Some(ground) => {
            set_fill(&ctx, ground, 1.0);
            ctx.fill_rect(0.0, 0.0, width, height);
        }
        None => ctx.clear_rect(0.0, 0.0, width, height),
    }
    ctx.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0)?;
    ctx.set_line_join("round");
    Ok(ctx)
}

/// CSS pixels in device pixels.
fn device((width, height): (f32, f32), ratio: f64) -> (u32, u32) {
    let device = |v: f32| (f64::from(v) * ratio).round().max(1.0) as u32;
    (device(width), device(height))
}

/// Setting a canvas's size clears it and is costly: only when it changes.
pub fn resize(canvas: &HtmlCanvasElement, width: u32, height: u32) {
    if canvas.width() != width {
        canvas.set_width(width);
    }
    if canvas.height() != height {
        canvas.set_height(height);
    }
}

/// What is asked first for a canvas holds for good: whether it can be seen through.
fn context(canvas: &HtmlCanvasElement, alpha: bool) -> Result<CanvasRenderingContext2d, JsValue> {
    let wanted = ContextAttributes2d::new();
    wanted.set_alpha(alpha);
    let found = canvas
        .get_context_with_context_options("2d", &wanted)?
        .ok_or_else(|| JsValue::from_str("this browser draws no 2D canvas"))?;
    found.dyn_into().map_err(Into::into)
}

fn set_fill(ctx: &CanvasRenderingContext2d, c: Rgb, alpha: f32) {
    ctx.set_fill_style_str(&css(c, alpha));
}

fn css(c: Rgb, alpha: f32) -> String {
    format!("rgba({},{},{},{alpha})", c.0, c.1, c.2)
}

fn set_stroke(ctx: &CanvasRenderingContext2d, stroke: Stroke) -> Result<(), JsValue> {
    ctx.set_stroke_style_str(&css(stroke.colour, stroke.alpha));
    ctx.set_line_width(f64::from(stroke.width));
    ctx.set_line_cap(if stroke.dash == Dash::Dotted { "round" } else { "butt" });
    let pattern = js_sys::Array::new();
    for length in stroke.dash.pattern() {
        pattern.push(&f64::from(*length).into());
    }
    ctx.set_line_dash(&pattern)
}

fn trace(ctx: &CanvasRenderingContext2d, points: &[Point]) {
    ctx.begin_path();
    for p in points {
        ctx.line_to(f64::from(p.0), f64::from(p.1));
    }
}

fn line(
    ctx: &CanvasRenderingContext2d,
    points: &[Point],
    stroke: Stroke,
    ratio: f64,
) -> Result<(), JsValue> {
    set_stroke(ctx, stroke)?;
    match points {
        // Thin upright and level lines are sharp only in the middle of a device pixel.
        [a, b] if stroke.width <= 1.5 && (a.0 == b.0 || a.1 == b.1) => {
            let sharp = |v: f32| ((f64::from(v) * ratio).floor() + 0.5) / ratio;
            ctx.begin_path();
            ctx.move_to(sharp(a.0), sharp(a.1));
            ctx.line_to(sharp(b.0), sharp(b.1));
        }
        _ => trace(ctx, points),
    }
    ctx.stroke();
    Ok(())
}

/// Segments without joins. Browsers that draw on the processor fill the outline of a line that is wider than a device
/// pixel, and draw one that is not ten times as fast: lines of up to two pixels are two such lines side by side.
fn segments(
    ctx: &CanvasRenderingContext2d,
    ends: &[(Point, Point)],
    stroke: Stroke,
    ratio: f64,
) -> Result<(), JsValue> {
    let (pixel, width) = (1.0 / ratio, f64::from(stroke.width));
    let beside = (width - pixel) / 2.0;
    let in_two = beside > 0.0 && width <= 2.0 * pixel;
    let layer = if in_two {
        // Two layers of this are as opaque as one of the whole.
        Stroke { width: pixel as f32, alpha: 1.0 - (1.0 - stroke.alpha).sqrt(), ..stroke }
    } else {
        stroke
    };
    set_stroke(ctx, layer)?;
    ctx.begin_path();
    for (a, b) in ends {
        let [ax, ay, bx, by] = [a.0, a.1, b.0, b.1].map(f64::from);
        let to_side = beside / (bx - ax).hypot(by - ay).max(f64::MIN_POSITIVE);
        let sides = if in_two { &[-to_side, to_side][..] } else { &[0.0][..] };
        for side in sides {
            let (x, y) = (side * (ay - by), side * (bx - ax));
            ctx.move_to(ax + x, ay + y);
            ctx.line_to(bx + x, by + y);
        }
    }
    ctx.stroke();
    Ok(())
}

fn dots(
    ctx: &CanvasRenderingContext2d,
    at: &[Point],
    radius: f32,
    c: Rgb,
    alpha: f32,
) -> Result<(), JsValue> {
    set_fill(ctx, c, alpha);
    let radius = f64::from(radius);
    ctx.begin_path();
    for p in at {
        let (x, y) = (f64::from(p.0), f64::from(p.1));
        ctx.move_to(x + radius, y);
        ctx.arc(x, y, radius, 0.0, TAU)?;
    }
    ctx.fill();
    Ok(())
}

fn boxed(
    ctx: &CanvasRenderingContext2d,
    rect: Rect,
    fill: Option<Rgb>,
    stroke: Option<Stroke>,
    ratio: f64,
) -> Result<(), JsValue> {
    let sharp = |v: f32| ((f64::from(v) * ratio).floor() + 0.5) / ratio;
    let (x, y) = (sharp(rect.x), sharp(rect.y));
    let (w, h) = (sharp(rect.x + rect.w) - x, sharp(rect.y + rect.h) - y);
    if let Some(fill) = fill {
        set_fill(ctx, fill, 1.0);
        ctx.fill_rect(x, y, w, h);
    }
    if let Some(stroke) = stroke {
        set_stroke(ctx, stroke)?;
        ctx.stroke_rect(x, y, w, h);
    }
    Ok(())
}
