//! Bars: how D's scores are spread over real and generated samples, and how often something of each class is made.

use crate::mark::{Anchor, Mark, Rect, Stroke};
use crate::theme::Theme;

/// Bins of the scores, from 0 to 1.
pub const BINS: usize = 20;

/// Pixels of text, and of the room below and above the bars.
const LABEL: f32 = 10.0;
const BELOW: f32 = 15.0;
const ABOVE: f32 = 6.0;

/// How many scores lie in each bin from 0 to 1, the last of which holds 1 too; what is no number is in none.
#[must_use]
pub fn binned(scores: &[f32]) -> [u32; BINS] {
    let mut bins = [0; BINS];
    for score in scores.iter().filter(|score| score.is_finite()) {
        bins[((score * BINS as f32) as usize).min(BINS - 1)] += 1;
    }
    bins
}

/// The shares of scores in each bin in `size` (width, height) pixels: real ones upwards from a line in the middle, generated ones
/// downwards, both to the scale of the fuller bin.
#[must_use]
pub fn scores(real: &[f32], fake: &[f32], (width, height): (f32, f32), theme: &Theme) -> Vec<Mark> {
    let share =
        |scores: &[f32]| binned(scores).map(|count| count as f32 / scores.len().max(1) as f32);
    let (real, fake) = (share(real), share(fake));
    let most = real.iter().chain(&fake).fold(0.0_f32, |most, share| most.max(*share)).max(1e-6);
    let (middle, room) = ((height - BELOW) / 2.0, (height - BELOW) / 2.0 - 1.0);
    let step = width / BINS as f32;
    let mut marks = Vec::new();
    for (shares, colour, up) in [(real, theme.real, true), (fake, theme.fake, false)] {
        for (at, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let h = room * share / most;
            let y = if up { middle - h } else { middle };
            let rect = Rect { x: step * at as f32 + 0.5, y, w: step - 1.0, h };
            marks.push(Mark::Box { rect, fill: Some(colour), stroke: None });
        }
    }
    let axis = Stroke::solid(theme.muted, 1.0);
    marks.push(Mark::Line { points: vec![(0.0, middle), (width, middle)], stroke: axis });
    let ends = [(0.0, "0", Anchor::Left), (0.5, "½", Anchor::Centre), (1.0, "1", Anchor::Right)];
    for (share, name, anchor) in ends {
        marks.push(label((width * share, height - BELOW / 2.0), name.into(), anchor, theme));
    }
    marks
}

/// Counts as bars in `size` (width, height) pixels, each with its class below and its count above it, and a dotted line where all
/// would be if they were as many of each.
#[must_use]
pub fn counts(
    names: &[String],
    counts: &[u32],
    (width, height): (f32, f32),
    theme: &Theme,
) -> Vec<Mark> {
    let most = counts.iter().copied().max().unwrap_or_default().max(1) as f32;
    let top = ABOVE + LABEL;
    let (base, room) = (height - BELOW, height - BELOW - top);
    let step = width / counts.len().max(1) as f32;
    let (mut marks, mut words) = (Vec::new(), Vec::new());
    for (at, (name, count)) in names.iter().zip(counts).enumerate() {
        let h = room * *count as f32 / most;
        let middle = step * (at as f32 + 0.5);
        let rect = Rect { x: step * at as f32 + 2.0, y: base - h, w: step - 4.0, h };
        marks.push(Mark::Box { rect, fill: Some(theme.fake), stroke: None });
        words.push(label((middle, height - BELOW / 2.0), name.clone(), Anchor::Centre, theme));
        words.push(label(
            (middle, base - h - LABEL / 2.0 - 1.0),
            count.to_string(),
            Anchor::Centre,
            theme,
        ));
    }
    let even = counts.iter().sum::<u32>() as f32 / counts.len().max(1) as f32;
    let y = base - room * even / most;
    let dots = Stroke::solid(theme.muted, 1.2).dash(crate::Dash::Dotted);
    marks.push(Mark::Line { points: vec![(0.0, y), (width, y)], stroke: dots });
    // Over the line, which would strike small counts through.
    marks.append(&mut words);
    marks
}

fn label(at: (f32, f32), text: String, anchor: Anchor, theme: &Theme) -> Mark {
    Mark::Text { at, text, size: LABEL, colour: theme.muted, anchor, halo: Some(theme.paper) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(marks: &[Mark]) -> Vec<Rect> {
        let rect = |mark: &Mark| if let Mark::Box { rect, .. } = mark { Some(*rect) } else { None };
        marks.iter().filter_map(rect).collect()
    }

    #[test]
    fn each_score_is_in_its_bin() {
        let bins = binned(&[0.0, 0.049, 0.05, 0.5, 0.999, 1.0, f32::NAN]);
        assert_eq!((bins[0], bins[1], bins[10], bins[19]), (2, 1, 1, 2));
        assert_eq!(bins.iter().sum::<u32>(), 6);
    }

    #[test]
    fn real_bars_stand_up_and_generated_ones_hang_down() {
        let marks = scores(&[0.9, 0.9, 0.1, 0.9], &[0.1, 0.1], (200.0, 95.0), &Theme::LIGHT);
        let all = boxes(&marks);
        assert_eq!(all.len(), 3);
        let (low, high, fake) = (all[0], all[1], all[2]);
        assert!((high.h / low.h - 3.0).abs() < 1e-4, "three in four to one in four");
        assert_eq!((high.y + high.h, fake.y), (40.0, 40.0));
        assert!(low.x == fake.x && (fake.h - 39.0).abs() < 1e-4, "all generated ones in one bin");
        assert!(high.x > 170.0);
    }

    #[test]
    fn counts_stand_side_by_side_with_a_level() {
        let names: Vec<String> = (0..4).map(|n| n.to_string()).collect();
        let marks = counts(&names, &[10, 0, 30, 0], (100.0, 80.0), &Theme::DARK);
        let all = boxes(&marks);
        assert_eq!(all.len(), 4);
        assert!(all[1].h == 0.0 && (all[2].h / all[0].h - 3.0).abs() < 1e-4);
        assert!(all.iter().all(|bar| (bar.y + bar.h - 65.0).abs() < 1e-4));
        let level = marks.iter().find_map(|mark| match mark {
            Mark::Line { points, .. } => Some(points[0].1),
            _ => None,
        });
        assert_eq!(level.map(|y| (y - (65.0 - all[0].h)).abs() < 1e-4), Some(true), "ten of each");
    }
}
