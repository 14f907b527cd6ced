//! What words, phrases and fields of a query ask for.

use jiff::civil::Date;

use crate::clinical::{Decimal, Kind, Measure};
use crate::index::day::Day;
use crate::index::facts::{STEM, blood_group, identifier_form, phone_digits};
use crate::index::number::Number;
use crate::index::term::Field;
use crate::index::text;
use crate::index::vital::{self, Vital};

use super::leaf::Leaf;
use super::lexer::{Ask, Value};
use super::parser::error;
use super::{Expr, QueryError, dates, fields};

/// A bare word; `None` if it is passed over. What splits into several words asks for them together.
pub(super) fn bare(column: usize, word: &str) -> Result<Option<Expr>, QueryError> {
    if word.contains('*') {
        return Err(starred(column, "a whole word"));
    }
    match text::words(word).as_slice() {
        [] => Err(error(column, "a word with letters or digits")),
        [one] if text::is_stop_word(one) => Ok(None),
        _ => phrase(column, word),
    }
}

/// A star where it means nothing.
fn starred(column: usize, expected: &str) -> QueryError {
    error(
        column,
        format!("{expected}; only name: takes a beginning, as in name:gar*, and quotes any sign"),
    )
}

/// Words between quotes.
pub(super) fn phrase(column: usize, phrase: &str) -> Result<Option<Expr>, QueryError> {
    let words = text::words(phrase);
    if words.iter().all(|word| text::is_stop_word(word)) {
        return Err(error(
            column,
            "a word that does not stand in nearly every text",
        ));
    }
    Ok(Some(Expr::Leaf(Leaf::Words(Field::Any, words))))
}

/// What stands right after `history:`; nothing is needed there.
pub(super) fn formerly(ask: Ask, value: Value<'_>) -> Result<Option<Expr>, QueryError> {
    let Value { text, column, .. } = value;
    if ask != Ask::Is {
        return Err(error(column.saturating_sub(1), "a colon, as in history:…"));
    }
    if value.is_starred() {
        return Err(starred(column, "a whole word"));
    }
    match text::words(text).as_slice() {
        [] if text.trim().is_empty() => Ok(None),
        [] => Err(error(column, "a word with letters or digits")),
        _ => phrase(column, text),
    }
}

/// A field and its value.
pub(super) fn field(
    column: usize,
    name: &str,
    ask: Ask,
    value: Value<'_>,
    today: Date,
) -> Result<Expr, QueryError> {
    let name = name.to_lowercase();
    let (starred_value, value_column, value) = (value.is_starred(), value.column, value.text);
    let at = |expected: &str| error(value_column, expected);
    if let Some((name, vital)) = vital::NAMES.into_iter().find(|(known, _)| *known == name) {
        return vital_sign(name, vital, ask, value).ok_or_else(|| at(&measured(name)));
    }
    if name == "value" && ask == Ask::Is {
        return coded_number(value)
            .ok_or_else(|| at("a code, a comparison and a number, as in value:8480-6>140"));
    }
    let worded = [
        ("dx", Field::Diagnosis),
        ("rx", Field::Medicine),
        ("lab", Field::Lab),
        ("allergy", Field::Allergy),
    ];
    let worded = worded.into_iter().find(|(worded, _)| *worded == name);
    let known = worded.is_some()
        || fields::FIELDS.iter().any(|field| {
            field
                .name
                .strip_suffix(':')
                .is_some_and(|known| known == name)
        });
    if !known {
        return Err(error(
            column,
            format!(
                "one of the fields {}; or quotes around the text",
                fields::names()
            ),
        ));
    }
    if ask != Ask::Is {
        return Err(error(
            value_column.saturating_sub(1),
            format!("a colon, as in {name}:…"),
        ));
    }
    if starred_value && name != "name" {
        return Err(starred(value_column, "a whole value"));
    }
    let leaf =
        |leaf: Option<Leaf>, expected: &str| leaf.map(Expr::Leaf).ok_or_else(|| at(expected));
    let whole = |field, value: String| (!value.is_empty()).then_some(Leaf::Value(field, value));
    if let Some((_, field)) = worded {
        return coded(field, value).ok_or_else(|| at("a code or a word"));
    }
    let span = |expected| dates::span(value, today).ok_or_else(|| at(expected));
    match name.as_str() {
        "name" => named(value).map_err(at),
        "mrn" => leaf(
            whole(Field::Mrn, identifier_form(value)),
            "a record number, as in mrn:0012",
        ),
        "phone" => leaf(
            whole(Field::Phone, phone_digits(value)),
            "digits, as in phone:5550199",
        ),
        "author" => leaf(
            whole(Field::Author, text::whole(value)),
            "a login, as in author:hsmith",
        ),
        "blood" => {
            let group = blood_group(value).map(|(group, rhesus)| format!("{group}{rhesus}"));
            leaf(
                group.map(|group| Leaf::Value(Field::Blood, group)),
                "a blood group, as in blood:A+",
            )
        }
        "kind" => {
            let kind = text::whole(value).parse::<Kind>().ok();
            let kinds = Kind::ALL.map(Kind::as_str).join(", ");
            leaf(
                kind.map(|kind| Leaf::Value(Field::Kind, kind.as_str().to_owned())),
                &format!("one of {kinds}"),
            )
        }
        "dob" => {
            let date = value.parse::<crate::clinical::PartialDate>().ok();
            leaf(
                date.map(|date| Leaf::Value(Field::Birth, date.to_string())),
                "a date, as in dob:1961-04-03 or dob:1961",
            )
        }
        "since" => {
            let (from, _) = span("a date, as in since:2026-01 or since:t-1m")?;
            Ok(Expr::Leaf(Leaf::Days(Day::of(from), Day::max())))
        }
        "until" => {
            let (_, to) = span("a date, as in until:2026-03 or until:yesterday")?;
            Ok(Expr::Leaf(Leaf::Days(Day::MIN, Day::of(to))))
        }
        "on" => {
            let (from, to) = span("a date, as in on:2026-02-11 or on:today")?;
            Ok(Expr::Leaf(Leaf::Days(Day::of(from), Day::of(to))))
        }
        _ => {
            let from = dates::ago(value, today);
            leaf(
                from.map(|from| Leaf::Days(Day::of(from), Day::of(today))),
                "days, weeks, months or years, as in last:30d",
            )
        }
    }
}

