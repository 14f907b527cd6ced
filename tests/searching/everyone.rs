//! A hospital at work, at random: everyone finds exactly what their keys open and the query means.

use std::collections::{BTreeMap, BTreeSet};

use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::admit;
use chartseal::desk::view::unwatched;
use chartseal::desk::{Session, index, search, write};
use chartseal::index::FEW;
use chartseal::jobs::verify;
use chartseal::ledger::{ChartId, EntryId, Section};

use crate::fixture::{
    Reading, SECTIONS, all, chart_of, grant, ids, note, person, pressure, sql, unindexed, unit,
};
use crate::random::Random;
use crate::support::chance::Chance;
use crate::support::{Hospital, campaign, patient};

const LOGINS: [&str; 6] = ["hsmith", "okafor", "brandt", "adeyemi", "reyes", "mejia"];

/// Notes of which the words are packed.
const MANY: usize = FEW + 4;
/// Matches of a page of much.
const BEGINNING: u32 = 24;

/// A hospital at work, and what was done in it.
struct Work {
    hospital: Hospital,
    random: Random,
    charts: Vec<(String, ChartId, usize)>,
    written: Vec<(usize, EntryId)>,
    grants: Vec<(usize, ChartId, EntryId)>,
    /// How often what is rare among the acts was done.
    rare: BTreeMap<&'static str, u32>,
}

impl Work {
    /// One act by somebody who may; a refusal is as good as an act.
    fn act(&mut self, sessions: &[Session]) {
        let doctors = [0, 1];
        match self.random.below(14) {
            0 => {
                let who = *self.random.pick(&doctors);
                let names = ["García", "Gardener", "Garland", "Müller", "Li"];
                let (given, family) = (*self.random.pick(&names), *self.random.pick(&names));
                let unit = ["Ward A", "Ward B"][who];
                let mrn = admit(&sessions[who], unit, &patient(given, family))
                    .unwrap()
                    .mrn;
                let chart = chart_of(&sessions[who], &mrn);
                self.charts.push((mrn, chart, who));
            }
            1..=5 => {
                let (mrn, _, who) = self.random.pick(&self.charts).clone();
                let who = if who == 0 && self.random.below(3) == 0 {
                    2
                } else {
                    who
                };
                let body = self.random.body();
                if let Ok(written) = write::entry(&sessions[who], &mrn, body) {
                    self.written.push((who, written.entry.parse().unwrap()));
                }
            }
            6 => {
                let (_, chart, who) = self.random.pick(&self.charts).clone();
                let notes = if self.random.below(5) == 0 {
                    self.did("many notes");
                    MANY
                } else {
                    2
                };
                self.unindexed(&sessions[who], chart, notes);
            }
            7 | 8 if !self.written.is_empty() => {
                let (who, entry) = *self.random.pick(&self.written);
                let text = self.random.text();
                let done = match self.random.below(3) {
                    0 => write::retract(&sessions[who], entry, "in error"),
                    _ => write::amend(&sessions[who], entry, note(&text)),
                };
                if let Ok(written) = done {
                    self.written.push((who, written.entry.parse().unwrap()));
                }
            }
            9 | 10 => {
                let (_, chart, who) = self.random.pick(&self.charts).clone();
                let (to, sections): (_, &[Section]) = match self.random.below(4) {
                    0 => (unit(&sessions[who], ["Ward B", "Ward A"][who]), &SECTIONS),
                    1 => (
                        unit(&sessions[who], "Pharmacy"),
                        &[Section::Identity, Section::Medication],
                    ),
                    2 => (person(&sessions[who], ["okafor", "hsmith"][who]), &SECTIONS),
                    _ => (person(&sessions[who], "brandt"), &[Section::Clinical]),
                };
                let given = grant(&sessions[who], chart, to, sections);
                self.grants.push((who, chart, given));
            }
            11 if !self.grants.is_empty() => {
                let at = self.random.below(self.grants.len());
                let (who, chart, given) = self.grants.swap_remove(at);
                sessions[who]
                    .vault()
                    .write(|writer| writer.revoke(chart, given))
                    .unwrap();
            }
            12 => {
                let who = self.random.below(sessions.len());
                if self.random.below(3) == 0 {
                    self.did("rebuild");
                    index::rebuild(&sessions[who], &unwatched).unwrap();
                } else {
                    index::merge(&sessions[who], &unwatched).unwrap();
                }
            }
            13 if self.random.below(2) == 0 => {
                // Somebody leaves, which renews the unit's keys, and comes back.
                self.did("leave");
                let admin = self.hospital.login("admin");
                admin.leave_unit("Ward A", "brandt").unwrap();
                self.hospital.login("hsmith");
                admin.join_unit("Ward A", "brandt").unwrap();
                sessions[0].vault().deliver_unseen().unwrap();
            }
            _ => {}
        }
    }

    fn did(&mut self, what: &'static str) {
        *self.rare.entry(what).or_default() += 1;
    }

