//! What a person can do to the run: every control, key and call of the page comes through here.

use adversaria_core::presets::{self, PRESETS};
use adversaria_core::spec::{Address, Change, Data, PageOptions, RunSpec, SpecError};
use adversaria_protocol::{Command, Player, Reply, Standing, Step};
use leptos::prelude::*;
use std::time::Duration;

use crate::{look::now_millis, page::Page, words};

type Done = Result<(), String>;

/// So many animation frames, each within so many milliseconds of the one before, say that the first pictures are drawn;
/// a page does not wait for them longer than this.
const CALM_FRAMES: u32 = 3;
const CALM_MILLIS: f64 = 35.0;
const DRAWN_BY: Duration = Duration::from_millis(1500);

/// Who is sent to its optimum.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pupil {
    /// The discriminator as it is.
    D,
    /// The generator as it is.
    G,
    /// A discriminator drawn afresh, in D's place.
    FreshD,
}

impl Page {
    /// Puts the run of a whole address on stage, with the page options it names. Nothing changes when it is refused.
    pub fn load(self, hash: &str, then: impl FnOnce(Done) + 'static) {
        let text = hash.trim_start_matches('#');
        match Address::parse(text) {
            Ok(address) => {
                let options = address.page;
                self.stage(address.spec.address(), options.play, move |done| {
                    if done.is_ok() {
                        self.obey(options);
                    }
                    then(done);
                });
            }
            Err(error) => {
                let sentence = sentence(&error);
                self.complain(sentence.clone());
                then(Err(sentence));
            }
        }
    }

    /// Puts a run on stage and perhaps plays it. Nothing changes when it is refused.
    pub fn stage(self, spec: String, play: bool, then: impl FnOnce(Done) + 'static) {
        let refusals = self.refusals.get_untracked();
        self.loads.update_value(|n| *n += 1);
        let mine = self.loads.get_value();
        self.coming_run.set_value(Address::parse(&spec).ok().map(|address| address.spec));
        self.ask_quietly(
            move |id| Command::Load { id, spec },
            move |result| {
                if self.loads.get_value() == mine {
                    self.coming_run.set_value(None);
                }
                match &result {
                    Ok(_) => self.now_staged(refusals, play),
                    Err(fault) if self.loads.get_value() == mine => self.show(fault),
                    // Another run was asked for before this one's data came.
                    Err(_) => {}
                }
                then(result.map(|_| ()).map_err(|fault| fault.message));
            },
        );
    }

    fn now_staged(self, refusals: u32, play: bool) {
        self.arrive();
        // A sentence that came meanwhile is about something later, and stays.
        if self.refusals.get_untracked() == refusals {
            self.fault.set(None);
        }
        self.send(Command::Until(self.options.with_untracked(|o| o.until)));
        if play {
            self.play();
        }
    }

    /// The run can be asked for anything. Where it shares a GPU with the page's pictures, that is after the first ones
    /// are drawn; a page that nobody sees draws none.
    fn arrive(self) {
        let shares =
            self.scene.with_untracked(|s| s.as_ref().is_some_and(|s| s.backend == "webgpu"));
        if shares && !self.arrived.get_untracked() {
            set_timeout(move || self.arrived.set(true), DRAWN_BY);
            self.arrive_when_calm(f64::NEG_INFINITY, 0);
        } else {
            self.arrived.set(true);
        }
    }

    fn arrive_when_calm(self, before: f64, calm: u32) {
        request_animation_frame(move || {
            let now = now_millis();
            let calm = if now - before < CALM_MILLIS { calm + 1 } else { 0 };
            if calm < CALM_FRAMES {
                self.arrive_when_calm(now, calm);
            } else {
                self.arrived.set(true);
            }
        });
    }

    /// Takes the page's own part of an address.
    pub fn obey(self, options: PageOptions) {
        self.send(Command::Until(options.until));
        self.options.set(options);
    }

    /// Trains.
    pub fn play(self) {
        let iteration = self.metrics().map_or(0, |metrics| metrics.iteration);
        if self.options.with_untracked(|o| o.until.is_some_and(|until| iteration >= until)) {
            return self.tell_arrival(iteration);
        }
        if self.slow.get_untracked() {
            return self.play_beats();
        }
        self.standing.set(Standing::Playing);
        self.send(Command::Play);
    }

