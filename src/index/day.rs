//! Days, so that a span of time is a few words.
//!
//! A day's number counts from 1800-01-01; days before it and after 2299-12-31 count as these. Nodes have radix 4 and seven
//! levels: any span of a year takes at most 26 look-ups. `value = level(1) || be32(node)`.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use crate::clinical::Body;

use super::dyadic::{Node, Tree};
use super::facts::Meta;
use super::term::{Field, Term};

const TREE: Tree = Tree { bits: 2, levels: 7 };
const FIRST: Date = date(1800, 1, 1);
const LAST: Date = date(2299, 12, 31);

/// The number of a day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Day(u32);

impl Day {
    /// The earliest day that is told apart.
    pub const MIN: Self = Self(0);

    /// The last day that is told apart.
    pub fn max() -> Self {
        Self::of(LAST)
    }

    /// The number of a date.
    pub fn of(date: Date) -> Self {
        let days = FIRST.duration_until(date.clamp(FIRST, LAST)).as_hours() / 24;
        Self(u32::try_from(days).expect("the date is not before the first"))
    }

    /// The number of the UTC day of a moment in Unix milliseconds.
    pub fn of_unix_millis(millis: i64) -> Self {
        let stamp = Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        });
        Self::of(TimeZone::UTC.to_datetime(stamp).date())
    }

    /// The day of an entry: the one that the body names, on the writer's own calendar, else the UTC day on which it was written.
    pub fn of_body(body: &Body, meta: Meta<'_>) -> Self {
        body.at().map_or_else(
            || Self::of_unix_millis(meta.created),
            |at| Self::of(at.local_date()),
        )
    }

    /// How many days it is from the first.
    pub(super) fn number(self) -> u32 {
        self.0
    }

    /// The words that an entry of this day is indexed under.
    pub(super) fn terms(self) -> impl Iterator<Item = Term> {
        TREE.path(self.0).map(term)
    }
}

/// The words of which an entry of the span has exactly one.
pub(super) fn span_terms(from: Day, to: Day) -> Vec<Term> {
    TREE.cover(from.0, to.0).into_iter().map(term).collect()
}

/// The nodes of the highest level: together they hold every day there is.
pub(super) fn roots() -> impl Iterator<Item = Node> {
    let top = TREE.levels - 1;
    (0..=Day::max().0 >> (TREE.bits * u32::from(top))).map(move |node| (top, node))
}

/// The nodes of which a node consists; none, if it is a day.
pub(super) fn children((level, node): Node) -> impl Iterator<Item = Node> {
    let many = if level == 0 { 0 } else { 1 << TREE.bits };
    (0..many).map(move |child| (level - 1, (node << TREE.bits) + child))
}

/// The word of a node.
pub(super) fn term((level, node): Node) -> Term {
    let mut value = [level; 5];
    value[1..].copy_from_slice(&node.to_be_bytes());
    Term::new(Field::Day, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1800_and_stop_at_2299() {
        assert_eq!(Day::of(date(1800, 1, 2)), Day(1));
        assert_eq!(Day::of(date(2026, 11, 22)), Day(82_870));
        assert_eq!(Day::of(date(1500, 1, 1)), Day::MIN);
        assert_eq!(Day::of(date(9999, 1, 1)), Day::max());
    }

    #[test]
    fn a_moment_lies_on_its_utc_day() {
        assert_eq!(Day::of_unix_millis(0), Day::of(date(1970, 1, 1)));
        assert_eq!(Day::of_unix_millis(-1), Day::of(date(1969, 12, 31)));
        assert_eq!(Day::of_unix_millis(i64::MAX), Day::max());
    }
}
