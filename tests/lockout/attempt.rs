//! What an attempt tells, and what stands in the file after it.

use std::fs::{File, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use chartseal::crypto::hash::Hash;
use chartseal::ledger::Credential;
use chartseal::ledger::clear::BackupMark;
use chartseal::ledger::store::FILE;
use chartseal::vault::turn::{AT_ONCE, Turn};
use chartseal::vault::{Session, VaultError, record};
use rusqlite::Connection;

use crate::support::Hospital;

pub const WRONG: &str = "wrong wrong";

pub fn sql(hospital: &Hospital) -> Connection {
    let file = Connection::open(hospital.vault_folder().join(FILE)).unwrap();
    file.busy_timeout(Duration::from_mins(1)).unwrap();
    file
}

pub fn credential(hospital: &Hospital, login: &str) -> Credential {
    let vault = hospital.vault();
    let found = vault.ledger().read(|tx| tx.credential(login)).unwrap();
    found.unwrap()
}

pub fn spoil(hospital: &Hospital, assignments: &str) {
    let changed = sql(hospital)
        .execute(
            &format!("UPDATE credential SET {assignments} WHERE login = 'hsmith'"),
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

/// Waits for what another thread or process brings about.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let latest = Instant::now() + Duration::from_mins(2);
    while !holds() {
        assert!(Instant::now() < latest, "{what}");
        thread::yield_now();
    }
}

/// So many entries that the host signs, each as of the time that is asked for it.
pub fn marks_backups(hospital: &Hospital, entries: usize, at: impl Fn() -> u64) {
    let vault = hospital.vault();
    let directory = vault.directory().unwrap();
    let mark = || BackupMark {
        snapshot: 1,
        manifest: Hash([1; 32]),
        covers: 1,
        place: None,
    };
    vault
        .ledger()
        .write(|tx| {
            for _ in 0..entries {
                record::backup_made(tx, &directory, vault.host(), mark(), at())?;
            }
            Ok::<_, VaultError>(())
        })
        .unwrap();
}

/// What an attempt tells whoever makes it.
pub fn answer(outcome: Result<Session, VaultError>) -> &'static str {
    match outcome {
        Ok(_) => "in",
        Err(VaultError::WrongPassphrase) => "wrong",
        Err(VaultError::LockedOut { .. }) => "locked",
        Err(error) => panic!("{error}"),
    }
}

pub fn all_turns(hospital: &Hospital) -> Vec<Turn> {
    let vault = hospital.vault();
    (0..AT_ONCE).map(|_| vault.host().turn().unwrap()).collect()
}

pub fn is_locked(hospital: &Hospital, name: &str) -> bool {
    let file = File::open(hospital.host_folder().join(name)).unwrap();
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}
