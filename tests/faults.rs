//! Every byte of a vault's file flipped once: **found by verification, refused with an error, or harmless. Never another plain
//! text, never a panic, never a hang.**
//!
//! By default a seeded sample; `CHARTSEAL_CAMPAIGN=full` takes every byte, `full:3/12` the third of twelve parts, each with bytes
//! of the whole file, and `at:8181` one byte, to look at it more closely.

mod support;

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use chartseal::clinical::Role;
use chartseal::crypto::password::Cost;
use chartseal::desk::view::unwatched;
use chartseal::jobs::verify;
use chartseal::ledger::clear::UnitKind;
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, Holder, Ledger, LedgerError, Section};
use chartseal::vault::sweep::Witness;
use chartseal::vault::{Draft, Host, Session, Vault, VaultError};
use support::chance::Chance;
use support::editor::body;
use support::{Hospital, PASSPHRASE, secret};

const SAMPLE: usize = 500;
const WORKERS: usize = 2;

/// Longer than any trial takes on a busy machine.
const HANG: Duration = Duration::from_mins(3);

/// Every text of the chart, by section.
type Texts = Vec<(Section, Vec<String>)>;

struct Base {
    bytes: Vec<u8>,
    host: PathBuf,
    chart: ChartId,
    texts: Texts,
    _folder: tempfile::TempDir,
}

fn small() -> Base {
    with_entries(3)
}

/// A vault with a chart, of which each section has so many entries.
fn with_entries(count: usize) -> Base {
    let hospital = Hospital::bare();
    let admin = hospital.login("admin");
    admin.add_unit("Ward", UnitKind::Ward).unwrap();
    let code = admin
        .invite("doc", "Doc", Role::Doctor, &["Ward".into()])
        .unwrap();
    hospital
        .vault()
        .activate("doc", &code, &secret(PASSPHRASE), Cost::FLOOR)
        .unwrap();
    admin.approve("doc").unwrap();
    let doctor = hospital.login("doc");
    let chart = hospital.chart_in(&doctor, "Ward", "doc", None);
    let mut texts = Vec::new();
    for section in Section::OF_A_CHART {
        let mut of_section = Vec::new();
        for n in 0..count {
            let text = format!("{section} {n}");
            let draft = Draft::new(chart, section).to(vec![Holder::Person(doctor.cert())]);
            doctor
                .write(|writer| writer.put(draft, &body(&text)))
                .unwrap();
            of_section.push(text);
        }
        texts.push((section, of_section));
    }
    drop((admin, doctor));
    hospital.vault().ledger().checkpoint().unwrap();
    Base {
        bytes: fs::read(hospital.vault_folder().join(FILE)).unwrap(),
        host: hospital.host_folder(),
        chart,
        texts,
        _folder: hospital.folder,
    }
}

fn private_folder(path: &Path) {
    fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(path)
        .unwrap();
}

fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// What came of a flipped byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Verification named it, or the file was refused.
    Found,
    /// Verification saw nothing and somebody was refused with an error.
    Refused,
    /// Everything is as before.
    Harmless,
}

/// Reads the chart. What is shown must be what was written; what is left out is counted.
fn read(session: &Session, base: &Base) -> Result<usize, VaultError> {
    let mut left_out = 0;
    for (section, expected) in &base.texts {
        let entries = session.read(|reader| reader.section(base.chart, *section))?;
        let shown: Vec<_> = entries
            .into_iter()
            .filter_map(Result::ok)
            .map(|opened| String::from_utf8(opened.body.bytes).unwrap())
            .collect();
        let mut rest = expected.iter();
        for text in &shown {
            assert!(
                rest.any(|expected| expected == text),
                "{section}: `{text}` was not written, or not here"
            );
        }
        left_out += expected.len() - shown.len();
    }
    Ok(left_out)
}

/// A copy of the vault and its host with other bytes in the file.
fn with_bytes(base: &Base, bytes: &[u8]) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (vault, host) = (folder.path().join("vault"), folder.path().join("host"));
    private_folder(&vault);
    private_folder(&host);
    put(&vault.join(FILE), bytes);
    for file in fs::read_dir(&base.host).unwrap() {
        let file = file.unwrap();
        put(
            &host.join(file.file_name()),
            &fs::read(file.path()).unwrap(),
        );
    }
    (folder, vault, host)
}

fn trial(base: &Base, offset: usize) -> Outcome {
    let mut bytes = base.bytes.clone();
    bytes[offset] ^= 1 << (offset % 8);
    outcome(base, &bytes)
}

