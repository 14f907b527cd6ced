//! Charts, entries and search, by people with and without the keys.

use crate::ward::Ward;

const VITALS: &str = r#"{
  "resourceType": "Observation",
  "status": "final",
  "effectiveDateTime": "2026-11-22T08:12:00Z",
  "code": { "coding": [{ "system": "http://loinc.org", "code": "85354-9" }] },
  "component": [
    { "code": { "coding": [{ "system": "http://loinc.org", "code": "8480-6" }] },
      "valueQuantity": { "value": 172, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]" } },
    { "code": { "coding": [{ "system": "http://loinc.org", "code": "8462-4" }] },
      "valueQuantity": { "value": 104, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]" } }
  ]
}"#;

#[test]
fn an_entry_is_written_shown_and_found() {
    let ward = Ward::new();
    let listed = ward.json("hsmith", &["chart", "list"]);
    assert_eq!(listed[0]["mrn"], ward.mrn.as_str());
    for field in ["name", "birth_date", "sex", "units"] {
        assert!(listed[0].get(field).is_some(), "{field}");
    }

    let written = ward
        .run_with_input(
            "hsmith",
            &["write", "--chart", &ward.mrn, "--file", "-"],
            VITALS,
        )
        .json();
    assert_eq!(written["mrn"], ward.mrn.as_str());

    let shown = ward.json(
        "hsmith",
        &["chart", "show", &ward.mrn, "--section", "clinical"],
    );
    let entry = &shown["sections"]["clinical"][0];
    assert_eq!(entry["entry"], written["entry"]);
    assert_eq!(
        (&entry["kind"], &entry["verified"]),
        (&"vitals".into(), &true.into())
    );
    assert_eq!(entry["body"]["resourceType"], "Observation");

    let found = ward.json("hsmith", &["search", "bp>160/100"]);
    assert_eq!(
        (&found["total"], &found["uncovered"]),
        (&1.into(), &0.into())
    );
    assert_eq!(found["results"][0]["entry"], written["entry"]);
    assert_eq!(found["results"][0]["mrn"], ward.mrn.as_str());
}

#[test]
fn without_the_keys_a_chart_is_denied_and_not_in_the_list() {
    let ward = Ward::new();
    assert_eq!(
        ward.json("okafor", &["chart", "list"])
            .as_array()
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        ward.run("okafor", &["chart", "show", &ward.mrn]).error(3)["code"],
        "denied"
    );
    let refused = ward.run_with_input(
        "reyes",
        &["write", "--chart", &ward.mrn, "--file", "-"],
        VITALS,
    );
    refused.error(3);
}

#[test]
fn bad_input_ends_with_4_and_writes_nothing() {
    let ward = Ward::new();
    let head = || ward.hospital.vault().ledger().head().unwrap().seq;
    let before = head();
    for text in ["not json", "{}", r#"{ "resourceType": "Claim" }"#] {
        ward.run_with_input(
            "hsmith",
            &["write", "--chart", &ward.mrn, "--file", "-"],
            text,
        )
        .error(4);
    }
    ward.run(
        "hsmith",
        &["write", "--chart", &ward.mrn, "--file", "/nonexistent.json"],
    )
    .error(4);
    let refused = ward.run("hsmith", &["search", "fever bp>>"]).error(4);
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.contains("column 10") && message.contains("bp>140/90"),
        "where, and what would be understood there: {message}"
    );
    assert_eq!(head(), before);
}

