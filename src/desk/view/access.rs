//! Who may read what, who asked, who decided, and who looked.

use serde::Serialize;

use super::Stamp;
use super::word::words;

words! {
    /// How access came about.
    "kind of access" pub enum AccessKind {
        /// Somebody asked.
        Request = "request",
        /// Somebody who holds access passes it on.
        Share = "share",
        /// A unit cares for the patient.
        Enrolment = "enrolment",
        /// A prescription opened identity and medication to a pharmacy.
        Prescription = "prescription",
        /// An emergency.
        BreakGlass = "break-glass",
    }
}

words! {
    /// Where a request, share or grant stands.
    "state of access" pub enum GrantState {
        /// Waits for a decision, or for the recipient.
        Pending = "pending",
        /// In force.
        Granted = "granted",
        /// Decided against.
        Refused = "refused",
        /// Ended before its time.
        Revoked = "revoked",
        /// Its time ran out.
        Expired = "expired",
    }
}

/// One line of the list of access.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccessLine {
    /// The id that decisions name.
    pub id: String,
    /// How it came about.
    pub kind: AccessKind,
    /// The chart's number where the session may know it, otherwise its opaque id.
    pub chart: String,
    /// Login, or name of the unit, that has or would have access.
    pub who: String,
    /// Sections asked for or granted.
    pub sections: Vec<String>,
    /// What for; absent where the keys do not open it.
    pub purpose: Option<String>,
    /// Where it stands.
    pub state: GrantState,
    /// When it ends.
    pub until: Option<Stamp>,
    /// Login of who decided.
    pub decided_by: Option<String>,
    /// When it was asked for or given.
    pub created: Stamp,
    /// The patient's name, where the keys open it.
    pub name: Option<String>,
    /// Whether this session may decide it.
    pub mine_to_decide: bool,
    /// For break-glass: whether another person has closed it.
    pub reviewed: Option<bool>,
}

/// The outcome of asking, deciding, sharing, revoking or breaking the glass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccessState {
    /// The id that decisions name.
    pub id: String,
    /// Where it stands now.
    pub state: GrantState,
    /// When it ends.
    pub until: Option<Stamp>,
}

/// One line of the audit trail.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditLine {
    /// The entry that says so.
    pub entry: String,
    /// When.
    pub created: Stamp,
    /// Login of who did it; `host` for what has no user.
    pub actor: String,
    /// Their role at that position in the ledger.
    pub role: String,
    /// `view`, `search`, `write`, `grant`, `login`, `denied` …
    pub action: String,
    /// The chart's number where the session may know it, otherwise its opaque id.
    pub chart: Option<String>,
    /// One line more, where the keys open it.
    pub detail: String,
    /// What is odd about it: `own family name`, `at night`, `outside the unit`.
    pub flags: Vec<String>,
}

/// Something that waits for somebody, or tells them something: one line of the inbox.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    /// The id to act on: a request, a prescription, an entry.
    pub id: String,
    /// `request`, `share`, `held`, `refused`, `break-glass`, `join`, `backup` …
    pub kind: String,
    /// When it came.
    pub created: Stamp,
    /// Display name of who caused it.
    pub from: String,
    /// The chart's number, where it is about one.
    pub mrn: Option<String>,
    /// One line that says what is asked or told.
    pub text: String,
    /// Whether somebody must act on it.
    pub waits: bool,
}
