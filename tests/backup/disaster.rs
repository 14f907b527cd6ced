//! The building is gone. What is left: three restore shares, the program, and the address of the repository on a real server.
//! The commands of README.md are run as they stand there, one after the other.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chartseal::backup::chain::Chain;
use chartseal::desk::charts;
use chartseal::vault::Vault;
use serde_json::Value;

use crate::guarded::{Guarded, HOST, READER};
use crate::program::{Program, Said};
use crate::site::wire;
use crate::support::{PASSPHRASE, STAFF, patient};
use crate::ward::{Place, Ward, erase};

/// The commands in the blocks of a part of README.md.
fn commands_of_the_manual(heading: &str) -> Vec<Vec<String>> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, part) = readme.split_once(&format!("### {heading}\n")).unwrap();
    let part = part.split("\n## ").next().unwrap();
    let blocks = part.split("```sh\n").skip(1);
    blocks
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .filter_map(|line| line.trim().strip_prefix("chartseal "))
        .map(|line| line.split(' ').map(str::to_owned).collect())
        .collect()
}

/// A home with a file that holds everybody's passphrase.
fn fresh_home() -> (tempfile::TempDir, String) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("passphrase");
    private(&file, PASSPHRASE.as_bytes());
    let file = file.to_str().unwrap().to_owned();
    (home, file)
}

fn private(file: &Path, bytes: &[u8]) {
    std::fs::write(file, bytes).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Everything under a folder.
fn count(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries.map(|entry| 1 + count(&entry.unwrap().path())).sum()
}

#[test]
fn with_three_shares_the_program_and_an_address_the_commands_of_the_manual_bring_the_ward_back() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(guarded) = runtime.block_on(Guarded::start()) else {
        return;
    };
    let to_host = guarded.address_of(HOST);
    let ward = Ward::new();
    let here = Program::at(&ward.here());
    let registrar = ward.here().login("reyes");
    for given in ["Gustavo", "Ana", "Jill"] {
        charts::admit(&registrar, "Ward A", &patient(given, "Mejía")).unwrap();
    }
    drop(registrar);
    let last = here.json(&[&["backup", "run", "--to", &to_host]]).done();
    let head = last["head"].as_str().unwrap().to_owned();

    // All that was on the host is gone, and nothing of it is in the new one's home.
    let (home, passphrase) = fresh_home();
    for (n, share) in [(1, 0), (3, 1), (4, 2)] {
        let file = home.path().join(format!("restore-{n}-of-5.txt"));
        private(&file, ward.shares[share].expose());
    }
    let lost = ward.here();
    std::fs::remove_dir_all(&lost.vault).unwrap();
    std::fs::remove_dir_all(&lost.host).unwrap();

    let program = Program::in_home(home.path()).with("CHARTSEAL_PASSPHRASE_FILE", &passphrase);
    let as_user =
        |login: &str, command: &[&str]| -> Said { program.json(&[command, &["--user", login]]) };
    let mut restored = Value::Null;
    let mut ran = Vec::new();
    for command in commands_of_the_manual("The day of the disaster") {
        let verb = command.join(" ");
        // Which repository, which head, which people: of the words, these alone are not the manual's.
        let credential = if verb.starts_with("backup restore") {
            READER
        } else {
            HOST
        };
        let address = guarded.address_of(credential);
        let after_head = command.iter().position(|word| word == "--head");
        let words: Vec<&str> = (0..)
            .zip(&command)
            .map(|(n, word)| match word.as_str() {
                _ if after_head.is_some_and(|at| n == at + 1) => &head,
                "/mnt/backup" => &address,
                "lind" => "admin",
                "smith" => "hsmith",
                word => word,
            })
            .collect();
        let said = program.json(&[&words]);
        let result = said.done();
        if verb.starts_with("backup restore") {
            assert_eq!(result["verify"]["ok"], true, "{result}");
            assert!(result["host"].as_str().unwrap().ends_with("vault-host"));
            restored = result;
        } else if verb.contains("keys check") {
            assert_eq!(result["ok"], true, "{result}");
        } else if verb.contains("backup run") {
            goes_on_in_the_open(&runtime, &guarded, &home.path().join("vault"), &result);
            assert_eq!(result["parent"], last["snapshot"]);
            // What the manual says to do then, in words: the rehearsal is for a host that goes on.
            configure(home.path(), &to_host);
        } else if verb.contains("drill") {
            assert_eq!(
                (&result["ok"], &result["charts_opened"]),
                (&true.into(), &3.into())
            );
            assert!(result["entries_read"].as_u64() >= Some(3), "{result}");
        }
        ran.push(verb);
    }
    assert!(ran[0].contains("--head "), "{}", ran[0]);
    let expected = ["restore", "unit list", "keys check", "backup run", "drill"];
    assert_eq!(ran.len(), expected.len(), "{ran:?}");
    for (ran, part) in ran.iter().zip(expected) {
        assert!(ran.contains(part), "{ran}");
    }
    assert_eq!(
        (&restored["snapshot"], &restored["entries"]),
        (&last["snapshot"], &last["entries"])
    );

    let there = ["--vault", "vault", "--host", "vault-host"];
    let staff = STAFF.iter().map(|(login, _, _)| *login);
    let restored = Place {
        vault: home.path().join("vault"),
        host: home.path().join("vault-host"),
    };
    for login in staff.chain(["admin"]) {
        restored.login(login);
    }
    // At once: nobody has opened, indexed or merged anything.
    let search = [&there[..], &["search", "name:mejía"]].concat();
    let found = as_user("hsmith", &search).done();
    assert_eq!(
        (&found["total"], &found["uncovered"]),
        (&3.into(), &0.into())
    );
    assert_eq!(
        as_user("hsmith", &[&there[..], &["verify", "--full"]].concat()).done()["ok"],
        true
    );
    let status = program.json(&[&there, &["status"]]).done();
    assert!(status["last_drill"].is_string() && status["backup_overdue"] == false);
    let verified = program.json(&[
        &there,
        &["backup", "verify", "--read-data", "--to", &to_host],
    ]);
    assert_eq!(
        (
            verified.done()["ok"].clone(),
            verified.done()["snapshots"].clone()
        ),
        (true.into(), 2.into())
    );
}

