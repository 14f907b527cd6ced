//! A small hospital with its people, and the program run as one of them.

use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::{Home, Run};
use crate::support::{self, Hospital, PASSPHRASE};

/// A hospital with one patient on Ward A.
pub struct Ward {
    pub hospital: Hospital,
    pub mrn: String,
    home: Home,
    passphrase: String,
}

impl Ward {
    pub fn new() -> Self {
        let hospital = Hospital::staffed();
        let registrar = hospital.desk("reyes");
        let line = chartseal::desk::charts::admit(
            &registrar,
            "Ward A",
            &support::patient("Gustavo", "Mejía"),
        )
        .unwrap();
        let home = Home::new();
        let passphrase = home.path().join("passphrase");
        let mut options = std::fs::OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&passphrase)
            .unwrap();
        std::io::Write::write_all(&mut &file, format!("{PASSPHRASE}\n").as_bytes()).unwrap();
        Self {
            hospital,
            mrn: line.mrn,
            home,
            passphrase: passphrase.to_str().unwrap().to_owned(),
        }
    }

    /// The program as `login`, with `--json`.
    pub fn command(&self, login: &str, arguments: &[&str]) -> Command {
        let mut command = self.home.command(&[
            "--json",
            "--user",
            login,
            "--passphrase-file",
            &self.passphrase,
        ]);
        command
            .args(arguments)
            .env("CHARTSEAL_VAULT", self.hospital.vault_folder())
            .env("CHARTSEAL_HOST", self.hospital.host_folder());
        command
    }

    pub fn run(&self, login: &str, arguments: &[&str]) -> Run {
        self.command(login, arguments).output().unwrap().into()
    }

    /// Like [`run`](Self::run) with a text on standard input.
    pub fn run_with_input(&self, login: &str, arguments: &[&str], input: &str) -> Run {
        let mut command = self.command(login, arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that refuses before it reads closes its end.
        let _ = std::io::Write::write_all(&mut stdin, input.as_bytes());
        drop(stdin);
        child.wait_with_output().unwrap().into()
    }

    pub fn json(&self, login: &str, arguments: &[&str]) -> Value {
        self.run(login, arguments).json()
    }

    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// A file beside the passphrase.
    pub fn write(&self, name: &str, text: &str) -> String {
        self.home.write(name, text)
    }
}
