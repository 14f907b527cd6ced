//! What an export holds, settled before anything is written: which entries, and of which sections the bodies go along.

use std::collections::{BTreeMap, BTreeSet};

use crate::desk::reach::{Reach, reach};
use crate::desk::view::{Proceed, Reporter};
use crate::desk::{DeskError, Session, locate};
use crate::interop::sealed::Subject;
use crate::ledger::{CertId, ChartId, Core, Entry, Form, Head, Section, UnitId, canonical};
use crate::vault::permit::ExportSigned;
use crate::vault::{Directory, Reader, VaultError};

use super::{What, working};

/// Headers read at a time.
const BATCH: usize = 2_000;
/// What goes along where nobody says otherwise: not who looked and why.
const SECTIONS: [Section; 3] = [Section::Identity, Section::Clinical, Section::Medication];

/// The plan of an export.
pub(super) struct Plan<'a> {
    /// What is exported.
    pub(super) subject: Subject,
    /// Where the ledger ended when it was planned.
    pub(super) head: Head,
    /// The entries, ascending.
    pub(super) entries: Vec<u64>,
    /// Who signed them.
    authors: BTreeSet<CertId>,
    /// The sections whose bodies go along as far as the keys open them; units' own charts among them.
    pub(super) open: BTreeMap<ChartId, BTreeSet<Section>>,
    /// The session whose keys must open what goes along, too, where the entries come from a snapshot.
    live: Option<&'a Session>,
}

impl<'a> Plan<'a> {
    /// Plans what was asked, up to entry `until` where that is before the end.
    pub(super) fn make(
        session: &Session,
        what: &What<'_>,
        until: Option<u64>,
        watch: Reporter<'_>,
    ) -> Result<Self, DeskError> {
        let head = session.vault().read(|reader| {
            let head = reader.tx().head()?;
            let seq = until.map_or(head.seq, |until| until.min(head.seq));
            let link = reader.tx().link_at(seq)?;
            let missing = || DeskError::Damaged(format!("entry {seq}: it is missing"));
            Ok::<_, DeskError>(Head {
                seq,
                link: link.ok_or_else(missing)?,
            })
        })?;
        match what {
            What::Chart { mrn, sections } => session
                .vault()
                .read(|reader| Self::chart(session, reader, mrn, *sections, head)),
            What::SignedBy(login) => Self::signed_by(session, login, head, watch),
        }
    }

    fn chart(
        session: &Session,
        reader: &mut Reader<'_>,
        mrn: &str,
        wanted: Option<&[Section]>,
        head: Head,
    ) -> Result<Self, DeskError> {
        let chart = locate::chart(session, reader, mrn)?;
        refuse_erased(reader.directory(), chart, mrn)?;
        let mut glass = false;
        let mut is_open = |section: &Section| {
            let way = reach(session, reader, chart, *section);
            glass |= way == Reach::Emergency;
            way.is_open()
        };
        let sections: Vec<Section> = match wanted {
            None => SECTIONS.into_iter().filter(&mut is_open).collect(),
            Some(wanted) => {
                let wanted: BTreeSet<Section> = wanted.iter().copied().collect();
                if let Some(closed) = wanted.iter().find(|section| !is_open(section)) {
                    let section = *closed;
                    return Err(if glass {
                        only_in_an_emergency()
                    } else {
                        VaultError::NoKey { section }.into()
                    });
                }
                wanted.into_iter().collect()
            }
        };
        if sections.is_empty() {
            return Err(if glass {
                only_in_an_emergency()
            } else {
                DeskError::Denied(
                    "your keys open neither identity nor clinical nor medication of this chart: request access, or name with \
                     --sections what they open"
                        .into(),
                )
            });
        }
        let mut plan = Self {
            subject: Subject::Chart {
                chart,
                sections: sections.clone(),
            },
            head,
            entries: Vec::new(),
            authors: BTreeSet::new(),
            open: BTreeMap::from([(chart, sections.iter().copied().collect())]),
            live: None,
        };
        for section in sections {
            for (seq, core) in reader.tx().section_headers(&chart, section, head.seq)? {
                plan.entries.push(seq);
                plan.authors.insert(core.author);
            }
        }
        plan.entries.sort_unstable();
        Ok(plan)
    }

