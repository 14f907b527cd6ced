//! Which colours a terminal shows, as far as its surroundings say. **No colour goes out without positive evidence that the terminal
//! shows it**: what a theme asks for beyond that becomes the nearest that does.

use ratatui::style::Color;

use crate::config::Surroundings;

/// The colours of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None.
    None,
    /// The sixteen named ones.
    Sixteen,
    /// Those and xterm's palette of 256.
    Palette,
    /// Any.
    Any,
}

impl Colours {
    /// What `NO_COLOR` (<https://no-color.org>), `COLORTERM` and `TERM` say.
    pub fn of(around: &Surroundings) -> Self {
        let term = around.variable("TERM").unwrap_or_default();
        let forbidden = around
            .variable("NO_COLOR")
            .is_some_and(|value| !value.is_empty());
        if forbidden || term == "dumb" {
            return Self::None;
        }
        match around.variable("COLORTERM") {
            Some("truecolor" | "24bit") => Self::Any,
            _ if term.contains("256color") => Self::Palette,
            _ => Self::Sixteen,
        }
    }

    /// The colour that is shown in place of one.
    pub fn nearest(self, colour: Color) -> Color {
        let wanted = match (self, colour) {
            (Self::None, _) => return Color::Reset,
            (Self::Any, _) | (Self::Palette, Color::Indexed(_)) => return colour,
            (_, Color::Rgb(r, g, b)) => (r, g, b),
            (_, Color::Indexed(index)) => match NAMED.get(usize::from(index)) {
                Some((named, _)) => return *named,
                None => of_palette(index),
            },
            _ => return colour,
        };
        let far = |of: (u8, u8, u8)| {
            let by = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
            by(of.0, wanted.0) + by(of.1, wanted.1) + by(of.2, wanted.2)
        };
        if self == Self::Palette {
            // The first sixteen look different on every terminal.
            let nearest = (16..=255).min_by_key(|index| far(of_palette(*index)));
            Color::Indexed(nearest.unwrap_or(15))
        } else {
            let nearest = NAMED.iter().min_by_key(|(_, rgb)| far(*rgb));
            nearest.map_or(Color::Reset, |(named, _)| *named)
        }
    }
}

/// The sixteen, by their numbers in the palette, as xterm shows them unless it is told otherwise.
const NAMED: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

/// How xterm shows a colour of its palette above the sixteen: a cube of 6 × 6 × 6, then 24 greys.
fn of_palette(index: u8) -> (u8, u8, u8) {
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return (grey, grey, grey);
    }
    let at = index.saturating_sub(16);
    let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    (step(at / 36), step(at / 6 % 6), step(at % 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Colours {
        Colours::of(&Surroundings::of(variables))
    }

    #[test]
    fn only_evidence_lets_more_than_the_sixteen_through() {
        assert_eq!(of(&[("TERM", "xterm")]), Colours::Sixteen);
        assert_eq!(
            of(&[("TERM", "linux"), ("COLORTERM", "yes")]),
            Colours::Sixteen
        );
        assert_eq!(of(&[("TERM", "xterm-256color")]), Colours::Palette);
        for word in ["truecolor", "24bit"] {
            assert_eq!(of(&[("TERM", "xterm"), ("COLORTERM", word)]), Colours::Any);
            assert_eq!(of(&[("NO_COLOR", "1"), ("COLORTERM", word)]), Colours::None);
            assert_eq!(of(&[("TERM", "dumb"), ("COLORTERM", word)]), Colours::None);
            assert_eq!(of(&[("NO_COLOR", ""), ("COLORTERM", word)]), Colours::Any);
        }
    }

    #[test]
    fn a_colour_becomes_the_nearest_that_is_shown() {
        let orange = Color::Rgb(255, 135, 0);
        assert_eq!(Colours::Any.nearest(orange), orange);
        assert_eq!(Colours::Palette.nearest(orange), Color::Indexed(208));
        assert_eq!(Colours::Sixteen.nearest(orange), Color::Yellow);
        assert_eq!(Colours::None.nearest(orange), Color::Reset);
        assert_eq!(
            Colours::Palette.nearest(Color::Rgb(118, 118, 118)),
            Color::Indexed(243)
        );
        assert_eq!(
            Colours::Sixteen.nearest(Color::Indexed(196)),
            Color::LightRed
        );
        assert_eq!(Colours::Sixteen.nearest(Color::Indexed(3)), Color::Yellow);
        for colours in [Colours::Any, Colours::Palette, Colours::Sixteen] {
            assert_eq!(colours.nearest(Color::Green), Color::Green);
            assert_eq!(colours.nearest(Color::Reset), Color::Reset);
        }
    }
}
