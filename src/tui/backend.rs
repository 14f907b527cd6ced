//! Who answers: the desk in the program, fixed values in the tests of the screens.

use std::time::Duration;

use super::command::{JobKind, Query};
use super::draft::Keep;
use crate::desk::search::Place;
use crate::desk::view;

/// The end of a session, to be called off the loop.
pub type Farewell = Box<dyn FnOnce() + Send>;

/// Answers questions, does acts, runs jobs. Called on blocking threads, never on the loop.
pub trait Backend: Send + Sync + 'static {
    /// Answers one question or does one act.
    fn ask(&self, query: Query) -> Result<Reply, Failure>;

    /// Does long work and says how far it is. **Must stop at a safe place when the reporter says so.**
    fn run(&self, kind: JobKind, report: view::Reporter<'_>) -> Result<Report, Failure>;

    /// Takes the session away: nobody asks with it any more. What is left to do is returned, because it may have to wait for
    /// a question that is still being answered: seal what was being typed, wipe every key, write what was sealed.
    #[must_use = "the keys are wiped when it is called"]
    fn lock(&self, keep: Vec<Keep>) -> Farewell;
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Whether there is a vault.
    Vault(VaultState),
    /// The session is open.
    Unlocked {
        /// Who is at the terminal.
        who: view::Who,
        /// After how long without a key the session locks.
        idle: Duration,
    },
    /// Somebody who was invited made their keys: the fingerprint is for the admin to compare.
    Activated(Box<view::UserView>),
    /// Somebody was invited: their one-time code lies in a file.
    Invited(Box<view::UserView>),
    /// What waits.
    Inbox(Vec<view::Notice>),
    /// Figures of the vault.
    Status(Box<view::Status>),
    /// Charts.
    Charts(Vec<view::ChartLine>),
    /// One chart.
    Chart(Box<view::ChartView>),
    /// All versions of an entry, the newest first.
    History(Vec<view::EntryView>),
    /// Who looked at a chart.
    WhoLooked(Vec<view::AuditLine>),
    /// Prescriptions.
    Rxs(Vec<view::RxLine>),
    /// One prescription.
    Rx(Box<view::RxView>),
    /// A prescription before it is signed.
    Preview {
        /// The chart's number.
        mrn: String,
        /// The order.
        order: Box<crate::clinical::Prescription>,
        /// How it reads and what the checks say.
        preview: Box<view::RxPreview>,
    },
    /// Charts that may be those of a patient who is to be admitted.
    Namesakes {
        /// The unit to admit them to.
        unit: String,
        /// Who they are.
        identity: Box<crate::clinical::Identity>,
        /// The charts.
        known: Vec<view::ChartLine>,
    },
    /// A page of matches.
    Search {
        /// The page.
        answer: Box<view::SearchAnswer>,
        /// Where the next one begins, if there is one.
        next: Option<Place>,
    },
    /// The searcher's own queries.
    Queries(view::Queries),
    /// Requests, shares and grants.
    Access(Vec<view::AccessLine>),
    /// The lots on the shelves of one's pharmacies.
    Stock(Vec<view::StockLine>),
    /// Users.
    Users(Vec<view::UserView>),
    /// Units.
    Units(Vec<view::UnitView>),
    /// Who did what.
    Trail(Vec<view::AuditLine>),
    /// Snapshots, or why none can be listed. Before the first backup that is how things are and no failure of the question.
    Backups(Result<Vec<view::BackupLine>, String>),
    /// The reports of verifications that the host keeps, the newest first.
    Verifications(Vec<view::VerifyLine>),
    /// One of them.
    Verification {
        /// When it was made.
        at: view::Stamp,
        /// What it says.
        report: Box<view::VerifyReport>,
    },
    /// What was begun and not signed, the last changed first.
    Drafts(Vec<view::Draft>),
    /// A state of a draft was kept or thrown away.
    Kept,
    /// An act was done; one line says what.
    Done(String),
}

/// Whether there is a vault where the configuration says.
#[derive(Debug, Clone, PartialEq)]
pub enum VaultState {
    /// There is none yet.
    Missing {
        /// Where it would be.
        path: String,
    },
    /// There is one.
    There {
        /// What the header calls it.
        name: String,
        /// Whether it is a demonstration, in which nothing is real.
        demo: bool,
        /// For a demonstration, who can log in; so that nobody must look for it.
        logins: Vec<view::DemoLogin>,
    },
}

/// What long work ends in.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// What a verification found.
    Verify(Box<view::VerifyReport>),
    /// A snapshot was made.
    BackedUp(view::BackupRun),
    /// The snapshots were checked.
    VerifiedBackup(view::BackupVerified),
    /// A snapshot was brought back.
    Restored(Box<view::Restored>),
    /// A restore was rehearsed.
    Drilled(Box<view::Drilled>),
    /// What nobody needs any more was deleted, or will be.
    Pruned(view::Pruned),
    /// The index holds everything.
    Indexed(view::IndexStats),
    /// A demonstration was made.
    Demo(Box<view::DemoMade>),
    /// A vault was made.
    Init(Box<view::InitMade>),
}

/// What went wrong, to what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The word that scripts know it by: `denied`, `no-such-chart`.
    pub code: String,
    /// What and where, in one line.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// What lies behind it, the nearest first.
    pub causes: Vec<String>,
}
