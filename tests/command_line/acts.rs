//! A demonstration made by the command, and on its charts: a STOP at signing, who decides about access, a chart for other systems.
//! What these commands print has the fields that scripts depend on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::program::Home;
use crate::ward::Ward;

const PENICILLIN: &str = r#"{
  "resourceType": "AllergyIntolerance",
  "verificationStatus": { "coding": [{ "code": "confirmed" }] },
  "clinicalStatus": { "coding": [{ "code": "active" }] },
  "code": { "text": "penicillin" },
  "criticality": "high",
  "reaction": [{ "manifestation": [{ "text": "anaphylaxis" }], "severity": "severe" }]
}"#;
const AMOXICILLIN: &str = r#"{
  "resourceType": "MedicationRequest", "status": "active", "intent": "order",
  "medicationCodeableConcept": { "text": "amoxicillin 500 mg capsule" },
  "dosageInstruction": [{ "timing": { "repeat": { "frequency": 3, "period": 1, "periodUnit": "d" } } }],
  "dispenseRequest": { "quantity": { "value": 21, "unit": "capsule" } }
}"#;

#[track_caller]
fn has(value: &Value, fields: &str) {
    for field in fields.split_whitespace() {
        assert!(value.get(field).is_some(), "{field}: {value}");
    }
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_demo_command_names_every_login_and_its_papers_are_for_their_owner_alone() {
    let home = Home::new();
    let dir = home.path().join("demo");
    let made = home
        .command(&[
            "--json",
            "demo",
            "--dir",
            "demo",
            "--patients",
            "6",
            "--no-tui",
        ])
        .env("CHARTSEAL_SECURITY_ARGON2_MEMORY_KIB", "19456")
        .output()
        .unwrap();
    assert!(made.status.success());
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    has(&made, "vault host logins patients entries recovery restore");
    assert_eq!(made["vault"], dir.join("vault").to_str().unwrap());
    assert_eq!(made["host"], dir.join("host").to_str().unwrap());
    assert_eq!(made["patients"], 6);
    for set in ["recovery", "restore"] {
        assert_eq!(made[set]["threshold"], 3);
        for file in made[set]["files"].as_array().unwrap() {
            assert_eq!(mode(file.as_str().unwrap()), 0o600);
        }
    }
    let logins = made["logins"].as_array().unwrap();
    let mut roles: Vec<_> = logins
        .iter()
        .map(|login| login["role"].as_str().unwrap())
        .collect();
    let doctors: Vec<_> = logins
        .iter()
        .filter(|login| login["role"] == "doctor")
        .collect();
    assert_ne!(doctors[0]["unit"], doctors[1]["unit"]);
    roles.sort_unstable();
    roles.dedup();
    assert_eq!(
        roles,
        [
            "admin",
            "auditor",
            "doctor",
            "nurse",
            "patient",
            "pharmacist",
            "registrar"
        ]
    );
    assert_eq!(mode(dir.join("passphrases")), 0o700);
    for login in logins {
        has(login, "login role unit passphrase_file");
        let file = login["passphrase_file"].as_str().unwrap();
        assert_eq!(mode(file), 0o600);
        // Each of them opens the vault.
        let mut command = home.command(&["--json", "index", "stats"]);
        let run = command
            .args([
                "--user",
                login["login"].as_str().unwrap(),
                "--passphrase-file",
                file,
            ])
            .env("CHARTSEAL_VAULT", dir.join("vault"))
            .env("CHARTSEAL_HOST", dir.join("host"))
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(!error.contains("passphrase is wrong"), "{login}: {error}");
    }
}

#[test]
fn a_stop_ends_with_3_and_writes_nothing_and_an_override_is_signed_with_its_reason() {
    let ward = Ward::new();
    let write = |command: &[&str], text: &str| {
        let arguments = [command, &["--chart", &ward.mrn, "--file", "-"]].concat();
        ward.run_with_input("hsmith", &arguments, text)
    };
    let written = write(&["write"], PENICILLIN).json();
    has(&written, "entry thread mrn alerts");
    let orders = || {
        ward.json("hsmith", &["rx", "list"])
            .as_array()
            .unwrap()
            .len()
    };
    let stopped = write(&["rx", "write"], AMOXICILLIN).error(3);
    assert_eq!(stopped["code"], "stopped-by-check", "{stopped}");
    assert!(stopped["hint"].as_str().unwrap().contains("--override"));
    assert_eq!(orders(), 0);

    let reason = "the allergy was disproved last week";
    let signed = write(&["rx", "write", "--override", reason], AMOXICILLIN).json();
    has(&signed, "rx state entry thread mrn alerts");
    let alerts = signed["alerts"].as_array().unwrap();
    let stop = alerts
        .iter()
        .find(|alert| alert["severity"] == "stop")
        .unwrap();
    has(stop, "check severity text overridden");
    assert_eq!(stop["overridden"], true);
    assert_eq!(orders(), 1);
    let line = &ward.json("hsmith", &["rx", "list"])[0];
    has(line, "rx mrn medicine state prescriber signed remaining");
    let shown = ward.json("hsmith", &["rx", "show", signed["rx"].as_str().unwrap()]);
    has(
        &shown,
        "rx mrn medicine state prescriber signed remaining events",
    );
    assert!(shown.to_string().contains(reason), "{shown}");
}

#[test]
fn access_is_asked_for_granted_taken_back_refused_and_broken_by_commands() {
    let ward = Ward::new();
    // Who is to decide: the doctor of the chart.
    ward.json("reyes", &["chart", "attending", &ward.mrn, "hsmith"]);
    let opens = || {
        ward.run(
            "okafor",
            &["chart", "show", &ward.mrn, "--section", "clinical"],
        )
        .code
            == 0
    };
    let ask = || {
        let asked = ward.json(
            "okafor",
            &[
                "access",
                "request",
                "--chart",
                &ward.mrn,
                "--sections",
                "identity,clinical",
                "--purpose",
                "second opinion",
            ],
        );
        has(&asked, "id state until");
        assert_eq!(asked["state"], "pending");
        asked["id"].as_str().unwrap().to_owned()
    };
    let id = ask();
    assert!(!opens());
    let granted = ward.json("hsmith", &["access", "grant", &id]);
    has(&granted, "id state until");
    assert_eq!(granted["state"], "granted");
    assert!(opens());
    let listed = ward.json("hsmith", &["access", "list", "--chart", &ward.mrn]);
    for line in listed.as_array().unwrap() {
        has(
            line,
            "id kind chart who sections purpose state until decided_by",
        );
    }
    let line = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["state"] == "granted")
        .unwrap();
    let grant = line["id"].as_str().unwrap();
    let revoked = ward.json(
        "hsmith",
        &["access", "revoke", grant, "--reason", "no longer needed"],
    );
    assert_eq!(revoked["state"], "revoked");

    let refused = ward.json(
        "hsmith",
        &["access", "refuse", &ask(), "--reason", "ask the patient"],
    );
    assert_eq!(refused["state"], "refused");

    ward.run(
        "reyes",
        &[
            "access",
            "break-glass",
            "--chart",
            &ward.mrn,
            "--reason",
            "curious",
        ],
    )
    .error(3);
    let glass = ward.json(
        "okafor",
        &[
            "access",
            "break-glass",
            "--chart",
            &ward.mrn,
            "--reason",
            "collapse in the corridor",
        ],
    );
    has(&glass, "id state until");
    assert!(opens());
    let shown = ward.json("okafor", &["chart", "show", &ward.mrn]);
    assert_eq!(shown["alerts"][0]["check"], "break-glass", "{shown}");
    let trail = ward.json("audit", &["audit"]);
    let trail = trail.as_array().unwrap();
    for line in trail {
        has(line, "entry created actor role action chart detail");
    }
    assert!(
        trail.iter().any(|line| line["detail"]
            .as_str()
            .is_some_and(|d| d.contains("collapse in the corridor"))),
        "{trail:?}"
    );
    let id = glass["id"].as_str().unwrap();
    let reason = ["--reason", "handed over to the ward"];
    let ended = ward.json("okafor", &[&["access", "revoke", id], &reason[..]].concat());
    assert_eq!(ended["state"], "revoked");
    assert!(!opens());
}

