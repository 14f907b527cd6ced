//! When what an entry speaks of happened, which for imports and late notes is long before it was written.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::super::when;
use crate::desk::view::{EntryView, Stamp};

/// Where FHIR R4 resources say so, the most telling first.
const FIELDS: [&str; 12] = [
    "effectiveDateTime",
    "occurrenceDateTime",
    "performedDateTime",
    "whenHandedOver",
    "authoredOn",
    "onsetDateTime",
    "recordedDate",
    "date",
    "issued",
    "/period/start",
    "/performedPeriod/start",
    "/effectivePeriod/start",
];

/// The time of what the entry speaks of, else of the entry.
pub fn at(entry: &EntryView) -> Stamp {
    told(entry).and_then(read).unwrap_or(entry.created)
}

/// The same as it is shown: **a date of which nobody wrote the day or the clock time is given none.**
pub fn shown(entry: &EntryView, now: Stamp) -> String {
    match told(entry) {
        Some(text) if text.len() <= "2019-06-25".len() => text.to_owned(),
        _ => when::short(at(entry), now),
    }
}

/// The first of the fields that holds a date.
fn told(entry: &EntryView) -> Option<&str> {
    FIELDS.iter().find_map(|field| {
        let value = if field.starts_with('/') {
            entry.body.pointer(field)
        } else {
            entry.body.get(field)
        };
        let text = value.and_then(Value::as_str);
        text.filter(|text| read(text).is_some())
    })
}

/// A FHIR dateTime: an instant, or a date of which the day counts.
fn read(text: &str) -> Option<Stamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(Stamp(instant));
    }
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let date: Date = whole.parse().ok()?;
    Some(Stamp(date.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_dates_months_and_years_are_read_and_other_text_is_not() {
        for (text, stamp) in [
            ("2026-08-30T13:25:00+02:00", Some("2026-08-30T11:25:00Z")),
            ("2019-06-25", Some("2019-06-25T00:00:00Z")),
            ("2019-06", Some("2019-06-01T00:00:00Z")),
            ("2018", Some("2018-01-01T00:00:00Z")),
            ("last spring", None),
            ("", None),
        ] {
            assert_eq!(
                read(text).map(|stamp| stamp.to_string()).as_deref(),
                stamp,
                "{text}"
            );
        }
    }
}