    fn signed_by(
        session: &Session,
        login: &str,
        head: Head,
        watch: Reporter<'_>,
    ) -> Result<Self, DeskError> {
        if session.vault().certificate().login != login {
            session.vault().authority::<ExportSigned>()?;
        }
        let certificates: Vec<CertId> = session.vault().read(|reader| {
            let people = reader.directory().people.iter();
            Ok::<_, DeskError>(
                people
                    .filter(|(_, person)| person.certificate.login == login)
                    // One from after the end would come without the entry that certifies it.
                    .filter(|(_, person)| person.since <= head.seq)
                    .map(|(cert, _)| *cert)
                    .collect(),
            )
        })?;
        if certificates.is_empty() {
            return Err(VaultError::Unknown {
                what: "user",
                name: login.chars().take(80).collect(),
                hint: ": `chartseal user list` shows them",
            }
            .into());
        }
        let mut plan = Self {
            authors: certificates.iter().copied().collect(),
            subject: Subject::SignedBy {
                login: login.to_owned(),
                certificates,
            },
            head,
            entries: Vec::new(),
            open: BTreeMap::new(),
            live: None,
        };
        let mut met = BTreeSet::new();
        let mut after = 0;
        while after < head.seq {
            let rows = session
                .vault()
                .read(|reader| Ok::<_, DeskError>(reader.tx().headers_after(after, BATCH)?))?;
            let Some((last, _)) = rows.last() else { break };
            after = last.seq;
            for (row, _) in &rows {
                let core: Core = canonical::decode("entry header", &row.core)
                    .map_err(|error| DeskError::Damaged(format!("entry {}: {error}", row.seq)))?;
                if row.seq <= head.seq && plan.authors.contains(&core.author) {
                    plan.entries.push(row.seq);
                    met.insert((core.chart, core.section));
                }
            }
            if watch(&working("gather", after.min(head.seq), head.seq)) == Proceed::Stop {
                return Err(DeskError::Stopped);
            }
        }
        session.vault().read(|reader| {
            for (chart, section) in met {
                if opens(session, reader, chart, section) {
                    plan.open.entry(chart).or_default().insert(section);
                }
            }
            Ok::<_, DeskError>(())
        })?;
        Ok(plan)
    }

    /// Lets nothing go along that another session could not reach, too: no section, and of the others no body under a key that it
    /// does not hold.
    pub(super) fn within(&mut self, session: &'a Session) -> Result<(), DeskError> {
        self.live = Some(session);
        session.vault().read(|reader| {
            if let Subject::Chart { chart, sections } = &self.subject {
                refuse_erased(reader.directory(), *chart, "this number")?;
                for section in sections {
                    if !opens(session, reader, *chart, *section) {
                        return Err(VaultError::NoKey { section: *section }.into());
                    }
                }
            }
            for (chart, sections) in &mut self.open {
                sections.retain(|section| opens(session, reader, *chart, *section));
            }
            self.open.retain(|_, sections| !sections.is_empty());
            Ok(())
        })
    }

    /// Whether an entry's body goes along: its section was planned to, it was not erased, and the keys reach its epoch.
    pub(super) fn takes(&self, reader: &mut Reader<'_>, entry: &Entry) -> Result<bool, DeskError> {
        let core = &entry.core;
        if core.form == Form::Clear {
            return Ok(true);
        }
        let planned = self.open.get(&core.chart);
        if entry.row.body.is_none() || !planned.is_some_and(|open| open.contains(&core.section)) {
            return Ok(false);
        }
        if !holds_key(reader, core)? {
            return Ok(false);
        }
        match self.live {
            None => Ok(true),
            Some(live) => live.vault().read(|reader| holds_key(reader, core)),
        }
    }

    /// The clear entries that say who the authors, the exporter and all admins are, ascending.
    pub(super) fn authorities(&self, directory: &Directory, exporter: CertId) -> Vec<u64> {
        use crate::clinical::Role;
        let named = directory.people.iter().filter(|(cert, person)| {
            self.authors.contains(cert) || **cert == exporter || person.role() == Some(Role::Admin)
        });
        let entries = named.flat_map(|(_, person)| [Some(person.since), person.until]);
        let within = entries.flatten().filter(|seq| *seq <= self.head.seq);
        // Genesis, even if its admin signed nothing else: everything leads to it.
        let all: BTreeSet<u64> = within.chain([1]).collect();
        all.into_iter().collect()
    }
}

fn holds_key(reader: &mut Reader<'_>, core: &Core) -> Result<bool, DeskError> {
    match reader.chart_key(core.chart, core.section, core.epoch) {
        Ok(_) => Ok(true),
        Err(VaultError::NoKey { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn only_in_an_emergency() -> DeskError {
    DeskError::Denied(
        "your keys open this chart only in an emergency: request access, or break the glass with a reason".into(),
    )
}

fn refuse_erased(directory: &Directory, chart: ChartId, mrn: &str) -> Result<(), DeskError> {
    let erased = directory.chart(&chart).and_then(|state| state.erased);
    match erased {
        None => Ok(()),
        Some(seq) => Err(DeskError::NotNow(format!(
            "the chart of {mrn} was erased by entry {seq}: there is nothing left to give out"
        ))),
    }
}

/// Whether the bodies of a section may go along, as far as their keys are held. A unit's own chart opens to whoever holds the unit's.
fn opens(session: &Session, reader: &Reader<'_>, chart: ChartId, section: Section) -> bool {
    section == Section::System
        || reader.directory().units.contains_key(&UnitId(chart.0))
        || reach(session, reader, chart, section).is_open()
}
