//! One player trains while the other stands still, at a rate of its own: what a run makes of it, and what its log keeps.

use adversaria_core::spec::decimal;
use adversaria_kernels::backend::Run as Runs;
use adversaria_protocol::Player;

use crate::compile::index;
use crate::error::EngineError;
use crate::run::Run;

/// The field of such a change in the log; its value is `d:250:0.0005`: who, how many updates, at which rate.
pub(crate) const ALONE: &str = "alone";

/// Updates that have been submitted and are not in the log yet, for more of the kind may follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Alone {
    player: Player,
    rate: f64,
    updates: u32,
}

impl Alone {
    fn text(self) -> String {
        let who = match self.player {
            Player::Discriminator => "d",
            Player::Generator => "g",
        };
        format!("{who}:{}:{}", self.updates, self.rate)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let player = match parts.next()? {
            "d" => Player::Discriminator,
            "g" => Player::Generator,
            _ => return None,
        };
        let (updates, rate) = (parts.next()?.parse().ok()?, decimal(parts.next()?)?);
        parts.next().is_none().then_some(Self { player, rate, updates })
    }
}

impl Run {
    /// Submits updates of one player alone, at this rate whatever `lrdecay` says. The optimiser's own rate is as it was
    /// afterwards. [`Run::seal`] writes what was made into the log, and so does everything else that is asked of the run.
    pub(crate) fn train_alone(
        &mut self,
        player: Player,
        rate: f64,
        updates: u32,
    ) -> Result<(), EngineError> {
        let made = self.alone.filter(|alone| (alone.player, alone.rate) == (player, rate));
        if made.is_none() {
            self.complete()?;
        }
        let layout = &self.compiled.layout;
        let (program, slots) = match player {
            Player::Discriminator => (index::ALONE_D, layout.discriminator.slots),
            Player::Generator => (index::ALONE_G, layout.generator.slots),
        };
        #[expect(clippy::cast_possible_truncation, reason = "the arithmetic is f32")]
        self.backend.write(slots.rate, &[rate as f32])?;
        self.backend.submit(&[Runs { program, times: updates }], 1)?;
        self.write_rates()?;
        let before = made.map_or(0, |alone| alone.updates);
        self.alone = Some(Alone { player, rate, updates: before + updates });
        Ok(())
    }

    /// Writes updates of one player alone into the log.
    pub(crate) fn seal(&mut self) {
        if let Some(alone) = self.alone.take() {
            self.note(ALONE, &alone.text());
        }
    }

    /// Makes such a change of a log once more.
    pub(crate) fn train_as_logged(&mut self, text: &str) -> Result<(), EngineError> {
        let Some(Alone { player, rate, updates }) = Alone::parse(text) else {
            return Err(EngineError::BadCheckpoint(format!("{text} is no change of its log")));
        };
        self.train_alone(player, rate, updates)?;
        self.seal();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use adversaria_core::spec::Address;
    use adversaria_kernels::cpu::CpuBackend;

    use super::*;
    use crate::table::build_table;

    #[test]
    fn a_fresh_d_has_other_weights_and_an_optimiser_that_has_seen_nothing() {
        let spec =
            Address::parse("data=ring8&g=8&d=8,8&batch=16&reg=spectral").expect("a spec").spec;
        let table = build_table(&spec, None).expect("a table");
        let mut run =
            Run::new(spec, Arc::clone(&table), Box::new(CpuBackend::detect())).expect("a run");
        let d = run.compiled.layout.discriminator.clone();
        let spans = || {
            let words = d.parameters.len;
            let starts = std::iter::once(d.parameters.at).chain(d.buffers.iter().map(|b| b.1));
            starts.map(|at| at..at + words).collect::<Vec<_>>()
        };
        let seen = |run: &mut Run| {
            let reading = run.read(&spans()).expect("a reading");
            run.wait(&reading).expect("words")
        };
        let first = seen(&mut run);
        run.advance(20).expect("it trains");
        let trained = seen(&mut run);
        run.renew_discriminator().expect("it begins again");
        let fresh = seen(&mut run);
        let weights = ..d.parameters.len as usize;
        for other in [&first, &trained] {
            assert!(other[weights] != fresh[weights], "the same D");
        }
        let rest = d.parameters.len as usize..;
        assert!(trained[rest.clone()].iter().any(|word| *word != 0.0));
        assert!(fresh[rest].iter().all(|word| *word == 0.0), "it remembers gradients");
        let biases = |words: &[f32]| words[weights].iter().filter(|word| **word == 0.0).count();
        assert_eq!(biases(&fresh), biases(&first));
    }

    #[test]
    fn what_is_logged_reads_back() {
        for rate in [0.0005, 0.001 * 0.7_f64.powi(5), 1e-9] {
            let alone = Alone { player: Player::Generator, rate, updates: 250 };
            assert_eq!(Alone::parse(&alone.text()), Some(alone));
        }
        for damaged in ["", "x:1:1", "d:-1:1", "d:1", "d:1:1:1", "d:1:much"] {
            assert_eq!(Alone::parse(damaged), None, "{damaged}");
        }
    }
}
