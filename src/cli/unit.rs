//! `unit`: wards, clinics and pharmacies, and who belongs to them.

use clap::{Subcommand, ValueEnum};

use super::{Context, Exit, Failure};
use crate::desk::units;
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
    /// Deliver your units' keys to the newcomers whom an admin authorised (by a member)
    Deliver,
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
            Self::Deliver => output.result(&units::deliver(&session)?),
            Self::Leave { unit, login } => output.result(&units::leave(&session, unit, login)?),
        }
    }
}
