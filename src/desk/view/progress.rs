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
    /// What goes to and fro, where the work is with a backup repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
}

/// What goes between the vault and a backup repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Transfer {
    /// What it is doing, in one word.
    pub phase: &'static str,
    /// Ledger entries dealt with.
    pub entries: u64,
    /// Ledger entries in all; 0 where entries are not counted.
    pub entries_total: u64,
    /// Sealed bytes that the other side acknowledged.
    pub acknowledged: u64,
    /// Tries after a failure.
    pub retries: u64,
    /// Objects on their way.
    pub in_flight: u32,
    /// Whether nothing has moved for so long that nobody knows when it ends.
    pub stalled: bool,
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
