//! Whoever finds a terminal unattended: nothing after the lock, and nothing in core dumps, logs or temporary files. That no key stays
//! in the process's memory, `memory` tests alone in its process; that the screen is blank, the tests of the interface.

use std::process::{Command, Stdio};

use chartseal::desk::charts::{list, no_json, show};
use chartseal::desk::{rx, search, write};
use chartseal::vault::VaultError;
use chartseal::vault::permit::{Prescribe, ReadClinical};

use crate::life::{SEALED, files, holding, lived, note};
use crate::support::PASSPHRASE;

#[test]
fn after_the_lock_nobody_acts_with_what_the_session_left() {
    let life = lived();
    let doctor = life.hospital.desk("hsmith");
    show(&doctor, &life.mrn, None, &no_json).unwrap();
    let head = || life.hospital.vault().ledger().head().unwrap().seq;
    let before = head();
    doctor.lock();
    assert!(list(&doctor, None).is_err());
    assert!(show(&doctor, &life.mrn, None, &no_json).is_err());
    assert!(search::run(&doctor, "quinquereme", 10, 0).is_err());
    assert!(rx::list(&doctor, None, None).is_err());
    assert!(write::entry(&doctor, &life.mrn, note("after the lock")).is_err());
    let vault = doctor.vault();
    assert!(matches!(
        vault.permit::<Prescribe>(&life.chart),
        Err(VaultError::Locked)
    ));
    let held =
        vault.read(|reader| reader.chart_key(life.chart, chartseal::ledger::Section::Clinical, 1));
    assert!(matches!(held, Err(VaultError::Locked)));
    assert_eq!(head(), before, "nothing was written");
}

#[test]
fn a_permit_from_before_the_lock_opens_nothing_after_it() {
    let life = lived();
    let doctor = life.hospital.login("hsmith");
    let permit = doctor.permit::<ReadClinical>(&life.chart).unwrap();
    doctor.lock();
    let session = permit.session();
    assert!(session.is_locked());
    let entries =
        session.read(|reader| reader.section(permit.chart(), chartseal::ledger::Section::Clinical));
    assert!(matches!(entries, Err(VaultError::Locked)));
}

#[test]
fn the_program_leaves_no_plain_text_in_temporary_files_logs_or_anywhere_in_its_home() {
    let life = lived();
    let home = tempfile::tempdir().unwrap();
    let temporary = home.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartseal"));
        command
            .args(["--user", "hsmith", "--passphrase-file", "-", "-v"])
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .env("TMPDIR", &temporary)
            .env("SQLITE_TMPDIR", &temporary)
            .env("CHARTSEAL_VAULT", life.hospital.vault_folder())
            .env("CHARTSEAL_HOST", life.hospital.host_folder())
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), PASSPHRASE.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let shown = run(&["chart", "show", &life.mrn]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.status.success() && text.contains("quinquereme"),
        "it is shown on the screen: {text}"
    );
    run(&["search", "quinquereme"]);
    run(&["rx", "list"]);
    run(&["index", "merge"]);
    run(&["access", "list"]);
    // What went wrong says nothing of it either.
    let refused = run(&["search", "quinquereme AND ("]);
    assert!(!refused.status.success());
    let left = files(home.path());
    let host = files(&life.hospital.host_folder());
    for word in SEALED.into_iter().chain([PASSPHRASE]) {
        assert_eq!(holding(&left, word), Vec::<String>::new(), "{word}");
        assert_eq!(holding(&host, word), Vec::<String>::new(), "{word}");
    }
}

#[test]
fn the_program_can_dump_no_core() {
    let life = lived();
    let mut child = Command::new(env!("CARGO_BIN_EXE_chartseal"))
        .args([
            "--user",
            "hsmith",
            "--passphrase-file",
            "-",
            "chart",
            "list",
        ])
        .env_clear()
        .env("HOME", life.hospital.folder.path())
        .env("CHARTSEAL_VAULT", life.hospital.vault_folder())
        .env("CHARTSEAL_HOST", life.hospital.host_folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It waits for the passphrase: by then it has hardened itself.
    let limits = format!("/proc/{}/limits", child.id());
    let core = || {
        let limits = std::fs::read_to_string(&limits).unwrap();
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        line.unwrap()
            .split_whitespace()
            .rev()
            .nth(2)
            .unwrap()
            .to_owned()
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while core() != "0" {
        assert!(
            std::time::Instant::now() < deadline,
            "a core of {} bytes",
            core()
        );
        std::thread::yield_now();
    }
    drop(child.stdin.take());
    child.wait().unwrap();
}