#[test]
fn a_chart_goes_out_as_a_bundle_that_only_its_owner_can_read_and_overwrites_nothing() {
    let ward = Ward::new();
    let arguments = ["write", "--chart", &ward.mrn, "--file", "-"];
    ward.run_with_input("hsmith", &arguments, PENICILLIN).json();
    let bundle = ward.run("hsmith", &["export", "fhir", "--chart", &ward.mrn]);
    assert_eq!(bundle.code, 0, "{}", bundle.err);
    let bundle: Value = serde_json::from_str(&bundle.out).unwrap();
    assert_eq!(bundle["resourceType"], "Bundle");
    let kinds: Vec<_> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["resource"]["resourceType"])
        .collect();
    assert!(
        kinds.iter().any(|kind| *kind == "Patient")
            && kinds.iter().any(|kind| *kind == "AllergyIntolerance"),
        "{kinds:?}"
    );

    let out = ward.folder().join("chart.json");
    let to_file = [
        "export",
        "fhir",
        "--chart",
        &ward.mrn,
        "--out",
        out.to_str().unwrap(),
    ];
    ward.run("hsmith", &to_file).json();
    assert_eq!(mode(&out), 0o600);
    let before = fs::read(&out).unwrap();
    assert_ne!(ward.run("hsmith", &to_file).code, 0);
    assert_eq!(fs::read(&out).unwrap(), before);
    ward.run("okafor", &["export", "fhir", "--chart", &ward.mrn])
        .error(3);
}
