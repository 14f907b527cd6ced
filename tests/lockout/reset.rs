//! An attempt that takes so long that the keys which it tries are replaced meanwhile.

use std::thread;

use chartseal::clinical::Role;
use chartseal::crypto::password::Cost;
use chartseal::ledger::{Certificate, Credential, canonical};
use chartseal::vault::VaultError;
use chartseal::vault::identity::Identity;

use crate::attempt::{WRONG, all_turns, credential, is_locked, spoil, until};
use crate::support::{Hospital, PASSPHRASE, secret};

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
fn a_code_that_was_replaced_while_the_passphrase_was_stretched_makes_no_keys() {
    let hospital = Hospital::bare();
    let admin = hospital.login("admin");
    let role = Role::Doctor;
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