    /// Writes notes without telling the index; of many, most have only a word of their own.
    fn unindexed(&mut self, session: &Session, chart: ChartId, notes: usize) {
        let text = |n: usize| match n % 4 {
            0 => self.random.text(),
            _ => format!("w{:x}", self.random.next()),
        };
        let notes: Vec<_> = (0..notes).map(text).map(|text| note(&text)).collect();
        unindexed(session, chart, Section::Clinical, &notes);
    }

    /// Packed segments of the file that are searched.
    fn packed(&self) -> i64 {
        let count = "SELECT count(*) FROM segment WHERE kind = 1 AND state = 3";
        sql(&self.hospital)
            .query_row(count, [], |row| row.get(0))
            .unwrap()
    }

    /// Holds what everyone finds against what reading everything finds.
    fn check(&mut self, sessions: &[Session], seed: u64) {
        for (session, login) in sessions.iter().zip(LOGINS) {
            let queries: Vec<String> = (0..6).map(|_| self.random.query(2)).collect();
            let context = |query: &str| format!("{login} asks {query} (seed {seed})");
            let reading = Reading::of(session);
            for query in &queries {
                let expected = reading.finds(query);
                let (first, _) = search::page(session, query, None, BEGINNING).unwrap();
                if first.uncovered == 0 {
                    self.compare(session, query, &expected, &context(query));
                } else if !query.contains('-') {
                    let (found, answer) = all(session, query, BEGINNING);
                    let known: BTreeSet<&String> = expected.iter().collect();
                    assert!(
                        found.iter().all(|id| known.contains(id)),
                        "{}",
                        context(query)
                    );
                    let missing = (expected.len() - found.len()) as u64;
                    // An entry that is not covered may stand in the index of two units.
                    assert!(missing <= answer.uncovered, "{}", context(query));
                }
            }
            catch_up_all(session, &unwatched).unwrap();
            let fresh = self.hospital.desk(login);
            for query in &queries {
                let expected = reading.finds(query);
                for session in [session, &fresh] {
                    self.compare(session, query, &expected, &context(query));
                    let skipped = search::run(session, query, 2, 1).unwrap();
                    let rest: Vec<_> = expected.iter().skip(1).take(2).cloned().collect();
                    assert_eq!(ids(&skipped), rest, "{}", context(query));
                }
            }
        }
    }

    /// Holds what somebody finds against what should be found: page by page, or where it is much, its beginning and mostly no more.
    fn compare(&mut self, session: &Session, query: &str, expected: &[String], context: &str) {
        let much = expected.len() > BEGINNING as usize;
        let size = 1 + self.random.below(4) as u32;
        let (found, answer) = if !much {
            all(session, query, size)
        } else if self.random.below(8) == 0 {
            all(session, query, BEGINNING * size)
        } else {
            // Not as a page, which comes after some 40 ms with what it has.
            let answer = search::run(session, query, BEGINNING, 0).unwrap();
            assert_eq!(ids(&answer), expected[..BEGINNING as usize], "{context}");
            assert_eq!(answer.uncovered, 0, "{context}");
            assert!(answer.total >= expected.len() as u64, "{context}");
            if answer.exact {
                assert_eq!(answer.total, expected.len() as u64, "{context}");
            }
            return;
        };
        assert_eq!(found, expected, "{context}");
        assert_eq!((answer.uncovered, answer.exact), (0, true), "{context}");
        assert_eq!(answer.total, expected.len() as u64, "{context}");
    }
}

/// `CHARTSEAL_CAMPAIGN=full` goes on for longer, and elsewhere every time.
#[test]
fn everyone_finds_exactly_what_their_keys_open_and_the_query_means() {
    let (seed, rounds) = if campaign::full() {
        (jiff::Timestamp::now().as_nanosecond() as u64, 60)
    } else {
        (20_261_127, 5)
    };
    println!("seed {seed}");
    let hospital = Hospital::staffed();
    let sessions: Vec<Session> = LOGINS.iter().map(|login| hospital.desk(login)).collect();
    let mut work = Work {
        hospital,
        random: Random(Chance(seed)),
        charts: Vec::new(),
        written: Vec::new(),
        grants: Vec::new(),
        rare: BTreeMap::new(),
    };
    for (who, unit) in ["Ward A", "Ward B"].into_iter().enumerate() {
        let mrn = admit(&sessions[who], unit, &patient("Ana", "García"))
            .unwrap()
            .mrn;
        let chart = chart_of(&sessions[who], &mrn);
        work.charts.push((mrn, chart, who));
        work.unindexed(&sessions[who], chart, MANY);
        catch_up_all(&sessions[who], &unwatched).unwrap();
    }
    assert!(work.packed() >= 2, "what is many is packed");
    // The patient's own.
    let own = work.hospital.chart(sessions[0].vault());
    unindexed(
        &sessions[0],
        own,
        Section::Clinical,
        &[note("chest pain"), pressure(150, 95)],
    );
    for _ in 0..rounds {
        for _ in 0..25 {
            work.act(&sessions);
        }
        work.check(&sessions, seed);
    }
    println!("{:?}, {} packed segments", work.rare, work.packed());
    assert_eq!(work.rare.len(), 3, "{:?}", work.rare);
    let report = verify::full(&sessions[0], 1, &unwatched).unwrap();
    assert!(report.ok, "{:#?}", report.findings);
}
