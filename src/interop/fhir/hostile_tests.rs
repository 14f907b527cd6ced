//! Files that are broken or mean harm: each is named, none stops the rest, nothing panics.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;

/// Small enough that a test need not write gigabytes to pass a limit.
const LIMITS: Limits = Limits {
    resource_bytes: 64 << 10,
    string_bytes: 32 << 10,
    depth: 40,
    remembered_ids: 1000,
};

const GOOD: &str = r#"{"resourceType":"Condition","id":"good","code":{"text":"asthma"},"subject":{"reference":"Patient/p"}}"#;
const PATIENT: &str = r#"{"resourceType":"Patient","id":"p","name":[{"family":"Mejía"}]}"#;

/// The items' names and the reasons of a file of this name with this content.
fn read(name: &str, content: impl AsRef<[u8]>) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    read_path(&path)
}

fn read_path(path: &Path) -> (Vec<String>, Vec<String>) {
    let (mut items, mut reasons) = (Vec::new(), Vec::new());
    for found in Reader::new(Files::find(&[path]).unwrap(), LIMITS) {
        match found {
            Found::Item(item) => items.push(format!("{}/{}", item.resource_type, item.id)),
            Found::Skipped(skipped) => reasons.push(skipped.to_string()),
        }
    }
    (items, reasons)
}

fn deep(levels: usize) -> String {
    let (open, close) = ("{\"extension\":[".repeat(levels), "]}".repeat(levels));
    format!(r#"{{"resourceType":"Condition","id":"deep","extension":[{open}{close}]}}"#)
}

fn long_string() -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"long","note":[{{"text":"{}"}}]}}"#,
        "x".repeat(40 << 10)
    )
}

