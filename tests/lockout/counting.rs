//! How many failures are heard, and for how long they lock: of a login that exists as of one that does not.

use std::sync::Barrier;
use std::thread;

use chartseal::ledger::LedgerError;
use chartseal::ledger::attempts::MOST_UNKNOWN;
use chartseal::ledger::store::FILE;
use chartseal::vault::{VaultError, clock};

use crate::attempt::{WRONG, answer, credential, marks_backups, spoil, sql};
use crate::support::{Hospital, PASSPHRASE, secret};

/// Attempts that are made at once.
const GUESSES: usize = 12;

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

#[test]
fn failures_are_counted_also_while_the_clock_is_behind_and_nothing_goes_on_record() {
    let hospital = Hospital::staffed();
    marks_backups(&hospital, 1, || clock::now() + 2 * clock::HOUR);
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
