//! A player from the inside: the first units of each layer as small fields over the input space, and the weights between
//! them as lines whose width says how large they are.

use adversaria_core::spec::RunSpec;
use adversaria_plot::{Anchor, Dash, Mark, Point, Raster, Rect, Rgb, Stroke, Theme};
use adversaria_protocol::{UnitLayer, Units};
use leptos::{html, prelude::*};
use web_sys::{KeyboardEvent, PointerEvent};

use crate::{
    beat::Player,
    look::now_millis,
    page::Page,
    stage::{Painter, pixel_ratio},
    view::header::grouped,
    views::{View, offer},
};

/// CSS pixels: the picture, a unit, and the step from one unit to the next below it.
const WIDTH: f32 = 268.0;
const UNIT: f32 = 20.0;
const STEP: f32 = 22.0;
const MOST: usize = 8;
const HEIGHT: f32 = STEP * MOST as f32;

/// The picture's name changes at most this often, milliseconds.
const LABEL_MILLIS: f64 = 5000.0;

/// The unit that is being looked at: its layer and place.
type Cursor = Option<(usize, usize)>;

/// The inside of a player.
#[component]
pub fn Network(
    /// The store.
    page: Page,
    /// Whose.
    player: Player,
) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    let painter = StoredValue::new_local(Painter::default());
    let cursor = RwSignal::new(None::<(usize, usize)>);
    let layers = Memo::new(move |_| {
        page.game
            .with(|frame| {
                frame
                    .as_ref()
                    .and_then(|frame| frame.units.as_ref())
                    .map(|units| of(units, player).to_vec())
            })
            .unwrap_or_default()
    });
    let inputs = Memo::new(move |_| page.spec.with(|s| s.as_ref().map(|s| inputs(player, s))));
    let marks = Signal::derive(move || {
        let (at, theme) = (cursor.get(), Theme::of(page.dark.get()));
        let inputs = inputs.get().unwrap_or_default();
        layers.with(|layers| picture(layers, player, &inputs, at, &theme))
    });
    let (id, kept_as, name) = match player {
        Player::Discriminator => ("units-d", "D from the inside", "Units of D"),
        Player::Generator => ("units-g", "G from the inside", "Units of G"),
    };
    let there = Memo::new(move |_| layers.with(|layers| !layers.is_empty())).into();
    let size = Signal::stored((WIDTH, HEIGHT));
    offer(page, View { id, name: kept_as, size, marks, there });
    Effect::new(move |_| {
        let Some(canvas) = canvas.get() else { return };
        let marks = marks.get();
        painter.update_value(|painter| {
            if let Err(error) = painter.paint(&canvas, (WIDTH, HEIGHT), pixel_ratio(), &marks) {
                leptos::logging::error!("a network could not be drawn: {error:?}");
            }
        });
    });
    let point = move |event: PointerEvent| {
        let at = (event.offset_x() as f32, event.offset_y() as f32);
        cursor.set(layers.with(|layers| unit_at(layers, at)));
    };
    let on_key = move |event: KeyboardEvent| {
        if let Some(to) = layers.with(|layers| moved(layers, cursor.get_untracked(), &event.key()))
        {
            event.prevent_default();
            cursor.set(Some(to));
        }
    };
    let told = move || match cursor.get() {
        Some(at) => layers.with(|layers| unit_text(layers, at)),
        None => layers.with(|layers| summary(layers)),
    };
    let label = label(page, name, layers);
    view! {
        <div class="network" data-testid=id>
            <canvas node_ref=canvas tabindex="0" role="img" aria-label=label
                style=format!("width:{WIDTH}px;height:{HEIGHT}px") on:pointermove=point on:pointerdown=point on:keydown=on_key
                on:pointerleave=move |_| cursor.set(None)></canvas>
            <p class="hint">{told}</p>
        </div>
    }
}

