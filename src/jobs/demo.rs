//! A vault to look around in: an invented hospital, made by the same acts as a real one. **Nothing in it is real.**

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::clinical::rx_state::State;
use crate::clinical::synthetic::{Hospital, Patient, PlannedRx};
use crate::clinical::{Body, Instant, Role, synthetic};
use crate::config::Paths;
use crate::crypto::password::Cost;
use crate::crypto::secret::SecretBytes;
use crate::desk::act::{AccessNoted, AccessRequested, Act};
use crate::desk::charts::{encode, open_chart};
use crate::desk::rights::section_of;
use crate::desk::setup::{ShareRule, init};
use crate::desk::view::{DemoLogin, DemoMade, Proceed, Progress, Reporter};
use crate::desk::{DeskError, Session, indexing, locate, session};
use crate::ledger::clear::{GrantGround, UnitKind};
use crate::ledger::{ChartId, EntryId, Holder, Section, ThreadId};
use crate::vault::host::write_private;
use crate::vault::{Draft, NewGrant, VaultError, clock};

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
    /// Where the passphrase files and shares go; beside the vault where nothing is said.
    pub papers: PathBuf,
}

/// An order that was signed, and what has yet to happen to it.
struct Signed {
    chart: ChartId,
    rx: ThreadId,
    newest: EntryId,
    digest: [u8; 32],
    plan: PlannedRx,
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
    prescriptions(&sessions, &charts)?;
    requests(&sessions, &hospital, &charts)?;
    for session in sessions.all.values() {
        if matches!(session.role(), Role::Doctor | Role::Pharmacist) {
            indexing::catch_up_all(session, &crate::desk::view::unwatched)?;
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
fn people(
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
struct Sessions {
    all: BTreeMap<(Role, usize), Session>,
}

impl Sessions {
    fn of(&self, role: Role, ward: usize) -> Result<&Session, DeskError> {
        self.all.get(&(role, ward)).ok_or_else(|| {
            DeskError::Outside(format!("an invented hospital without a {}", role.as_str()))
        })
    }
}

/// Logs in whoever writes, and hands round the units' keys.
fn sessions(
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
            session.vault().deliver()?;
        }
    }
    Ok(Sessions { all })
}

fn open_charts(
    doctor: &Session,
    ward: &str,
    patients: &[&Patient],
) -> Result<Vec<ChartId>, DeskError> {
    doctor.vault().write(|writer| {
        let mut charts = Vec::with_capacity(patients.len());
        for patient in patients {
            let login = patient.has_login.as_deref();
            let cert = login
                .and_then(|login| writer.directory().by_login(login))
                .map(|(cert, _)| *cert);
            let mut identity = patient.identity.clone();
            let (chart, _) = open_chart(doctor, writer, ward, &mut identity, cert, None)?;
            charts.push(chart);
        }
        Ok(charts)
    })
}

/// Nurses sign vitals and administrations, doctors the rest.
fn write_histories(
    doctor: &Session,
    nurse: &Session,
    patients: &[&Patient],
    charts: &[ChartId],
) -> Result<(), DeskError> {
    let nursing = |body: &Body| matches!(body, Body::Vitals(_) | Body::Administration(_));
    for (session, wanted) in [(doctor, false), (nurse, true)] {
        let drafts: Vec<_> = patients
            .iter()
            .zip(charts)
            .flat_map(|(patient, chart)| patient.bodies.iter().map(move |body| (*chart, body)))
            .filter(|(_, body)| {
                nursing(body) == wanted
                    && !matches!(body, Body::Vitals(vitals) if vitals.self_reported)
            })
            .map(|(chart, body)| (Draft::new(chart, section_of(body)), encode(body)))
            .collect();
        for batch in drafts.chunks(BATCH) {
            session
                .vault()
                .write(|writer| writer.put_all(batch.to_vec()))?;
        }
    }
    Ok(())
}

/// Signs every planned prescription, then lets happen to them what was planned, step by step.
fn prescriptions(sessions: &Sessions, charts: &[(ChartId, &Patient)]) -> Result<(), DeskError> {
    let mut signed = Vec::new();
    for ((role, ward), doctor) in &sessions.all {
        if *role != Role::Doctor {
            continue;
        }
        let mine = charts.iter().filter(|(_, patient)| patient.ward == *ward);
        signed.extend(sign(doctor, mine)?);
    }
    let rounds = signed
        .iter()
        .map(|order| order.plan.steps.len())
        .max()
        .unwrap_or(0);
    for round in 0..rounds {
        for (role, ward) in sessions.all.keys() {
            let session = sessions.of(*role, *ward)?;
            act(session, *role, *ward, round, &mut signed, charts)?;
        }
    }
    Ok(())
}

fn sign<'a>(
    doctor: &Session,
    charts: impl Iterator<Item = &'a (ChartId, &'a Patient)>,
) -> Result<Vec<Signed>, DeskError> {
    doctor.vault().write(|writer| {
        let pharmacies: Vec<_> = writer
            .directory()
            .units
            .values()
            .filter(|state| state.unit.kind == UnitKind::Pharmacy)
            .map(|state| state.unit.unit)
            .collect();
        let mut signed = Vec::new();
        for (chart, patient) in charts {
            for plan in &patient.prescriptions {
                let waits = matches!(
                    plan.final_state,
                    State::Signed | State::InPart | State::Held
                );
                let live = waits || !plan.steps.is_empty();
                let to = if live {
                    pharmacies.iter().map(|unit| Holder::Unit(*unit)).collect()
                } else {
                    Vec::new()
                };
                let body = encode(&Body::Prescription(plan.rx.clone()));
                let stored = writer.put(Draft::new(*chart, Section::Medication).to(to), &body)?;
                if live {
                    for unit in &pharmacies {
                        writer.grant(&NewGrant {
                            chart: *chart,
                            to: Holder::Unit(*unit),
                            sections: vec![Section::Identity, Section::Medication],
                            until: plan.rx.expires.as_ref().map(|at| at.unix_millis() as u64),
                            ground: GrantGround::Prescription,
                            because: Some(stored.id),
                        })?;
                    }
                }
                let entry = writer.tx().entry(stored.seq)?;
                let digest = entry.map_or([0; 32], |entry| entry.row.digest.0);
                signed.push(Signed {
                    chart: *chart,
                    rx: stored.thread,
                    newest: stored.id,
                    digest,
                    plan: plan.clone(),
                });
            }
        }
        Ok(signed)
    })
}

