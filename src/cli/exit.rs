//! Exit codes. Scripts depend on them.

use std::process::ExitCode;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done, nothing wrong.
    Done = 0,
    /// Done, and it found something wrong.
    Found = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Not authenticated, or denied.
    Denied = 3,
    /// The input is bad; nothing was written.
    BadInput = 4,
    /// Something outside failed; safe to run again.
    Outside = 5,
    /// A defect in chartseal.
    Defect = 70,
}

impl Exit {
    /// `Done` where nothing is wrong, otherwise `Found`.
    pub fn found_unless(ok: bool) -> Self {
        if ok { Self::Done } else { Self::Found }
    }

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_numbers_are_those_of_the_contract() {
        use Exit::{BadInput, Defect, Denied, Done, Found, Outside, Usage};
        let codes = [Done, Found, Usage, Denied, BadInput, Outside, Defect].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 70]);
    }
}
