//! How often and for how long: Timing and Dosage, <https://hl7.org/fhir/R4/dosage.html>.

use super::convert::{self, first_code};
use super::types;
use super::word::{Words, value, word};
use crate::clinical::{Frequency, Span, SpanUnit};

const UNITS: &Words<SpanUnit> = &[
    (SpanUnit::Minute, "min"),
    (SpanUnit::Hour, "h"),
    (SpanUnit::Day, "d"),
    (SpanUnit::Week, "wk"),
    (SpanUnit::Month, "mo"),
];

/// Abbreviations of <https://terminology.hl7.org/CodeSystem-v3-GTSAbbreviation.html> that name a plain frequency.
const ABBREVIATIONS: [(&str, u16, u16, SpanUnit); 15] = [
    ("QD", 1, 1, SpanUnit::Day),
    ("BID", 2, 1, SpanUnit::Day),
    ("TID", 3, 1, SpanUnit::Day),
    ("QID", 4, 1, SpanUnit::Day),
    ("QOD", 1, 2, SpanUnit::Day),
    ("AM", 1, 1, SpanUnit::Day),
    ("PM", 1, 1, SpanUnit::Day),
    ("BED", 1, 1, SpanUnit::Day),
    ("Q1H", 1, 1, SpanUnit::Hour),
    ("Q2H", 1, 2, SpanUnit::Hour),
    ("Q3H", 1, 3, SpanUnit::Hour),
    ("Q4H", 1, 4, SpanUnit::Hour),
    ("Q6H", 1, 6, SpanUnit::Hour),
    ("Q8H", 1, 8, SpanUnit::Hour),
    ("WK", 1, 1, SpanUnit::Week),
];

/// A frequency; `None` where the timing is no plain one, such as a range of hours.
pub(super) fn frequency(from: &types::Timing) -> Option<Frequency> {
    let repeat = from.repeat.as_ref();
    if let Some(repeat) = repeat.filter(|repeat| repeat.period.is_some()) {
        if repeat.period_max.is_some() || repeat.frequency_max.is_some() {
            return None;
        }
        return Some(Frequency {
            times: if repeat.frequency.is_some() {
                convert::whole(repeat.frequency.as_ref())?
            } else {
                1
            },
            every: Span::new(
                convert::whole(repeat.period.as_ref())?,
                value(UNITS, repeat.period_unit.as_deref())?,
            ),
        });
    }
    let code = first_code(from.code.as_ref())?;
    let (_, times, count, unit) = ABBREVIATIONS
        .into_iter()
        .find(|(known, ..)| *known == code)?;
    Some(Frequency {
        times,
        every: Span::new(count, unit),
    })
}

/// A whole number of a unit of time.
pub(super) fn span(from: &types::Quantity) -> Option<Span> {
    let unit = from.code.as_deref().or(from.unit.as_deref());
    let unit = match unit? {
        "minute" | "minutes" => SpanUnit::Minute,
        "hour" | "hours" => SpanUnit::Hour,
        "day" | "days" => SpanUnit::Day,
        "week" | "weeks" => SpanUnit::Week,
        "month" | "months" => SpanUnit::Month,
        code => value(UNITS, Some(code))?,
    };
    Some(Span::new(convert::whole(from.value.as_ref())?, unit))
}

pub(super) fn to_timing(
    frequency: Option<Frequency>,
    duration: Option<Span>,
) -> Option<types::Timing> {
    if frequency.is_none() && duration.is_none() {
        return None;
    }
    let repeat = types::Repeat {
        bounds_duration: duration.map(to_span),
        frequency: frequency.map(|f| types::Number::of(i64::from(f.times))),
        period: frequency.map(|f| types::Number::of(i64::from(f.every.count))),
        period_unit: frequency.and_then(|f| word(UNITS, f.every.unit)),
        ..types::Repeat::default()
    };
    Some(types::Timing {
        repeat: Some(repeat),
        code: None,
    })
}

fn to_span(from: Span) -> types::Quantity {
    let code = word(UNITS, from.unit);
    types::Quantity {
        value: Some(types::Number::of(i64::from(from.count))),
        comparator: None,
        unit: code.clone(),
        system: Some(crate::clinical::coding::system::UCUM.to_owned()),
        code,
    }
}
