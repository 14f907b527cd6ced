//! What every test of people does at the desk.

use crate::support::{Hospital, PASSPHRASE, secret};
use chartseal::clinical::Role;
use chartseal::config::Paths;
use chartseal::crypto::password::Cost;
use chartseal::crypto::secret::SecretBytes;
use chartseal::desk::view::{MemberState, UnitView, UserState};
use chartseal::desk::{Class, DeskError, Session, units, users};
use chartseal::ledger::clear::UnitKind;
use std::fs;
use std::path::PathBuf;

/// What people do that their vault has no short word for.
pub trait Desk {
    fn paths(&self) -> Paths;
    fn code_file(&self, name: &str) -> PathBuf;
    fn activate(&self, login: &str, code_file: &str) -> String;
    fn hire(&self, login: &str, role: Role, units: &[&str]);
}

impl Desk for Hospital {
    fn paths(&self) -> Paths {
        Paths::new(&self.vault_folder(), &self.host_folder())
    }

    fn code_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Activates with a code from a file and answers with the fingerprint.
    fn activate(&self, login: &str, code_file: &str) -> String {
        let code = SecretBytes::new(fs::read(self.code_file(code_file)).unwrap());
        let user = users::activate(
            &self.paths(),
            login,
            &code,
            &secret(PASSPHRASE),
            Cost::FLOOR,
        )
        .unwrap();
        assert_eq!(user.state, UserState::Activated);
        user.fingerprint.unwrap()
    }

    fn hire(&self, login: &str, role: Role, units: &[&str]) {
        let admin = self.desk("admin");
        let units: Vec<String> = units.iter().map(|&unit| unit.to_owned()).collect();
        let file = format!("{login}.code");
        users::add(&admin, login, login, role, &units, &self.code_file(&file)).unwrap();
        let fingerprint = self.activate(login, &file);
        users::approve(&admin, login, Some(&fingerprint)).unwrap();
    }
}

/// A vault with its admin and a ward.
pub fn ward() -> Hospital {
    let hospital = Hospital::bare();
    units::add(&hospital.desk("admin"), "Ward A", UnitKind::Ward).unwrap();
    hospital
}

pub fn unit(session: &Session, name: &str) -> UnitView {
    let units = units::list(session).unwrap();
    units.into_iter().find(|unit| unit.unit == name).unwrap()
}

pub fn standing(session: &Session, in_unit: &str, login: &str) -> Option<MemberState> {
    let members = unit(session, in_unit).members;
    members
        .into_iter()
        .find(|member| member.login == login)
        .map(|member| member.state)
}

pub fn state_of(session: &Session, login: &str) -> Option<UserState> {
    let users = users::list(session).unwrap();
    users
        .into_iter()
        .find(|user| user.login == login)
        .map(|user| user.state)
}

#[track_caller]
pub fn refused<T>(outcome: Result<T, DeskError>, class: Class, says: &str) {
    let error = outcome.err().expect("it was not refused");
    assert_eq!(error.class(), class, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}
