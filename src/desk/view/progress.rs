//! How far long work has come.

use serde::Serialize;

/// How far one piece of work has come. Whoever shows it works out rate and time left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// What is being done: `verify signatures`, `upload packs`.
    pub what: String,
    /// How much is done.
    pub done: u64,
    /// How much there is, where that is known.
    pub total: Option<u64>,
    /// What is counted: `entries`, `bytes`, `files`.
    pub unit: &'static str,
    /// What is happening just now, or what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What the watcher answers: whether the work is still wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proceed {
    /// Go on.
    Go,
    /// Stop at the next place where nothing is lost.
    Stop,
}

/// Watches long work. It is called often, from whichever thread does the work, **where that holds nothing that others wait for: no
/// transaction and no lock**. It returns at once, unless whoever watches holds the work up: that is what a pause is.
pub type Reporter<'a> = &'a (dyn Fn(&Progress) -> Proceed + Sync);

/// For callers that watch nothing.
pub fn unwatched(_: &Progress) -> Proceed {
    Proceed::Go
}
