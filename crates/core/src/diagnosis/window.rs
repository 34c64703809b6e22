//! What was measured of a run, and how much of it a diagnosis looks at.

/// Iterations before which nothing is said but that a run diverges.
pub const WARM_UP: u64 = 300;

/// Iterations before which nothing is said of where the game is going.
pub const SETTLED: u64 = 1_000;

/// The fewest looks that say something.
pub const LEAST_LOOKS: usize = 3;

/// Looks are kept this many to the span that the settings have lasted, at most.
const LOOKS_A_SPAN: u64 = 32;

/// What was measured at one iteration. Figures are NaN where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Whole iterations.
    pub iteration: u64,
    /// D's loss at its last update.
    pub loss_d: f64,
    /// G's.
    pub loss_g: f64,
    /// ‖∇ of D's loss‖ at its last update.
    pub grad_norm_d: f64,
    /// ‖∇ of G's loss‖ at its last update.
    pub grad_norm_g: f64,
    /// V(D,G), nats.
    pub value: f64,
    /// ‖∇ by G's parameters of mean log(1 − D(G(z)))‖ at the fixed z.
    pub norm_minimax: f64,
    /// ‖∇ by G's parameters of −mean log D(G(z))‖ at the same.
    pub norm_nonsaturating: f64,
    /// p_g against p_data, where that is known.
    pub judged: Option<Judged>,
}

/// p_g against p_data at the same iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// JSD(p_data ‖ p_g), nats.
    pub jsd: f64,
    /// What that reads on average by chance when both are the same, nats.
    pub bias: f64,
    /// The most of it, nats, that may lie within bins, where it is not seen.
    pub unseen: f64,
    /// V(D*,G) − V(D,G), nats.
    pub gap: f64,
    /// Modes with a good sample, and modes in all; for mixtures.
    pub modes: Option<(u32, u32)>,
    /// Share of good samples; for mixtures.
    pub quality: Option<f64>,
}

/// Fields whose change is no other game.
const OF_NO_GAME: [&str; 3] = ["step", "backend", "exec"];

/// The iteration from which a run has had its settings, by its log of changes (iteration and field, ascending); 0 where
/// nothing was changed.
#[must_use]
pub fn since<'a>(log: impl DoubleEndedIterator<Item = (u64, &'a str)>) -> u64 {
    log.rev().find(|(_, field)| !OF_NO_GAME.contains(field)).map_or(0, |(iteration, _)| iteration)
}

/// Adds a look to those before it, which are thinned so that their number stays bounded. A look at an iteration that was
/// passed already drops what came after it.
pub fn remember(looks: &mut Vec<Look>, since: u64, look: Look) {
    looks.retain(|old| old.iteration < look.iteration);
    let lasted = look.iteration.saturating_sub(since);
    let near = |old: &Look| look.iteration - old.iteration < lasted / LOOKS_A_SPAN;
    if looks.last().is_some_and(near) {
        return;
    }
    looks.push(look);
    let begin = begin(since, look.iteration);
    looks.retain(|old| old.iteration >= begin);
}

/// The second half of the time that the settings have lasted.
fn begin(since: u64, now: u64) -> u64 {
    since + now.saturating_sub(since) / 2
}

/// The looks that a diagnosis is made of: those of the second half of the time that the settings have lasted.
#[must_use]
pub fn window(since: u64, looks: &[Look]) -> &[Look] {
    let Some(last) = looks.last() else { return looks };
    let begin = begin(since, last.iteration).max(since);
    &looks[looks.partition_point(|look| look.iteration < begin)..]
}
