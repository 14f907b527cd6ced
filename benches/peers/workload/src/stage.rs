//! Asking a peer, a stage at a time. Each stage is a process of its own on the peer's file, so that none profits from what another
//! left in memory, and the stages that are timed can run on a machine where nothing else does.
//!
//! What a peer answers to some of the questions is compared with the entries themselves wherever its file has changed: **a figure of a
//! peer that answers them wrongly is never printed**, the stage ends there. Where the clock runs nothing is compared.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::clock::{Processor, Times};
use crate::corpus::{Corpus, Entry};
use crate::figure;
use crate::peer::{Amendment, Peer};
use crate::questions::{Length, pairs};

/// Results on a page.
pub const PAGE: usize = 20;
/// Entries that are added one by one: as many as it takes for an index that merges to merge.
const ADDS: u64 = 1_000;
/// Entries that are loaded at a time.
const LOAD: u64 = 10_000;
/// Amendments in a transaction.
const AMEND: u64 = 100;
/// How long the questions of one kind may take; the slow ones are asked fewer.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long amending may take; the slow ones amend fewer than a fifth, and say so.
const AMEND_PATIENCE: Duration = Duration::from_secs(400);
/// Questions of a kind whose answers are compared with the truth.
const CHECKED: usize = 48;

/// A part of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Loads the entries.
    Build,
    /// Looks things up and adds entries, on what was loaded.
    Fresh,
    /// Amends a fifth of the entries.
    Amend,
    /// Looks things up after that.
    Amended,
    /// Rebuilds.
    Rebuild,
    /// Looks things up after that.
    Rebuilt,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 6] = [
        Self::Build,
        Self::Fresh,
        Self::Amend,
        Self::Amended,
        Self::Rebuild,
        Self::Rebuilt,
    ];

    /// Its name on the command line and in the figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Fresh => "fresh",
            Self::Amend => "amend",
            Self::Amended => "amended",
            Self::Rebuild => "rebuild",
            Self::Rebuilt => "rebuilt",
        }
    }

    /// The stage with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// Reads a stage's command line, `PEER STAGE ENTRIES DIR`, and runs the stage on the peer that `open` finds in the folder.
pub fn run_from(
    arguments: &[String],
    open: impl FnOnce(&str, &Path) -> Option<Box<dyn Peer>>,
) -> Result<(), String> {
    let usage = || "PEER STAGE ENTRIES DIR".to_owned();
    let [name, stage, entries, dir] = arguments else {
        return Err(usage());
    };
    let stage = Stage::named(stage).ok_or_else(usage)?;
    let entries = entries.parse().map_err(|_| usage())?;
    let dir = Path::new(dir);
    let mut peer = open(name, dir).ok_or_else(|| format!("no peer is called {name}"))?;
    Course {
        corpus: Corpus { entries },
        dir,
    }
    .run(stage, &mut *peer);
    Ok(())
}

struct Course<'a> {
    corpus: Corpus,
    /// Where the peer's file is, and beside it how many entries were amended.
    dir: &'a Path,
}

