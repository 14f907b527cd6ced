//! Processes that die while they index, and processes that index at once: whatever was acknowledged is found, and nothing else.
//!
//! By default 15 are killed; `CHARTSEAL_CAMPAIGN=full` kills 2 000. The oracle is plain text: what the notes of the chart say when they
//! are decrypted one by one. From the first kill on a packed segment stands beside the log, and what is packed, merged or built anew is
//! written in small pieces, between any two of which it may end.

mod child;
mod killed;
mod oracle;
mod several;
#[path = "../support/mod.rs"]
mod support;
mod texts;
mod work;
