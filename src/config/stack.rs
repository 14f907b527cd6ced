//! The layers, one upon the other.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::key::{Guard, KEYS, Key, Value};
use super::layer::{self, Layer};
use super::{ConfigError, DEFAULTS, Source, Surroundings};

/// What the command line says about the configuration.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config FILE`.
    pub config: Option<PathBuf>,
    /// `--vault DIR`.
    pub vault: Option<PathBuf>,
    /// `--host DIR`.
    pub host: Option<PathBuf>,
}

/// One key with its value in force and where that came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key: `ui.plain`.
    pub key: &'static str,
    /// The value as TOML. A password in an address is not shown.
    pub value: String,
    /// Where it came from.
    pub source: Source,
    /// Whether it is a security key, which `/etc` can hold down.
    pub security: bool,
}

/// All layers as one, with the files that were read, from low to high.
#[derive(Debug)]
pub(super) struct Stack {
    values: Layer,
    /// The files that were read.
    pub(super) files: Vec<PathBuf>,
    /// The folders in which files were looked for.
    pub(super) folders: Vec<PathBuf>,
}

impl Stack {
    /// Reads every layer and lays one upon the other.
    pub(super) fn read(flags: &Flags, around: &Surroundings) -> Result<Self, ConfigError> {
        let mut stack = Self {
            values: layer::from_text(DEFAULTS, None)?,
            files: Vec::new(),
            folders: Vec::new(),
        };
        let system = stack.file(&around.system_file, Presence::Optional)?;
        let user = match around.user_file() {
            Some(file) => stack.file(&file, Presence::Optional)?,
            None => Layer::new(),
        };
        let named = flags
            .config
            .clone()
            .or_else(|| around.variable("CHARTSEAL_CONFIG").map(PathBuf::from));
        let named = match named {
            Some(file) => stack.file(&file, Presence::Required)?,
            None => Layer::new(),
        };
        let environment =
            layer::from_environment(&|name| around.variable(name).map(str::to_owned))?;

        stack.values.extend(system.clone());
        for layer in [user, named, environment, from_flags(flags)] {
            stack.lay(layer, &system)?;
        }
        Ok(stack)
    }

    fn file(&mut self, file: &Path, presence: Presence) -> Result<Layer, ConfigError> {
        self.folders.extend(file.parent().map(Path::to_owned));
        match std::fs::read_to_string(file) {
            Ok(text) => {
                self.files.push(file.to_owned());
                layer::from_text(&text, Some(file))
            }
            Err(error) if error.kind() == ErrorKind::NotFound && presence == Presence::Optional => {
                Ok(Layer::new())
            }
            Err(source) => Err(ConfigError::Unreadable {
                file: file.to_owned(),
                source,
            }),
        }
    }

    /// Lays a layer on top. **What `/etc` says about security may be tightened, never loosened.**
    fn lay(&mut self, layer: Layer, system: &Layer) -> Result<(), ConfigError> {
        for (name, (value, place)) in layer {
            if let (Some(key), Some((limit, set_by))) = (Key::find(name), system.get(name))
                && key.loosens(&value, limit)
            {
                return Err(ConfigError::Loosened {
                    place,
                    key: key.name,
                    found: value.to_string(),
                    limit: limit.to_string(),
                    set_by: Box::new(set_by.clone()),
                });
            }
            self.values.insert(name, (value, place));
        }
        Ok(())
    }

    /// Every key in the order of the table.
    pub(super) fn settings(&self) -> Vec<Setting> {
        KEYS.iter()
            .map(|key| {
                let (value, source) = self.entry(key.name);
                let value = match value {
                    Value::Text(text) => Value::Text(without_password(text)).to_string(),
                    other => other.to_string(),
                };
                Setting {
                    key: key.name,
                    value,
                    source: source.clone(),
                    security: key.guard != Guard::Free,
                }
            })
            .collect()
    }

    pub(super) fn switch(&self, key: &str) -> bool {
        matches!(self.entry(key).0, Value::Switch(true))
    }

    pub(super) fn whole(&self, key: &str) -> i64 {
        match self.entry(key).0 {
            Value::Whole(number) => number,
            _ => unreachable!("a layer takes only whole numbers for {key}"),
        }
    }

    pub(super) fn text(&self, key: &str) -> &str {
        match &self.entry(key).0 {
            Value::Text(text) => text,
            _ => unreachable!("a layer takes only text for {key}"),
        }
    }

    fn entry(&self, key: &str) -> &(Value, Source) {
        self.values
            .get(key)
            .expect("the embedded defaults set every key, which a test holds")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Optional,
    Required,
}

fn from_flags(flags: &Flags) -> Layer {
    [
        ("vault.dir", "--vault", &flags.vault),
        ("vault.host", "--host", &flags.host),
    ]
    .into_iter()
    .filter_map(|(key, flag, path)| {
        let text = path.as_ref()?.to_string_lossy().into_owned();
        Some((key, (Value::Text(text), Source::Flag(flag))))
    })
    .collect()
}

/// An address as it may be shown: `mongodb+srv://ward-a:***@cluster0/db`.
fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let Some((user, place)) = rest.rsplit_once('@') else {
        return address.to_owned();
    };
    let login = user.split_once(':').map_or(user, |(login, _)| login);
    format!("{scheme}://{login}:***@{place}")
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        assert_eq!(
            without_password("mongodb+srv://ward-a:p@ss:x@cluster0/db"),
            "mongodb+srv://ward-a:***@cluster0/db"
        );
        assert_eq!(without_password("/srv/backup@home"), "/srv/backup@home");
        assert_eq!(
            without_password("mongodb://127.0.0.1/db"),
            "mongodb://127.0.0.1/db"
        );
    }
}
