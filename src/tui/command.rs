//! What an update asks the runner to do. The application itself does nothing: it only says.

use std::path::PathBuf;

use super::draft::Keep;
use crate::backup::PrintedHead;
use crate::backup::restore::Damage;
use crate::backup::verify::ReadData;
use crate::clinical::stock::{Correction, Lot};
use crate::clinical::{Body, Decimal, Dispense, Identity, Prescription, Role};
use crate::crypto::secret::SecretBytes;
use crate::desk::search::Place;
use crate::desk::view::{self, Stamp};

/// One thing for the runner.
#[derive(Debug)]
pub enum Command {
    /// Ask the desk and send the answer back with the ticket.
    Ask {
        /// What the answer belongs to.
        ticket: Ticket,
        /// The question.
        query: Box<Query>,
    },
    /// Start long work.
    Start {
        /// Its number on this screen.
        job: JobId,
        /// What to do.
        kind: JobKind,
    },
    /// Stop long work at the next safe place.
    Cancel(JobId),
    /// Hold long work at the next safe place.
    Pause(JobId),
    /// Let it go on.
    Resume(JobId),
    /// Drop the session and everything that it decrypted.
    Lock {
        /// What was being typed, to be sealed before the keys go.
        keep: Vec<Keep>,
    },
    /// Leave the program.
    Quit,
}

/// Numbers the jobs that this screen started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// What an answer belongs to. Of two answers about the same, only the one asked for last counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// What was asked about.
    pub topic: Topic,
    /// How many questions this screen had asked before.
    pub generation: u64,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Whether there is a vault.
    Vault,
    /// The session.
    Session,
    /// The keys of somebody who was invited.
    Account,
    /// What waits.
    Inbox,
    /// Figures of the vault.
    Status,
    /// The list of charts.
    Charts,
    /// One chart.
    Chart,
    /// Something beside a chart: versions, who looked.
    Beside,
    /// The list of prescriptions.
    Rxs,
    /// One prescription.
    Rx,
    /// A prescription before it is signed.
    Preview,
    /// Matches.
    Search,
    /// The searcher's own queries.
    Queries,
    /// The list of access.
    Access,
    /// The lots on a shelf.
    Stock,
    /// Users.
    Users,
    /// Units.
    Units,
    /// The trail.
    Trail,
    /// Snapshots.
    Backups,
    /// The reports of verifications that the host keeps.
    Verifications,
    /// One of them.
    Verification,
    /// What was begun and not signed.
    Drafts,
    /// A state of it, kept or thrown away.
    Draft,
    /// An act. Its answer always counts.
    Act,
}

/// A question to the desk, or an act.
#[derive(Debug)]
pub enum Query {
    /// Whether there is a vault, and which.
    Vault,
    /// Log in.
    Unlock {
        /// Who.
        login: String,
        /// Their passphrase.
        passphrase: SecretBytes,
    },
    /// Make one's own keys with a one-time code. Needs no session.
    Activate {
        /// For whom the code is.
        login: String,
        /// The code.
        code: SecretBytes,
        /// The passphrase that they choose.
        passphrase: SecretBytes,
    },
    /// What waits for the session.
    Inbox,
    /// Figures of the vault.
    Status,
    /// Charts that the session may see.
    Charts,
    /// One chart.
    Chart {
        /// Its number.
        mrn: String,
    },
    /// All versions of an entry.
    History {
        /// The entry's thread.
        thread: String,
    },
    /// Who looked at a chart.
    WhoLooked {
        /// Its number.
        mrn: String,
    },
    /// Prescriptions that the session may see.
    Rxs,
    /// One prescription with its checks.
    Rx {
        /// Its id.
        rx: String,
    },
    /// How a prescription would read and what the checks say, before it is signed.
    Preview {
        /// The chart's number.
        mrn: String,
        /// The order.
        order: Box<Prescription>,
    },
    /// Entries that match.
    Search {
        /// The query as typed.
        query: String,
        /// Where to go on; from the newest where none is given.
        from: Option<Place>,
        /// How many at most.
        limit: u32,
    },
    /// Saved queries and those asked of late.
    Queries,
    /// Requests, shares and grants.
    Access,
    /// The lots on the shelves of one's pharmacies.
    Stock,
    /// All users.
    Users,
    /// All units.
    Units,
    /// Who did what.
    Trail,
    /// Snapshots at the configured target.
    Backups,
    /// The reports of verifications that the host keeps.
    Verifications,
    /// One of them.
    Verification {
        /// When it was made.
        at: Stamp,
    },
    /// Write a report as text into a file of its own in the host's folder.
    SaveVerification {
        /// When it was made.
        at: Stamp,
        /// What it says; the kept one where that is not at hand.
        report: Option<Box<view::VerifyReport>>,
    },
    /// Charts that may be those of a patient who is to be admitted.
    Namesakes {
        /// The unit to admit them to.
        unit: String,
        /// Who they are.
        identity: Box<Identity>,
    },
    /// What the person began and did not sign.
    Drafts,
    /// Keep a state of it.
    KeepDraft(Keep),
    /// Throw it away.
    DropDraft(Keep),
    /// Something that changes something.
    Act {
        /// What to do.
        act: Act,
        /// The draft that is gone once it is done.
        gone: Option<Keep>,
    },
}

