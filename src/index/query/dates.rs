//! Dates in queries: `2026`, `2026-02`, `2026-02-11`, and counted from today: `today`, `yesterday`, `t`, `t-30d`, `t-1m`.

use jiff::Span;
use jiff::civil::Date;

use crate::clinical::PartialDate;

/// The first and the last day that a text means; `None` if it means none.
pub(super) fn span(text: &str, today: Date) -> Option<(Date, Date)> {
    let text = text.to_lowercase();
    if let Some(day) = relative(&text, today) {
        return Some((day, day));
    }
    let date: PartialDate = text.parse().ok()?;
    Some((date.first_day(), date.last_day()))
}

/// The first day of the last so many days, weeks, months or years: `30d` is today and the 29 days before it, `1m` from the
/// same day of last month.
pub(super) fn ago(text: &str, today: Date) -> Option<Date> {
    let (count, unit) = counted(&text.to_lowercase())?;
    let from = today.checked_sub(unit.span(count)).ok()?;
    match unit {
        Unit::Day | Unit::Week => from.tomorrow().ok(),
        Unit::Month | Unit::Year => Some(from),
    }
}

fn relative(text: &str, today: Date) -> Option<Date> {
    match text {
        "t" | "today" => return Some(today),
        "yesterday" => return today.yesterday().ok(),
        _ => {}
    }
    let offset = text.strip_prefix('t')?;
    if let Some(back) = offset.strip_prefix('-') {
        let (count, unit) = counted(back)?;
        return today.checked_sub(unit.span(count)).ok();
    }
    let (count, unit) = counted(offset.strip_prefix('+')?)?;
    today.checked_add(unit.span(count)).ok()
}

#[derive(Clone, Copy)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    fn span(self, count: u16) -> Span {
        match self {
            Self::Day => Span::new().days(count),
            Self::Week => Span::new().weeks(count),
            Self::Month => Span::new().months(count),
            Self::Year => Span::new().years(count),
        }
    }
}

fn counted(text: &str) -> Option<(u16, Unit)> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" | "d" => Unit::Day,
        "w" => Unit::Week,
        "m" => Unit::Month,
        "y" => Unit::Year,
        _ => return None,
    };
    let count = digits
        .parse()
        .ok()
        .filter(|&count| (1..=9_999).contains(&count))?;
    Some((count, unit))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 22);

    #[test]
    fn a_month_is_all_its_days() {
        assert_eq!(
            span("2024-02", TODAY),
            Some((date(2024, 2, 1), date(2024, 2, 29)))
        );
        assert_eq!(
            span("2026", TODAY),
            Some((date(2026, 1, 1), date(2026, 12, 31)))
        );
        assert_eq!(span("2026-02-30", TODAY), None);
    }

    #[test]
    fn days_are_counted_from_today() {
        assert_eq!(
            span("t-1m", TODAY),
            Some((date(2026, 10, 22), date(2026, 10, 22)))
        );
        assert_eq!(
            span("T+3w", TODAY),
            Some((date(2026, 12, 13), date(2026, 12, 13)))
        );
        assert_eq!(span("tomato", TODAY), None);
    }

    #[test]
    fn the_last_30_days_are_30_days() {
        assert_eq!(ago("30d", TODAY), Some(date(2026, 10, 24)));
        assert_eq!(ago("1d", TODAY), Some(TODAY));
        assert_eq!(ago("2m", TODAY), Some(date(2026, 9, 22)));
        assert_eq!(ago("0d", TODAY), None);
        assert_eq!(ago("30 days", TODAY), None);
        assert_eq!(ago("d", TODAY), None);
    }
}
