//! What is written in a hospital and found again, and what should be found: everything that opens, read entry by entry.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chartseal::clinical::coding::system;
use chartseal::clinical::{
    Body, Coding, Concept, Condition, Decimal, Kind, LabResult, Note, Quantity, ResultValue, Vitals,
};
use chartseal::desk::charts::{encode, list};
use chartseal::desk::reach::reach;
use chartseal::desk::view::{SearchAnswer, Stamp};
use chartseal::desk::{Session, search};
use chartseal::index::day::Day;
use chartseal::index::{Facts, Meta, query};
use chartseal::ledger::clear::{GrantGround, UnitKind};
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, EntryId, Holder, Section, ThreadId};
use chartseal::vault::{Draft, NewGrant, Opened, Reader, VaultError};
use rusqlite::Connection;

use crate::support::Hospital;

pub const SECTIONS: [Section; 3] = [Section::Identity, Section::Clinical, Section::Medication];

pub fn note(text: &str) -> Body {
    Body::Note(Note {
        text: text.into(),
        ..Default::default()
    })
}

pub fn condition(code: &str, text: &str) -> Body {
    Body::Condition(Condition {
        concept: Concept::coded(system::ICD10_CM, code, text),
        ..Default::default()
    })
}

pub fn allergy(text: &str) -> Body {
    Body::Allergy(chartseal::clinical::Allergy {
        substance: Concept::text(text),
        ..Default::default()
    })
}

pub fn pressure(systolic: i64, diastolic: i64) -> Body {
    Body::Vitals(Vitals {
        systolic: Some(Decimal::whole(systolic)),
        diastolic: Some(Decimal::whole(diastolic)),
        ..Default::default()
    })
}

pub fn result(code: &str, mantissa: i64) -> Body {
    Body::Result(LabResult {
        code: Concept {
            text: "a test".into(),
            codings: vec![Coding::new(system::LOINC, code, "a test")],
        },
        value: Some(ResultValue::Quantity(Quantity::new(
            Decimal::new(mantissa, 1).unwrap(),
            "mmol/L",
        ))),
        ..Default::default()
    })
}

/// Writes without telling the index, as somebody does who holds no key of it.
pub fn unindexed(session: &Session, chart: ChartId, section: Section, bodies: &[Body]) {
    let drafts = bodies
        .iter()
        .map(|body| (Draft::new(chart, section), encode(body)))
        .collect();
    session
        .vault()
        .write(|writer| writer.put_all(drafts))
        .unwrap();
}

pub fn chart_of(session: &Session, mrn: &str) -> ChartId {
    let lines = list(session, None).unwrap();
    let line = lines.iter().find(|line| line.mrn == mrn).unwrap();
    line.chart.parse().unwrap()
}

pub fn grant(session: &Session, chart: ChartId, to: Holder, sections: &[Section]) -> EntryId {
    session
        .vault()
        .write(|writer| {
            let ground = match to {
                Holder::Person(_) => GrantGround::Request,
                Holder::Unit(unit) => match writer.directory().units[&unit].unit.kind {
                    UnitKind::Pharmacy => GrantGround::Prescription,
                    _ => GrantGround::CareTeam,
                },
            };
            writer.grant(&NewGrant {
                chart,
                to,
                sections: sections.to_vec(),
                until: None,
                ground,
                because: None,
            })
        })
        .unwrap()
        .id
}

pub fn unit(session: &Session, name: &str) -> Holder {
    let unit = session
        .vault()
        .read(|r| Ok::<_, VaultError>(r.directory().unit_by_name(name).unwrap().unit.unit));
    Holder::Unit(unit.unwrap())
}

pub fn person(session: &Session, login: &str) -> Holder {
    let cert = session
        .vault()
        .read(|r| Ok::<_, VaultError>(*r.directory().by_login(login).unwrap().0));
    Holder::Person(cert.unwrap())
}

pub fn ids(answer: &SearchAnswer) -> Vec<String> {
    answer.results.iter().map(|hit| hit.entry.clone()).collect()
}

