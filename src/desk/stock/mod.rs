//! A pharmacy's shelf: what came in, what was counted, what was handed over.
//!
//! A lot is a thread in the `work` section of the pharmacy's own chart; each movement is its next version and says what is left,
//! so that two people cannot take the same last box. **Nothing is ever below zero, and what was handed over is taken off in the
//! same transaction as the dispense.** The lots await their pharmacy: its inbox view is the shelf.
//!
//! - [`shelf`]: the lots as they are; [`keep`]: receiving and counting; [`counter`]: what a prescription takes.

pub mod counter;
pub mod keep;
pub mod shelf;

pub use keep::{adjust, receive};
pub use shelf::list;