/// The picture's name: what it shows, and how large the units are now.
fn label(page: Page, name: &'static str, layers: Memo<Vec<UnitLayer>>) -> Memo<String> {
    let said = StoredValue::new((f64::NEG_INFINITY, String::new()));
    Memo::new(move |_| {
        let subject = layers.with(|layers| format!("{name}: {}", summary(layers)));
        let reach: Vec<String> = layers
            .with(|layers| layers.iter().map(|layer| format!("±{:.2}", layer.largest)).collect());
        let (at, last) = said.get_value();
        let now = now_millis();
        if reach.is_empty() || now - at < LABEL_MILLIS && last.starts_with(&subject) {
            return if reach.is_empty() { subject } else { last };
        }
        let iteration = page.game.with_untracked(|f| f.as_ref().map_or(0, |f| f.metrics.iteration));
        let reach = reach.join(", ");
        let text = format!("{subject}; at iteration {} up to {reach} by layer", grouped(iteration));
        said.set_value((now, text.clone()));
        text
    })
}

fn of(units: &Units, player: Player) -> &[UnitLayer] {
    if player == Player::Discriminator { &units.discriminator } else { &units.generator }
}

/// Units of a layer that are shown.
fn shown(layer: &UnitLayer) -> usize {
    (layer.width as usize).min(MOST)
}

/// Units or inputs shown before a layer.
fn before(layers: &[UnitLayer], at: usize) -> usize {
    match at.checked_sub(1) {
        Some(before) => shown(&layers[before]),
        None => layers.first().map_or(0, |first| first.weights.len() / shown(first).max(1)),
    }
}

/// The middle of a unit; column 0 has the inputs.
fn place(columns: usize, column: usize, unit: usize, count: usize) -> Point {
    let step = (WIDTH - UNIT - 2.0) / (columns.max(2) - 1) as f32;
    let top = (HEIGHT - STEP * count as f32) / 2.0;
    (UNIT / 2.0 + 1.0 + step * column as f32, top + STEP * (unit as f32 + 0.5))
}

/// The names of a player's inputs: G's z and the class that it is told, D's samples, each with its class after it.
fn inputs(player: Player, spec: &RunSpec) -> Vec<String> {
    let small = |number: usize| -> String {
        let lowered = |digit: char| char::from_u32(u32::from('₀') + digit.to_digit(10)?);
        number.to_string().chars().filter_map(lowered).collect()
    };
    let classes = (1..=spec.told_classes() as usize).map(|class| format!("c{}", small(class)));
    let (pack, dim) = (spec.pack() as usize, spec.dim() as usize);
    let sample = |number: usize| {
        let of = if pack > 1 { small(number) } else { String::new() };
        ["x", "y"].into_iter().take(dim).map(move |name| format!("{name}{of}"))
    };
    match player {
        Player::Generator => {
            let z = (1..=spec.latent().dim as usize).map(|at| format!("z{}", small(at)));
            z.chain(classes).collect()
        }
        Player::Discriminator => {
            (1..=pack).flat_map(|number| sample(number).chain(classes.clone())).collect()
        }
    }
}

fn picture(
    layers: &[UnitLayer],
    player: Player,
    inputs: &[String],
    at: Cursor,
    theme: &Theme,
) -> Vec<Mark> {
    let ink = if player == Player::Discriminator { theme.d } else { theme.fake };
    let columns = layers.len() + 1;
    let mut marks = Vec::new();
    for (number, layer) in layers.iter().enumerate() {
        let (here, there) = (shown(layer), before(layers, number));
        let largest = layer.weights.iter().fold(1e-6_f32, |most, weight| most.max(weight.abs()));
        for unit in 0..here {
            let lit = at.is_none_or(|at| at == (number, unit));
            for from in 0..there {
                let weight =
                    layer.weights.get(unit * there + from).copied().unwrap_or_default() / largest;
                let ends = vec![(
                    place(columns, number, from, there),
                    place(columns, number + 1, unit, here),
                )];
                let dash = if weight < 0.0 { Dash::Dashed } else { Dash::Solid };
                let (colour, width) =
                    (if weight < 0.0 { theme.muted } else { ink }, 0.3 + 2.2 * weight.abs());
                let alpha = if lit { 0.75 } else { 0.12 };
                marks.push(Mark::Segments { ends, stroke: Stroke { colour, width, dash, alpha } });
            }
        }
    }
    for (input, name) in inputs.iter().take(before(layers, 0)).enumerate() {
        let at = place(columns, 0, input, before(layers, 0));
        marks.push(Mark::Text {
            at,
            text: name.clone(),
            size: 12.0,
            colour: theme.ink,
            anchor: Anchor::Centre,
            halo: Some(theme.paper),
        });
    }
    for (number, layer) in layers.iter().enumerate() {
        let cells = layer.fields.len() / shown(layer).max(1);
        for (unit, field) in layer.fields.chunks_exact(cells.max(1)).enumerate() {
            let (x, y) = place(columns, number + 1, unit, shown(layer));
            let rect = Rect { x: x - UNIT / 2.0, y: y - UNIT / 2.0, w: UNIT, h: UNIT };
            marks.push(Mark::Image { raster: raster(field, ink, theme), rect, smooth: false });
            let width = if at == Some((number, unit)) { 2.0 } else { 1.0 };
            marks.push(Mark::Box {
                rect,
                fill: None,
                stroke: Some(Stroke::solid(theme.muted, width)),
            });
        }
    }
    marks
}