#[test]
fn what_is_dated_in_the_future_ends_with_4_and_names_field_and_value() {
    let ward = Ward::new();
    let head = || ward.hospital.vault().ledger().head().unwrap().seq;
    let before = head();
    let write = |login: &str, text: &str| {
        let arguments = ["write", "--chart", &ward.mrn, "--file", "-"];
        ward.run_with_input(login, &arguments, text)
    };
    let onset =
        r#"{"resourceType": "Condition", "code": {"text": "asthma"}, "onsetDateTime": "2998-05"}"#;
    let born = r#"{"resourceType": "Patient", "birthDate": "2998-09-30"}"#;
    for (login, text, told) in [
        (
            "hsmith",
            VITALS.replace("2026-11-22T08:12:00Z", "2998-05-01T00:00:00Z"),
            "effectiveDateTime 2998-05-01T00:00:00Z lies in the future",
        ),
        (
            "hsmith",
            onset.to_owned(),
            "onsetDateTime 2998-05 lies in the future",
        ),
        (
            "reyes",
            born.to_owned(),
            "birthDate 2998-09-30 lies in the future",
        ),
    ] {
        let refused = write(login, &text).error(4);
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains(told), "{message}");
    }
    let phone = r#"{"resourceType": "Patient", "telecom": [{"system": "phone", "value": "abc"}]}"#;
    let refused = write("reyes", phone).error(4);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("telephone \"abc\" has no digit"),
        "{refused}"
    );
    assert_eq!(head(), before);
}

#[test]
fn an_identity_is_corrected_by_the_registrar_and_what_is_not_said_stays() {
    let ward = Ward::new();
    let before = ward.json("reyes", &["chart", "show", &ward.mrn]);
    let corrected = r#"{"resourceType": "Patient", "birthDate": "1961-04-13",
        "identifier": [{"system": "urn:chartseal:mrn", "value": "0099-9"}],
        "telecom": [{"system": "phone", "value": "+34 600 100 200"}]}"#;
    let arguments = ["write", "--chart", &ward.mrn, "--file", "-"];
    let written = ward.run_with_input("reyes", &arguments, corrected).json();
    assert_eq!(written["mrn"], ward.mrn.as_str());
    let shown = ward.json("reyes", &["chart", "show", &ward.mrn]);
    assert_eq!(shown["birth_date"], "1961-04-13");
    assert_eq!(
        (&shown["mrn"], &shown["name"], &shown["sex"]),
        (&before["mrn"], &before["name"], &before["sex"])
    );
    for login in ["adeyemi", "okafor"] {
        ward.run_with_input(login, &arguments, corrected).error(3);
    }
}

