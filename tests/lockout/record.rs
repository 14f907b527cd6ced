//! What goes on record of failures, and how little of the ledger that takes.

use chartseal::desk::audit;
use chartseal::desk::view::unwatched;
use chartseal::jobs::verify;
use chartseal::ledger::{Section, ThreadId};
use chartseal::vault::record::{LOGIN_FAILED, LoginFailed, UNKNOWN_A_MINUTE};
use chartseal::vault::sweep::Witness;
use chartseal::vault::{VaultError, clock};

use crate::attempt::{WRONG, answer, marks_backups, sql};
use crate::support::Hospital;

/// The failed logins on record: minute, thread, what it says.
fn on_record(hospital: &Hospital) -> Vec<(u64, ThreadId, LoginFailed)> {
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
    marks_backups(&hospital, 5_001, clock::now);
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
