//! The table of keys: what each accepts, and which of two values is the tighter.

use super::duration::parse_duration;
use super::rate::parse_rate;

/// One key that can be set.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name with its table: `ui.plain`.
    pub(super) name: &'static str,
    /// What it accepts.
    pub(super) form: Form,
    /// How it may change above `/etc`.
    pub(super) guard: Guard,
}

/// What a key accepts.
#[derive(Debug)]
pub(super) enum Form {
    /// `true` or `false`.
    Switch,
    /// A whole number within limits, both included.
    Whole(i64, i64),
    /// A duration within limits in seconds, both included.
    Duration(u64, u64),
    /// The rate of a link, or nothing for no limit.
    Rate,
    /// One of these words, the tightest first.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// A path; one that is not absolute is taken from the folder of the file that names it.
    Path,
}

/// Whether a value may be loosened above `/etc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Not a matter of security.
    Free,
    /// Less is tighter; for switches off, for words the earlier.
    LessIsTighter,
    /// More is tighter.
    MoreIsTighter,
}

const DAY: u64 = 24 * 60 * 60;

/// Every key. The embedded `config.toml` gives each of them a default; a test holds the two together.
pub(super) const KEYS: &[Key] = &[
    Key {
        name: "vault.dir",
        form: Form::Path,
        guard: Guard::Free,
    },
    Key {
        name: "vault.host",
        form: Form::Path,
        guard: Guard::Free,
    },
    Key {
        name: "security.idle_lock",
        form: Form::Duration(10, 8 * 60 * 60),
        guard: Guard::LessIsTighter,
    },
    Key {
        name: "security.argon2_memory_kib",
        form: Form::Whole(19_456, 1_048_576),
        guard: Guard::MoreIsTighter,
    },
    Key {
        name: "security.argon2_passes",
        form: Form::Whole(2, 16),
        guard: Guard::MoreIsTighter,
    },
    Key {
        name: "security.tls",
        form: Form::Word(&["required", "loopback"]),
        guard: Guard::LessIsTighter,
    },
    Key {
        name: "ui.plain",
        form: Form::Switch,
        guard: Guard::Free,
    },
    Key {
        name: "ui.theme",
        form: Form::Text,
        guard: Guard::Free,
    },
    Key {
        name: "ui.thin_link",
        form: Form::Word(&["auto", "on", "off"]),
        guard: Guard::Free,
    },
    Key {
        name: "ui.frame_ms",
        form: Form::Whole(10, 1_000),
        guard: Guard::Free,
    },
    Key {
        name: "ui.thin_frame_ms",
        form: Form::Whole(10, 5_000),
        guard: Guard::Free,
    },
    Key {
        name: "kiosk.enabled",
        form: Form::Switch,
        guard: Guard::Free,
    },
    Key {
        name: "kiosk.idle_lock",
        form: Form::Duration(5, 60 * 60),
        guard: Guard::LessIsTighter,
    },
    Key {
        name: "backup.target",
        form: Form::Text,
        guard: Guard::Free,
    },
    Key {
        name: "backup.prune_target",
        form: Form::Text,
        guard: Guard::Free,
    },
    Key {
        name: "backup.pruner",
        form: Form::Path,
        guard: Guard::Free,
    },
    Key {
        name: "backup.every",
        form: Form::Duration(0, 30 * DAY),
        guard: Guard::Free,
    },
    Key {
        name: "backup.in_flight",
        form: Form::Whole(1, 4),
        guard: Guard::Free,
    },
    Key {
        name: "backup.rate",
        form: Form::Rate,
        guard: Guard::Free,
    },
];

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Switch(bool),
    Whole(i64),
    Text(String),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Switch(on) => write!(f, "{on}"),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

