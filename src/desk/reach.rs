//! By which way a session reaches a section of a chart. The emergency unit's keys open it technically; **the desk shows
//! nothing through them unless the glass was broken.**

use std::sync::PoisonError;

use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, Holder, Section, UnitId};
use crate::vault::Reader;

use super::session::Session;

/// The way to a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Through a unit that shares the work.
    Unit(UnitId),
    /// Granted to the person, or their own chart.
    Personal,
    /// Through the emergency unit, with the glass broken.
    Glass {
        /// Until when, in milliseconds since 1970.
        until: u64,
    },
    /// Only by breaking the glass.
    Emergency,
    /// Not at all.
    None,
}

impl Reach {
    /// Whether plain text may be shown.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Unit(_) | Self::Personal | Self::Glass { .. })
    }
}

/// By which way this session reaches a section's newest key.
pub fn reach(session: &Session, reader: &Reader<'_>, chart: ChartId, section: Section) -> Reach {
    let directory = reader.directory();
    let Some(state) = directory.chart(&chart) else {
        return Reach::None;
    };
    let me = reader.me();
    let mut way = Reach::None;
    for held in directory.lines_for(&me, state, section, reader.now()) {
        match held.line.holder {
            Holder::Person(_) if held.is_taken_up() => return Reach::Personal,
            // Shared, and not accepted yet.
            Holder::Person(_) => {}
            Holder::Unit(unit) => {
                if directory
                    .units
                    .get(&unit)
                    .is_some_and(|state| state.unit.kind == UnitKind::Emergency)
                {
                    way = Reach::Emergency;
                } else {
                    return Reach::Unit(unit);
                }
            }
        }
    }
    match (way, session.glass_until(chart)) {
        (Reach::Emergency, Some(until)) if until >= reader.now() => Reach::Glass { until },
        (way, _) => way,
    }
}

impl Session {
    /// Until when the glass over a chart is broken for this session.
    pub fn glass_until(&self, chart: ChartId) -> Option<u64> {
        self.glass
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&chart)
            .copied()
    }

    /// Remembers that the glass was broken. The entry must have landed before.
    pub(super) fn glass_broken(&self, chart: ChartId, until: u64) {
        self.glass
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(chart, until);
    }
}
