//! No command: the interface opens.

use std::io::{self, IsTerminal};

use super::{Context, Exit, Failure};
use crate::config::{Config, Paths, Surroundings};
use crate::tui::{self, OpenError};

/// Opens the interface on another vault than the configured one.
pub fn open_at(context: &Context, paths: Paths, around: &Surroundings) -> Result<Exit, Failure> {
    let config = Config {
        paths,
        ..context.config.clone()
    };
    draw(&config, around)
}

/// Opens the interface on this terminal.
pub fn open(context: &Context, around: &Surroundings) -> Result<Exit, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "no-command",
            "no command was given, and the interface needs a terminal",
        )
        .hint("see `chartseal --help`"));
    }
    draw(&context.config, around)
}

fn draw(config: &Config, around: &Surroundings) -> Result<Exit, Failure> {
    tui::open(config, around)?;
    Ok(Exit::Done)
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let exit = match error {
            OpenError::Terminal(_) => Exit::Outside,
            _ => Exit::Usage,
        };
        let failure = Self::new(exit, "interface", error.to_string());
        match error {
            OpenError::File { .. } => failure.hint("check that this account may read it"),
            OpenError::Theme { .. } => failure.hint("correct it, or set ui.theme to another"),
            OpenError::Keymap { .. } => failure.hint("correct it, or take the line away"),
            OpenError::Terminal(_) | OpenError::NoTheme { .. } => failure,
        }
    }
}
