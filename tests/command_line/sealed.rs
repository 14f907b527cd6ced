//! Entries for somebody outside the vault, who has the program, a key, and nothing else.

use std::path::Path;

use chartseal::crypto::hpke::KemPublic;
use chartseal::interop::sealed::Recipient;

use crate::program::{Home, Run};
use crate::ward::Ward;

/// A home without a vault, and a pair of keys in it.
struct Outside {
    home: Home,
    passphrase: String,
    fingerprint: String,
}

impl Outside {
    fn new() -> Self {
        let home = Home::new();
        let passphrase = home.write("passphrase", "a key of my own\n");
        private(&passphrase);
        let outside = Self {
            home,
            passphrase,
            fingerprint: String::new(),
        };
        let made = outside
            .run(&[
                "export",
                "recipient",
                "--name",
                "Dr A. Jones",
                "--out",
                "jones",
            ])
            .json();
        let fingerprint = made["fingerprint"].as_str().unwrap().to_owned();
        Self {
            fingerprint,
            ..outside
        }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let globals = ["--json", "--passphrase-file", &self.passphrase];
        self.home.run(&[&globals[..], arguments].concat())
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    fn open(&self, file: &str, more: &[&str]) -> Run {
        let arguments = ["export", "open", file, "--key", "jones.key"];
        self.run(&[&arguments[..], more].concat())
    }
}

fn private(path: &str) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, mode).unwrap();
}

fn mode(path: &str) -> u32 {
    std::os::unix::fs::MetadataExt::mode(&Path::new(path).metadata().unwrap()) & 0o777
}

/// A chart that was given out.
fn given(ward: &Ward, outside: &Outside) -> serde_json::Value {
    let (to, out) = (outside.path("jones.pub"), outside.path("mejia"));
    let arguments = ["--to", &to, "--purpose", "second opinion", "--out", &out];
    let chart = ["export", "sealed", "--chart", &ward.mrn];
    result(&ward.run("hsmith", &[&chart[..], &arguments].concat()))
}

/// The result of a run that may have told its progress.
#[track_caller]
fn result(run: &Run) -> serde_json::Value {
    assert_eq!(run.code, 0, "{}", run.err);
    for line in run.err.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["progress"]["what"].is_string(), "{line}");
    }
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn a_chart_is_given_out_and_opened_by_somebody_who_has_no_vault() {
    let (ward, outside) = (Ward::new(), Outside::new());
    let made = given(&ward, &outside);
    assert_eq!(made["recipient"], outside.fingerprint.as_str());
    for field in [
        "file", "export", "entries", "opened", "closed", "head", "bytes",
    ] {
        assert!(made.get(field).is_some(), "{field}");
    }
    assert_eq!(mode(&outside.path("mejia")), 0o600);
    assert_eq!(mode(&outside.path("jones.key")), 0o600);

    let vault = made["vault_id"].as_str().unwrap();
    let told = result(&outside.open("mejia", &["--vault-id", vault, "--out", "mejia.jsonl"]));
    assert_eq!(
        (&told["pinned"], &told["export"]),
        (&true.into(), &made["export"])
    );
    assert_eq!(told["exporter"]["login"], "hsmith");
    assert_eq!(mode(&outside.path("mejia.jsonl")), 0o600);
    let lines = std::fs::read_to_string(outside.path("mejia.jsonl")).unwrap();
    assert_eq!(
        lines.lines().count() as u64,
        told["entries"].as_u64().unwrap()
    );
    let patient: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(patient["body"]["resourceType"], "Patient");
    // Without a vault to compare with it is said that there was none.
    let told = result(&outside.open("mejia", &[]));
    assert_eq!(
        (&told["pinned"], &told["file"]),
        (&false.into(), &().into())
    );
}

#[test]
fn what_does_not_hold_is_refused_with_its_place_and_leaves_nothing() {
    let (ward, outside) = (Ward::new(), Outside::new());
    given(&ward, &outside);
    let whole = std::fs::read(outside.path("mejia")).unwrap();
    let refused = |bytes: &[u8], code: i32, place: &str| {
        std::fs::write(outside.path("bad"), bytes).unwrap();
        let error = outside.open("bad", &["--out", "bad.jsonl"]).error(code);
        let message = error["message"].as_str().unwrap();
        assert!(
            message.starts_with("bad: ") && message.contains(place),
            "{message}"
        );
        assert!(!Path::new(&outside.path("bad.jsonl")).exists());
        assert!(!Path::new(&outside.path("bad.jsonl.partial")).exists());
    };
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    refused(&flipped(0), 4, "no sealed export");
    refused(&flipped(16), 4, "version 0");
    refused(&flipped(40), 3, "bytes 17 to 97");
    refused(&flipped(97), 1, "bytes 97 to ");
    refused(&flipped(whole.len() - 1), 1, "were altered");
    refused(&whole[..96], 1, "ends at byte 96");
    refused(&whole[..whole.len() - 1], 1, "were altered");
    refused(&[&whole[..], b"more"].concat(), 1, "were altered");
    refused(b"{}", 4, "no sealed export");
    refused(b"", 4, "no sealed export");

    let vault = "00".repeat(32);
    let other = outside.open("mejia", &["--vault-id", &vault]).error(1);
    assert!(other["message"].as_str().unwrap().contains(&vault));
}