/// The player's colour where a unit is positive, grey where it is negative, paper at 0; a line's field is a row of bars.
fn raster(field: &[u8], ink: Rgb, theme: &Theme) -> Raster {
    let (width, height) = if field.len() == 64 { (64, 1) } else { (16, field.len() / 16) };
    let mut rgba = Vec::with_capacity(4 * field.len());
    for row in (0..height).rev() {
        for value in &field[row * width..(row + 1) * width] {
            let share = (f32::from(*value) - 128.0) / 127.0;
            let end = if share > 0.0 { ink } else { theme.muted };
            let mix = |from: u8, to: u8| {
                (f32::from(from) + (f32::from(to) - f32::from(from)) * share.abs()) as u8
            };
            let ground = theme.paper;
            rgba.extend([mix(ground.0, end.0), mix(ground.1, end.1), mix(ground.2, end.2), 255]);
        }
    }
    Raster { width: width as u32, height: height as u32, rgba }
}

fn unit_at(layers: &[UnitLayer], (x, y): Point) -> Cursor {
    let near = |at: Point| (at.0 - x).abs() <= STEP / 2.0 && (at.1 - y).abs() <= STEP / 2.0;
    let columns = layers.len() + 1;
    (0..layers.len()).find_map(|number| {
        let count = shown(&layers[number]);
        (0..count)
            .find(|&unit| near(place(columns, number + 1, unit, count)))
            .map(|unit| (number, unit))
    })
}

/// Where an arrow key leads.
fn moved(layers: &[UnitLayer], at: Cursor, key: &str) -> Cursor {
    let step: (isize, isize) = match key {
        "ArrowLeft" => (-1, 0),
        "ArrowRight" => (1, 0),
        "ArrowUp" => (0, -1),
        "ArrowDown" => (0, 1),
        _ => return None,
    };
    let Some((layer, unit)) = at else { return (!layers.is_empty()).then_some((0, 0)) };
    let layer = layer.checked_add_signed(step.0).filter(|to| *to < layers.len()).unwrap_or(layer);
    let last = shown(layers.get(layer)?).saturating_sub(1);
    Some((layer, unit.saturating_add_signed(step.1).min(last)))
}

fn unit_text(layers: &[UnitLayer], (number, unit): (usize, usize)) -> String {
    let Some(layer) = layers.get(number) else { return String::new() };
    let there = before(layers, number);
    let weights = layer.weights.iter().skip(unit * there).take(there);
    let weights: Vec<String> = weights.map(|weight| format!("{weight:.2}")).collect();
    let name = if number + 1 == layers.len() {
        "output".into()
    } else {
        format!("layer {}, unit", number + 1)
    };
    format!("{name} {}: up to ±{:.2}; weights {}", unit + 1, layer.largest, weights.join(", "))
}

