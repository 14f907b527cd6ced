//! How prescriptions are drawn: the list, what was signed, and the checks beside it.

use super::super::canvas::Canvas;
use super::super::command::Topic;
use super::super::shell::Shell;
use super::super::task;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::prescriptions::{Prescriptions, waits};
use crate::desk::view::{Check, RxLine, RxState, Severity};

/// What marks a controlled drug.
fn controlled(line: &RxLine) -> &'static str {
    line.controlled.as_ref().map_or("", |_| " CD")
}

/// Columns that the patient's name keeps where the medicine needs more than its own.
const SHORTEST_NAME: u16 = 6;

impl Prescriptions {
    pub(super) fn render_list(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let shown = self.shown();
        let width = canvas.width();
        let waiting = self.lines.iter().filter(|line| waits(line.state)).count();
        let oldest = self
            .lines
            .iter()
            .filter(|line| waits(line.state))
            .filter_map(|line| line.waiting_minutes)
            .max();
        let queue = Self::is_queue(shell);
        let heading = match (queue, oldest) {
            _ if self.lines.is_empty() && shell.waits_for(Topic::Rxs) => "Reading …".to_owned(),
            (true, Some(minutes)) => format!("Queue · {waiting} waiting, oldest {}", span(minutes)),
            (true, None) => "Queue · nothing waits".to_owned(),
            (false, _) => format!("{} prescriptions", shown.len()),
        };
        canvas.put(1, 0, &heading, Tone::Title);
        let note = |line: &RxLine| match line.waiting_minutes.filter(|_| queue && waits(line.state))
        {
            // In a narrow list the blank before the unit is the medicine's.
            Some(minutes) if width < 60 => brief(minutes),
            Some(minutes) => span(minutes),
            None => word(line.state).to_owned(),
        };
        let notes = shown.iter().map(|line| text::width(&note(line)));
        let from = width.saturating_sub(1 + notes.max().unwrap_or(0) as u16);
        // The columns of the list stand one below the other: the longest medicine says what it leaves to the names.
        let needs = shown.iter();
        let needs = needs.map(|line| text::width(&line.medicine) + controlled(line).len());
        let needs = needs.max().unwrap_or(0) as u16;
        let selected = self.selection.at(shown.len());
        let height = canvas.height().saturating_sub(1);
        let mut list = canvas.part(0, 1, u16::MAX, height);
        for (y, at) in self
            .selection
            .window(shown.len(), list.height())
            .enumerate()
        {
            let line = shown[at];
            let y = y as u16;
            let note = note(line);
            list.put_right(width.saturating_sub(1), y, &note, Tone::Muted);
            let mark = match line.worst {
                Some(Severity::Stop) => "!!",
                Some(Severity::CouldNotRun | Severity::Warn) => "! ",
                _ => "  ",
            };
            list.put(0, y, mark, Tone::Alert);
            let x = list.put(
                3,
                y,
                &text::left(&line.mrn, text::width(&line.mrn)),
                Tone::Muted,
            );
            let name = line.name.as_deref().unwrap_or("");
            let room = from.saturating_sub(x + 2);
            // Where both are long, the medicine has most of it: it is what is taken from the shelf.
            let most = (room * 2 / 5).min(18);
            let lacks = (needs + 1).saturating_sub(room - most);
            let name_room = most.saturating_sub(lacks).max(most.min(SHORTEST_NAME));
            let x = list.put_within(
                x + 1,
                y,
                name_room,
                &text::left(name, usize::from(name_room)),
                Tone::Text,
            );
            let room = from.saturating_sub(x + 2);
            let controlled = controlled(line);
            let medicine = with_strength(
                &line.medicine,
                usize::from(room).saturating_sub(controlled.len()),
            );
            list.put_within(
                x + 1,
                y,
                room,
                &format!("{medicine}{controlled}"),
                Tone::Text,
            );
            if Some(at) == selected {
                list.row(y, Tone::Selected);
                if shell.look.plain {
                    list.cursor(0, y);
                }
            }
        }
    }

    pub(super) fn render_text(&self, canvas: &mut Canvas<'_>) {
        let Some(line) = self.selected() else { return };
        let Some(rx) = self.current() else {
            if !self.rest.moves() {
                canvas.put(0, 0, &line.medicine, Tone::Title);
            }
            return;
        };
        let mut y = 0;
        for (at, line) in rx.text.iter().enumerate() {
            y = canvas.paragraph(0, y, line, if at == 0 { Tone::Title } else { Tone::Text });
        }
        y += 1;
        let signed = rx.line.signed.map(when::full).unwrap_or_default();
        for (label, value) in [
            ("signed", format!("{}  {signed}", rx.line.prescriber)),
            ("key", rx.key.clone().unwrap_or_default()),
            ("ledger", text::grouped(rx.seq)),
        ] {
            canvas.put(0, y, label, Tone::Muted);
            canvas.put(8, y, &value, Tone::Text);
            y += 1;
        }
        let height = canvas.height();
        if y > height && height > 0 {
            let mut last = canvas.below(height - 1);
            last.fill(Tone::Text);
            let more = format!("+{} more lines, Enter shows all", y - height + 1);
            last.put(0, 0, &more, Tone::Muted);
        }
    }

    pub(super) fn render_checks(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let Some(line) = self.selected() else { return };
        canvas.put(0, 0, "CHECKS", Tone::Title);
        let Some(rx) = self.current() else {
            let line = if shell.waits_for(Topic::Rx) {
                "checking …"
            } else if self.rest.moves() {
                "…"
            } else {
                "Enter checks and shows it"
            };
            canvas.put(0, 1, line, Tone::Muted);
            return;
        };
        let columns = usize::from(canvas.width().saturating_sub(1));
        let height = usize::from(canvas.height().saturating_sub(1));
        let stop = line.worst == Some(Severity::Stop);
        for (at, (line, tone)) in fitted(&rx.checks, stop, columns, height).iter().enumerate() {
            canvas.put(0, 1 + at as u16, line, *tone);
        }
    }
}

