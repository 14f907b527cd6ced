//! The host's clock, in milliseconds since 1970 UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now. A clock before 1970 counts as 1970: the ledger refuses times that go back.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64)
}

/// One hour.
pub const HOUR: u64 = 60 * 60 * 1000;

/// One day.
pub const DAY: u64 = 24 * HOUR;
