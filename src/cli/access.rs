//! `access`: asking, deciding, taking back, breaking the glass. `audit`: who did what.

use clap::{Args, Subcommand};

use super::{Context, Exit, Failure, date};
use crate::desk::view::{GrantState, Stamp};
use crate::desk::{access, session};
use crate::ledger::Section;

/// Access to charts: request, list, grant, refuse, revoke, share, accept, break the glass
#[derive(Debug, Subcommand)]
pub enum Access {
    /// Ask the patient and the attending doctor
    Request {
        /// The chart's number
        #[arg(long, value_name = "MRN")]
        chart: String,
        /// identity, clinical, medication, access; commas between them
        #[arg(long, value_delimiter = ',', required = true)]
        sections: Vec<Section>,
        /// What for
        #[arg(long)]
        purpose: String,
        /// Until when: a date, an RFC 3339 time, or t+3w [default: in 30 days]
        #[arg(long, value_name = "DATE", value_parser = date::until)]
        until: Option<Stamp>,
    },
    /// List requests, grants and break-glass
    List {
        /// Only those of this chart
        #[arg(long, value_name = "MRN")]
        chart: Option<String>,
        /// pending, granted, refused, revoked or expired
        #[arg(long)]
        state: Option<GrantState>,
    },
    /// Grant a request
    Grant {
        /// The request's id
        id: String,
        /// Until when: a date, an RFC 3339 time, or t+3w [default: as asked]
        #[arg(long, value_name = "DATE", value_parser = date::until)]
        until: Option<Stamp>,
    },
    /// Refuse a request, or a share with you
    Refuse(Reasoned),
    /// Take a grant back
    Revoke(Reasoned),
    /// Pass on what you hold, no more and no longer (by a doctor)
    Share {
        /// The chart's number
        #[arg(long, value_name = "MRN")]
        chart: String,
        /// Login of who shall read it
        #[arg(long, value_name = "LOGIN")]
        to: String,
        /// identity, clinical, medication, access; commas between them
        #[arg(long, value_delimiter = ',', required = true)]
        sections: Vec<Section>,
        /// Until when: a date, an RFC 3339 time, or t+3w [default: in 30 days]
        #[arg(long, value_name = "DATE", value_parser = date::until)]
        until: Option<Stamp>,
    },
    /// Accept what was shared with you
    Accept {
        /// The share's id
        id: String,
    },
    /// Open a chart in an emergency; the patient and the auditors are told
    BreakGlass {
        /// The chart's number
        #[arg(long, value_name = "MRN")]
        chart: String,
        /// Why, in a sentence
        #[arg(long)]
        reason: String,
    },
    /// Close a break-glass: say whether it was justified
    Review {
        /// The break-glass's id
        id: String,
        /// What the review found
        #[arg(long)]
        finding: String,
        /// It was not justified
        #[arg(long)]
        unjustified: bool,
    },
}

/// An act that needs a reason.
#[derive(Debug, Args)]
pub struct Reasoned {
    /// The id of the request or grant
    pub id: String,
    /// Why
    #[arg(long, default_value = "")]
    pub reason: String,
}

impl Access {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let output = &context.output;
        if let Self::BreakGlass { chart, reason } = self {
            // The same passphrase answers twice: for the session, and for breaking the glass.
            let passphrase = context.passphrase()?;
            let session = session::login(&context.config.paths, context.login()?, &passphrase)?;
            return output.result(&access::break_glass(&session, chart, reason, &passphrase)?);
        }
        let session = context.session()?;
        match self {
            Self::BreakGlass { .. } => Ok(Exit::Done),
            Self::Request {
                chart,
                sections,
                purpose,
                until,
            } => output.result(&access::request(
                &session, chart, sections, purpose, *until,
            )?),
            Self::List { chart, state } => {
                output.result(&access::list(&session, chart.as_deref(), *state)?)
            }
            Self::Grant { id, until } => output.result(&access::grant(&session, id, *until)?),
            Self::Share {
                chart,
                to,
                sections,
                until,
            } => output.result(&access::share(&session, chart, to, sections, *until)?),
            Self::Accept { id } => output.result(&access::accept(&session, id)?),
            Self::Refuse(act) => output.result(&access::refuse(&session, &act.id, &act.reason)?),
            Self::Revoke(act) => output.result(&access::revoke(&session, &act.id, &act.reason)?),
            Self::Review {
                id,
                finding,
                unjustified,
            } => output.result(&access::review(&session, id, finding, !unjustified)?),
        }
    }
}