/// Something that changes something. **Each becomes one signed entry or none.**
#[derive(Debug)]
pub enum Act {
    /// Admit a patient.
    Admit {
        unit: String,
        identity: Box<Identity>,
    },
    /// Name the attending doctor of a chart.
    Attend { mrn: String, doctor: String },
    /// Write an entry.
    Write { mrn: String, body: Box<Body> },
    /// Write the next version of an entry.
    Amend { entry: String, body: Box<Body> },
    /// Withdraw an entry.
    Retract { entry: String, reason: String },
    /// Sign a prescription.
    Sign {
        mrn: String,
        order: Box<Prescription>,
        past: Option<String>,
        passphrase: SecretBytes,
    },
    /// Hand something over.
    Dispense {
        rx: String,
        dispense: Box<Dispense>,
        past: Option<String>,
        passphrase: SecretBytes,
    },
    /// Put a lot on the shelf, or more of one that is there.
    Receive { lot: Box<Lot>, quantity: Decimal },
    /// Correct the count of a lot.
    Adjust {
        lot: String,
        code: Option<String>,
        pharmacy: String,
        correction: Correction,
        reason: String,
    },
    /// Hold a prescription and ask.
    Hold { rx: String, reason: String },
    /// Refuse a prescription.
    RefuseRx { rx: String, reason: String },
    /// Withdraw a prescription.
    CancelRx { rx: String, reason: String },
    /// Answer a held prescription.
    AnswerRx { rx: String, reason: String },
    /// Ask for access.
    Request {
        mrn: String,
        sections: Vec<String>,
        purpose: String,
        until: Option<view::Stamp>,
    },
    /// Grant it.
    Grant {
        id: String,
        until: Option<view::Stamp>,
    },
    /// Refuse it.
    RefuseAccess { id: String, reason: String },
    /// End it.
    Revoke { id: String, reason: String },
    /// Pass on what one holds.
    Share {
        mrn: String,
        to: String,
        sections: Vec<String>,
        until: Option<view::Stamp>,
    },
    /// Take up what was shared.
    AcceptShare { id: String },
    /// Open a chart in an emergency.
    BreakGlass {
        mrn: String,
        reason: String,
        passphrase: SecretBytes,
    },
    /// Close a break-glass.
    Review {
        id: String,
        finding: String,
        justified: bool,
    },
    /// Deliver unit keys to newcomers who wait.
    Deliver {
        /// The notices that were shown: nobody else is delivered to.
        shown: Vec<String>,
    },
    /// Invite a user.
    AddUser {
        login: String,
        name: String,
        role: Role,
        units: Vec<String>,
    },
    /// Certify a user's keys.
    Approve { login: String, fingerprint: String },
    /// Let a user log in no more.
    Disable { login: String },
    /// Make a new one-time code.
    Reset { login: String },
    /// Make a unit.
    AddUnit { name: String, kind: String },
    /// Put a user into a unit.
    Join { unit: String, login: String },
    /// What went wrong in backups up to then was seen. Of the host, and no entry.
    SeeIncidents { through: Stamp },
    /// Keep a query under a name. Personal, and no entry.
    KeepQuery { name: String, query: String },
    /// Forget the query of a name.
    ForgetQuery { name: String },
}

