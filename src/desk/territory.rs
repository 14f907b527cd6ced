//! What a session can search and how far the index covers it.
//!
//! Looking at every chart for every search would cost more than the search. So the whole is surveyed once, and afterwards only those
//! charts are looked at again that something was written of, whose keys ran out, or that were not covered. Where an index was built anew
//! the charts may be covered less far than before, and the whole is surveyed again. **This is a
//! memory of the session, never a control**: what is shown is opened with keys and checked again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::PoisonError;
use std::time::{Duration, Instant as Clock};

use crate::index::Ground;
use crate::index::coverage::{self, Footing};
use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, Section};
use crate::vault::Reader;

use super::error::DeskError;
use super::indexing::{self, Compartment, SECTIONS, covers};
use super::reach::{Reach, reach};
use super::session::Session;

/// While more charts than this are not covered, they are counted again only so often.
const MANY: usize = 200;
const PAUSE: Duration = Duration::from_secs(1);

/// The memory of a session.
#[derive(Default)]
pub struct Territory {
    /// The last entry that was taken into account; 0 before the first survey.
    seen: u64,
    places: Vec<Place>,
    /// Sections that no unit's index covers for this person: granted to them, or their own.
    personal: BTreeSet<(ChartId, Section)>,
    /// When keys run out, and to which charts.
    ends: BTreeSet<(u64, ChartId)>,
    counted: Option<Clock>,
}

/// One compartment.
struct Place {
    compartment: Compartment,
    footing: Footing,
    /// Entries that the index does not hold yet, by chart.
    due: BTreeMap<ChartId, u64>,
    /// Entries that the index holds and the unit no longer has the keys of, by chart.
    closed: BTreeMap<ChartId, Vec<u64>>,
    /// All of these, ascending.
    closed_rids: Vec<u64>,
    /// Whether these are not yet all.
    unsettled: bool,
}

impl Territory {
    /// Takes into account what was written since.
    pub fn refresh(&mut self, session: &Session, reader: &Reader<'_>) -> Result<(), DeskError> {
        let head = reader.directory().seq;
        if self.seen == 0 {
            self.survey(session, reader)?;
        } else {
            let touched = reader.tx().touched_since(self.seen)?;
            let charts = &reader.directory().charts;
            let lost = self.look_at_footing(reader)?;
            if lost
                || touched
                    .clear
                    .iter()
                    .any(|chart| !charts.contains_key(chart))
            {
                // Somebody joined, left, a unit has new keys, or an index was built anew.
                self.survey(session, reader)?;
            } else {
                let now = reader.now();
                let ended = self.ends.iter().take_while(|(until, _)| *until < now);
                let mut charts: BTreeSet<ChartId> = ended.map(|(_, chart)| *chart).collect();
                self.ends.retain(|(until, _)| *until >= now);
                charts.extend(touched.any);
                charts.extend(touched.clear);
                charts.extend(self.count_again());
                for chart in charts {
                    self.look(session, reader, chart, None)?;
                }
            }
        }
        self.seen = head;
        self.places.iter_mut().for_each(Place::settle);
        Ok(())
    }

