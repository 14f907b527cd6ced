//! Looking is recorded: one entry a session, chart and hour. **Where it cannot be written, nothing is shown.**

use std::sync::PoisonError;

use crate::ledger::{ChartId, Section};
use crate::vault::{Draft, clock};

use super::act::{Act, Viewed};
use super::error::DeskError;
use super::session::Session;

/// Puts on record that this session looked at a chart, unless it did within the hour.
pub fn record(session: &Session, chart: ChartId, sections: &[Section]) -> Result<(), DeskError> {
    record_all(session, &[(chart, sections.to_vec())])
}

/// The same for several charts, in one transaction.
pub fn record_all(session: &Session, charts: &[(ChartId, Vec<Section>)]) -> Result<(), DeskError> {
    let hour = clock::now() / clock::HOUR;
    let mut looked = session
        .looked
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let fresh: Vec<_> = charts
        .iter()
        .filter(|(chart, _)| !looked.contains(&(*chart, hour)))
        .collect();
    if fresh.is_empty() {
        return Ok(());
    }
    session.vault().write(|writer| {
        let drafts = fresh
            .iter()
            .map(|(chart, sections)| {
                let act = Act::Viewed(Viewed {
                    sections: sections.clone(),
                });
                (Draft::new(*chart, Section::Access), act.encode())
            })
            .collect();
        writer.put_all(drafts)?;
        Ok::<_, DeskError>(())
    })?;
    looked.extend(fresh.iter().map(|(chart, _)| (*chart, hour)));
    Ok(())
}
