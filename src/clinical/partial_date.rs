//! Dates of which the day, or the month too, may be unknown.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use minicbor::{Decode, Decoder, Encode, Encoder};

/// A date as FHIR writes it: `1961`, `1961-04` or `1961-04-03`. Years 0001 to 9999.
///
/// Dates order by what is known: `1961` comes before `1961-01`, that before `1961-01-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: i16,
    month: Option<u8>,
    day: Option<u8>,
}

/// Why a text is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a date; write 1961, 1961-04 or 1961-04-03")]
pub struct BadDate(pub String);

impl PartialDate {
    /// A full date; `None` where the calendar has no such day.
    pub fn full(year: i16, month: u8, day: u8) -> Option<Self> {
        Self::of(year, Some(month), Some(day))
    }

    /// A month of a year.
    pub fn month_of(year: i16, month: u8) -> Option<Self> {
        Self::of(year, Some(month), None)
    }

    /// A year.
    pub fn year_only(year: i16) -> Option<Self> {
        Self::of(year, None, None)
    }

    fn of(year: i16, month: Option<u8>, day: Option<u8>) -> Option<Self> {
        let part = |p: Option<u8>| i8::try_from(p.unwrap_or(1)).ok();
        Date::new(year, part(month)?, part(day)?)
            .ok()
            .filter(|_| year > 0)?;
        Some(Self { year, month, day })
    }

    /// The year.
    pub const fn year(self) -> i16 {
        self.year
    }

    /// The month, 1 to 12, where it is known.
    pub const fn month(self) -> Option<u8> {
        self.month
    }

    /// The day, where it is known.
    pub const fn day(self) -> Option<u8> {
        self.day
    }

    /// The first day that this can mean.
    pub fn first_day(self) -> Date {
        self.civil(1, |d| d)
    }

    /// The last day that this can mean.
    pub fn last_day(self) -> Date {
        self.civil(12, Date::last_of_month)
    }

    fn civil(self, month: i8, day: fn(Date) -> Date) -> Date {
        let month = self.month.map_or(month, |m| m as i8);
        let known = self.day.map_or(1, |d| d as i8);
        let date =
            Date::new(self.year, month, known).expect("a partial date is checked when it is made");
        if self.day.is_some() { date } else { day(date) }
    }

    /// Completed years from this date to `on`, at least; `None` where `on` comes before it.
    ///
    /// With an unknown day or month the latest possible birthday counts, so a person is never taken for older than they may be.
    pub fn years_until(self, on: Date) -> Option<u16> {
        let from = self.last_day();
        if on < self.first_day() {
            return None;
        }
        let years = on.year()
            - from.year()
            - i16::from((on.month(), on.day()) < (from.month(), from.day()));
        Some(u16::try_from(years).unwrap_or(0))
    }

    /// Completed months from this date to `on`, at least; `None` where `on` comes before it.
    pub fn months_until(self, on: Date) -> Option<u32> {
        let from = self.last_day();
        if on < self.first_day() {
            return None;
        }
        let months = |d: Date| i32::from(d.year()) * 12 + i32::from(d.month());
        Some(
            u32::try_from(months(on) - months(from) - i32::from(on.day() < from.day()))
                .unwrap_or(0),
        )
    }
}

impl From<Date> for PartialDate {
    fn from(date: Date) -> Self {
        Self {
            year: date.year(),
            month: Some(date.month() as u8),
            day: Some(date.day() as u8),
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (self.month, self.day) {
            (Some(month), Some(day)) => format!("{:04}-{month:02}-{day:02}", self.year),
            (Some(month), None) => format!("{:04}-{month:02}", self.year),
            _ => format!("{:04}", self.year),
        };
        f.pad(&text)
    }
}

impl FromStr for PartialDate {
    type Err = BadDate;

    fn from_str(text: &str) -> Result<Self, BadDate> {
        parse(text).ok_or_else(|| BadDate(text.chars().take(40).collect()))
    }
}

fn parse(text: &str) -> Option<PartialDate> {
    let shape: Vec<usize> = text.split('-').map(str::len).collect();
    if ![&[4][..], &[4, 2], &[4, 2, 2]].contains(&shape.as_slice()) {
        return None;
    }
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return None;
    }
    let mut parts = text.split('-');
    let year = parts.next()?.parse().ok()?;
    let mut part = || {
        parts
            .next()
            .map(|p| p.parse().ok())
            .map_or(Some(None), |p| p.map(Some))
    };
    PartialDate::of(year, part()?, part()?)
}

impl<C> Encode<C> for PartialDate {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.to_string())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for PartialDate {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        d.str()?
            .parse()
            .map_err(|_| minicbor::decode::Error::message("not a date").at(at))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn day(text: &str) -> PartialDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_unknown_stays_unknown() {
        for text in ["1961", "1961-04", "1961-04-03", "0001-01-01", "2024-02-29"] {
            assert_eq!(day(text).to_string(), text);
        }
    }

    #[test]
    fn days_that_the_calendar_lacks_are_refused() {
        for text in [
            "",
            "61",
            "1961-",
            "1961-4-3",
            "1961-13",
            "1961-00",
            "2023-02-29",
            "1961-04-31",
            "0000",
            "19é1",
            "-961",
            "1961-04-03T",
        ] {
            assert!(text.parse::<PartialDate>().is_err(), "{text:?} was read");
        }
    }

    #[test]
    fn age_counts_completed_years_and_never_too_many() {
        assert_eq!(day("1961-04-03").years_until(date(2026, 4, 2)), Some(64));
        assert_eq!(day("1961-04-03").years_until(date(2026, 4, 3)), Some(65));
        assert_eq!(day("1961").years_until(date(2026, 4, 3)), Some(64));
        assert_eq!(day("2026").years_until(date(2026, 4, 3)), Some(0));
        assert_eq!(day("2027").years_until(date(2026, 4, 3)), None);
        assert_eq!(day("2004-02-29").years_until(date(2026, 2, 28)), Some(21));
        assert_eq!(day("2026-01-15").months_until(date(2026, 4, 14)), Some(2));
        assert_eq!(day("2026-01-15").months_until(date(2026, 4, 15)), Some(3));
    }

    #[test]
    fn the_days_that_a_partial_date_can_mean_are_bounded() {
        assert_eq!(day("2024-02").first_day(), date(2024, 2, 1));
        assert_eq!(day("2024-02").last_day(), date(2024, 2, 29));
        assert_eq!(day("2024").last_day(), date(2024, 12, 31));
    }
}
