//! The score of a run on images: D's words on real and generated ones, and which digits are made how often.

use std::time::Duration;

use adversaria_core::spec::RunSpec;
use adversaria_plot::{BINS, Theme, binned, counts, scores};
use adversaria_protocol::{Command, Reply};
use leptos::{html, prelude::*};

use super::{Fault, Room, asking::follow, picture::Board};
use crate::{page::Page, stage::sight::watch_size};

/// A search for all images on stage takes the engine a tenth of a second or so.
const REST: Duration = Duration::from_secs(4);
/// CSS pixels.
const HEIGHT: f32 = 72.0;

/// Both figures.
#[component]
pub fn Tally(
    /// The store.
    page: Page,
) -> impl IntoView {
    let room = Room::of(page);
    let wrap = NodeRef::<html::Div>::new();
    let size = watch_size(wrap);
    let size = Signal::derive(move || (size.get().0.max(1.0), HEIGHT));
    let found = RwSignal::new(None::<(u64, Vec<u32>)>);
    let asked = StoredValue::new(0);
    let question = move || {
        let images = room.with(|images| images.fake.clone()).filter(|all| !all.is_empty())?;
        asked.set_value(page.figures.with(super::iteration));
        Some(move |id| Command::Neighbours { id, images, most: 1 })
    };
    let fault = follow(
        page,
        REST,
        move || page.figures.track(),
        question,
        move |reply| {
            let Reply::Neighbours(near) = reply else { return };
            let mut all = vec![0; 10];
            for near in near {
                if let Some(count) = all.get_mut(usize::from(near.class)) {
                    *count += 1;
                }
            }
            let _gone = found.try_set(Some((asked.try_get_value().unwrap_or_default(), all)));
        },
    );
    let spread = Signal::derive(move || {
        let theme = Theme::of(page.dark.get());
        let drawn = |images: &adversaria_protocol::Images| {
            scores(&images.real_score, &images.fake_score, size.get(), &theme)
        };
        room.with(drawn).unwrap_or_default()
    });
    let spread_told = Signal::derive(move || {
        let name = room.judge().name();
        let means = room.with(|images| [mean(&images.real_score), mean(&images.fake_score)]);
        let [real, fake] = means.unwrap_or([f32::NAN; 2]);
        format!(
            "How {name} is spread: {real:.2} in the mean on real images, {fake:.2} on generated ones"
        )
    });
    let digits = Memo::new(move |_| page.spec.with(|spec| trained_on(spec.as_ref())));
    let bars = Signal::derive(move || {
        let theme = Theme::of(page.dark.get());
        let all = digits.get();
        let names: Vec<String> = all.iter().map(usize::to_string).collect();
        found.with(|found| match found {
            Some((_, made)) => {
                let made: Vec<u32> = all.iter().map(|digit| made[*digit]).collect();
                counts(&names, &made, size.get(), &theme)
            }
            None => Vec::new(),
        })
    });
    let bars_told = Signal::derive(move || {
        found.with(|found| match found {
            Some((iteration, made)) => {
                let each: Vec<String> =
                    digits.get().iter().map(|digit| format!("{digit}: {}", made[*digit])).collect();
                format!(
                    "Generated images of each digit at iteration {iteration}: {}",
                    each.join(", ")
                )
            }
            None => "Generated images of each digit: being counted".into(),
        })
    });
    let spread_at = Callback::new(move |(right, _): (f64, f64)| {
        let bin = ((right * BINS as f64) as usize).min(BINS - 1);
        let share =
            |scores: &[f32]| 100.0 * binned(scores)[bin] as f32 / scores.len().max(1) as f32;
        let (real, fake) =
            room.with(|images| (share(&images.real_score), share(&images.fake_score)))?;
        let end = |bin: usize| bin as f64 / BINS as f64;
        Some(format!(
            "{} from {:.2} to {:.2}: {real:.0} % of real, {fake:.0} % of generated",
            room.judge().name(),
            end(bin),
            end(bin + 1)
        ))
    });
    let bars_at = Callback::new(move |(right, _): (f64, f64)| {
        let all = digits.get();
        let digit = *all.get((right * all.len() as f64) as usize)?;
        found.with(|found| {
            let (iteration, made) = found.as_ref()?;
            let of: u32 = made.iter().sum();
            Some(format!("digit {digit}: {} of {of} images at iteration {iteration}", made[digit]))
        })
    });
    let present = move || {
        found.with(|found| {
            found
                .as_ref()
                .map(|(_, made)| digits.get().iter().filter(|digit| made[**digit] > 0).count())
        })
    };
    view! {
        <div class="tally" node_ref=wrap data-testid="tally">
            <h3>{move || format!("{} on ", room.judge().name())}<b class="real">"real"</b>" and "<b class="fake">"generated"</b>" images"</h3>
            <Board size=size marks=spread label=spread_told id="scores" page=page value=spread_at kept="D on real and generated images" />
            <h3 title="Each generated image on stage counts as the digit that its nearest training image is labelled with, which is right for about 19 of 20 real ones">
                "Digits made: "
                <output data-testid="digits-made" data-value=move || present().map(|n| n.to_string())>
                    {move || present().map_or_else(|| "…".into(), |n| format!("{n} of {}", digits.get().len()))}
                </output>
            </h3>
            <Board size=size marks=bars label=bars_told id="digits" page=page value=bars_at kept="the digits made" />
            <Fault fault=fault />
        </div>
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

/// The digits that the run trains on.
fn trained_on(spec: Option<&RunSpec>) -> Vec<usize> {
    let chosen = |digit: &u8| spec.is_none_or(|spec: &RunSpec| spec.classes().contains(*digit));
    (0..10).filter(chosen).map(usize::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_are_those_that_the_run_trains_on() {
        let spec =
            RunSpec::default().with("data", "mnist").and_then(|spec| spec.with("class", "1,7"));
        assert_eq!(trained_on(spec.ok().as_ref()), [1, 7]);
        assert_eq!(trained_on(None).len(), 10);
    }
}
