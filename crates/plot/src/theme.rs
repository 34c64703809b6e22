//! The colours of every figure: the same meaning everywhere, in light and in dark.

/// A colour, 0 to 255 each of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// `#rrggbb`, as CSS takes it.
    #[must_use]
    pub fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// The colour a share `t` in \[0, 1\] of the way to `other`.
    #[must_use]
    pub fn towards(self, other: Self, t: f32) -> Self {
        let t = t.clamp(0.0, 1.0);
        let mix = |a: u8, b: u8| (f32::from(a) + t * (f32::from(b) - f32::from(a))).round() as u8;
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

/// The colours of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// What figures stand on.
    pub paper: Rgb,
    /// The plane and D = ½ in a field.
    pub panel: Rgb,
    /// Text and the axes that matter.
    pub ink: Rgb,
    /// Lesser text.
    pub muted: Rgb,
    /// Grid lines and borders.
    pub rule: Rgb,
    /// Real data: lines and dots.
    pub real: Rgb,
    /// Generated data: lines and crosses.
    pub fake: Rgb,
    /// What the average of G makes: a lighter tone of `fake`.
    pub average: Rgb,
    /// The discriminator.
    pub d: Rgb,
    /// The pull that a fake feels.
    pub pull: Rgb,
    /// Where a field says real.
    pub field_real: Rgb,
    /// Where a field says fake.
    pub field_fake: Rgb,
}

impl Theme {
    /// Dark ink on light paper. Lines have at least 3 : 1 contrast on it.
    pub const LIGHT: Self = Self {
        paper: Rgb(0xfa, 0xf9, 0xf6),
        panel: Rgb(0xff, 0xff, 0xff),
        ink: Rgb(0x1b, 0x24, 0x30),
        muted: Rgb(0x5d, 0x67, 0x73),
        rule: Rgb(0xe2, 0xdf, 0xd8),
        real: Rgb(0x00, 0x72, 0xb2),
        fake: Rgb(0xb0, 0x6c, 0x00),
        average: Rgb(0xbc, 0x82, 0x26),
        d: Rgb(0x6a, 0x3d, 0x9a),
        pull: Rgb(0xb5, 0x30, 0x78),
        field_real: Rgb(0x00, 0x72, 0xb2),
        field_fake: Rgb(0xe6, 0x9f, 0x00),
    };

    /// Light ink on dark paper.
    pub const DARK: Self = Self {
        paper: Rgb(0x10, 0x14, 0x1b),
        panel: Rgb(0x18, 0x1e, 0x27),
        ink: Rgb(0xe8, 0xec, 0xf1),
        muted: Rgb(0x98, 0xa3, 0xb0),
        rule: Rgb(0x2b, 0x33, 0x3d),
        real: Rgb(0x5b, 0xb5, 0xec),
        fake: Rgb(0xf5, 0xb4, 0x3a),
        average: Rgb(0xef, 0xcd, 0x8c),
        d: Rgb(0xc7, 0xa4, 0xf2),
        pull: Rgb(0xf2, 0x82, 0xbd),
        field_real: Rgb(0x1f, 0x8f, 0xd6),
        field_fake: Rgb(0xe6, 0x9f, 0x00),
    };

    /// One of the two.
    #[must_use]
    pub fn of(dark: bool) -> Self {
        if dark { Self::DARK } else { Self::LIGHT }
    }

    /// The colour of D's verdict in \[0, 1\]: orange at 0, neutral at ½, blue at 1, never stronger than `strength`.
    /// What is not a number gets the colour of a rule.
    #[must_use]
    pub fn verdict(&self, d: f32, strength: f32) -> Rgb {
        if d.is_nan() {
            return self.rule;
        }
        let signed = (2.0 * d.clamp(0.0, 1.0) - 1.0).clamp(-1.0, 1.0);
        let end = if signed < 0.0 { self.field_fake } else { self.field_real };
        self.panel.towards(end, strength * signed.abs().powf(0.8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(c: Rgb) -> f64 {
        let linear = |v: u8| {
            let s = f64::from(v) / 255.0;
            if s <= 0.040_45 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2)
    }

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (x, y) = (luminance(a), luminance(b));
        (x.max(y) + 0.05) / (x.min(y) + 0.05)
    }

    #[test]
    fn text_and_lines_stand_out_from_paper_and_panel() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            for ground in [theme.paper, theme.panel] {
                assert!(contrast(theme.ink, ground) >= 7.0 && contrast(theme.muted, ground) >= 4.5);
                for line in [theme.real, theme.fake, theme.average, theme.d, theme.pull] {
                    assert!(contrast(line, ground) >= 3.0, "{line:?} on {ground:?}");
                }
            }
        }
    }

    #[test]
    fn the_average_is_the_lighter_of_the_two_tones() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            assert!(luminance(theme.average) > 1.2 * luminance(theme.fake));
        }
    }

    #[test]
    fn the_verdict_is_orange_then_neutral_then_blue() {
        let theme = Theme::LIGHT;
        assert_eq!(theme.verdict(0.0, 1.0), theme.field_fake);
        assert_eq!(theme.verdict(0.5, 1.0), theme.panel);
        assert_eq!(theme.verdict(1.0, 1.0), theme.field_real);
        assert_eq!(theme.verdict(f32::INFINITY, 1.0), theme.field_real);
        assert_eq!(theme.verdict(f32::NAN, 1.0), theme.rule);
        let weak = theme.verdict(0.9, 0.5);
        assert!(weak.0 > theme.field_real.0 && weak.2 >= theme.field_real.2, "{weak:?} is a tint");
    }
}
