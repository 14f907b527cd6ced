//! Prescribing, and what a pharmacy does.

use super::super::command::{Act, Query};
use super::super::popup::{Entry, Form, Popup, Wrong};
use super::super::shell::Shell;
use super::super::text;
use super::super::theme::Tone;
use super::{Task, reason};
use crate::clinical::{
    Concept, Decimal, Dispense, Frequency, Instant, Prescription, Quantity, Schedule, Span,
    SpanUnit, Substitution,
};
use crate::desk::view::{Alert, Check, CheckOutcome, Severity};

/// Columns of the checks beside a form.
const BESIDE: usize = 34;

pub(super) fn popup(task: &Task) -> Popup {
    match task {
        Task::Order { mrn } => {
            let mut entries = vec![
                Entry::text("medicine", "", ""),
                Entry::text("strength", "", "500 mg"),
                Entry::text("form", "", "tablet, capsule, syrup"),
                Entry::text("dose", "", "1 tablet"),
                Entry::text("route", "by mouth", ""),
                Entry::text("how often", "", "3 a day, every 8 h, 1 a week"),
                Entry::text("how long", "", "7 d, 2 wk; empty: until stopped"),
                Entry::text("quantity", "", "21 tablet"),
                Entry::text("repeats", "0", ""),
                Entry::text("as needed", "", "for what; empty: regularly"),
                Entry::text("for", "", "why the patient takes it"),
                Entry::choice("substitution", "allowed", &["allowed", "forbidden"]),
                Entry::choice("controlled", "no", &["no", "CII", "CIII", "CIV", "CV"]),
                Entry::text("instructions", "", ""),
            ];
            if mrn.is_none() {
                entries.insert(0, Entry::text("chart", "", "its number"));
            }
            let title = mrn
                .as_ref()
                .map_or_else(|| "Prescribe".to_owned(), |mrn| format!("Prescribe  {mrn}"));
            Popup::Form(Box::new(Form::new(title, task.clone(), entries)))
        }
        Task::Sign { preview, .. } => {
            let mut intro = vec![(format!("{}  {}", preview.name, preview.mrn), Tone::Title)];
            intro.extend(preview.text.iter().map(|line| (line.clone(), Tone::Text)));
            let mut entries = Vec::new();
            if stopped(&preview.alerts) {
                entries.push(Entry::text("reason", "", "why in spite of the STOP"));
            }
            entries.push(Entry::secret("passphrase"));
            Popup::Form(Box::new(
                Form::new("Sign this prescription", task.clone(), entries)
                    .under(intro)
                    .beside(checks(&preview.checks)),
            ))
        }
        Task::Dispense { rx } => {
            let mut intro = vec![(
                format!("{}  {}", rx.line.name.as_deref().unwrap_or(""), rx.line.mrn),
                Tone::Title,
            )];
            intro.extend(rx.text.iter().map(|line| (line.clone(), Tone::Text)));
            let rest = rx
                .line
                .remaining
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let shelf = rx.stock.iter().find(|lot| !lot.expired);
            let lot = shelf.map(|lot| lot.lot.clone()).unwrap_or_default();
            let quantity = rx
                .quantity
                .as_ref()
                .map_or(rest.clone(), |ordered| lesser(&rest, &ordered.to_string()));
            let unit = rx.line.unit.clone().unwrap_or_default();
            let mut entries = vec![
                Entry::text("quantity", &quantity, &format!("{unit}, {rest} left")),
                Entry::text("lot", &lot, "first expiring first"),
                Entry::text("told", "", "what the patient was told"),
            ];
            if stopped(&rx.alerts) {
                entries.push(Entry::text("reason", "", "why in spite of the STOP"));
            }
            entries.push(Entry::secret("passphrase"));
            Popup::Form(Box::new(
                Form::new("Hand over", task.clone(), entries)
                    .under(intro)
                    .beside(checks(&rx.checks)),
            ))
        }
        Task::Hold { what, .. } => reason("Hold and ask the prescriber", what, task.clone()),
        Task::RefuseRx { what, .. } => reason("Refuse this prescription", what, task.clone()),
        Task::CancelRx { what, .. } => reason("Withdraw this prescription", what, task.clone()),
        Task::AnswerRx { what, .. } => reason("Answer the pharmacist", what, task.clone()),
        _ => unreachable!("Task::begin sends only tasks of prescriptions here"),
    }
}

