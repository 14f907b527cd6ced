//! The attending doctor of a chart: who decides requests where no patient does. **The assignment is a signed entry that needs
//! no key to check**: a patient sees who it is, their role, the fingerprint of their key, and who signed it.

use crate::clinical::Role;
use crate::ledger::ChartId;
use crate::vault::permit::Attend;
use crate::vault::{Reader, VaultError};

use crate::desk::error::DeskError;
use crate::desk::locate;
use crate::desk::session::Session;
use crate::desk::sheet::who;
use crate::desk::view::{Attended, Attending, Stamp};

/// Names the attending doctor of a chart. By a registrar or a doctor of a unit that looks after it, or by who attends now.
pub fn attend(session: &Session, mrn: &str, login: &str) -> Result<Attended, DeskError> {
    session.vault().authority::<Attend>()?;
    let (chart, stored) = session.vault().write(|writer| {
        let mut reader = writer.reader();
        let chart = locate::chart(session, &mut reader, mrn)?;
        let directory = reader.directory();
        let state = directory.chart(&chart).ok_or(VaultError::NoChart(chart))?;
        let me = reader.me();
        if state.attending != Some(me) && !directory.cares_for(&me, state) {
            return Err(DeskError::Denied(format!(
                "only a registrar or a doctor of a unit that looks after {mrn} names its attending doctor"
            )));
        }
        let (doctor, person) = directory
            .by_login(login)
            .ok_or_else(|| VaultError::Unknown {
                what: "active user",
                name: login.into(),
                hint: ": `chartseal user list` shows them",
            })?;
        if person.role() != Some(Role::Doctor) {
            return Err(DeskError::BadInput(format!("{login} is no doctor")));
        }
        if !directory.cares_for(doctor, state) {
            return Err(DeskError::BadInput(format!(
                "{login} is in none of the units that look after {mrn}: an admin lets them join first"
            )));
        }
        if state.attending == Some(*doctor) {
            return Err(DeskError::NotNow(format!("{login} attends {mrn} already")));
        }
        let doctor = *doctor;
        let stored = writer.set_attending(chart, doctor)?;
        Ok((chart, stored))
    })?;
    let attending = session.vault().read(|reader| of(reader, chart))?;
    Ok(Attended {
        mrn: mrn.into(),
        entry: stored.id.to_string(),
        attending: attending
            .ok_or_else(|| DeskError::Damaged("an entry that does not count".into()))?,
    })
}

/// Who attends a chart, and the signature that says so.
pub(super) fn of(reader: &Reader<'_>, chart: ChartId) -> Result<Option<Attending>, DeskError> {
    let directory = reader.directory();
    let Some(state) = directory.chart(&chart) else {
        return Ok(None);
    };
    let Some((_, person)) = directory.attending_of(state) else {
        return Ok(None);
    };
    let since = state.attending_since.unwrap_or_default();
    let entry = reader
        .tx()
        .entry(since)?
        .ok_or_else(|| DeskError::Damaged(format!("entry {since} is missing")))?;
    reader.verify(&entry)?;
    let (named_by, _, _) = who(reader, &entry.core.author, since);
    let certificate = &person.certificate;
    Ok(Some(Attending {
        login: certificate.login.clone(),
        name: certificate.name.clone(),
        role: Role::Doctor.as_str().into(),
        key: certificate.fingerprint(),
        named_by,
        since: Stamp::from_millis(entry.core.created as i64),
    }))
}
