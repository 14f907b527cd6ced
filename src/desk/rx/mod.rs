//! Prescriptions: written and signed by a doctor, found by the pharmacy they are addressed to, verified, dispensed.
//!
//! A prescription is a thread of the medication section: the signed order, then every dispense and event as a later
//! version, so that two people cannot act on the same state. **Only a [`Verified`] prescription is dispensed.**
//!
//! - [`checks`]: safety checks from the chart; [`mod@write`]: preview, sign; [`queue`]: list and show; [`verified`]: the door;
//!   [`mod@dispense`]: hand over, hold, answer, refuse, cancel.

pub mod checks;
pub mod dispense;
pub mod queue;
pub mod verified;
pub mod write;

pub use dispense::{answer, cancel, dispense, hold, refuse};
pub use queue::{list, show, verify};
pub use verified::Verified;
pub use write::{preview, write};
