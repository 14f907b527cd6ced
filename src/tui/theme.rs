//! How a tone looks: colours and modifiers by name, never by place.
//!
//! A pane says what a text *is* ([`Tone::Alert`], [`Tone::Muted`]); a theme file says how that looks. A tone
//! that a theme leaves out takes the look of the next in its chain, down to [`Tone::Text`].
//! **Meaning is never colour alone**: [`Tone::Selected`] must stand out by a modifier in every theme, and a
//! word or a sign stands beside every coloured text.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

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
    /// No embedded theme has this name.
    #[error("no theme is called `{0}`; there are default, mono and contrast")]
    Unknown(String),
    /// The file is not what a theme is.
    #[error("the theme does not parse: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A colour or modifier is none.
    #[error("the theme's tone {tone:?} names `{word}`, which is no {what}")]
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
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    modifiers: Vec<String>,
}

/// Names and texts of the themes that the program carries.
pub const EMBEDDED: [(&str, &str); 3] = [
    ("default", include_str!("../../themes/default.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
];

impl Theme {
    /// One of the embedded themes.
    pub fn embedded(name: &str) -> Result<Self, ThemeError> {
        let (_, text) = EMBEDDED
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| ThemeError::Unknown(name.to_owned()))?;
        Self::parse(text)
    }

    /// The theme that a terminal without colour gets.
    pub fn mono() -> Self {
        Self::embedded("mono").expect("the embedded mono theme parses: a test reads it")
    }

    /// A theme from the text of its file.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        let file: File = toml::from_str(text)?;
        let mut looks = BTreeMap::new();
        for (tone, look) in file.tone {
            let mut style = Style::new();
            if let Some(word) = look.fg {
                style = style.fg(colour(tone, &word)?);
            }
            if let Some(word) = look.bg {
                style = style.bg(colour(tone, &word)?);
            }
            for word in look.modifiers {
                style = style.add_modifier(modifier(tone, &word)?);
            }
            looks.insert(tone, style);
        }
        Ok(Self {
            name: file.name,
            looks,
        })
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

fn colour(tone: Tone, word: &str) -> Result<Color, ThemeError> {
    word.parse().map_err(|_| ThemeError::Word {
        tone,
        word: word.to_owned(),
        what: "colour",
    })
}

fn modifier(tone: Tone, word: &str) -> Result<Modifier, ThemeError> {
    match word {
        "bold" => Ok(Modifier::BOLD),
        "dim" => Ok(Modifier::DIM),
        "italic" => Ok(Modifier::ITALIC),
        "underline" => Ok(Modifier::UNDERLINED),
        "reverse" => Ok(Modifier::REVERSED),
        _ => Err(ThemeError::Word {
            tone,
            word: word.to_owned(),
            what: "modifier",
        }),
    }
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
        assert!(matches!(
            Theme::embedded("neon"),
            Err(ThemeError::Unknown(_))
        ));
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
        for bad in [
            "name = 'x'\n[tone.allert]\nfg = 'red'",
            "name = 'x'\n[tone.alert]\nfgg = 'red'",
            "name = 'x'\n[tone.alert]\nfg = 'rouge'",
            "name = 'x'\n[tone.alert]\nmodifiers = ['shiny']",
        ] {
            assert!(Theme::parse(bad).is_err(), "{bad}");
        }
    }
}
