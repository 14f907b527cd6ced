//! Dates on the command line: RFC 3339, `2026-12-01`, or `t+3w` counted from today.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use crate::desk::view::Stamp;

/// Reads the moment until which something holds: a date means the end of that day in UTC.
pub fn until(text: &str) -> Result<Stamp, String> {
    read(text, Timestamp::now(), Edge::End)
}

/// Reads the moment from which something counts: a date means the beginning of that day in UTC.
pub fn since(text: &str) -> Result<Stamp, String> {
    read(text, Timestamp::now(), Edge::Start)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

fn read(text: &str, now: Timestamp, edge: Edge) -> Result<Stamp, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(Stamp(instant));
    }
    let today = Stamp(now).day();
    day(text, today)
        .and_then(|day| at(day, edge))
        .map(|moment| Stamp(moment.timestamp()))
        .ok_or_else(|| format!("`{text}` is not a date: write 2026-12-01, 2026-12-01T18:00:00Z, or t+3w for three weeks from today"))
}

fn at(day: Date, edge: Edge) -> Option<Zoned> {
    let first = match edge {
        Edge::Start => day,
        Edge::End => day.tomorrow().ok()?,
    };
    first.to_zoned(TimeZone::UTC).ok()
}

/// `2026-12-01`, or `t` and an offset in days, weeks, months or years.
fn day(text: &str, today: Date) -> Option<Date> {
    let Some(offset) = text.strip_prefix(['t', 'T']) else {
        return text.parse().ok();
    };
    if offset.is_empty() {
        return Some(today);
    }
    let unit = offset.chars().last().filter(char::is_ascii_alphabetic)?;
    let number: i32 = offset[..offset.len() - 1]
        .parse()
        .ok()
        .filter(|_| offset.starts_with(['+', '-']))?;
    let span = Span::new();
    let span = match unit {
        'd' => span.try_days(number),
        'w' => span.try_weeks(number),
        'm' => span.try_months(number),
        'y' => span.try_years(number),
        _ => return None,
    };
    today.checked_add(span.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_on_22_november(text: &str, edge: Edge) -> Result<String, String> {
        read(text, "2026-11-22T08:31:00Z".parse().unwrap(), edge).map(|stamp| stamp.to_string())
    }

    #[test]
    fn a_date_begins_or_ends_with_its_day() {
        assert_eq!(
            read_on_22_november("2026-12-01", Edge::Start).unwrap(),
            "2026-12-01T00:00:00Z"
        );
        assert_eq!(
            read_on_22_november("2026-12-01", Edge::End).unwrap(),
            "2026-12-02T00:00:00Z"
        );
    }

    #[test]
    fn an_instant_is_taken_as_it_stands() {
        assert_eq!(
            read_on_22_november("2026-12-01T18:00:00+01:00", Edge::End).unwrap(),
            "2026-12-01T17:00:00Z"
        );
    }

    #[test]
    fn t_counts_from_today() {
        let start = |text| read_on_22_november(text, Edge::Start).unwrap();
        assert_eq!(start("t"), "2026-11-22T00:00:00Z");
        assert_eq!(start("t-1m"), "2026-10-22T00:00:00Z");
        assert_eq!(start("t+3w"), "2026-12-13T00:00:00Z");
        assert_eq!(start("t+100d"), "2027-03-02T00:00:00Z");
    }

    #[test]
    fn what_is_no_date_is_refused_with_an_example() {
        for text in [
            "soon",
            "t+",
            "t3w",
            "t+w",
            "t+3x",
            "2026-13-01",
            "t+99999999y",
            "t+3é",
            "",
        ] {
            let error = read_on_22_november(text, Edge::End).unwrap_err();
            assert!(error.contains("t+3w"), "{text}: {error}");
        }
    }
}
