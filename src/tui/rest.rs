//! Whether a selection rests: what stands beside or below a list follows it only then. Whoever passes by a row reads nothing of it,
//! and over a thin link pays for two rows and no more.

use jiff::SignedDuration;

use crate::desk::view::Stamp;

/// How long a selection rests before what is shown of it follows.
pub const REST: SignedDuration = SignedDuration::from_millis(120);

/// The rest of one selection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rest(Option<Stamp>);

impl Rest {
    /// The selection moved; it rests once it has stood still for so long.
    pub fn moved(&mut self, now: Stamp, rest: SignedDuration) {
        self.0 = Some(Stamp(now.0 + rest));
    }

    /// When it will rest; `None` where it does.
    pub fn due(self) -> Option<Stamp> {
        self.0
    }

    /// Whether it moved and does not rest yet.
    pub fn moves(self) -> bool {
        self.0.is_some()
    }

    /// Says what time it is. `true` where it comes to rest now.
    pub fn tick(&mut self, now: Stamp) -> bool {
        let over = self.0.is_some_and(|due| due <= now);
        if over {
            self.0 = None;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_when_it_stood_still_for_long_enough_and_says_so_once() {
        let at = Stamp::from_millis;
        let mut rest = Rest::default();
        assert!(!rest.moves() && !rest.tick(at(0)));
        rest.moved(at(0), REST);
        rest.moved(at(100), REST);
        assert_eq!(rest.due(), Some(at(220)));
        assert!(!rest.tick(at(219)) && rest.moves());
        assert!(rest.tick(at(220)) && !rest.moves());
        assert!(!rest.tick(at(300)));
    }
}