/// The checks and what a STOP asks for, on the lines that there are. **Nothing is left out unsaid:** where not all fit, what was found
/// comes before what is in order, and the last line counts the rest.
fn fitted(checks: &[Check], stop: bool, columns: usize, height: usize) -> Vec<(String, Tone)> {
    let lines_of = |check: &&Check| task::checked(check, columns);
    let mut sorted: Vec<&Check> = checks.iter().collect();
    let mut lines: Vec<_> = sorted.iter().flat_map(lines_of).collect();
    if lines.len() > height {
        sorted.sort_by_key(|check| std::cmp::Reverse(check.outcome));
        lines.clear();
        let mut shown = 0;
        for check in &sorted {
            let more = lines_of(check);
            // The last line is kept for the count.
            if lines.len() + more.len() >= height {
                break;
            }
            lines.extend(more);
            shown += 1;
        }
        let rest = checks.len() - shown;
        lines.push((format!("+{rest} more, Enter shows all"), Tone::Warn));
    }
    let asked = "A STOP needs a reason and your signature, or goes back.";
    let asked = text::wrap(asked, columns);
    if stop && lines.len() + 1 + asked.len() <= height {
        lines.push((String::new(), Tone::Text));
        lines.extend(asked.into_iter().map(|line| (line, Tone::Alert)));
    }
    lines
}

/// A medicine in at most `columns` with its strength, before which the name is cut: two strengths of one medicine differ in nothing else.
/// **A strength stands there whole or not at all**: `0.1…` is another dose than `0.125 mg`.
fn with_strength(medicine: &str, columns: usize) -> String {
    if text::width(medicine) <= columns {
        return medicine.to_owned();
    }
    let digit = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let words: Vec<&str> = medicine.split_whitespace().collect();
    let Some(at) = words
        .iter()
        .position(|word| digit(word))
        .filter(|at| *at > 0)
    else {
        return text::cut(medicine, columns).into_owned();
    };
    // The number, and its unit where that stands apart.
    let apart = words[at].chars().all(|c| c.is_ascii_digit() || c == '.');
    let strength = words[at..(at + 1 + usize::from(apart)).min(words.len())].join(" ");
    let room = columns.saturating_sub(text::width(&strength) + 1);
    let name = words[..at].join(" ");
    if room < 4 {
        // The blank keeps a mark that stands for the strength apart from one that cuts the name.
        return text::cut(&format!("{name} …"), columns).into_owned();
    }
    format!("{} {strength}", text::cut(&name, room))
}

/// The state in a word that leaves room for the medicine.
fn word(state: RxState) -> &'static str {
    match state {
        RxState::DispensedInPart => "in part",
        RxState::DispensedInFull => "in full",
        other => other.as_str(),
    }
}

fn span(minutes: u64) -> String {
    match minutes {
        0..60 => format!("{minutes} min"),
        60..2880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// The same without the blank: `14m`, `2h`, `3d`.
fn brief(minutes: u64) -> String {
    let span = span(minutes).replace(" min", "m");
    span.replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::view::CheckOutcome;

    #[test]
    fn a_medicine_is_never_shown_without_its_strength() {
        for columns in 0..40 {
            for medicine in ["metformin 500 mg tablet", "digoxin 0.125 mg", "insulin"] {
                assert!(text::width(&with_strength(medicine, columns)) <= columns);
            }
        }
        assert_eq!(
            with_strength("metformin 500 mg tablet", 16),
            "metformin 500 mg"
        );
        assert_eq!(
            with_strength("metformin 850 mg tablet", 13),
            "metfo… 850 mg"
        );
        assert_eq!(with_strength("sodium chloride infusion", 9), "sodium c…");
        assert_eq!(with_strength("warfarin 5 mg", 5), "warf…");
        assert_eq!(with_strength("digoxin 0.125 mg tablet", 11), "digoxin …");
        assert_eq!(
            with_strength("digoxin 0.125 mg tablet", 13),
            "dig… 0.125 mg"
        );
        for columns in 0..20 {
            let shown = with_strength("digoxin 0.125 mg tablet", columns);
            let whole = shown.contains("0.125 mg");
            assert!(whole || !shown.contains('0'), "{columns}: {shown}");
        }
    }

    #[test]
    fn checks_that_do_not_fit_are_counted_and_those_that_found_something_come_first() {
        let check = |outcome, text: &str| Check {
            check: "check".to_owned(),
            outcome,
            text: text.to_owned(),
        };
        let mut checks: Vec<Check> = (0..6)
            .map(|n| check(CheckOutcome::Ok, &format!("in order {n}")))
            .collect();
        checks.push(check(CheckOutcome::Note, "stock 140, lot K77"));
        checks.push(check(CheckOutcome::Stop, "allergy"));
        let text = |height| {
            let lines = fitted(&checks, true, 30, height).into_iter();
            lines.map(|(line, _)| line).collect::<Vec<_>>()
        };
        assert_eq!(text(8).len(), 8, "all fit, what a STOP asks for does not");
        assert_eq!(text(20).len(), 11);
        assert_eq!(
            text(4),
            [
                "STOP allergy",
                "··  stock 140, lot K77",
                "ok  in order 0",
                "+5 more, Enter shows all"
            ]
        );
    }
}
