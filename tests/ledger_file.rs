//! Files of other versions and of other programs: what becomes of them when they are opened.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use chartseal::ledger::{Ledger, LedgerError, Section, schema};
use chartseal::vault::VaultError;
use rusqlite::Connection;
use support::editor::Victim;
use support::secret;

/// Every file in the vault's folder, but for the memory that those who have it open share.
fn bytes_of(victim: &Victim) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(victim.vault_folder())
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| {
            let name = file.file_name().into_string().unwrap();
            (name, fs::read(file.path()).unwrap())
        })
        .filter(|(name, bytes)| !name.ends_with("-shm") && !bytes.is_empty())
        .collect();
    files.sort_unstable();
    files
}

#[test]
fn a_file_of_a_newer_schema_is_refused_and_left_as_it_is() {
    let victim = Victim::new();
    let newer = victim.sql();
    newer.execute_batch("PRAGMA user_version = 99").unwrap();
    // With somebody who has it open, whose log nobody else may empty, and without.
    for open in [Some(newer), None] {
        let before = bytes_of(&victim);
        assert_eq!(before.len(), if open.is_some() { 2 } else { 1 });
        assert!(matches!(
            Ledger::open(&victim.vault_folder()).map(drop),
            Err(LedgerError::NewerSchema { found: 99, .. })
        ));
        assert!(bytes_of(&victim) == before);
    }
}

#[test]
fn a_log_that_was_left_behind_by_a_newer_version_is_left_as_it_is() {
    let victim = Victim::new();
    let newer = victim.sql();
    newer.execute_batch("PRAGMA user_version = 99").unwrap();
    // As after a power failure: file and log are there, and nobody has them open.
    let left = bytes_of(&victim);
    drop(newer);
    for (name, bytes) in &left {
        let path = victim.vault_folder().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert_eq!(left.len(), 2);
    assert!(matches!(
        Ledger::open(&victim.vault_folder()).map(drop),
        Err(LedgerError::NewerSchema { found: 99, .. })
    ));
    assert!(bytes_of(&victim) == left);
}

#[test]
fn the_file_of_another_program_is_refused_and_left_as_it_is() {
    for mode in ["DELETE", "WAL"] {
        let victim = Victim::new();
        let path = victim.vault_folder().join("vault.db");
        fs::remove_file(&path).unwrap();
        let other = Connection::open(&path).unwrap();
        other
            .execute_batch(&format!(
                "PRAGMA journal_mode = {mode}; PRAGMA user_version = 1; CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)"
            ))
            .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        drop(other);
        let before = bytes_of(&victim);
        assert!(matches!(
            Ledger::open(&victim.vault_folder()).map(drop),
            Err(LedgerError::NotAVault(_))
        ));
        assert!(bytes_of(&victim) == before, "{mode}");
    }
}

/// Makes the file one of schema 1, which did not count attempts at logins that do not exist.
fn made_older(victim: &Victim) {
    victim
        .sql()
        .execute_batch("DROP TABLE unknown_login; PRAGMA user_version = 1")
        .unwrap();
}

#[test]
fn an_older_file_becomes_one_of_this_version_and_loses_nothing() {
    let victim = Victim::new();
    made_older(&victim);
    let (head, views): (String, i64) = victim
        .sql()
        .query_row(
            "SELECT hex(link), seq FROM entry ORDER BY seq DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    // Several programs find it at the same time.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| Ledger::open(&victim.vault_folder()).unwrap());
        }
    });
    let sql = victim.sql();
    let version: i64 = sql
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, schema::VERSION);
    let found = Ledger::open(&victim.vault_folder())
        .unwrap()
        .head()
        .unwrap();
    assert_eq!(
        (found.link.to_string().to_uppercase(), found.seq as i64),
        (head, views)
    );
    let doctor = victim.login("hsmith").unwrap();
    assert!(
        !Victim::read(&doctor, victim.facts.chart, Section::Clinical)
            .unwrap()
            .is_empty()
    );
    assert!(victim.verify().ok);
    let vault = victim.vault().unwrap();
    let refused = vault.unlock("nobody", &secret("not a passphrase"));
    assert!(matches!(refused, Err(VaultError::WrongPassphrase)));
}

#[test]
fn an_older_file_that_was_altered_is_refused_after_all() {
    let victim = Victim::new();
    made_older(&victim);
    victim
        .sql()
        .execute_batch("CREATE TRIGGER lose AFTER INSERT ON body BEGIN DELETE FROM body; END")
        .unwrap();
    assert!(matches!(
        Ledger::open(&victim.vault_folder()).map(drop),
        Err(LedgerError::AlteredSchema(what)) if what.contains("lose")
    ));
}
