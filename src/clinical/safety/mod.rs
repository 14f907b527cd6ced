//! Checks of a prescription against what is known of the patient, at writing and again at dispensing.
//!
//! Two tiers: only what must not happen is a [`Severity::Stop`]; the rest stands beside the order. **A check that could not run
//! says so**: nothing here takes "not known" for "no".
//!
//! - [`ingredient`]: which ingredients a medicine is
//! - [`class`]: the classes that the rules speak of
//! - [`allergy`], [`duplicate`], [`interaction`], [`dose`], [`contraindication`], [`controlled`]: the checks

pub mod allergy;
pub mod class;
pub mod contraindication;
pub mod controlled;
pub mod dose;
pub mod duplicate;
pub mod ingredient;
pub mod interaction;
#[cfg(test)]
mod patient_tests;
#[cfg(test)]
mod tests;

use super::vocabulary::vocabulary;
use super::{Allergy, Concept, MedicationSummary, Prescription, Sex};
use ingredient::{Recognised, recognise};

vocabulary! {
    /// What is checked.
    pub enum Check {
        /// Whether the medicine itself is known.
        Ingredient = 0 "ingredient",
        /// Allergies and intolerances.
        Allergy = 1 "allergy",
        /// The same ingredient or class twice.
        Duplicate = 2 "duplicate",
        /// Interactions with current medication.
        Interaction = 3 "interaction",
        /// Dose limits.
        Dose = 4 "dose",
        /// Kidney function.
        Renal = 5 "renal function",
        /// Pregnancy and breastfeeding.
        Pregnancy = 6 "pregnancy",
        /// Age.
        Age = 7 "age",
        /// Whether a controlled drug is ordered as one.
        Controlled = 8 "controlled drug",
    }
}

vocabulary! {
    /// How much an alert weighs, the heaviest first.
    pub enum Severity {
        /// It needs a reason and a signature, or goes back.
        Stop = 0 "STOP",
        /// The check could not be made; somebody must.
        CouldNotRun = 1 "not checked",
        /// To be weighed.
        Warn = 2 "warn",
        /// Good to know.
        Info = 3 "note",
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Which check.
    pub check: Check,
    /// How much it weighs.
    pub severity: Severity,
    /// What was found, in plain words.
    pub text: String,
    /// Where the rule comes from.
    pub source: Option<&'static str>,
}

/// What is known of the patient. What is absent is unknown, never "no".
#[derive(Debug, Clone, Default)]
pub struct Context<'a> {
    /// Every allergy entry in force, also "no known allergy"; empty means that nobody wrote any.
    pub allergies: &'a [Allergy],
    /// Current medication without the prescription that is checked.
    pub medication: &'a [Concept],
    /// The facts for medication checks.
    pub facts: Option<&'a MedicationSummary>,
    /// Age in completed months.
    pub age_months: Option<u32>,
    /// Administrative sex.
    pub sex: Sex,
}

impl Alert {
    fn new(check: Check, severity: Severity, text: String) -> Self {
        Self {
            check,
            severity,
            text,
            source: None,
        }
    }

    fn citing(self, source: &'static str) -> Self {
        Self {
            source: Some(source),
            ..self
        }
    }
}

impl Context<'_> {
    fn age_years(&self) -> Option<u32> {
        self.age_months.map(|m| m / 12)
    }
}

/// The prescription and the patient's medication, each recognised once for all checks.
struct Subject<'a> {
    prescription: &'a Prescription,
    medicine: Recognised,
    medication: Vec<(&'a Concept, Recognised)>,
    context: &'a Context<'a>,
}

/// Checks `prescription`. The heaviest alerts come first.
pub fn check(prescription: &Prescription, context: &Context) -> Vec<Alert> {
    let subject = Subject {
        prescription,
        medicine: recognise(&prescription.medicine),
        medication: context
            .medication
            .iter()
            .map(|m| (m, recognise(m)))
            .collect(),
        context,
    };
    let mut alerts = known(&subject);
    alerts.extend(allergy::check(&subject));
    alerts.extend(duplicate::check(&subject));
    alerts.extend(interaction::check(&subject));
    alerts.extend(dose::check(&subject));
    alerts.extend(contraindication::check(&subject));
    alerts.extend(controlled::check(&subject));
    alerts.sort_by_key(|a| (a.severity, a.check));
    alerts
}

/// What can be said where a check found nothing: one line for each check without an alert that weighs more than a note.
pub fn passed(prescription: &Prescription, alerts: &[Alert]) -> Vec<(Check, String)> {
    let unknown = alerts.iter().any(|a| a.check == Check::Ingredient);
    let found = |check: Check| {
        alerts
            .iter()
            .any(|a| a.check == check && a.severity != Severity::Info)
    };
    let quiet = Check::ALL
        .iter()
        .copied()
        .filter(|check| !unknown && !found(*check));
    quiet
        .filter_map(|check| Some((check, passed_text(check, prescription)?)))
        .collect()
}

fn passed_text(check: Check, prescription: &Prescription) -> Option<String> {
    Some(match check {
        Check::Allergy => "no allergy or intolerance to it".to_owned(),
        Check::Duplicate => "nothing of the kind is taken already".to_owned(),
        Check::Interaction => "no high-priority interaction".to_owned(),
        Check::Dose => dose::within(prescription)?,
        Check::Ingredient | Check::Renal | Check::Pregnancy | Check::Age | Check::Controlled => {
            return None;
        }
    })
}

/// Says which medicines the other checks cannot see.
fn known(subject: &Subject) -> Vec<Alert> {
    let label = subject.prescription.medicine.label();
    let own = if subject.medicine.ingredients.is_empty() && subject.medicine.unknown.is_empty() {
        vec![label.to_owned()]
    } else {
        subject.medicine.unknown.clone()
    };
    let own = own.into_iter().map(|part| {
        let text = format!("{part}: not among the known ingredients; allergies, duplicates, interactions and dose were not checked");
        Alert::new(Check::Ingredient, Severity::CouldNotRun, text)
    });
    let others = subject.medication.iter().flat_map(|(concept, found)| {
        let nothing = found.ingredients.is_empty() && found.unknown.is_empty();
        found
            .unknown
            .clone()
            .into_iter()
            .chain(nothing.then(|| concept.label().to_owned()))
    });
    let others = others.map(|part| {
        let text = format!("{part}, taken already: not among the known ingredients; interactions with it were not checked");
        Alert::new(Check::Interaction, Severity::CouldNotRun, text)
    });
    own.chain(others).collect()
}
