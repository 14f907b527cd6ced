//! What charts hold. Pure: no input or output, no clock, no randomness.
//!
//! A chart is a list of entries; the part of an entry that speaks of a person is a [`Body`]. Each kind of body has a file of its
//! own name ([`identity`], [`vitals`], [`condition`], [`rx`] …), and [`body`] holds their one encoding. [`Decimal`],
//! [`PartialDate`] and [`Instant`] keep what was written, with its precision; [`Concept`] keeps words and codes together.
//!
//! What follows from the bodies:
//!
//! - [`ahead`]: no time of what is written lies in the future
//! - [`measure`], [`flags`], [`news2`]: what vital signs can be, what is not usual at an age, the early-warning score
//! - [`rx_draft`], [`rx_state`], [`rx_status`]: what a prescription needs to be signed, who may move it, what is left to dispense
//! - [`stock`]: the lots of a pharmacy, what is left of them, which goes first
//! - [`safety`]: checks of a prescription against allergies, other medicines and the patient
//! - [`summary`]: the page on which a chart opens
//! - [`synthetic`]: an invented hospital for demonstrations

pub mod administration;
pub mod ahead;
pub mod allergy;
pub mod body;
pub mod coding;
pub mod condition;
pub mod contact;
pub mod decimal;
pub mod dispense;
pub mod document;
pub mod encounter;
pub mod flags;
mod headline;
pub mod identity;
pub mod immunisation;
pub mod instant;
pub mod kind;
pub mod measure;
pub mod medication_summary;
pub mod mrn;
pub mod name;
pub mod news2;
pub mod note;
pub mod partial_date;
pub mod procedure;
pub mod quantity;
pub mod result;
pub mod retraction;
pub mod role;
pub mod rx;
pub mod rx_draft;
pub mod rx_event;
pub mod rx_state;
pub mod rx_status;
pub mod safety;
pub mod source;
pub mod stock;
pub mod summary;
pub mod synthetic;
pub mod vitals;
mod vocabulary;

pub use administration::{Administration, Outcome};
pub use ahead::Ahead;
pub use allergy::{Allergy, AllergyCategory, Criticality, Reaction, Severity, Verification};
pub use body::{BODY_VERSION, Body, BodyError};
pub use coding::{Coding, Concept};
pub use condition::{ClinicalStatus, Condition};
pub use contact::{Address, NextOfKin};
pub use decimal::Decimal;
pub use dispense::{Dispense, SecondSignature};
pub use document::Document;
pub use encounter::{Encounter, EncounterClass, EncounterStatus};
pub use flags::{Flag, FlagLevel};
pub use identity::{Deceased, Identifier, Identity, Link, LinkKind, Sex};
pub use immunisation::Immunisation;
pub use instant::Instant;
pub use kind::Kind;
pub use measure::{Implausible, Measure};
pub use medication_summary::{MedicationSummary, Pregnancy};
pub use mrn::Mrn;
pub use name::{Name, NameUse};
pub use news2::News2;
pub use note::Note;
pub use partial_date::PartialDate;
pub use procedure::{Procedure, ProcedureStatus};
pub use quantity::Quantity;
pub use result::{
    Bound, Component, Interpretation, LabResult, ReferenceRange, ResultStatus, ResultValue,
};
pub use retraction::Retraction;
pub use role::Role;
pub use rx::{Course, Frequency, Intent, Prescription, Schedule, Span, SpanUnit, Substitution};
pub use rx_event::{RxEvent, RxEventKind};
pub use source::Source;
pub use vitals::{Breathing, Consciousness, SpO2Scale, Vitals};
pub use vocabulary::UnknownWord;

#[cfg(test)]
mod body_tests;
#[cfg(test)]
mod rx_status_tests;
#[cfg(test)]
pub(crate) mod sample;
