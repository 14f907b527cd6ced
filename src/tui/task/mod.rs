//! What a form, a text or a menu is for: the question it puts, and the act that its answer becomes.
//!
//! Typed text is parsed here into the domain's types; what cannot be parsed is said at its field, and nothing
//! leaves the screen. A task never does anything itself: it gives an act to the shell.

mod access;
mod allergy;
mod begin;
mod chart;
mod draft;
mod identity;
mod people;
mod problem;
mod query;
mod repository;
mod rx;
mod stock;
mod vitals;

use super::draft::offer_instead;
use super::popup::{Form, Popup, Wrong};
use super::shell::Shell;
use crate::clinical::{Identity, Prescription};
use crate::desk::view::{self, Amends};

pub use identity::ANOTHER;
pub use rx::checked;

/// What is being filled in.
#[derive(Debug, Clone)]
pub enum Task {
    /// A clinical note for a chart.
    Note { mrn: String, amends: Option<Amends> },
    /// Vital signs.
    Vitals { mrn: String, amends: Option<Amends> },
    /// A problem or diagnosis.
    Problem { mrn: String, amends: Option<Amends> },
    /// An allergy or intolerance.
    Allergy { mrn: String, amends: Option<Amends> },
    /// The withdrawal of an entry.
    Retract { entry: String, headline: String },
    /// A new patient.
    Admit { units: Vec<String> },
    /// A new patient who may be one of those who have a chart already.
    AdmitNamesake {
        units: Vec<String>,
        identity: Box<Identity>,
        known: Vec<view::ChartLine>,
    },
    /// The correction of who a patient is.
    Correct { mrn: String, amends: Amends },
    /// Who attends a chart.
    Attend { mrn: String, who: String },
    /// A prescription, before it is checked.
    Order { mrn: Option<String> },
    /// A prescription that was checked and is to be signed.
    Sign {
        mrn: String,
        order: Box<Prescription>,
        preview: Box<view::RxPreview>,
    },
    /// A medicine to hand over.
    Dispense { rx: Box<view::RxView> },
    /// A lot that came.
    Receive,
    /// A lot that was counted.
    Count { lot: Box<view::StockLine> },
    /// A question to the prescriber.
    Hold { rx: String, what: String },
    /// The pharmacy's refusal.
    RefuseRx { rx: String, what: String },
    /// The prescriber's withdrawal.
    CancelRx { rx: String, what: String },
    /// The prescriber's answer.
    AnswerRx { rx: String, what: String },
    /// A request for access.
    Request { mrn: Option<String> },
    /// A grant.
    Grant { id: String, what: String },
    /// A refusal of access.
    RefuseAccess { id: String, what: String },
    /// The end of a grant.
    Revoke { id: String, what: String },
    /// Passing a chart on to a colleague.
    Share { mrn: String },
    /// An emergency.
    BreakGlass { mrn: Option<String> },
    /// The review of a break-glass.
    Review { id: String, what: String },
    /// An invitation.
    AddUser { units: Vec<String> },
    /// The comparison of a fingerprint.
    Approve {
        login: String,
        fingerprint: Option<String>,
    },
    /// A membership.
    Join { login: String, units: Vec<String> },
    /// A new unit.
    AddUnit,
    /// The check of the backup.
    VerifyBackup,
    /// A restore into a new folder.
    Restore { threshold: u8 },
    /// A rehearsal of one.
    Drill { threshold: u8 },
    /// One's own keys, with a one-time code.
    Activate { login: String },
    /// A new vault.
    Init,
    /// A demonstration.
    Demo,
    /// A name for a query.
    KeepQuery { query: String, name: String },
}

impl Task {
    /// Puts its question on the screen, or offers what was begun of its kind and not finished.
    pub fn begin(self, shell: &mut Shell) {
        if offer_instead(&self, shell) {
            return;
        }
        let mut popup = self.popup(shell.now);
        popup.begun_at(u64::try_from(shell.now.millis()).unwrap_or_default());
        shell.push(popup);
    }

