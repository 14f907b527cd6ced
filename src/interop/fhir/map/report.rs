//! DiagnosticReport, <https://hl7.org/fhir/R4/diagnosticreport.html>: a result whose lines are results of their own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::convert::{self, concept, label};
use super::observation::state;
use super::problem::Problem;
use super::types::{self, r4};
use crate::clinical::{Component, Concept, LabResult};
use crate::interop::fhir::read::Lookup;

r4! {
    struct DiagnosticReport {
        status: Option<String>,
        code: Option<types::CodeableConcept>,
        effective_date_time: Option<String>,
        effective_period: Option<types::Period>,
        issued: Option<String>,
        result: Vec<types::Reference>,
        conclusion: Option<String>,
        conclusion_code: Vec<types::CodeableConcept>,
        presented_form: Vec<types::Attachment>,
    }
}

pub(super) fn read(from: &DiagnosticReport, lookup: &Lookup<'_>) -> Result<LabResult, Problem> {
    let start = from
        .effective_period
        .as_ref()
        .and_then(|period| period.start.as_deref());
    let line = |reference: &types::Reference| {
        let words = reference.display.as_deref().map(Concept::text);
        let code = words.or_else(|| lookup.concept(reference))?;
        Some(Component {
            code,
            value: None,
            interpretation: None,
        })
    };
    let mut remarks: Vec<String> = from.conclusion.clone().into_iter().collect();
    remarks.extend(from.conclusion_code.iter().map(label));
    remarks.extend(from.presented_form.iter().filter_map(plain_text));
    Ok(LabResult {
        code: from.code.as_ref().map(concept).unwrap_or_default(),
        components: from.result.iter().filter_map(line).collect(),
        status: state(from.status.as_deref()),
        taken: convert::instant(
            from.effective_date_time.as_deref().or(start),
            "effectiveDateTime",
        )?,
        issued: convert::instant(from.issued.as_deref(), "issued")?,
        note: (!remarks.is_empty()).then(|| remarks.join("\n")),
        ..LabResult::default()
    })
}

/// An attachment that is plain text.
fn plain_text(from: &types::Attachment) -> Option<String> {
    from.content_type
        .as_deref()
        .filter(|kind| kind.starts_with("text/plain"))?;
    String::from_utf8(STANDARD.decode(from.data.as_deref()?).ok()?).ok()
}
