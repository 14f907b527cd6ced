//! The program in a home of its own.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home that vanishes, and the program in it.
pub struct Home(TempDir);

/// How a run ended.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The program with an environment that holds nothing but this home. It has no terminal to ask at.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartseal"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the program ends by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// The result as JSON, after an end without complaint.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!((self.code, self.err.as_str()), (0, ""));
        serde_json::from_str(&self.out).unwrap()
    }

    /// The error object, after an end with `code` and nothing on standard output.
    #[track_caller]
    pub fn error(&self, code: i32) -> Value {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        let value: Value = serde_json::from_str(&self.err).unwrap();
        for field in ["code", "message", "hint", "causes"] {
            assert!(value["error"].get(field).is_some(), "{field}: {value}");
        }
        value["error"].clone()
    }
}
