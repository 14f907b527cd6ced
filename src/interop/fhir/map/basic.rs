//! Basic, <https://hl7.org/fhir/R4/basic.html>: for bodies that FHIR R4 has no resource for. They travel whole in `meta`, as
//! [`super::carried`] says, and in words for whoever cannot read that.

use super::convert::coded;
use super::types::{self, r4};
use crate::clinical::Body;

r4! {
    struct Basic {
        text: Option<types::Narrative>,
        code: Option<types::CodeableConcept>,
        subject: Option<types::Reference>,
        created: Option<String>,
    }
}

/// The system of the codes of our kinds.
const KINDS: &str = "urn:chartseal:fhir:kind";

pub(super) fn write(from: &Body, subject: types::Reference) -> Basic {
    let words = from
        .headline()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let words: String = words.chars().filter(|c| !c.is_control()).collect();
    Basic {
        text: Some(types::Narrative {
            status: Some("generated".to_owned()),
            div: Some(format!(
                "<div xmlns=\"http://www.w3.org/1999/xhtml\">{words}</div>"
            )),
        }),
        code: Some(coded(KINDS, from.kind().as_str())),
        subject: Some(subject),
        created: from.at().map(|at| at.local_date().to_string()),
    }
}
