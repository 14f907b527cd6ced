//! One key press, as the keymap writes it: `g`, `ctrl+k`, `enter`, `f1`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers. Shift is part of the character for letters and symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// What in a keymap is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no key: write a character, or a name such as enter, tab, pageup, f1, with ctrl+ or alt+ before it"
)]
pub struct NoKey(pub String);

const NAMES: [(&str, KeyCode); 14] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
];

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            modifiers: KeyModifiers::NONE,
        }
    }

    /// The character that this key would type, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// Whether it is Ctrl with this letter.
    pub fn is_ctrl(self, letter: char) -> bool {
        self.modifiers.contains(KeyModifiers::CONTROL) && self.code == KeyCode::Char(letter)
    }

    /// The key without Alt, where it may have been pressed after Esc: a terminal sends both alike. Arrows and their like say what was
    /// pressed with them, so their Alt is one.
    pub fn after_esc(self) -> Option<Self> {
        let alike = matches!(
            self.code,
            KeyCode::Char(_) | KeyCode::Enter | KeyCode::Tab | KeyCode::Backspace
        );
        let modifiers = self.modifiers - KeyModifiers::ALT;
        let code = self.code;
        (alike && modifiers != self.modifiers).then_some(Self { code, modifiers })
    }

    /// The key's code, for the editing keys of a text field.
    pub fn code(self) -> KeyCode {
        self.code
    }
}

impl From<Key> for KeyEvent {
    fn from(key: Key) -> Self {
        KeyEvent::new(key.code, key.modifiers)
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        // A terminal reports Shift with the capital letter that it already made.
        let keep = match event.code {
            KeyCode::Char(_) | KeyCode::BackTab => KeyModifiers::CONTROL | KeyModifiers::ALT,
            _ => KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT,
        };
        Self {
            code: event.code,
            modifiers: event.modifiers & keep,
        }
    }
}

impl FromStr for Key {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        loop {
            if let Some(after) = rest.strip_prefix("ctrl+") {
                modifiers |= KeyModifiers::CONTROL;
                rest = after;
            } else if let Some(after) = rest.strip_prefix("alt+") {
                modifiers |= KeyModifiers::ALT;
                rest = after;
            } else {
                break;
            }
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => KeyCode::Char(c),
            _ => name(rest).ok_or_else(|| NoKey(text.to_owned()))?,
        };
        Ok(Self { code, modifiers })
    }
}

fn name(text: &str) -> Option<KeyCode> {
    if text == "pagedown" {
        return Some(KeyCode::PageDown);
    }
    if let Some((_, code)) = NAMES.iter().find(|(name, _)| *name == text) {
        return Some(*code);
    }
    let n: u8 = text.strip_prefix('f')?.parse().ok()?;
    (1..=12).contains(&n).then_some(KeyCode::F(n))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("ctrl+")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("alt+")?;
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "f{n}"),
            KeyCode::PageDown => f.write_str("pagedown"),
            _ => f.write_str("?"),
        }
    }
}

/// Keys pressed one after the other, written apart by blanks: `g g`.
pub fn chord(text: &str) -> Result<Vec<Key>, NoKey> {
    let keys: Vec<Key> = text.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    Ok(keys)
}

/// A chord as the footer shows it: `Enter`, `^K`, `gg`.
pub fn shown(keys: &[Key]) -> String {
    keys.iter()
        .map(|key| {
            let name = key.to_string();
            if let Some(letter) = name.strip_prefix("ctrl+") {
                return format!("^{}", letter.to_uppercase());
            }
            if name.len() <= 1 {
                return name;
            }
            let mut chars = name.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string());
            first.unwrap_or_default() + chars.as_str()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_back_as_it_is_written() {
        for text in [
            "g", "G", "?", "ctrl+k", "alt+x", "enter", "esc", "pagedown", "pageup", "f1", "f12",
            "space", "+",
        ] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        for text in ["", "enterr", "f0", "f13", "ctrl+", "gg"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }

    #[test]
    fn shift_counts_for_arrows_but_not_for_letters() {
        let letter = Key::from(KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT));
        assert_eq!(letter, "G".parse().unwrap());
        let arrow = Key::from(KeyEvent::new(KeyCode::Up, KeyModifiers::SHIFT));
        assert_ne!(arrow, "up".parse().unwrap());
    }

    #[test]
    fn the_footer_writes_keys_shortly() {
        assert_eq!(shown(&chord("g g").unwrap()), "gg");
        assert_eq!(shown(&chord("ctrl+r").unwrap()), "^R");
        assert_eq!(shown(&chord("enter").unwrap()), "Enter");
    }
}
