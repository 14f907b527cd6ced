//! Times as a ward reads them: today by the clock, this year by the day, else by the date; and times as it types them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use crate::desk::view::Stamp;

/// Clock time, `08:12`. Stored times are UTC; the terminal shows them in UTC too, so that two sites read the same.
pub fn clock(at: Stamp) -> String {
    at.0.to_zoned(TimeZone::UTC).strftime("%H:%M").to_string()
}

/// A date with its clock time, `11-22 08:12`, and with the year where it is another.
pub fn short(at: Stamp, now: Stamp) -> String {
    let at = at.0.to_zoned(TimeZone::UTC);
    let now = now.0.to_zoned(TimeZone::UTC);
    if at.date() == now.date() {
        at.strftime("%H:%M").to_string()
    } else if at.year() == now.year() {
        at.strftime("%m-%d %H:%M").to_string()
    } else {
        at.strftime("%Y-%m-%d").to_string()
    }
}

/// A full date with its clock time, `2026-11-22 08:12`.
pub fn full(at: Stamp) -> String {
    at.0.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// How long ago, coarsely: `14 min`, `2 h`, `3 d`.
pub fn ago(at: Stamp, now: Stamp) -> String {
    let minutes = now.0.duration_since(at.0).as_secs().max(0) / 60;
    match minutes {
        0..60 => format!("{minutes} min"),
        60..2880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// A span of work: `4.3 s`, `2 min 10 s`.
pub fn span(span: SignedDuration) -> String {
    seconds(span.as_secs_f64())
}

/// Seconds of work.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s if s < 100.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// What is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no date: write 2026-12-31, or t+3w, t+1m, t+2d from today")]
pub struct NoDate(pub String);

/// A date as it is typed: `2026-12-31`, `t`, `t+3w`, `t-1m`. It means the end of that day, UTC.
pub fn typed(text: &str, now: Stamp) -> Result<Stamp, NoDate> {
    let wrong = || NoDate(text.to_owned());
    let end = day(text, now)
        .ok_or_else(wrong)?
        .at(23, 59, 59, 0)
        .to_zoned(TimeZone::UTC)
        .map_err(|_| wrong())?;
    Ok(Stamp(end.timestamp()))
}

/// A day as it is typed: `2026-12-31`, `t`, `t+3w`, `t-1m`.
fn day(text: &str, now: Stamp) -> Option<Date> {
    let text = text.trim();
    let today = now.day();
    let Some(rest) = text.strip_prefix(['t', 'T']) else {
        return text.parse().ok();
    };
    if rest.is_empty() {
        return Some(today);
    }
    let (sign, rest) = match rest.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, rest.strip_prefix('-')?),
    };
    let unit = rest.chars().last()?;
    let count: i32 = rest[..rest.len() - unit.len_utf8()].parse().ok()?;
    let n = sign * Some(count).filter(|count| (0..=1000).contains(count))?;
    let span = match unit {
        'd' => n.days(),
        'w' => n.weeks(),
        'm' => n.months(),
        'y' => n.years(),
        _ => return None,
    };
    today.checked_add(span).ok()
}

/// What is no time at which something was measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPast {
    /// It is not written as a time is.
    #[error("`{0}` is no time: write 03:00, t-1d 23:50 or 2026-12-31 03:00")]
    Unread(String),
    /// It is to come.
    #[error("{0} UTC is to come; write the day before the time where it was another")]
    ToCome(String),
}

/// How far back a time of the clock alone reaches over midnight: the shift that is on.
const SHIFT: SignedDuration = SignedDuration::from_hours(12);

