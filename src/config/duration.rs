//! Durations as people write them: `90s`, `15m`, `6h`, `7d`.

use std::time::Duration;

/// What is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration: write a whole number and s, m, h or d, such as 15m")]
pub struct BadDuration(String);

/// Reads a whole number followed by `s`, `m`, `h` or `d`.
pub fn parse_duration(text: &str) -> Result<Duration, BadDuration> {
    let bad = || BadDuration(text.chars().take(40).collect());
    let text = text.trim();
    let unit = text.chars().last().ok_or_else(bad)?;
    let seconds_each: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(bad()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| bad())?;
    number
        .checked_mul(seconds_each)
        .map(Duration::from_secs)
        .ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_minutes_hours_and_days_are_read() {
        let seconds = |text| parse_duration(text).map(|d| d.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("15m"), Ok(900));
        assert_eq!(seconds("6h"), Ok(21_600));
        assert_eq!(seconds("7d"), Ok(604_800));
    }

    #[test]
    fn a_number_without_a_unit_is_refused() {
        for text in [
            "",
            "10",
            "m",
            "-1s",
            "1.5h",
            "1w",
            "99999999999999999999d",
            "213503982334602d",
            "5 µ",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
