//! Sharing: a doctor passes on what they hold, no more and no longer; the recipient accepts; the patient is told.
//!
//! The key travels with the share. **Until it is accepted, the desk shows the recipient nothing through it.**

use crate::ledger::clear::GrantGround;
use crate::ledger::{CertId, ChartId, EntryId, Holder, Section};
use crate::vault::directory::{HeldLine, Hold};
use crate::vault::permit::{AcceptShare, Share};
use crate::vault::{Directory, Draft, NewGrant, Reader, VaultError, clock};

use super::request::{DEFAULT_DAYS, deciders};
use crate::desk::act::{AccessShared, Act};
use crate::desk::error::DeskError;
use crate::desk::locate;
use crate::desk::reach::{Reach, reach};
use crate::desk::session::Session;
use crate::desk::view::{AccessState, GrantState, Stamp};

/// Passes sections of a chart on to a colleague. What ends for the sharer at a time ends for them then at the latest.
pub fn share(
    session: &Session,
    mrn: &str,
    login: &str,
    sections: &[Section],
    until: Option<Stamp>,
) -> Result<AccessState, DeskError> {
    session.vault().authority::<Share>()?;
    let mut sections = sections.to_vec();
    sections.sort_unstable();
    sections.dedup();
    session.vault().write(|writer| {
        let mut reader = writer.reader();
        let chart = locate::chart(session, &mut reader, mrn)?;
        let (to, name) = recipient(reader.directory(), reader.me(), login, &sections)?;
        let mut most = None;
        for section in &sections {
            most = sooner(most, held_until(session, &reader, chart, *section)?);
        }
        let has = |section: &Section| {
            let state = reader.directory().chart(&chart);
            state.is_some_and(|state| {
                let mut lines = reader
                    .directory()
                    .lines_for(&to, state, *section, reader.now());
                lines.any(|held| reader.directory().opens_everyday(held))
            })
        };
        if sections.iter().all(has) {
            return Err(DeskError::NotNow(format!(
                "{login} holds these sections of {mrn} already"
            )));
        }
        let until = match until.map(|until| until.millis().max(0) as u64) {
            Some(until) if until <= reader.now() => {
                return Err(DeskError::BadInput(
                    "the end of the access lies in the past".into(),
                ));
            }
            Some(until) if most.is_some_and(|most| most < until) => {
                return Err(DeskError::Denied(
                    "you can share no longer than you hold it yourself".into(),
                ));
            }
            Some(until) => until,
            None => {
                let usual = reader.now() + DEFAULT_DAYS * clock::DAY;
                most.map_or(usual, |most| most.min(usual))
            }
        };
        let mut told = deciders(reader.directory(), &chart);
        told.retain(|holder| *holder != Holder::Person(reader.me()));
        told.push(Holder::Person(to));
        let act = Act::AccessShared(AccessShared {
            to,
            name,
            sections: sections.clone(),
            until: Some(until),
        });
        let stored = writer.put(Draft::new(chart, Section::Access).to(told), &act.encode())?;
        let granted = writer.grant(&NewGrant {
            chart,
            to: Holder::Person(to),
            sections,
            until: Some(until),
            ground: GrantGround::Share,
            because: Some(stored.id),
        })?;
        Ok(answer(granted.id, GrantState::Pending, Some(until)))
    })
}

/// Accepts what was shared with this person.
pub fn accept(session: &Session, id: &str) -> Result<AccessState, DeskError> {
    session.vault().authority::<AcceptShare>()?;
    let grant: EntryId = id
        .parse()
        .map_err(|error| DeskError::BadInput(format!("{error}")))?;
    session.vault().write(|writer| {
        let reader = writer.reader();
        let found = shared_with_me(&reader).find(|(_, held)| held.grant == grant);
        let Some((chart, held)) = found.map(|(chart, held)| (chart, held.clone())) else {
            return Err(DeskError::NoSuchEntry {
                what: "share",
                id: grant.to_string(),
            });
        };
        if held.accepted.is_some() {
            return Err(DeskError::NotNow("you accepted it already".into()));
        }
        if !held.in_force(reader.now()) {
            return Err(DeskError::NotNow("this share has ended".into()));
        }
        writer.accept(chart, grant)?;
        Ok(answer(grant, GrantState::Granted, held.until))
    })
}

/// Shares with this person, one line of each grant.
pub(in crate::desk) fn shared_with_me<'a>(
    reader: &'a Reader<'_>,
) -> impl Iterator<Item = (ChartId, &'a HeldLine)> + 'a {
    let me = Holder::Person(reader.me());
    reader
        .directory()
        .charts
        .iter()
        .flat_map(move |(chart, state)| {
            let mut seen: Option<EntryId> = None;
            state
                .lines
                .iter()
                .filter(move |held| {
                    held.ground == Some(GrantGround::Share) && held.line.holder == me
                })
                .filter(move |held| seen.replace(held.grant) != Some(held.grant))
                .map(move |held| (*chart, held))
        })
}

fn answer(grant: EntryId, state: GrantState, until: Option<u64>) -> AccessState {
    AccessState {
        id: grant.to_string(),
        state,
        until: until.map(|until| Stamp::from_millis(until as i64)),
    }
}

/// A colleague whose role reads these sections.
fn recipient(
    directory: &Directory,
    me: CertId,
    login: &str,
    sections: &[Section],
) -> Result<(CertId, String), DeskError> {
    let (cert, person) = directory
        .by_login(login)
        .ok_or_else(|| VaultError::Unknown {
            what: "active user",
            name: login.into(),
            hint: ": `chartseal user list` shows them",
        })?;
    if *cert == me {
        return Err(DeskError::BadInput("you hold it yourself".into()));
    }
    for section in sections {
        let reads = directory.reads(cert, *section);
        if !Section::OF_A_CHART.contains(section) || !reads {
            return Err(DeskError::BadInput(format!(
                "{login} has no role that reads {section} of a chart"
            )));
        }
    }
    if sections.is_empty() {
        return Err(DeskError::BadInput(
            "name sections of a chart: identity, clinical, medication, access".into(),
        ));
    }
    Ok((*cert, person.certificate.name.clone()))
}

/// Until when this session holds a section without breaking any glass; `None` is without end.
fn held_until(
    session: &Session,
    reader: &Reader<'_>,
    chart: ChartId,
    section: Section,
) -> Result<Option<u64>, DeskError> {
    if !matches!(
        reach(session, reader, chart, section),
        Reach::Unit(_) | Reach::Personal
    ) {
        return Err(VaultError::NoKey { section }.into());
    }
    let directory = reader.directory();
    let me = reader.me();
    let state = directory.chart(&chart).ok_or(VaultError::NoChart(chart))?;
    Ok(directory.held_until(&me, state, section, Hold::Everyday, reader.now()))
}

/// The sooner of two ends; `None` is without end.
pub(super) fn sooner(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
