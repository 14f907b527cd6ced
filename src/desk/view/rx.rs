//! Prescriptions, from the prescriber's desk to the counter.

use serde::Serialize;
use serde_json::Value;

use super::word::words;
use super::{Alert, Amount, Severity, Stamp, StockLine};

words! {
    /// The state of a prescription.
    "state of a prescription" pub enum RxState {
        /// Not signed yet.
        Draft = "draft",
        /// Signed, waiting for a pharmacy.
        Signed = "signed",
        /// A pharmacist asks the prescriber.
        Held = "held",
        /// A part was handed over.
        DispensedInPart = "dispensed in part",
        /// All was handed over, repeats included.
        DispensedInFull = "dispensed in full",
        /// The pharmacy refused it or the rest of it.
        Refused = "refused",
        /// The prescriber withdrew it or the rest of it.
        Cancelled = "cancelled",
        /// Its time ran out.
        Expired = "expired",
        /// Imported from elsewhere, never dispensed here.
        Recorded = "recorded",
    }
}

words! {
    /// Whether a signature holds.
    "verdict on a signature" pub enum SignatureState {
        /// It does.
        Ok = "ok",
        /// It does not.
        Bad = "bad",
    }
}

words! {
    /// How one check came out, for the list beside an order.
    "outcome of a check" pub enum CheckOutcome {
        /// Nothing against it.
        Ok = "ok",
        /// A remark.
        Note = "note",
        /// Worth a look.
        Warn = "warn",
        /// It could not run.
        CouldNotRun = "could not run",
        /// Not without a reason and a signature.
        Stop = "stop",
    }
}

/// One line of a list of prescriptions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RxLine {
    /// The prescription's id: that of its thread.
    pub rx: String,
    /// The chart's number.
    pub mrn: String,
    /// Medicine, strength and form.
    pub medicine: String,
    /// Where it stands.
    pub state: RxState,
    /// Display name of who signed it.
    pub prescriber: String,
    /// When it was signed.
    pub signed: Option<Stamp>,
    /// What is left to hand over, repeats included; absent where no quantity was ordered.
    pub remaining: Option<Amount>,
    /// The patient's name, where the keys open it.
    pub name: Option<String>,
    /// The unit of the quantities: `tablet`, `ml`.
    pub unit: Option<String>,
    /// The schedule of a controlled drug.
    pub controlled: Option<String>,
    /// Minutes since it was signed or answered, while it waits for a pharmacy.
    pub waiting_minutes: Option<u64>,
    /// The gravest alert that stands against it.
    pub worst: Option<Severity>,
    /// Name of the addressed pharmacy; absent where it is open to all.
    pub pharmacy: Option<String>,
    /// When it expires.
    pub expires: Option<Stamp>,
}

/// One prescription in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RxView {
    /// What the list says of it.
    #[serde(flatten)]
    pub line: RxLine,
    /// The whole text that was signed, line by line, as it is shown before signing.
    pub text: Vec<String>,
    /// The body: a FHIR R4 MedicationRequest in the fields that FHIR has.
    pub body: Value,
    /// What happened to it, from the oldest to the newest.
    pub events: Vec<RxEventView>,
    /// The checks, each with its outcome, for the panel beside the order.
    pub checks: Vec<Check>,
    /// The same checks as alerts, the gravest first.
    pub alerts: Vec<Alert>,
    /// What is on the shelf for it, first expiring first; empty outside a pharmacy.
    pub stock: Vec<StockLine>,
    /// What was handed over so far.
    pub dispensed: Option<Amount>,
    /// What was ordered, without repeats.
    pub quantity: Option<Amount>,
    /// Repeats that are left.
    pub repeats_left: Option<u32>,
    /// Fingerprint of the key that signed it.
    pub key: Option<String>,
    /// Sequence number of its current version in the ledger.
    pub seq: u64,
    /// Whether signing it asks for a second factor.
    pub second_factor: bool,
}

/// A prescription before it is signed: what the signature will cover and what the checks say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RxPreview {
    /// The chart's number.
    pub mrn: String,
    /// The patient's name.
    pub name: String,
    /// The whole text that would be signed, line by line.
    pub text: Vec<String>,
    /// The checks, each with its outcome.
    pub checks: Vec<Check>,
    /// The same checks as alerts, the gravest first.
    pub alerts: Vec<Alert>,
    /// Whether signing it asks for a second factor.
    pub second_factor: bool,
}

/// Something that happened to a prescription.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RxEventView {
    /// The entry that says so.
    pub entry: String,
    /// `signed`, `dispensed`, `held`, `answered`, `refused`, `cancelled`, `expired`.
    pub event: String,
    /// When.
    pub created: Stamp,
    /// Display name of who did it.
    pub by: String,
    /// Their role at that position in the ledger.
    pub role: String,
    /// Whether signature, role and commitment hold.
    pub verified: bool,
    /// What was handed over.
    pub quantity: Option<Amount>,
    /// The lot that it came from.
    pub lot: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// One check and how it came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// `signature`, `signer`, `text`, `state`, `allergy`, `interaction`, `dose`, `stock` …
    pub check: String,
    /// How it came out.
    pub outcome: CheckOutcome,
    /// What was found, in one line.
    pub text: String,
}

/// What `rx verify` found. Looking changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RxVerdict {
    /// The prescription.
    pub rx: String,
    /// Whether the signature holds over the text as it stands.
    pub signature: SignatureState,
    /// Display name of who signed it.
    pub signer: String,
    /// Their role when they signed.
    pub role_at_signing: String,
    /// Whether the signer's certificate has been withdrawn since.
    pub revoked: bool,
    /// Where the prescription stands.
    pub state: RxState,
    /// Whether it may be dispensed now: signature, signer and text hold, every step of its thread was legal, and its state
    /// allows it. `signature` alone says whether it stands as it was signed.
    pub ok: bool,
    /// When it was signed.
    pub signed: Option<Stamp>,
    /// Fingerprint of the signing key.
    pub key: String,
    /// Each check with its outcome.
    pub checks: Vec<Check>,
}

/// A prescription was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RxWritten {
    /// The entry's id.
    pub entry: String,
    /// Its thread.
    pub thread: String,
    /// The chart's number.
    pub mrn: String,
    /// What the checks had to say.
    pub alerts: Vec<Alert>,
    /// The prescription's id.
    pub rx: String,
    /// Where it stands.
    pub state: RxState,
}

/// Something was handed over.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dispensed {
    /// The prescription.
    pub rx: String,
    /// Where it stands now.
    pub state: RxState,
    /// What was handed over just now.
    pub dispensed: Amount,
    /// What is left, repeats included.
    pub remaining: Option<Amount>,
    /// The lot that it came from.
    pub lot: Option<String>,
    /// The entry that says so.
    pub entry: String,
    /// What the checks had to say.
    pub alerts: Vec<Alert>,
}

/// A prescription was held, answered, refused or cancelled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RxMoved {
    /// The prescription.
    pub rx: String,
    /// Where it stands now.
    pub state: RxState,
    /// The entry that says so.
    pub entry: String,
}
