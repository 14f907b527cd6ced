//! The interface, from the configuration to the last frame.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::backend::Backend;
use super::desk_backend::{DeskBackend, Surround};
use super::event_loop;
use super::keymap::{Keymap, KeymapError};
use super::shell::Look;
use super::theme::{Theme, ThemeError};
use crate::config::Config;
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
    /// The theme cannot be used.
    #[error("theme: {0}")]
    Theme(#[from] ThemeError),
    /// The keymap cannot be used.
    #[error("{path}: {source}")]
    Keymap {
        /// Which.
        path: String,
        /// Why.
        source: KeymapError,
    },
}

/// Opens the interface on the configured vault and returns when it is left.
///
/// `colour` is whether the terminal may be sent colours: without, the mono theme is taken whatever is configured.
pub fn open(config: &Config, colour: bool) -> Result<(), OpenError> {
    let look = Look {
        theme: theme(config, colour)?,
        keymap: keymap(config)?,
        plain: config.ui.plain,
        kiosk: config.kiosk.enabled,
    };
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
    let ended = event_loop::run(look, &desk);
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

fn theme(config: &Config, colour: bool) -> Result<Theme, OpenError> {
    if !colour {
        return Ok(Theme::mono());
    }
    let name = &config.ui.theme;
    match config.companion(&format!("themes/{name}.toml")) {
        Some(file) => Ok(Theme::parse(&read(&file)?)?),
        None => Ok(Theme::embedded(name)?),
    }
}

fn keymap(config: &Config) -> Result<Keymap, OpenError> {
    let mut keymap = Keymap::embedded();
    if let Some(file) = config.companion("keymap.toml") {
        let path = file.display().to_string();
        let text = read(&file)?;
        keymap
            .overlay(&text)
            .map_err(|source| OpenError::Keymap { path, source })?;
    }
    Ok(keymap)
}

fn read(file: &Path) -> Result<String, OpenError> {
    fs::read_to_string(file).map_err(|source| OpenError::File {
        path: file.display().to_string(),
        source,
    })
}