/// One person's part of one round of steps.
fn act(
    session: &Session,
    role: Role,
    ward: usize,
    round: usize,
    signed: &mut [Signed],
    charts: &[(ChartId, &Patient)],
) -> Result<(), DeskError> {
    let own_ward = |chart: ChartId| {
        charts
            .iter()
            .any(|(c, patient)| *c == chart && patient.ward == ward)
    };
    let mut mine: Vec<&mut Signed> = signed
        .iter_mut()
        .filter(|order| {
            order
                .plan
                .steps
                .get(round)
                .is_some_and(|step| step.by == role)
        })
        .filter(|order| role != Role::Doctor || own_ward(order.chart))
        .collect();
    if mine.is_empty() {
        return Ok(());
    }
    let name = session.vault().certificate().name.clone();
    session.vault().write(|writer| {
        for order in &mut mine {
            let mut body = order.plan.steps[round].body.clone();
            match &mut body {
                Body::Dispense(dispense) => {
                    dispense.prescription = Some(order.rx.0);
                    dispense.verified = Some(order.digest);
                    dispense.pharmacist = Some(name.clone());
                }
                Body::RxEvent(event) => event.prescription = Some(order.rx.0),
                _ => {}
            }
            let last = order.plan.steps.len() == round + 1;
            let pharmacies = writer
                .directory()
                .units
                .values()
                .filter(|state| state.unit.kind == UnitKind::Pharmacy);
            let to = match order.plan.final_state {
                State::InPart if last => pharmacies
                    .map(|state| Holder::Unit(state.unit.unit))
                    .collect(),
                State::Held | State::Refused if last => {
                    let attending = writer
                        .directory()
                        .chart(&order.chart)
                        .and_then(|state| state.attending);
                    attending.map(Holder::Person).into_iter().collect()
                }
                _ if !last => pharmacies
                    .map(|state| Holder::Unit(state.unit.unit))
                    .collect(),
                _ => Vec::new(),
            };
            let draft = Draft::new(order.chart, Section::Medication)
                .after(order.rx, order.newest)
                .to(to);
            order.newest = writer.put(draft, &encode(&body))?.id;
        }
        Ok::<_, VaultError>(())
    })?;
    Ok(())
}

/// Two requests across the wards wait for a decision.
fn requests(
    sessions: &Sessions,
    hospital: &Hospital,
    charts: &[(ChartId, &Patient)],
) -> Result<(), DeskError> {
    let asks = [
        (
            "second opinion on the antibiotic",
            vec![Section::Clinical, Section::Medication],
        ),
        (
            "takes over the follow-up clinic",
            vec![Section::Identity, Section::Clinical],
        ),
    ];
    let Ok(doctor) = sessions.of(Role::Doctor, 1) else {
        return Ok(());
    };
    let wanted: Vec<_> = sessions.of(Role::Doctor, 0)?.vault().read(|reader| {
        let wanted = charts
            .iter()
            .filter(|(_, patient)| patient.ward == 0)
            .zip(asks);
        wanted
            .map(|((chart, _), ask)| Ok((*chart, locate::number(reader, *chart)?, ask)))
            .collect::<Result<_, DeskError>>()
    })?;
    doctor.vault().write(|writer| {
        let own = hospital
            .wards
            .get(1)
            .and_then(|ward| writer.directory().unit_by_name(ward))
            .map(|state| state.unit.unit);
        for (chart, mrn, (purpose, sections)) in wanted {
            let state = writer.directory().chart(&chart);
            let to = state.map(|state| {
                state
                    .patient
                    .into_iter()
                    .chain(state.attending)
                    .map(Holder::Person)
                    .collect()
            });
            let until = Some(writer.now() + 30 * clock::DAY);
            let act = Act::AccessRequested(AccessRequested {
                sections: sections.clone(),
                purpose: purpose.into(),
                until,
            });
            let draft = Draft::new(chart, Section::Access).to(to.unwrap_or_default());
            let request = writer.put(draft, &act.encode())?.thread;
            if let Some(unit) = own {
                let mrn = mrn.unwrap_or_default();
                let noted = AccessNoted {
                    request,
                    chart,
                    mrn,
                    sections,
                    purpose: purpose.into(),
                };
                writer.put(
                    Draft::new(unit.chart(), Section::Work),
                    &Act::AccessNoted(noted).encode(),
                )?;
            }
        }
        Ok::<_, DeskError>(())
    })
}
