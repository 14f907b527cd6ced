//! Moments in time, as written.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::PartialDate;

/// A moment as RFC 3339 writes it. The text is kept, with its offset and precision; moments order by time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Instant {
    text: String,
    unix_millis: i64,
}

/// Why a text is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a moment; write 2026-11-22T08:31:00Z or 2026-11-22T09:31:00+01:00")]
pub struct BadInstant(pub String);

impl Instant {
    /// The moment `millis` milliseconds after 1970-01-01T00:00:00Z, written in UTC; `None` outside the years 0001 to 9999.
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        let stamp = Timestamp::from_millisecond(millis).ok()?;
        stamp.to_string().parse().ok()
    }

    /// Midnight UTC at the start of the first day that `date` can mean, for sources that name no time.
    pub fn start_of(date: PartialDate) -> Self {
        format!("{}T00:00:00Z", date.first_day())
            .parse()
            .expect("a checked date with a fixed time is RFC 3339")
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Milliseconds since 1970-01-01T00:00:00Z, finer parts cut off.
    pub const fn unix_millis(&self) -> i64 {
        self.unix_millis
    }

    /// The day on the writer's own calendar, that is, at the offset as written.
    pub fn local_date(&self) -> Date {
        self.text[..10]
            .parse()
            .expect("an instant begins with a checked date")
    }

    /// The time on the writer's own clock, as `HH:MM`.
    pub fn local_time(&self) -> &str {
        &self.text[11..16]
    }

    /// This moment moved by `millis`; where that leaves the calendar, this moment.
    #[must_use]
    pub fn plus_millis(&self, millis: i64) -> Self {
        self.unix_millis
            .checked_add(millis)
            .and_then(Self::from_unix_millis)
            .unwrap_or_else(|| self.clone())
    }
}

impl PartialOrd for Instant {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Instant {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.unix_millis, &self.text).cmp(&(other.unix_millis, &other.text))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Instant {
    type Err = BadInstant;

    fn from_str(text: &str) -> Result<Self, BadInstant> {
        parse(text).ok_or_else(|| BadInstant(text.chars().take(40).collect()))
    }
}

/// Reads `YYYY-MM-DDTHH:MM:SS[.f…](Z|±HH:MM)`, RFC 3339 section 5.6 with capitals, and nothing else.
fn parse(text: &str) -> Option<Instant> {
    let bytes = text.as_bytes();
    let fits = |shape: &str, part: &[u8]| {
        part.len() == shape.len()
            && shape.bytes().zip(part).all(|(s, b)| {
                if s == b'0' {
                    b.is_ascii_digit()
                } else {
                    s == *b
                }
            })
    };
    if !fits("0000-00-00T00:00:00", bytes.get(..19)?) {
        return None;
    }
    let mut rest = &bytes[19..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        rest = &fraction[digits..];
    }
    let offset_known = rest == b"Z" || fits("+00:00", rest) || fits("-00:00", rest);
    let date: PartialDate = text[..10].parse().ok()?;
    if !offset_known || date.year() < 1 {
        return None;
    }
    let stamp: Timestamp = text.parse().ok()?;
    Some(Instant {
        text: text.to_owned(),
        unix_millis: stamp.as_millisecond(),
    })
}

impl<C> Encode<C> for Instant {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.text)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Instant {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        d.str()?
            .parse()
            .map_err(|_| minicbor::decode::Error::message("not an RFC 3339 instant").at(at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_instant_keeps_its_offset_and_precision() {
        let written: Instant = "2013-04-02T09:30:10.500+01:00".parse().unwrap();
        assert_eq!(written.to_string(), "2013-04-02T09:30:10.500+01:00");
        assert_eq!(written.unix_millis(), 1_364_891_410_500);
        assert_eq!(written.local_time(), "09:30");
        assert_eq!(written.local_date().to_string(), "2013-04-02");
        assert_eq!(
            Instant::from_unix_millis(0).unwrap().to_string(),
            "1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn what_is_no_rfc_3339_instant_is_refused() {
        for text in [
            "",
            "2013",
            "2013-04-02",
            "2013-04-02T09:30Z",
            "2013-04-02 09:30:10Z",
            "2013-04-02T09:30:10",
            "2013-02-30T09:30:10Z",
            "2013-04-02T25:30:10Z",
            "2013-04-02T09:30:10.Z",
            "2013-04-02T09:30:10+1:00",
            "2013-04-02T09:30:10z",
            "0000-01-01T00:00:00Z",
            "2013-04-0éT09:30:10Z",
        ] {
            assert!(text.parse::<Instant>().is_err(), "{text:?} was read");
        }
    }

    #[test]
    fn a_date_without_a_time_begins_at_midnight_utc() {
        assert_eq!(
            Instant::start_of("2013-04".parse().unwrap()).to_string(),
            "2013-04-01T00:00:00Z"
        );
    }

    proptest! {
        #[test]
        fn any_millisecond_reads_back(millis in -62_135_596_800_000_i64..253_402_207_200_000) {
            let instant = Instant::from_unix_millis(millis).unwrap();
            prop_assert_eq!(instant.unix_millis(), millis);
            prop_assert_eq!(instant.to_string().parse(), Ok(instant));
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<Instant>();
        }
    }
}
