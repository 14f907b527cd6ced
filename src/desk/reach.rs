//! By which way a session reaches a section of a chart. The emergency unit's keys open it technically; **the desk shows
//! nothing through them unless the glass was broken.**

use std::sync::PoisonError;

use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, Holder, Section, ThreadId, UnitId};
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
    match (way, session.glass(chart)) {
        (Reach::Emergency, Some(glass))
            if glass.until >= reader.now() && !has_ended(reader, glass.thread) =>
        {
            Reach::Glass { until: glass.until }
        }
        (way, _) => way,
    }
}

/// A glass that was broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glass {
    /// The thread of its entry.
    pub thread: ThreadId,
    /// Until when it opens, in milliseconds since 1970.
    pub until: u64,
}

/// Whether somebody ended a broken glass before its time: whoever broke it, or another who told them. **A review is told to nobody and
/// ends nothing.** Headers say it, for who broke the glass reads nothing of the chart's `access` section; one that cannot be read
/// counts as the end.
pub fn has_ended(reader: &Reader<'_>, glass: ThreadId) -> bool {
    let Ok(headers) = reader.tx().thread_headers(&glass) else {
        return true;
    };
    let Some(((_, first), rest)) = headers.split_first() else {
        return true;
    };
    let breaker = Holder::Person(first.author);
    rest.iter()
        .any(|(_, core)| core.author == first.author || core.to.contains(&breaker))
}

impl Session {
    /// The glass over a chart that this session's person broke last.
    pub fn glass(&self, chart: ChartId) -> Option<Glass> {
        self.glass
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&chart)
            .copied()
    }

    /// Every glass that is remembered, with its chart.
    pub(super) fn glasses(&self) -> Vec<(ChartId, Glass)> {
        let glass = self.glass.lock().unwrap_or_else(PoisonError::into_inner);
        glass
            .iter()
            .map(|(chart, glass)| (*chart, *glass))
            .collect()
    }

    /// Remembers that the glass was broken. The entry must have landed before.
    pub(super) fn glass_broken(&self, chart: ChartId, glass: Glass) {
        self.glass
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(chart, glass);
    }
}