#[test]
fn another_key_and_another_passphrase_open_nothing() {
    let (ward, outside) = (Ward::new(), Outside::new());
    given(&ward, &outside);
    outside
        .run(&[
            "export",
            "recipient",
            "--name",
            "Somebody",
            "--out",
            "other",
        ])
        .json();
    let other = outside.run(&["export", "open", "mejia", "--key", "other.key"]);
    assert!(
        other.error(3)["message"]
            .as_str()
            .unwrap()
            .contains("another recipient")
    );
    let wrong = outside.home.write("wrong", "not this\n");
    private(&wrong);
    let wrong = outside.open("mejia", &["--passphrase-file", &wrong]);
    assert_eq!(wrong.error(3)["code"], "denied");
    let public = outside.run(&["export", "open", "mejia", "--key", "jones.pub"]);
    assert!(
        public.error(4)["message"]
            .as_str()
            .unwrap()
            .contains("public key")
    );
}

#[test]
fn mistakes_are_told_before_anything_is_given_out() {
    let (ward, outside) = (Ward::new(), Outside::new());
    let head = || ward.hospital.vault().ledger().head().unwrap().seq;
    let before = head();
    let (to, secret, out) = (
        outside.path("jones.pub"),
        outside.path("jones.key"),
        outside.path("out"),
    );
    let sealed = |arguments: &[&str]| {
        let all = ["export", "sealed", "--out", &out, "--purpose", "why"];
        ward.run("hsmith", &[&all[..], arguments].concat())
    };
    sealed(&["--to", &to]).error(2);
    sealed(&["--to", &to, "--chart", &ward.mrn, "--signed-by", "hsmith"]).error(2);
    sealed(&["--to", &to, "--chart", &ward.mrn, "--snapshot", "a3b3"]).error(2);
    sealed(&["--to", &to, "--chart", &ward.mrn, "--from", "/nowhere"]).error(2);
    let secret = sealed(&["--to", &secret, "--chart", &ward.mrn]).error(4);
    assert!(secret["message"].as_str().unwrap().contains("secret key"));
    sealed(&["--to", "/nonexistent", "--chart", &ward.mrn]).error(4);
    sealed(&["--to", &to, "--chart", "9999-9"]).error(4);
    assert_eq!(head(), before);
    // Nothing is overwritten.
    outside
        .run(&[
            "export",
            "recipient",
            "--name",
            "Dr A. Jones",
            "--out",
            "jones",
        ])
        .error(4);
    assert!(!Path::new(&out).exists());
}

#[test]
fn what_is_wrong_with_the_files_that_were_named_is_told_of_the_right_one() {
    let (ward, outside) = (Ward::new(), Outside::new());
    given(&ward, &outside);
    let message = |run: Run| {
        let error = run.error(4);
        error["message"].as_str().unwrap().to_owned()
    };
    let said = message(outside.open("nowhere", &[]));
    assert!(said.starts_with("nowhere: "), "{said}");
    let said = message(outside.open(".", &[]));
    assert!(said.starts_with(".: "), "{said}");
    let opened = || outside.open("mejia", &["--out", "mejia.jsonl"]);
    result(&opened());
    let before = std::fs::read(outside.path("mejia.jsonl")).unwrap();
    let said = message(opened());
    assert!(said.starts_with("mejia.jsonl exists already"), "{said}");
    assert_eq!(std::fs::read(outside.path("mejia.jsonl")).unwrap(), before);
    // What a run left that was killed is not taken for the file.
    std::fs::remove_file(outside.path("mejia.jsonl")).unwrap();
    outside.home.write("mejia.jsonl.partial", "{}\n");
    let said = message(opened());
    assert!(
        said.starts_with("mejia.jsonl.partial ") && said.contains("did not end"),
        "{said}"
    );
    let error = outside
        .open("mejia", &["--out", "no/folder.jsonl"])
        .error(5);
    let said = error["message"].as_str().unwrap();
    assert!(said.starts_with("no/folder.jsonl: "), "{said}");
}

/// Whoever knows the shared secret, which is then zero, reads along: it goes to nobody.
#[test]
fn a_recipients_key_of_small_order_is_refused_before_anything_is_on_record() {
    let (ward, outside) = (Ward::new(), Outside::new());
    let head = || ward.hospital.vault().ledger().head().unwrap().seq;
    let before = head();
    let zero = Recipient {
        name: "Nobody".into(),
        key: KemPublic([0; 32]),
    };
    let to = outside.home.write("zero.pub", &zero.text());
    let out = outside.path("out");
    let arguments = ["--to", &to, "--purpose", "why", "--out", &out];
    let chart = ["export", "sealed", "--chart", &ward.mrn];
    let error = ward
        .run("hsmith", &[&chart[..], &arguments].concat())
        .error(4);
    let said = error["message"].as_str().unwrap();
    assert!(said.contains("small order"), "{said}");
    assert_eq!(head(), before);
    assert!(!Path::new(&out).exists());
}
