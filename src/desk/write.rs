//! Writing to a chart: a new entry, an amendment, a retraction. Prescriptions and dispenses have desks of their own.

use crate::clinical::{self, Body, Instant, Retraction, Role};
use crate::ledger::{ChartId, EntryId, ReadTx, ThreadId};
use crate::vault::permit::{
    Administer, WriteClinical, WriteIdentity, WriteMedication, WriteNursing, WriteSelfReported,
};
use crate::vault::{Draft, clock};

use super::charts::encode;
use super::error::DeskError;
use super::indexing;
use super::locate;
use super::reach::reach;
use super::rights::{may_write, section_of};
use super::session::Session;
use super::sheet::{Leaf, Sheet, leaf};
use super::view::{Alert, Severity, Written};

/// The longest text of a note, in bytes.
const LONGEST_NOTE: usize = 256 * 1024;

/// Writes one entry to a chart.
pub fn entry(session: &Session, mrn: &str, body: Body) -> Result<Written, DeskError> {
    let chart = session
        .vault()
        .read(|reader| locate::chart(session, reader, mrn))?;
    let body = fit(session, chart, body, None)?;
    session.vault().write(|writer| {
        let section = section_of(&body);
        if !reach(session, &writer.reader(), chart, section).is_open() {
            return Err(crate::vault::VaultError::NoKey { section }.into());
        }
        if let Body::Identity(identity) = &body {
            // There is one identity: a new one corrects it.
            let sheet = Sheet::read(&mut writer.reader(), chart, section)?;
            let mut versions = sheet.current().rev().filter_map(|(leaf, body)| match body {
                Body::Identity(known) => Some((leaf, known)),
                _ => None,
            });
            if let Some((current, known)) = versions.next() {
                let thread = current.core.thread;
                let end = end(writer.tx(), thread)?.unwrap_or(current.core.id);
                let body = Body::Identity(known.corrected(identity.clone()));
                let draft = Draft::new(chart, section).after(thread, end);
                let stored = indexing::put(writer, draft, &encode(&body))?;
                return Ok(written(stored, mrn, &body));
            }
        }
        let stored = indexing::put(writer, Draft::new(chart, section), &encode(&body))?;
        Ok(written(stored, mrn, &body))
    })
}

/// Writes a new version of an entry. The old one stays readable in the history.
pub fn amend(session: &Session, entry: EntryId, body: Body) -> Result<Written, DeskError> {
    let newest = newest(session, entry)?;
    let Some(old) = newest.leaf.body() else {
        return Err(DeskError::BadInput(
            "only entries of a chart are amended".into(),
        ));
    };
    if old.kind() != body.kind() {
        return Err(DeskError::BadInput(format!(
            "a {} is amended by a {}, not by a {}",
            old.kind().as_str(),
            old.kind().as_str(),
            body.kind().as_str()
        )));
    }
    may(session, newest.leaf.core.chart, old)?;
    let mut body = fit(session, newest.leaf.core.chart, body, Some(old))?;
    if let (Body::Identity(identity), Body::Identity(old)) = (&mut body, old) {
        // The number by which the chart is found is no claim of who writes.
        (identity.mrn, identity.link) = (old.mrn, old.link.clone());
    }
    follow(session, &newest, &body)
}

/// Withdraws an entry, with a reason. It stays readable in the history.
pub fn retract(session: &Session, entry: EntryId, reason: &str) -> Result<Written, DeskError> {
    if reason.trim().is_empty() {
        return Err(DeskError::BadInput("a retraction needs a reason".into()));
    }
    let newest = newest(session, entry)?;
    let Some(old) = newest.leaf.body() else {
        return Err(DeskError::BadInput(
            "only entries of a chart are retracted".into(),
        ));
    };
    if matches!(
        old,
        Body::Prescription(_) | Body::Dispense(_) | Body::RxEvent(_)
    ) {
        return Err(DeskError::BadInput(
            "a prescription is cancelled, not retracted".into(),
        ));
    }
    may(session, newest.leaf.core.chart, old)?;
    follow(
        session,
        &newest,
        &Body::Retraction(Retraction {
            reason: reason.trim().into(),
            source: None,
        }),
    )
}

fn follow(session: &Session, newest: &Newest, body: &Body) -> Result<Written, DeskError> {
    session.vault().write(|writer| {
        let core = &newest.leaf.core;
        if !reach(session, &writer.reader(), core.chart, core.section).is_open() {
            return Err(crate::vault::VaultError::NoKey {
                section: core.section,
            }
            .into());
        }
        let draft = Draft::new(core.chart, core.section).after(core.thread, newest.end);
        let stored = indexing::put(writer, draft, &encode(body))?;
        Ok(written(stored, &newest.mrn, body))
    })
}

/// What the next version of a thread follows: its last entry, also one that opens to nobody, decodes to nothing or stands elsewhere.
fn end(tx: &ReadTx<'_>, thread: ThreadId) -> Result<Option<EntryId>, DeskError> {
    Ok(tx.thread_end(&thread)?.map(|core| core.id))
}

/// The version of a thread that counts.
struct Newest {
    leaf: Leaf,
    /// Where its thread ends: later entries may stand there that count for nothing, and nothing follows but the last.
    end: EntryId,
    mrn: String,
}

