//! What a form, a text or a menu is for: the question it puts, and the act that its answer becomes.
//!
//! Typed text is parsed here into the domain's types; what cannot be parsed is said at its field, and nothing
//! leaves the screen. A task never does anything itself: it gives an act to the shell.

mod access;
mod chart;
mod people;
mod query;
mod rx;

use super::popup::{Form, Wrong};
use super::shell::Shell;
use crate::clinical::Prescription;
use crate::desk::view;

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
    /// A new vault.
    Init,
    /// A name for a query.
    KeepQuery { query: String, name: String },
}

/// The entry that a new version follows, and the values with which its form begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Amends {
    /// The entry.
    pub entry: String,
    /// Its body, as the desk shows it.
    pub body: serde_json::Value,
}

impl Task {
    /// Puts its question on the screen.
    pub fn begin(self, shell: &mut Shell) {
        let popup = match &self {
            Task::Note { .. }
            | Task::Vitals { .. }
            | Task::Problem { .. }
            | Task::Allergy { .. }
            | Task::Retract { .. }
            | Task::Admit { .. }
            | Task::Attend { .. } => chart::popup(&self),
            Task::Order { .. }
            | Task::Sign { .. }
            | Task::Dispense { .. }
            | Task::Hold { .. }
            | Task::RefuseRx { .. }
            | Task::CancelRx { .. }
            | Task::AnswerRx { .. } => rx::popup(&self),
            Task::Request { .. }
            | Task::Grant { .. }
            | Task::RefuseAccess { .. }
            | Task::Revoke { .. }
            | Task::Share { .. }
            | Task::BreakGlass { .. }
            | Task::Review { .. } => access::popup(&self),
            Task::AddUser { .. }
            | Task::Approve { .. }
            | Task::Join { .. }
            | Task::AddUnit
            | Task::Init => people::popup(&self),
            Task::KeepQuery { query, name } => query::popup(&self, query, name),
        };
        shell.push(popup);
    }

    /// Takes a filled form: gives its act to the shell, or says which field cannot be taken.
    pub fn filled(self, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
        match &self {
            Task::Note { .. } => Ok(()),
            Task::Vitals { .. }
            | Task::Problem { .. }
            | Task::Allergy { .. }
            | Task::Retract { .. }
            | Task::Admit { .. }
            | Task::Attend { .. } => chart::filled(self, form, shell),
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
            Task::AddUser { .. }
            | Task::Approve { .. }
            | Task::Join { .. }
            | Task::AddUnit
            | Task::Init => people::filled(self, form, shell),
            Task::KeepQuery { query, .. } => query::filled(query, form, shell),
        }
    }

    /// Takes a written text.
    pub fn note(&self, text: &str, shell: &mut Shell) -> Result<(), Wrong> {
        chart::note(self, text, shell)
    }
}

/// A form that asks for nothing but a reason.
fn reason(title: impl Into<String>, what: &str, task: Task) -> super::popup::Popup {
    use super::popup::{Entry, Popup};
    let form = Form::new(
        title,
        task,
        vec![Entry::text("reason", "", "it is signed and stays readable")],
    );
    Popup::Form(Box::new(
        form.under(vec![(what.to_owned(), super::theme::Tone::Text)]),
    ))
}
