//! Guessing passphrases: what is counted, what locks, what goes on record, and what an answer tells.

mod support;

use std::fs::{File, TryLockError};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chartseal::crypto::hash::Hash;
use chartseal::crypto::password::Cost;
use chartseal::desk::audit;
use chartseal::desk::view::unwatched;
use chartseal::jobs::verify;
use chartseal::ledger::attempts::MOST_UNKNOWN;
use chartseal::ledger::clear::BackupMark;
use chartseal::ledger::store::FILE;
use chartseal::ledger::{Certificate, Credential, LedgerError, Section, canonical};
use chartseal::vault::identity::Identity;
use chartseal::vault::record::{self, LOGIN_FAILED, LoginFailed, UNKNOWN_A_MINUTE};
use chartseal::vault::sweep::Witness;
use chartseal::vault::turn::AT_ONCE;
use chartseal::vault::{Vault, VaultError, clock};
use rusqlite::Connection;
use support::{Hospital, PASSPHRASE, secret};

const WRONG: &str = "wrong wrong";
/// Attempts that are made at once.
const GUESSES: usize = 12;

fn sql(hospital: &Hospital) -> Connection {
    let file = Connection::open(hospital.vault_folder().join(FILE)).unwrap();
    file.busy_timeout(Duration::from_mins(1)).unwrap();
    file
}

fn credential(hospital: &Hospital, login: &str) -> Credential {
    let vault = hospital.vault();
    let found = vault.ledger().read(|tx| tx.credential(login)).unwrap();
    found.unwrap()
}

