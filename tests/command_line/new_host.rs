//! A host on which everything is still to be made.

use serde_json::Value;

use crate::program::{Home, Run};

/// A host without a vault, and a passphrase file for everyone.
pub struct NewHost {
    pub home: Home,
    passphrase: String,
}

impl NewHost {
    pub fn new() -> Self {
        let home = Home::new();
        let passphrase = home.write("passphrase", "correct horse battery\n");
        std::fs::set_permissions(
            &passphrase,
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .unwrap();
        Self { home, passphrase }
    }

    pub fn run_as(&self, login: &str, arguments: &[&str]) -> Run {
        self.run_with(login, arguments, &[])
    }

    /// The same with more in the environment.
    pub fn run_with(&self, login: &str, arguments: &[&str], besides: &[(&str, &str)]) -> Run {
        let mut command = self.home.command(arguments);
        command
            .args([
                "--json",
                "--user",
                login,
                "--passphrase-file",
                &self.passphrase,
            ])
            .env("CHARTSEAL_SECURITY_ARGON2_MEMORY_KIB", "19456")
            .env("CHARTSEAL_SECURITY_ARGON2_PASSES", "2")
            .envs(besides.iter().copied());
        command.output().unwrap().into()
    }

    #[track_caller]
    pub fn json_as(&self, login: &str, arguments: &[&str]) -> Value {
        self.run_as(login, arguments).json()
    }
}
