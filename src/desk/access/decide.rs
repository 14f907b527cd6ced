//! Deciding a request: the patient, or the attending doctor. Revoking: whoever decides, at any time.

use crate::ledger::clear::GrantGround;
use crate::ledger::{ChartId, EntryId, Holder, LedgerError, Section, ThreadId};
use crate::vault::directory::Hold;
use crate::vault::permit::{AcceptShare, Decide};
use crate::vault::{Draft, NewGrant, Reader, VaultError};

use super::share::{shared_with_me, sooner};
use super::{chart_of, glass, thread};
use crate::desk::act::{AccessDecided, AccessRequested, Act};
use crate::desk::error::DeskError;
use crate::desk::session::Session;
use crate::desk::sheet::{Leaf, Sheet};
use crate::desk::view::{AccessState, GrantState, Stamp};

/// Grants a request: hands the requester the keys of the sections they asked for, and signs the decision.
pub fn grant(session: &Session, id: &str, until: Option<Stamp>) -> Result<AccessState, DeskError> {
    let request = thread(id)?;
    let chart = may_decide(session, request)?;
    lost_race(session.vault().write(|writer| {
        let (first, asked) = pending(&mut writer.reader(), request)?;
        let most = held_until(&writer.reader(), chart, &asked.sections);
        let until = match until.map(|until| until.millis().max(0) as u64) {
            Some(until) if most.is_some_and(|most| most < until) => {
                return Err(DeskError::Denied(
                    "you can grant no longer than you hold it yourself".into(),
                ));
            }
            Some(until) => Some(until),
            None => sooner(asked.until, most),
        };
        if until.is_some_and(|until| until <= writer.now()) {
            return Err(DeskError::BadInput(
                "the end of the access lies in the past".into(),
            ));
        }
        let granted = writer.grant(&NewGrant {
            chart,
            to: Holder::Person(first.core.author),
            sections: asked.sections,
            until,
            ground: GrantGround::Request,
            because: Some(first.core.id),
        })?;
        let act = AccessDecided {
            grant: Some(granted.id),
            until,
            reason: None,
            revoked: false,
        };
        let draft = Draft::new(chart, Section::Access)
            .after(request, first.core.id)
            .to(vec![Holder::Person(first.core.author)]);
        writer.put(draft, &Act::AccessDecided(act).encode())?;
        Ok(answer(request, GrantState::Granted, until))
    }))
}

/// Refuses a request, with a reason.
pub fn refuse(session: &Session, id: &str, reason: &str) -> Result<AccessState, DeskError> {
    let reason = said(reason)?;
    let request = thread(id)?;
    if let Some(declined) = decline(session, EntryId(request.0))? {
        return Ok(declined);
    }
    let chart = may_decide(session, request)?;
    lost_race(session.vault().write(|writer| {
        let (first, _) = pending(&mut writer.reader(), request)?;
        let act = AccessDecided {
            grant: None,
            until: None,
            reason: Some(reason),
            revoked: false,
        };
        let draft = Draft::new(chart, Section::Access)
            .after(request, first.core.id)
            .to(vec![Holder::Person(first.core.author)]);
        writer.put(draft, &Act::AccessDecided(act).encode())?;
        Ok(answer(request, GrantState::Refused, None))
    }))
}

/// Where it is a share with this person that they have not accepted: gives the key back.
fn decline(session: &Session, grant: EntryId) -> Result<Option<AccessState>, DeskError> {
    let found = session.vault().read(|reader| {
        let now = reader.now();
        let mut shares = shared_with_me(reader);
        let share = shares
            .find(|(_, held)| held.grant == grant && held.accepted.is_none() && held.in_force(now));
        Ok::<_, DeskError>(share.map(|(chart, _)| chart))
    })?;
    let Some(chart) = found else {
        return Ok(None);
    };
    session.vault().authority::<AcceptShare>()?;
    session
        .vault()
        .write(|writer| writer.revoke(chart, grant))?;
    Ok(Some(answer(ThreadId(grant.0), GrantState::Refused, None)))
}