fn spoil(hospital: &Hospital, assignments: &str) {
    let changed = sql(hospital)
        .execute(
            &format!("UPDATE credential SET {assignments} WHERE login = 'hsmith'"),
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

/// Waits for what another thread or process brings about.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let latest = Instant::now() + Duration::from_mins(2);
    while !holds() {
        assert!(Instant::now() < latest, "{what}");
        thread::yield_now();
    }
}

/// Something that the host signs.
fn mark() -> BackupMark {
    BackupMark {
        snapshot: 1,
        manifest: Hash([1; 32]),
        covers: 1,
        place: None,
    }
}

/// What an attempt tells whoever makes it.
fn answer(outcome: Result<chartseal::vault::Session, VaultError>) -> &'static str {
    match outcome {
        Ok(_) => "in",
        Err(VaultError::WrongPassphrase) => "wrong",
        Err(VaultError::LockedOut { .. }) => "locked",
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn of_guesses_made_at_once_as_many_are_heard_as_one_after_the_other() {
    let hospital = Hospital::staffed();
    for login in ["hsmith", "nobody"] {
        let begin = Barrier::new(GUESSES);
        let answers: Vec<&str> = thread::scope(|scope| {
            let guesses: Vec<_> = (0..GUESSES)
                .map(|_| {
                    scope.spawn(|| {
                        let vault = hospital.vault();
                        begin.wait();
                        answer(vault.unlock(login, &secret(WRONG)))
                    })
                })
                .collect();
            guesses
                .into_iter()
                .map(|guess| guess.join().unwrap())
                .collect()
        });
        let heard = answers.iter().filter(|answer| **answer == "wrong").count();
        assert_eq!((heard, answers.len()), (5, GUESSES), "{login}: {answers:?}");
        assert_eq!(answer(hospital.try_login(login, PASSPHRASE)), "locked");
    }
    assert_eq!(credential(&hospital, "hsmith").failed, 5);
}

/// Wraps the keys of hsmith anew, at a cost that takes seconds, and with one failure.
fn stretch_longer(hospital: &Hospital) {
    let vault = hospital.vault();
    let old = credential(hospital, "hsmith");
    let certificate: Certificate = canonical::decode("certificate", &old.certificate).unwrap();
    let (host, id) = (vault.host(), vault.host().vault());
    let passphrase = PASSPHRASE.as_bytes();
    let me = Identity::unwrap(&old, &certificate, passphrase, host.secret(), &id).unwrap();
    let cost = Cost {
        memory_kib: 128 * 1024,
        passes: 16,
    };
    let mut long = me
        .wrap(&certificate, passphrase, host.secret(), &id, cost)
        .unwrap();
    long.failed = 1;
    vault.ledger().write(|tx| tx.put_credential(&long)).unwrap();
}

/// Begins an attempt that takes long, and while it is heard resets the account and activates it anew.
fn attempt_across_a_reset(passphrase: &str) -> (Hospital, Credential, Result<(), VaultError>) {
    let hospital = Hospital::staffed();
    stretch_longer(&hospital);
    let (activated, outcome) = thread::scope(|scope| {
        let attempt = scope.spawn(|| hospital.try_login("hsmith", passphrase).map(drop));
        until("the attempt is heard", || {
            credential(&hospital, "hsmith").failed == 2
        });
        let code = hospital.login("admin").reset("hsmith").unwrap();
        hospital
            .vault()
            .activate("hsmith", &code, &secret("a new passphrase"), Cost::FLOOR)
            .unwrap();
        spoil(&hospital, "failed = 3");
        let activated = credential(&hospital, "hsmith");
        assert!(
            !attempt.is_finished(),
            "the attempt was to outlast the activation"
        );
        (activated, attempt.join().unwrap())
    });
    (hospital, activated, outcome)
}

#[test]
fn a_failure_that_outlasts_a_reset_leaves_the_new_keys_as_they_are() {
    let (hospital, activated, outcome) = attempt_across_a_reset(WRONG);
    assert!(
        matches!(outcome, Err(VaultError::WrongPassphrase)),
        "{outcome:?}"
    );
    assert_eq!(credential(&hospital, "hsmith"), activated);
    hospital.login("admin").approve("hsmith").unwrap();
    hospital.try_login("hsmith", "a new passphrase").unwrap();
}

#[test]
fn a_success_that_outlasts_a_reset_forgives_nothing_of_the_new_keys() {
    // The old keys were opened, and their account has ended.
    let (hospital, activated, outcome) = attempt_across_a_reset(PASSPHRASE);
    assert!(
        matches!(outcome, Err(VaultError::NotActive { .. })),
        "{outcome:?}"
    );
    assert_eq!(credential(&hospital, "hsmith"), activated);
}

#[test]
fn failures_are_counted_also_while_the_clock_is_behind_and_nothing_goes_on_record() {
    let hospital = Hospital::staffed();
    let vault = hospital.vault();
    let directory = vault.directory().unwrap();
    vault
        .ledger()
        .write(|tx| {
            let in_two_hours = clock::now() + 2 * clock::HOUR;
            record::backup_made(tx, &directory, vault.host(), mark(), in_two_hours)
        })
        .unwrap();
    for failed in 1..=5 {
        let refused = hospital.try_login("hsmith", WRONG).unwrap_err();
        assert!(
            matches!(refused, VaultError::Ledger(LedgerError::ClockBehind { .. })),
            "{refused}"
        );
        assert_eq!(credential(&hospital, "hsmith").failed, failed);
    }
    assert_eq!(answer(hospital.try_login("hsmith", PASSPHRASE)), "locked");
}

#[test]
fn a_success_ends_the_count_and_the_lock_is_as_long_as_the_count_says() {
    let hospital = Hospital::staffed();
    for (before, seconds) in [
        (0, 0),
        (3, 0),
        (4, 30),
        (5, 60),
        (10, 1920),
        (11, 3600),
        (40, 3600),
    ] {
        spoil(&hospital, &format!("failed = {before}, locked_until = 0"));
        let began = clock::now();
        assert_eq!(answer(hospital.try_login("hsmith", WRONG)), "wrong");
        let after = credential(&hospital, "hsmith");
        assert_eq!(after.failed, before + 1);
        if seconds == 0 {
            assert_eq!(after.locked_until, 0);
        } else {
            let locks = began + seconds * 1000..=clock::now() + seconds * 1000;
            assert!(locks.contains(&after.locked_until), "{before}: {after:?}");
            assert_eq!(answer(hospital.try_login("hsmith", PASSPHRASE)), "locked");
        }
    }
    // The lock has run out.
    spoil(&hospital, "locked_until = 1");
    assert_eq!(answer(hospital.try_login("hsmith", PASSPHRASE)), "in");
    let after = credential(&hospital, "hsmith");
    assert_eq!((after.failed, after.locked_until), (0, 0));
}

#[test]
fn a_login_that_does_not_exist_answers_as_one_that_does_and_is_written_nowhere() {
    let hospital = Hospital::staffed();
    // As long as somebody has the file open, its log is there.
    let _open = hospital.vault();
    // As people do who are in the wrong field.
    let typed = "correct-horse-battery-staple";
    let answers = |login: &str| -> Vec<&str> {
        (0..7)
            .map(|_| answer(hospital.try_login(login, WRONG)))
            .collect()
    };
    assert_eq!(answers("hsmith"), answers(typed));
    assert_eq!(answer(hospital.try_login("another", WRONG)), "wrong");
    for name in [FILE.to_owned(), format!("{FILE}-wal")] {
        let bytes = std::fs::read(hospital.vault_folder().join(name)).unwrap();
        assert!(
            !bytes
                .windows(typed.len())
                .any(|window| window == typed.as_bytes())
        );
    }
}

#[test]
fn of_logins_that_do_not_exist_only_the_last_are_remembered() {
    let hospital = Hospital::bare();
    let file = sql(&hospital);
    file.execute(
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO unknown_login SELECT randomblob(32), 1, 0, i FROM n",
        [MOST_UNKNOWN],
    )
    .unwrap();
    assert_eq!(answer(hospital.try_login("nobody", WRONG)), "wrong");
    let (count, oldest): (i64, i64) = file
        .query_row("SELECT count(*), min(last) FROM unknown_login", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((count, oldest), (MOST_UNKNOWN, 2));
}

/// The failed logins on record: minute, thread, what it says.
fn on_record(hospital: &Hospital) -> Vec<(u64, chartseal::ledger::ThreadId, LoginFailed)> {
    hospital
        .login("audit")
        .read(|reader| {
            let auditors = reader
                .directory()
                .unit_by_name("auditors")
                .unwrap()
                .unit
                .unit;
            let entries = reader.section(auditors.chart(), Section::Access)?;
            Ok::<_, VaultError>(
                entries
                    .into_iter()
                    .map(Result::unwrap)
                    .filter(|opened| opened.body.kind == LOGIN_FAILED)
                    .map(|opened| {
                        let core = &opened.entry.core;
                        let body = LoginFailed::decode(&opened.body).unwrap();
                        (core.created / 60_000, core.thread, body)
                    })
                    .collect(),
            )
        })
        .unwrap()
}

#[test]
fn the_failures_of_a_login_in_a_minute_are_one_thread_and_one_line_of_the_audit() {
    let hospital = Hospital::staffed();
    for (login, failures) in [("hsmith", 4), ("okafor", 2)] {
        for _ in 0..failures {
            assert_eq!(answer(hospital.try_login(login, WRONG)), "wrong");
        }
    }
    for n in 0..2 * UNKNOWN_A_MINUTE {
        assert_eq!(
            answer(hospital.try_login(&format!("nobody{n}"), WRONG)),
            "wrong"
        );
    }
    let record = on_record(&hospital);
    // Usually one minute; the test may run into the next.
    let mut lines = 0;
    for login in ["hsmith", "okafor", ""] {
        let of_login: Vec<_> = record
            .iter()
            .filter(|(.., body)| body.login == login)
            .collect();
        let mut threads: Vec<_> = of_login
            .iter()
            .map(|(minute, thread, _)| (minute, thread))
            .collect();
        threads.dedup();
        let mut minutes: Vec<_> = of_login.iter().map(|(minute, ..)| minute).collect();
        minutes.dedup();
        assert_eq!(threads.len(), minutes.len(), "{login}");
        lines += threads.len();
        match login {
            "hsmith" => assert_eq!((of_login.len(), of_login[3].2.failures), (4, 4)),
            "okafor" => assert_eq!((of_login.len(), of_login[1].2.failures), (2, 2)),
            _ => assert!(
                (UNKNOWN_A_MINUTE..=UNKNOWN_A_MINUTE * minutes.len()).contains(&of_login.len())
            ),
        }
    }
    let auditor = hospital.desk("audit");
    let shown: Vec<_> = audit::list(&auditor, None, None, None)
        .unwrap()
        .into_iter()
        .filter(|line| line.action == "login failed")
        .collect();
    assert_eq!(shown.len(), lines, "{shown:#?}");
    assert!(shown.iter().any(|line| line.detail == "hsmith, 4 in a row"));
    assert!(
        shown
            .iter()
            .any(|line| line.detail.starts_with("unknown logins, "))
    );
    let vault = hospital.vault();
    let witness = Witness::of(vault.host()).unwrap();
    let report = verify::keyless(vault.ledger(), witness, 1, &unwatched).unwrap();
    assert!(report.ok, "{:#?}", report.findings);
}

#[test]
fn a_failure_does_not_walk_the_whole_ledger() {
    let hospital = Hospital::staffed();
    let vault = hospital.vault();
    let directory = vault.directory().unwrap();
    vault
        .ledger()
        .write(|tx| {
            for _ in 0..5_001 {
                record::backup_made(tx, &directory, vault.host(), mark(), clock::now())?;
            }
            Ok::<_, VaultError>(())
        })
        .unwrap();
    assert_eq!(answer(hospital.try_login("hsmith", WRONG)), "wrong");
    // Whoever walks past entry 3 now is told that it is broken.
    sql(&hospital)
        .execute("UPDATE entry SET digest = zeroblob(32) WHERE seq = 3", [])
        .unwrap();
    assert!(matches!(
        hospital.vault().directory(),
        Err(VaultError::Broken { seq: 3, .. })
    ));
    for login in ["hsmith", "nobody"] {
        assert_eq!(answer(hospital.try_login(login, WRONG)), "wrong", "{login}");
    }
}

#[test]
fn a_code_that_was_replaced_while_the_passphrase_was_stretched_makes_no_keys() {
    let hospital = Hospital::bare();
    let admin = hospital.login("admin");
    let role = chartseal::clinical::Role::Doctor;
    let code = admin.invite("newdoc", "New Doc", role, &[]).unwrap();
    let turns = all_turns(&hospital);
    thread::scope(|scope| {
        let vault = hospital.vault();
        let activation =
            scope.spawn(move || vault.activate("newdoc", &code, &secret(PASSPHRASE), Cost::FLOOR));
        // The code was looked at, and the passphrase waits for its turn.
        until("the activation waits", || is_locked(&hospital, "turn.lock"));
        let other = admin.reset("newdoc").unwrap();
        drop(turns);
        let refused = activation.join().unwrap();
        assert!(matches!(refused, Err(VaultError::BadCode)), "{refused:?}");
        let vault = hospital.vault();
        assert!(
            vault
                .ledger()
                .read(|tx| tx.credential("newdoc"))
                .unwrap()
                .is_none()
        );
        vault
            .activate("newdoc", &other, &secret(PASSPHRASE), Cost::FLOOR)
            .unwrap();
    });
}

fn all_turns(hospital: &Hospital) -> Vec<chartseal::vault::turn::Turn> {
    let vault = hospital.vault();
    (0..AT_ONCE).map(|_| vault.host().turn().unwrap()).collect()
}

fn is_locked(hospital: &Hospital, name: &str) -> bool {
    let file = File::open(hospital.host_folder().join(name)).unwrap();
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

#[test]
fn no_more_than_four_have_a_turn_at_once() {
    let hospital = Hospital::bare();
    let (now, most, all) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    thread::scope(|scope| {
        for _ in 0..3 * AT_ONCE {
            scope.spawn(|| {
                let vault = hospital.vault();
                for _ in 0..20 {
                    let turn = vault.host().turn().unwrap();
                    let together = now.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(together, Ordering::SeqCst);
                    all.fetch_add(1, Ordering::SeqCst);
                    thread::yield_now();
                    now.fetch_sub(1, Ordering::SeqCst);
                    drop(turn);
                }
            });
        }
    });
    assert_eq!(all.into_inner(), 20 * 3 * AT_ONCE);
    assert!(most.into_inner() <= AT_ONCE);
}

const FOLDER: &str = "CHARTSEAL_TEST_TURN_FOLDER";
const KEEP: &str = "CHARTSEAL_TEST_TURN_KEEP";

/// Takes a turn and keeps it, or logs in.
#[test]
fn child_that_takes_a_turn() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    let vault = Vault::open(&folder.join("vault"), &folder.join("host")).unwrap();
    if std::env::var(KEEP).is_ok() {
        let _turn = vault.host().turn().unwrap();
        thread::sleep(Duration::from_mins(10));
    }
    vault.unlock("admin", &secret(PASSPHRASE)).unwrap();
}

fn child(hospital: &Hospital, keep: bool) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["child_that_takes_a_turn", "--exact"])
        .env(FOLDER, hospital.folder.path())
        .stdout(Stdio::null());
    if keep {
        command.env(KEEP, "yes");
    }
    command.spawn().unwrap()
}

#[test]
fn a_login_waits_for_its_turn_in_whatever_process_and_a_process_that_is_killed_holds_none() {
    let hospital = Hospital::bare();
    let mut turns = all_turns(&hospital);
    let mut login = child(&hospital, false);
    until("the login waits", || is_locked(&hospital, "turn.lock"));
    assert!(login.try_wait().unwrap().is_none());
    turns.pop();
    assert!(login.wait().unwrap().success());
    // Another process takes the turn that is free, and is killed.
    let mut keeper = child(&hospital, true);
    until("every turn is taken", || {
        (1..=AT_ONCE).all(|n| is_locked(&hospital, &format!("turn-{n}.lock")))
    });
    let mut login = child(&hospital, false);
    until("the login waits", || is_locked(&hospital, "turn.lock"));
    assert!(login.try_wait().unwrap().is_none());
    keeper.kill().unwrap();
    keeper.wait().unwrap();
    assert!(login.wait().unwrap().success());
}
