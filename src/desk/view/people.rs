//! Users and units.

use serde::Serialize;

use super::Stamp;
use super::word::words;

words! {
    /// Where a user stands.
    "state of a user" pub enum UserState {
        /// An admin made a one-time code.
        Invited = "invited",
        /// The user made keys and a passphrase.
        Activated = "activated",
        /// An admin certified the keys.
        Active = "active",
        /// May not log in any more.
        Disabled = "disabled",
    }
}

words! {
    /// Where a membership stands.
    "state of a membership" pub enum MemberState {
        /// Authorised; a member's session has yet to deliver the keys.
        Pending = "pending",
        /// Holds the unit's keys.
        Active = "active",
        /// Has left.
        Left = "left",
    }
}

/// One user.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserView {
    /// What they type to log in.
    pub login: String,
    /// Their role.
    pub role: String,
    /// Where they stand.
    pub state: UserState,
    /// Display name.
    pub name: String,
    /// Names of their units, pending ones too.
    pub units: Vec<String>,
    /// The file with the one-time code, when it has just been made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_file: Option<String>,
    /// Fingerprint of their keys, to be compared face to face.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Until when the account refuses every attempt, after too many failures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Stamp>,
    /// Units whose keys nobody holds any more now that this account ended: only the recovery shares open them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub orphaned: Vec<String>,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitView {
    /// Its name.
    pub unit: String,
    /// `ward`, `clinic`, `pharmacy` or `special`.
    pub kind: String,
    /// Who belongs to it.
    pub members: Vec<Member>,
    /// Counts its keys: each leave draws new ones.
    pub epoch: u32,
    /// Its opaque id.
    pub id: String,
    /// How many charts are enrolled in it.
    pub charts: u64,
}

/// One member of a unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// Their login.
    pub login: String,
    /// Where the membership stands.
    pub state: MemberState,
}

/// The outcome of joining, delivering to or leaving a unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitJoined {
    /// Name of the unit.
    pub unit: String,
    /// Login of the user.
    pub user: String,
    /// Where the membership stands now.
    pub state: MemberState,
    /// Fingerprint of the user's keys, to be compared before keys are delivered to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Whether nobody holds the unit's keys any more: only the recovery shares open them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub orphaned: bool,
}

/// Who is at the terminal, for the header.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Who {
    /// Their login.
    pub login: String,
    /// Display name.
    pub name: String,
    /// Their role.
    pub role: String,
    /// Names of their units; the first one is that in which they work now.
    pub units: Vec<String>,
    /// Fingerprint of their keys.
    pub fingerprint: String,
}
