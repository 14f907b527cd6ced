//! `completions`: completions for a shell.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Arguments, Exit, Failure, Output};

/// Print completions for a shell.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        output.bytes(&self.script())?;
        Ok(Exit::Done)
    }

    fn script(&self) -> Vec<u8> {
        let mut script = Vec::new();
        generate(
            self.shell,
            &mut Arguments::command(),
            "chartseal",
            &mut script,
        );
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_of_every_shell_knows_the_commands() {
        for shell in [
            Shell::Bash,
            Shell::Zsh,
            Shell::Fish,
            Shell::Elvish,
            Shell::PowerShell,
        ] {
            let script = String::from_utf8(Completions { shell }.script()).unwrap();
            assert!(
                script.contains("passphrase-file") && script.contains("completions"),
                "{shell}"
            );
        }
    }
}
