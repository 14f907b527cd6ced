//! Units: making them, joining, delivering keys, leaving.
//!
//! An admin authorises and holds no keys: a membership is pending until a member's session delivers them.

use std::collections::BTreeMap;

use crate::ledger::clear::UnitKind;
use crate::ledger::{CertId, UnitId};
use crate::vault::Directory;
use crate::vault::directory::UnitState;
use crate::vault::people::same_fingerprint;
use crate::vault::permit::{Administrate, ListPeople};

use super::error::DeskError;
use super::session::Session;
use super::view::{Member, MemberState, UnitJoined, UnitView};

/// Makes a ward, a clinic or a pharmacy. By an admin.
pub fn add(session: &Session, name: &str, kind: UnitKind) -> Result<UnitView, DeskError> {
    session.vault().authority::<Administrate>()?;
    if !kind.is_ordinary() {
        return Err(DeskError::BadInput(format!(
            "the {} unit is made with the vault: make a ward, a clinic or a pharmacy",
            kind.as_str()
        )));
    }
    let unit = session.vault().add_unit(name.trim(), kind)?;
    look(session, |directory| {
        view(directory, &directory.units[&unit])
    })
}

/// Every unit, the special ones first. By everyone employed.
pub fn list(session: &Session) -> Result<Vec<UnitView>, DeskError> {
    session.vault().authority::<ListPeople>()?;
    look(session, |directory| {
        let mut units: Vec<&UnitState> = directory.units.values().collect();
        units.sort_by_key(|state| {
            (
                state.unit.kind.is_ordinary(),
                state.unit.name.to_lowercase(),
            )
        });
        units
            .into_iter()
            .map(|state| view(directory, state))
            .collect()
    })
}

/// Authorises somebody to join a unit. By an admin. Whoever is in it already stays as they are.
pub fn join(session: &Session, unit: &str, login: &str) -> Result<UnitJoined, DeskError> {
    session.vault().authority::<Administrate>()?;
    let present = look(session, |directory| {
        let unit = directory.unit_by_name(unit)?;
        let (person, _) = directory.by_login(login)?;
        unit.present()
            .any(|(member, _)| member == person)
            .then(|| joined(directory, &unit.unit.unit, person))
    })?;
    if let Some(present) = present {
        return Ok(present);
    }
    let (unit, person) = session.vault().join_unit(unit, login)?;
    look(session, |directory| joined(directory, &unit, &person))
}

/// Somebody who waits for keys, as they were shown. **Only [`waiting`] makes one**: nobody is delivered to whom nobody saw.
#[derive(Debug, Clone)]
pub struct Newcomer {
    unit: UnitId,
    person: CertId,
    /// Who, to which unit, with the fingerprint to compare.
    pub shown: UnitJoined,
}

impl Newcomer {
    /// Names this newcomer to this unit, in notices too.
    pub fn id(&self) -> String {
        newcomer(&self.unit, &self.person)
    }
}

/// Names somebody who waits for a unit's keys.
pub(super) fn newcomer(unit: &UnitId, person: &CertId) -> String {
    format!("{unit}-{person}")
}

/// Who waits for keys that this session could deliver, with the fingerprints to compare first.
pub fn waiting(session: &Session) -> Result<Vec<Newcomer>, DeskError> {
    let me = session.vault().cert();
    look(session, |directory| {
        let waiting = directory.waiting_for(&me).into_iter();
        waiting
            .map(|waiting| Newcomer {
                shown: joined(directory, &waiting.unit, &waiting.person),
                unit: waiting.unit,
                person: waiting.person,
            })
            .collect()
    })
}

/// Somebody who waits, by login: in each unit whose keys this session could deliver. Where the fingerprint that they read out is
/// given, other keys are refused.
pub fn waiting_as(
    session: &Session,
    login: &str,
    fingerprint: Option<&str>,
) -> Result<Vec<Newcomer>, DeskError> {
    let mut found = waiting(session)?;
    found.retain(|newcomer| newcomer.shown.user == login);
    if found.is_empty() {
        return Err(DeskError::NotNow(format!(
            "{login} waits for no keys that you hold"
        )));
    }
    for newcomer in &found {
        let has = newcomer.shown.fingerprint.clone().unwrap_or_default();
        if fingerprint.is_some_and(|compared| !same_fingerprint(compared, &has)) {
            return Err(DeskError::Denied(format!(
                "the keys certified for {login} have the fingerprint {has}, not the one that was compared: ask the admin who certified them"
            )));
        }
    }
    Ok(found)
}

