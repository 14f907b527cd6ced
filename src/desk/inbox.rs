//! What waits for somebody: thread heads addressed to them or to their units, keys to deliver, accounts to approve.

use std::collections::BTreeSet;

use crate::clinical::{Body, Role, RxEventKind};
use crate::ledger::clear::UnitKind;
use crate::ledger::{CertId, ChartId, Entry, EntryId, Holder, Section, ThreadId};
use crate::vault::Reader;
use crate::vault::account::Standing;

use super::access::share::shared_with_me;
use super::act::Act;
use super::charts;
use super::error::DeskError;
use super::reach::reach;
use super::session::Session;
use super::sheet::{Content, Sheet, leaf, who};
use super::units::newcomer;
use super::view::{Notice, Stamp};

/// What waits for this person, newest first.
pub fn list(session: &Session) -> Result<Vec<Notice>, DeskError> {
    let mut notices = session.vault().read(|reader| {
        let me = reader.me();
        let mut holders = vec![Holder::Person(me)];
        holders.extend(
            reader
                .directory()
                .units_of(&me)
                .map(|state| Holder::Unit(state.unit.unit)),
        );
        let mut notices = Vec::new();
        for holder in holders {
            for entry in reader.tx().notices(&holder)? {
                // What stands in a unit's own chart is its stock, not its mail.
                if entry.core.section != Section::Work {
                    notices.extend(notice(session, reader, entry)?);
                }
            }
        }
        for entry in inherited(reader)? {
            notices.extend(notice(session, reader, entry)?);
        }
        shares(session, reader, &mut notices)?;
        newcomers(session, reader, &mut notices)?;
        awaited(reader, &mut notices)?;
        Ok::<_, DeskError>(notices)
    })?;
    notices.sort_by_key(|notice| std::cmp::Reverse(notice.created.millis()));
    notices.dedup_by(|a, b| a.id == b.id);
    Ok(notices)
}

/// What was asked of doctors who attended charts before this person did.
fn inherited(reader: &Reader<'_>) -> Result<Vec<Entry>, DeskError> {
    let me = Some(reader.me());
    let charts = &reader.directory().charts;
    let mine: BTreeSet<ChartId> = charts
        .iter()
        .filter(|(_, state)| state.attending == me)
        .map(|(chart, _)| *chart)
        .collect();
    let before: BTreeSet<CertId> = mine
        .iter()
        .flat_map(|chart| &charts[chart].attended)
        .copied()
        .collect();
    let mut found = Vec::new();
    for doctor in before {
        let asked = reader.tx().notices(&Holder::Person(doctor))?;
        found.extend(asked.into_iter().filter(|entry| {
            entry.core.section == Section::Access && mine.contains(&entry.core.chart)
        }));
    }
    Ok(found)
}

fn notice(
    session: &Session,
    reader: &mut Reader<'_>,
    entry: Entry,
) -> Result<Option<Notice>, DeskError> {
    let core = entry.core.clone();
    let (from, _, _) = who(reader, &core.author, entry.seq());
    let mrn = if reach(session, reader, core.chart, Section::Identity).is_open() {
        charts::line(session, reader, core.chart)?.map(|line| line.mrn)
    } else {
        None
    };
    let base = |kind: &str, text: String, waits: bool| Notice {
        id: core.thread.to_string(),
        kind: kind.into(),
        created: Stamp::from_millis(core.created as i64),
        from: from.clone(),
        mrn: mrn.clone(),
        text,
        waits,
    };
    let Ok(opened) = reader.open(entry) else {
        // Addressed to somebody who holds no key of the section: the header alone tells them that there is an answer. What
        // begins a thread is none: it is a share, of which the grant tells.
        let answer = core.section == Section::Access && core.parent != EntryId::ZERO;
        return Ok(answer.then(|| {
            base(
                "decision",
                "your request for access was decided: see access".into(),
                false,
            )
        }));
    };
    let Ok(leaf) = leaf(reader, opened) else {
        return Ok(None);
    };
    if !leaf.authorised {
        return Ok(None);
    }
    Ok(match &leaf.content {
        Content::Act(act) => match act {
            Act::AccessRequested(_) => {
                decides(reader, &core.chart).then(|| base("access request", act.headline(), true))
            }
            // Of a share with oneself the grant tells.
            Act::AccessShared(act) if act.to == reader.me() => None,
            Act::AccessShared(_) => Some(base("share", act.headline(), false)),
            // An ended glass still waits for its review.
            Act::AccessDecided(decided) => match broken(reader, core.thread)? {
                Some((broken, by)) if decided.revoked => Some(Notice {
                    from: by,
                    ..base("break-glass", format!("{broken}; ended"), true)
                }),
                _ => Some(base("decision", act.headline(), false)),
            },
            Act::GlassBroken(_) => Some(base("break-glass", act.headline(), true)),
            _ => None,
        },
        Content::Clinical(Body::Prescription(order)) => {
            Some(base("prescription", order.title(), true))
        }
        Content::Clinical(Body::Dispense(dispense)) => Some(base(
            "prescription",
            format!("the rest of {}", dispense.medicine.label()),
            true,
        )),
        Content::Clinical(Body::RxEvent(event)) => {
            let waits = event.kind == RxEventKind::Held || event.kind == RxEventKind::Answered;
            Some(base(
                "prescription",
                format!("{}: {}", event.kind, event.text),
                waits,
            ))
        }
        _ => None,
    })
}

