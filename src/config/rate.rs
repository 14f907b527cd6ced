//! Rates of a link as people write them: `64 kbit/s`, `2 Mbit/s`.

use std::num::NonZeroU64;

/// What is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rate: write a whole number and kbit/s or Mbit/s, such as 128 kbit/s")]
pub struct BadRate(String);

/// The lowest that is taken, in bytes a second: 16 kbit/s.
pub const LOWEST: u64 = 2_000;
/// The highest, in bytes a second: 10 000 Mbit/s.
pub const HIGHEST: u64 = 1_250_000_000;

/// Reads a whole number followed by `kbit/s` or `Mbit/s`, as bytes a second; nothing at all is no limit.
pub fn parse_rate(text: &str) -> Result<Option<NonZeroU64>, BadRate> {
    let bad = || BadRate(text.chars().take(40).collect());
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (number, bytes_each) = match (text.strip_suffix("kbit/s"), text.strip_suffix("Mbit/s")) {
        (Some(number), _) => (number, 125),
        (_, Some(number)) => (number, 125_000),
        _ => return Err(bad()),
    };
    let number: u64 = number.trim_end().parse().map_err(|_| bad())?;
    let rate = number.checked_mul(bytes_each).ok_or_else(bad)?;
    if (LOWEST..=HIGHEST).contains(&rate) {
        Ok(NonZeroU64::new(rate))
    } else {
        Err(bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kilobits_and_megabits_are_read_as_bytes() {
        let rate = |text| parse_rate(text).map(|rate| rate.map_or(0, NonZeroU64::get));
        assert_eq!(rate("128 kbit/s"), Ok(16_000));
        assert_eq!(rate("128kbit/s"), Ok(16_000));
        assert_eq!(rate(" 2 Mbit/s "), Ok(250_000));
        assert_eq!(rate("16 kbit/s"), Ok(LOWEST));
        assert_eq!(rate("10000 Mbit/s"), Ok(HIGHEST));
        assert_eq!(rate(""), Ok(0));
    }

    #[test]
    fn what_is_no_rate_or_no_link_is_refused() {
        for text in [
            "256",
            "kbit/s",
            "-1 kbit/s",
            "1.5 Mbit/s",
            "0 kbit/s",
            "15 kbit/s",
            "10001 Mbit/s",
            "256 kb/s",
            "256 kB/s",
            "256 KBIT/S",
            "99999999999999999999 Mbit/s",
        ] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }
}