impl Course<'_> {
    fn run(&self, stage: Stage, peer: &mut dyn Peer) {
        match stage {
            Stage::Build => self.build(peer),
            Stage::Fresh => {
                self.look(stage, peer);
                self.add(peer);
            }
            Stage::Amend => self.amend(peer),
            Stage::Amended | Stage::Rebuilt => self.look(stage, peer),
            Stage::Rebuild => self.rebuild(peer),
        }
    }

    fn build(&self, peer: &mut dyn Peer) {
        let (mut spent, mut pairs) = (Processor::default(), 0);
        for first in (1..=self.corpus.entries).step_by(LOAD as usize) {
            let last = (first + LOAD - 1).min(self.corpus.entries);
            let entries: Vec<Entry> = (first..=last).map(|id| self.corpus.entry(id)).collect();
            pairs += entries.iter().map(|entry| entry.words.len()).sum::<usize>();
            spent.measure(|| peer.load(&entries));
        }
        spent.measure(|| peer.loaded());
        self.check(peer, 0, 0);
        figure(
            "build.entries_per_second",
            (self.corpus.entries as f64 / spent.seconds()).round(),
        );
        figure(
            "build.bytes_per_pair",
            format!("{:.2}", peer.index_bytes() as f64 / pairs as f64),
        );
        figure("build.pairs", pairs);
    }

    fn look(&self, stage: Stage, peer: &mut dyn Peer) {
        for length in Length::ALL {
            let words = length.questions(self.corpus.entries);
            ask(
                &format!("{}.find.{}", stage.name(), length.name()),
                &words,
                |word| peer.find(word).map(|found| found.len()),
            );
        }
        ask(&format!("{}.page", stage.name()), &pairs(), |(a, b)| {
            peer.page(a, b, PAGE).map(|found| found.len())
        });
    }

    fn add(&self, peer: &mut dyn Peer) {
        let mut times = Times::default();
        for id in self.added() {
            let entry = self.corpus.entry(id);
            times.measure(|| peer.add(&entry));
        }
        figure("fresh.add.mean", format!("{:.1}", times.mean()));
        figure("fresh.add", times.percentiles());
    }

    fn amend(&self, peer: &mut dyn Peer) {
        let (mut spent, mut done) = (Processor::default(), 0);
        let wanted = self.corpus.entries / 5;
        let begun = Instant::now();
        while done < wanted && begun.elapsed() < AMEND_PATIENCE {
            let amendments: Vec<Amendment> = (done..(done + AMEND).min(wanted))
                .map(|n| Amendment {
                    old: self.corpus.entry(old(n)),
                    new: self.corpus.entry(self.replacing(n)),
                })
                .collect();
            spent.measure(|| peer.amend(&amendments));
            done += amendments.len() as u64;
        }
        std::fs::write(self.dir.join("amendments"), done.to_string()).expect("noted");
        self.check(peer, ADDS, done);
        figure(
            "amend.share",
            format!("{:.1}", done as f64 * 100.0 / self.corpus.entries as f64),
        );
        figure(
            "amend.entries_per_second",
            (done as f64 / spent.seconds()).round(),
        );
        self.size("amend", peer, done);
    }

    fn rebuild(&self, peer: &mut dyn Peer) {
        let mut spent = Processor::default();
        if spent.measure(|| peer.rebuild()) {
            let amended =
                std::fs::read_to_string(self.dir.join("amendments")).expect("noted when amending");
            let amended = amended.parse().expect("a number");
            self.check(peer, ADDS, amended);
            figure("rebuild.seconds", format!("{:.1}", spent.seconds()));
            self.size("rebuild", peer, amended);
        }
    }

    fn size(&self, stage: &str, peer: &mut dyn Peer, amended: u64) {
        let living = self.corpus.entries + ADDS - amended + amended;
        // Amended entries have as many words as others.
        let pairs: usize = (1..=1_000)
            .map(|id| self.corpus.entry(id).words.len())
            .sum();
        let pairs = living as f64 * pairs as f64 / 1_000.0;
        figure(
            &format!("{stage}.bytes_per_pair"),
            format!("{:.2}", peer.index_bytes() as f64 / pairs),
        );
    }

    fn added(&self) -> std::ops::RangeInclusive<u64> {
        self.corpus.entries + 1..=self.corpus.entries + ADDS
    }

    /// The number of the n-th new version.
    fn replacing(&self, n: u64) -> u64 {
        self.corpus.entries + ADDS + 1 + n
    }

    /// Compares answers with the entries, of which so many were added and amended.
    fn check(&self, peer: &mut dyn Peer, added: u64, amended: u64) {
        let words: Vec<String> = Length::ALL
            .into_iter()
            .flat_map(|length| {
                length
                    .questions(self.corpus.entries)
                    .into_iter()
                    .take(CHECKED)
            })
            .collect();
        let pairs: Vec<(String, String)> = pairs().into_iter().take(CHECKED).collect();
        let asked: HashSet<&str> = words
            .iter()
            .chain(pairs.iter().flat_map(|(a, b)| [a, b]))
            .map(String::as_str)
            .collect();
        let replaced: HashSet<u64> = (0..amended).map(old).collect();
        let living = (1..=self.corpus.entries)
            .filter(|id| !replaced.contains(id))
            .chain(self.added().take(added as usize))
            .chain((0..amended).map(|n| self.replacing(n)));
        let mut truth: HashMap<&str, Vec<u64>> = HashMap::new();
        for id in living {
            for word in self.corpus.entry(id).words {
                if let Some(word) = asked.get(word.text.as_str()) {
                    truth.entry(word).or_default().push(id);
                }
            }
        }
        let list = |word: &str| truth.get(word).map_or(&[][..], Vec::as_slice);
        for word in &words {
            if let Some(mut found) = peer.find(word) {
                found.sort_unstable();
                assert!(
                    found == list(word),
                    "{word}: {} entries found, {} have it",
                    found.len(),
                    list(word).len()
                );
            }
        }
        for (a, b) in &pairs {
            let Some(page) = peer.page(a, b, PAGE) else {
                continue;
            };
            let other: HashSet<&u64> = list(b).iter().collect();
            let both = list(a).iter().filter(|id| other.contains(id));
            let expected: Vec<(u64, String)> = both
                .rev()
                .take(PAGE)
                .map(|&id| (id, self.corpus.entry(id).body()))
                .collect();
            assert!(
                page == expected,
                "{a} {b}: another page than the entries say"
            );
        }
    }
}

/// The number of the n-th version that is replaced.
fn old(n: u64) -> u64 {
    1 + n * 5
}

/// Asks once to warm up, then again with the clock running; as many as patience allows. What the peer cannot answer is counted, not
/// timed.
fn ask<Q>(name: &str, questions: &[Q], mut answer: impl FnMut(&Q) -> Option<usize>) {
    let begun = Instant::now();
    let (mut answered, mut refused) = (Vec::new(), 0);
    for question in questions {
        match answer(question) {
            Some(_) => answered.push(question),
            None => refused += 1,
        }
        if begun.elapsed() > PATIENCE {
            break;
        }
    }
    let (mut times, begun, mut found) = (Times::default(), Instant::now(), 0);
    for question in answered {
        found += times.measure(|| answer(question)).unwrap_or(0);
        if begun.elapsed() > PATIENCE {
            break;
        }
    }
    if found > 0 {
        figure(name, times.percentiles());
    }
    if refused > 0 {
        figure(&format!("{name}.refused"), refused);
    }
}
