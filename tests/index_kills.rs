//! Processes that die while they index, and processes that index at once: whatever was acknowledged is found, and nothing else.
//!
//! By default 15 are killed; `CHARTSEAL_CAMPAIGN=full` kills 2 000. The oracle is plain text: what the notes of the chart say when they
//! are decrypted one by one. From the first kill on a packed segment stands beside the log, and what is packed, merged or built anew is
//! written in small pieces, between any two of which it may end.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use chartseal::clinical::{Body, Note};
use chartseal::config::Paths;
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::{admit, encode};
use chartseal::desk::indexing::compartments;
use chartseal::desk::view::{Proceed, Progress, unwatched};
use chartseal::desk::{DeskError, Session, index, search, session, write};
use chartseal::index::{FEW, IndexError, Transactor};
use chartseal::jobs::verify;
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, EntryId, Ledger, Section};
use chartseal::vault::{Draft, VaultError};
use rusqlite::Connection;
use support::{Hospital, PASSPHRASE, copy, patient, secret};

/// What a child is told, in the environment.
const FOLDER: &str = "CHARTSEAL_TEST_FOLDER";
const SEED: &str = "CHARTSEAL_TEST_SEED";
const LOGIN: &str = "CHARTSEAL_TEST_LOGIN";
const MRN: &str = "CHARTSEAL_TEST_MRN";
const PHASE: &str = "CHARTSEAL_TEST_PHASE";

/// A file that tells the others that an index was built anew.
const REBUILT: &str = "rebuilt";

/// What a child is about to do when it is killed.
const PHASES: [&str; 5] = ["adding", "amending", "merging", PACKING, "rebuilding"];
/// Indexing more notes than go to the log. Only who is killed in it does it, so that the chart stays small.
const PACKING: &str = "packing";
/// What a child says before each transaction of a long work.
const STEP: &str = "step";
/// Words that many notes have.
const COMMON: [&str; 5] = ["fever", "cough", "pain", "rash", "chills"];
/// A long work is killed after fewer of its transactions than this.
const STEPS: u64 = 24;
/// After so many kills the next ones begin from a fresh copy, so that verification stays short.
const FRESH: usize = 20;

fn login(folder: &Path, login: &str) -> Session {
    let paths = Paths::new(&folder.join("vault"), &folder.join("host"));
    session::login(&paths, login, &secret(PASSPHRASE)).unwrap()
}

