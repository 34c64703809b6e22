//! The layers of the stage: how each looks, what it is called, and how the address names those that are shown.

use adversaria_core::spec::VIEW_LAYERS;
use adversaria_plot::Shown;
use adversaria_protocol::{Picture, Scene, Stage};

/// How a layer looks, in small.
#[derive(Clone, Copy)]
pub enum Swatch {
    /// A line: class of its colour, dash pattern, width.
    Line(&'static str, &'static str, &'static str),
    /// A real sample.
    Dot,
    /// A generated sample.
    Cross,
    /// A sample of the average of G.
    Triangle,
    /// The ends of a field's colours.
    Tint,
    /// From z to G(z).
    Arrows,
    /// G's warped lattice.
    Lattice,
    /// Contours of a density.
    Rings,
}

/// A layer that can be hidden.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Its button is `layer-` and this.
    pub name: &'static str,
    /// Its name in `view=` of the address.
    pub view: &'static str,
    /// On its button.
    pub label: &'static str,
    /// What it shows, in a sentence.
    pub hint: &'static str,
    /// How it looks.
    pub swatch: Swatch,
    /// Whether it is shown.
    pub slot: fn(&mut Shown) -> &mut bool,
}

/// Of `view=`: the layer that is there only while the run keeps an average.
pub const AVERAGE: &str = "average";

const LINE: [Entry; 7] = [
    Entry {
        name: "data",
        view: "density",
        label: "p_data",
        hint: "The density of the data, exact",
        swatch: Swatch::Line("real", "0.01 4.6", "2.6"),
        slot: |s| &mut s.line.data,
    },
    Entry {
        name: "model",
        view: "model",
        label: "p_g",
        hint: "The density of what G makes: a dense sweep of a z of one dimension; of more, 4,096 draws in 240 cells",
        swatch: Swatch::Line("fake", "", "2.4"),
        slot: |s| &mut s.line.model,
    },
    Entry {
        name: "average",
        view: AVERAGE,
        label: "p_g, average",
        hint: "The density of what the average of G makes",
        swatch: Swatch::Line("fake", "6 2.5 1.5 2.5", "1.8"),
        slot: |s| &mut s.line.average,
    },
    Entry {
        name: "d",
        view: "score",
        label: "D(x)",
        hint: "The discriminator: 1 is real, 0 is fake",
        swatch: Swatch::Line("d", "6 3.5", "2"),
        slot: |s| &mut s.line.d,
    },
    Entry {
        name: "d-optimal",
        view: "optimal",
        label: "D*(x)",
        hint: "The best discriminator against this G: p_data / (p_data + p_g)",
        swatch: Swatch::Line("d", "", "1"),
        slot: |s| &mut s.line.optimal,
    },
    Entry {
        name: "difference",
        view: "difference",
        label: "D − D*",
        hint: "How far D is from its best, drawn about the level ½: above it D says real too often, below it fake",
        swatch: Swatch::Line("d", "6 2.5 1.5 2.5", "1.4"),
        slot: |s| &mut s.line.difference,
    },
    Entry {
        name: "arrows",
        view: "arrows",
        label: "z → G(z)",
        hint: "Where G sends the quantiles of z; arrows crowd where p_g is high",
        swatch: Swatch::Arrows,
        slot: |s| &mut s.line.arrows,
    },
];

const PLANE: [Entry; 11] = [
    Entry {
        name: "real",
        view: "real",
        label: "real",
        hint: "Samples of the data",
        swatch: Swatch::Dot,
        slot: |s| &mut s.plane.real,
    },
    Entry {
        name: "fake",
        view: "fake",
        label: "generated",
        hint: "G(z) for fixed z",
        swatch: Swatch::Cross,
        slot: |s| &mut s.plane.fake,
    },
    Entry {
        name: "average",
        view: AVERAGE,
        label: "average of G",
        hint: "What the average of G makes of the same z",
        swatch: Swatch::Triangle,
        slot: |s| &mut s.plane.average,
    },
    Entry {
        name: "field",
        view: "field",
        label: "D: fake – real",
        hint: "D(x) as colour: orange looks fake, blue looks real, neutral is ½",
        swatch: Swatch::Tint,
        slot: |s| &mut s.plane.field,
    },
    Entry {
        name: "contour",
        view: "contour",
        label: "D = ½",
        hint: "Where D cannot tell real from fake",
        swatch: Swatch::Line("d", "", "1.8"),
        slot: |s| &mut s.plane.contour,
    },
    Entry {
        name: "pulls",
        view: "pulls",
        label: "pull",
        hint: "Where G's loss pulls each fake, −∂loss/∂x; the longer, the stronger, on a fixed scale",
        swatch: Swatch::Line("pull", "", "1.6"),
        slot: |s| &mut s.plane.pulls,
    },
    Entry {
        name: "grid",
        view: "grid",
        label: "G's grid",
        hint: "A lattice in the latent plane, warped by G (needs a latent of two dimensions)",
        swatch: Swatch::Lattice,
        slot: |s| &mut s.plane.grid,
    },
    Entry {
        name: "density",
        view: "density",
        label: "p_data",
        hint: "The density of the data at 5, 20, 50 and 80 % of its peak",
        swatch: Swatch::Rings,
        slot: |s| &mut s.plane.density,
    },
    Entry {
        name: "model",
        view: "model",
        label: "p_g",
        hint: "The density of what G makes at 5, 20, 50 and 80 % of its peak: Gaussian kernels over the 512 samples on stage, as wide as the median distance to the tenth neighbour, by which it is blurred",
        swatch: Swatch::Rings,
        slot: |s| &mut s.plane.model,
    },
    Entry {
        name: "d-optimal",
        view: "optimal",
        label: "D*",
        hint: "The best D against this G in D's place: p_data / (p_data + p_g), p_g by kernels over 512 samples and p_data through the same kernel, so good to about 0.1 where samples are few; neutral where there is neither",
        swatch: Swatch::Tint,
        slot: |s| &mut s.plane.optimal,
    },
    Entry {
        name: "difference",
        view: "difference",
        label: "D − D*",
        hint: "In D's place how far it is from its best, as D* is estimated: blue where it says real too often, orange where fake",
        swatch: Swatch::Tint,
        slot: |s| &mut s.plane.difference,
    },
];