/// The entry to follow: it must be its thread's last version **that counts**, and not withdrawn.
fn newest(session: &Session, entry: EntryId) -> Result<Newest, DeskError> {
    session.vault().read(|reader| {
        let none = || DeskError::NoSuchEntry {
            what: "entry",
            id: entry.to_string(),
        };
        let opened = reader.by_id(&entry)?.ok_or_else(none)?;
        let core = opened.entry.core.clone();
        if !reach(session, reader, core.chart, core.section).is_open() {
            return Err(none());
        }
        let found = leaf(reader, opened)
            .map_err(|(seq, why)| DeskError::Damaged(format!("entry {seq}: {why}")))?;
        let sheet = Sheet::thread(reader, core.thread)?;
        let end = end(reader.tx(), core.thread)?.ok_or_else(none)?;
        let counting = sheet.leaves.iter().rev().find(|leaf| leaf.newest);
        let last = counting.ok_or_else(none)?;
        if matches!(last.body(), Some(Body::Retraction(_))) {
            return Err(DeskError::NotNow(format!("entry {entry} was retracted")));
        }
        if last.core.id != entry {
            return Err(DeskError::NotNow(format!(
                "entry {entry} was amended already by {}: amend its last version, {}",
                last.author, last.core.id
            )));
        }
        let mrn = locate::number(reader, core.chart)?.unwrap_or_default();
        Ok(Newest {
            leaf: found,
            end,
            mrn,
        })
    })
}

/// Refuses what cannot have happened yet and what cannot be meant. What the version `before` said is left as it was sent.
pub(super) fn plausible(body: &Body, before: Option<&Body>) -> Result<(), DeskError> {
    let bad = |error: &dyn std::fmt::Display| DeskError::BadInput(error.to_string());
    let now = Instant::from_unix_millis(clock::now() as i64);
    let now = now.ok_or_else(|| bad(&"the host's clock is outside the calendar"))?;
    body.has_happened(before, &now)
        .map_err(|error| bad(&error))?;
    if let Body::Identity(identity) = body {
        let before = match before {
            Some(Body::Identity(before)) => Some(before),
            _ => None,
        };
        identity.has_numbers(before).map_err(|error| bad(&error))?;
    }
    Ok(())
}

/// Checks a body and the right to write it; marks what a patient reports as their own.
fn fit(
    session: &Session,
    chart: ChartId,
    mut body: Body,
    before: Option<&Body>,
) -> Result<Body, DeskError> {
    plausible(&body, before)?;
    match &mut body {
        Body::Vitals(vitals) => {
            if session.role() == Role::Patient {
                vitals.self_reported = true;
            }
            let checked = vitals
                .clone()
                .checked()
                .map_err(|error| DeskError::BadInput(error.to_string()))?;
            if checked.measured().next().is_none() {
                return Err(DeskError::BadInput(
                    "vitals without a single measured value".into(),
                ));
            }
            *vitals = checked;
        }
        Body::Note(note) => {
            if note.text.trim().is_empty() {
                return Err(DeskError::BadInput("a note needs text".into()));
            }
            if note.text.len() > LONGEST_NOTE {
                return Err(DeskError::BadInput(format!(
                    "a note has at most {LONGEST_NOTE} bytes of text"
                )));
            }
            note.author_role = Some(session.role());
        }
        Body::Prescription(_) => {
            return Err(DeskError::BadInput(
                "a prescription is written with `rx write`".into(),
            ));
        }
        Body::Dispense(_) | Body::RxEvent(_) => {
            return Err(DeskError::BadInput(
                "dispensing goes through `rx dispense`, on a verified prescription".into(),
            ));
        }
        Body::Retraction(_) => {
            return Err(DeskError::BadInput(
                "a retraction names the entry it withdraws".into(),
            ));
        }
        _ => {}
    }
    may(session, chart, &body)?;
    Ok(body)
}

fn may(session: &Session, chart: ChartId, body: &Body) -> Result<(), DeskError> {
    let vault = session.vault();
    match body {
        Body::Identity(_) => vault.permit::<WriteIdentity>(&chart).map(drop)?,
        Body::Vitals(_) if session.role() == Role::Patient => {
            if !vault
                .read(|reader| Ok::<_, DeskError>(locate::own_charts(reader).contains(&chart)))?
            {
                return Err(DeskError::Denied(
                    "a patient reports vitals to their own chart only".into(),
                ));
            }
            vault.permit::<WriteSelfReported>(&chart).map(drop)?;
        }
        Body::Vitals(_) | Body::Note(_) => vault.permit::<WriteNursing>(&chart).map(drop)?,
        Body::Administration(_) => vault.permit::<Administer>(&chart).map(drop)?,
        Body::Allergy(_) | Body::MedicationSummary(_) => {
            vault.permit::<WriteMedication>(&chart).map(drop)?;
        }
        _ => vault.permit::<WriteClinical>(&chart).map(drop)?,
    }
    if may_write(session.role(), body) {
        Ok(())
    } else {
        Err(DeskError::Denied(format!(
            "a {} may not write a {}",
            session.role().as_str(),
            body.kind().as_str()
        )))
    }
}

fn written(stored: crate::vault::Stored, mrn: &str, body: &Body) -> Written {
    let flags = match body {
        Body::Vitals(vitals) => vitals.flags(None),
        body => body.flags(),
    };
    let mut alerts: Vec<Alert> = flags
        .iter()
        .map(|flag| Alert {
            check: "vitals".into(),
            severity: if flag.level.is_critical() {
                Severity::Warn
            } else {
                Severity::Info
            },
            text: flag.to_string(),
            overridden: false,
            at: None,
        })
        .collect();
    if let Body::Vitals(vitals) = body
        && let Ok(score) = clinical::News2::of(vitals)
        && score.total() >= 5
    {
        alerts.push(Alert {
            check: "news2".into(),
            severity: Severity::Warn,
            text: format!("NEWS2 {}: urgent response", score.total()),
            overridden: false,
            at: None,
        });
    }
    Written {
        entry: stored.id.to_string(),
        thread: stored.thread.to_string(),
        mrn: mrn.into(),
        alerts,
    }
}