fn too_long() -> String {
    let notes = vec![format!(r#"{{"text":"{}"}}"#, "x".repeat(1000)); 100].join(",");
    format!(r#"{{"resourceType":"Condition","id":"big","note":[{notes}]}}"#)
}

/// Resources that are skipped, with a part of the reason.
fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("empty object", text("{}"), "no `resourceType`"),
        ("no resource", text(r#"{"id":"x"}"#), "no `resourceType`"),
        (
            "type of the wrong type",
            text(r#"{"resourceType":5}"#),
            "resource.resourceType",
        ),
        (
            "type that is no name",
            text(r#"{"resourceType":"../../etc/passwd"}"#),
            "no type's name",
        ),
        ("not an object", text("[1,2,3]"), "it is an array"),
        (
            "a resource as an array",
            text(r#"["Patient","x"]"#),
            "it is an array",
        ),
        ("a number", text("17"), "resource"),
        ("null", text("null"), ""),
        (
            "wrong type",
            text(r#"{"resourceType":"Condition","id":"w","code":"asthma"}"#),
            "Condition.code",
        ),
        (
            "wrong type inside",
            text(r#"{"resourceType":"Observation","id":"w","component":[{"code":{"text":7}}]}"#),
            "Observation.component[0].code.text",
        ),
        (
            "text for a number",
            text(r#"{"resourceType":"Observation","id":"n","valueQuantity":{"value":"7"}}"#),
            "Observation.valueQuantity.value",
        ),
        (
            "no date",
            text(r#"{"resourceType":"Patient","id":"d","birthDate":"yesterday"}"#),
            "Patient.birthDate",
        ),
        (
            "no such day",
            text(r#"{"resourceType":"Patient","id":"d","birthDate":"2023-02-30"}"#),
            "Patient.birthDate",
        ),
        (
            "time without offset",
            text(r#"{"resourceType":"Condition","id":"t","recordedDate":"2023-02-20T10:00:00"}"#),
            "Condition.recordedDate",
        ),
        (
            "not base64",
            text(
                r#"{"resourceType":"DocumentReference","id":"b","content":[{"attachment":{"data":"%%%"}}]}"#,
            ),
            "not base64",
        ),
        (
            "the same name twice",
            text(r#"{"resourceType":"Patient","id":"a","id":"b"}"#),
            "duplicate field",
        ),
        (
            "a bare word",
            text(r#"{"resourceType":"Patient","active":yes}"#),
            "not valid JSON",
        ),
        (
            "a trailing comma",
            text(r#"{"resourceType":"Patient","id":"c",}"#),
            "not valid JSON",
        ),
        (
            "a control character",
            text("{\"resourceType\":\"Patient\",\"id\":\"a\u{1}\"}"),
            "not valid JSON",
        ),
        (
            "half a surrogate",
            text(r#"{"resourceType":"Patient","id":"\ud800"}"#),
            "not valid JSON",
        ),
        (
            "invalid UTF-8",
            b"{\"resourceType\":\"Patient\",\"id\":\"\xff\xfe\"}".to_vec(),
            "invalid UTF-8",
        ),
        (
            "a missing bracket",
            text(r#"{"resourceType":"Patient","id":"m","name":[{"family":"x"}"#),
            "",
        ),
        ("deep nesting", text(&deep(2_000)), "nest deeper than 40"),
        ("a long string", text(&long_string()), "longer than"),
        (
            "a big resource",
            text(&too_long()),
            "longer than 65536 bytes",
        ),
    ]
}

#[test]
fn a_hostile_line_is_skipped_with_its_reason_and_the_next_is_read() {
    for (name, bytes, reason) in hostile() {
        let file = [PATIENT.as_bytes(), &bytes, GOOD.as_bytes()].join(&b'\n');
        let (items, reasons) = read("mixed.ndjson", file);
        assert_eq!(items, ["Patient/p", "Condition/good"], "{name}");
        assert_eq!(reasons.len(), 1, "{name}: {reasons:?}");
        assert!(
            reasons[0].contains(reason) && reasons[0].contains("line 2"),
            "{name}: {}",
            reasons[0]
        );
        assert!(
            reasons[0].contains("mixed.ndjson"),
            "{name}: {}",
            reasons[0]
        );
    }
}

#[test]
fn a_hostile_entry_of_a_bundle_is_skipped_with_its_reason_and_the_next_is_read() {
    for (name, bytes, reason) in hostile() {
        let unclosed = name == "a missing bracket";
        let file = [
            &b"{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":"[..],
            &bytes,
            b"},\n{\"resource\":",
            GOOD.as_bytes(),
            b"},{\"resource\":",
            PATIENT.as_bytes(),
            b"}]}",
        ]
        .concat();
        let (items, reasons) = read("bundle.json", file);
        if name == "null" {
            assert!(
                reasons.is_empty(),
                "an entry without a resource is none: {reasons:?}"
            );
            continue;
        }
        if unclosed {
            // It swallows its neighbours, and says that the file's end is missing too.
            assert!(!reasons.is_empty(), "{name}");
            continue;
        }
        assert_eq!(
            items,
            ["Patient/p", "Condition/good"],
            "{name}: {reasons:?}"
        );
        assert_eq!(reasons.len(), 1, "{name}: {reasons:?}");
        assert!(reasons[0].contains(reason), "{name}: {}", reasons[0]);
    }
}

#[test]
fn a_hostile_file_of_its_own_is_named() {
    for (name, bytes, reason) in hostile() {
        let (items, reasons) = read("one.json", bytes);
        assert!(items.is_empty(), "{name}: {items:?}");
        assert!(!reasons.is_empty(), "{name}");
        let expected = match name {
            "not an object" | "a resource as an array" | "a number" | "null" => "starts with `{`",
            "a missing bracket" => "ends in the middle",
            _ => reason,
        };
        assert!(reasons[0].contains(expected), "{name}: {}", reasons[0]);
    }
}

#[test]
fn a_bundle_that_is_cut_off_gives_what_stands_before_the_cut() {
    let whole = format!(
        r#"{{"resourceType":"Bundle","entry":[{{"resource":{PATIENT}}},{{"resource":{GOOD}}}]}}"#
    );
    let first_end = whole
        .find(",{\"resource\":{\"resourceType\":\"Condition\"")
        .unwrap();
    for cut in 1..whole.len() {
        let (items, reasons) = read("cut.json", &whole.as_bytes()[..cut]);
        assert_eq!(reasons.len(), 1, "cut at {cut}: {reasons:?}");
        assert!(
            reasons[0].contains("fetch the file again"),
            "cut at {cut}: {}",
            reasons[0]
        );
        assert_eq!(
            items.first().is_some_and(|item| item == "Patient/p"),
            cut >= first_end,
            "cut at {cut}: {items:?}"
        );
    }
}

#[test]
fn an_empty_file_and_what_is_no_json_are_named() {
    for (content, expected) in [
        (&b""[..], "ends in the middle"),
        (b"   \n ", "ends in the middle"),
        (b"<Patient/>", "starts with `{`"),
        (b"\xff\xfe{\0}\0", "UTF-16"),
        (b"\0\0\0\0", "0x00"),
        (
            b"{\"resourceType\":\"Patient\"} {\"resourceType\":\"Patient\"}",
            "belongs into .ndjson",
        ),
        (
            b"{\"resourceType\":\"Bundle\",\"entry\":{}}",
            "array of a Bundle's entries",
        ),
        (b"{\"resourceType\":\"Bundle\",\"entry\":[1 2]}", ""),
    ] {
        let (_, reasons) = read("odd.json", content);
        assert!(
            reasons.iter().any(|reason| reason.contains(expected)),
            "{content:?}: {reasons:?}"
        );
    }
    assert_eq!(read("empty.ndjson", ""), (Vec::new(), Vec::new()));
    assert_eq!(
        read("empty.json", r#"{"resourceType":"Bundle"}"#),
        (Vec::new(), Vec::new())
    );
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    let (items, reasons) = read("bom.ndjson", format!("\u{feff}{PATIENT}\r\n\r\n{GOOD}\r\n"));
    assert_eq!((items.len(), reasons), (2, Vec::new()));
    let (items, reasons) = read("bom.json", format!("\u{feff}{PATIENT}\n"));
    assert_eq!((items.len(), reasons), (1, Vec::new()));
}

#[test]
fn an_id_that_stands_twice_is_taken_once_unless_it_says_the_same_or_is_a_version() {
    let other = GOOD.replace("asthma", "gout");
    let (items, reasons) = read("twice.ndjson", [GOOD, &other, GOOD].join("\n"));
    assert_eq!(items, ["Condition/good", "Condition/good"]);
    assert_eq!(reasons.len(), 1);
    assert!(
        reasons[0].contains("line 2") && reasons[0].contains("Condition/good"),
        "{}",
        reasons[0]
    );
    let version = |n: u8| {
        GOOD.replace(
            "\"code\"",
            &format!("\"meta\":{{\"versionId\":\"{n}\"}},\"code\""),
        )
    };
    let (items, reasons) = read("history.ndjson", [version(1), version(2)].join("\n"));
    assert_eq!((items.len(), reasons), (2, Vec::new()));
}

#[test]
fn bundles_in_bundles_end_somewhere() {
    let mut text = PATIENT.to_owned();
    for _ in 0..9 {
        text = format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{text}}}]}}"#);
    }
    let (items, reasons) = read("nested.json", text);
    assert!(items.is_empty());
    assert!(
        reasons.iter().any(|reason| reason.contains("nest deeper")),
        "{reasons:?}"
    );
}

#[test]
fn a_folder_that_cannot_be_read_to_its_end_is_named_and_the_other_files_go_on() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Patient-p.json"), PATIENT).unwrap();
    fs::write(folder.path().join("a.json"), "{\"resourceType\":").unwrap();
    fs::write(folder.path().join("b.json"), GOOD).unwrap();
    let (items, reasons) = read_path(folder.path());
    assert_eq!(items, ["Patient/p", "Condition/good"]);
    assert!(
        reasons.len() == 1 && reasons[0].contains("a.json"),
        "{reasons:?}"
    );
}

#[test]
fn the_reader_never_holds_more_than_one_resource() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.json");
    let entry = format!(
        r#"{{"resource":{{"resourceType":"Claim","note":"{}"}}}}"#,
        "x".repeat(6_000_000)
    );
    fs::write(
        &path,
        format!(r#"{{"resourceType":"Bundle","entry":[{entry},{{"resource":{PATIENT}}}]}}"#),
    )
    .unwrap();
    let mut reader = Reader::new(Files::find(&[&path]).unwrap(), LIMITS);
    let mut found = 0;
    while let Some(one) = reader.next() {
        found += usize::from(matches!(one, Found::Item(_)));
        assert!(
            reader.held_bytes() <= LIMITS.resource_bytes + (256 << 10),
            "{} bytes are held",
            reader.held_bytes()
        );
    }
    assert_eq!(found, 1);
    assert_eq!(reader.bytes_read(), fs::metadata(&path).unwrap().len());
}

/// One change to a valid file: a byte set, a piece cut out, or a piece doubled.
fn damaged(file: &[u8], at: usize, byte: u8, length: usize, how: u8) -> Vec<u8> {
    let at = at % file.len();
    let end = (at + length).min(file.len());
    match how % 3 {
        0 => [&file[..at], &[byte], &file[at + 1..]].concat(),
        1 => [&file[..at], &file[end..]].concat(),
        _ => [&file[..end], &file[at..]].concat(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_damage_makes_the_reader_panic(at in any::<usize>(), byte in any::<u8>(), length in 1usize..200, how in any::<u8>(), lines in any::<bool>()) {
        let bundle = format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"fullUrl":"urn:uuid:1","resource":{PATIENT}}},
            {{"resource":{GOOD}}},{{"resource":{{"resourceType":"Observation","id":"o","status":"final","code":{{"coding":[{{"system":"http://loinc.org",
            "code":"85354-9"}}]}},"component":[{{"code":{{"coding":[{{"system":"http://loinc.org","code":"8480-6"}}]}},"valueQuantity":{{"value":120.0,
            "unit":"mmHg"}}}}],"effectiveDateTime":"2020-01-01T00:00:00Z"}}}}]}}"#
        );
        let file = if lines { format!("{PATIENT}\n{GOOD}\n") } else { bundle };
        let (items, reasons) = read(if lines { "x.ndjson" } else { "x.json" }, damaged(file.as_bytes(), at, byte, length, how));
        prop_assert!(items.len() + reasons.len() <= 8);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), lines in any::<bool>()) {
        let _ = read(if lines { "x.ndjson" } else { "x.json" }, &bytes);
        let _ = (entry_from_json(&bytes), rx_from_json(&bytes), dispense_from_json(&bytes));
    }
}
