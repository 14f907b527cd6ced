//! What a command has at hand: the configuration, who acts, where output goes.

use std::path::PathBuf;

use super::{Exit, Failure, Format, Globals, Output, Voice, Watch, passphrase};
use crate::config::{Config, Flags, Surroundings};
use crate::crypto::password::Cost;
use crate::crypto::secret::SecretBytes;
use crate::desk::{Session, session};

/// What a command has at hand.
#[derive(Debug)]
pub struct Context {
    /// What is set.
    pub config: Config,
    /// Where results and remarks go.
    pub output: Output,
    user: Option<String>,
    passphrase_file: Option<PathBuf>,
}

impl Globals {
    /// Where results and remarks go.
    pub fn output(&self) -> Output {
        Output {
            format: if self.json {
                Format::Json
            } else {
                Format::Text
            },
            voice: match (self.quiet, self.verbose) {
                (true, _) => Voice::Quiet,
                (false, 0) => Voice::Normal,
                (false, _) => Voice::Verbose,
            },
        }
    }
}

impl Context {
    /// Reads the configuration.
    pub fn new(globals: Globals, around: &Surroundings) -> Result<Self, Failure> {
        let output = globals.output();
        let flags = Flags {
            config: globals.config,
            vault: globals.vault,
            host: globals.host,
        };
        let config = Config::load(&flags, around)?;
        for file in &config.files {
            output.detail(&format!("configuration {}", file.display()));
        }
        output.detail(&format!("vault {}", config.paths.vault.display()));
        let variable = |name| around.variable(name).filter(|value| !value.is_empty());
        Ok(Self {
            config,
            output,
            user: globals
                .user
                .or_else(|| variable("CHARTSEAL_USER").map(str::to_owned)),
            passphrase_file: globals
                .passphrase_file
                .or_else(|| variable("CHARTSEAL_PASSPHRASE_FILE").map(PathBuf::from)),
        })
    }

    /// Who acts.
    pub fn login(&self) -> Result<&str, Failure> {
        self.user.as_deref().ok_or_else(|| {
            Failure::new(
                Exit::Denied,
                "no-user",
                "this command needs to know who acts",
            )
            .hint("name the login with --user or CHARTSEAL_USER")
        })
    }

    /// The passphrase of who acts.
    pub fn passphrase(&self) -> Result<SecretBytes, Failure> {
        match &self.passphrase_file {
            Some(file) => passphrase::from_file(file),
            None => passphrase::ask(&format!("passphrase of {}: ", self.login()?)),
        }
    }

    /// The passphrase of something that needs no user, such as a key file.
    pub fn passphrase_of(&self, what: &str) -> Result<SecretBytes, Failure> {
        match &self.passphrase_file {
            Some(file) => passphrase::from_file(file),
            None => passphrase::ask(&format!("passphrase of {what}: ")),
        }
    }

    /// The same context for somebody else.
    #[must_use]
    pub fn acting_as(self, login: Option<String>) -> Self {
        Self {
            user: login.or(self.user),
            ..self
        }
    }

    /// A passphrase that is new; asked twice at a terminal.
    pub fn new_passphrase(&self, login: &str) -> Result<SecretBytes, Failure> {
        match &self.passphrase_file {
            Some(file) => passphrase::from_file(file),
            None => passphrase::ask_new(&format!("new passphrase of {login}: ")),
        }
    }

    /// The cost of guessing a passphrase that is set now.
    pub fn cost(&self) -> Cost {
        Cost {
            memory_kib: self.config.security.argon2_memory_kib,
            passes: self.config.security.argon2_passes,
        }
    }

    /// Logs in. The session locks when it is dropped.
    pub fn session(&self) -> Result<Session, Failure> {
        let login = self.login()?;
        Ok(session::login(
            &self.config.paths,
            login,
            &self.passphrase()?,
        )?)
    }

    /// Shows how far long work has come.
    pub fn watch(&self) -> Watch {
        Watch::new(self.output)
    }
}