/// Long work.
#[derive(Debug)]
pub enum JobKind {
    /// Walk the ledger.
    Verify,
    /// Back up to the configured target.
    BackUp,
    /// Check the snapshots of the configured target.
    VerifyBackup {
        /// Which objects are read.
        read: ReadData,
        /// A head that somebody wrote down.
        head: Option<PrintedHead>,
    },
    /// Bring a snapshot back into a new folder.
    Restore {
        /// The folder.
        into: PathBuf,
        /// The beginning of its id; the newest where none is named.
        snapshot: Option<String>,
        /// A head that somebody wrote down.
        head: Option<PrintedHead>,
        /// The restore shares: of each its file, or its text.
        shares: Vec<SecretBytes>,
        /// What to do where the repository is damaged.
        damage: Damage,
    },
    /// Rehearse a restore.
    Drill {
        /// Whose charts are opened there.
        login: String,
        /// Their passphrase.
        passphrase: SecretBytes,
        /// How many charts.
        charts: usize,
        /// The restore shares: of each its file, or its text.
        shares: Vec<SecretBytes>,
    },
    /// Delete what no snapshot needs any more.
    Prune,
    /// Index what the search index does not hold yet.
    Index,
    /// Make a demonstration vault.
    Demo {
        /// How many patients.
        patients: usize,
    },
    /// Make a vault.
    Init {
        /// Login of the first admin.
        admin: String,
        /// Their passphrase.
        passphrase: SecretBytes,
        /// Folder for the shares; one of the host's where none is named.
        shares_out: Option<String>,
    },
}

impl JobKind {
    /// What the list of jobs calls it.
    pub fn title(&self) -> &'static str {
        match self {
            JobKind::Verify => "Verify signatures",
            JobKind::BackUp => "Back up",
            JobKind::VerifyBackup { .. } => "Verify the backup",
            JobKind::Restore { .. } => "Restore",
            JobKind::Drill { .. } => "Drill",
            JobKind::Prune => "Prune the backup",
            JobKind::Index => "Bring the index up",
            JobKind::Demo { .. } => "Make a demonstration vault",
            JobKind::Init { .. } => "Make a vault",
        }
    }
}

impl JobKind {
    /// Whether it can be held and go on. What holds others up while it waits cannot.
    pub fn can_pause(&self) -> bool {
        matches!(
            self,
            JobKind::Verify | JobKind::VerifyBackup { .. } | JobKind::Restore { .. }
        )
    }

    /// Whether it works with the keys of whoever started it, and so ends when they lock.
    pub fn needs_session(&self) -> bool {
        matches!(self, JobKind::Index)
    }
}

impl Query {
    /// What it is about.
    pub fn topic(&self) -> Topic {
        match self {
            Query::Vault => Topic::Vault,
            Query::Unlock { .. } => Topic::Session,
            Query::Activate { .. } => Topic::Account,
            Query::Inbox => Topic::Inbox,
            Query::Status => Topic::Status,
            Query::Charts => Topic::Charts,
            Query::Chart { .. } => Topic::Chart,
            Query::History { .. } | Query::WhoLooked { .. } => Topic::Beside,
            Query::Rxs => Topic::Rxs,
            Query::Rx { .. } => Topic::Rx,
            Query::Preview { .. } | Query::Namesakes { .. } => Topic::Preview,
            Query::Search { .. } => Topic::Search,
            Query::Queries => Topic::Queries,
            Query::Access => Topic::Access,
            Query::Stock => Topic::Stock,
            Query::Users => Topic::Users,
            Query::Units => Topic::Units,
            Query::Trail => Topic::Trail,
            Query::Backups => Topic::Backups,
            Query::Verifications => Topic::Verifications,
            Query::Verification { .. } | Query::SaveVerification { .. } => Topic::Verification,
            Query::Drafts => Topic::Drafts,
            Query::KeepDraft(_) | Query::DropDraft(_) => Topic::Draft,
            Query::Act { .. } => Topic::Act,
        }
    }
}
