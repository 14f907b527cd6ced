//! Practitioner and Organization: kept whole, under a name by which they can be listed.

use super::convert::label;
use super::document::kept;
use super::types::{self, r4};
use crate::clinical::{Concept, Document};

r4! {
    struct Practitioner {
        identifier: Vec<types::Identifier>,
        name: Vec<types::HumanName>,
    }

    struct Organisation {
        identifier: Vec<types::Identifier>,
        name: Option<String>,
        #[serde(rename = "type")]
        kind: Vec<types::CodeableConcept>,
    }
}

pub(super) fn read_practitioner(from: &Practitioner) -> Document {
    let name = from
        .name
        .first()
        .map(spoken)
        .filter(|name| !name.is_empty());
    Document {
        title: name.unwrap_or_else(|| "Practitioner".to_owned()),
        ..kept("Practitioner")
    }
}

pub(super) fn read_organisation(from: &Organisation) -> Document {
    let kind = from.kind.iter().map(label).find(|kind| !kind.is_empty());
    let title = from
        .name
        .clone()
        .or(kind)
        .unwrap_or_else(|| "Organization".to_owned());
    Document {
        title,
        kind: Concept::text("Organization"),
        ..kept("Organization")
    }
}

/// A name as it is spoken.
pub(super) fn spoken(from: &types::HumanName) -> String {
    let parts = from
        .prefix
        .iter()
        .chain(&from.given)
        .flatten()
        .map(String::as_str);
    let words: Vec<&str> = parts
        .chain(from.family.as_deref())
        .filter(|part| !part.is_empty())
        .collect();
    if words.is_empty() {
        from.text.clone().unwrap_or_default()
    } else {
        words.join(" ")
    }
}
