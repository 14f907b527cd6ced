//! Breaking the glass: a reason, the passphrase again, a limited time, notice to the patient and the auditors. **The entry
//! is durable before the first plain text.**

use crate::clinical::Role;
use crate::crypto::secret::SecretBytes;
use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, Holder, Section, ThreadId};
use crate::vault::permit::{BreakGlass, ReadAccess};
use crate::vault::{Draft, Reader, clock};

use super::request::{note, own_units};
use super::{chart_of, thread};
use crate::desk::act::{AccessDecided, Act, GlassBroken, GlassNoted, GlassReviewed};
use crate::desk::error::DeskError;
use crate::desk::locate;
use crate::desk::reach::{Glass, Reach, has_ended, reach};
use crate::desk::session::{self, Session};
use crate::desk::sheet::{Leaf, Sheet};
use crate::desk::view::{AccessState, GrantState, Stamp};

/// How long the glass stays broken.
pub const MINUTES: u64 = 60;
/// A reason has at least so many characters: a sentence, not a keystroke.
pub const SHORTEST_REASON: usize = 10;

/// Opens a chart through the emergency unit for an hour.
pub fn break_glass(
    session: &Session,
    mrn: &str,
    reason: &str,
    passphrase: &SecretBytes,
) -> Result<AccessState, DeskError> {
    session.vault().authority::<BreakGlass>()?;
    let reason = reason.trim();
    if reason.chars().count() < SHORTEST_REASON {
        return Err(DeskError::BadInput(format!(
            "breaking the glass needs a reason of at least {SHORTEST_REASON} characters"
        )));
    }
    session::confirm(session, passphrase)?;
    let until = clock::now() + MINUTES * 60_000;
    let (chart, id) = session.vault().write(|writer| {
        let mut reader = writer.reader();
        let chart = locate::chart(session, &mut reader, mrn)?;
        match reach(session, &reader, chart, Section::Identity) {
            Reach::Emergency => {}
            Reach::None => {
                return Err(DeskError::Denied(
                    "this chart cannot be opened in an emergency with your keys: ask for access"
                        .into(),
                ));
            }
            Reach::Unit(_) | Reach::Personal | Reach::Glass { .. } => {
                return Err(DeskError::NotNow(format!("your keys open {mrn} already")));
            }
        }
        let auditors = reader
            .directory()
            .special(UnitKind::Auditors)
            .map(|state| Holder::Unit(state.unit.unit));
        let patient = reader
            .directory()
            .chart(&chart)
            .and_then(|state| state.patient)
            .map(Holder::Person);
        let to = patient.into_iter().chain(auditors).collect();
        let act = Act::GlassBroken(GlassBroken {
            reason: reason.into(),
            until,
        });
        let stored = writer.put(Draft::new(chart, Section::Access).to(to), &act.encode())?;
        note(
            writer,
            &Act::GlassNoted(GlassNoted {
                glass: stored.thread,
                chart,
                until,
            }),
        )?;
        Ok((chart, stored.thread))
    })?;
    session.glass_broken(chart, Glass { thread: id, until });
    Ok(AccessState {
        id: id.to_string(),
        state: GrantState::Granted,
        until: Some(Stamp::from_millis(until as i64)),
    })
}

/// Closes a break-glass: another person says whether it was justified.
pub fn review(
    session: &Session,
    id: &str,
    finding: &str,
    justified: bool,
) -> Result<AccessState, DeskError> {
    let finding = finding.trim();
    if finding.is_empty() {
        return Err(DeskError::BadInput("say what the review found".into()));
    }
    let glass = thread(id)?;
    let chart = session.vault().read(|reader| chart_of(reader, glass))?;
    session.vault().permit::<ReadAccess>(&chart)?;
    session.vault().write(|writer| {
        let mut reader = writer.reader();
        let sheet = Sheet::thread(&mut reader, glass)?;
        let none = || DeskError::NoSuchEntry {
            what: "break-glass",
            id: glass.to_string(),
        };
        let first = sheet.leaves.first().ok_or_else(none)?;
        if !matches!(first.act(), Some(Act::GlassBroken(_))) {
            return Err(none());
        }
        if let Some(before) = sheet.leaves.iter().find(|leaf| is_review(leaf)) {
            return Err(DeskError::NotNow(format!(
                "it was reviewed already by {}",
                before.author
            )));
        }
        if first.core.author == reader.me() {
            return Err(DeskError::Denied(
                "another person reviews it, never the one who broke the glass".into(),
            ));
        }
        let attending = reader
            .directory()
            .chart(&chart)
            .and_then(|state| state.attending);
        if session.role() != Role::Auditor && attending != Some(reader.me()) {
            return Err(DeskError::Denied(
                "an auditor or the attending doctor reviews it".into(),
            ));
        }
        let act = Act::GlassReviewed(GlassReviewed {
            finding: finding.into(),
            justified,
        });
        // It may have been ended before.
        let end = reader.tx().thread_end(&glass)?.ok_or_else(none)?;
        let draft = Draft::new(chart, Section::Access).after(glass, end.id);
        writer.put(draft, &act.encode())?;
        Ok(AccessState {
            id: glass.to_string(),
            state: GrantState::Expired,
            until: None,
        })
    })
}

