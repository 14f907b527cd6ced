//! A vault to look around in: an invented hospital, made by the same acts as a real one. **Nothing in it is real.**

mod charts;
mod orders;
mod people;
mod requests;
mod shelf;

use std::path::{Path, PathBuf};

use charts::{open_charts, write_histories};
use people::{people, sessions};

use crate::clinical::synthetic::{Hospital, Patient};
use crate::clinical::{Instant, Role};
use crate::config::Paths;
use crate::crypto::password::Cost;
use crate::crypto::secret::SecretBytes;
use crate::desk::setup::{ShareRule, init};
use crate::desk::view::{DemoMade, Proceed, Progress, Reporter};
use crate::desk::{DeskError, catch_up, session};
use crate::vault::clock;

/// The passphrase of everyone in a demonstration: it protects nothing.
pub const PASSPHRASE: &str = "demo demo demo";

/// Entries a transaction takes at most.
const BATCH: usize = 2_000;

/// What a demonstration is made from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many patients.
    pub patients: usize,
    /// The same seed makes the same people and histories; keys and ids are random all the same.
    pub seed: u64,
    /// The cost of guessing a passphrase.
    pub cost: Cost,
    /// Where the passphrase files and shares go: [`papers_beside`] the vault where nothing is said.
    pub papers: PathBuf,
}

/// The folder for the papers of a demonstration in this vault, where nobody names another: one of their own, so that nothing else lies
/// among them.
pub fn papers_beside(vault: &Path) -> PathBuf {
    let mut name = vault.file_name().unwrap_or_default().to_owned();
    name.push("-demo");
    vault.with_file_name(name)
}

/// Makes the vault.
pub fn make(paths: &Paths, plan: &Plan, watch: Reporter<'_>) -> Result<DemoMade, DeskError> {
    let now = Instant::from_unix_millis(clock::now() as i64)
        .ok_or_else(|| DeskError::BadInput("the host's clock is outside the calendar".into()))?;
    let hospital = Hospital::generate(plan.seed, plan.patients, &now);
    let tell = |what: &str, done: u64, total: u64| {
        let progress = Progress {
            what: what.into(),
            done,
            total: Some(total),
            unit: "patients",
            note: None,
            transfer: None,
        };
        if watch(&progress) == Proceed::Stop {
            Err(DeskError::Stopped)
        } else {
            Ok(())
        }
    };
    let total = hospital.patients.len() as u64;
    tell("staff and units", 0, total)?;
    let passphrase = SecretBytes::new(PASSPHRASE.as_bytes().to_vec());
    let admin = hospital
        .staff
        .iter()
        .find(|person| person.role == Role::Admin);
    let admin = admin
        .ok_or_else(|| DeskError::Outside("an invented hospital without an admin".into()))?
        .login
        .clone();
    let rule = ShareRule {
        shares: 5,
        threshold: 3,
        out: Some(plan.papers.join("shares")),
    };
    let made = init(paths, &admin, &passphrase, &rule, plan.cost)?;
    // Before there is anybody in it.
    session::open(paths)?.host().mark_demonstration()?;
    let logins = people(paths, &hospital, &admin, plan)?;
    let sessions = sessions(paths, &hospital, &passphrase)?;
    let mut charts = Vec::new();
    for (ward, name) in hospital.wards.iter().enumerate() {
        let doctor = sessions.of(Role::Doctor, ward)?;
        let nurse = sessions.of(Role::Nurse, ward)?;
        let patients: Vec<&Patient> = hospital
            .patients
            .iter()
            .filter(|patient| patient.ward == ward)
            .collect();
        let opened = open_charts(doctor, name, &patients)?;
        write_histories(doctor, nurse, &patients, &opened)?;
        charts.extend(opened.iter().copied().zip(patients));
        tell("charts", charts.len() as u64, total)?;
    }
    let shelf = shelf::stock(sessions.of(Role::Pharmacist, 0)?, &hospital)?;
    orders::prescriptions(&sessions, &charts, shelf)?;
    requests::requests(&sessions, &hospital, &charts)?;
    for session in sessions.all.values() {
        if matches!(session.role(), Role::Doctor | Role::Pharmacist) {
            catch_up::catch_up_all(session, &crate::desk::view::unwatched)?;
        }
    }
    tell("done", total, total)?;
    let folders = session::folders(paths)?;
    let entries = session::open(paths)?.ledger().head()?.seq;
    Ok(DemoMade {
        vault: folders.0.display().to_string(),
        host: folders.1.display().to_string(),
        logins,
        patients: total,
        entries,
        recovery: made.recovery,
        restore: made.restore,
    })
}
