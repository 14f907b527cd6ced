//! Notices as rows, near-identical ones folded into one: `3 × refused: out of stock`. Enter unfolds them.

use std::collections::BTreeSet;

use super::super::action::Action;
use super::super::canvas::Canvas;
use super::super::list::Selection;
use super::super::shell::Shell;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use crate::desk::view::Notice;

/// Words of a notice by which it is told from others of its kind and writer.
const WORDS: usize = 3;

/// The rows of a list of notices, and which of them is selected.
#[derive(Debug, Default)]
pub struct Notices {
    selection: Selection,
    /// The folds that are open.
    open: BTreeSet<String>,
}

/// One row; the numbers are places among the notices.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Row {
    /// A notice.
    One {
        at: usize,
        /// Whether it stands under its fold.
        inside: bool,
    },
    /// Several that say nearly the same; the first is the newest.
    Fold { key: String, all: Vec<usize> },
}

/// What is selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Selected<'a> {
    /// A notice.
    One(&'a Notice),
    /// Several in one row.
    Several(usize),
}

/// What near-identical notices have in common: kind, writer, whether somebody must act, and how they begin.
fn key(notice: &Notice) -> String {
    let begins = notice.text.split_once(": ").map_or_else(
        || {
            let words: Vec<&str> = notice.text.split_whitespace().take(WORDS).collect();
            words.join(" ")
        },
        |(begins, _)| begins.to_owned(),
    );
    let waits = if notice.waits { "!" } else { "" };
    [notice.kind.as_str(), &notice.from, waits, &begins].join("\n")
}

impl Notices {
    fn rows(&self, notices: &[Notice]) -> Vec<Row> {
        let keys: Vec<String> = notices.iter().map(key).collect();
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        for (at, key) in keys.iter().enumerate() {
            if !seen.insert(key) {
                continue;
            }
            let all: Vec<usize> = (at..keys.len()).filter(|n| keys[*n] == *key).collect();
            if all.len() == 1 {
                rows.push(Row::One { at, inside: false });
                continue;
            }
            let inside = all.clone();
            rows.push(Row::Fold {
                key: key.clone(),
                all,
            });
            if self.open.contains(key) {
                rows.extend(inside.into_iter().map(|at| Row::One { at, inside: true }));
            }
        }
        rows
    }

    /// Stays with the selected notice, or with the fold in which it stands now, while the notices change.
    pub fn follow(&mut self, before: &[Notice], now: &[Notice]) {
        let (was, rows) = (self.rows(before), self.rows(now));
        let place = |row: &Row| match row {
            Row::Fold { key, .. } => rows
                .iter()
                .position(|now| matches!(now, Row::Fold { key: now, .. } if now == key)),
            Row::One { at, .. } => {
                let is = |place: &usize| now[*place].id == before[*at].id;
                let one = |row: &Row| matches!(row, Row::One { at, .. } if is(at));
                let holds = |row: &Row| matches!(row, Row::Fold { all, .. } if all.iter().any(is));
                let one = rows.iter().position(one);
                one.or_else(|| rows.iter().position(holds))
            }
        };
        self.selection.follow(&was, place);
    }

    fn row(&self, notices: &[Notice]) -> Option<Row> {
        let mut rows = self.rows(notices);
        let at = self.selection.at(rows.len())?;
        Some(rows.swap_remove(at))
    }