/// Whether a version of a break-glass's thread is its review.
pub(super) fn is_review(leaf: &Leaf) -> bool {
    leaf.authorised && matches!(leaf.act(), Some(Act::GlassReviewed(_)))
}

/// Ends a broken glass before its time: by who broke it, the patient or the attending doctor. It still waits for its review. `None`
/// where `glass` is none.
pub(super) fn end(
    session: &Session,
    glass: ThreadId,
    reason: &str,
) -> Result<Option<AccessState>, DeskError> {
    let found = session
        .vault()
        .read(|reader| find(session, reader, glass))?;
    let Some((chart, until)) = found else {
        return Ok(None);
    };
    let ended = session.vault().write(|writer| {
        let reader = writer.reader();
        let me = reader.me();
        let headers = reader.tx().thread_headers(&glass)?;
        let (Some((_, first)), Some((_, last))) = (headers.first(), headers.last()) else {
            return Err(DeskError::NotNow("this access has ended already".into()));
        };
        let (breaker, last) = (first.author, last.clone());
        let decides = reader
            .directory()
            .chart(&chart)
            .is_some_and(|state| state.patient == Some(me) || state.attending == Some(me));
        if breaker != me && !decides {
            return Err(DeskError::Denied(
                "only who broke the glass, the patient or the attending doctor ends it".into(),
            ));
        }
        if until < reader.now() || has_ended(&reader, glass) {
            return Err(DeskError::NotNow("this access has ended already".into()));
        }
        // It still waits for whom it waited; a review that was given stays given. The breaker is told where another ends it.
        let mut to = last.to.clone();
        if breaker != me {
            to.push(Holder::Person(breaker));
        }
        let act = Act::AccessDecided(AccessDecided {
            grant: None,
            until: None,
            reason: Some(reason.into()),
            revoked: true,
        });
        let draft = Draft::new(chart, Section::Access)
            .after(glass, last.id)
            .to(to);
        writer.put(draft, &act.encode())?;
        Ok(AccessState {
            id: glass.to_string(),
            state: GrantState::Revoked,
            until: None,
        })
    });
    ended.map(Some)
}

/// The chart of a broken glass and until when it opens, where this session may know: from the chart's `access` section, or from
/// one's own note.
fn find(
    session: &Session,
    reader: &mut Reader<'_>,
    glass: ThreadId,
) -> Result<Option<(ChartId, u64)>, DeskError> {
    let mut own = own(session, reader)?.into_iter();
    if let Some((chart, found)) = own.find(|(_, own)| own.thread == glass) {
        return Ok(Some((chart, found.until)));
    }
    let Ok(chart) = chart_of(reader, glass) else {
        return Ok(None);
    };
    if !reach(session, reader, chart, Section::Access).is_open() {
        return Ok(None);
    }
    let sheet = Sheet::thread(reader, glass)?;
    Ok(match sheet.leaves.first().and_then(Leaf::act) {
        Some(Act::GlassBroken(broken)) => Some((chart, broken.until)),
        _ => None,
    })
}

/// The glass that this person broke and whose time may not be over: from this session, and from their own notes of others.
pub(super) fn own(
    session: &Session,
    reader: &mut Reader<'_>,
) -> Result<Vec<(ChartId, Glass)>, DeskError> {
    let (me, now) = (reader.me(), reader.now());
    let mut found = session.glasses();
    for unit in own_units(reader) {
        for entry in reader.tx().section(&unit.chart(), Section::Work)? {
            let fresh = entry.core.created + MINUTES * 60_000 > now;
            if entry.core.author != me || !fresh {
                continue;
            }
            let opened = reader.open(entry)?;
            if let Ok(Some(Act::GlassNoted(noted))) = Act::decode(&opened.body)
                && found.iter().all(|(_, glass)| glass.thread != noted.glass)
            {
                let glass = Glass {
                    thread: noted.glass,
                    until: noted.until,
                };
                found.push((noted.chart, glass));
            }
        }
    }
    found.retain(|(_, glass)| glass.until > now);
    Ok(found)
}

/// Finds glass that this person broke a moment ago in another session, from their own notes.
pub fn remember(session: &Session) -> Result<(), DeskError> {
    if !matches!(session.role(), Role::Doctor | Role::Nurse) {
        return Ok(());
    }
    let found = session.vault().read(|reader| {
        let mut found = own(session, reader)?;
        found.retain(|(_, glass)| !has_ended(reader, glass.thread));
        Ok::<_, DeskError>(found)
    })?;
    for (chart, glass) in found {
        session.glass_broken(chart, glass);
    }
    Ok(())
}
