//! Charts: the list, one chart, one entry, and what writing one answers.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Stamp;
use super::word::words;
use crate::clinical::Body;

/// One line of the list of charts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChartLine {
    /// The number on the wristband.
    pub mrn: String,
    /// Family name, given names.
    pub name: String,
    /// As precise as it is known: `1961`, `1961-04` or `1961-04-03`.
    pub birth_date: Option<String>,
    /// `male`, `female`, `other` or `unknown`.
    pub sex: Option<String>,
    /// Names of the units in which the chart is enrolled.
    pub units: Vec<String>,
    /// The chart's opaque id.
    pub chart: String,
    /// Years since birth, today or on the day of death.
    pub age: Option<u16>,
    /// Whether the patient has died.
    pub deceased: bool,
    /// Display name of the attending doctor.
    pub attending: Option<String>,
    /// When an entry was last written that this session can see.
    pub last_entry: Option<Stamp>,
}

/// One chart, as far as the session's keys open it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChartView {
    /// The number on the wristband.
    pub mrn: String,
    /// Family name, given names. Empty where the identity section is closed.
    pub name: String,
    /// As precise as it is known.
    pub birth_date: Option<String>,
    /// `male`, `female`, `other` or `unknown`.
    pub sex: Option<String>,
    /// The open sections by name, each with its entries from the newest to the oldest.
    pub sections: BTreeMap<String, Vec<EntryView>>,
    /// The chart's opaque id.
    pub chart: String,
    /// Years since birth.
    pub age: Option<u16>,
    /// Whether the patient has died.
    pub deceased: bool,
    /// Names of the units in which the chart is enrolled.
    pub units: Vec<String>,
    /// Display name of the attending doctor.
    pub attending: Option<String>,
    /// The same with what it takes to check the assignment.
    pub attending_signed: Option<Attending>,
    /// Sections that exist and that the session's keys do not open.
    pub closed: Vec<String>,
    /// What must be seen first: allergies, abnormal vitals, break-glass in force.
    pub alerts: Vec<Alert>,
    /// The page on which a chart opens.
    pub summary: Summary,
}

/// The attending doctor of a chart, as far as it takes to check the assignment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attending {
    /// Login of the doctor.
    pub login: String,
    /// Their display name.
    pub name: String,
    /// Their role.
    pub role: String,
    /// Fingerprint of their key.
    pub key: String,
    /// Display name of who signed the assignment.
    pub named_by: String,
    /// When.
    pub since: Stamp,
}

/// The attending doctor was named.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attended {
    /// The chart's number.
    pub mrn: String,
    /// The entry that says so.
    pub entry: String,
    /// Who it is.
    #[serde(flatten)]
    pub attending: Attending,
}

/// The page on which a chart opens.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Summary {
    /// One row for each vital sign that was ever measured, and one below it for what the patient reported since.
    pub vitals: Vec<VitalSeries>,
    /// The early-warning score that stands.
    pub news2: Option<News2>,
    /// Active problems, code and text.
    pub problems: Vec<String>,
    /// Allergies in force, with reaction and certainty.
    pub allergies: Vec<String>,
    /// Current medicines with strength.
    pub medicines: Vec<String>,
    /// The last notes, newest first.
    pub notes: Vec<Note>,
}

/// One vital sign over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VitalSeries {
    /// Short name: `BP`, `Pulse`, `SpO2`.
    pub measure: String,
    /// `mmHg`, `/min`, `%`, `°C`.
    pub unit: String,
    /// Values from the oldest to the newest, for a sparkline; for blood pressure the systolic ones.
    pub series: Vec<f64>,
    /// The last value as written, `148/92`.
    pub latest: String,
    /// Whether the last value is outside its limits.
    pub abnormal: bool,
    /// Whether the patient reported the values and nobody of the staff took them.
    pub self_reported: bool,
    /// When the last value was taken.
    pub at: Stamp,
}

/// The National Early Warning Score 2 of one set of vitals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct News2 {
    /// The sum, 0 to 20.
    pub score: u8,
    /// `none`, `low`, `low-medium`, `medium` or `high`.
    pub risk: String,
    /// Whether every value that the score needs was there; if not, the true score may be higher.
    pub complete: bool,
    /// When the vitals were taken.
    pub at: Stamp,
    /// Whether vitals were taken since, without what a score needs.
    pub followed: bool,
}

/// A clinical note, for the summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    /// The entry that holds it.
    pub entry: String,
    /// When it was written.
    pub created: Stamp,
    /// Display name of its author.
    pub author: String,
    /// Whether signature, role and commitment hold.
    pub verified: bool,
    /// Its text.
    pub text: String,
}

/// One entry of a chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryView {
    /// The entry's id.
    pub entry: String,
    /// The id of its thread: all its versions share it.
    pub thread: String,
    /// `vitals`, `condition`, `note` …
    pub kind: String,
    /// When it was written.
    pub created: Stamp,
    /// Display name of its author.
    pub author: String,
    /// Whether signature, role at that position and commitment hold.
    pub verified: bool,
    /// The body: a FHIR R4 resource in the fields that FHIR has.
    pub body: Value,
    /// The author's role at the entry's position in the ledger.
    pub author_role: String,
    /// `identity`, `clinical`, `medication` or `access`.
    pub section: String,
    /// One plain line that says what it is: `BP 172/104 mmHg !  pulse 88`.
    pub headline: String,
    /// What is abnormal in it, in words.
    pub flags: Vec<String>,
    /// Its place among the versions of its thread, from 1.
    pub version: u32,
    /// How many versions the thread has.
    pub versions: u32,
    /// The version before it.
    pub parent: Option<String>,
    /// Set where the thread was withdrawn.
    pub retracted: Option<Retracted>,
    /// The system from which it was imported.
    pub source: Option<String>,
    /// Its sequence number in the ledger.
    pub seq: u64,
    /// The body in the domain's own types, where it is of a kind that is amended at the screen. **An amendment begins with it**: what
    /// a form does not show stays as it was. Not part of the JSON.
    #[serde(skip)]
    pub typed: Option<Box<Body>>,
}

/// The withdrawal of an entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Retracted {
    /// Why.
    pub reason: String,
    /// Display name of who withdrew it.
    pub by: String,
    /// When.
    pub at: Stamp,
}

words! {
    /// How much an alert weighs. The order is that of weight: `Stop` is the greatest.
    "severity" pub enum Severity {
        /// Stands beside the order.
        Info = "info",
        /// Worth a look, interrupts nobody.
        Warn = "warn",
        /// The check could not run, which is said loudly.
        CouldNotRun = "could not run",
        /// Nothing is written unless it is overridden with a reason.
        Stop = "stop",
    }
}

/// What a check has to say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alert {
    /// Which check: `allergy`, `duplicate`, `interaction`, `dose`, `pregnancy`, `age`, `vitals` …
    pub check: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What was found, in one line.
    pub text: String,
    /// Whether it was signed past with a reason.
    pub overridden: bool,
    /// When what it speaks of was recorded, where that matters.
    pub at: Option<Stamp>,
}

/// An entry was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Written {
    /// Its id.
    pub entry: String,
    /// The thread that it began or continued.
    pub thread: String,
    /// The chart's number.
    pub mrn: String,
    /// What the checks had to say.
    pub alerts: Vec<Alert>,
}