fn told(name: &str) -> String {
    std::env::var(name).unwrap()
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

fn note(text: &str) -> Body {
    Body::Note(Note {
        text: text.into(),
        ..Default::default()
    })
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A text with a word of its own, and some that others have.
    fn text(&mut self) -> String {
        let mut words = vec![format!("w{:016x}", self.next())];
        words.extend(
            COMMON
                .iter()
                .filter(|_| self.below(2) == 0)
                .map(|&word| word.to_owned()),
        );
        words.join(" ")
    }

    /// More notes than go to the log.
    fn many(&mut self) -> Vec<String> {
        let notes = FEW as u64 + 1 + self.below(40);
        let note = |n| {
            let own = self.next();
            format!("w{own:016x} {}", COMMON[n as usize % COMMON.len()])
        };
        (0..notes).map(note).collect()
    }
}

/// Whether an index that others have in hand is no reason to stop.
fn or_busy<T>(outcome: Result<T, DeskError>) {
    match outcome {
        Ok(_) | Err(DeskError::Index(IndexError::Busy | IndexError::Overtaken)) => {}
        Err(DeskError::PassedOver(left)) => {
            let busy = |why: &String| why.contains("another session");
            assert!(left.iter().all(busy), "{left:?}");
        }
        Err(error) => panic!("{error}"),
    }
}

/// The child that is killed: adds, amends, merges and rebuilds, says what it is about to do and what has landed.
/// Without a parent it does nothing.
#[test]
fn child_that_indexes() {
    let Ok(folder) = std::env::var(FOLDER).map(PathBuf::from) else {
        return;
    };
    let Ok(seed) = std::env::var(SEED) else {
        return;
    };
    let doctor = login(&folder, "hsmith");
    let (mrn, packs) = (told(MRN), told(PHASE) == PACKING);
    let mut random = Random(seed.parse().unwrap());
    let mut mine: Vec<EntryId> = Vec::new();
    say("begun");
    loop {
        match random.below(if packs { 12 } else { 10 }) {
            0..4 => {
                let text = random.text();
                say("adding");
                let written = write::entry(&doctor, &mrn, note(&text)).unwrap();
                say(&format!("landed {} - {text}", written.entry));
                mine.push(written.entry.parse().unwrap());
            }
            4..7 if !mine.is_empty() => {
                let at = random.below(mine.len() as u64) as usize;
                let text = random.text();
                say("amending");
                let written = write::amend(&doctor, mine[at], note(&text)).unwrap();
                say(&format!("landed {} {} {text}", written.entry, mine[at]));
                mine[at] = written.entry.parse().unwrap();
            }
            7..9 => {
                let texts = [random.text(), random.text()];
                say("merging");
                unindexed(&doctor, &texts);
                catch_up_all(&doctor, &unwatched).unwrap();
                into_one(&doctor, step);
                or_busy(index::merge(&doctor, &unwatched));
                say("done");
            }
            9 => {
                say("rebuilding");
                let ledger = InPieces(doctor.vault().ledger(), step);
                index::rebuild_through(&doctor, &ledger, &unwatched).unwrap();
                say("done");
            }
            10.. => {
                unindexed(&doctor, &random.many());
                say(PACKING);
                catch_up_all(&doctor, &stepping).unwrap();
                say("done");
            }
            _ => {}
        }
    }
}

/// Tells the parent of a transaction of a long work.
fn step() {
    say(STEP);
}

/// Asked before each of them.
fn stepping(_: &Progress) -> Proceed {
    step();
    Proceed::Go
}

/// Where nobody listens.
fn unsaid() {}

/// The ledger in transactions that write next to nothing: a merge of a few notes is as many of them as one of a million. Before each
/// something is said.
struct InPieces<'l>(&'l Ledger, fn());

impl Transactor for InPieces<'_> {
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        Transactor::read(self.0, work)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        (self.1)();
        Transactor::write(self.0, work)
    }

    fn piece(&self) -> usize {
        4_096
    }
}

/// Merges what the logs and the packed segments hold, however little it is.
fn into_one(session: &Session, step: fn()) {
    let places = session.vault().read(|reader| compartments(reader)).unwrap();
    let ledger = InPieces(session.vault().ledger(), step);
    for place in places {
        // A merge that was killed before holds its lease still.
        or_busy(chartseal::index::rebuild(&ledger, place.id, &place.keys).map_err(DeskError::from));
    }
}

/// Writes notes without telling the index, as somebody does who holds no key of it.
fn unindexed(session: &Session, texts: &[String]) {
    let chart = chart(session);
    let drafts = texts
        .iter()
        .map(|text| {
            let draft = Draft::new(chart, Section::Clinical);
            (draft, encode(&note(text)))
        })
        .collect();
    session
        .vault()
        .write(|writer| writer.put_all(drafts))
        .unwrap();
}

/// The one chart.
fn chart(session: &Session) -> ChartId {
    let lines = chartseal::desk::charts::list(session, None).unwrap();
    lines[0].chart.parse().unwrap()
}

/// A note of the chart, as it is decrypted.
struct Plain {
    text: String,
    /// Whether no later version replaced it.
    current: bool,
}

/// What every note says, read one by one.
fn plain(session: &Session) -> BTreeMap<String, Plain> {
    let chart = chart(session);
    session
        .vault()
        .read(|reader| {
            let opened: Vec<_> = reader
                .section(chart, Section::Clinical)?
                .into_iter()
                .map(|opened| opened.map_err(|(_, error)| error))
                .collect::<Result<_, _>>()?;
            let replaced: BTreeSet<EntryId> = opened.iter().map(|o| o.entry.core.parent).collect();
            let mut notes = BTreeMap::new();
            for opened in opened {
                let (kind, version) = (opened.body.kind, opened.body.version);
                let id = opened.entry.core.id;
                if let Ok(Body::Note(note)) = Body::decode(kind, version, &opened.body.bytes) {
                    let current = !replaced.contains(&id);
                    let text = note.text;
                    notes.insert(id.to_string(), Plain { text, current });
                }
            }
            Ok::<_, VaultError>(notes)
        })
        .unwrap()
}

