//! A head that was kept on paper: it tells an older state and another history from the newest, on a host that remembers nothing.

use std::path::Path;

use serde_json::Value;

use crate::repository::{at, copy, result, vault};

#[test]
fn a_printed_head_finds_an_older_state_on_a_host_that_remembers_nothing() {
    let (host, shares, repository) = vault();
    let first = result(&host.run_as("tlind", &at(&["run"], &repository)));
    let old = format!("{repository}-old");
    copy(Path::new(&repository), Path::new(&old));
    host.json_as("tlind", &["unit", "add", "Ward A", "--kind", "ward"]);
    let second = result(&host.run_as("tlind", &at(&["run"], &repository)));
    let (before, head) = (
        first["head"].as_str().unwrap(),
        second["head"].as_str().unwrap(),
    );
    assert_eq!(head.len(), 48 + 11, "{head}");

    for known in [before, head] {
        let verified = host.run_as("tlind", &at(&["verify", "--head", known], &repository));
        assert_eq!(result(&verified)["ok"], true);
    }
    // The old state is a target of its own to this host: nothing but the head knows better.
    assert_eq!(
        result(&host.run_as("tlind", &at(&["verify"], &old)))["ok"],
        true
    );
    let run = host.run_as("tlind", &at(&["verify", "--head", head], &old));
    assert_eq!(run.code, 1, "{}", run.err);
    let verified: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(verified["rolled_back"], true);
    assert!(verified["behind"].as_str().unwrap().contains("older state"));

    let into = |name: &str| host.home.path().join(name).to_str().unwrap().to_owned();
    let restore = |from: &str, into: &str, head: &str| {
        let fixed = ["backup", "restore", "--from", from, "--into", into];
        let shares = ["--share", &shares[0], "--share", &shares[1], "--head", head];
        host.run_as("tlind", &[&fixed[..], &shares].concat())
    };
    let refused = restore(&old, &into("a"), head);
    assert_eq!(refused.code, 1, "{}", refused.err);
    let last = refused.err.lines().last().unwrap();
    assert!(last.contains("older state"), "{last}");
    assert!(!Path::new(&into("a")).exists());
    let mistyped = head.replacen(&head[..1], "1", 1);
    assert_eq!(restore(&repository, &into("a"), &mistyped).code, 2);
    assert_eq!(
        result(&restore(&repository, &into("a"), &head.to_lowercase()))["snapshot"],
        second["snapshot"]
    );
    // A newer state than the one that was written down is what one hopes for.
    assert_eq!(
        result(&restore(&repository, &into("b"), before))["snapshot"],
        second["snapshot"]
    );
}

#[test]
fn two_histories_are_told_apart_by_the_head() {
    let (host, shares, repository) = vault();
    result(&host.run_as("tlind", &at(&["run"], &repository)));
    let fork = format!("{repository}-fork");
    copy(Path::new(&repository), Path::new(&fork));
    let head = result(&host.run_as("tlind", &at(&["run"], &repository)))["head"].clone();
    // Somebody went on from the copy with a copy of the host's state.
    result(&host.run_as("tlind", &at(&["run"], &fork)));
    let run = host.run_as(
        "tlind",
        &at(&["verify", "--head", head.as_str().unwrap()], &fork),
    );
    assert_eq!(run.code, 1, "{}", run.err);
    let verified: Value = serde_json::from_str(&run.out).unwrap();
    assert!(
        verified["behind"]
            .as_str()
            .unwrap()
            .contains("another history"),
        "{verified}"
    );
    let into = host.home.path().join("a").to_str().unwrap().to_owned();
    let fixed = [
        "backup", "restore", "--from", &fork, "--into", &into, "--head",
    ];
    let refused = host.run_as(
        "tlind",
        &[
            &fixed[..],
            &[
                head.as_str().unwrap(),
                "--share",
                &shares[0],
                "--share",
                &shares[1],
            ],
        ]
        .concat(),
    );
    assert_eq!(refused.code, 1, "{}", refused.err);
}