impl Key {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Whether the value fits.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        match (&self.form, value) {
            (Form::Switch, Value::Switch(_)) | (Form::Text | Form::Path, Value::Text(_)) => true,
            (Form::Whole(least, most), Value::Whole(number)) => (least..=most).contains(&number),
            (Form::Duration(least, most), Value::Text(text)) => parse_duration(text)
                .is_ok_and(|duration| (*least..=*most).contains(&duration.as_secs())),
            (Form::Rate, Value::Text(text)) => parse_rate(text).is_ok(),
            (Form::Word(words), Value::Text(text)) => words.contains(&text.as_str()),
            _ => false,
        }
    }

    /// Reads a value from an environment variable, where everything is text.
    pub(super) fn read(&self, text: &str) -> Value {
        match self.form {
            Form::Switch => text.parse().map(Value::Switch).ok(),
            Form::Whole(..) => text.parse().map(Value::Whole).ok(),
            _ => None,
        }
        .unwrap_or_else(|| Value::Text(text.to_owned()))
    }

    /// What would fit, in words.
    pub(super) fn expected(&self) -> String {
        match self.form {
            Form::Switch => "true or false".into(),
            Form::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Form::Duration(least, most) => format!(
                "a duration from {} to {}, such as \"15m\"",
                plain(least),
                plain(most)
            ),
            Form::Rate => "a rate from 16 kbit/s to 10000 Mbit/s, such as \"128 kbit/s\", or \"\" for no limit".into(),
            Form::Word(words) => format!("one of {}", quoted(words)),
            Form::Text | Form::Path => "text in double quotes".into(),
        }
    }

    /// Whether `value` is looser than `limit`. Both fit the key.
    pub(super) fn loosens(&self, value: &Value, limit: &Value) -> bool {
        match self.guard {
            Guard::Free => false,
            Guard::LessIsTighter => self.weight(value) > self.weight(limit),
            Guard::MoreIsTighter => self.weight(value) < self.weight(limit),
        }
    }

    fn weight(&self, value: &Value) -> i128 {
        match (&self.form, value) {
            (_, Value::Switch(on)) => i128::from(*on),
            (_, Value::Whole(number)) => i128::from(*number),
            (Form::Word(words), Value::Text(text)) => words
                .iter()
                .position(|word| word == text)
                .map_or(i128::MAX, |place| place as i128),
            (_, Value::Text(text)) => {
                parse_duration(text).map_or(i128::MAX, |d| i128::from(d.as_secs()))
            }
        }
    }
}

fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("{word:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn plain(seconds: u64) -> String {
    match seconds {
        s if s > 0 && s % DAY == 0 => format!("{}d", s / DAY),
        s if s > 0 && s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s > 0 && s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// The known key that is most like `name`: at most three letters differ, or only its table does.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let leaf = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    KEYS.iter()
        .map(|key| {
            let same_leaf = leaf(key.name) == leaf(name);
            (
                if same_leaf {
                    1
                } else {
                    distance(key.name, name)
                },
                key.name,
            )
        })
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, name)| name)
}

/// Letters to insert, delete or exchange to turn one word into the other (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_finds_the_one_that_was_meant() {
        assert_eq!(nearest("ui.plian"), Some("ui.plain"));
        assert_eq!(nearest("ui.tls"), Some("security.tls"));
        assert_eq!(nearest("colours.background"), None);
    }

    #[test]
    fn the_argon2_floor_is_the_least_that_is_accepted() {
        let key = Key::find("security.argon2_memory_kib").unwrap();
        assert!(key.accepts(&Value::Whole(19_456)));
        assert!(!key.accepts(&Value::Whole(19_455)));
    }

    #[test]
    fn tighter_is_less_time_more_memory_and_tls() {
        let loosens =
            |key: &str, value: Value, limit: Value| Key::find(key).unwrap().loosens(&value, &limit);
        let text = |text: &str| Value::Text(text.into());
        assert!(loosens("security.idle_lock", text("10m"), text("5m")));
        assert!(!loosens("security.idle_lock", text("4m"), text("5m")));
        assert!(loosens(
            "security.argon2_passes",
            Value::Whole(2),
            Value::Whole(3)
        ));
        assert!(!loosens(
            "security.argon2_passes",
            Value::Whole(4),
            Value::Whole(3)
        ));
        assert!(loosens("security.tls", text("loopback"), text("required")));
        assert!(!loosens("ui.frame_ms", Value::Whole(900), Value::Whole(10)));
    }

    #[test]
    fn durations_outside_their_limits_are_refused() {
        let key = Key::find("security.idle_lock").unwrap();
        assert!(key.accepts(&Value::Text("10s".into())));
        assert!(!key.accepts(&Value::Text("9s".into())));
        assert!(!key.accepts(&Value::Text("9h".into())));
        assert_eq!(key.expected(), "a duration from 10s to 8h, such as \"15m\"");
    }
}