/// What comes of a file with these bytes.
fn outcome(base: &Base, bytes: &[u8]) -> Outcome {
    let (_folder, vault, host) = with_bytes(base, bytes);
    let verified = (|| {
        let ledger = Ledger::open(&vault)?;
        let witness = Witness::of(&Host::open(&host)?)?;
        verify::keyless(&ledger, witness, 1, &unwatched)
    })();
    let found = !verified.is_ok_and(|report| report.ok);
    let answer = Vault::open(&vault, &host)
        .and_then(|vault| vault.unlock("doc", &secret(PASSPHRASE)))
        .and_then(|session| read(&session, base));
    match answer {
        _ if found => Outcome::Found,
        Err(_) => Outcome::Refused,
        Ok(0) => Outcome::Harmless,
        Ok(_) => {
            // Each entry that is left out came with an error of its own, unless it was hidden.
            let session = Vault::open(&vault, &host)
                .unwrap()
                .unlock("doc", &secret(PASSPHRASE))
                .unwrap();
            for (section, expected) in &base.texts {
                let entries = session
                    .read(|reader| reader.section(base.chart, *section))
                    .unwrap();
                assert_eq!(
                    entries.len(),
                    expected.len(),
                    "{section}: an entry is hidden and nobody says so"
                );
            }
            Outcome::Refused
        }
    }
}

/// The sample is the same in every run.
fn offsets(length: usize) -> Vec<usize> {
    let campaign = std::env::var("CHARTSEAL_CAMPAIGN").unwrap_or_default();
    if let Some(part) = campaign.strip_prefix("full") {
        let (part, parts) = part
            .strip_prefix(':')
            .and_then(|part| part.split_once('/'))
            .map_or((1, 1), |(part, parts)| {
                (part.parse().unwrap(), parts.parse().unwrap())
            });
        return (part - 1..length).step_by(parts).collect();
    }
    if let Some(offset) = campaign.strip_prefix("at:") {
        return vec![offset.parse().unwrap()];
    }
    let mut chance = Chance(20_261_122);
    // The header of the file and of its first pages weigh more than their size.
    let mut offsets: Vec<usize> = (0..100).step_by(4).collect();
    offsets.extend((0..SAMPLE - offsets.len()).map(|_| chance.index(length)));
    offsets
}

#[test]
fn a_flipped_byte_anywhere_in_the_file_is_found_or_refused_or_harmless() {
    let base = Arc::new(small());
    let offsets = Arc::new(offsets(base.bytes.len()));
    let (send, outcomes) = sync_channel(WORKERS);
    let tried = Arc::new(Mutex::new([None; WORKERS]));
    for worker in 0..WORKERS {
        let (base, offsets, send) = (base.clone(), offsets.clone(), send.clone());
        let tried = tried.clone();
        thread::spawn(move || {
            for offset in offsets.iter().skip(worker).step_by(WORKERS) {
                tried.lock().unwrap()[worker] = Some(*offset);
                let outcome = catch_unwind(AssertUnwindSafe(|| trial(&base, *offset)));
                if send.send((*offset, outcome)).is_err() {
                    return;
                }
            }
            tried.lock().unwrap()[worker] = None;
        });
    }
    drop(send);
    let (mut found, mut refused, mut harmless) = (0, 0, 0);
    for done in 0..offsets.len() {
        let (offset, outcome) = outcomes.recv_timeout(HANG).unwrap_or_else(|_| {
            panic!(
                "a trial hangs, after {done} of {}: one of the bytes {:?}",
                offsets.len(),
                tried.lock().unwrap()
            )
        });
        let outcome = outcome.unwrap_or_else(|_| {
            panic!(
                "the flipped byte {offset} of {} broke a promise, see above",
                base.bytes.len()
            )
        });
        match outcome {
            Outcome::Found => found += 1,
            Outcome::Refused => refused += 1,
            Outcome::Harmless => harmless += 1,
        }
        if (done + 1) % 5_000 == 0 {
            println!(
                "{} of {}: {found} found, {refused} refused, {harmless} harmless",
                done + 1,
                offsets.len()
            );
        }
    }
    println!(
        "{} bytes flipped: {found} found, {refused} refused, {harmless} harmless",
        offsets.len()
    );
    assert!(
        offsets.len() < 10 || found > offsets.len() / 10,
        "verification found only {found}"
    );
}

/// The places of the file where a page names a page below it, in trees of more than one page: of the page, and of the name.
/// Source: the database file format of SQLite, section 1.6.
fn ways_down(base: &Base) -> Vec<(u32, usize)> {
    let (_folder, vault, _) = with_bytes(base, &base.bytes);
    let sql = rusqlite::Connection::open(vault.join(FILE)).unwrap();
    let mut roots = sql
        .prepare("SELECT rootpage FROM sqlite_schema WHERE rootpage > 1")
        .unwrap();
    let roots: Vec<u32> = roots
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let number = |at: usize| usize::from(base.bytes[at]) << 8 | usize::from(base.bytes[at + 1]);
    let size = number(16);
    let mut found = Vec::new();
    for root in roots {
        let page = (root as usize - 1) * size;
        if matches!(base.bytes[page], 2 | 5) {
            found.push((root, page + 8));
            let cells = (0..number(page + 3)).map(|n| page + number(page + 12 + 2 * n));
            found.extend(cells.map(|cell| (root, cell)));
        }
    }
    found
}