/// What a thread says that began with a broken glass, and who broke it.
fn broken(
    reader: &mut Reader<'_>,
    thread: ThreadId,
) -> Result<Option<(String, String)>, DeskError> {
    let sheet = Sheet::thread(reader, thread)?;
    let first = sheet.leaves.first();
    Ok(first.and_then(|leaf| match leaf.act() {
        Some(act @ Act::GlassBroken(_)) => Some((act.headline(), leaf.author.clone())),
        _ => None,
    }))
}

/// What colleagues shared with this person and they have not accepted yet.
fn shares(
    session: &Session,
    reader: &mut Reader<'_>,
    notices: &mut Vec<Notice>,
) -> Result<(), DeskError> {
    let now = reader.now();
    let waiting: Vec<_> = shared_with_me(reader)
        .filter(|(_, held)| held.accepted.is_none() && held.in_force(now))
        .map(|(chart, held)| (chart, held.grant, held.by, held.since))
        .collect();
    for (chart, grant, by, since) in waiting {
        let (from, _, _) = who(reader, &by, since);
        let created = reader
            .tx()
            .entry(since)?
            .map_or(now, |entry| entry.core.created);
        let mrn = if reach(session, reader, chart, Section::Identity).is_open() {
            charts::line(session, reader, chart)?.map(|line| line.mrn)
        } else {
            None
        };
        notices.push(Notice {
            id: grant.to_string(),
            kind: "share".into(),
            created: Stamp::from_millis(created as i64),
            text: format!("{from} shares a chart with you: accept it to open it"),
            from,
            mrn,
            waits: true,
        });
    }
    Ok(())
}

/// Whether this person decides requests for a chart now.
fn decides(reader: &Reader<'_>, chart: &ChartId) -> bool {
    let me = Some(reader.me());
    reader
        .directory()
        .chart(chart)
        .is_some_and(|state| state.patient == me || state.attending == me)
}

/// Units whose keys have not come to this person: until then nothing of theirs opens, and nobody else is told.
fn awaited(reader: &Reader<'_>, notices: &mut Vec<Notice>) -> Result<(), DeskError> {
    let me = reader.me();
    for state in reader.directory().units.values() {
        let of_work = matches!(
            state.unit.kind,
            UnitKind::Ward | UnitKind::Clinic | UnitKind::Pharmacy | UnitKind::Auditors
        );
        let member = state
            .members
            .get(&me)
            .filter(|member| member.left.is_none());
        // Of a unit without keys the first member makes them.
        let Some(member) = member.filter(|member| member.holds.is_empty()) else {
            continue;
        };
        if !of_work || state.keys.is_empty() {
            continue;
        }
        let created = reader
            .tx()
            .entry(member.authorised)?
            .map_or(reader.now(), |entry| entry.core.created);
        let unit = &state.unit.name;
        notices.push(Notice {
            id: newcomer(&state.unit.unit, &me),
            kind: "own keys".into(),
            created: Stamp::from_millis(created as i64),
            from: unit.clone(),
            mrn: None,
            text: format!(
                "your keys of {unit} have not come: a member who compares your fingerprint delivers them"
            ),
            waits: true,
        });
    }
    Ok(())
}

/// Keys that this session could deliver, and, for an admin, people who made their keys and wait for approval.
fn newcomers(
    session: &Session,
    reader: &Reader<'_>,
    notices: &mut Vec<Notice>,
) -> Result<(), DeskError> {
    let directory = reader.directory();
    for waiting in directory.waiting_for(&reader.me()) {
        let (Some(person), Some(unit)) = (
            directory.person(&waiting.person),
            directory.units.get(&waiting.unit),
        ) else {
            continue;
        };
        let at = unit
            .members
            .get(&waiting.person)
            .map_or(0, |member| member.authorised);
        let created = reader
            .tx()
            .entry(at)?
            .map_or(reader.now(), |entry| entry.core.created);
        notices.push(Notice {
            id: newcomer(&waiting.unit, &waiting.person),
            kind: "keys".into(),
            created: Stamp::from_millis(created as i64),
            from: person.certificate.name.clone(),
            mrn: None,
            text: format!(
                "joins {}: compare {} with them, then deliver the keys",
                unit.unit.name,
                person.certificate.fingerprint()
            ),
            waits: true,
        });
    }
    if session.role() == Role::Admin {
        for account in directory.accounts(&reader.tx().credentials()?) {
            if account.standing == Standing::Activated {
                notices.push(Notice {
                    id: account.login.clone(),
                    kind: "account".into(),
                    created: Stamp::from_millis(reader.now() as i64),
                    from: account.name,
                    mrn: None,
                    text: format!(
                        "{} waits for approval: compare {} with them",
                        account.login,
                        account.fingerprint.unwrap_or_default()
                    ),
                    waits: true,
                });
            }
        }
    }
    Ok(())
}
