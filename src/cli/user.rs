//! `user`: accounts, from the one-time code to the end.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Context, Exit, Failure, passphrase};
use crate::clinical::Role;
use crate::desk::users;

/// Invite, activate, approve and end users
#[derive(Debug, Subcommand)]
pub enum User {
    /// Invite somebody: makes a one-time code (by an admin)
    Add {
        /// What they will type to log in
        login: String,
        /// Their name as others see it
        #[arg(long)]
        name: String,
        /// doctor, nurse, pharmacist, registrar, patient, admin or auditor
        #[arg(long)]
        role: Role,
        /// A unit they will join once approved; may be given several times
        #[arg(long = "unit", value_name = "UNIT")]
        units: Vec<String>,
        #[command(flatten)]
        code: CodeOut,
    },
    /// Make your own keys and passphrase with a one-time code; needs no user
    Activate {
        /// The login that the code is for
        login: String,
        /// File with the code, `-` for standard input
        #[arg(long, value_name = "FILE")]
        code_file: PathBuf,
    },
    /// Certify somebody's keys once the fingerprint was compared face to face (by an admin)
    Approve {
        /// Their login
        login: String,
        /// The fingerprint that they read out: other keys are refused
        #[arg(long, value_name = "HEX")]
        fingerprint: Option<String>,
    },
    /// List the users
    List,
    /// End an account, or withdraw an invitation (by an admin)
    Disable {
        /// Their login
        login: String,
    },
    /// End somebody's keys and invite them anew, for a passphrase that was lost (by an admin)
    Reset {
        /// Their login
        login: String,
        #[command(flatten)]
        code: CodeOut,
    },
}

/// Where a one-time code goes.
#[derive(Debug, clap::Args)]
pub struct CodeOut {
    /// New file for the code, readable by this account alone [default: LOGIN.code in the current folder]
    #[arg(long, value_name = "FILE")]
    pub code_out: Option<PathBuf>,
}

impl CodeOut {
    /// The file that was named, or the first name that is free here: a code never replaces another.
    fn file(&self, login: &str) -> PathBuf {
        if let Some(file) = &self.code_out {
            return file.clone();
        }
        let named = |number: u32| match number {
            1 => PathBuf::from(format!("{login}.code")),
            more => PathBuf::from(format!("{login}-{more}.code")),
        };
        // Where even the last one is taken, the desk refuses to overwrite it.
        let free = (1..100).map(named).find(|file| !file.exists());
        free.unwrap_or_else(|| named(100))
    }
}

impl User {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let user = match self {
            Self::List => return context.output.result(&users::list(&context.session()?)?),
            Self::Add {
                login,
                name,
                role,
                units,
                code,
            } => {
                let session = context.session()?;
                users::add(&session, login, name, *role, units, &code.file(login))?
            }
            Self::Activate { login, code_file } => {
                let code = passphrase::from_file(code_file)?;
                let passphrase = context.new_passphrase(login)?;
                let paths = &context.config.paths;
                users::activate(paths, login, &code, &passphrase, context.cost())?
            }
            Self::Approve { login, fingerprint } => {
                users::approve(&context.session()?, login, fingerprint.as_deref())?
            }
            Self::Disable { login } => users::disable(&context.session()?, login)?,
            Self::Reset { login, code } => {
                users::reset(&context.session()?, login, &code.file(login))?
            }
        };
        context.output.result(&user)
    }
}
