//! Asking for access to a chart, deciding, taking it back, sharing, and breaking the glass.
//!
//! A request is a thread of the chart's `access` section, dropped there by somebody who cannot read it and addressed to the
//! patient and the attending doctor. A decision is its next version; the key travels in a slot. **Nobody ever sees or
//! pastes a key.**
//!
//! - [`mod@request`]: asking; [`decide`]: granting, refusing, revoking; [`mod@share`]: passing on; [`glass`]: emergencies; [`mod@list`]: what stands.

pub mod decide;
pub mod glass;
pub mod list;
pub mod request;
pub mod share;

pub use decide::{grant, refuse, revoke};
pub use glass::{break_glass, review};
pub use list::list;
pub use request::request;
pub use share::{accept, share};

use crate::ledger::{ChartId, Section, ThreadId};
use crate::vault::Reader;

use super::error::DeskError;

/// The chart whose `access` section a thread is in.
fn chart_of(reader: &Reader<'_>, thread: ThreadId) -> Result<ChartId, DeskError> {
    let none = || DeskError::NoSuchEntry {
        what: "request",
        id: thread.to_string(),
    };
    let core = reader.tx().thread_start(&thread)?.ok_or_else(none)?;
    let known = reader.directory().chart(&core.chart).is_some();
    if core.section == Section::Access && known {
        Ok(core.chart)
    } else {
        Err(none())
    }
}

fn thread(id: &str) -> Result<ThreadId, DeskError> {
    id.parse()
        .map_err(|error| DeskError::BadInput(format!("{error}")))
}
