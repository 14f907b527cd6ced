//! Many processes at one file, and processes that die while they write.
//!
//! By default 25 are killed; `CHARTSEAL_CAMPAIGN=full` kills 200.

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chartseal::desk::view::unwatched;
use chartseal::jobs::verify;
use chartseal::ledger::{ChartId, EntryId, LedgerError, Section, ThreadId};
use chartseal::vault::sweep::Witness;
use chartseal::vault::{Draft, Session, Vault, VaultError};
use support::chance::Chance;
use support::editor::body;
use support::{Hospital, PASSPHRASE, campaign, secret};

const WRITERS: [&str; 8] = [
    "hsmith", "brandt", "reyes", "adeyemi", "hsmith", "brandt", "okafor", "mejia",
];
const EACH: u64 = 25;

/// What a child is told, in the environment.
const FOLDER: &str = "CHARTSEAL_TEST_FOLDER";
const LOGIN: &str = "CHARTSEAL_TEST_LOGIN";
const CHART: &str = "CHARTSEAL_TEST_CHART";
const THREAD: &str = "CHARTSEAL_TEST_THREAD";
const COUNT: &str = "CHARTSEAL_TEST_COUNT";

/// The child: logs in, writes, and says of each entry that it landed, once it has. Without a parent it does nothing.
#[test]
fn child_that_writes() {
    let Ok(folder) = std::env::var(FOLDER).map(PathBuf::from) else {
        return;
    };
    let told = |name: &str| std::env::var(name).unwrap();
    let vault = Vault::open(&folder.join("vault"), &folder.join("host")).unwrap();
    let session = vault.unlock(&told(LOGIN), &secret(PASSPHRASE)).unwrap();
    let chart: ChartId = told(CHART).parse().unwrap();
    let thread: ThreadId = told(THREAD).parse().unwrap();
    for n in 0..told(COUNT).parse::<u64>().unwrap() {
        let (seq, id) = if n % 5 == 4 {
            continue_thread(&session, chart, thread)
        } else {
            write(&session, chart)
        };
        println!("ack {seq} {id}");
        std::io::stdout().flush().unwrap();
    }
}

fn write(session: &Session, chart: ChartId) -> (u64, EntryId) {
    let draft = Draft::new(chart, Section::Access);
    let stored = session
        .write(|writer| writer.put(draft, &body("a word")))
        .unwrap();
    (stored.seq, stored.id)
}

/// Adds a version to the thread that everyone adds to: the loser re-reads and tries again.
fn continue_thread(session: &Session, chart: ChartId, thread: ThreadId) -> (u64, EntryId) {
    loop {
        // The newest version is read outside the transaction that follows it, as people do.
        let newest = session
            .read(|reader| {
                Ok::<_, VaultError>(reader.tx().thread(&thread)?.last().unwrap().core.id)
            })
            .unwrap();
        let draft = Draft::new(chart, Section::Access).after(thread, newest);
        match session.write(|writer| writer.put(draft, &body("a version"))) {
            Ok(stored) => return (stored.seq, stored.id),
            Err(VaultError::Ledger(LedgerError::Conflict { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn child(hospital: &Hospital, login: &str, chart: ChartId, thread: ThreadId, count: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "child_that_writes",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, hospital.folder.path())
        .env(LOGIN, login)
        .env(CHART, chart.to_string())
        .env(THREAD, thread.to_string())
        .env(COUNT, count.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The number and id in a line that acknowledges an entry. Half a line, of a child that was killed, is none.
fn acknowledged(line: &str) -> Option<(u64, EntryId)> {
    let (_, rest) = line.split_once("ack ")?;
    let (seq, id) = rest.strip_suffix('\n')?.split_once(' ')?;
    Some((seq.parse().ok()?, id.parse().ok()?))
}

fn begin() -> (Hospital, ChartId, ThreadId) {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    let draft = Draft::new(chart, Section::Access);
    let stored = doctor
        .write(|writer| writer.put(draft, &body("begun")))
        .unwrap();
    (hospital, chart, stored.thread)
}

/// Every acknowledged entry is there under its number, the ledger verifies, and the views are those of its entries.
fn assert_nothing_lost(hospital: &Hospital, acks: &BTreeMap<u64, EntryId>) {
    let vault = hospital.vault();
    let ledger = vault.ledger();
    for (seq, id) in acks {
        let entry = ledger.read(|tx| tx.entry(*seq)).unwrap();
        assert_eq!(
            entry.map(|entry| entry.core.id),
            Some(*id),
            "entry {seq} was acknowledged"
        );
    }
    let witness = Witness::of(vault.host()).unwrap();
    let report = verify::keyless(ledger, witness, 2, &unwatched).unwrap();
    assert!(report.ok, "{:#?}", report.findings);
    let before = ledger.read(|tx| tx.views_dump()).unwrap();
    ledger.rebuild_views().unwrap();
    assert_eq!(ledger.read(|tx| tx.views_dump()).unwrap(), before);
}

#[test]
fn eight_processes_that_write_at_once_lose_nothing_and_see_no_busy() {
    let (hospital, chart, thread) = begin();
    let children: Vec<_> = WRITERS
        .iter()
        .map(|login| child(&hospital, login, chart, thread, EACH))
        .collect();
    let mut acks = BTreeMap::new();
    for (child, login) in children.into_iter().zip(WRITERS) {
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{login}: {errors}");
        assert!(
            !errors.contains("BUSY") && !errors.contains("locked"),
            "{login}: {errors}"
        );
        let text = String::from_utf8(output.stdout).unwrap();
        acks.extend(text.split_inclusive('\n').filter_map(acknowledged));
    }
    assert_eq!(
        acks.len() as u64,
        EACH * WRITERS.len() as u64,
        "each has a number of its own"
    );
    assert_nothing_lost(&hospital, &acks);
    let versions = hospital
        .vault()
        .ledger()
        .read(|tx| tx.thread(&thread))
        .unwrap();
    assert_eq!(
        versions.len() as u64,
        1 + WRITERS.len() as u64 * EACH / 5,
        "nobody overwrote a version"
    );
    for pair in versions.windows(2) {
        assert_eq!(pair[1].core.parent, pair[0].core.id);
    }
}

#[test]
fn a_process_killed_while_it_writes_takes_no_acknowledged_entry_with_it() {
    let kills = if campaign::full() { 200 } else { 25 };
    let (hospital, chart, thread) = begin();
    let mut chance = Chance(20_261_122);
    let mut acks = BTreeMap::new();
    for _ in 0..kills {
        let mut child = child(&hospital, "hsmith", chart, thread, u64::MAX);
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let enough = chance.below(12);
        let mut seen = 0;
        let mut line = String::new();
        while seen < enough && lines.read_line(&mut line).unwrap() > 0 {
            if let Some((seq, id)) = acknowledged(&line) {
                acks.insert(seq, id);
                seen += 1;
            }
            line.clear();
        }
        // Somewhere inside the next write, which takes some milliseconds.
        let moment = Instant::now() + Duration::from_micros(chance.below(6_000));
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        line.clear();
        while lines.read_line(&mut line).unwrap() > 0 {
            acks.extend(acknowledged(&line));
            line.clear();
        }
        let head = hospital.vault().directory().unwrap().seq;
        assert!(acks.keys().next_back().is_none_or(|last| *last <= head));
    }
    assert!(
        acks.len() > kills,
        "the children wrote: {} entries",
        acks.len()
    );
    assert_nothing_lost(&hospital, &acks);
}
