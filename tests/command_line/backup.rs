//! From a vault to a repository and back, by commands alone.

use std::path::Path;

use serde_json::Value;

use crate::repository::{at, result, vault, walk};

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

    let listed = result(&host.run_as("tlind", &["backup", "list", "--to", &repository]));
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

    // An address that no argument shows.
    let unseen = into.clone() + "-unseen";
    let restore = ["backup", "restore", "--into", &unseen];
    let arguments = [&restore[..], &share(2), &share(0)].concat();
    let nowhere = host.run_as("tlind", &arguments);
    assert_eq!(nowhere.code, 2, "{}", nowhere.err);
    assert!(nowhere.err.contains("--from URI"), "{}", nowhere.err);
    let restored_unseen = result(&host.run_with(
        "tlind",
        &arguments,
        &[("CHARTSEAL_BACKUP_TARGET", &repository)],
    ));
    assert_eq!(restored_unseen["snapshot"], second["snapshot"]);

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
    // The next run heals it, and says so.
    let run = host.run_as("tlind", &["backup", "run", "--to", &repository]);
    assert_eq!(run.code, 1, "{}", run.err);
    let healed: Value = serde_json::from_str(&run.out).unwrap();
    let alarms = healed["alarms"].as_array().unwrap();
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    assert!(alarms[0].as_str().unwrap().contains("gone"), "{alarms:?}");
    let next = result(&host.run_as("tlind", &["backup", "run", "--to", &repository]));
    assert_eq!(next["alarms"].as_array().unwrap().len(), 0);
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

#[test]
fn objects_can_be_read_back_a_part_at_a_time() {
    let (host, _, repository) = vault();
    result(&host.run_as("tlind", &at(&["run"], &repository)));
    let read = |part: &[&str]| {
        let command = [&["verify", "--read-data"], part].concat();
        let verified = result(&host.run_as("tlind", &at(&command, &repository)));
        verified["bytes_read"].as_u64().unwrap()
    };
    let all = read(&[]);
    assert!(all > 0);
    assert_eq!(read(&["1/3"]) + read(&["2/3"]) + read(&["3/3"]), all);
    let wrong = host.run_as("tlind", &at(&["verify", "--read-data", "4/3"], &repository));
    assert_eq!(wrong.code, 2, "{}", wrong.err);
}

#[test]
fn a_pruner_forgets_and_prunes_without_a_vault_and_without_reading() {
    let (host, _, repository) = vault();
    // Each run finds other credentials than the one before.
    let wrong = host.home.write("wrong", "not the passphrase");
    let only_mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&wrong, only_mine).unwrap();
    for _ in 0..3 {
        result(&host.run_as("tlind", &at(&["run"], &repository)));
        let list = [
            "--user",
            "tlind",
            "--passphrase-file",
            &wrong,
            "unit",
            "list",
        ];
        assert_eq!(host.home.run(&list).code, 3);
    }
    let file = host.home.path().join("pruner.keys");
    let file = file.to_str().unwrap();
    let made = host.json_as("tlind", &["backup", "pruner", "--out", file]);
    assert_eq!(made["hosts"], 1);

    // Another machine: no vault, no host state, no user.
    let elsewhere = crate::program::Home::new();
    let pruner = |command: &[&str]| -> crate::program::Run {
        let with = ["--json", "--pruner", file];
        let arguments = [&at(command, &repository)[..], &with].concat();
        elsewhere.command(&arguments).output().unwrap().into()
    };
    let keep = [
        "--keep-daily",
        "0",
        "--keep-weekly",
        "0",
        "--keep-monthly",
        "0",
    ];
    let keep = [&keep[..], &["--keep-yearly", "0", "--keep-all-days", "0"]].concat();
    let forget = |more: &[&str]| result(&pruner(&[&["forget"], &keep[..], more].concat()));
    let rehearsed = forget(&["--dry-run"]);
    assert_eq!(rehearsed["forgotten"].as_array().unwrap().len(), 2);
    assert_eq!(forget(&["--dry-run"]), rehearsed, "nothing was changed");
    let forgotten = forget(&[]);
    assert_eq!(
        (&forgotten["kept"], &forgotten["forgotten"]),
        (&rehearsed["kept"], &rehearsed["forgotten"])
    );
    assert_eq!(forget(&[])["forgotten"].as_array().unwrap().len(), 0);
    let pruned = result(&pruner(&["prune"]));
    assert!(pruned["marked"].as_u64() > Some(0), "{pruned}");
    assert_eq!(pruned["objects"], 0, "not before a week has passed");
    let verified = result(&host.run_as("tlind", &at(&["verify"], &repository)));
    assert_eq!(verified["ok"], true, "{verified}");
    let next = result(&host.run_as("tlind", &at(&["run"], &repository)));
    assert!(next["parent"].is_string());

    let wide = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(file, wide).unwrap();
    assert_eq!(pruner(&["prune"]).code, 2, "a file that others can read");
}

