//! Two options are named `--user`, and the ledger is exported for those who hold no keys.

use chartseal::ledger::store::FILE;
use rusqlite::Connection;
use serde_json::Value;

use crate::ward::Ward;

#[test]
fn the_user_behind_audit_filters_and_the_one_before_it_acts() {
    let ward = Ward::new();
    ward.json("hsmith", &["chart", "show", &ward.mrn]);
    ward.json("brandt", &["chart", "show", &ward.mrn]);
    let lines = ward.json("audit", &["audit", "--user", "brandt"]);
    let lines = lines.as_array().unwrap();
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line["actor"] == "brandt"),
        "{lines:?}"
    );
    let all = ward.json("audit", &["audit"]);
    assert!(
        all.as_array()
            .unwrap()
            .iter()
            .any(|line| line["actor"] == "hsmith")
    );
}

#[test]
fn an_exported_ledger_verifies_without_the_vault() {
    let ward = Ward::new();
    let file = ward.folder().join("ledger.jsonl");
    let file = file.to_str().unwrap();
    let exported = ward.json("audit", &["export", "ledger", "--out", file]);
    assert!(exported["entries"].as_u64().unwrap() > 10, "{exported}");
    let verify = |ward: &Ward| ward.run("audit", &["verify", "--ledger", file]);
    let run = verify(&ward);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (run.code, &report["ok"], &report["entries"]),
        (0, &true.into(), &exported["entries"]),
        "{report}"
    );

    let text = std::fs::read_to_string(file).unwrap();
    let cut: Vec<&str> = text
        .lines()
        .enumerate()
        .filter(|(n, _)| *n != 5)
        .map(|(_, line)| line)
        .collect();
    std::fs::write(file, cut.join("\n")).unwrap();
    assert_eq!(verify(&ward).code, 1, "a deleted middle is found");
    ward.run("hsmith", &["export", "ledger"]).error(3);
}

#[test]
fn a_full_verification_opens_bodies_and_compares_the_index() {
    let ward = Ward::new();
    let note = r#"{ "resourceType": "Communication", "status": "completed", "payload": [{ "contentString": "Fever since midnight" }] }"#;
    let written = ward.run_with_input(
        "hsmith",
        &["write", "--chart", &ward.mrn, "--file", "-"],
        note,
    );
    assert_eq!(written.code, 0, "{}", written.err);
    let run = ward.run("hsmith", &["verify", "--full"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &report["ok"]), (0, &true.into()), "{report}");
    assert!(
        report["bodies"]["checked"].as_u64().unwrap() > 0,
        "{report}"
    );
    assert!(report["index"]["checked"].as_u64().unwrap() > 0, "{report}");
}

#[test]
fn views_that_say_something_else_than_the_entries_are_named_and_made_anew() {
    let ward = Ward::new();
    let views = || {
        let vault = ward.hospital.vault();
        vault.ledger().read(|tx| tx.views_dump()).unwrap()
    };
    let before = views();
    let file = ward.hospital.vault_folder().join(FILE);
    let changed = Connection::open(file).unwrap();
    for sql in [
        "UPDATE locator SET chart = randomblob(16)",
        "DELETE FROM clear_entry WHERE seq = 2",
        "INSERT INTO notice VALUES (x'01', randomblob(16), 1)",
        "UPDATE entry SET thread = randomblob(16) WHERE seq = 3",
    ] {
        assert!(changed.execute(sql, []).unwrap() > 0, "{sql}");
    }
    drop(changed);
    assert_ne!(views(), before);
    let verify = |arguments: &[&str]| {
        let run = ward.run("hsmith", arguments);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        (run.code, report)
    };
    let (code, report) = verify(&["verify"]);
    assert_eq!((code, &report["ok"]), (1, &false.into()), "{report}");
    let hints = report["findings"].as_array().unwrap().iter();
    let hints = hints.filter(|finding| finding.to_string().contains("verify --rebuild-views"));
    assert_eq!(hints.count(), 3, "{report}");
    let (code, report) = verify(&["verify", "--rebuild-views"]);
    assert_eq!((code, &report["ok"]), (0, &true.into()), "{report}");
    assert_eq!(views(), before);
    assert_eq!(verify(&["verify"]).0, 0);
    ward.run("hsmith", &["verify", "--rebuild-views", "--last"])
        .error(2);
}