#[test]
fn a_wrong_passphrase_and_an_unknown_login_look_the_same() {
    let ward = Ward::new();
    let wrong = ward.write("wrong", "not the passphrase\n");
    std::fs::set_permissions(&wrong, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let message = |login: &str| {
        let run = ward.run(login, &["--passphrase-file", &wrong, "chart", "list"]);
        run.error(3)["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("hsmith"), message("nobody"));
}

#[test]
fn a_passphrase_file_that_others_can_read_is_refused() {
    let ward = Ward::new();
    let open = ward.write("open", "correct horse battery\n");
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let run = ward.run("hsmith", &["--passphrase-file", &open, "chart", "list"]);
    assert_eq!(run.error(3)["code"], "passphrase-file-open");
}

#[test]
fn without_a_user_or_a_terminal_the_command_ends_with_3() {
    let ward = Ward::new();
    let folder = ward.folder().to_owned();
    let bare = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chartseal"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", &folder)
            .current_dir(&folder);
        command
            .env("CHARTSEAL_VAULT", ward.hospital.vault_folder())
            .env("CHARTSEAL_HOST", ward.hospital.host_folder());
        crate::program::Run::from(command.stdin(std::process::Stdio::null()).output().unwrap())
    };
    assert_eq!(
        bare(&["--json", "chart", "list"]).error(3)["code"],
        "no-user"
    );
    // Without a session of its own the test may still have a controlling terminal, so that is taken away.
    let mut detached = std::process::Command::new("setsid");
    detached
        .arg("--wait")
        .arg(env!("CARGO_BIN_EXE_chartseal"))
        .args(["--json", "--user", "hsmith", "chart", "list"]);
    detached
        .env("CHARTSEAL_VAULT", ward.hospital.vault_folder())
        .env("CHARTSEAL_HOST", ward.hospital.host_folder());
    let run = crate::program::Run::from(
        detached
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap(),
    );
    assert_eq!(run.error(3)["code"], "no-terminal");
}

#[test]
fn a_registrar_names_the_attending_doctor_and_then_requests_are_taken() {
    let ward = Ward::new();
    let ask = [
        "access",
        "request",
        "--chart",
        &ward.mrn,
        "--sections",
        "clinical",
        "--purpose",
        "second opinion",
    ];
    assert_eq!(ward.run("okafor", &ask).error(4)["code"], "not-now");
    ward.run("brandt", &["chart", "attending", &ward.mrn, "hsmith"])
        .error(3);
    ward.run("okafor", &["chart", "attending", &ward.mrn, "okafor"])
        .error(3);
    ward.run("reyes", &["chart", "attending", &ward.mrn, "brandt"])
        .error(4);
    let named = ward.json("reyes", &["chart", "attending", &ward.mrn, "hsmith"]);
    for field in [
        "mrn", "entry", "login", "name", "role", "key", "named_by", "since",
    ] {
        assert!(named.get(field).is_some(), "{field}: {named}");
    }
    let shown = ward.json("hsmith", &["chart", "show", &ward.mrn]);
    assert_eq!(shown["attending_signed"]["key"], named["key"]);
    assert_eq!(ward.json("okafor", &ask)["state"], "pending");
}

#[test]
fn a_doctor_shares_a_section_and_the_colleague_accepts_it() {
    let ward = Ward::new();
    let until = "2099-12-31";
    let share = |by: &str, sections: &str| {
        let mrn = &ward.mrn;
        ward.run(
            by,
            &[
                "access",
                "share",
                "--chart",
                mrn,
                "--to",
                "okafor",
                "--sections",
                sections,
                "--until",
                until,
            ],
        )
    };
    share("brandt", "clinical").error(3);
    let shared = share("hsmith", "identity,clinical").json();
    assert_eq!(shared["state"], "pending");
    let id = shared["id"].as_str().unwrap();
    ward.run("okafor", &["chart", "show", &ward.mrn]).error(3);
    let listed = ward.json("okafor", &["access", "list", "--state", "pending"]);
    assert_eq!(
        (&listed[0]["id"], &listed[0]["kind"]),
        (&id.into(), &"share".into())
    );
    let accepted = ward.json("okafor", &["access", "accept", id]);
    assert_eq!(
        (&accepted["id"], &accepted["state"]),
        (&id.into(), &"granted".into())
    );
    let shown = ward.json("okafor", &["chart", "show", &ward.mrn]);
    assert_eq!(shown["closed"], serde_json::json!(["medication", "access"]));
}

#[test]
fn an_export_counts_its_resources_and_takes_the_place_of_no_file() {
    let ward = Ward::new();
    ward.run_with_input(
        "hsmith",
        &["write", "--chart", &ward.mrn, "--file", "-"],
        VITALS,
    )
    .json();
    let file = ward.folder().join("chart.json");
    let file = file.to_str().unwrap();
    let fhir = ["export", "fhir", "--chart", &ward.mrn, "--out", file];
    let exported = ward.json("hsmith", &fhir);
    let text = std::fs::read_to_string(file).unwrap();
    let bundle: serde_json::Value = serde_json::from_str(&text).unwrap();
    let resources = bundle["entry"].as_array().unwrap().len();
    assert!(resources > 1);
    assert_eq!(exported["entries"], resources);

    let ledger = ["export", "ledger", "--out", file];
    for (login, arguments) in [("hsmith", &fhir[..]), ("audit", &ledger[..])] {
        let error = ward.run(login, arguments).error(4);
        assert_eq!(error["code"], "exists", "{error}");
        assert!(error["hint"].as_str().unwrap().contains("--out"), "{error}");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), text);
}
