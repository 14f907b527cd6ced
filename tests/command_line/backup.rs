//! From a vault to a repository and back, by commands alone.

use std::path::Path;

use serde_json::Value;

use crate::new_host::NewHost;

/// A vault, the files of its restore shares, and the folder for snapshots.
fn vault() -> (NewHost, Vec<String>, String) {
    let host = NewHost::new();
    let made = host.json_as(
        "tlind",
        &[
            "init",
            "--admin",
            "tlind",
            "--shares",
            "3",
            "--threshold",
            "2",
        ],
    );
    let shares = made["restore"]["files"].as_array().unwrap();
    let shares = shares
        .iter()
        .map(|file| file.as_str().unwrap().to_owned())
        .collect();
    let repository = host
        .home
        .path()
        .join("repository")
        .to_str()
        .unwrap()
        .to_owned();
    (host, shares, repository)
}

/// The result of a run that may have told its progress.
#[track_caller]
fn result(run: &crate::program::Run) -> Value {
    assert_eq!(run.code, 0, "{}", run.err);
    for line in run.err.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["progress"]["what"].is_string(), "{line}");
    }
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn a_vault_is_backed_up_verified_lost_and_restored() {
    let (host, shares, repository) = vault();
    let first = result(&host.run_as("tlind", &["backup", "run", "--to", &repository]));
    assert_eq!(
        (&first["parent"], &first["entries"]),
        (&Value::Null, &first["new_entries"])
    );
    host.json_as("tlind", &["unit", "add", "Ward A", "--kind", "ward"]);
    let second = result(&host.run_as("tlind", &["backup", "run", "--to", &repository]));
    assert_eq!(second["parent"], first["snapshot"]);
    assert!(second["new_entries"].as_u64() < second["entries"].as_u64());

    let listed = host.json_as("tlind", &["backup", "list", "--to", &repository]);
    assert_eq!(
        (&listed[0]["snapshot"], &listed[0]["verified"]),
        (&second["snapshot"], &true.into())
    );
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let verified = result(&host.run_as(
        "tlind",
        &["backup", "verify", "--read-data", "--to", &repository],
    ));
    assert_eq!(
        (&verified["ok"], &verified["snapshots"]),
        (&true.into(), &2.into())
    );

    let into = host
        .home
        .path()
        .join("restored")
        .to_str()
        .unwrap()
        .to_owned();
    let share = |n: usize| ["--share", shares[n].as_str()];
    let restore = ["backup", "restore", "--from", &repository, "--into", &into];
    let too_few = host.run_as("tlind", &[&restore[..], &share(0)].concat());
    assert_eq!(too_few.code, 3, "{}", too_few.err);
    assert!(!Path::new(&into).exists());
    let restored = result(&host.run_as("tlind", &[&restore[..], &share(2), &share(0)].concat()));
    assert_eq!(
        (&restored["snapshot"], &restored["entries"]),
        (&second["snapshot"], &second["entries"])
    );
    assert_eq!(restored["verify"]["ok"], true, "{restored}");
    let again = host.run_as("tlind", &[&restore[..], &share(0), &share(1)].concat());
    assert_eq!(again.code, 2, "a restore overwrites nothing: {}", again.err);

    let there = [
        "--vault",
        &into,
        "--host",
        restored["host"].as_str().unwrap(),
    ];
    let units = host.json_as("tlind", &[&there[..], &["unit", "list"]].concat());
    assert!(
        units
            .as_array()
            .unwrap()
            .iter()
            .any(|unit| unit["unit"] == "Ward A")
    );
    let third = result(&host.run_as(
        "tlind",
        &[&there[..], &["backup", "run", "--to", &repository]].concat(),
    ));
    assert_eq!(
        third["parent"], second["snapshot"],
        "the restored host begins a timeline of its own"
    );
}

#[test]
fn a_repository_that_lost_an_object_is_found_out() {
    let (host, _, repository) = vault();
    result(&host.run_as("tlind", &["backup", "run", "--to", &repository]));
    let objects = Path::new(&repository).join("objects");
    let mut folders = vec![objects];
    let object = loop {
        let entry = std::fs::read_dir(folders.pop().unwrap())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        if entry.file_type().unwrap().is_file() {
            break entry.path();
        }
        folders.push(entry.path());
    };
    std::fs::remove_file(object).unwrap();
    let run = host.run_as("tlind", &["backup", "verify", "--to", &repository]);
    assert_eq!(run.code, 1, "{}", run.err);
    let verified: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (
            &verified["ok"],
            verified["missing"].as_array().unwrap().len()
        ),
        (&false.into(), 1)
    );
}

#[test]
fn a_second_target_is_a_repository_of_its_own_and_an_emptied_one_is_found_out() {
    let (host, _, repository) = vault();
    let second = format!("{repository}-2");
    result(&host.run_as("tlind", &["backup", "run", "--to", &repository]));
    let made = result(&host.run_as("tlind", &["backup", "run", "--to", &second]));
    assert_eq!(made["parent"], Value::Null);
    for target in [&repository, &second] {
        let next = result(&host.run_as("tlind", &["backup", "run", "--to", target]));
        assert!(next["parent"].is_string());
    }
    std::fs::remove_dir_all(&second).unwrap();
    assert_eq!(
        host.run_as("tlind", &["backup", "run", "--to", &second])
            .code,
        1
    );
}

#[test]
fn without_a_target_or_a_repository_the_command_says_what_to_do() {
    let (host, _, repository) = vault();
    assert_eq!(
        host.run_as("tlind", &["backup", "run"]).error(2)["code"],
        "no-target"
    );
    let run = host.run_as("tlind", &["backup", "list", "--to", &repository]);
    assert_eq!(run.code, 2, "{}", run.err);
    let unreachable = host.run_as("tlind", &["backup", "run", "--to", "/proc/nowhere"]);
    assert_eq!(unreachable.code, 5, "{}", unreachable.err);
}

#[test]
fn the_keyless_verification_of_a_fresh_vault_finds_nothing() {
    let (host, _, _) = vault();
    let report = result(&host.run_as("tlind", &["verify"]));
    assert_eq!(
        (&report["ok"], &report["chain"]),
        (&true.into(), &"ok".into()),
        "{report}"
    );
    assert!(host.json_as("tlind", &["status"])["last_verify"].is_string());
}
