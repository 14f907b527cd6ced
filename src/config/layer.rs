//! One layer: a file, or the environment, as keys with values and the places where they stand.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::key::{KEYS, Key, Value, nearest};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The defaults that are built in.
    Embedded,
    /// A file and the line in it.
    File {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag on the command line.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("default"),
            Self::File { file, line } => write!(f, "{}:{line}", file.display()),
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// The keys that one place sets.
pub(super) type Layer = BTreeMap<&'static str, (Value, Source)>;

/// Reads the text of a file. `file` is `None` for the embedded defaults.
pub(super) fn from_text(text: &str, file: Option<&Path>) -> Result<Layer, ConfigError> {
    let place = |offset: usize| match file {
        None => Source::Embedded,
        Some(file) => {
            let line = 1 + text.get(..offset).unwrap_or(text).matches('\n').count();
            Source::File {
                file: file.to_owned(),
                line,
            }
        }
    };
    let document = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        place: place(error.span().map_or(0, |span| span.start)),
        problem: error
            .message()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
    })?;

    let mut found = Vec::new();
    flatten("", document.get_ref(), &mut found);
    found.sort_by_key(|(offset, ..)| *offset);

    let mut layer = Layer::new();
    for (offset, name, value) in found {
        let place = place(offset);
        let Some(key) = Key::find(&name) else {
            return Err(ConfigError::UnknownKey {
                place,
                nearest: nearest(&name),
                key: name,
            });
        };
        let value = fit(key, read(value.get_ref()), &text[value.span()], &place)?;
        layer.insert(key.name, (from_folder_of(file, key, value), place));
    }
    Ok(layer)
}

/// Reads the environment: `CHARTSEAL_UI_PLAIN` for `ui.plain`, `CHARTSEAL_VAULT` and `CHARTSEAL_HOST` for the two folders.
pub(super) fn from_environment(
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Layer, ConfigError> {
    let mut layer = Layer::new();
    for key in KEYS {
        let name = variable_of(key.name);
        let Some(text) = variable(&name).filter(|text| !text.is_empty()) else {
            continue;
        };
        let place = Source::Environment(name);
        let value = fit(key, Some(key.read(&text)), &format!("{text:?}"), &place)?;
        layer.insert(key.name, (value, place));
    }
    Ok(layer)
}

/// The environment variable that sets a key.
fn variable_of(key: &str) -> String {
    match key {
        "vault.dir" => "CHARTSEAL_VAULT".into(),
        "vault.host" => "CHARTSEAL_HOST".into(),
        other => format!("CHARTSEAL_{}", other.replace('.', "_").to_uppercase()),
    }
}

type Found<'t, 'i> = (usize, String, &'t Spanned<DeValue<'i>>);

fn flatten<'t, 'i>(above: &str, table: &'t DeTable<'i>, found: &mut Vec<Found<'t, 'i>>) {
    for (key, value) in table {
        let dot = if above.is_empty() { "" } else { "." };
        let name = format!("{above}{dot}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) if Key::find(&name).is_none() => {
                // A table that no key lives in is a mistake even where it is empty.
                if KEYS.iter().any(|key| {
                    key.name
                        .strip_prefix(&name)
                        .is_some_and(|rest| rest.starts_with('.'))
                }) {
                    flatten(&name, inner, found);
                } else {
                    found.push((key.span().start, name, value));
                }
            }
            _ => found.push((key.span().start, name, value)),
        }
    }
}

fn read(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::Boolean(on) => Some(Value::Switch(*on)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(Value::Whole),
        DeValue::String(text) => Some(Value::Text(text.to_string())),
        _ => None,
    }
}

fn fit(
    key: &'static Key,
    value: Option<Value>,
    written: &str,
    place: &Source,
) -> Result<Value, ConfigError> {
    value
        .filter(|value| key.accepts(value))
        .ok_or_else(|| ConfigError::BadValue {
            place: place.clone(),
            key: key.name,
            found: written.chars().take(80).collect(),
            expected: key.expected(),
        })
}