/// The notes with a word, by the oracle.
fn having(notes: &BTreeMap<String, Plain>, word: &str, history: bool) -> BTreeSet<String> {
    notes
        .iter()
        .filter(|(_, note)| history || note.current)
        .filter(|(_, note)| note.text.split(' ').any(|other| other == word))
        .map(|(id, _)| id.clone())
        .collect()
}

/// What a search finds, and how many entries it says are not indexed.
fn found(session: &Session, query: &str) -> (BTreeSet<String>, u64) {
    let answer = search::run(session, query, 100_000, 0).unwrap();
    let ids: BTreeSet<String> = answer.results.iter().map(|hit| hit.entry.clone()).collect();
    assert_eq!(ids.len(), answer.results.len(), "{query}: one came twice");
    assert_eq!(answer.total, answer.results.len() as u64, "{query}");
    (ids, answer.uncovered)
}

fn assert_verified(session: &Session, when: &str) {
    let report = verify::full(session, 1, &unwatched).unwrap();
    assert!(report.ok, "{when}: {:#?}", report.findings);
}

/// Every common word, and these, with the history and without, are found where the oracle has them and nowhere else.
fn assert_equal(session: &Session, notes: &BTreeMap<String, Plain>, words: &[String], when: &str) {
    let common = COMMON.iter().map(|&word| word.to_owned());
    for word in common.chain(words.iter().cloned()) {
        for (history, query) in [(false, word.clone()), (true, format!("history: {word}"))] {
            let answer = found(session, &query);
            let expected = (having(notes, &word, history), 0);
            assert_eq!(answer, expected, "{when}: {query}");
        }
    }
}

fn sql(folder: &Path) -> Connection {
    let sql = Connection::open(folder.join("vault").join(FILE)).unwrap();
    sql.busy_timeout(Duration::from_secs(10)).unwrap();
    sql
}

/// How many rows these are.
fn count(folder: &Path, rows: &str) -> i64 {
    sql(folder)
        .query_row(&format!("SELECT count(*) FROM {rows}"), [], |row| {
            row.get(0)
        })
        .unwrap()
}

/// Writes so many notes that their words are packed, and lets them be.
fn pack(hospital: &Hospital, session: &Session, random: &mut Random) {
    unindexed(session, &random.many());
    catch_up_all(session, &unwatched).unwrap();
    let packed = count(
        hospital.folder.path(),
        "segment WHERE kind = 1 AND state = 3",
    );
    assert!(packed > 0, "no packed segment stands");
}

/// Words that one note has, of some of the notes.
fn own_words(notes: &BTreeMap<String, Plain>) -> Vec<String> {
    let words = notes
        .values()
        .filter_map(|note| note.text.split(' ').next())
        .filter(|word| word.starts_with('w'));
    words.step_by(8).map(str::to_owned).collect()
}

/// Ten minutes pass: leases and builds of those who died run out.
fn time_passes(folder: &Path) {
    sql(folder)
        .execute_batch(
            "UPDATE index_lease SET expires = 0; UPDATE segment SET expires = 0 WHERE state = 0",
        )
        .unwrap();
}

/// A child that does not outlive the test, however it ends.
struct Minded(Child);

