//! The real program, on a host of the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::ward::Place;

/// How the program is run: in a home, on a vault and a host's state, or on none.
pub struct Program {
    home: PathBuf,
    variables: Vec<(&'static str, String)>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Program {
    /// With nothing but a home.
    pub fn in_home(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
            variables: Vec::new(),
        }
    }

    /// On a vault that is there.
    pub fn at(place: &Place) -> Self {
        Self::in_home(place.vault.parent().unwrap())
            .with("CHARTSEAL_VAULT", place.vault.to_str().unwrap())
            .with("CHARTSEAL_HOST", place.host.to_str().unwrap())
    }

    /// With a variable in its environment.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The program, about to run. Its environment holds nothing else, and it has no terminal to ask at.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartseal"));
        command
            .env_clear()
            .env("HOME", &self.home)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.home)
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs it for a machine to read.
    pub fn json(&self, arguments: &[&[&str]]) -> Said {
        let arguments = [&[&["--json"][..]], arguments].concat().concat();
        self.command(&arguments).output().unwrap().into()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the program ends by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    /// The result, whatever the exit code.
    #[track_caller]
    pub fn result(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}: {}", self.code, self.err))
    }

    /// The result of a run that found nothing wrong.
    #[track_caller]
    pub fn done(&self) -> Value {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.result()
    }

    /// The last line of what was complained of, as an error object.
    #[track_caller]
    pub fn error(&self) -> Value {
        let last = self.err.lines().last().unwrap_or_default();
        let value: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{}", self.err));
        value["error"].clone()
    }
}
