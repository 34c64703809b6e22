//! How the run's loss wants D to be read: the figures know σ(a) alone.

use super::layers::Entry;
use adversaria_core::spec::{Address, Loss};
use adversaria_plot::Judge;
use adversaria_protocol::{Frame, Scene};
use leptos::prelude::*;
use std::sync::Arc;

/// What D's output means under the loss of this address. An address that is not one is of no run on stage.
pub fn judge_of(address: &str) -> Judge {
    let Ok(spec) = Address::parse(address).map(|a| a.spec) else { return Judge::default() };
    let joint = spec.pack() > 1 || spec.conditional();
    match spec.loss() {
        Loss::LeastSquares if joint => Judge::JointTarget,
        Loss::LeastSquares => Judge::Target,
        Loss::Wasserstein | Loss::Hinge => Judge::Critic,
        Loss::Minimax | Loss::NonSaturating if joint => Judge::Joint,
        Loss::Minimax | Loss::NonSaturating => Judge::Probability,
    }
}

/// The same of what is on stage; the loss may change while it runs, and frames carry that.
pub fn watch_judge(
    scene: Option<Signal<Option<Arc<Scene>>>>,
    frame: Signal<Option<Arc<Frame>>>,
) -> Memo<Judge> {
    let address = Memo::new(move |_| {
        let of_scene = || {
            scene.and_then(|s| s.with(|s| s.as_ref().map(|s| s.spec.clone()))).unwrap_or_default()
        };
        frame.with(|f| f.as_ref().map(|f| f.spec.clone())).unwrap_or_else(of_scene)
    });
    Memo::new(move |_| address.with(|address| judge_of(address)))
}

/// What a layer's button says, and its hint, under this loss; none where the layer means nothing.
pub fn words(entry: &Entry, judge: Judge) -> Option<(&'static str, &'static str)> {
    let usual = Some((entry.label, entry.hint));
    match (judge, entry.view) {
        (Judge::Critic | Judge::Joint | Judge::JointTarget, "optimal" | "difference") => None,
        (Judge::Target | Judge::JointTarget, "score") => {
            Some(("σ(a)", "D's output a, drawn to 1 on real and to 0 on fake samples, as σ(a)"))
        }
        (Judge::Target, "optimal") => Some((
            "σ(a*)",
            "The best output against this G, a* = p_data / (p_data + p_g), as σ(a*)",
        )),
        (Judge::Target, "difference") => Some((
            "σ(a) − σ(a*)",
            "How far D's output is from the best, as that is known or estimated: above its level, or blue, where it says real too often; below it, or orange, where fake",
        )),
        (Judge::Target | Judge::JointTarget, "field") => Some((
            "σ(a): fake – real",
            "D's output as colour: orange looks fake, blue looks real, neutral is a = ½",
        )),
        (Judge::Target | Judge::JointTarget, "contour") => {
            Some((judge.level(), "Where D cannot tell real from fake"))
        }
        (Judge::Critic, "score") => {
            Some((judge.name(), "The critic's score a, brought to 0 … 1 by σ; no probability"))
        }
        (Judge::Critic, "field") => Some((
            judge.name(),
            "The critic's score as colour: orange below a = 0, blue above it; no probability",
        )),
        (Judge::Critic, "contour") => Some((judge.level(), "Where the critic's score is 0")),
        _ => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::layers::Kind;

    #[test]
    fn each_loss_has_its_reading() {
        let of = |loss: &str| judge_of(&format!("v=1&loss={loss}"));
        assert_eq!([of("minimax"), of("nonsaturating")], [Judge::Probability; 2]);
        assert_eq!(of("leastsquares"), Judge::Target);
        assert_eq!([of("wasserstein"), of("hinge")], [Judge::Critic; 2]);
        assert_eq!(judge_of(""), Judge::Probability, "the usual loss");
        assert_eq!([of("minimax&pack=2"), of("minimax&data=ring8&cond=1")], [Judge::Joint; 2]);
        assert_eq!(of("leastsquares&pack=3"), Judge::JointTarget);
        assert_eq!(of("hinge&pack=2"), Judge::Critic);
    }

    #[test]
    fn the_best_d_is_offered_only_where_the_densities_of_x_say_what_it_is() {
        let offered = |judge| -> Vec<&str> {
            let all = [Kind::Line, Kind::Plane].into_iter().flat_map(Kind::entries);
            let best = all.filter(|entry| ["optimal", "difference"].contains(&entry.view));
            best.filter_map(|entry| words(entry, judge)).map(|said| said.0).collect()
        };
        assert!(offered(Judge::Probability).contains(&"D − D*"));
        for judge in [Judge::Critic, Judge::Joint, Judge::JointTarget] {
            assert!(offered(judge).is_empty(), "{judge:?}: {:?}", offered(judge));
        }
        assert!(offered(Judge::Target).iter().all(|label| !label.contains('D')));
    }

    #[test]
    fn a_critic_is_never_called_a_probability() {
        for kind in [Kind::Line, Kind::Plane] {
            for entry in kind.entries() {
                let label = words(entry, Judge::Critic).map_or("", |w| w.0);
                assert!(!label.starts_with('D'), "{label}");
                assert_eq!(
                    words(entry, Judge::Probability).map(|w| w.0),
                    Some(entry.label),
                    "the usual names stay"
                );
            }
        }
    }
}
