//! What narrows a list by typing. **The list follows once typing rests**: a character changes the line that it stands on and nothing
//! else, however much of the list goes with it.

use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::canvas::Canvas;
use super::field::{Field, Shown};
use super::key::Key;
use super::rest::Rest;
use crate::desk::view::Stamp;

/// How long typing rests before the list follows.
const REST: SignedDuration = SignedDuration::from_millis(200);

/// A line that is typed into, and as much of it as the list follows.
#[derive(Debug)]
pub struct Filter {
    field: Field,
    followed: Zeroizing<String>,
    rest: Rest,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            field: Field::new(Shown::Plain),
            followed: Zeroizing::default(),
            rest: Rest::default(),
        }
    }
}

impl Filter {
    /// The line. Whoever changes it says [`typed`](Self::typed).
    pub fn field(&mut self) -> &mut Field {
        &mut self.field
    }

    /// The line was changed.
    pub fn typed(&mut self, now: Stamp) {
        self.rest.moved(now, REST);
    }

    /// Takes a key. `false` where it is none of the line's.
    pub fn press(&mut self, key: Key, now: Stamp) -> bool {
        let taken = self.field.press(key);
        if taken {
            self.typed(now);
        }
        taken
    }

    /// When the list is to follow, if it does not yet.
    pub fn due(&self) -> Option<Stamp> {
        self.rest.due()
    }

    /// Says what time it is. `true` where the list follows from now on.
    pub fn tick(&mut self, now: Stamp) -> bool {
        self.rest.due().is_some_and(|due| due <= now) && self.settle()
    }

    /// Lets the list follow at once: before anything is done with a row of it. `true` where it did not before.
    pub fn settle(&mut self) -> bool {
        let late = self.rest.moves();
        if late {
            self.rest = Rest::default();
            self.followed = Zeroizing::new(self.field.text().to_owned());
        }
        late
    }

    /// Takes the text away; the list follows.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether nothing stands in the line.
    pub fn is_empty(&self) -> bool {
        self.field.is_empty()
    }

    /// What the list follows.
    pub fn followed(&self) -> &str {
        &self.followed
    }

    /// Draws the line; see [`Field::draw`].
    pub fn draw(&self, canvas: &mut Canvas<'_>, x: u16, y: u16, columns: u16, active: bool) -> u16 {
        self.field.draw(canvas, x, y, columns, active)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_follows_when_typing_rested_or_when_something_is_done_with_it() {
        let at = Stamp::from_millis;
        let key = |text: &str| text.parse::<Key>().unwrap();
        let mut filter = Filter::default();
        assert!(filter.press(key("m"), at(0)) && !filter.press(key("f1"), at(0)));
        filter.press(key("e"), at(150));
        assert!(!filter.tick(at(349)) && filter.followed().is_empty());
        assert_eq!(filter.due(), Some(at(350)));
        assert!(filter.tick(at(350)) && !filter.tick(at(400)));
        assert_eq!((filter.followed(), filter.due()), ("me", None));
        filter.press(key("j"), at(500));
        assert!(filter.settle() && !filter.settle());
        assert_eq!(filter.followed(), "mej");
        filter.clear();
        assert!(filter.is_empty() && filter.followed().is_empty());
    }
}