    /// The compartments, for the index.
    pub fn grounds(&self) -> Vec<Ground<'_>> {
        self.places
            .iter()
            .map(|place| Ground {
                id: place.compartment.id,
                keys: &place.compartment.keys,
                closed: &place.closed_rids,
            })
            .collect()
    }

    /// How many entries the index does not hold yet.
    pub fn uncovered(&self) -> u64 {
        self.places
            .iter()
            .flat_map(|place| place.due.values())
            .sum()
    }

    /// Sections that are searched by reading them: personal ones, and those behind a glass that was broken.
    pub fn by_hand(&self, session: &Session, reader: &Reader<'_>) -> BTreeSet<(ChartId, Section)> {
        let mut found = self.personal.clone();
        let broken: Vec<ChartId> = session
            .glass
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .copied()
            .collect();
        for chart in broken {
            for section in SECTIONS {
                if matches!(reach(session, reader, chart, section), Reach::Glass { .. }) {
                    found.insert((chart, section));
                }
            }
        }
        found
    }

    fn survey(&mut self, session: &Session, reader: &Reader<'_>) -> Result<(), DeskError> {
        let compartments = indexing::compartments(reader)?;
        *self = Self::default();
        let mut covered = Vec::with_capacity(compartments.len());
        for compartment in compartments {
            covered.push(coverage::all(
                reader.tx().sql(),
                compartment.id,
                &compartment.keys,
            )?);
            self.places.push(Place {
                footing: Footing::of(reader.tx().sql(), compartment.id)?,
                compartment,
                due: BTreeMap::new(),
                closed: BTreeMap::new(),
                closed_rids: Vec::new(),
                unsettled: false,
            });
        }
        let charts: Vec<ChartId> = reader.directory().charts.keys().copied().collect();
        for chart in charts {
            self.look(session, reader, chart, Some(&covered))?;
        }
        self.counted = Some(Clock::now());
        Ok(())
    }

    /// Whether an index was built anew since.
    fn look_at_footing(&mut self, reader: &Reader<'_>) -> Result<bool, DeskError> {
        let places = self.places.iter();
        let now = places.map(|place| Footing::of(reader.tx().sql(), place.compartment.id));
        let now: Vec<Footing> = now.collect::<Result<_, _>>()?;
        let mut lost = false;
        for (place, now) in self.places.iter_mut().zip(now) {
            lost |= place.footing.is_lost(&now);
            place.footing = now;
        }
        Ok(lost)
    }

    /// The charts to count again.
    fn count_again(&mut self) -> BTreeSet<ChartId> {
        let due: BTreeSet<ChartId> = self
            .places
            .iter()
            .flat_map(|place| place.due.keys().copied())
            .collect();
        if due.len() > MANY && self.counted.is_some_and(|at| at.elapsed() < PAUSE) {
            return BTreeSet::new();
        }
        self.counted = Some(Clock::now());
        due
    }

    /// Looks at one chart. `covered` is how far each compartment holds its charts, where that is known.
    fn look(
        &mut self,
        session: &Session,
        reader: &Reader<'_>,
        chart: ChartId,
        covered: Option<&[HashMap<ChartId, u64>]>,
    ) -> Result<(), DeskError> {
        let Some(state) = reader.directory().chart(&chart) else {
            return Ok(());
        };
        let tx = reader.tx();
        for (at, place) in self.places.iter_mut().enumerate() {
            let Compartment {
                id,
                unit,
                section,
                keys,
            } = &place.compartment;
            let up_to = match covered {
                Some(covered) => covered[at].get(&chart).copied().unwrap_or(0),
                None => coverage::up_to(tx.sql(), *id, keys, chart)?,
            };
            place.due.remove(&chart);
            place.unsettled |= place.closed.remove(&chart).is_some();
            if covers(reader, *unit, chart, *section) {
                let end = tx.section_end(&chart, *section)?;
                if end > up_to {
                    let count = tx.section_count(&chart, *section, up_to, end)?;
                    place.due.insert(chart, count);
                }
            } else if up_to > 0 {
                let rids = tx.section_numbers(&chart, *section, up_to)?;
                place.closed.insert(chart, rids);
                place.unsettled = true;
            }
        }
        for section in SECTIONS {
            let personal = reach(session, reader, chart, section) == Reach::Personal
                && !in_a_unit(reader, chart, section);
            if personal {
                self.personal.insert((chart, section));
            } else {
                self.personal.remove(&(chart, section));
            }
        }
        let ends = state
            .lines
            .iter()
            .filter(|held| held.in_force(reader.now()));
        self.ends
            .extend(ends.filter_map(|held| Some((held.until?, chart))));
        Ok(())
    }
}

impl Place {
    fn settle(&mut self) {
        if std::mem::take(&mut self.unsettled) {
            self.closed_rids = self.closed.values().flatten().copied().collect();
            self.closed_rids.sort_unstable();
        }
    }
}

/// Whether this person also reaches the section through a unit whose index covers it.
fn in_a_unit(reader: &Reader<'_>, chart: ChartId, section: Section) -> bool {
    let me = reader.me();
    let directory = reader.directory();
    directory
        .units_of(&me)
        .filter(|state| {
            matches!(
                state.unit.kind,
                UnitKind::Ward | UnitKind::Clinic | UnitKind::Pharmacy
            )
        })
        .any(|state| {
            state.members[&me]
                .holds
                .keys()
                .any(|(held, _)| *held == section as u8)
                && covers(reader, state.unit.unit, chart, section)
        })
}