fn from_folder_of(file: Option<&Path>, key: &Key, value: Value) -> Value {
    match (file.and_then(Path::parent), value) {
        (Some(folder), Value::Text(text))
            if matches!(key.form, super::key::Form::Path) && !text.is_empty() =>
        {
            Value::Text(folder.join(text).to_string_lossy().into_owned())
        }
        (_, value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULTS;

    fn read_file(text: &str) -> Result<Layer, ConfigError> {
        from_text(text, Some(Path::new("/etc/chartseal/config.toml")))
    }

    #[test]
    fn the_documented_defaults_set_every_key_and_no_other() {
        let layer = from_text(DEFAULTS, None).unwrap();
        let documented: Vec<_> = layer.keys().copied().collect();
        let mut known: Vec<_> = KEYS.iter().map(|key| key.name).collect();
        known.sort_unstable();
        assert_eq!(documented, known);
    }

    #[test]
    fn an_unknown_key_names_its_line_and_what_was_meant() {
        let error = read_file("[ui]\nplain = true\ntheem = \"mono\"\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "/etc/chartseal/config.toml:3: the key `ui.theem` is not known"
        );
        assert_eq!(
            error.hint(),
            "did you mean `ui.theme`? otherwise remove the line"
        );
    }

    #[test]
    fn an_unknown_table_is_an_error_even_when_it_is_empty() {
        let error = read_file("[colours]\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "/etc/chartseal/config.toml:1: the key `colours` is not known"
        );
    }

    #[test]
    fn the_first_error_in_the_file_is_the_one_reported() {
        let error = read_file("[ui]\nzzz = 1\naaa = 2\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains(":2:"), "{error}");
    }

    #[test]
    fn a_value_that_does_not_fit_names_its_line_and_the_remedy() {
        let error = read_file("[security]\nargon2_passes = 1\n").unwrap_err();
        let expected = "`security.argon2_passes` is 1, and must be a whole number from 2 to 16";
        assert_eq!(
            error.to_string(),
            format!("/etc/chartseal/config.toml:2: {expected}")
        );
        assert!(read_file("[ui]\nplain = \"yes\"\n").is_err());
        assert!(read_file("ui = 3\n").is_err());
    }

    #[test]
    fn a_file_that_is_not_toml_names_the_line() {
        let error = read_file("[ui]\nplain = = true\n").unwrap_err().to_string();
        assert!(
            error.starts_with("/etc/chartseal/config.toml:2 is not TOML"),
            "{error}"
        );
    }

    #[test]
    fn a_path_is_taken_from_the_folder_of_its_file() {
        let layer = read_file("[vault]\ndir = \"here\"\n").unwrap();
        assert_eq!(
            layer["vault.dir"].0,
            Value::Text("/etc/chartseal/here".into())
        );
    }

    #[test]
    fn the_environment_sets_keys_in_capitals() {
        let variable = |name: &str| match name {
            "CHARTSEAL_UI_PLAIN" => Some("true".to_owned()),
            "CHARTSEAL_VAULT" => Some("/srv/vault".to_owned()),
            "CHARTSEAL_BACKUP_IN_FLIGHT" => Some("2".to_owned()),
            _ => None,
        };
        let layer = from_environment(&variable).unwrap();
        assert_eq!(layer["ui.plain"].0, Value::Switch(true));
        assert_eq!(layer["vault.dir"].0, Value::Text("/srv/vault".into()));
        assert_eq!(layer["backup.in_flight"].0, Value::Whole(2));
        assert_eq!(layer.len(), 3);
    }

    #[test]
    fn a_bad_variable_is_named() {
        let variable = |name: &str| (name == "CHARTSEAL_UI_PLAIN").then(|| "perhaps".to_owned());
        let error = from_environment(&variable).unwrap_err().to_string();
        assert_eq!(
            error,
            "CHARTSEAL_UI_PLAIN: `ui.plain` is \"perhaps\", and must be true or false"
        );
    }
}