/// The new host's configuration, which names target and folders.
fn configure(home: &Path, target: &str) {
    let folder = home.join(".config/chartseal");
    std::fs::create_dir_all(&folder).unwrap();
    let place = |name: &str| home.join(name).display().to_string();
    let text = format!(
        "[backup]\ntarget = {target:?}\n[vault]\ndir = {:?}\nhost = {:?}\n",
        place("vault"),
        place("vault-host")
    );
    private(&folder.join("config.toml"), text.as_bytes());
}

/// The next backup follows the lost host's last one, under another host and on another timeline.
fn goes_on_in_the_open(
    runtime: &tokio::runtime::Runtime,
    guarded: &Guarded,
    vault: &Path,
    run: &Value,
) {
    let host = vault.with_file_name("vault-host");
    let keys = Vault::open(vault, &host).unwrap().host().clone();
    let bytes = keys.backup_keys().unwrap().unwrap();
    let keys =
        chartseal::backup::keys::BackupKeys::from_bytes(&bytes, keys.sign().duplicate()).unwrap();
    let chain = runtime.block_on(async {
        let wire = wire(guarded.target(READER).await);
        Chain::load(&wire, keys.repository, &keys.k_manifest, &|_| true)
            .await
            .unwrap()
    });
    assert_eq!((chain.manifests.len(), chain.forks.len()), (2, 0));
    let [before, after] = [0, 1].map(|n| &chain.manifests[n].manifest);
    assert_eq!(after.previous, Some(chain.manifests[0].hash));
    assert!(before.name.host != after.name.host && before.name.timeline != after.name.timeline);
    assert_eq!(run["snapshot"], chain.manifests[1].id());
    assert!(after.new_entries < after.head.seq, "an increment");
}