/// A code, or words that stand together; either may be meant.
fn coded(field: Field, value: &str) -> Option<Expr> {
    let (code, words) = (text::whole(value), text::words(value));
    if code.is_empty() {
        return None;
    }
    let whole = Expr::Leaf(Leaf::Value(field, code.clone()));
    match words.as_slice() {
        [] => Some(whole),
        _ => Some(Expr::Any(vec![
            whole,
            Expr::Leaf(Leaf::Words(field, words)),
        ])),
    }
}

/// Words of a name, or the beginning of one. Commas stand between parts, as lists write them: `Mejía, Gustavo`; each is asked for.
fn named(value: &str) -> Result<Expr, &'static str> {
    let parts = value
        .split(',')
        .filter(|part| !text::words(part).is_empty());
    let mut parts: Vec<&str> = parts.collect();
    match (parts.pop(), parts.is_empty()) {
        (Some(last), false) => {
            parts.push(last);
            let parts = parts.into_iter().map(named);
            Ok(Expr::All(parts.collect::<Result<_, _>>()?))
        }
        _ => named_together(value),
    }
}

fn named_together(value: &str) -> Result<Expr, &'static str> {
    let (value, open) = value
        .strip_suffix('*')
        .map_or((value, false), |stem| (stem, true));
    if value.contains('*') {
        return Err("a name with one star at most, at its end, as in name:gar*");
    }
    let words = text::words(value);
    match (words.as_slice(), open) {
        ([], _) => Err("a name, as in name:garcia or name:gar*"),
        (_, false) => Ok(Expr::Leaf(Leaf::Words(Field::Name, words))),
        ([stem], true) if stem.chars().count() >= STEM.0 => {
            Ok(Expr::Leaf(Leaf::Stem(stem.clone())))
        }
        (_, true) => Err("one word of at least two letters before the star, as in name:ga*"),
    }
}

fn measured(name: &str) -> String {
    match name {
        "bp" => "a pressure or two, as in bp>140/90, bp:120/80 or bp<90".to_owned(),
        _ => format!("a number or a range, as in {name}>38.5, {name}<=50 or {name}:36..38"),
    }
}

fn vital_sign(name: &'static str, vital: Vital, ask: Ask, value: &str) -> Option<Expr> {
    let number = |vital: Vital, value: &str| {
        let (from, to) = range(ask, value)?;
        let key = text::whole(&vital.key());
        Some(Expr::Leaf(Leaf::Number(name, key, from, to)))
    };
    let Some((systolic, diastolic)) = value.split_once('/').filter(|_| name == "bp") else {
        return number(vital, value);
    };
    let both = vec![
        number(vital, systolic)?,
        number(Vital::Of(Measure::Diastolic), diastolic)?,
    ];
    // Pressure is high, or low, as soon as one of its numbers is.
    Some(if ask == Ask::Is {
        Expr::All(both)
    } else {
        Expr::Any(both)
    })
}

fn coded_number(value: &str) -> Option<Expr> {
    let (at, (ask, len)) = value
        .char_indices()
        .find_map(|(at, _)| Some((at, Ask::read(&value[at..])?)))?;
    let (from, to) = range(ask, &value[at + len..])?;
    let code = text::whole(&value[..at]);
    (!code.is_empty() && !code.contains('*'))
        .then_some(Expr::Leaf(Leaf::Number("value", code, from, to)))
}

fn range(ask: Ask, value: &str) -> Option<(Number, Number)> {
    let number = |text: &str| text.parse::<Decimal>().ok().map(Number::of);
    if let Some((from, to)) = value.split_once("..").filter(|_| ask == Ask::Is) {
        return Some((number(from)?, number(to)?)).filter(|(from, to)| from <= to);
    }
    let n = number(value)?;
    Some(match ask {
        Ask::Is => (n, n),
        Ask::Above => (n.above(), Number::MAX),
        Ask::AtLeast => (n, Number::MAX),
        Ask::Below => (Number::MIN, n.below()),
        Ask::AtMost => (Number::MIN, n),
    })
}