impl Drop for Minded {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A child of this test, doing what this one of its tests does.
fn start(child: &str, folder: &Path, more: &[(&str, &str)]) -> (Minded, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([child, "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .envs(more.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (Minded(child), lines)
}

/// What a child said before it died: entry, the one that it replaces, text; and what it was about to do.
#[derive(Default)]
struct Said {
    landed: Vec<(String, String, String)>,
    about: String,
}

impl Said {
    fn take(&mut self, line: &str) {
        // Half a line, of a child that was killed, says nothing.
        let Some(words) = line.strip_suffix('\n') else {
            return;
        };
        // The test harness may stand before the first.
        let words = words.rsplit("... ").next().unwrap();
        if let Some(landed) = words.strip_prefix("landed ") {
            let [id, old, text] = landed.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("{words}");
            };
            self.landed.push((id.into(), old.into(), text.into()));
            self.about.clear();
        } else if words == "done" {
            self.about.clear();
        } else if PHASES.contains(&words) {
            words.clone_into(&mut self.about);
        }
    }
}

/// Kills a child at some moment of this phase, not always the first time that it says it is in it.
fn kill(folder: &Path, mrn: &str, phase: &str, random: &mut Random) -> Said {
    let seed = random.next().to_string();
    let told = [(SEED, seed.as_str()), (MRN, mrn), (PHASE, phase)];
    let (mut child, mut lines) = start("child_that_indexes", folder, &told);
    let mut said = Said::default();
    let enough = 1 + random.below(if phase == PACKING { 1 } else { 3 });
    let (mut seen, mut line) = (0, String::new());
    while seen < enough && lines.read_line(&mut line).unwrap() > 0 {
        said.take(&line);
        seen += u64::from(line.trim_end() == phase);
        line.clear();
    }
    // After some of its transactions, and somewhere inside what comes next.
    let mut steps = match phase {
        "merging" | "rebuilding" => random.below(STEPS),
        PACKING => random.below(STEPS / 4),
        _ => 0,
    };
    while steps > 0 && said.about == phase && lines.read_line(&mut line).unwrap() > 0 {
        said.take(&line);
        steps -= u64::from(line.trim_end() == STEP);
        line.clear();
    }
    let moment = Instant::now() + Duration::from_micros(random.below(8_000));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
    child.0.kill().unwrap();
    assert!(!child.0.wait().unwrap().success());
    line.clear();
    while lines.read_line(&mut line).unwrap() > 0 {
        said.take(&line);
        line.clear();
    }
    said
}

#[test]
fn whoever_is_killed_while_indexing_has_lost_nothing_that_was_acknowledged_and_the_next_merge_completes()
 {
    let full = std::env::var("CHARTSEAL_CAMPAIGN").is_ok_and(|campaign| campaign == "full");
    let kills = if full { 2_000 } else { 15 };
    let seed = if full {
        jiff::Timestamp::now().as_nanosecond() as u64
    } else {
        20_261_127
    };
    println!("seed {seed}");
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    write::entry(&doctor, &mrn, note("fever and cough")).unwrap();
    let mut random = Random(seed);
    pack(&hospital, &doctor, &mut random);
    drop(doctor);
    hospital.vault().ledger().checkpoint().unwrap();

    let mut inside: BTreeMap<String, usize> = BTreeMap::new();
    let (mut landed, mut due, mut unfinished) = (0, 0, 0);
    let began = Instant::now();
    let mut folder = tempfile::tempdir().unwrap();
    for trial in 0..kills {
        if trial % FRESH == 0 {
            folder = tempfile::tempdir().unwrap();
            copy(hospital.folder.path(), &folder.path().join("copy"));
        }
        let killed = folder.path().join("copy");
        let phase = PHASES[trial % PHASES.len()];
        let said = kill(&killed, &mrn, phase, &mut random);
        *inside.entry(said.about.clone()).or_default() += 1;
        landed += said.landed.len();
        let when = format!(
            "seed {seed}, kill {trial}, {phase}, in fact {:?}",
            said.about
        );

        // What was acknowledged is in the ledger, as it was said.
        let doctor = login(&killed, "hsmith");
        let notes = plain(&doctor);
        for (id, old, text) in &said.landed {
            assert_eq!(notes.get(id).map(|note| &note.text), Some(text), "{when}");
            assert!(old == "-" || !notes[old].current, "{when}");
        }
        // Found is nothing but the truth, and all of it but what is said to be due. What was acknowledged is never due: its words
        // landed with it.
        for word in COMMON {
            let (ids, uncovered) = found(&doctor, word);
            let expected = having(&notes, word, false);
            assert!(ids.is_subset(&expected), "{when}: {word} has strays");
            let missing: Vec<_> = expected.difference(&ids).collect();
            assert!(missing.len() as u64 <= uncovered, "{when}: {word}");
            for (id, _, _) in &said.landed {
                assert!(!missing.contains(&id), "{when}: {word} lost {id}");
            }
            due = due.max(uncovered);
        }
        assert_verified(&doctor, &when);

        unfinished += i64::from(count(&killed, "segment WHERE state = 0") > 0);
        time_passes(&killed);
        index::merge(&doctor, &unwatched).unwrap();
        let left =
            ["segment WHERE state IN (0, 4)", "index_lease"].map(|rows| count(&killed, rows));
        assert_eq!(left, [0, 0], "{when}: something of the dead is left");
        let words = said.landed.iter().flat_map(|(_, _, text)| text.split(' '));
        let words: Vec<String> = words
            .filter(|word| word.starts_with('w'))
            .map(str::to_owned)
            .collect();
        assert_equal(&doctor, &notes, &words, &when);
        if trial % FRESH == FRESH - 1 || trial + 1 == kills {
            assert_verified(&doctor, &when);
            assert_equal(&doctor, &notes, &own_words(&notes), &when);
        }
        if trial % 100 == 99 {
            println!("{} kills, {landed} acknowledged, {inside:?}", trial + 1);
        }
    }
    println!(
        "{kills} kills while {inside:?}, {unfinished} of them in a build; {landed} acknowledged entries, none lost; at most {due} due; {:.2} s a kill",
        began.elapsed().as_secs_f64() / kills as f64
    );
    for phase in PHASES {
        let hits = inside.get(phase).copied().unwrap_or(0);
        assert!(
            hits >= (kills / 40).max(1),
            "the moments miss {phase}: {inside:?}"
        );
    }
}

/// The child that writes, one of several: adds, and amends what it wrote.
#[test]
fn child_that_writes() {
    let Some((folder, random)) = among_several("writes") else {
        return;
    };
    let (session, mrn, mut random) = (login(&folder, &told(LOGIN)), told(MRN), random);
    let mut mine: Vec<EntryId> = Vec::new();
    // And until an index was built anew among all that writing.
    for n in 0..2_000 {
        if n >= 40 && folder.join(REBUILT).exists() {
            break;
        }
        let text = random.text();
        let written = if n % 4 == 3 {
            let at = random.below(mine.len() as u64) as usize;
            let old = mine.remove(at);
            let written = write::amend(&session, old, note(&text)).unwrap();
            say(&format!("landed {} {old} {text}", written.entry));
            written
        } else {
            let written = write::entry(&session, &mrn, note(&text)).unwrap();
            say(&format!("landed {} - {text}", written.entry));
            written
        };
        mine.push(written.entry.parse().unwrap());
    }
}

/// The child that merges while there is something to merge, and now and then builds anew: however many write, no build is in vain.
#[test]
fn child_that_merges() {
    let Some((folder, mut random)) = among_several("merges") else {
        return;
    };
    let session = login(&folder, &told(LOGIN));
    let mut packed = false;
    while !folder.join("enough").exists() {
        if packed {
            unindexed(&session, &[random.text(), random.text()]);
        } else {
            unindexed(&session, &random.many());
            or_busy(catch_up_all(&session, &unwatched));
            packed = true;
        }
        if random.below(6) == 0 {
            let ledger = InPieces(session.vault().ledger(), unsaid);
            index::rebuild_through(&session, &ledger, &unwatched).unwrap();
            fs::write(folder.join(REBUILT), "").unwrap();
        } else {
            into_one(&session, unsaid);
            or_busy(index::merge(&session, &unwatched));
        }
    }
    say("merged");
}

/// The child that searches: what it is shown holds the word that it asked for.
#[test]
fn child_that_searches() {
    let Some((folder, mut random)) = among_several("searches") else {
        return;
    };
    let session = login(&folder, &told(LOGIN));
    let mut searches = 0;
    while !folder.join("enough").exists() {
        let word = COMMON[random.below(COMMON.len() as u64) as usize];
        let (answer, _) = search::page(&session, word, None, 50).unwrap();
        for hit in &answer.results {
            let text = &hit.preview.text;
            assert!(text.split(' ').any(|other| other == word), "{word}: {text}");
        }
        searches += 1;
    }
    say(&format!("searched {searches}"));
}

fn among_several(what: &str) -> Option<(PathBuf, Random)> {
    let folder = std::env::var(FOLDER).map(PathBuf::from).ok()?;
    // Alone it is one of the tests, of which each starts children of one kind only.
    let seed: u64 = std::env::var(format!("{SEED}_{what}"))
        .ok()?
        .parse()
        .unwrap();
    Some((folder, Random(seed)))
}

#[test]
fn several_processes_add_amend_search_merge_and_rebuild_at_once_and_every_search_is_true() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    pack(&hospital, &doctor, &mut Random(8));
    let folder = hospital.folder.path();
    let begin = |child: &str, what: &str, who: &str, seed: &str| {
        let seeded = format!("{SEED}_{what}");
        start(
            child,
            folder,
            &[(seeded.as_str(), seed), (LOGIN, who), (MRN, &mrn)],
        )
    };
    let writers = [
        begin("child_that_writes", "writes", "hsmith", "1"),
        begin("child_that_writes", "writes", "brandt", "2"),
        begin("child_that_writes", "writes", "hsmith", "3"),
    ];
    let others = [
        begin("child_that_merges", "merges", "hsmith", "4"),
        begin("child_that_merges", "merges", "brandt", "5"),
        begin("child_that_searches", "searches", "brandt", "6"),
        begin("child_that_searches", "searches", "hsmith", "7"),
    ];
    let (tell, told) = mpsc::channel();
    let readers: Vec<_> = writers
        .into_iter()
        .map(|(mut child, mut lines)| {
            let tell = tell.clone();
            thread::spawn(move || {
                let mut line = String::new();
                while lines.read_line(&mut line).unwrap() > 0 {
                    let mut said = Said::default();
                    said.take(&line);
                    for landed in said.landed {
                        tell.send(landed).unwrap();
                    }
                    line.clear();
                }
                assert!(child.0.wait().unwrap().success());
            })
        })
        .collect();
    drop(tell);

    // What was acknowledged before a search begins, and is not amended when it has ended, it finds; but for what an index that was built
    // anew meanwhile left due, and this it counts.
    let (mut texts, mut replaced) = (BTreeMap::new(), BTreeSet::new());
    let mut searches = 0;
    while let Ok(first) = told.recv() {
        for (id, old, text) in std::iter::once(first).chain(told.try_iter()) {
            texts.insert(id, text);
            replaced.insert(old);
        }
        let before = texts.clone();
        let (ids, uncovered) = found(&doctor, COMMON[searches % COMMON.len()]);
        let word = COMMON[searches % COMMON.len()];
        // Amendments that had landed by then may not have been heard of: the ledger knows.
        let notes = plain(&doctor);
        let says = |text: &str| text.split(' ').any(|other| other == word);
        let lost: Vec<_> = before
            .iter()
            .filter(|(id, text)| says(text) && notes[*id].current && !ids.contains(*id))
            .collect();
        assert!(lost.len() as u64 <= uncovered, "{word} lost {lost:?}");
        for id in &ids {
            assert!(says(&notes[id].text), "{word}: {id}");
        }
        searches += 1;
    }
    for reader in readers {
        reader.join().unwrap();
    }
    fs::write(folder.join("enough"), "").unwrap();
    for (mut child, mut lines) in others {
        let mut said = String::new();
        while lines.read_line(&mut said).unwrap() > 0 {}
        assert!(child.0.wait().unwrap().success(), "{said}");
    }
    assert!(texts.len() >= 120);
    assert!(searches > 0);
    assert!(folder.join(REBUILT).exists(), "no index was built anew");

    index::merge(&doctor, &unwatched).unwrap();
    let notes = plain(&doctor);
    for (id, text) in &texts {
        assert_eq!(&notes[id].text, text);
        assert_eq!(notes[id].current, !replaced.contains(id));
    }
    assert_equal(&doctor, &notes, &own_words(&notes), "at the end");
    assert_verified(&doctor, "at the end");
}
