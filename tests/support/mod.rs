//! A small hospital for tests: a real vault in a temporary folder, everyone logged in with real keys.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod campaign;
pub mod chance;
pub mod editor;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chartseal::clinical::Role;
use chartseal::crypto::password::Cost;
use chartseal::crypto::secret::SecretBytes;
use chartseal::ledger::clear::UnitKind;
use chartseal::ledger::{ChartId, UnitId};
use chartseal::vault::init::{NewSecrets, NewVault, init};
use chartseal::vault::{NewChart, Session, Vault, VaultError};

/// The passphrase of everyone in the hospital.
pub const PASSPHRASE: &str = "correct horse battery";

/// Who works here: login, role, unit.
pub const STAFF: &[(&str, Role, &str)] = &[
    ("hsmith", Role::Doctor, "Ward A"),
    ("okafor", Role::Doctor, "Ward B"),
    ("brandt", Role::Nurse, "Ward A"),
    ("adeyemi", Role::Pharmacist, "Pharmacy"),
    ("reyes", Role::Registrar, "Ward A"),
    ("audit", Role::Auditor, ""),
    ("mejia", Role::Patient, ""),
];

pub struct Hospital {
    pub folder: tempfile::TempDir,
    pub secrets: NewSecrets,
}

pub fn secret(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

impl Hospital {
    /// A vault with its first admin and nothing else.
    pub fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = folder.path().join("host");
        let secrets = init(&NewVault {
            folder: &folder.path().join("vault"),
            host: &|_| host.clone(),
            admin: "admin",
            passphrase: &secret(PASSPHRASE),
            cost: Cost::FLOOR,
            shares: 5,
            threshold: 3,
        })
        .unwrap();
        Self { folder, secrets }
    }

    /// Two wards, a pharmacy, and everyone in [`STAFF`], approved and with their keys.
    pub fn staffed() -> Self {
        let hospital = Self::bare();
        let admin = hospital.login("admin");
        admin.add_unit("Ward A", UnitKind::Ward).unwrap();
        admin.add_unit("Ward B", UnitKind::Ward).unwrap();
        admin.add_unit("Pharmacy", UnitKind::Pharmacy).unwrap();
        for (login, role, unit) in STAFF {
            let units: Vec<String> = if unit.is_empty() {
                vec![]
            } else {
                vec![(*unit).to_owned()]
            };
            let code = admin
                .invite(login, &login.to_uppercase(), *role, &units)
                .unwrap();
            hospital
                .vault()
                .activate(login, &code, &secret(PASSPHRASE), Cost::FLOOR)
                .unwrap();
            admin.approve(login).unwrap();
        }
        // Twice: the first round makes the units' keys, the second delivers those that someone else made.
        for _ in 0..2 {
            for (login, _, _) in STAFF {
                hospital.login(login).deliver_unseen().unwrap();
            }
        }
        hospital
    }

    pub fn vault_folder(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub fn host_folder(&self) -> PathBuf {
        self.folder.path().join("host")
    }

    pub fn vault(&self) -> Vault {
        Vault::open(&self.vault_folder(), &self.host_folder()).unwrap()
    }

    pub fn login(&self, login: &str) -> Session {
        self.try_login(login, PASSPHRASE).unwrap()
    }

    pub fn try_login(&self, login: &str, passphrase: &str) -> Result<Session, VaultError> {
        self.vault().unlock(login, &secret(passphrase))
    }

    /// Everyone's session, by login.
    pub fn everyone(&self) -> BTreeMap<&'static str, Session> {
        STAFF
            .iter()
            .map(|(login, _, _)| (*login, self.login(login)))
            .collect()
    }

    /// A chart on Ward A with hsmith attending, for the patient mejia.
    pub fn chart(&self, session: &Session) -> ChartId {
        self.chart_in(session, "Ward A", "hsmith", Some("mejia"))
    }

    pub fn chart_in(
        &self,
        session: &Session,
        unit: &str,
        attending: &str,
        patient: Option<&str>,
    ) -> ChartId {
        session
            .write(|writer| {
                let directory = writer.directory();
                let unit: UnitId = directory.unit_by_name(unit).unwrap().unit.unit;
                let attending = directory.by_login(attending).map(|(cert, _)| *cert);
                let patient = patient
                    .and_then(|login| directory.by_login(login))
                    .map(|(cert, _)| *cert);
                let (chart, _) = writer.enrol(NewChart {
                    unit,
                    attending,
                    patient,
                    tags: vec![],
                    emergency: true,
                })?;
                writer.forget_drawn_keys()?;
                Ok::<_, VaultError>(chart)
            })
            .unwrap()
    }
}

impl Hospital {
    /// Someone at the desk.
    pub fn desk(&self, login: &str) -> chartseal::desk::Session {
        let paths = chartseal::config::Paths::new(&self.vault_folder(), &self.host_folder());
        chartseal::desk::session::login(&paths, login, &secret(PASSPHRASE)).unwrap()
    }
}

/// A patient with a name.
pub fn patient(given: &str, family: &str) -> chartseal::clinical::Identity {
    chartseal::clinical::Identity {
        names: vec![chartseal::clinical::Name::new(given, family)],
        birth: "1961-04-03".parse().ok(),
        ..Default::default()
    }
}

/// A copy that only its owner can read, as a vault and a host must be.
pub fn copy(from: &Path, to: &Path) {
    fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// The shared test data; with `CHARTSEAL_TEST_DATA` set, a missing folder is a failure.
pub fn data(folder: &str) -> Option<PathBuf> {
    let named = std::env::var_os("CHARTSEAL_TEST_DATA").map(PathBuf::from);
    let root = named
        .clone()
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let path = root.join(folder);
    assert!(
        named.is_none() || path.exists(),
        "{} is missing",
        path.display()
    );
    if !path.exists() {
        eprintln!("skipped: no {}", path.display());
        return None;
    }
    Some(path)
}
