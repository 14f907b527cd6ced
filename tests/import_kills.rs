//! An import that is killed at any moment has lost nothing that it reported, and run again it ends as if it had never been killed.
//!
//! By default 12 are killed; `CHARTSEAL_CAMPAIGN=full` kills 200.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chartseal::clinical::Kind;
use chartseal::config::Paths;
use chartseal::desk::view::{Proceed, Progress, unwatched};
use chartseal::desk::{self, search, session};
use chartseal::jobs::{import, verify};
use chartseal::ledger::Section;
use chartseal::vault::VaultError;
use support::chance::Chance;
use support::{Hospital, PASSPHRASE, campaign, copy, secret};

const PATIENTS: usize = 12;
const RESULTS: usize = 150;

/// What the child is told, in the environment.
const FOLDER: &str = "CHARTSEAL_TEST_FOLDER";

fn login(folder: &Path) -> desk::Session {
    let paths = Paths::new(&folder.join("vault"), &folder.join("host"));
    session::login(&paths, "hsmith", &secret(PASSPHRASE)).unwrap()
}

/// The child: imports, and says after each transaction how many entries have landed. Without a parent it does nothing.
#[test]
fn child_that_imports() {
    let Ok(folder) = std::env::var(FOLDER).map(PathBuf::from) else {
        return;
    };
    let doctor = login(&folder);
    println!("begun");
    let say = |progress: &Progress| {
        let note = progress.note.as_deref().unwrap_or_default();
        println!("landed {note}");
        std::io::stdout().flush().unwrap();
        Proceed::Go
    };
    import::fhir(&doctor, &[folder.join("in")], "Ward A", &say).unwrap();
}

/// Patients with results, problems, and one thing that its source took back.
fn records(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let mut patients = fs::File::create(folder.join("Patient.ndjson")).unwrap();
    let mut rest = fs::File::create(folder.join("Rest.ndjson")).unwrap();
    for p in 0..PATIENTS {
        writeln!(
            patients,
            r#"{{"resourceType":"Patient","id":"p{p}","identifier":[{{"system":"urn:x","value":"{p}"}}],"name":[{{"family":"Mejía{p}"}}]}}"#
        )
        .unwrap();
        for n in 0..RESULTS {
            writeln!(
                rest,
                r#"{{"resourceType":"Observation","id":"o{p}-{n}","status":"final","subject":{{"reference":"Patient/p{p}"}},"code":{{"text":"sodium"}},"effectiveDateTime":"2024-01-02","valueQuantity":{{"value":1{n}.5,"unit":"mmol/L"}}}}"#
            )
            .unwrap();
        }
        let wrong = r#""verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]},"#;
        for (n, status) in [(0, ""), (1, wrong)] {
            writeln!(
                rest,
                r#"{{"resourceType":"Condition","id":"c{p}-{n}",{status}"subject":{{"reference":"Patient/p{p}"}},"code":{{"text":"gout"}}}}"#
            )
            .unwrap();
        }
    }
}

/// How many entries of each kind the charts hold.
fn kinds(doctor: &desk::Session) -> BTreeMap<u16, u64> {
    let mut kinds = BTreeMap::new();
    doctor
        .vault()
        .read(|reader| {
            let charts: Vec<_> = reader.directory().charts.keys().copied().collect();
            for chart in charts {
                for section in [Section::Identity, Section::Clinical, Section::Medication] {
                    for opened in reader.section(chart, section)? {
                        let opened = opened.map_err(|(_, error)| error)?;
                        *kinds.entry(opened.body.kind).or_default() += 1;
                    }
                }
            }
            Ok::<_, VaultError>(())
        })
        .unwrap();
    kinds
}

/// The chain verifies, bodies open, the index holds nothing wrong, and the views are those of the entries.
fn assert_whole(doctor: &desk::Session, when: &str) {
    let report = verify::full(doctor, 2, &unwatched).unwrap();
    assert!(report.ok, "{when}: {report:#?}");
    let ledger = doctor.vault().ledger();
    let before = ledger.read(|tx| tx.views_dump()).unwrap();
    ledger.rebuild_views().unwrap();
    assert_eq!(
        ledger.read(|tx| tx.views_dump()).unwrap(),
        before,
        "{when}: views"
    );
}

