//! `rx`: prescriptions, from the prescriber to the counter.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Context, Exit, Failure, input};
use crate::desk::rx;
use crate::desk::view::RxState;
use crate::interop::fhir::export::as_json;
use crate::interop::fhir::{dispense_from_json, rx_from_json};
use crate::ledger::ThreadId;

/// Prescriptions: write and sign, list, verify, dispense, hold, refuse, cancel
#[derive(Debug, Subcommand)]
pub enum Rx {
    /// Sign a prescription: a FHIR R4 MedicationRequest
    Write {
        /// The chart's number
        #[arg(long, value_name = "MRN")]
        chart: String,
        /// File with the resource, `-` for standard input
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// Sign past a safety alert, with this reason
        #[arg(long, value_name = "REASON")]
        r#override: Option<String>,
    },
    /// List prescriptions
    List {
        /// Only those in this state
        #[arg(long)]
        state: Option<RxState>,
        /// Only those of this chart
        #[arg(long, value_name = "MRN")]
        chart: Option<String>,
    },
    /// Show one in full
    Show {
        /// The prescription's id
        rx: ThreadId,
    },
    /// Check signature, signer and state; changes nothing
    Verify {
        /// The prescription's id
        rx: ThreadId,
    },
    /// Hand over: a FHIR R4 MedicationDispense
    Dispense {
        /// The prescription's id
        rx: ThreadId,
        /// File with the resource, `-` for standard input
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// Dispense past a safety alert, with this reason
        #[arg(long, value_name = "REASON")]
        r#override: Option<String>,
    },
    /// Ask the prescriber, and wait
    Hold(Reasoned),
    /// Answer a question; the prescription's text is unaltered
    Answer(Reasoned),
    /// Do not dispense it, or not the rest
    Refuse(Reasoned),
    /// Take it back, or the rest
    Cancel(Reasoned),
}

/// An act that needs a reason.
#[derive(Debug, Args)]
pub struct Reasoned {
    /// The prescription's id
    pub rx: ThreadId,
    /// Why
    #[arg(long)]
    pub reason: String,
}

impl Rx {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let session = context.session()?;
        let output = &context.output;
        match self {
            Self::Write {
                chart,
                file,
                r#override,
            } => {
                let orders = rx_from_json(&input::read(file)?)?;
                let [order] = <[_; 1]>::try_from(orders).map_err(|orders: Vec<_>| {
                    Failure::new(
                        Exit::BadInput,
                        "not-one",
                        format!("{} prescriptions in one file", orders.len()),
                    )
                    .hint("sign one MedicationRequest at a time")
                })?;
                output.result(&rx::write(&session, chart, order, r#override.as_deref())?)
            }
            Self::List { state, chart } => {
                output.result(&rx::list(&session, *state, chart.as_deref())?)
            }
            Self::Show { rx } => output.result(&rx::show(&session, *rx, &as_json)?),
            Self::Verify { rx } => {
                let verdict = rx::verify(&session, *rx)?;
                output.result(&verdict)?;
                Ok(if verdict.ok { Exit::Done } else { Exit::Found })
            }
            Self::Dispense {
                rx,
                file,
                r#override,
            } => {
                let dispense = dispense_from_json(&input::read(file)?)?;
                output.result(&rx::dispense(
                    &session,
                    *rx,
                    dispense,
                    r#override.as_deref(),
                )?)
            }
            Self::Hold(act) => output.result(&rx::hold(&session, act.rx, &act.reason)?),
            Self::Answer(act) => output.result(&rx::answer(&session, act.rx, &act.reason)?),
            Self::Refuse(act) => output.result(&rx::refuse(&session, act.rx, &act.reason)?),
            Self::Cancel(act) => output.result(&rx::cancel(&session, act.rx, &act.reason)?),
        }
    }
}
