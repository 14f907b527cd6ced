//! The demonstration is a real vault, made by real acts.

use std::collections::BTreeMap;

use chartseal::config::Paths;
use chartseal::crypto::password::Cost;
use chartseal::crypto::secret::SecretBytes;
use chartseal::desk::view::{RxState, unwatched};
use chartseal::desk::{charts, rx, search, session};
use chartseal::jobs::demo::{PASSPHRASE, Plan, make};

#[test]
fn everyone_in_the_demo_logs_in_and_finds_what_their_role_should() {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::new(&folder.path().join("vault"), &folder.path().join("host"));
    let plan = Plan {
        patients: 24,
        seed: 7,
        cost: Cost::FLOOR,
        papers: folder.path().into(),
    };
    let made = make(&paths, &plan, &unwatched).unwrap();
    assert_eq!(made.patients, 24);
    let login = |login: &str| {
        session::login(
            &paths,
            login,
            &SecretBytes::new(PASSPHRASE.as_bytes().to_vec()),
        )
        .unwrap()
    };
    let doctors: Vec<_> = made
        .logins
        .iter()
        .filter(|login| login.role == "doctor")
        .collect();
    assert_ne!(doctors[0].unit, doctors[1].unit);
    let mut seen = BTreeMap::new();
    for someone in &made.logins {
        let session = login(&someone.login);
        let lines = charts::list(&session, None).unwrap();
        let expected = match someone.role.as_str() {
            "doctor" | "nurse" => 12,
            "registrar" => 12,
            "patient" => 1,
            "admin" | "auditor" => 0,
            _ => lines.len(),
        };
        assert_eq!(lines.len(), expected, "{} {}", someone.role, someone.login);
        *seen.entry(someone.role.clone()).or_insert(0) += 1;
        if someone.role == "doctor" {
            assert!(
                lines
                    .iter()
                    .all(|line| line.units == [someone.unit.clone().unwrap()])
            );
            let answer = search::run(&session, "kind:vitals", 5, 0).unwrap();
            assert!(answer.total > 50 && answer.uncovered == 0, "{answer:?}");
        }
    }
    assert_eq!(seen.len(), 7);
    let first: Vec<_> = charts::list(&login(&doctors[0].login), None).unwrap();
    assert_eq!(
        first[0]
            .attending
            .as_deref()
            .map(|name| name.contains("Helen")),
        Some(true)
    );

    let mut states = BTreeMap::<RxState, usize>::new();
    for doctor in &doctors[..2] {
        for line in rx::list(&login(&doctor.login), None, None).unwrap() {
            *states.entry(line.state).or_default() += 1;
        }
    }
    for state in RxState::ALL
        .iter()
        .filter(|state| !matches!(state, RxState::Draft | RxState::Recorded))
    {
        assert!(
            states.contains_key(state),
            "no prescription is {state}: {states:?}"
        );
    }
    let queue = rx::list(&login("adeyemi"), Some(RxState::Signed), None).unwrap();
    assert!(!queue.is_empty() && queue.iter().all(|line| line.name.is_some()));

    let shelf = chartseal::desk::stock::list(&login("adeyemi"), None).unwrap();
    assert!(shelf.iter().any(|lot| lot.expired) && shelf.iter().any(|lot| !lot.expired));
    let view = rx::show(
        &login("adeyemi"),
        queue[0].rx.parse().unwrap(),
        &charts::no_json,
    )
    .unwrap();
    assert!(view.checks.iter().any(|check| check.check == "stock"));
    assert!(
        !view.stock.is_empty(),
        "the pharmacy has what the hospital prescribes"
    );
}
