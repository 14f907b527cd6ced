//! A vault from nothing: `init`, then people and units until a second member holds the ward's keys.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{Home, Run};
use crate::ward::Ward;

const PASSPHRASE: &str = "correct horse battery";

/// A home with a passphrase file, where a vault may begin.
struct Place(Home);

impl Place {
    fn new() -> Self {
        let place = Self(Home::new());
        place.secret("passphrase", PASSPHRASE);
        place
    }

    /// With the vault and its admin.
    fn begun() -> Self {
        let place = Self::new();
        place.run(&["init", "--admin", "admin"]).json();
        place
    }

    fn secret(&self, name: &str, text: &str) {
        let file = self.0.write(name, &format!("{text}\n"));
        std::fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.0.command(arguments);
        command
            .args(["--json", "--passphrase-file", "passphrase"])
            // The least that is allowed: this is not about the cost of guessing.
            .env("CHARTSEAL_SECURITY_ARGON2_MEMORY_KIB", "19456")
            .env("CHARTSEAL_SECURITY_ARGON2_PASSES", "2");
        command
    }

    /// Without a user.
    fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    fn run_as(&self, login: &str, arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        command.args(["--user", login]).output().unwrap().into()
    }

    #[track_caller]
    fn admin(&self, arguments: &[&str]) -> Value {
        self.run_as("admin", arguments).json()
    }

    /// Somebody with a role in a unit, approved.
    #[track_caller]
    fn hire(&self, login: &str, role: &str, unit: &str) {
        let name = format!("Name of {login}");
        let added = self.admin(&[
            "user", "add", login, "--name", &name, "--role", role, "--unit", unit,
        ]);
        let code = added["code_file"].as_str().unwrap();
        let activated = self
            .run(&["user", "activate", login, "--code-file", code])
            .json();
        let fingerprint = activated["fingerprint"].as_str().unwrap();
        self.admin(&["user", "approve", login, "--fingerprint", fingerprint]);
    }
}

fn mode(file: &str) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o7777
}

#[track_caller]
fn has(value: &Value, fields: &str) {
    for field in fields.split(' ') {
        assert!(value.get(field).is_some(), "{field}: {value}");
    }
}