/// Takes a grant back, by the id of its request or of the grant itself: the slots go at once. Or ends a broken glass.
pub fn revoke(session: &Session, id: &str, reason: &str) -> Result<AccessState, DeskError> {
    let reason = said(reason)?;
    let named = thread(id)?;
    if let Some(ended) = lost_race(glass::end(session, named, &reason))? {
        return Ok(ended);
    }
    let (chart, grant, request) = session.vault().read(|reader| find_grant(reader, named))?;
    session.vault().permit::<Decide>(&chart)?;
    lost_race(session.vault().write(|writer| {
        let over = writer.directory().chart(&chart).is_none_or(|state| {
            !state
                .lines
                .iter()
                .any(|held| held.grant == grant && held.in_force(writer.now()))
        });
        if over {
            return Err(DeskError::NotNow("this access has ended already".into()));
        }
        writer.revoke(chart, grant).map_err(|error| match error {
            VaultError::Invalid(why) => DeskError::Denied(why),
            other => other.into(),
        })?;
        if let Some(request) = request {
            let newest = writer.tx().thread_end(&request)?;
            let first = Sheet::thread(&mut writer.reader(), request)?
                .leaves
                .first()
                .map(|leaf| leaf.core.author);
            if let (Some(newest), Some(requester)) = (newest, first) {
                let act = AccessDecided {
                    grant: Some(grant),
                    until: None,
                    reason: Some(reason),
                    revoked: true,
                };
                let draft = Draft::new(chart, Section::Access)
                    .after(request, newest.id)
                    .to(vec![Holder::Person(requester)]);
                writer.put(draft, &Act::AccessDecided(act).encode())?;
            }
        }
        Ok(answer(named, GrantState::Revoked, None))
    }))
}

fn answer(id: ThreadId, state: GrantState, until: Option<u64>) -> AccessState {
    AccessState {
        id: id.to_string(),
        state,
        until: until.map(|until| Stamp::from_millis(until as i64)),
    }
}

fn said(reason: &str) -> Result<String, DeskError> {
    match reason.trim() {
        "" => Err(DeskError::BadInput("say why, in a few words".into())),
        reason => Ok(reason.into()),
    }
}

/// Only the patient and the attending doctor decide; everyone else is refused, on record.
fn may_decide(session: &Session, request: ThreadId) -> Result<ChartId, DeskError> {
    let chart = session.vault().read(|reader| chart_of(reader, request))?;
    session.vault().permit::<Decide>(&chart)?;
    let decides = session.vault().read(|reader| {
        let me = Some(reader.me());
        Ok::<_, DeskError>(
            reader
                .directory()
                .chart(&chart)
                .is_some_and(|state| state.patient == me || state.attending == me),
        )
    })?;
    if decides {
        Ok(chart)
    } else {
        Err(DeskError::Denied(
            "only the patient or the attending doctor decides this request".into(),
        ))
    }
}

/// Until when this session holds all of these sections; `None` is without end.
fn held_until(reader: &Reader<'_>, chart: ChartId, sections: &[Section]) -> Option<u64> {
    let directory = reader.directory();
    let state = directory.chart(&chart)?;
    let (me, now) = (reader.me(), reader.now());
    let ends = sections.iter().map(|section| {
        // What is not held at all is refused when it is handed over, and named there.
        let until = directory.held_until(&me, state, *section, Hold::Any, now);
        until.filter(|until| *until > 0)
    });
    ends.fold(None, sooner)
}

/// A request that nobody has decided yet.
fn pending(
    reader: &mut Reader<'_>,
    request: ThreadId,
) -> Result<(Leaf, AccessRequested), DeskError> {
    let sheet = Sheet::thread(reader, request)?;
    if let Some((seq, why)) = sheet.damaged.first() {
        return Err(DeskError::Damaged(format!("entry {seq}: {why}")));
    }
    let none = || DeskError::NoSuchEntry {
        what: "request",
        id: request.to_string(),
    };
    let first = sheet.leaves.first().ok_or_else(none)?;
    let Some(Act::AccessRequested(asked)) = first.act() else {
        return Err(none());
    };
    if sheet.leaves.len() > 1 {
        return Err(DeskError::NotNow(format!(
            "the request was decided already by {}",
            sheet.leaves[1].author
        )));
    }
    Ok((first.clone(), asked.clone()))
}

/// A grant, named by itself or by the request that it answers.
fn find_grant(
    reader: &mut Reader<'_>,
    named: ThreadId,
) -> Result<(ChartId, EntryId, Option<ThreadId>), DeskError> {
    let entry = EntryId(named.0);
    for (chart, state) in &reader.directory().charts {
        if state
            .lines
            .iter()
            .any(|held| held.grant == entry && held.ground.is_some())
        {
            return Ok((*chart, entry, None));
        }
    }
    let chart = chart_of(reader, named)?;
    let sheet = Sheet::thread(reader, named)?;
    let granted = sheet.leaves.iter().rev().find_map(|leaf| match leaf.act() {
        Some(Act::AccessDecided(decided)) => decided.grant,
        _ => None,
    });
    let granted =
        granted.ok_or_else(|| DeskError::NotNow("nothing was granted on this request".into()))?;
    Ok((chart, granted, Some(named)))
}

fn lost_race<T>(outcome: Result<T, DeskError>) -> Result<T, DeskError> {
    match outcome {
        Err(DeskError::Vault(VaultError::Ledger(LedgerError::Conflict { .. }))) => {
            Err(DeskError::NotNow(
                "somebody else decided this request a moment ago: look at it again".into(),
            ))
        }
        other => other,
    }
}
