//! What reaches the application.

use crossterm::event::KeyEvent;

use super::backend::{Failure, Reply, Report};
use super::command::{JobId, Ticket};
use crate::desk::view::Progress;

/// One thing that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted. It is never read as keys.
    Paste(String),
    /// The window changed its size.
    Resized,
    /// An answer came.
    Loaded {
        /// What it belongs to.
        ticket: Ticket,
        /// The answer.
        reply: Result<Reply, Failure>,
    },
    /// A job got further. Of several, the latest wins.
    Progress(JobId, Progress),
    /// A job ended.
    Ended(JobId, Box<Result<Report, Failure>>),
    /// The terminal hung up or the system asks us to leave.
    Leave,
    /// The time for which [`super::app::App::deadline`] asked has come.
    Tick,
}
