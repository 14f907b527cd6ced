//! `config check`: every value with where it came from.

use clap::Subcommand;
use serde::Serialize;

use super::{Context, Exit, Failure, Page, Report};
use crate::config::Config as Settings;

/// Look at the configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print every value with where it came from; 2 where a file is wrong, the theme's and the keymap's too
    Check,
}

/// What `config check` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Checked {
    files: Vec<String>,
    settings: Vec<Line>,
    ok: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Line {
    key: &'static str,
    value: String,
    source: String,
    security: bool,
}

impl Config {
    /// Prints every value. That the configuration files are sound was settled when they were read; theme and keymap are read here.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let Self::Check = self;
        crate::tui::check(&context.config)?;
        context.output.result(&Checked::of(&context.config))
    }
}

impl Checked {
    fn of(config: &Settings) -> Self {
        let line = |setting: &crate::config::Setting| Line {
            key: setting.key,
            value: setting.value.clone(),
            source: setting.source.to_string(),
            security: setting.security,
        };
        Self {
            files: config
                .files
                .iter()
                .map(|file| file.display().to_string())
                .collect(),
            settings: config.settings.iter().map(line).collect(),
            ok: true,
        }
    }
}

impl Report for Checked {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .settings
            .iter()
            .map(|line| [line.key.to_owned(), line.value.clone(), line.source.clone()])
            .collect();
        page.table(["key", "value", "from"], &rows, "nothing is set");
        page.gap();
        if self.files.is_empty() {
            page.line("no configuration file was found; the defaults hold");
        }
        for file in &self.files {
            page.line(format!("read {file}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{Flags, Surroundings};

    #[test]
    fn each_value_stands_beside_where_it_came_from() {
        let variables = [("HOME", "/home/a"), ("CHARTSEAL_UI_PLAIN", "true")];
        let around = Surroundings {
            system_file: "/nonexistent/config.toml".into(),
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
        };
        let config = Settings::load(&Flags::default(), &around).unwrap();
        let mut page = Page::default();
        Checked::of(&config).page(&mut page);
        let line = |key: &str| {
            page.text()
                .lines()
                .find(|line| line.starts_with(key))
                .unwrap()
                .split_whitespace()
                .collect::<Vec<_>>()
        };
        assert_eq!(line("ui.plain"), ["ui.plain", "true", "CHARTSEAL_UI_PLAIN"]);
        assert_eq!(
            line("security.idle_lock"),
            ["security.idle_lock", "\"10m\"", "default"]
        );
    }
}