/// Everything that a search finds, by pages of this size, and the last page's answer.
pub fn all(session: &Session, text: &str, size: u32) -> (Vec<String>, SearchAnswer) {
    let (mut found, mut place) = (Vec::new(), None);
    loop {
        let (answer, next) = search::page(session, text, place.as_ref(), size).unwrap();
        assert!(answer.results.len() <= size as usize);
        found.extend(ids(&answer));
        if next.is_none() {
            return (found, answer);
        }
        place = next;
    }
}

pub fn find(session: &Session, text: &str) -> Vec<String> {
    all(session, text, 50).0
}

/// An entry that somebody's keys open, as it was read.
struct Read {
    chart: ChartId,
    id: String,
    /// The newest day first, and of a day what was written last.
    place: (Day, u64),
    facts: Facts,
    /// Whether no later version took its place.
    current: bool,
    retraction: bool,
}

/// Everything that somebody's keys open, entry by entry.
pub struct Reading {
    entries: Vec<Read>,
    /// What the identity of each chart says.
    who: BTreeMap<ChartId, Facts>,
}

impl Reading {
    pub fn of(session: &Session) -> Self {
        let mut reading = Self {
            entries: Vec::new(),
            who: BTreeMap::new(),
        };
        session
            .vault()
            .read(|reader| {
                let charts: Vec<ChartId> = reader.directory().charts.keys().copied().collect();
                for chart in charts {
                    for section in SECTIONS {
                        if reach(session, reader, chart, section).is_open() {
                            let opened = reader.section(chart, section)?;
                            reading.take(reader, chart, opened.into_iter().filter_map(Result::ok));
                        }
                    }
                }
                Ok::<_, VaultError>(())
            })
            .unwrap();
        reading
            .entries
            .sort_unstable_by_key(|entry| Reverse(entry.place));
        reading
    }

    fn take(&mut self, reader: &Reader<'_>, chart: ChartId, opened: impl Iterator<Item = Opened>) {
        let opened: Vec<Opened> = opened.collect();
        // What happens to an order follows it, and takes nobody's place.
        let says = |o: &&Opened| {
            ![Kind::Dispense, Kind::RxEvent]
                .map(Kind::number)
                .contains(&o.body.kind)
        };
        let saying: Vec<(ThreadId, u64)> = opened
            .iter()
            .filter(says)
            .map(|o| (o.entry.core.thread, o.entry.seq()))
            .collect();
        for opened in opened {
            let core = &opened.entry.core;
            let Ok(body) = Body::decode(opened.body.kind, opened.body.version, &opened.body.bytes)
            else {
                continue;
            };
            let seq = opened.entry.seq();
            let current = !says(&&opened)
                || !saying
                    .iter()
                    .any(|(thread, later)| *thread == core.thread && *later > seq);
            let author = reader.directory().person(&core.author).unwrap();
            let meta = Meta {
                author: &author.certificate.login,
                created: core.created as i64,
            };
            let facts = Facts::of(&body, meta);
            if matches!(body, Body::Identity(_)) && current {
                self.who.insert(chart, facts.clone());
            }
            self.entries.push(Read {
                chart,
                id: core.id.to_string(),
                place: (Day::of_body(&body, meta), opened.entry.seq()),
                facts,
                current,
                retraction: matches!(body, Body::Retraction(_)),
            });
        }
    }

    /// What a query should find in it, in its order.
    pub fn finds(&self, text: &str) -> Vec<String> {
        let query = query::parse(text, Stamp::now().day()).unwrap();
        let found = self.entries.iter().filter(|entry| {
            (query.history() || entry.current)
                && !entry.retraction
                && query.matches_facts(&entry.facts, self.who.get(&entry.chart))
        });
        found.map(|entry| entry.id.clone()).collect()
    }
}

/// What somebody should find.
pub fn naive(session: &Session, text: &str) -> Vec<String> {
    Reading::of(session).finds(text)
}

/// The file, for anyone who can reach it.
pub fn sql(hospital: &Hospital) -> Connection {
    let sql = Connection::open(hospital.vault_folder().join(FILE)).unwrap();
    sql.busy_timeout(std::time::Duration::from_secs(10))
        .unwrap();
    sql
}