#[test]
fn a_drill_puts_recovery_time_and_point_on_record_and_leaves_nothing() {
    let (host, shares, repository) = vault();
    let run = result(&host.run_as("tlind", &at(&["run"], &repository)));
    host.json_as("tlind", &["unit", "add", "Ward A", "--kind", "ward"]);
    let share = ["--share", &shares[2], "--share", &shares[0]];
    let drill = [&["drill"], &share[..]].concat();
    let done = result(&host.run_as("tlind", &at(&drill, &repository)));
    assert_eq!(
        (&done["ok"], &done["snapshot"], &done["entries"]),
        (&true.into(), &run["snapshot"], &run["entries"])
    );
    assert!(done["recovery_seconds"].as_f64() > Some(0.0));
    assert!(done["recovery_point"].is_string());
    assert!(done["entries_behind"].as_u64() >= Some(1), "{done}");
    let left: Vec<_> = walk(host.home.path())
        .into_iter()
        .filter(|path| path.to_string_lossy().contains("drill"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(host.json_as("tlind", &["status"])["last_drill"].is_string());
    assert_eq!(result(&host.run_as("tlind", &["verify"]))["ok"], true);

    let few = [&["drill"], &share[..2]].concat();
    assert_eq!(host.run_as("tlind", &at(&few, &repository)).code, 3);
    assert!(
        walk(host.home.path())
            .iter()
            .all(|path| !path.to_string_lossy().contains("drill"))
    );
}

#[test]
fn a_second_run_at_the_same_time_is_refused_and_may_be_repeated() {
    let (host, _, repository) = vault();
    result(&host.run_as("tlind", &at(&["run"], &repository)));
    let lock = walk(host.home.path())
        .into_iter()
        .find(|path| {
            path.extension().is_some_and(|end| end == "lock")
                && path.to_string_lossy().contains("backup-")
        })
        .unwrap();
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    let refused = host.run_as("tlind", &at(&["run"], &repository)).error(5);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("another backup"),
        "{refused}"
    );
    drop(held);
    result(&host.run_as("tlind", &at(&["run"], &repository)));
}

#[test]
fn where_tls_is_required_a_server_that_is_not_asked_for_it_is_not_called() {
    let (host, _, _) = vault();
    let strict = |address: &str| {
        let arguments = ["backup", "list", "--to", address];
        let mut command = host.home.command(&arguments);
        command
            .arg("--json")
            .env("CHARTSEAL_SECURITY_TLS", "required");
        let run: crate::program::Run = command.output().unwrap().into();
        let last = run.err.lines().last().unwrap();
        let error: Value = serde_json::from_str(last).unwrap();
        (
            run.code,
            error["error"]["code"].as_str().unwrap().to_owned(),
        )
    };
    // Port 1 answers nobody: what is called is found to be unreachable, and what is not called is refused before.
    let refused = (2, "tls-required".to_owned());
    for address in [
        "mongodb://127.0.0.1:1/x",
        "mongodb://db.invalid/x",
        "mongodb://ward:tls=true@127.0.0.1:1/x",
        "mongodb+srv://cluster.invalid/x?tls=false",
    ] {
        assert_eq!(strict(address), refused, "{address}");
    }
    for address in [
        "mongodb://127.0.0.1:1/x?tls=true&serverSelectionTimeoutMS=100",
        "mongodb://127.0.0.1:1/x?TLS=true&serverSelectionTimeoutMS=100",
    ] {
        assert_ne!(strict(address), refused, "{address}");
    }
}
