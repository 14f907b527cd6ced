//! Where the selection stands in a list, and which rows are in sight.

use std::cell::Cell;

use super::action::Action;

/// A selection that cannot leave its list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    at: usize,
    /// First row in sight. Drawing adjusts it, for only drawing knows the height; it is no part of the state that matters.
    top: Cell<usize>,
    page: Cell<usize>,
}

impl Selection {
    /// The selected row, if the list has any.
    pub fn at(&self, len: usize) -> Option<usize> {
        (len > 0).then(|| self.at.min(len - 1))
    }

    /// Selects a row.
    pub fn select(&mut self, at: usize) {
        self.at = at;
    }

    /// Stays with its item while the rows change: **a key must never meet another item than the one that its user saw selected.**
    /// `before` are the rows as they were; `place` says where one of them stands now. Where the selected one is gone, the next of its
    /// neighbours that is still there is selected. Whether it is the same item as before.
    pub fn follow<K>(&mut self, before: &[K], place: impl Fn(&K) -> Option<usize>) -> bool {
        let Some(was) = self.at(before.len()) else {
            return true;
        };
        if let Some(at) = place(&before[was]) {
            self.at = at;
            return true;
        }
        let (above, below) = before.split_at(was);
        let mut near = below.iter().skip(1).chain(above.iter().rev());
        if let Some(at) = near.find_map(place) {
            self.at = at;
        }
        false
    }

    /// Puts `new` rows in place of the old ones and stays with its item, which `key` knows again. Whether it is the same item as before.
    pub fn renew<T: Clone, K: PartialEq>(
        &mut self,
        rows: &mut Vec<T>,
        new: &[T],
        key: impl Fn(&T) -> K,
    ) -> bool {
        let before: Vec<K> = rows.iter().map(&key).collect();
        new.clone_into(rows);
        self.follow(&before, |row| rows.iter().position(|now| key(now) == *row))
    }

    /// Moves as the action says. Whether another row is selected now.
    pub fn moves(&mut self, action: Action, len: usize) -> bool {
        let before = self.at(len);
        self.act(action, len) && self.at(len) != before
    }

    /// Moves as the action says. `false` means that it is none of the list's.
    pub fn act(&mut self, action: Action, len: usize) -> bool {
        let last = len.saturating_sub(1);
        let at = self.at.min(last);
        let page = self.page.get().max(2) - 1;
        self.at = match action {
            Action::Down => (at + 1).min(last),
            Action::Up => at.saturating_sub(1),
            Action::PageDown => (at + page).min(last),
            Action::PageUp => at.saturating_sub(page),
            Action::Top => 0,
            Action::Bottom => last,
            _ => return false,
        };
        true
    }

    /// The rows in sight on `height` lines: the selection among them, and as few rows moved as possible. For lists with little
    /// beside them, which the terminal scrolls by itself.
    pub fn window(&self, len: usize, height: u16) -> std::ops::Range<usize> {
        self.scrolled(len, height, 0)
    }

    /// The same for a list beside something dense: scrolled row by row both would be painted anew for each, so it leaps by half
    /// its height.
    pub fn leaping(&self, len: usize, height: u16) -> std::ops::Range<usize> {
        self.scrolled(len, height, usize::from(height) / 2)
    }

    fn scrolled(&self, len: usize, height: u16, beyond: usize) -> std::ops::Range<usize> {
        let height = usize::from(height);
        self.page.set(height);
        if height == 0 || len == 0 {
            return 0..0;
        }
        let at = self.at.min(len - 1);
        let lowest = len.saturating_sub(height);
        let mut top = self.top.get().min(lowest);
        if at < top {
            top = at.saturating_sub(beyond);
        } else if at >= top + height {
            top = (at + 1 + beyond - height).min(lowest);
        }
        self.top.set(top);
        top..(top + height).min(len)
    }
}

/// How far a text is scrolled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scroll {
    top: Cell<usize>,
    page: Cell<usize>,
}

impl Scroll {
    /// Moves as the action says. `false` means that it is none of the text's.
    pub fn act(&mut self, action: Action) -> bool {
        let top = self.top.get();
        // A line of the page before stays for orientation, but not where there are hardly more.
        let page = match self.page.get() {
            0 => 1,
            few @ 1..4 => few,
            many => many - 1,
        };
        self.top.set(match action {
            Action::Down => top + 1,
            Action::Up => top.saturating_sub(1),
            Action::PageDown => top + page,
            Action::PageUp => top.saturating_sub(page),
            Action::Top => 0,
            Action::Bottom => usize::MAX / 2,
            _ => return false,
        });
        true
    }

    /// The lines in sight of `len` on `height` rows.
    pub fn window(&self, len: usize, height: u16) -> std::ops::Range<usize> {
        let height = usize::from(height);
        self.page.set(height);
        let top = self.top.get().min(len.saturating_sub(height));
        self.top.set(top);
        top..(top + height).min(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_is_always_in_sight_and_inside_the_list() {
        let mut selection = Selection::default();
        for len in [0, 1, 3, 10, 100] {
            for height in 0..12 {
                for action in [
                    Action::Down,
                    Action::PageDown,
                    Action::Bottom,
                    Action::Up,
                    Action::PageUp,
                    Action::Top,
                    Action::Down,
                ] {
                    selection.act(action, len);
                    let leaping = selection.clone().leaping(len, height);
                    for window in [leaping, selection.window(len, height)] {
                        assert!(window.end <= len && window.len() <= usize::from(height));
                        match selection.at(len) {
                            Some(at) if height > 0 => {
                                assert!(window.contains(&at), "{at} in {window:?}");
                            }
                            _ => assert!(window.is_empty()),
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_selection_stays_with_its_item_and_goes_to_a_neighbour_where_that_is_gone() {
        let renewed = |at: usize, old: &str, new: &str| {
            let mut selection = Selection::default();
            selection.select(at);
            let mut rows: Vec<char> = old.chars().collect();
            let new: Vec<char> = new.chars().collect();
            let same = selection.renew(&mut rows, &new, |c| *c);
            (selection.at(rows.len()).map(|at| rows[at]), same)
        };
        assert_eq!(renewed(1, "abc", "xabc"), (Some('b'), true));
        assert_eq!(renewed(1, "abc", "cba"), (Some('b'), true));
        assert_eq!(renewed(1, "abc", "xyac"), (Some('c'), false));
        assert_eq!(renewed(2, "abc", "xab"), (Some('b'), false));
        assert_eq!(renewed(9, "abc", "zcab"), (Some('c'), true), "the last row");
        assert_eq!(renewed(1, "abc", "xyz"), (Some('y'), false));
        assert_eq!(renewed(1, "abc", ""), (None, false));
        assert_eq!(renewed(0, "", "abc"), (Some('a'), true));
    }

    #[test]
    fn a_list_that_became_shorter_keeps_its_last_row_selected() {
        let mut selection = Selection::default();
        selection.select(40);
        assert_eq!(selection.at(5), Some(4));
        selection.act(Action::Up, 5);
        assert_eq!(selection.at(5), Some(3));
    }

    #[test]
    fn a_scrolled_text_stops_at_its_end() {
        let mut scroll = Scroll::default();
        assert_eq!(scroll.window(10, 4), 0..4);
        scroll.act(Action::Bottom);
        assert_eq!(scroll.window(10, 4), 6..10);
        scroll.act(Action::Up);
        assert_eq!(scroll.window(10, 4), 5..9);
        assert_eq!(scroll.window(2, 4), 0..2);
    }
}
