//! `stock`: a pharmacy's shelf.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Context, Exit, Failure, input};
use crate::clinical::Decimal;
use crate::clinical::stock::Correction;
use crate::desk::stock;
use crate::interop::lot::lot_from_json;

/// A pharmacy's stock: list, receive, adjust (by a pharmacist)
#[derive(Debug, Subcommand)]
pub enum Stock {
    /// List the lots on the shelf
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Put a lot on the shelf, or more of one that is there
    Receive {
        /// JSON with medicine, code, lot, expiry, quantity and unit; `-` for standard input
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Correct the count of a lot
    Adjust {
        /// The lot's number
        lot: String,
        /// What was counted; with a sign, by how much it changed: -5, +5
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = correction)]
        quantity: Correction,
        /// Why
        #[arg(long)]
        reason: String,
        /// The product's code, where two products have the same lot number
        #[arg(long)]
        code: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

/// Whose shelf.
#[derive(Debug, Args)]
pub struct Place {
    /// The pharmacy [default: the one you work in]
    #[arg(long)]
    pub unit: Option<String>,
}

fn correction(text: &str) -> Result<Correction, String> {
    let number = text.strip_prefix('+').unwrap_or(text);
    let value: Decimal = number
        .parse()
        .map_err(|_| format!("`{text}` is no decimal number"))?;
    if text.starts_with(['+', '-']) {
        Ok(Correction::Changed(value))
    } else {
        Ok(Correction::Counted(value))
    }
}

impl Stock {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let session = context.session()?;
        let output = context.output;
        match self {
            Self::List { place } => output.result(&stock::list(&session, place.unit.as_deref())?),
            Self::Receive { file, place } => {
                let (lot, quantity) = lot_from_json(&input::read(file)?).map_err(|error| {
                    Failure::new(Exit::BadInput, "bad-lot", error.to_string())
                        .hint("nothing was written")
                })?;
                let unit = place.unit.as_deref();
                output.result(&stock::receive(&session, unit, &lot, quantity)?)
            }
            Self::Adjust {
                lot,
                quantity,
                reason,
                code,
                place,
            } => output.result(&stock::adjust(
                &session,
                place.unit.as_deref(),
                lot,
                code.as_deref(),
                *quantity,
                reason,
            )?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_makes_a_change_of_what_would_be_a_count() {
        assert_eq!(
            correction("12"),
            Ok(Correction::Counted(Decimal::whole(12)))
        );
        assert_eq!(
            correction("+12"),
            Ok(Correction::Changed(Decimal::whole(12)))
        );
        assert_eq!(
            correction("-3"),
            Ok(Correction::Changed(Decimal::whole(-3)))
        );
        assert!(correction("a few").is_err());
    }
}
