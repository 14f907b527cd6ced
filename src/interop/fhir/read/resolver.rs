//! Finds the patient that a resource speaks of.

use super::item::{Item, Mapped};
use super::reference::{Reference, identifier_key, keys_of};
use super::scoped::{Meaning, Place, Scoped};

/// Knows the patients of an import by every name that others may call them. `K` is what the importer calls a patient by.
///
/// The reader hands out the patients of a file before the rest, so whoever teaches the resolver each patient as it comes can ask
/// for every other item's patient at once.
#[derive(Debug)]
pub struct Resolver<K> {
    patients: Scoped<K>,
}

/// Whom a resource speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution<K> {
    /// This patient.
    Patient(K),
    /// Nobody: it has no subject, or one without reference and identifier.
    NoSubject,
    /// Something other than a patient: a group, a device, a place.
    NotAPatient(String),
    /// A patient that this import has not met; the text names the reference.
    Unresolved(String),
    /// A name that means different patients in different files; the text names the reference.
    Ambiguous(String),
}

impl<K: Clone + PartialEq> Default for Resolver<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Clone + PartialEq> Resolver<K> {
    /// A resolver that knows nobody.
    pub fn new() -> Self {
        Self {
            patients: Scoped::new(),
        }
    }

    /// Remembers that `item`, a patient, is `patient`. Other items are not remembered.
    pub fn learn(&mut self, item: &Item, patient: &K) {
        let Mapped::Patient(identity) = &item.mapped else {
            return;
        };
        let at = Place {
            file: &item.file,
            set: &item.set,
            server: item.server.as_deref(),
        };
        for key in keys_of(item.full_url.as_deref(), "Patient", Some(&item.id)) {
            self.patients.learn(at, &key, patient);
        }
        for identifier in &identity.identifiers {
            let key = identifier_key(&identifier.system, &identifier.value);
            self.patients.learn(at, &key, patient);
        }
    }

    /// Whom `item` speaks of.
    pub fn resolve(&self, item: &Item) -> Resolution<K> {
        item.subject
            .as_ref()
            .map_or(Resolution::NoSubject, |subject| self.find(item, subject))
    }

    /// Whom `reference`, which stands in `item`, points to.
    pub fn find(&self, item: &Item, reference: &Reference) -> Resolution<K> {
        let own = item.server.as_deref();
        let keys = reference.keys(own);
        if keys.is_empty() {
            return Resolution::NoSubject;
        }
        let shown = || {
            reference
                .target
                .clone()
                .or_else(|| Some(keys.first()?.trim_start_matches('=').to_owned()))
                .unwrap_or_default()
        };
        let at = Place {
            file: &item.file,
            set: &item.set,
            server: reference.server(own),
        };
        match self.patients.find(at, &keys) {
            Meaning::One(patient) => Resolution::Patient(patient.clone()),
            Meaning::Several => Resolution::Ambiguous(shown()),
            Meaning::None => match reference.target_type() {
                Some(kind)
                    if kind != "Patient" && kind.starts_with(|c: char| c.is_ascii_uppercase()) =>
                {
                    Resolution::NotAPatient(shown())
                }
                _ => Resolution::Unresolved(shown()),
            },
        }
    }
}
