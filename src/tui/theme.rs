//! How a tone looks: colours and modifiers by name, never by place.
//!
//! A pane says what a text *is* ([`Tone::Alert`], [`Tone::Muted`]); a theme file says how that looks. A tone
//! that a theme leaves out takes the look of the next in its chain, down to [`Tone::Text`].
//! **Meaning is never colour alone**: [`Tone::Selected`] must stand out by a modifier in every theme, and a
//! word or a sign stands beside every coloured text.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

use super::colours::Colours;
use super::misplaced::Misplaced;

/// What a text on the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Ordinary text.
    Text,
    /// The name of the pane that has the keys, a patient's name.
    Title,
    /// A heading inside a pane.
    Heading,
    /// What matters less: units, times, ids.
    Muted,
    /// The selected row of the list that has the keys.
    Selected,
    /// The selected row of a list that has not.
    SelectedQuiet,
    /// Danger: allergies, abnormal values, STOP.
    Alert,
    /// Attention: warnings, pending things.
    Warn,
    /// Checked and found right.
    Good,
    /// A key in the footer.
    Key,
    /// A rule between parts.
    Rule,
    /// The field that is being typed into.
    Input,
    /// A word that was searched for, where it stands.
    Match,
    /// The inside of a popup.
    Popup,
    /// The filled part of a bar, a sparkline.
    Bar,
    /// The header while break-glass is in force.
    BreakGlass,
}

impl Tone {
    /// All tones, for checks.
    pub const ALL: [Tone; 16] = [
        Tone::Text,
        Tone::Title,
        Tone::Heading,
        Tone::Muted,
        Tone::Selected,
        Tone::SelectedQuiet,
        Tone::Alert,
        Tone::Warn,
        Tone::Good,
        Tone::Key,
        Tone::Rule,
        Tone::Input,
        Tone::Match,
        Tone::Popup,
        Tone::Bar,
        Tone::BreakGlass,
    ];

    /// Whose look a tone takes that the theme does not mention.
    fn fallback(self) -> Option<Tone> {
        match self {
            Tone::Text => None,
            Tone::Title | Tone::Muted | Tone::Selected | Tone::Alert | Tone::Popup => {
                Some(Tone::Text)
            }
            Tone::Heading | Tone::Key | Tone::Match => Some(Tone::Title),
            Tone::Rule => Some(Tone::Muted),
            Tone::Input | Tone::SelectedQuiet => Some(Tone::Heading),
            Tone::Warn | Tone::BreakGlass => Some(Tone::Alert),
            Tone::Good | Tone::Bar => Some(Tone::Text),
        }
    }
}

/// A look for every tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// The theme's name, as the configuration chooses it.
    pub name: String,
    looks: BTreeMap<Tone, Style>,
}

/// Why a theme file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// The file is not what a theme is.
    #[error("the theme does not parse: {0}")]
    Syntax(String),
    /// A colour or modifier is none.
    #[error("the look of {tone:?} names `{word}`, which is no {what}")]
    Word {
        /// Where it stands.
        tone: Tone,
        /// What stands there.
        word: String,
        /// What should.
        what: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    tone: BTreeMap<Tone, Look>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    fg: Option<Spanned<String>>,
    bg: Option<Spanned<String>>,
    #[serde(default)]
    modifiers: Vec<Spanned<String>>,
}

