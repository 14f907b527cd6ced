//! FHIR that is broken in every way, through the real command: named with file and position, the rest taken, nothing half-written.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::Value;

use crate::ward::Ward;

/// The most memory that the program may hold while a string of 100 MB passes by: its limits, and what it needs anyway.
const MEMORY: u64 = 160 << 20;

fn condition(id: &str, text: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"Patient/p1"}},"code":{{"text":"{text}"}}}}"#
    )
}

/// Writes the files. Of each: its name, the line that is wrong and a part of the reason.
fn hostile(folder: &Path) -> Vec<(&'static str, &'static str, &'static str)> {
    let patient = r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Hyatt"}]}"#;
    let put = |name: &str, text: &[u8]| std::fs::write(folder.join(name), text).unwrap();
    put("Patient.ndjson", patient.as_bytes());
    // Cut off in the middle of its second entry.
    let bundle = format!(
        "{{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[\n{{\"resource\":{}}},\n{{\"resource\":{}",
        condition("t1", "kept before the cut"),
        &condition("t2", "lost")[..40]
    );
    put("truncated.json", bundle.as_bytes());
    let wrong = [
        condition("w1", "kept"),
        r#"{"resourceType":"Condition","id":"w2","subject":{"reference":"Patient/p1"},"code":"asthma"}"#.into(),
        condition("w3", "kept"),
    ];
    put("wrong-type.ndjson", wrong.join("\n").as_bytes());
    let (open, close) = ("{\"extension\":[".repeat(3_000), "]}".repeat(3_000));
    let deep = format!(r#"{{"resourceType":"Condition","id":"d1","extension":[{open}{close}]}}"#);
    put(
        "deep.ndjson",
        [condition("d0", "kept"), deep, condition("d2", "kept")]
            .join("\n")
            .as_bytes(),
    );
    put(
        "twice.ndjson",
        [condition("x1", "kept"), condition("x1", "said otherwise")]
            .join("\n")
            .as_bytes(),
    );
    let mut utf8 = condition("u1", "kept").into_bytes();
    utf8.extend_from_slice(b"\n");
    utf8.extend_from_slice(&condition("u2", "?").replace('?', "\u{1}").into_bytes());
    let at = utf8.iter().rposition(|byte| *byte == 1).unwrap();
    utf8[at] = 0xff;
    put("utf8.ndjson", &utf8);
    let mut long = BufWriter::new(File::create(folder.join("long.ndjson")).unwrap());
    writeln!(long, "{}", condition("l0", "kept")).unwrap();
    write!(
        long,
        r#"{{"resourceType":"Condition","id":"l1","subject":{{"reference":"Patient/p1"}},"note":[{{"text":""#
    )
    .unwrap();
    for _ in 0..100 {
        long.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    writeln!(long, "\"}}]}}\n{}", condition("l2", "kept")).unwrap();
    vec![
        ("truncated.json", "line 3", "ends in the middle"),
        ("wrong-type.ndjson", "line 2", "Condition.code"),
        ("deep.ndjson", "line 2", "nest deeper than 100"),
        ("twice.ndjson", "line 2", ""),
        ("utf8.ndjson", "line 2", "invalid UTF-8"),
        ("long.ndjson", "line 2", "longer than"),
    ]
}

/// The most memory that a child has held so far, in bytes; while it lives.
fn peak(child: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{child}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace()
        .next()?
        .parse::<u64>()
        .ok()
        .map(|kib| kib << 10)
}

#[test]
fn broken_fhir_is_named_with_file_and_line_and_the_rest_is_written_whole() {
    let ward = Ward::new();
    let folder = ward.folder().join("hostile");
    std::fs::create_dir(&folder).unwrap();
    let wrong = hostile(&folder);
    let before = ward.json("hsmith", &["status"])["entries"]
        .as_u64()
        .unwrap();
    let mut child = ward
        .command(
            "hsmith",
            &[
                "import",
                "fhir",
                folder.to_str().unwrap(),
                "--unit",
                "Ward A",
            ],
        )
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = peak(child.id()).unwrap_or(0).max(most);
        std::thread::yield_now();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "something was skipped");
    assert!(most > 0 && most < MEMORY, "{} MB", most >> 20);
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    let skipped = done["skipped"].as_array().unwrap();
    for (file, line, reason) in &wrong {
        let named = skipped.iter().find(|skipped| {
            skipped["file"].as_str().unwrap().ends_with(file)
                && skipped["resource"].as_str().unwrap().ends_with(line)
        });
        let named = named.unwrap_or_else(|| panic!("{file}, {line} is not named: {skipped:#?}"));
        assert!(
            named["reason"].as_str().unwrap().contains(reason),
            "{file}: {named}"
        );
    }
    assert_eq!(skipped.len(), wrong.len(), "{skipped:#?}");
    // Nine conditions were whole; with the patient and the chart's enrolment that is all that was written.
    assert_eq!(done["entries_by_kind"]["condition"], 9, "{done}");
    assert_eq!(done["entries"], 10, "{done}");
    let after = ward.json("hsmith", &["status"])["entries"]
        .as_u64()
        .unwrap();
    assert_eq!(after - before, 11);
    let found = ward.json("hsmith", &["search", "kept"]);
    assert_eq!(
        (&found["total"], &found["uncovered"]),
        (&9.into(), &0.into())
    );
    assert_eq!(ward.run("hsmith", &["verify", "--full"]).code, 0);
}

#[test]
fn the_report_of_a_verification_is_kept_and_shown_again() {
    let ward = Ward::new();
    ward.run("hsmith", &["verify", "--last"]).error(4);
    let report: Value = serde_json::from_str(&ward.run("hsmith", &["verify"]).out).unwrap();
    let again = ward.run("hsmith", &["verify", "--last"]);
    assert_eq!(again.code, 0);
    assert_eq!(serde_json::from_str::<Value>(&again.out).unwrap(), report);
    let kept = ward.json("hsmith", &["verify", "--kept"]);
    let line = &kept.as_array().unwrap()[0];
    assert_eq!(
        (&line["ok"], &line["entries"], &line["findings"]),
        (&true.into(), &report["entries"], &0.into())
    );

    // One that found something says so again, also by its exit code.
    let file = ward
        .hospital
        .vault_folder()
        .join(chartseal::ledger::store::FILE);
    let sql = rusqlite::Connection::open(file).unwrap();
    sql.execute(
        "UPDATE entry SET signature = zeroblob(64) WHERE seq = 5",
        [],
    )
    .unwrap();
    drop(sql);
    let found = ward.run("hsmith", &["verify"]);
    assert_eq!(found.code, 1);
    let again = ward.run("hsmith", &["verify", "--last"]);
    assert_eq!((again.code, again.out), (1, found.out));
}
