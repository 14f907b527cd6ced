//! Breaking the glass: a reason, the passphrase again, a limited time, notice to the patient and the auditors. **The entry
//! is durable before the first plain text.**

use crate::clinical::Role;
use crate::crypto::secret::SecretBytes;
use crate::ledger::clear::UnitKind;
use crate::ledger::{Holder, Section};
use crate::vault::permit::{BreakGlass, ReadAccess};
use crate::vault::{Draft, clock};

use super::request::{note, own_units};
use super::{chart_of, thread};
use crate::desk::act::{Act, GlassBroken, GlassNoted, GlassReviewed};
use crate::desk::error::DeskError;
use crate::desk::locate;
use crate::desk::reach::{Reach, reach};
use crate::desk::session::{self, Session};
use crate::desk::sheet::Sheet;
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
    session.glass_broken(chart, until);
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
        if sheet.leaves.len() > 1 {
            return Err(DeskError::NotNow(format!(
                "it was reviewed already by {}",
                sheet.leaves[1].author
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
        let draft = Draft::new(chart, Section::Access).after(glass, first.core.id);
        writer.put(draft, &act.encode())?;
        Ok(AccessState {
            id: glass.to_string(),
            state: GrantState::Expired,
            until: None,
        })
    })
}

/// Finds glass that this person broke a moment ago in another session, from their own notes.
pub fn remember(session: &Session) -> Result<(), DeskError> {
    if !matches!(session.role(), Role::Doctor | Role::Nurse) {
        return Ok(());
    }
    let found = session.vault().read(|reader| {
        let (me, now) = (reader.me(), reader.now());
        let mut found = Vec::new();
        for unit in own_units(reader) {
            for entry in reader.tx().section(&unit.chart(), Section::Work)? {
                let fresh = entry.core.created + MINUTES * 60_000 > now;
                if entry.core.author != me || !fresh {
                    continue;
                }
                let opened = reader.open(entry)?;
                if let Ok(Some(Act::GlassNoted(noted))) = Act::decode(&opened.body)
                    && noted.until > now
                {
                    found.push((noted.chart, noted.until));
                }
            }
        }
        Ok::<_, DeskError>(found)
    })?;
    for (chart, until) in found {
        session.glass_broken(chart, until);
    }
    Ok(())
}
