//! Points in time, as the contract prints them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

/// A point in time. Prints as RFC 3339 in UTC, `2026-11-22T08:31:05Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub Timestamp);

impl Stamp {
    /// What the host's clock says.
    pub fn now() -> Self {
        Self(Timestamp::now())
    }

    /// The day it lies in, in UTC wherever the host is: **the one meaning of `today`** on the screen, on the command line and in queries,
    /// and the day of an entry that names none.
    pub fn day(self) -> Date {
        self.0.to_zoned(TimeZone::UTC).date()
    }

    /// From milliseconds since 1970, which is how the ledger counts. What lies beyond the calendar becomes its nearest end.
    pub fn from_millis(millis: i64) -> Self {
        let nearest = if millis < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        Self(Timestamp::from_millisecond(millis).unwrap_or(nearest))
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> i64 {
        self.0.as_millisecond()
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Stamp;

    #[test]
    fn a_stamp_prints_rfc_3339_in_utc() {
        let stamp = Stamp::from_millis(1_795_336_265_000);
        assert_eq!(stamp.to_string(), "2026-11-22T08:31:05Z");
        assert_eq!(
            serde_json::to_string(&stamp).unwrap(),
            "\"2026-11-22T08:31:05Z\""
        );
        assert_eq!(stamp.millis(), 1_795_336_265_000);
    }

    #[test]
    fn a_time_beyond_the_calendar_does_not_panic() {
        assert!(Stamp::from_millis(i64::MAX) > Stamp::from_millis(i64::MIN));
    }
}
