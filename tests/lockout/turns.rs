//! Stretching passphrases in turn, so that many attempts at once take no more memory than four.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use chartseal::vault::Vault;
use chartseal::vault::turn::AT_ONCE;

use crate::attempt::{all_turns, is_locked, until};
use crate::support::{Hospital, PASSPHRASE, secret};

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
        .args(["turns::child_that_takes_a_turn", "--exact"])
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
