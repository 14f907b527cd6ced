//! FHIR R4, <https://hl7.org/fhir/R4/>.
//!
//! - In: [`Files`] says what is read, [`Reader`] hands out one [`Item`] a resource, [`Resolver`] says whose it is.
//! - In, one by one: [`entry_from_json`], [`rx_from_json`] and [`dispense_from_json`] read what a person or a script sends.
//! - Out: [`export::bundle`] writes a chart.
//!
//! Every imported body keeps its resource's own bytes, and an export hands them back as they came.

pub mod export;
mod input;
mod map;
mod mark;
mod read;

pub use input::{InputError, dispense_from_json, entry_from_json, rx_from_json};
pub use mark::Mark;
pub use read::{
    BadSystem, Files, Found, Issuer, Item, Limits, Mapped, PlanError, Position, Reader, Reference,
    Resolution, Resolver, SkipReason, Skipped, SourceFile, Standing, System, UNNAMED,
};

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod input_tests;
#[cfg(test)]
mod round_trip_tests;