/// Kills an import: some transactions in, and some moment after. How many entries it had reported by then, and whether it had ended.
fn kill(folder: &Path, chance: &mut Chance) -> (u64, bool) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "child_that_imports",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let enough = 1 + chance.below(5);
    let (mut seen, mut reported) = (0, 0);
    let mut take = |line: &str| {
        // Half a line, of a child that was killed, reports nothing.
        let words = line.strip_suffix('\n').unwrap_or_default();
        if let Some((_, note)) = words.split_once("landed ") {
            reported = note.split(' ').next().unwrap().parse().unwrap();
        }
        words.ends_with("begun") || words.contains("landed ")
    };
    let mut line = String::new();
    while seen < enough && lines.read_line(&mut line).unwrap() > 0 {
        seen += u64::from(take(&line));
        line.clear();
    }
    // Somewhere inside what comes next: reading, sealing, storing, the index.
    let moment = Instant::now() + Duration::from_micros(chance.below(60_000));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    let ended = child.wait().unwrap().success();
    line.clear();
    while lines.read_line(&mut line).unwrap() > 0 {
        take(&line);
        line.clear();
    }
    (reported, ended)
}

#[test]
fn an_import_killed_at_any_moment_and_run_again_is_as_if_it_had_never_been_killed() {
    let kills = if campaign::full() { 200 } else { 12 };
    let hospital = Hospital::staffed();
    let base = hospital.folder.path();
    hospital.vault().ledger().checkpoint().unwrap();
    records(&base.join("in"));

    let whole = tempfile::tempdir().unwrap();
    let undisturbed = whole.path().join("copy");
    copy(base, &undisturbed);
    let doctor = login(&undisturbed);
    let done = import::fhir(&doctor, &[base.join("in")], "Ward A", &unwatched).unwrap();
    let expected = kinds(&doctor);
    let count: u64 = expected.values().sum();
    assert_eq!(done.entries, count);
    let found = search::run(&doctor, "sodium", 1, 0).unwrap();
    assert_eq!(
        (found.total, found.uncovered),
        ((PATIENTS * RESULTS) as u64, 0)
    );

    let mut chance = Chance(20_261_127);
    let (mut early, mut inside) = (0, 0);
    for trial in 0..kills {
        let folder = tempfile::tempdir().unwrap();
        let killed = folder.path().join("copy");
        copy(base, &killed);
        let (reported, ended) = kill(&killed, &mut chance);
        let when = format!("kill {trial}, {reported} of {count} entries reported");

        let doctor = login(&killed);
        let by_kind = kinds(&doctor);
        let there: u64 = by_kind.values().sum();
        assert!(there >= reported, "{when}: {there} are there");
        assert!(!ended || there == count, "{when}: it ended with {there}");
        inside += u64::from(there > 0 && there < count);
        early += u64::from(there == 0);
        assert_whole(&doctor, &when);
        let found = search::run(&doctor, "sodium", 1, 0).unwrap();
        let results = by_kind.get(&Kind::Result.number()).copied().unwrap_or(0);
        assert!(
            found.total == results || found.uncovered > 0,
            "{when}: {} of {results} are found and nothing is said to be due",
            found.total
        );

        let again = import::fhir(&doctor, &[base.join("in")], "Ward A", &unwatched).unwrap();
        assert_eq!(again.entries, count - there, "{when}: {again:?}");
        assert!(again.skipped.is_empty(), "{when}: {again:?}");
        assert_eq!(kinds(&doctor), expected, "{when}");
        let found = search::run(&doctor, "sodium", 1, 0).unwrap();
        assert_eq!(
            (found.total, found.uncovered),
            ((PATIENTS * RESULTS) as u64, 0),
            "{when}: what was written before the kill is indexed by the second run"
        );
        assert_whole(&doctor, &when);
    }
    println!("{kills} kills: {early} before anything was written, {inside} in the middle");
    assert!(inside > kills / 4, "the moments miss the import: {inside}");
}