    /// Stops training.
    pub fn pause(self) {
        self.beating.set(false);
        self.standing.set(Standing::Paused);
        self.send(Command::Pause);
    }

    /// Trains if it waits, waits if it trains.
    pub fn toggle(self) {
        if untrack(|| self.is_playing()) { self.pause() } else { self.play() }
    }

    /// One step, then a pause.
    pub fn step(self, step: Step) {
        self.leave_beat();
        self.standing.set(Standing::Paused);
        self.send(Command::Step(step));
    }

    /// Sends a player to its optimum while the other stands still; `then` hears the figures there.
    pub fn optimum(self, pupil: Pupil, then: impl FnOnce(Result<Reply, String>) + 'static) {
        self.leave_beat();
        self.standing.set(Standing::Paused);
        self.ask(
            move |id| match pupil {
                Pupil::D => Command::Optimum { id, player: Player::Discriminator },
                Pupil::G => Command::Optimum { id, player: Player::Generator },
                Pupil::FreshD => Command::Detector { id },
            },
            then,
        );
    }

    /// The same run from its start, paused.
    pub fn reset(self) {
        if let Some(spec) = self.spec.get_untracked() {
            self.stage(spec.address(), false, |_| ());
        }
    }

    /// The same run with another seed.
    pub fn reseed(self) {
        match crate::look::random_u32() {
            Some(seed) => self.alter("seed", &seed.to_string()),
            None => {
                self.complain("This browser gives no random numbers; please type a seed instead.");
            }
        }
    }

    /// The run that changes build upon: the one that is to come on stage, else the one that is there.
    fn base(self) -> Option<RunSpec> {
        self.coming_run.get_value().or_else(|| self.spec.get_untracked())
    }

    /// What a change of one field makes of the run: while it goes on where that can be, else from its start, as all changes
    /// of a run that is still to come.
    ///
    /// # Errors
    /// When the field does not take the value.
    pub fn next_run(self, key: &str, value: &str) -> Result<Change, SpecError> {
        let comes = self.coming_run.with_value(Option::is_some);
        match self.base().unwrap_or_default().live_change(key, value)? {
            Change::Live(next) if comes => Ok(Change::Restart(next)),
            change => Ok(change),
        }
    }

    /// Changes one field: while the run goes on where that can be, else by starting afresh.
    pub fn alter(self, key: &'static str, value: &str) {
        let Some(spec) = self.base() else { return };
        match self.next_run(key, value) {
            Ok(Change::Live(next) | Change::Restart(next)) if next == spec => {
                self.refusals.update(|n| *n += 1);
            }
            Ok(Change::Live(next)) => self.change(key, value, Some(next), |_| ()),
            Ok(Change::Restart(next)) => {
                self.start_afresh(&next, &changed(key, value));
            }
            Err(error) => self.complain(sentence(&error)),
        }
    }

    /// Changes a field of the running run; `next` is the run as it will be, if known.
    pub fn change(
        self,
        key: &str,
        value: &str,
        next: Option<RunSpec>,
        then: impl FnOnce(Done) + 'static,
    ) {
        let (field, value) = (key.to_owned(), value.to_owned());
        self.ask(
            move |id| Command::Change { id, field, value },
            move |result| {
                if result.is_ok() {
                    self.fault.set(None);
                    if let Some(next) = next {
                        self.spec.set(Some(next));
                    }
                }
                then(result.map(|_| ()));
            },
        );
    }

    /// Another data set. A preset goes over to the preset of the new data; one's own settings are kept as far as they fit.
    pub fn choose_data(self, data: Data) {
        let Some(spec) = self.base() else { return };
        let next = if is_a_preset(&spec) {
            preset_of(data, &spec)
        } else {
            spec.with("data", data.name())
        };
        match next {
            Ok(next) => self.start_afresh(
                &next,
                &format!("The data are now {}: the run starts afresh.", data.name()),
            ),
            Err(error) => self.complain(sentence(&error)),
        }
    }

    /// A preset goes on stage and plays.
    pub fn show_preset(self, address: &'static str) {
        self.stage(address.to_owned(), true, |_| ());
    }

    /// The text of a field of the run now, followed.
    pub fn text(self, key: &str) -> String {
        self.spec.with(|spec| spec.as_ref().and_then(|s| s.get(key).ok())).unwrap_or_default()
    }