    /// What is selected, if there is anything.
    pub fn selected<'a>(&self, notices: &'a [Notice]) -> Option<Selected<'a>> {
        Some(match self.row(notices)? {
            Row::One { at, .. } => Selected::One(&notices[at]),
            Row::Fold { all, .. } => Selected::Several(all.len()),
        })
    }

    /// The notice that is selected.
    pub fn one<'a>(&self, notices: &'a [Notice]) -> Option<&'a Notice> {
        match self.selected(notices)? {
            Selected::One(notice) => Some(notice),
            Selected::Several(_) => None,
        }
    }

    /// Unfolds the selected row, or folds it again. `false` where it is none that folds.
    pub fn unfold(&mut self, notices: &[Notice]) -> bool {
        let Some(Row::Fold { key, .. }) = self.row(notices) else {
            return false;
        };
        if !self.open.remove(&key) {
            self.open.insert(key);
        }
        true
    }

    /// Moves the selection. Whether another row is selected now.
    pub fn act(&mut self, action: Action, notices: &[Notice]) -> bool {
        let len = self.rows(notices).len();
        self.selection.moves(action, len)
    }

    /// Draws the rows: when, what kind, whose chart, from whom, what.
    pub fn render(&self, notices: &[Notice], shell: &Shell, list: &mut Canvas<'_>) {
        let rows = self.rows(notices);
        let selected = self.selection.at(rows.len());
        let narrow = list.width() < 60;
        for (y, at) in self.selection.window(rows.len(), list.height()).enumerate() {
            let y = y as u16;
            let (notice, count, inside) = match &rows[at] {
                Row::One { at, inside } => (&notices[*at], None, *inside),
                Row::Fold { all, .. } => (&notices[all[0]], Some(all.len()), false),
            };
            let mark = if notice.waits { "!" } else { " " };
            list.put(1, y, mark, Tone::Warn);
            let x = if narrow {
                3
            } else {
                let time = when::short(notice.created, shell.now);
                list.put(3, y, &text::left(&time, 12), Tone::Muted);
                let tone = if notice.waits {
                    Tone::Warn
                } else {
                    Tone::Muted
                };
                list.put(15, y, &text::left(&notice.kind, 15), tone);
                31
            };
            let x = x + if inside { 2 } else { 0 };
            list.put(x, y, &line(notice, count), Tone::Text);
            if Some(at) == selected {
                list.row(y, Tone::Selected);
                if shell.look.plain {
                    list.cursor(0, y);
                }
            }
        }
    }
}

/// What a notice says, in one line; for several, what they have in common.
fn line(notice: &Notice, count: Option<usize>) -> String {
    let of = match (count, &notice.mrn) {
        (Some(count), _) => format!("{count} × "),
        (None, Some(mrn)) => format!("{mrn} "),
        (None, None) => String::new(),
    };
    let from = if notice.from.is_empty() {
        String::new()
    } else {
        format!("{}: ", notice.from)
    };
    format!("{of}{from}{}", notice.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::view::Stamp;

    fn notice(id: &str, from: &str, text: &str, waits: bool) -> Notice {
        Notice {
            id: id.to_owned(),
            kind: "prescription".to_owned(),
            created: Stamp::from_millis(0),
            from: from.to_owned(),
            mrn: Some(format!("000{id}-7")),
            text: text.to_owned(),
            waits,
        }
    }

    #[test]
    fn near_identical_notices_fold_into_one_row_that_unfolds_to_each() {
        let notices = [
            notice("1", "Adeyemi", "refused: out of stock", false),
            notice("2", "Smith", "metformin 500 mg tablet", true),
            notice(
                "3",
                "Adeyemi",
                "refused: out of stock, no substitute",
                false,
            ),
            notice("4", "Rossi", "refused: out of stock", false),
            notice("5", "Adeyemi", "refused: out of stock", true),
        ];
        let mut list = Notices::default();
        assert_eq!(list.rows(&notices).len(), 4);
        assert_eq!(list.selected(&notices), Some(Selected::Several(2)));
        assert!(list.one(&notices).is_none());
        assert_eq!(
            line(&notices[0], Some(2)),
            "2 × Adeyemi: refused: out of stock"
        );
        assert!(list.unfold(&notices));
        assert_eq!(list.rows(&notices).len(), 6);
        list.act(Action::Down, &notices);
        assert_eq!(list.one(&notices).map(|one| one.id.as_str()), Some("1"));
        list.act(Action::Down, &notices);
        assert_eq!(list.one(&notices).map(|one| one.id.as_str()), Some("3"));
        assert!(!list.unfold(&notices), "a notice does not fold");
        list.act(Action::Top, &notices);
        assert!(list.unfold(&notices));
        assert_eq!(list.rows(&notices).len(), 4);
    }

    #[test]
    fn no_notice_at_all_is_no_row() {
        let mut list = Notices::default();
        assert_eq!(list.selected(&[]), None);
        list.act(Action::Down, &[]);
        assert!(!list.unfold(&[]));
    }
}