/// Names and texts of the themes that the program carries.
pub const EMBEDDED: [(&str, &str); 3] = [
    ("default", include_str!("../../themes/default.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
];

impl Theme {
    /// One of the embedded themes; `None` where no other is called so.
    pub fn embedded(name: &str) -> Option<Self> {
        let (_, text) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
        Some(Self::parse(text).expect("the embedded themes parse: a test reads them"))
    }

    /// The theme that a terminal without colour gets.
    pub fn mono() -> Self {
        Self::embedded("mono").expect("mono is embedded")
    }

    /// A theme from the text of its file.
    pub fn parse(text: &str) -> Result<Self, Misplaced<ThemeError>> {
        let file: File = toml::from_str(text)
            .map_err(|error| Misplaced::syntax(text, &error, ThemeError::Syntax))?;
        let mut looks = BTreeMap::new();
        for (tone, look) in file.tone {
            let style = look.style(tone);
            let misplaced = |(offset, wrong)| Misplaced::at(text, offset, wrong);
            looks.insert(tone, style.map_err(misplaced)?);
        }
        Ok(Self {
            name: file.name,
            looks,
        })
    }

    /// The same theme in the colours that a terminal shows.
    #[must_use]
    pub fn within(mut self, colours: Colours) -> Self {
        for style in self.looks.values_mut() {
            style.fg = style.fg.map(|colour| colours.nearest(colour));
            style.bg = style.bg.map(|colour| colours.nearest(colour));
        }
        self
    }

    /// How `tone` looks here.
    pub fn style(&self, tone: Tone) -> Style {
        let mut at = Some(tone);
        while let Some(tone) = at {
            if let Some(style) = self.looks.get(&tone) {
                return *style;
            }
            at = tone.fallback();
        }
        Style::new()
    }
}

impl Look {
    /// What is written, or what is wrong and at which byte.
    fn style(&self, tone: Tone) -> Result<Style, (usize, ThemeError)> {
        let none = |word: &Spanned<String>, what| {
            let offset = word.span().start;
            let word = word.get_ref().clone();
            (offset, ThemeError::Word { tone, word, what })
        };
        let colour = |word: &Spanned<String>| {
            let colour = word.get_ref().parse::<Color>();
            colour.map_err(|_| none(word, "colour"))
        };
        let mut style = Style::new();
        if let Some(word) = &self.fg {
            style = style.fg(colour(word)?);
        }
        if let Some(word) = &self.bg {
            style = style.bg(colour(word)?);
        }
        for word in &self.modifiers {
            let modifier = modifier(word.get_ref()).ok_or_else(|| none(word, "modifier"))?;
            style = style.add_modifier(modifier);
        }
        Ok(style)
    }
}

fn modifier(word: &str) -> Option<Modifier> {
    Some(match word {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underline" => Modifier::UNDERLINED,
        "reverse" => Modifier::REVERSED,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn themes() -> Vec<Theme> {
        EMBEDDED
            .iter()
            .map(|(name, _)| Theme::embedded(name).unwrap())
            .collect()
    }

    #[test]
    fn every_embedded_theme_parses_under_its_own_name() {
        for (name, _) in EMBEDDED {
            assert_eq!(Theme::embedded(name).unwrap().name, name);
        }
        assert_eq!(Theme::embedded("neon"), None);
    }

    #[test]
    fn selection_danger_and_break_glass_stand_out_without_colour_in_every_theme() {
        for theme in themes() {
            for tone in [Tone::Selected, Tone::Alert, Tone::BreakGlass] {
                assert!(
                    !theme.style(tone).add_modifier.is_empty(),
                    "{}: {tone:?} would vanish where colours do",
                    theme.name
                );
            }
            let text = theme.style(Tone::Text);
            for tone in [Tone::Selected, Tone::Alert, Tone::Title, Tone::BreakGlass] {
                assert_ne!(
                    theme.style(tone),
                    text,
                    "{}: {tone:?} looks like ordinary text",
                    theme.name
                );
            }
        }
    }

    #[test]
    fn the_themes_use_only_the_sixteen_named_colours_and_mono_uses_none() {
        for theme in themes() {
            for tone in Tone::ALL {
                let style = theme.style(tone);
                for colour in [style.fg, style.bg].into_iter().flatten() {
                    assert!(
                        !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                        "{}: {tone:?}",
                        theme.name
                    );
                    assert_ne!(theme.name, "mono", "{tone:?}");
                }
                if let (Some(fg), Some(bg)) = (style.fg, style.bg) {
                    assert_ne!(fg, bg, "{}: {tone:?} is invisible", theme.name);
                }
            }
        }
    }

    #[test]
    fn a_role_left_out_takes_the_look_of_its_chain() {
        let theme =
            Theme::parse("name = 'x'\n[tone.alert]\nfg = 'red'\nmodifiers = ['bold']").unwrap();
        assert_eq!(theme.style(Tone::Warn), theme.style(Tone::Alert));
        assert_eq!(theme.style(Tone::Rule), Style::new());
    }

    #[test]
    fn a_theme_with_an_unknown_role_key_or_colour_is_refused() {
        for (line, bad) in [
            (2, "name = 'x'\n[tone.allert]\nfg = 'red'"),
            (3, "name = 'x'\n[tone.alert]\nfgg = 'red'"),
            (3, "name = 'x'\n[tone.alert]\nfg = 'rouge'"),
            (4, "name = 'x'\n[tone.alert]\nfg = 'red'\nbg = 'rouge'"),
            (3, "name = 'x'\n[tone.alert]\nmodifiers = ['shiny']"),
            (2, "name = 'x'\n[tone.alert"),
        ] {
            let error = Theme::parse(bad).unwrap_err();
            assert_eq!(error.line, line, "{bad}: {error}");
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }

    #[test]
    fn a_theme_keeps_to_the_colours_that_a_terminal_shows() {
        let theme = Theme::parse("name = 'x'\n[tone.alert]\nfg = '#ff0000'\nbg = 'blue'").unwrap();
        let alert = |colours| theme.clone().within(colours).style(Tone::Alert);
        assert_eq!(alert(Colours::Any).fg, Some(Color::Rgb(255, 0, 0)));
        assert_eq!(alert(Colours::Sixteen).fg, Some(Color::LightRed));
        assert_eq!(alert(Colours::Sixteen).bg, Some(Color::Blue));
    }
}
