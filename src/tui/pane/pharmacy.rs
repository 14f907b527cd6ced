//! A pharmacy's shelf: what is on hand, lot by lot, what expires and what runs low.

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::{Query, Topic};
use super::super::list::Selection;
use super::super::popup::{Page, Popup};
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::text;
use super::super::theme::Tone;
use super::Room;
use crate::desk::view::{Stamp, StockLine};

/// Days before its expiry in which a lot is said to expire.
const SOON: i64 = 90;
/// What is left of a product, over all lots that may still be handed out, below which it is said to run low.
const LOW: f64 = 30.0;

/// The lots of the shelf.
#[derive(Debug, Default)]
pub struct Pharmacy {
    lots: Vec<StockLine>,
    selection: Selection,
    /// Whether only lots that need somebody are shown.
    only_due: bool,
}

/// What about a lot needs somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Expired,
    Expires,
    Low,
}

impl Due {
    fn word(self) -> (&'static str, Tone) {
        match self {
            Due::Expired => ("! expired", Tone::Alert),
            Due::Expires => ("! expires", Tone::Warn),
            Due::Low => ("! low", Tone::Warn),
        }
    }
}

fn amount(line: &StockLine) -> f64 {
    line.quantity.to_string().parse().unwrap_or(0.0)
}

/// The last day of a lot: that of the month where only a month is printed.
fn last_day(expiry: &str) -> Option<Date> {
    expiry
        .parse()
        .or_else(|_| {
            format!("{expiry}-01")
                .parse::<Date>()
                .map(Date::last_of_month)
        })
        .ok()
}

impl Pharmacy {
    fn due(&self, line: &StockLine, now: Stamp) -> Option<Due> {
        if line.expired && amount(line) > 0.0 {
            return Some(Due::Expired);
        }
        let today = now.day();
        let soon = today.checked_add(SOON.days()).ok();
        if !line.expired
            && amount(line) > 0.0
            && last_day(&line.expiry).is_some_and(|day| soon.is_some_and(|soon| day <= soon))
        {
            return Some(Due::Expires);
        }
        let same = self.lots.iter().filter(|other| {
            (&other.medicine, &other.code, &other.pharmacy)
                == (&line.medicine, &line.code, &line.pharmacy)
                && !other.expired
        });
        (same.map(amount).sum::<f64>() < LOW).then_some(Due::Low)
    }

    fn shown(&self, now: Stamp) -> Vec<&StockLine> {
        let lots = self.lots.iter();
        lots.filter(|line| !self.only_due || self.due(line, now).is_some())
            .collect()
    }

    fn selected(&self, shell: &Shell) -> Option<&StockLine> {
        let shown = self.shown(shell.now);
        self.selection.at(shown.len()).map(|at| shown[at])
    }

    fn read(&self, shell: &mut Shell) {
        let Some(line) = self.selected(shell) else {
            return;
        };
        let unit = line.unit.as_deref().unwrap_or("");
        let due = self.due(line, shell.now);
        let fields = [
            ("lot", line.lot.clone()),
            ("expiry", line.expiry.clone()),
            ("on hand", format!("{} {unit}", line.quantity)),
            ("code", line.code.clone().unwrap_or_default()),
            ("pharmacy", line.pharmacy.clone()),
        ];
        let mut lines = vec![(line.medicine.clone(), Tone::Title)];
        lines.extend(due.map(|due| (due.word().0.to_owned(), due.word().1)));
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        lines.extend(
            fields.map(|(label, value)| (format!("{}{value}", text::left(label, 10)), Tone::Text)),
        );
        shell.push(Popup::Page(Page::new("Lot", lines)));
    }
}

impl Room for Pharmacy {
    fn enter(&mut self, shell: &mut Shell) {
        shell.ask(Query::Stock);
    }

    fn contexts(&self, _shell: &Shell) -> Vec<Context> {
        vec![Context::Shelf, Context::List]
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        match action {
            Action::Receive => Task::Receive.begin(shell),
            Action::Count => match self.selected(shell).cloned() {
                Some(line) => Task::Count {
                    lot: Box::new(line),
                }
                .begin(shell),
                None => shell.say("select a lot first", Tone::Warn),
            },
            Action::ShelfDue => {
                self.only_due = !self.only_due;
                self.selection.select(0);
            }
            Action::Open => self.read(shell),
            Action::Back => self.only_due = false,
            _ => {
                let len = self.shown(shell.now).len();
                self.selection.act(action, len);
            }
        }
    }