#[test]
fn each_listed_snapshot_can_be_restored_by_its_id_and_nothing_is_restored_over_a_vault() {
    let ward = Ward::new();
    let here = Program::at(&ward.here());
    let to = ward.repository.to_str().unwrap();
    let registrar = ward.here().login("reyes");
    let mut snapshots = Vec::new();
    for given in ["Gustavo", "Ana", "Jill", "Hans"] {
        charts::admit(&registrar, "Ward A", &patient(given, "Mejía")).unwrap();
        let run = here.json(&[&["backup", "run", "--to", to]]).done();
        snapshots.push((run["snapshot"].clone(), run["entries"].clone()));
    }
    let listed = here.json(&[&["backup", "list", "--to", to]]).done();
    let listed: Vec<&Value> = listed.as_array().unwrap().iter().rev().collect();
    assert_eq!(listed.len(), 4);
    let (home, passphrase) = fresh_home();
    let mut shares = Vec::new();
    for (n, share) in ward.shares.iter().enumerate() {
        let file = home.path().join(format!("share{n}"));
        private(&file, share.expose());
        shares.extend(["--share".to_owned(), file.to_str().unwrap().to_owned()]);
    }
    let shares: Vec<&str> = shares.iter().map(String::as_str).collect();
    let program = Program::in_home(home.path());
    for (n, (snapshot, entries)) in snapshots.iter().enumerate() {
        assert_eq!(listed[n]["snapshot"], *snapshot);
        let (into, host) = (format!("vault{n}"), format!("host{n}"));
        let fixed = ["backup", "restore", "--from", to, "--into", &into];
        let more = ["--snapshot", snapshot.as_str().unwrap(), "--host", &host];
        let restored = program.json(&[&fixed, &more, &shares]).done();
        assert_eq!(
            (&restored["snapshot"], &restored["entries"]),
            (snapshot, entries)
        );
        let there = ["--vault", &into, "--host", &host, "--user", "hsmith"];
        let list = ["--passphrase-file", &passphrase, "chart", "list"];
        let charts = program.json(&[&there, &list]).done();
        assert_eq!(charts.as_array().unwrap().len(), n + 1, "{charts}");

        let before = count(home.path());
        let again = program.json(&[&fixed, &more, &shares]);
        assert_eq!(again.code, 2, "{again:?}");
        assert_eq!(
            count(home.path()),
            before,
            "nothing is written over a vault"
        );
    }
    let none = [
        "backup",
        "restore",
        "--from",
        to,
        "--into",
        "x",
        "--snapshot",
        "0000",
    ];
    let none = program.json(&[&none, &shares]);
    assert_eq!(none.code, 2, "{none:?}");
    assert!(!home.path().join("x").exists());
}

#[test]
fn a_doctors_drill_opens_charts_and_writes_time_and_point_to_the_ledger() {
    let ward = Ward::new();
    let place: Place = ward.here();
    let registrar = place.login("reyes");
    let admitted: Vec<_> = ["Gustavo", "Ana", "Jill", "Hans"]
        .map(|given| charts::admit(&registrar, "Ward A", &patient(given, "Mejía")).unwrap())
        .into();
    erase(&place.login("admin"), admitted[3].chart.parse().unwrap());
    let run = ward.back_up(&place);
    charts::admit(&registrar, "Ward A", &patient("Late", "Mejía")).unwrap();
    drop(registrar);
    let (home, passphrase) = fresh_home();
    let mut drill = vec![
        "--user".to_owned(),
        "hsmith".to_owned(),
        "--passphrase-file".to_owned(),
        passphrase,
    ];
    drill.extend(["backup", "drill", "--charts", "2", "--head", &run.head].map(str::to_owned));
    for (n, share) in ward.shares.iter().enumerate() {
        let file = home.path().join(format!("share{n}"));
        private(&file, share.expose());
        drill.extend(["--share".to_owned(), file.to_str().unwrap().to_owned()]);
    }
    let drill: Vec<&str> = drill.iter().map(String::as_str).collect();
    let here =
        Program::at(&place).with("CHARTSEAL_BACKUP_TARGET", ward.repository.to_str().unwrap());
    let before = count(ward.hospital.folder.path());
    let drilled = here.json(&[&drill]).done();
    assert_eq!(
        count(ward.hospital.folder.path()),
        before,
        "the scratch folder is gone"
    );
    assert_eq!(
        (
            &drilled["ok"],
            &drilled["charts_opened"],
            &drilled["entries"]
        ),
        (&true.into(), &2.into(), &run.entries.into())
    );
    assert!(drilled["entries_behind"].as_u64() > Some(0), "{drilled}");

    let vault = ward.hospital.vault();
    let (_, at, mark) = vault.directory().unwrap().last_drill.unwrap();
    assert_eq!(
        (mark.covers, mark.charts, mark.whole),
        (run.entries, 2, true)
    );
    let seconds = drilled["recovery_seconds"].as_f64().unwrap();
    assert!(
        (mark.millis as f64 / 1000.0 - seconds).abs() < 0.002,
        "{mark:?}"
    );
    assert!(mark.point > 0 && mark.point <= at, "{mark:?}");
}