    /// The hidden widths of `g` or `d`, followed.
    pub fn widths(self, key: &str) -> Vec<u32> {
        self.spec.with(|spec| {
            let net =
                spec.as_ref().map(|s| if key == "g" { s.generator() } else { s.discriminator() });
            net.map(|net| net.hidden().to_vec()).unwrap_or_default()
        })
    }

    /// Other hidden layers for `g` or `d`. A named net gives way to its own widths with its own activations.
    pub fn set_widths(self, key: &'static str, widths: &[String]) {
        let Some(spec) = self.base() else { return };
        let text = widths.join(",");
        let keep: &[&str] = if key == "g" { &["gact", "gout"] } else { &["dact"] };
        let kept = keep.iter().map(|name| (*name, spec.get(name)));
        let next = kept.fold(spec.with(key, &text), |next, (name, old)| next?.with(name, &old?));
        match next {
            Ok(next) => self.start_afresh(&next, &changed(key, &text)),
            Err(error) => self.complain(sentence(&error)),
        }
    }

    /// Changes `until` or `theme`.
    pub fn set_option(self, key: &str, value: &str) {
        match Address::parse(&format!("{key}={value}")) {
            Ok(parsed) => {
                let mut next = self.options.get_untracked();
                if key == "until" {
                    next.until = parsed.page.until;
                } else {
                    next.theme = parsed.page.theme;
                }
                self.obey(next);
            }
            Err(error) => self.complain(sentence(&error)),
        }
    }

    fn start_afresh(self, spec: &RunSpec, notice: &str) {
        let (playing, notice) = (untrack(|| self.is_playing()), notice.to_owned());
        self.stage(spec.address(), playing, move |done| {
            if done.is_ok() {
                self.tell(notice);
            }
        });
    }
}

/// The error as it is shown: the control's name first, where it is about one.
pub fn sentence(error: &SpecError) -> String {
    let key = match error {
        SpecError::Duplicate { key, .. }
        | SpecError::NotAllowed { key, .. }
        | SpecError::Later { key, .. }
        | SpecError::Conflict { key, .. } => words::label(key),
        _ => None,
    };
    match key {
        Some(label) => format!("{label}: {error}"),
        None => crate::link::capital(&error.to_string()),
    }
}

/// The setting that suits these data, with the seed and backend of `spec`.
pub fn preset_of(data: Data, spec: &RunSpec) -> Result<RunSpec, SpecError> {
    let preset = Address::parse(&presets::scene_of(data))?.spec;
    ["seed", "backend", "exec"]
        .iter()
        .try_fold(preset, |preset, key| preset.with(key, &spec.get(key)?))
}

/// The run without what no scene fixes: its seed, and where it computes.
pub fn plain(spec: &RunSpec) -> Result<RunSpec, SpecError> {
    spec.with("seed", "1")?.with("backend", "auto")?.with("exec", "auto")
}

/// Whether this is one of the scenes that the page offers, but for its seed.
pub fn is_a_preset(spec: &RunSpec) -> bool {
    let Ok(mine) = plain(spec).map(|spec| spec.address()) else { return false };
    let scenes = Data::ALL.iter().map(|data| presets::scene_of(*data));
    let all = PRESETS.iter().map(|preset| preset.address.to_owned()).chain(scenes);
    all.into_iter().any(|address| Address::parse(&address).is_ok_and(|a| a.spec.address() == mine))
}

/// What a change that restarts the run says.
fn changed(key: &str, value: &str) -> String {
    let label = words::label(key).unwrap_or(key);
    // An empty list has no letters to show.
    let value = if value.is_empty() { "none" } else { value };
    format!("{label} {value}: the run starts afresh.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_the_control_and_leave_keys_as_they_are() {
        let said = |hash: &str| Address::parse(hash).map_err(|error| sentence(&error)).map(|_| ());
        let begins = |hash: &str, with: &str| said(hash).is_err_and(|said| said.starts_with(with));
        assert!(begins("optd=adam:-1:0.5:0.9", "Optimiser of D: optd=adam:-1:0.5:0.9 is not"));
        assert!(begins("kd=1&kd=2", "k of D: kd is given twice"));
        assert!(begins("colour=blue", "There is no field"));
        assert_eq!(changed("seed", "7"), "Seed 7: the run starts afresh.");
        assert_eq!(crate::link::capital("kd is odd"), "kd is odd");
    }
}