#[test]
fn a_vault_its_people_and_the_keys_of_a_ward_come_about_by_commands_alone() {
    let place = Place::new();
    let made = place.run(&["init", "--admin", "admin"]).json();
    has(&made, "vault vault_id admin recovery restore");
    for set in ["recovery", "restore"] {
        assert_eq!(
            (&made[set]["shares"], &made[set]["threshold"]),
            (&5.into(), &3.into())
        );
        let files = made[set]["files"].as_array().unwrap();
        assert_eq!(files.len(), 5);
        for file in files {
            assert_eq!(mode(file.as_str().unwrap()), 0o600);
        }
    }

    let ward = place.admin(&["unit", "add", "Ward A", "--kind", "ward"]);
    assert_eq!(
        (&ward["unit"], &ward["kind"], &ward["epoch"]),
        (&"Ward A".into(), &"ward".into(), &0.into())
    );

    let added = place.admin(&[
        "user",
        "add",
        "hsmith",
        "--name",
        "Helen Smith",
        "--role",
        "doctor",
        "--unit",
        "Ward A",
    ]);
    assert_eq!(
        (&added["login"], &added["role"], &added["state"]),
        (&"hsmith".into(), &"doctor".into(), &"invited".into())
    );
    let code = added["code_file"].as_str().unwrap();
    assert_eq!(mode(code), 0o600);
    assert!(Path::new(code).is_absolute());
    let activated = place
        .run(&["user", "activate", "hsmith", "--code-file", code])
        .json();
    assert_eq!(activated["state"], "activated");
    let approved = place.admin(&["user", "approve", "hsmith"]);
    assert_eq!(
        (&approved["state"], &approved["fingerprint"]),
        (&"active".into(), &activated["fingerprint"])
    );

    place.hire("brandt", "nurse", "Ward A");
    let joined = place.admin(&["unit", "join", "Ward A", "brandt"]);
    assert_eq!(
        (&joined["unit"], &joined["user"], &joined["state"]),
        (&"Ward A".into(), &"brandt".into(), &"pending".into())
    );
    // The doctor's first login makes the ward's keys; delivering them makes the nurse a member. Other keys than those compared are
    // refused, and so is somebody who waits for nothing.
    let other = ["unit", "deliver", "brandt", "--fingerprint", "0000 0000"];
    let refused = place.run_as("hsmith", &other).error(3);
    assert!(refused["message"].as_str().unwrap().contains("fingerprint"));
    let none = ["unit", "deliver", "nobody"];
    let refused = place.run_as("hsmith", &none).error(4);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("waits for no keys")
    );
    let delivered = place.run_as("hsmith", &["unit", "deliver"]).json();
    let of_ward = |value: &Value| {
        let lines = value.as_array().unwrap().iter();
        lines
            .filter(|line| line["unit"] == "Ward A")
            .cloned()
            .collect::<Vec<_>>()
    };
    let lines = of_ward(&delivered);
    assert_eq!(lines.len(), 1, "{delivered}");
    assert_eq!(
        (&lines[0]["user"], &lines[0]["state"]),
        (&"brandt".into(), &"active".into())
    );
    let units = place.run_as("brandt", &["unit", "list"]).json();
    let ward = &of_ward(&units)[0];
    has(ward, "unit kind members epoch");
    assert_eq!(
        ward["members"],
        serde_json::json!([{"login": "brandt", "state": "active"}, {"login": "hsmith", "state": "active"}])
    );

    let left = place.admin(&["unit", "leave", "Ward A", "brandt"]);
    assert_eq!(left["state"], "left");
    assert_eq!(
        place.admin(&["user", "disable", "brandt"])["state"],
        "disabled"
    );
    let users = place.admin(&["user", "list"]);
    let states: Vec<_> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| {
            (
                user["login"].as_str().unwrap(),
                user["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            ("admin", "active"),
            ("brandt", "disabled"),
            ("hsmith", "active")
        ]
    );
}

#[test]
fn a_second_vault_in_the_same_place_is_refused_with_2() {
    let place = Place::begun();
    let error = place.run(&["init", "--admin", "other"]).error(2);
    assert_eq!(error["code"], "vault-exists");
    place.admin(&["user", "list"]);
}

#[test]
fn shares_and_thresholds_that_cannot_be_end_with_4_and_make_nothing() {
    let place = Place::new();
    let init = [
        "init",
        "--admin",
        "admin",
        "--shares",
        "2",
        "--threshold",
        "3",
    ];
    let error = place.run(&init).error(4);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("the threshold is at least 2"), "{message}");
    assert_eq!(place.run(&["status"]).error(2)["code"], "no-vault");
    let init = [
        "init",
        "--admin",
        "admin",
        "--shares-out",
        "shares",
        "--shares",
        "3",
        "--threshold",
        "2",
    ];
    let made = place.run(&init).json();
    assert_eq!(made["restore"]["files"].as_array().unwrap().len(), 3);
    assert!(place.0.path().join("shares/restore-3-of-3.txt").is_file());
}

#[test]
fn a_passphrase_or_code_that_others_can_read_is_refused_with_3() {
    let place = Place::new();
    let open = |name: &str| {
        let file = place.0.path().join(name);
        std::fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    };
    open("passphrase");
    let error = place.run(&["init", "--admin", "admin"]).error(3);
    assert_eq!(error["code"], "passphrase-file-open");
    assert_eq!(place.run(&["status"]).error(2)["code"], "no-vault");

    let place = Place::begun();
    let added = place.admin(&["user", "add", "x", "--name", "X", "--role", "nurse"]);
    let code = added["code_file"].as_str().unwrap();
    std::fs::set_permissions(code, Permissions::from_mode(0o604)).unwrap();
    place
        .run(&["user", "activate", "x", "--code-file", code])
        .error(3);
    std::fs::set_permissions(code, Permissions::from_mode(0o600)).unwrap();
    place
        .run(&["user", "activate", "x", "--code-file", code])
        .json();
}

