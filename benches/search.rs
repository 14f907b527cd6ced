//! The whole of a search at the desk, in a vault of a million entries: keys, index, opened and verified results, the record of the search.
//!
//! `cargo bench --bench search [-- ENTRIES] [--quick]`, 1 000 000 entries unless said, in charts of a hundred: notes of thirty words of
//! realistic skew, which with author, kind and the nodes of their day make some 39 words each. The same is measured at a tenth of them
//! first, so that it shows what grows with the vault. A million takes some 3 GB below the temporary folder, removed at the end; `--quick`
//! leaves out amending a fifth and what follows it.

#[path = "corpus/random.rs"]
mod random;
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use chartseal::clinical::{Body, Note};
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::{encode, open_chart};
use chartseal::desk::indexing::{self, compartments};
use chartseal::desk::view::{Stamp, unwatched};
use chartseal::desk::{DeskError, Session, index, search};
use chartseal::index::{Cache, HeldKeys, Transactor, query};
use chartseal::ledger::{ChartId, Section};
use chartseal::vault::{Draft, Stored};
use random::Random;
use support::{Hospital, patient};

/// Entries of a chart, besides who the patient is.
const CHART: u64 = 100;
/// Entries written in one transaction.
const BATCH: u64 = 5_000;
/// Words of text in a note, before those that come twice are dropped.
const WORDS: usize = 30;
const VOCABULARY: f64 = 200_000.0;
const SKEW: f64 = 1.02;
/// Questions of each kind.
const QUESTIONS: usize = 300;
/// What the pane asks for at first.
const PAGE: u32 = 20;
/// Entries added one by one with the index, and as many without.
const ADDS: usize = 400;

/// A note of some day of the last ten years.
fn note_of(random: &mut Random) -> Body {
    let words: Vec<String> = (0..WORDS)
        .map(|_| word(random.zipf(VOCABULARY, SKEW)))
        .collect();
    let (year, month, day) = (
        2016 + random.below(10),
        1 + random.below(12),
        1 + random.below(28),
    );
    let at = format!("{year}-{month:02}-{day:02}T{:02}:30:00Z", random.below(24));
    Body::Note(Note {
        text: words.join(" "),
        at: at.parse().ok(),
        ..Default::default()
    })
}

/// Two different words of which neither is rare: the same questions of every state and size.
fn two_words() -> impl Iterator<Item = String> {
    let mut random = Random(11);
    let mut rank = move || random.zipf(2_000.0, SKEW);
    let pairs = std::iter::repeat_with(move || (rank(), rank()));
    let different = pairs.filter(|(a, b)| a != b);
    let questions = different.map(|(a, b)| format!("{} {}", word(a), word(b)));
    questions.take(QUESTIONS)
}

fn word(rank: u64) -> String {
    format!("w{rank}")
}

/// Durations, to be told as median and 99th percentile.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn measure<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.0.push(begun.elapsed());
        done
    }

    /// Microseconds.
    fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = (sorted.len() as f64 * share) as usize;
        sorted[at.min(sorted.len() - 1)].as_secs_f64() * 1e6
    }

    fn told(&self) -> String {
        let shown = |micros: f64| match micros {
            micros if micros < 1_000.0 => format!("{micros:.1} µs"),
            micros => format!("{:.2} ms", micros / 1_000.0),
        };
        let (median, last) = (self.percentile(0.5), self.percentile(0.99));
        format!("{} / {}", shown(median), shown(last))
    }
}

/// The vault, and who searches it.
struct Ward {
    hospital: Hospital,
    doctor: Session,
    random: Random,
    charts: Vec<ChartId>,
    written: Vec<(ChartId, Stored)>,
}

/// Median times that are compared between two sizes.
struct Medians {
    /// Of a list that is as long in both.
    list: f64,
    page: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let entries: u64 = arguments
        .iter()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let hospital = Hospital::staffed();
    let mut ward = Ward {
        doctor: hospital.desk("hsmith"),
        hospital,
        random: Random(42),
        charts: Vec::new(),
        written: Vec::new(),
    };
    println!("median / 99th percentile of {QUESTIONS}");
    ward.grow(entries / 10);
    ward.rebuild();
    let small = ward.searches("one segment");
    ward.grow(entries);
    ward.searches("segments as they come");
    ward.rebuild();
    let large = ward.searches("one segment");
    println!(
        "  ten times the entries: a list of some 500 takes {:.2} times as long, a first page {:.2} times",
        large.list / small.list,
        large.page / small.page
    );
    ward.adds();
    if !quick {
        ward.amend(entries / 5);
        ward.searches("a fifth amended");
        ward.rebuild();
        ward.searches("a fifth amended, rebuilt");
    }
}