    /// Its question, begun at `now`.
    pub fn popup(&self, now: view::Stamp) -> Popup {
        match self {
            Task::Note { .. }
            | Task::Vitals { .. }
            | Task::Problem { .. }
            | Task::Allergy { .. }
            | Task::Retract { .. }
            | Task::Attend { .. } => chart::popup(self, now),
            Task::Admit { .. } | Task::AdmitNamesake { .. } | Task::Correct { .. } => {
                identity::popup(self)
            }
            Task::Order { .. }
            | Task::Sign { .. }
            | Task::Dispense { .. }
            | Task::Hold { .. }
            | Task::RefuseRx { .. }
            | Task::CancelRx { .. }
            | Task::AnswerRx { .. } => rx::popup(self),
            Task::Request { .. }
            | Task::Grant { .. }
            | Task::RefuseAccess { .. }
            | Task::Revoke { .. }
            | Task::Share { .. }
            | Task::BreakGlass { .. }
            | Task::Review { .. } => access::popup(self),
            Task::AddUser { .. } | Task::Approve { .. } | Task::Join { .. } | Task::AddUnit => {
                people::popup(self)
            }
            Task::Activate { .. } | Task::Init | Task::Demo => begin::popup(self),
            Task::Receive | Task::Count { .. } => stock::popup(self),
            Task::VerifyBackup | Task::Restore { .. } | Task::Drill { .. } => {
                repository::popup(self)
            }
            Task::KeepQuery { query, name } => query::popup(self, query, name),
        }
    }

    /// Takes a filled form: gives its act to the shell, or says which field cannot be taken.
    pub fn filled(self, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
        match &self {
            Task::Note { .. } => Ok(()),
            Task::Vitals { .. }
            | Task::Problem { .. }
            | Task::Allergy { .. }
            | Task::Retract { .. }
            | Task::Attend { .. } => chart::filled(self, form, shell),
            Task::Admit { .. } | Task::AdmitNamesake { .. } | Task::Correct { .. } => {
                identity::filled(self, form, shell)
            }
            Task::Order { .. }
            | Task::Sign { .. }
            | Task::Dispense { .. }
            | Task::Hold { .. }
            | Task::RefuseRx { .. }
            | Task::CancelRx { .. }
            | Task::AnswerRx { .. } => rx::filled(self, form, shell),
            Task::Request { .. }
            | Task::Grant { .. }
            | Task::RefuseAccess { .. }
            | Task::Revoke { .. }
            | Task::Share { .. }
            | Task::BreakGlass { .. }
            | Task::Review { .. } => access::filled(self, form, shell),
            Task::AddUser { .. } | Task::Approve { .. } | Task::Join { .. } | Task::AddUnit => {
                people::filled(self, form, shell)
            }
            Task::Activate { .. } | Task::Init | Task::Demo => begin::filled(&self, form, shell),
            Task::Receive | Task::Count { .. } => stock::filled(self, form, shell),
            Task::VerifyBackup | Task::Restore { .. } | Task::Drill { .. } => {
                repository::filled(&self, form, shell)
            }
            Task::KeepQuery { query, .. } => query::filled(query, form, shell),
        }
    }

    /// Takes a written text.
    pub fn note(&self, text: &str, shell: &mut Shell) -> Result<(), Wrong> {
        chart::note(self, text, shell)
    }
}

/// A form that asks for nothing but a reason.
fn reason(title: impl Into<String>, what: &str, task: Task) -> Popup {
    use super::popup::Entry;
    let form = Form::new(
        title,
        task,
        vec![Entry::text("reason", "", "it is signed and stays readable")],
    );
    let what = what.lines();
    let what = what.map(|line| (line.to_owned(), super::theme::Tone::Text));
    Popup::Form(Box::new(form.under(what.collect())))
}