    fn loaded(&mut self, reply: &Reply, shell: &mut Shell) {
        if let Reply::Stock(lots) = reply {
            let known = |lots: Vec<&StockLine>| -> Vec<[String; 5]> {
                let lots = lots.into_iter();
                lots.map(|line| {
                    let code = line.code.clone().unwrap_or_default();
                    [
                        &line.pharmacy,
                        &line.medicine,
                        &code,
                        &line.lot,
                        &line.expiry,
                    ]
                    .map(Clone::clone)
                })
                .collect()
            };
            let before = known(self.shown(shell.now));
            self.lots.clone_from(lots);
            let now = known(self.shown(shell.now));
            self.selection
                .follow(&before, |lot| now.iter().position(|now| now == lot));
        }
    }

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let shown = self.shown(shell.now);
        let count = |due| {
            let lots = self.lots.iter();
            lots.filter(|line| self.due(line, shell.now) == Some(due))
                .count()
        };
        let heading = match (self.lots.len(), shell.waits_for(Topic::Stock)) {
            (0, true) => "Reading …".to_owned(),
            (0, false) => "Nothing is on the shelf".to_owned(),
            (lots, _) => format!("{lots} lots"),
        };
        let x = canvas.put(1, 0, &heading, Tone::Title);
        let mut about = Vec::new();
        for (due, word) in [
            (Due::Expired, "expired"),
            (Due::Expires, "expire within 90 days"),
            (Due::Low, "low"),
        ] {
            let lots = count(due);
            if lots > 0 {
                about.push(format!("{lots} {word}"));
            }
        }
        canvas.put(x + 2, 0, &about.join(" · "), Tone::Warn);
        let width = canvas.width();
        let narrow = width < 60;
        if !narrow && !self.lots.is_empty() {
            canvas.put(1, 1, "medicine", Tone::Muted);
            canvas.put(width - 48, 1, "lot", Tone::Muted);
            canvas.put(width - 36, 1, "expiry", Tone::Muted);
            canvas.put_right(width - 11, 1, "on hand", Tone::Muted);
        }
        let mut list = canvas.below(if narrow { 1 } else { 2 });
        if shown.is_empty() && !self.lots.is_empty() {
            list.put(
                1,
                0,
                "Nothing expires or runs low; f shows all.",
                Tone::Muted,
            );
        }
        let selected = self.selection.at(shown.len());
        for (y, at) in self
            .selection
            .window(shown.len(), list.height())
            .enumerate()
        {
            let line = shown[at];
            let y = y as u16;
            let (word, tone) = self
                .due(line, shell.now)
                .map_or(("", Tone::Text), Due::word);
            if narrow {
                let from = list.put_right(width - 1, y, word, tone);
                let left = format!("{} {}", line.quantity, line.medicine);
                list.put_within(1, y, from.saturating_sub(2), &left, Tone::Text);
            } else {
                list.put_within(1, y, width - 50, &line.medicine, Tone::Text);
                list.put_within(width - 48, y, 11, &line.lot, Tone::Text);
                list.put_within(width - 36, y, 10, &line.expiry, Tone::Text);
                let unit = line.unit.as_deref().unwrap_or("");
                let amount = format!("{} {unit}", line.quantity);
                let amount = text::cut(amount.trim_end(), 14);
                list.put_right(width - 11, y, &amount, Tone::Text);
                list.put_within(width - 10, y, 9, word, tone);
            }
            if Some(at) == selected {
                list.row(y, Tone::Selected);
                if shell.look.plain {
                    list.cursor(0, y);
                }
            }
        }
    }

    fn keys(&self, shell: &Shell) -> Vec<Action> {
        let mut keys = vec![Action::Receive];
        if self.selected(shell).is_some() {
            keys.extend([Action::Open, Action::Count]);
        }
        keys.extend([Action::ShelfDue, Action::Help, Action::Palette]);
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(medicine: &str, expiry: &str, quantity: i64, expired: bool) -> StockLine {
        StockLine {
            medicine: medicine.to_owned(),
            lot: "K77".to_owned(),
            expiry: expiry.to_owned(),
            quantity: quantity.into(),
            code: None,
            unit: Some("tablet".to_owned()),
            expired,
            pharmacy: "Pharmacy".to_owned(),
        }
    }

    #[test]
    fn what_expired_what_expires_and_what_runs_low_is_said() {
        let now = Stamp("2026-11-22T14:00:00Z".parse().unwrap());
        let pharmacy = Pharmacy {
            lots: vec![
                lot("metformin", "2027-03", 400, false),
                lot("digoxin", "2027-02", 500, false),
                lot("heparin", "2026-10", 20, true),
                lot("insulin", "2028-01-31", 29, false),
                lot("insulin", "2026-10", 0, true),
                lot("aspirin", "2028-01", 20, false),
                lot("aspirin", "2028-05", 20, false),
            ],
            ..Pharmacy::default()
        };
        let due: Vec<_> = pharmacy.lots.iter().map(|l| pharmacy.due(l, now)).collect();
        assert_eq!(
            due,
            [
                None,
                None,
                Some(Due::Expired),
                Some(Due::Low),
                Some(Due::Low),
                None,
                None
            ]
        );
        assert_eq!(
            last_day("2027-02").map(|d| d.to_string()).as_deref(),
            Some("2027-02-28")
        );
        let later = Stamp("2026-12-01T14:00:00Z".parse().unwrap());
        assert_eq!(pharmacy.due(&pharmacy.lots[1], later), Some(Due::Expires));
        assert_eq!(last_day("soon"), None);
    }
}
