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
    tui::open(config, colour(around)).map_err(|error| {
        let exit = match error {
            OpenError::Terminal(_) => Exit::Outside,
            _ => Exit::Usage,
        };
        Failure::new(exit, "interface", error.to_string())
    })?;
    Ok(Exit::Done)
}

/// Whether the terminal may be sent colours: <https://no-color.org>.
fn colour(around: &Surroundings) -> bool {
    let set = |name| around.variable(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && around.variable("TERM") != Some("dumb")
}