/// A moment that has been, as it is typed: `03:00` today, or yesterday where that was less than twelve hours ago; `t-1d 23:50`;
/// `2026-12-31 03:00`; `now`. UTC, as all times on the screen are.
pub fn past(text: &str, now: Stamp) -> Result<Stamp, NoPast> {
    let unread = || NoPast::Unread(text.to_owned());
    let typed = text.trim();
    if typed.eq_ignore_ascii_case("now") {
        return Ok(now);
    }
    let (date, time) = match typed.rsplit_once([' ', 'T']) {
        Some((date, time)) => (Some(day(date, now).ok_or_else(unread)?), time),
        None => (None, typed),
    };
    let (hour, minute) = time.split_once(':').ok_or_else(unread)?;
    let two = |part: &str, most: i8| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let number = part.parse().ok().filter(|_| digits);
        number.filter(|number| *number <= most).ok_or_else(unread)
    };
    let (hour, minute) = (two(hour, 23)?, two(minute, 59)?);
    let at = |date: Date| {
        let zoned = date.at(hour, minute, 0, 0).to_zoned(TimeZone::UTC);
        zoned.map(|at| Stamp(at.timestamp())).map_err(|_| unread())
    };
    let said = at(date.unwrap_or(now.day()))?;
    if said <= now {
        return Ok(said);
    }
    if date.is_none()
        && let Ok(yesterday) = now.day().yesterday()
        && let Ok(said) = at(yesterday)
        && now.0.duration_since(said.0) < SHIFT
    {
        return Ok(said);
    }
    Err(NoPast::ToCome(full(said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Stamp {
        Stamp(text.parse().unwrap())
    }

    #[test]
    fn a_time_is_as_short_as_it_can_be_read() {
        let now = at("2026-11-22T14:00:00Z");
        assert_eq!(short(at("2026-11-22T08:12:09Z"), now), "08:12");
        assert_eq!(short(at("2026-11-21T22:10:00Z"), now), "11-21 22:10");
        assert_eq!(short(at("2019-03-04T22:10:00Z"), now), "2019-03-04");
        assert_eq!(ago(at("2026-11-22T13:46:00Z"), now), "14 min");
        assert_eq!(ago(at("2026-11-22T11:59:00Z"), now), "2 h");
        assert_eq!(ago(at("2026-11-12T11:59:00Z"), now), "10 d");
        assert_eq!(ago(at("2026-11-22T15:00:00Z"), now), "0 min");
    }

    #[test]
    fn dates_are_typed_as_clinicians_do() {
        let now = at("2026-11-22T14:00:00Z");
        for (text, date) in [
            ("t", "2026-11-22"),
            ("t+3w", "2026-12-13"),
            ("T-1m", "2026-10-22"),
            ("t+2d", "2026-11-24"),
            ("2026-12-31", "2026-12-31"),
        ] {
            assert_eq!(
                typed(text, now).unwrap().to_string(),
                format!("{date}T23:59:59Z"),
                "{text}"
            );
        }
        for text in [
            "",
            "t+",
            "t*3d",
            "t+3x",
            "tomorrow",
            "2026-13-01",
            "t+99999d",
            "t+ä",
        ] {
            assert!(typed(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_of_the_clock_is_the_last_one_of_this_shift() {
        let day = at("2026-11-22T14:02:00Z");
        let night = at("2026-11-22T00:10:00Z");
        for (text, now, means) in [
            ("14:02", day, "2026-11-22T14:02:00Z"),
            ("3:00", day, "2026-11-22T03:00:00Z"),
            ("23:50", night, "2026-11-21T23:50:00Z"),
            ("t 03:00", day, "2026-11-22T03:00:00Z"),
            ("t-1d 23:50", day, "2026-11-21T23:50:00Z"),
            ("2026-11-20 06:30", day, "2026-11-20T06:30:00Z"),
            ("2026-11-20T06:30", day, "2026-11-20T06:30:00Z"),
        ] {
            assert_eq!(past(text, now).unwrap().to_string(), means, "{text}");
        }
        for text in ["15:00", "14:03", "t+1d 03:00", "2027-05-01 03:00"] {
            let refused = past(text, day).unwrap_err().to_string();
            assert!(refused.contains("is to come"), "{text}: {refused}");
        }
        for text in [
            "", "3", "24:00", "3:60", "+3:00", "003:00", "t-1d", "x 3:00",
        ] {
            assert!(matches!(past(text, day), Err(NoPast::Unread(_))), "{text}");
        }
    }
}
