//! Before a patient is admitted: who may be them and has a chart already.

use crate::clinical::Identity;
use crate::ledger::{ChartId, Section};
use crate::vault::permit::Enrol;

use super::list::line;
use crate::desk::error::DeskError;
use crate::desk::reach::reach;
use crate::desk::session::Session;
use crate::desk::sheet::Sheet;
use crate::desk::view::ChartLine;

/// Charts that may be this person's, by [`Identity::may_be`], among those whose identity the session's keys open. **What they do not
/// open is not looked at**: a namesake in another ward is not found.
pub fn namesakes(session: &Session, identity: &Identity) -> Result<Vec<ChartLine>, DeskError> {
    session.vault().authority::<Enrol>()?;
    let name = identity.name().map(ToString::to_string);
    let (name, born) = (
        name.unwrap_or_default().to_lowercase(),
        identity.birth.map(|birth| birth.to_string()),
    );
    session.vault().read(|reader| {
        let charts: Vec<ChartId> = reader
            .directory()
            .charts
            .iter()
            .filter(|(_, state)| state.erased.is_none())
            .map(|(chart, _)| *chart)
            .collect();
        let mut found = Vec::new();
        for chart in charts {
            if !reach(session, reader, chart, Section::Identity).is_open() {
                continue;
            }
            let Some(line) = line(session, reader, chart)? else {
                continue;
            };
            // The list is remembered: only who may be meant is read again.
            let born = born.is_some() && line.birth_date == born;
            if !born && line.name.to_lowercase() != name {
                continue;
            }
            let sheet = Sheet::read(reader, chart, Section::Identity)?;
            if sheet.identity().is_some_and(|known| known.may_be(identity)) {
                found.push(line);
            }
        }
        Ok(found)
    })
}