pub(super) fn filled(task: Task, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
    match task {
        Task::Order { mrn } => {
            let mrn = match mrn {
                Some(mrn) => mrn,
                None => form.needed("chart")?.to_owned(),
            };
            let order = Box::new(order(form, shell)?);
            shell.say("checking …", Tone::Muted);
            shell.ask_and_wait(Query::Preview { mrn, order });
        }
        Task::Sign {
            mrn,
            mut order,
            preview,
        } => {
            let past = if stopped(&preview.alerts) {
                Some(form.needed("reason")?.to_owned())
            } else {
                None
            };
            order.override_reason.clone_from(&past);
            let passphrase = form.secret("passphrase")?;
            shell.act(Act::Sign {
                mrn,
                order,
                past,
                passphrase,
            });
        }
        Task::Dispense { rx } => {
            let past = if stopped(&rx.alerts) {
                Some(form.needed("reason")?.to_owned())
            } else {
                None
            };
            form.needed("quantity")?;
            let value: Decimal = form.parsed("quantity")?.unwrap_or_default();
            let lot = form.given("lot").map(str::to_owned);
            let shelf = rx.stock.iter().find(|line| Some(&line.lot) == lot.as_ref());
            let dispense = Dispense {
                medicine: Concept::text(&rx.line.medicine),
                quantity: Quantity {
                    value,
                    unit: rx.line.unit.clone().unwrap_or_default(),
                },
                prescription: None,
                verified: None,
                refill: 0,
                expiry: shelf.and_then(|line| line.expiry.parse().ok()),
                lot,
                at: Instant::from_unix_millis(shell.now.millis()),
                pharmacist: shell.seat.as_ref().map(|seat| seat.who.name.clone()),
                counselling: form.given("told").map(str::to_owned),
                override_reason: past.clone(),
                second: None,
                source: None,
            };
            let passphrase = form.secret("passphrase")?;
            shell.act(Act::Dispense {
                rx: rx.line.rx.clone(),
                dispense: Box::new(dispense),
                past,
                passphrase,
            });
        }
        Task::Hold { rx, .. } => {
            let reason = form.needed("reason")?.to_owned();
            shell.act(Act::Hold { rx, reason });
        }
        Task::RefuseRx { rx, .. } => {
            let reason = form.needed("reason")?.to_owned();
            shell.act(Act::RefuseRx { rx, reason });
        }
        Task::CancelRx { rx, .. } => {
            let reason = form.needed("reason")?.to_owned();
            shell.act(Act::CancelRx { rx, reason });
        }
        Task::AnswerRx { rx, .. } => {
            let reason = form.needed("reason")?.to_owned();
            shell.act(Act::AnswerRx { rx, reason });
        }
        _ => unreachable!("Task::filled sends only tasks of prescriptions here"),
    }
    Ok(())
}

/// One check as lines of at most `columns`, with a word for its outcome.
pub fn checked(check: &Check, columns: usize) -> Vec<(String, Tone)> {
    let (word, tone) = match check.outcome {
        CheckOutcome::Ok => ("ok  ", Tone::Text),
        CheckOutcome::Note => ("··  ", Tone::Text),
        CheckOutcome::Warn => ("!   ", Tone::Warn),
        CheckOutcome::CouldNotRun => ("??  ", Tone::Warn),
        CheckOutcome::Stop => ("STOP ", Tone::Alert),
    };
    let lines = text::behind(word, &check.text, columns);
    lines.into_iter().map(|line| (line, tone)).collect()
}

/// The checks in the width that they have beside a form, the gravest first.
fn checks(checks: &[Check]) -> Vec<(String, Tone)> {
    let mut sorted: Vec<&Check> = checks.iter().collect();
    sorted.sort_by_key(|check| std::cmp::Reverse(check.outcome));
    sorted
        .into_iter()
        .flat_map(|check| checked(check, BESIDE))
        .collect()
}

fn stopped(alerts: &[Alert]) -> bool {
    alerts
        .iter()
        .any(|alert| alert.severity == Severity::Stop && !alert.overridden)
}

/// The lesser of two quantities as text; the first where they cannot be compared.
fn lesser(a: &str, b: &str) -> String {
    match (a.parse::<Decimal>(), b.parse::<Decimal>()) {
        (Ok(x), Ok(y)) if y.compare(x).is_lt() => b.to_owned(),
        _ => a.to_owned(),
    }
}

fn order(form: &Form, shell: &Shell) -> Result<Prescription, Wrong> {
    let medicine = form.needed("medicine")?;
    let text = |label| form.given(label).map(str::to_owned);
    let quantity = |label| {
        form.given(label)
            .map(|typed| {
                amount(typed)
                    .ok_or_else(|| Wrong::new(label, "write a number and a unit, such as 500 mg"))
            })
            .transpose()
    };
    Ok(Prescription {
        medicine: Concept::text(medicine),
        form: text("form"),
        strength: quantity("strength")?,
        dose: quantity("dose")?,
        route: text("route"),
        frequency: form
            .given("how often")
            .map(|typed| {
                dosage::frequency(typed)
                    .ok_or_else(|| Wrong::new("how often", "write 3 a day, every 8 h or 1 a week"))
            })
            .transpose()?,
        as_needed: text("as needed"),
        duration: form
            .given("how long")
            .map(|typed| {
                dosage::span(typed).ok_or_else(|| Wrong::new("how long", "write 7 d, 2 wk or 1 mo"))
            })
            .transpose()?,
        quantity: quantity("quantity")?,
        refills: form.parsed("repeats")?.unwrap_or(0),
        substitution: if form.chosen("substitution")? == "forbidden" {
            Substitution::Forbidden
        } else {
            Substitution::Allowed
        },
        instructions: text("instructions"),
        indication: form.given("for").map(Concept::text),
        schedule: match form.chosen("controlled")? {
            "CII" => Some(Schedule::Two),
            "CIII" => Some(Schedule::Three),
            "CIV" => Some(Schedule::Four),
            "CV" => Some(Schedule::Five),
            _ => None,
        },
        written: Instant::from_unix_millis(shell.now.millis()),
        ..Prescription::default()
    })
}