impl Ward {
    /// Writes notes until there are so many, and has the index catch up as after an import.
    fn grow(&mut self, entries: u64) {
        let begun = Instant::now();
        let before = self.written.len() as u64;
        while (self.charts.len() as u64) * CHART < entries {
            let opened = self.doctor.vault().write(|writer| {
                (0..100)
                    .map(|n| {
                        let mut identity = patient("Ana", &format!("Gerhold{n}"));
                        let opened =
                            open_chart(&self.doctor, writer, "Ward A", &mut identity, None, None);
                        opened.map(|(chart, _)| chart)
                    })
                    .collect::<Result<Vec<_>, DeskError>>()
            });
            self.charts.extend(opened.expect("charts are opened"));
        }
        while (self.written.len() as u64) < entries {
            let count = BATCH.min(entries - self.written.len() as u64);
            let drafts = (0..count).map(|_| {
                let chart = self.charts[self.random.below(entries / CHART) as usize];
                let body = encode(&note_of(&mut self.random));
                (chart, (Draft::new(chart, Section::Clinical), body))
            });
            let (charts, drafts): (Vec<_>, Vec<_>) = drafts.unzip();
            let stored = self.put_all(drafts);
            self.written.extend(charts.into_iter().zip(stored));
        }
        let written = begun.elapsed();
        catch_up_all(&self.doctor, &unwatched).expect("indexed");
        let added = entries - before;
        println!(
            "\n{entries} entries in {} charts: {added} signed and stored in {:.0} s, indexed in {:.0} s; file {} MB",
            self.charts.len(),
            written.as_secs_f64(),
            begun.elapsed().saturating_sub(written).as_secs_f64(),
            self.megabytes(),
        );
    }

    fn put_all(&self, drafts: Vec<(Draft, chartseal::ledger::Body)>) -> Vec<Stored> {
        self.doctor
            .vault()
            .write(|writer| writer.put_all(drafts))
            .expect("written")
    }

