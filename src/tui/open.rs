//! The interface, from the configuration to the last frame.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::backend::Backend;
use super::colours::Colours;
use super::desk_backend::{DeskBackend, Surround};
use super::event_loop;
use super::keymap::{Keymap, KeymapError};
use super::misplaced::Misplaced;
use super::shell::Look;
use super::theme::{EMBEDDED, Theme, ThemeError};
use crate::config::{Config, Source, Surroundings};
use crate::crypto::password::Cost;
use crate::jobs::backup::{self, Schedule, Target};

/// Why the interface does not open, or how it ended.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The terminal cannot be used, or went away.
    #[error("the terminal: {0}")]
    Terminal(#[from] io::Error),
    /// A file of the configuration cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// There is no such theme.
    #[error(
        "{from}: no theme is called `{name}`; there are {known}, and themes/NAME.toml beside a configuration file",
        known = EMBEDDED.map(|(name, _)| name).join(", ")
    )]
    NoTheme {
        /// Where the name stands.
        from: Source,
        /// The name.
        name: String,
    },
    /// The theme cannot be used.
    #[error("{path}:{wrong}")]
    Theme {
        /// Which.
        path: String,
        /// The line, and what is wrong there.
        wrong: Misplaced<ThemeError>,
    },
    /// The keymap cannot be used.
    #[error("{path}:{wrong}")]
    Keymap {
        /// Which.
        path: String,
        /// The line, and what is wrong there.
        wrong: Misplaced<KeymapError>,
    },
}

/// Reads the configured theme and keymap, and says what is wrong with either.
pub fn check(config: &Config) -> Result<(), OpenError> {
    theme(config)?;
    keymap(config)?;
    Ok(())
}

/// Opens the interface on the configured vault and returns when it is left.
///
/// `around` says what the terminal is: which [`Colours`] it shows (without any the mono theme is taken, whatever is configured), and
/// whether it is reached over SSH.
pub fn open(config: &Config, around: &Surroundings) -> Result<(), OpenError> {
    let theme = match Colours::of(around) {
        Colours::None => Theme::mono(),
        colours => theme(config)?.within(colours),
    };
    let look = Look {
        theme,
        keymap: keymap(config)?,
        plain: config.ui.plain,
        kiosk: config.kiosk.enabled,
    };
    let over_ssh = around.variable("SSH_CONNECTION").is_some();
    let desk: Arc<dyn Backend> = Arc::new(DeskBackend::new(Surround {
        paths: config.paths.clone(),
        cost: Cost {
            memory_kib: config.security.argon2_memory_kib,
            passes: config.security.argon2_passes,
        },
        idle: idle(config),
        backup: config.backup.clone(),
        tls: config.security.tls,
    }));
    let schedule = schedule(config);
    let ended = event_loop::run(look, config.ui.pace(over_ssh), &desk);
    drop(schedule);
    Ok(ended?)
}

/// Backups while the interface runs, where they are wanted. An address that is not to be used is an incident, as a backup that
/// fails is.
fn schedule(config: &Config) -> Option<Schedule> {
    let every = config.backup.every?;
    let address = config.backup.target.as_ref()?;
    let target = Target::configured(address, &config.backup, config.security.tls);
    match target {
        Ok(target) => Some(Schedule::begin(config.paths.clone(), target, every)),
        Err(error) => {
            backup::refused(&config.paths, &error);
            None
        }
    }
}

/// A kiosk stands where anyone passes: the shorter of the two counts.
fn idle(config: &Config) -> Duration {
    let locked = config.security.idle_lock;
    if config.kiosk.enabled {
        locked.min(config.kiosk.idle_lock)
    } else {
        locked
    }
}

fn theme(config: &Config) -> Result<Theme, OpenError> {
    let name = &config.ui.theme;
    let Some(file) = config.companion(&format!("themes/{name}.toml")) else {
        return Theme::embedded(name).ok_or_else(|| OpenError::NoTheme {
            from: config.source("ui.theme"),
            name: name.clone(),
        });
    };
    let path = file.display().to_string();
    Theme::parse(&read(&file)?).map_err(|wrong| OpenError::Theme { path, wrong })
}

fn keymap(config: &Config) -> Result<Keymap, OpenError> {
    let mut keymap = Keymap::embedded();
    if let Some(file) = config.companion("keymap.toml") {
        let path = file.display().to_string();
        let text = read(&file)?;
        keymap
            .overlay(&text)
            .map_err(|wrong| OpenError::Keymap { path, wrong })?;
    }
    Ok(keymap)
}

fn read(file: &Path) -> Result<String, OpenError> {
    fs::read_to_string(file).map_err(|source| OpenError::File {
        path: file.display().to_string(),
        source,
    })
}