/// `500 mg`, `21 tablet`, `2.5 ml`.
fn amount(typed: &str) -> Option<Quantity> {
    let (number, unit) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let value: Decimal = number.parse().ok()?;
    Some(Quantity {
        value,
        unit: unit.trim().to_owned(),
    })
}

/// How often and how long, as prescribers type it.
pub mod dosage {
    use super::{Frequency, Span, SpanUnit};

    /// `3 a day`, `3/d`, `3`, `every 8 h`, `1 a week`, `every 2 d`.
    pub fn frequency(typed: &str) -> Option<Frequency> {
        let typed = typed.trim().to_lowercase();
        if let Some(rest) = typed.strip_prefix("every ") {
            return Some(Frequency {
                times: 1,
                every: span(rest)?,
            });
        }
        let digits = typed
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(typed.len());
        let times = typed[..digits]
            .parse()
            .ok()
            .filter(|n| (1..=48).contains(n))?;
        let rest = typed[digits..].trim().trim_start_matches("times").trim();
        let rest = rest
            .strip_prefix("a ")
            .or_else(|| rest.strip_prefix('/'))
            .unwrap_or(rest)
            .trim();
        let every = if rest.is_empty() {
            Span::new(1, SpanUnit::Day)
        } else {
            Span::new(1, unit(rest)?)
        };
        Some(Frequency { times, every })
    }

    /// `7 d`, `7d`, `2 wk`, `1 mo`, `8 hours`.
    pub fn span(typed: &str) -> Option<Span> {
        let typed = typed.trim().to_lowercase();
        let digits = typed.find(|c: char| !c.is_ascii_digit())?;
        let count = if digits == 0 {
            1
        } else {
            typed[..digits].parse().ok().filter(|n| *n > 0)?
        };
        Some(Span::new(count, unit(typed[digits..].trim())?))
    }

    fn unit(word: &str) -> Option<SpanUnit> {
        Some(match word {
            "min" | "minute" | "minutes" => SpanUnit::Minute,
            "h" | "hour" | "hours" => SpanUnit::Hour,
            "d" | "day" | "days" => SpanUnit::Day,
            "w" | "wk" | "week" | "weeks" => SpanUnit::Week,
            "mo" | "month" | "months" => SpanUnit::Month,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_and_spans_are_read_as_prescribers_type_them() {
        for (typed, times, every) in [
            ("3", 3, Span::new(1, SpanUnit::Day)),
            ("3 a day", 3, Span::new(1, SpanUnit::Day)),
            ("2/d", 2, Span::new(1, SpanUnit::Day)),
            ("2 times a day", 2, Span::new(1, SpanUnit::Day)),
            ("every 8 h", 1, Span::new(8, SpanUnit::Hour)),
            ("every 8h", 1, Span::new(8, SpanUnit::Hour)),
            ("1 a week", 1, Span::new(1, SpanUnit::Week)),
            ("every day", 1, Span::new(1, SpanUnit::Day)),
        ] {
            assert_eq!(
                dosage::frequency(typed),
                Some(Frequency { times, every }),
                "{typed}"
            );
        }
        for typed in [
            "",
            "often",
            "0 a day",
            "3 a fortnight",
            "every",
            "every 0 h",
        ] {
            assert_eq!(dosage::frequency(typed), None, "{typed}");
        }
        assert_eq!(dosage::span("7 d"), Some(Span::new(7, SpanUnit::Day)));
        assert_eq!(dosage::span("2wk"), Some(Span::new(2, SpanUnit::Week)));
        assert_eq!(dosage::span("7"), None);
    }

    #[test]
    fn an_amount_is_a_number_and_a_unit() {
        assert_eq!(amount("500 mg").unwrap().to_string(), "500 mg");
        assert_eq!(amount("21").unwrap().to_string(), "21");
        assert!(amount("some mg").is_none());
        assert_eq!(lesser("42", "21"), "21");
        assert_eq!(lesser("7", "21"), "7");
    }
}
