//! What keeps D in bounds: penalties on its gradient, noise on its inputs, bounds on its weights.

use super::TINY;
use super::error::Why;
use super::number::{print, real};

/// The regularisers of D, each at most once; they add up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reg {
    /// γ of + γ/2 · mean ‖∇ₓ a(x)‖² on real x (Mescheder et al. 2018).
    pub r1: Option<f64>,
    /// λ of + λ · mean (‖∇ a(x̂)‖ − 1)² between real and generated samples (Gulrajani et al. 2017).
    pub gp: Option<f64>,
    /// c of all parameters of D clamped to [−c, c] after each D-update (Arjovsky et al. 2017).
    pub clip: Option<f64>,
    /// σ of N(0, σ²) added to every input of D in training (Sønderby et al. 2017).
    pub noise: Option<f64>,
    /// Each weight of D divided by its largest singular value (Miyato et al. 2018).
    pub spectral: bool,
}

/// What the address may say, for people.
pub(super) const ALLOWED: &str = "none, or several of these joined by +: r1:γ (γ/2 · mean ‖∇a(x)‖² on real x), gp:λ \
                                  (λ · mean (‖∇a‖ − 1)² between real and generated), clip:c (D's parameters stay in \
                                  [-c, c]), noise:σ (on every input of D), spectral (weights of norm 1), with numbers \
                                  above 0 and up to 100";

impl Reg {
    pub(super) fn parse(text: &str) -> Result<Self, Why> {
        let mut reg = Self::default();
        if text == "none" {
            return Ok(reg);
        }
        for part in text.split('+') {
            let (name, value) = part.split_once(':').unwrap_or((part, ""));
            let place = match name {
                "spectral" if part == name && !reg.spectral => {
                    reg.spectral = true;
                    continue;
                }
                "r1" => &mut reg.r1,
                "gp" => &mut reg.gp,
                "clip" => &mut reg.clip,
                "noise" => &mut reg.noise,
                _ => return Err(Why::Invalid),
            };
            if place.replace(real(value, TINY, 100.0)?).is_some() {
                return Err(Why::Invalid);
            }
        }
        Ok(reg)
    }

    pub(super) fn text(self) -> String {
        let parts = [("r1", self.r1), ("gp", self.gp), ("clip", self.clip), ("noise", self.noise)];
        let mut texts: Vec<String> = parts
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| format!("{name}:{}", print(value))))
            .collect();
        texts.extend(self.spectral.then(|| "spectral".to_owned()));
        if texts.is_empty() { "none".into() } else { texts.join("+") }
    }
}