/// What is on stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing yet.
    None,
    /// 1D.
    Line,
    /// 2D.
    Plane,
    /// Images.
    Images,
}

impl Kind {
    /// Of a scene.
    pub fn of(scene: Option<&Scene>) -> Self {
        match scene.map(|s| &s.stage) {
            None => Self::None,
            Some(Stage::Line { .. }) => Self::Line,
            Some(Stage::Plane { .. }) => Self::Plane,
            Some(Stage::Images { .. }) => Self::Images,
        }
    }

    /// The layers that can be hidden.
    pub fn entries(self) -> &'static [Entry] {
        match self {
            Self::Line => &LINE,
            Self::Plane => &PLANE,
            Self::None | Self::Images => &[],
        }
    }
}

/// Whether the run keeps an average of G.
pub fn keeps_average(picture: &Picture) -> bool {
    match picture {
        Picture::Line(line) => !line.average.is_empty(),
        Picture::Plane(plane) => !plane.average.is_empty(),
        Picture::Images(images) => !images.average.is_empty(),
    }
}

/// The layers that `view` shows. Names of other stages' layers do not count, and a list of them alone is as none.
pub fn shown(view: Option<&[&'static str]>, kind: Kind) -> Shown {
    let mut shown = Shown::default();
    let Some(view) = view else { return shown };
    let entries = kind.entries();
    if view.is_empty() || entries.iter().any(|entry| view.contains(&entry.view)) {
        for entry in entries {
            *(entry.slot)(&mut shown) = view.contains(&entry.view);
        }
    }
    shown
}

/// What `view` says of the layers shown, in its own order; none when they are the usual ones.
pub fn view(mut shown: Shown, kind: Kind, averaged: bool) -> Option<Vec<&'static str>> {
    let mut usual = Shown::default();
    let there = || kind.entries().iter().filter(|entry| averaged || entry.view != AVERAGE);
    let changed = there().any(|entry| *(entry.slot)(&mut shown) != *(entry.slot)(&mut usual));
    let mut is_shown =
        |name: &str| there().any(|entry| entry.view == name && *(entry.slot)(&mut shown));
    changed.then(|| VIEW_LAYERS.into_iter().filter(|name| is_shown(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 2] = [Kind::Line, Kind::Plane];

    #[test]
    fn the_address_knows_each_layer_once_a_stage() {
        for kind in KINDS {
            let names: Vec<&str> = kind.entries().iter().map(|entry| entry.view).collect();
            assert!(names.iter().all(|name| VIEW_LAYERS.contains(name)), "{names:?}");
            assert!(names.iter().enumerate().all(|(i, name)| !names[..i].contains(name)));
        }
        let known = |name: &str| KINDS.iter().any(|k| k.entries().iter().any(|e| e.view == name));
        assert!(VIEW_LAYERS.into_iter().all(known), "each name of the address has a button");
    }

    #[test]
    fn any_choice_comes_back_from_the_address() {
        for kind in KINDS {
            let entries = kind.entries();
            for choice in 0..1_u32 << entries.len() {
                let mut wanted = Shown::default();
                for (i, entry) in entries.iter().enumerate() {
                    *(entry.slot)(&mut wanted) = choice >> i & 1 == 1;
                }
                let written = view(wanted, kind, true);
                assert_eq!(shown(written.as_deref(), kind), wanted, "{written:?}");
                assert_eq!(written.is_none(), wanted == Shown::default());
            }
        }
    }

    #[test]
    fn layers_of_other_stages_do_not_count() {
        assert_eq!(shown(Some(&["real", "field"]), Kind::Line), Shown::default());
        let mixed = shown(Some(&["field", "score"]), Kind::Line);
        assert!(mixed.line.d && !mixed.line.model && !mixed.line.data);
        assert_eq!(mixed.plane, Shown::default().plane, "the other stage keeps its usual layers");
        let none = shown(Some(&[]), Kind::Plane);
        assert!(!none.plane.real && !none.plane.fake && !none.plane.field);
    }

    #[test]
    fn the_average_is_named_only_where_there_is_one() {
        let mut chosen = Shown::default();
        chosen.plane.pulls = false;
        let with = view(chosen, Kind::Plane, true).expect("not the usual ones");
        assert_eq!(with, ["real", "fake", "field", "contour", AVERAGE]);
        let without = view(chosen, Kind::Plane, false).expect("not the usual ones");
        assert_eq!(without, with[..4]);
        chosen = Shown::default();
        chosen.plane.average = false;
        assert_eq!(view(chosen, Kind::Plane, false), None, "what is not there is not hidden");
    }
}