#[test]
fn a_page_that_leads_back_to_itself_holds_nobody_up() {
    let base = Arc::new(small());
    let ways = ways_down(&base);
    assert!(
        ways.len() > 10,
        "only {} pages have others below",
        ways.len()
    );
    let (send, outcomes) = sync_channel(0);
    let worker = base.clone();
    let tried = ways.clone();
    thread::spawn(move || {
        for (page, place) in tried {
            let mut bytes = worker.bytes.clone();
            bytes[place..place + 4].copy_from_slice(&page.to_be_bytes());
            let _ = send.send(catch_unwind(AssertUnwindSafe(|| outcome(&worker, &bytes))));
        }
    });
    for (page, place) in ways {
        let outcome = outcomes
            .recv_timeout(HANG)
            .unwrap_or_else(|_| panic!("the way down at {place} of page {page} never ends"));
        assert!(
            matches!(outcome, Ok(Outcome::Found)),
            "the way down at {place} of page {page}: {outcome:?}"
        );
    }
}

#[test]
fn an_index_that_leads_to_one_entry_twice_and_hides_another_is_refused_and_found() {
    let base = small();
    let (_folder, vault, host) = with_bytes(&base, &base.bytes);
    let open = |vault: &Path, host: &Path| {
        let vault = Vault::open(vault, host).unwrap();
        vault.unlock("doc", &secret(PASSPHRASE)).unwrap()
    };
    let section = Section::Clinical;
    let entries = open(&vault, &host)
        .read(|reader| reader.section(base.chart, section))
        .unwrap();
    let numbers: Vec<u8> = entries
        .into_iter()
        .map(|opened| u8::try_from(opened.unwrap().entry.seq()).unwrap())
        .collect();
    let bytes = led_astray(&base, section, numbers[0], numbers[1]);
    let (_folder, vault, host) = with_bytes(&base, &bytes);
    let refused = open(&vault, &host)
        .read(|reader| reader.section(base.chart, section).map(drop))
        .unwrap_err();
    assert!(refused.to_string().contains("twice"), "{refused}");
    let ledger = Ledger::open(&vault).unwrap();
    let report = verify::keyless(&ledger, Witness::default(), 1, &unwatched).unwrap();
    assert!(!report.ok);
}

/// The bytes of the base, in which the index by chart and section leads to another entry in place of this one. A row is the chart, the
/// section and the entry's number, each in its bytes; where a page was split, its old rows stand in the free room, too.
fn led_astray(base: &Base, section: Section, seq: u8, to: u8) -> Vec<u8> {
    let row = [&base.chart.0[..], &[section as u8, seq]].concat();
    let mut bytes = base.bytes.clone();
    let places: Vec<usize> = (0..bytes.len() - row.len())
        .filter(|at| bytes[*at..].starts_with(&row))
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place + row.len() - 1] = to;
    }
    bytes
}

#[test]
fn an_index_that_leads_back_holds_nobody_up_who_reads_page_by_page() {
    let base = with_entries(12);
    let section = Section::Clinical;
    let walk = |ledger: &Ledger, limit: usize| {
        let (mut after, mut met) = (0, Vec::new());
        // Every entry once, and the last time there is none.
        for _ in 0..=12 {
            let page = ledger.read(|tx| tx.section_after(&base.chart, section, after, limit));
            match page {
                Ok(entries) => match entries.last() {
                    Some(last) => after = last.seq(),
                    None => return met,
                },
                Err(error) => {
                    assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
                    return met;
                }
            }
            met.push(after);
        }
        panic!("it goes on for ever: {met:?}");
    };
    let (_folder, vault, _) = with_bytes(&base, &base.bytes);
    let ledger = Ledger::open(&vault).unwrap();
    let numbers: Vec<u8> = ledger
        .read(|tx| tx.section_numbers(&base.chart, section, u64::MAX >> 1))
        .unwrap()
        .into_iter()
        .map(|seq| u8::try_from(seq).unwrap())
        .collect();
    assert_eq!((numbers.len(), walk(&ledger, 2).len()), (12, 6));
    for seq in &numbers {
        for other in numbers.iter().filter(|other| *other != seq) {
            let bytes = led_astray(&base, section, *seq, *other);
            let (_folder, vault, _) = with_bytes(&base, &bytes);
            let ledger = Ledger::open(&vault).unwrap();
            for limit in 1..12 {
                walk(&ledger, limit);
            }
        }
    }
}