#[test]
fn what_a_role_may_not_do_ends_with_3_and_what_cannot_be_with_4() {
    let place = Place::begun();
    place.admin(&["unit", "add", "Ward A", "--kind", "ward"]);
    place.hire("hsmith", "doctor", "Ward A");
    let doctor = |arguments: &[&str]| place.run_as("hsmith", arguments);
    let add = ["user", "add", "x", "--name", "X", "--role", "admin"];
    assert_eq!(doctor(&add).error(3)["code"], "denied");
    assert!(!place.0.path().join("x.code").exists());
    assert_eq!(
        doctor(&["unit", "add", "B", "--kind", "ward"]).error(3)["code"],
        "denied"
    );
    doctor(&["user", "reset", "admin"]).error(3);

    let admin = |arguments: &[&str]| place.run_as("admin", arguments);
    admin(&["user", "disable", "admin"]).error(4);
    admin(&["user", "approve", "nobody"]).error(4);
    admin(&["user", "add", "No Login", "--name", "X", "--role", "nurse"]).error(4);
    admin(&["unit", "join", "Ward Z", "hsmith"]).error(4);
    admin(&["unit", "add", "ward a", "--kind", "ward"]).error(4);
    admin(&["unit", "add", "B", "--kind", "staff"]).error(2);
    admin(&["user", "add", "x", "--name", "X", "--role", "wizard"]).error(2);
    let foreign = ["user", "add", "x", "--name", "X", "--role", "nurse"];
    let code = place.admin(&foreign)["code_file"]
        .as_str()
        .unwrap()
        .to_owned();
    place
        .run(&["user", "activate", "x", "--code-file", &code])
        .json();
    let wrong = [
        "user",
        "approve",
        "x",
        "--fingerprint",
        "0123 4567 89ab cdef",
    ];
    assert_eq!(admin(&wrong).error(3)["code"], "denied");
    // The second code does not replace the first file.
    let reset = place.admin(&["user", "reset", "x"]);
    assert_eq!(reset["state"], "invited");
    assert_ne!(reset["code_file"], code.as_str());
    // A wrong passphrase, and no user at all.
    place.secret("passphrase", "not the passphrase");
    admin(&["user", "list"]).error(3);
    assert_eq!(place.run(&["user", "list"]).error(3)["code"], "no-user");
}

#[test]
fn the_index_is_measured_merged_and_built_anew() {
    let ward = Ward::new();
    let stats = ward.json("brandt", &["index", "stats"]);
    has(&stats, "pairs segments log_rows bytes bytes_per_pair");
    assert!(
        stats["pairs"].as_u64().unwrap() > 0,
        "the patient's name is indexed: {stats}"
    );
    let total = |query: &str| ward.json("brandt", &["search", query])["total"].clone();
    assert_eq!(total("mejia"), 1);
    // Standard error says how far it is, an object a line; standard output what came of it.
    let tended = |how: &str| {
        let ran = ward.run("brandt", &["index", how]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        for line in ran.err.lines() {
            let word: Value = serde_json::from_str(line).unwrap();
            has(&word["progress"], "what done total unit seconds");
        }
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    tended("merge");
    let rebuilt = tended("rebuild");
    // So few entries go to the log again: a packed segment of their own would tell how many words each has.
    assert_eq!(
        (&rebuilt["pairs"], &rebuilt["segments"]),
        (&stats["pairs"], &1.into())
    );
    assert_eq!(total("mejia"), 1);
    // An admin holds no keys, and so sees no pairs.
    assert_eq!(ward.json("admin", &["index", "stats"])["pairs"], 0);
}