/// Delivers the keys of this session's units to newcomers whom an admin authorised and whose fingerprints were shown: to those, and
/// to nobody who came to wait meanwhile. By any member.
pub fn deliver(session: &Session, to: &[Newcomer]) -> Result<Vec<UnitJoined>, DeskError> {
    let to: Vec<_> = to
        .iter()
        .map(|newcomer| (newcomer.unit, newcomer.person))
        .collect();
    let delivered = session.vault().deliver(&to)?;
    session.vault().hand_to_standing_units()?;
    look(session, |directory| {
        delivered
            .iter()
            .map(|delivered| joined(directory, &delivered.unit, &delivered.person))
            .collect()
    })
}

/// Ends a membership. By an admin. What is written afterwards, the former member cannot read.
pub fn leave(session: &Session, unit: &str, login: &str) -> Result<UnitJoined, DeskError> {
    session.vault().authority::<Administrate>()?;
    let absent = look(session, |directory| {
        let unit = directory.unit_by_name(unit)?;
        let (person, _) = directory.by_login(login)?;
        (!directory.is_member(person, &unit.unit.unit)).then(|| unit.unit.name.clone())
    })?;
    if let Some(unit) = absent {
        return Err(DeskError::NotNow(format!("{login} is not in {unit}")));
    }
    let alone = look(session, |directory| {
        let (person, _) = directory.by_login(login)?;
        let mut alone = directory.held_alone_by(person).into_iter();
        alone.find(|state| state.unit.name.eq_ignore_ascii_case(unit))?;
        Some(())
    })?;
    let (unit, person) = session.vault().leave_unit(unit, login)?;
    look(session, |directory| UnitJoined {
        orphaned: alone.is_some(),
        ..joined(directory, &unit, &person)
    })
}

/// Answers from who is who, as far as this session has read.
pub(super) fn look<T>(
    session: &Session,
    answer: impl FnOnce(&Directory) -> T,
) -> Result<T, DeskError> {
    session
        .vault()
        .read(|reader| Ok::<_, DeskError>(answer(reader.directory())))
}

fn view(directory: &Directory, state: &UnitState) -> UnitView {
    // Whoever was reset bears a new certificate under the same login: what they are now counts.
    let mut members = BTreeMap::<&str, MemberState>::new();
    for person in state.members.keys() {
        let Some(known) = directory.person(person) else {
            continue;
        };
        let now = standing(directory, &state.unit.unit, person);
        let shown = members
            .entry(known.certificate.login.as_str())
            .or_insert(now);
        if *shown == MemberState::Left {
            *shown = now;
        }
    }
    let enrolled = directory
        .charts
        .values()
        .filter(|chart| chart.erased.is_none() && chart.units.contains(&state.unit.unit));
    UnitView {
        unit: state.unit.name.clone(),
        kind: if state.unit.kind.is_ordinary() {
            state.unit.kind.as_str().into()
        } else {
            "special".into()
        },
        members: members
            .into_iter()
            .map(|(login, state)| Member {
                login: login.into(),
                state,
            })
            .collect(),
        epoch: state
            .keys
            .keys()
            .map(|(_, epoch)| *epoch)
            .max()
            .unwrap_or(0),
        id: state.unit.unit.to_string(),
        charts: enrolled.count() as u64,
    }
}

fn standing(directory: &Directory, unit: &UnitId, person: &CertId) -> MemberState {
    if !directory.is_member(person, unit) {
        MemberState::Left
    } else if directory.is_delivered(unit, person) {
        MemberState::Active
    } else {
        MemberState::Pending
    }
}

fn joined(directory: &Directory, unit: &UnitId, person: &CertId) -> UnitJoined {
    let certificate = directory.person(person).map(|person| &person.certificate);
    UnitJoined {
        unit: directory
            .units
            .get(unit)
            .map_or_else(|| unit.to_string(), |state| state.unit.name.clone()),
        user: certificate.map_or_else(|| person.to_string(), |c| c.login.clone()),
        state: standing(directory, unit, person),
        fingerprint: certificate.map(crate::ledger::Certificate::fingerprint),
        orphaned: false,
    }
}
