//! Who works in the invented hospital, and everyone's keys.

use std::collections::BTreeMap;
use std::path::Path;

use super::{PASSPHRASE, Plan};
use crate::clinical::Role;
use crate::clinical::synthetic::{self, Hospital};
use crate::config::Paths;
use crate::crypto::secret::SecretBytes;
use crate::desk::view::DemoLogin;
use crate::desk::{DeskError, Session, session};
use crate::ledger::clear::UnitKind;
use crate::vault::host::write_private;

/// The unit that somebody works in, by name.
fn unit_of(hospital: &Hospital, person: &synthetic::Staff) -> Option<String> {
    match person.place {
        synthetic::Place::Ward(ward) => hospital.wards.get(ward).cloned(),
        synthetic::Place::Pharmacy => Some(hospital.pharmacy.clone()),
        // The front desk admits to the first ward.
        synthetic::Place::House if person.role == Role::Registrar => {
            hospital.wards.first().cloned()
        }
        synthetic::Place::House => None,
    }
}

/// Invites, activates and approves everyone, as an admin and the people themselves would.
pub(super) fn people(
    paths: &Paths,
    hospital: &Hospital,
    admin: &str,
    plan: &Plan,
) -> Result<Vec<DemoLogin>, DeskError> {
    let passphrase = SecretBytes::new(PASSPHRASE.as_bytes().to_vec());
    let session = session::login(paths, admin, &passphrase)?;
    let vault = session.vault();
    for ward in &hospital.wards {
        vault.add_unit(ward, UnitKind::Ward)?;
    }
    vault.add_unit(&hospital.pharmacy, UnitKind::Pharmacy)?;
    let mut everyone: Vec<(String, String, Role, Option<String>)> = hospital
        .staff
        .iter()
        .map(|person| {
            (
                person.login.clone(),
                person.name.clone(),
                person.role,
                unit_of(hospital, person),
            )
        })
        .collect();
    // Neighbours in the list are in different wards: the first two doctors share no chart.
    everyone.sort_by_key(|(_, _, role, unit)| (*role as u8, rank(hospital, unit.as_deref())));
    let doctors: Vec<_> = everyone
        .iter()
        .filter(|(_, _, role, _)| *role == Role::Doctor)
        .cloned()
        .collect();
    let (first, second): (Vec<_>, Vec<_>) = doctors
        .into_iter()
        .partition(|(_, _, _, unit)| unit.as_deref() == hospital.wards.first().map(String::as_str));
    let mut ordered: Vec<_> = first
        .into_iter()
        .zip(second)
        .flat_map(|(a, b)| [a, b])
        .collect();
    ordered.extend(
        everyone
            .into_iter()
            .filter(|(_, _, role, _)| *role != Role::Doctor),
    );
    for patient in &hospital.patients {
        if let Some(login) = &patient.has_login {
            let name = patient
                .identity
                .name()
                .map(ToString::to_string)
                .unwrap_or_default();
            ordered.push((login.clone(), name, Role::Patient, None));
        }
    }
    let mut logins = Vec::new();
    for (login, name, role, unit) in ordered {
        let file = plan.papers.join("passphrases").join(&login);
        write_passphrase(&file)?;
        logins.push(DemoLogin {
            login: login.clone(),
            role: role.as_str().into(),
            unit: unit.clone(),
            passphrase_file: file.display().to_string(),
        });
        if login == admin {
            continue;
        }
        let units: Vec<String> = unit.into_iter().collect();
        let code = vault.invite(&login, &name, role, &units)?;
        session::open(paths)?.activate(&login, &code, &passphrase, plan.cost)?;
        vault.approve(&login)?;
    }
    Ok(logins)
}

fn rank(hospital: &Hospital, unit: Option<&str>) -> usize {
    hospital
        .wards
        .iter()
        .position(|ward| Some(ward.as_str()) == unit)
        .unwrap_or(usize::MAX)
}

fn write_passphrase(file: &Path) -> Result<(), DeskError> {
    if let Some(folder) = file.parent() {
        crate::ledger::store::create_private_folder(folder)?;
    }
    Ok(write_private(file, PASSPHRASE.as_bytes())?)
}

/// One session for each role and ward that writes.
pub(super) struct Sessions {
    pub(super) all: BTreeMap<(Role, usize), Session>,
}

impl Sessions {
    pub(super) fn of(&self, role: Role, ward: usize) -> Result<&Session, DeskError> {
        self.all.get(&(role, ward)).ok_or_else(|| {
            DeskError::Outside(format!("an invented hospital without a {}", role.as_str()))
        })
    }
}

/// Logs in whoever writes, and hands round the units' keys.
pub(super) fn sessions(
    paths: &Paths,
    hospital: &Hospital,
    passphrase: &SecretBytes,
) -> Result<Sessions, DeskError> {
    let mut all = BTreeMap::new();
    // Doctors first: their logging in makes the wards' keys, which the others then receive.
    for role in [Role::Doctor, Role::Pharmacist, Role::Auditor, Role::Nurse] {
        for person in hospital.staff.iter().filter(|person| person.role == role) {
            let ward = match person.place {
                synthetic::Place::Ward(ward) => ward,
                _ => 0,
            };
            if all.contains_key(&(role, ward)) {
                continue;
            }
            all.insert(
                (role, ward),
                session::login(paths, &person.login, passphrase)?,
            );
        }
        for session in all.values() {
            session.vault().deliver_unseen()?;
        }
    }
    Ok(Sessions { all })
}