    fn megabytes(&self) -> u64 {
        let files = std::fs::read_dir(self.hospital.vault_folder()).expect("the vault's folder");
        let bytes = files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len()));
        bytes.sum::<u64>() / 1_000_000
    }

    /// Builds the index anew from the entries, as `chartseal index rebuild` does: one segment a compartment.
    fn rebuild(&self) {
        let begun = Instant::now();
        index::rebuild(&self.doctor, &unwatched).expect("built");
        println!(
            "  built anew from the entries in {:.0} s",
            begun.elapsed().as_secs_f64()
        );
    }

    fn searches(&self, state: &str) -> Medians {
        let stats = index::stats(&self.doctor).expect("counted");
        println!(
            "  {state}: {} segments and {} rows of the log, {:.1} words an entry, {:.2} bytes a pair",
            stats.segments,
            stats.log_rows,
            stats.pairs as f64 / self.written.len() as f64,
            stats.bytes_per_pair
        );
        let entries = (self.written.len() * WORDS) as f64;
        // By rank, words that stand in about so many entries.
        let mass: f64 = VOCABULARY.powf(1.0 - SKEW) - 1.0;
        let rank = |wanted: f64| (wanted / entries * mass / (1.0 - SKEW)).powf(-1.0 / SKEW);
        let about = |random: &mut Random, wanted: f64| {
            let low = rank(wanted).clamp(1.0, VOCABULARY * 0.8);
            word(low as u64 + random.below((low * 0.2) as u64 + 2))
        };
        let mut random = Random(7);
        let mut words = |wanted: f64| -> Vec<String> {
            (0..QUESTIONS).map(|_| about(&mut random, wanted)).collect()
        };
        self.lists("a rare word", &words(5.0));
        let list = self.lists("a word in some 500 entries", &words(500.0));
        self.lists(
            "the most frequent words",
            &(1..=20).map(word).collect::<Vec<_>>(),
        );
        let pairs: Vec<String> = two_words().collect();
        self.lists("two words", &pairs);
        let page = self.pages("two words", &pairs);
        self.pages(
            "two words, one of them rare",
            &words(5.0)
                .iter()
                .map(|w| format!("{w} w1"))
                .collect::<Vec<_>>(),
        );
        self.pages(
            "one of the most frequent words",
            &(1..=20).map(word).collect::<Vec<_>>(),
        );
        self.pages(
            "a word and a year",
            &words(500.0)
                .iter()
                .map(|w| format!("{w} since:2020 until:2021"))
                .collect::<Vec<_>>(),
        );
        Medians { list, page }
    }

    /// Whole lists from the index alone. The median, in µs.
    fn lists(&self, what: &str, words: &[String]) -> f64 {
        let (mut times, mut found) = (Times::default(), 0);
        let places = self
            .doctor
            .vault()
            .read(|reader| compartments(reader))
            .expect("keys");
        let held: Vec<HeldKeys<'_>> = places
            .iter()
            .filter(|place| place.section == Section::Clinical)
            .map(|place| (place.id, place.keys.as_slice()))
            .collect();
        let today = Stamp::now().day();
        let read = Transactor::read(self.doctor.vault().ledger(), |conn| {
            let mut cache = Cache::default();
            for warm in [false, true] {
                for word in words {
                    let query = query::parse(word, today).expect("a query");
                    let mut ask = || chartseal::index::search(conn, &mut cache, &held, &query);
                    if warm {
                        found += times.measure(ask)?.rids.len();
                    } else {
                        ask()?;
                    }
                }
            }
            Ok(())
        });
        read.expect("read");
        let seconds: f64 = times.0.iter().map(Duration::as_secs_f64).sum();
        println!(
            "    list of {what}: {}; {:.0} entries each, {:.0} M entries/s",
            times.told(),
            found as f64 / words.len() as f64,
            found as f64 / seconds / 1e6
        );
        times.percentile(0.5)
    }

    /// First pages as the pane asks for them: found, opened, verified and matched; then with names, and on record. The median of the
    /// former, in µs.
    fn pages(&self, what: &str, queries: &[String]) -> f64 {
        let (mut found, mut whole, mut shown) = (Times::default(), Times::default(), 0);
        for warm in [false, true] {
            for text in queries {
                let ask = || search::page(&self.doctor, text, None, PAGE);
                let asked = if warm { whole.measure(ask) } else { ask() };
                let (answer, _) = asked.expect("found");
                if warm {
                    assert_eq!(answer.uncovered, 0, "everything is indexed");
                    found.0.push(Duration::from_micros(answer.micros));
                    shown += answer.results.len();
                }
            }
        }
        println!(
            "    first page of {what}: {} found and opened, {} with the record of it; {:.0} results",
            found.told(),
            whole.told(),
            shown as f64 / queries.len() as f64
        );
        found.percentile(0.5)
    }

    /// Adds entries at `synchronous=FULL`, by turns without the index and with it.
    fn adds(&mut self) {
        let (mut with, mut without) = (Times::default(), Times::default());
        for n in 0..ADDS {
            // The next entry with the index would index what was written without it: each way has charts of its own.
            let chart = self.charts[n % 50];
            let body = encode(&note_of(&mut self.random));
            let draft = Draft::new(chart, Section::Clinical);
            let vault = self.doctor.vault();
            if n % 2 == 0 {
                with.measure(|| vault.write(|writer| indexing::put(writer, draft, &body)))
                    .expect("written");
            } else {
                without
                    .measure(|| vault.write(|writer| writer.put(draft, &body)))
                    .expect("written");
            }
        }
        println!(
            "  adding an entry: {} with the index, {} without, {:.2} times",
            with.told(),
            without.told(),
            with.percentile(0.5) / without.percentile(0.5)
        );
    }

    /// Amends every fifth entry, and has the index catch up.
    fn amend(&mut self, count: u64) {
        let begun = Instant::now();
        let amended: Vec<(ChartId, Stored)> = self
            .written
            .iter()
            .step_by(5)
            .take(count as usize)
            .copied()
            .collect();
        for batch in amended.chunks(BATCH as usize) {
            let drafts = batch.iter().map(|(chart, old)| {
                let draft = Draft::new(*chart, Section::Clinical).after(old.thread, old.id);
                (draft, encode(&note_of(&mut self.random)))
            });
            let drafts = drafts.collect();
            self.put_all(drafts);
        }
        let written = begun.elapsed();
        catch_up_all(&self.doctor, &unwatched).expect("indexed");
        index::merge(&self.doctor, &unwatched).expect("merged");
        println!(
            "\n{} entries amended in {:.0} s, indexed in {:.0} s; file {} MB",
            amended.len(),
            written.as_secs_f64(),
            begun.elapsed().saturating_sub(written).as_secs_f64(),
            self.megabytes()
        );
    }
}