fn summary(layers: &[UnitLayer]) -> String {
    if layers.is_empty() {
        return "not to be drawn for images".into();
    }
    let widths: Vec<String> = layers.iter().map(|layer| layer.width.to_string()).collect();
    format!(
        "layers of {}, the first {MOST} of each; grey where a unit is negative; lines are weights, dashed below 0",
        widths.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers() -> Vec<UnitLayer> {
        let layer = |width: u32, shown: usize, before: usize| UnitLayer {
            width,
            largest: 1.5,
            fields: vec![128; 256 * shown],
            weights: vec![0.5; shown * before],
        };
        vec![layer(12, 8, 2), layer(3, 3, 8), layer(1, 1, 3)]
    }

    #[test]
    fn arrow_keys_reach_every_unit_and_stay_inside() {
        let layers = layers();
        assert_eq!(moved(&layers, None, "ArrowRight"), Some((0, 0)));
        assert_eq!(moved(&layers, Some((0, 7)), "ArrowDown"), Some((0, 7)));
        assert_eq!(moved(&layers, Some((0, 7)), "ArrowRight"), Some((1, 2)));
        assert_eq!(moved(&layers, Some((2, 0)), "ArrowRight"), Some((2, 0)));
        assert_eq!(moved(&layers, Some((0, 0)), "a"), None);
        assert_eq!(moved(&[], None, "ArrowUp"), None);
    }

    #[test]
    fn a_unit_is_found_where_it_is_drawn() {
        let layers = layers();
        for (number, layer) in layers.iter().enumerate() {
            for unit in 0..shown(layer) {
                let at = place(4, number + 1, unit, shown(layer));
                assert_eq!(unit_at(&layers, at), Some((number, unit)));
            }
        }
        assert!(
            unit_text(&layers, (1, 2)).starts_with("layer 2, unit 3: up to ±1.50; weights 0.50")
        );
    }

    #[test]
    fn lines_are_as_wide_as_their_weights_and_dashed_below_0() {
        let layer = UnitLayer {
            width: 1,
            largest: 1.0,
            fields: vec![128; 256],
            weights: vec![0.1, -0.5, 1.0],
        };
        let marks = picture(&[layer], Player::Discriminator, &[], None, &Theme::LIGHT);
        let lines: Vec<Stroke> = marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Segments { stroke, .. } => Some(*stroke),
                _ => None,
            })
            .collect();
        let [thin, dashed, wide] = lines[..] else { panic!("{} lines", lines.len()) };
        assert!(thin.width < dashed.width && dashed.width < wide.width);
        assert_eq!([thin.dash, dashed.dash, wide.dash], [Dash::Solid, Dash::Dashed, Dash::Solid]);
    }

    #[test]
    fn inputs_are_named_by_what_they_are() {
        use adversaria_core::spec::Address;
        for (address, d, g) in [
            ("data=ring8", "x y", "z₁ z₂"),
            ("data=bimodal", "x", "z₁"),
            ("data=ring8&pack=3", "x₁ y₁ x₂ y₂ x₃ y₃", "z₁ z₂"),
            ("data=gaussians&cond=1", "x y c₁ c₂", "z₁ z₂ c₁ c₂"),
            ("data=gaussians&cond=1&pack=2", "x₁ y₁ c₁ c₂ x₂ y₂ c₁ c₂", "z₁ z₂ c₁ c₂"),
        ] {
            let spec = Address::parse(address).expect("an address").spec;
            let of = |player| inputs(player, &spec).join(" ");
            assert_eq!(
                (of(Player::Discriminator).as_str(), of(Player::Generator).as_str()),
                (d, g)
            );
        }
        let spec = Address::parse("data=gaussians&cond=1").expect("an address").spec;
        let layers = [UnitLayer { weights: vec![0.5; 8 * 4], ..layers()[0].clone() }];
        let names = inputs(Player::Generator, &spec);
        let marks = picture(&layers, Player::Generator, &names, None, &Theme::LIGHT);
        let texts = marks.iter().filter(|mark| matches!(mark, Mark::Text { .. })).count();
        assert_eq!(texts, 4, "every input has a name");
    }

    #[test]
    fn zero_is_paper_and_positive_the_players_colour() {
        let theme = Theme::LIGHT;
        let of = |value: u8| {
            let raster = raster(&[value; 256], theme.d, &theme);
            Rgb(raster.rgba[0], raster.rgba[1], raster.rgba[2])
        };
        assert_eq!((of(128), of(255)), (theme.paper, theme.d));
    }
}
