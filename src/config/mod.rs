//! What can be set, where a value came from, where files lie, and how one comes to lie there whole.
//!
//! **Precedence, from low to high: the embedded `config.toml`, `/etc/chartseal/config.toml`, the user's file under
//! `$XDG_CONFIG_HOME`, the file named by `--config`, the environment, flags.** A key that is not in the table of keys is an error
//! that names the line and what was probably meant. A security key that `/etc` sets can be tightened by what stands above it,
//! never loosened.
//!
//! [`Config`] holds the typed values, [`Setting`] each value as written with its [`Source`], [`Paths`] where vault and host lie;
//! [`OutFile`] is a file that is being written.

mod duration;
mod error;
mod key;
mod layer;
mod out_file;
mod paths;
mod rate;
mod settings;
mod stack;
mod surroundings;

pub use duration::{BadDuration, parse_duration};
pub use error::ConfigError;
pub use layer::Source;
pub use out_file::{OutFile, flush_folder, name_it};
pub use paths::Paths;
pub use rate::{BadRate, parse_rate};
pub use settings::{Backup, Config, Kiosk, Security, ThinLink, Tls, Ui};
pub use stack::{Flags, Setting};
pub use surroundings::Surroundings;

/// The documented defaults, which are also the lowest layer.
pub const DEFAULTS: &str = include_str!("../../config.toml");
