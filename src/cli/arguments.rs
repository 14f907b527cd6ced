//! What can be typed.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use super::{
    access, audit, backup, chart, completions, config_check, demo, export, import, index, init,
    man, rx, search, status, stock, unit, user, verify, write,
};

/// Health records, sealed, signed and shared by keys.
///
/// Without a command, the interface opens on the configured vault.
#[derive(Debug, Parser)]
#[command(
    name = "chartseal",
    version,
    max_term_width = 100,
    infer_long_args = false,
    disable_help_subcommand = true,
    args_override_self = true
)]
pub struct Arguments {
    /// What holds for every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What holds for every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Folder of the vault [default: $XDG_DATA_HOME/chartseal; also CHARTSEAL_VAULT]
    #[arg(long, global = true, value_name = "DIR")]
    pub vault: Option<PathBuf>,
    /// Folder of the host's state [default: $XDG_STATE_HOME/chartseal/VAULT-ID; also CHARTSEAL_HOST]
    #[arg(long, global = true, value_name = "DIR")]
    pub host: Option<PathBuf>,
    /// A configuration file above the others [also CHARTSEAL_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the result as JSON, progress and errors too
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only errors
    #[arg(long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say what is being done
    #[arg(short = 'v', long = "verbose", global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Who acts [also CHARTSEAL_USER]
    #[arg(long, global = true, value_name = "LOGIN")]
    pub user: Option<String>,
    /// File whose first line is the passphrase, `-` for standard input [also CHARTSEAL_PASSPHRASE_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "where a command has no line of its own here, its struct says what it does"
)]
pub enum Command {
    /// Make a vault, its first admin, and two sets of shares: for backups, and for keys that were lost
    Init(init::Init),
    /// Make units, and let people join and leave them
    #[command(subcommand)]
    Unit(unit::Unit),
    /// Invite, activate, approve and end users
    #[command(subcommand)]
    User(user::User),
    /// Take charts in from other systems
    #[command(subcommand)]
    Import(import::Import),
    /// Look at charts, and name who attends them
    #[command(subcommand)]
    Chart(chart::Chart),
    /// Search the charts that your keys open
    Search(search::Search),
    #[command(subcommand)]
    Rx(rx::Rx),
    #[command(subcommand)]
    Stock(stock::Stock),
    #[command(subcommand)]
    Access(access::Access),
    Audit(audit::Audit),
    #[command(subcommand)]
    Export(export::Export),
    Demo(demo::Demo),
    /// Write one entry: vitals, condition, allergy, note and so on, as a FHIR R4 resource
    Write(write::Write),
    /// Verify chain, signatures and grants without keys; with --full also bodies and index
    Verify(verify::Verify),
    /// Sealed snapshots: make, list, verify, restore
    #[command(subcommand)]
    Backup(backup::Backup),
    /// Tend the search index of your units
    #[command(subcommand)]
    Index(index::Index),
    /// What the vault is and how it fares; needs no user
    Status,
    /// Look at the host's keys; needs no user
    #[command(subcommand)]
    Keys(status::Keys),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config_check::Config),
    /// Print completions for a shell
    Completions(completions::Completions),
    Man(man::Man),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_of_all_commands_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        let before =
            Arguments::try_parse_from(["chartseal", "--json", "--vault", "/v", "config", "check"])
                .unwrap();
        let after =
            Arguments::try_parse_from(["chartseal", "config", "check", "--vault", "/v", "--json"])
                .unwrap();
        for arguments in [before, after] {
            assert!(arguments.globals.json);
            assert_eq!(arguments.globals.vault, Some("/v".into()));
        }
    }

    #[test]
    fn without_a_command_there_is_none() {
        assert!(
            Arguments::try_parse_from(["chartseal"])
                .unwrap()
                .command
                .is_none()
        );
    }
}
