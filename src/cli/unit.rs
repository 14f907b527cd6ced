//! `unit`: wards, clinics and pharmacies, and who belongs to them.

use clap::{Subcommand, ValueEnum};

use super::{Context, Exit, Failure, Format, Voice, confirm};
use crate::desk::units::{self, Newcomer};
use crate::ledger::clear::UnitKind;

/// Make units, and let people join and leave them
#[derive(Debug, Subcommand)]
pub enum Unit {
    /// Make a unit (by an admin)
    Add {
        /// Its name
        name: String,
        /// What it is
        #[arg(long)]
        kind: Kind,
    },
    /// List the units with their members
    List,
    /// Authorise somebody to join; pending until a member delivers the keys (by an admin)
    Join {
        /// The unit
        unit: String,
        /// Login of who joins
        #[arg(value_name = "USER")]
        login: String,
    },
    /// Deliver your units' keys to the newcomers whom an admin authorised, once their fingerprints were compared (by a member)
    Deliver {
        /// Login of the one newcomer to deliver to [default: all who wait]
        #[arg(value_name = "USER")]
        login: Option<String>,
        /// The fingerprint that they read out: other keys are refused
        #[arg(long, value_name = "HEX", requires = "login")]
        fingerprint: Option<String>,
        /// Do not ask at the terminal
        #[arg(long)]
        yes: bool,
    },
    /// End a membership (by an admin)
    Leave {
        /// The unit
        unit: String,
        /// Login of who leaves
        #[arg(value_name = "USER")]
        login: String,
    },
}

/// The kinds of units that can be made; the special ones come with the vault.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    /// A ward
    Ward,
    /// A clinic
    Clinic,
    /// A pharmacy
    Pharmacy,
}

impl From<Kind> for UnitKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Ward => Self::Ward,
            Kind::Clinic => Self::Clinic,
            Kind::Pharmacy => Self::Pharmacy,
        }
    }
}

impl Unit {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let session = context.session()?;
        let output = context.output;
        match self {
            Self::Add { name, kind } => output.result(&units::add(&session, name, (*kind).into())?),
            Self::List => output.result(&units::list(&session)?),
            Self::Join { unit, login } => output.result(&units::join(&session, unit, login)?),
            Self::Deliver {
                login,
                fingerprint,
                yes,
            } => {
                let to = match login {
                    Some(login) => units::waiting_as(&session, login, fingerprint.as_deref())?,
                    None => units::waiting(&session)?,
                };
                let lines: Vec<String> = to.iter().map(joins).collect();
                // Whoever gave the fingerprint has compared it.
                let ask = !yes && fingerprint.is_none() && !to.is_empty();
                if ask && output.format == Format::Text && confirm::can_ask() {
                    confirm::ask(&lines, "Compared with them, deliver the keys?")?;
                } else if output.format == Format::Text && output.voice != Voice::Quiet {
                    confirm::show(&lines);
                }
                output.result(&units::deliver(&session, &to)?)
            }
            Self::Leave { unit, login } => output.result(&units::leave(&session, unit, login)?),
        }
    }
}

/// Whom keys are delivered to, before it is done.
fn joins(newcomer: &Newcomer) -> String {
    let shown = &newcomer.shown;
    let fingerprint = shown.fingerprint.as_deref().unwrap_or_default();
    format!("{} joins {}: {fingerprint}", shown.user, shown.unit)
}
