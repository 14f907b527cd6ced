//! Documents: DocumentReference, Consent and CarePlan, and whatever has no typed view.
//!
//! <https://hl7.org/fhir/R4/documentreference.html>. The media type of a document that is a whole resource is `application/fhir+json`;
//! its content is then the resource itself, which stands in its source.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::convert::{self, label, some, to_concept};
use super::extension;
use super::problem::Problem;
use super::types::{self, r4};
use crate::clinical::{Body, Concept, Document, Note};

r4! {
    struct DocumentReference {
        extension: Vec<types::Extension>,
        status: Option<String>,
        #[serde(rename = "type")]
        kind: Option<types::CodeableConcept>,
        category: Vec<types::CodeableConcept>,
        subject: Option<types::Reference>,
        date: Option<String>,
        description: Option<String>,
        content: Vec<Content>,
    }

    struct Content {
        attachment: Option<types::Attachment>,
    }

    struct Consent {
        status: Option<String>,
        scope: Option<types::CodeableConcept>,
        category: Vec<types::CodeableConcept>,
        date_time: Option<String>,
        provision: Option<Provision>,
    }

    struct Provision {
        #[serde(rename = "type")]
        kind: Option<String>,
    }

    struct CarePlan {
        status: Option<String>,
        title: Option<String>,
        description: Option<String>,
        category: Vec<types::CodeableConcept>,
        period: Option<types::Period>,
        created: Option<String>,
    }
}

/// The media type of a resource.
const FHIR_JSON: &str = "application/fhir+json";
const PLAIN: &str = "text/plain; charset=utf-8";
const LOINC_NOTE: (&str, &str) = (crate::clinical::coding::system::LOINC, "34109-9");

impl DocumentReference {
    /// Whether the first attachment is plain text, or does not say what it is.
    pub(super) fn is_plain_text(&self) -> bool {
        let attachment = self
            .content
            .iter()
            .find_map(|content| content.attachment.as_ref());
        attachment.is_none_or(|a| {
            a.content_type
                .as_deref()
                .is_none_or(|kind| kind.starts_with("text/plain"))
        })
    }
}

/// A document, or a note where the resource says that it was one.
pub(super) fn read(from: &DocumentReference) -> Result<Body, Problem> {
    let attachment = from
        .content
        .iter()
        .find_map(|content| content.attachment.as_ref());
    let content = attachment.map(content).transpose()?.unwrap_or_default();
    let at = from
        .date
        .as_deref()
        .or_else(|| attachment?.creation.as_deref());
    let at = convert::instant(at, "date")?;
    if extension::code(&from.extension, "kind") == Some("note") {
        return Ok(Body::Note(Note {
            title: from.description.clone().unwrap_or_default(),
            text: String::from_utf8(content).map_err(|_| {
                Problem::new("content[0].attachment.data", "a note's text is not UTF-8")
            })?,
            at,
            author_role: extension::code(&from.extension, "author-role")
                .and_then(|role| role.parse().ok()),
            source: None,
        }));
    }
    let named = from
        .description
        .clone()
        .or_else(|| attachment?.title.clone());
    Ok(Body::Document(Document {
        title: named
            .or_else(|| from.kind.as_ref().map(label))
            .unwrap_or_default(),
        kind: convert::concept_or_default(from.kind.as_ref().or(from.category.first())),
        media_type: attachment
            .and_then(|a| a.content_type.clone())
            .unwrap_or_default(),
        content,
        at,
        source: None,
    }))
}

/// The bytes of an attachment; white space in base64, which FHIR allows, is stepped over.
fn content(from: &types::Attachment) -> Result<Vec<u8>, Problem> {
    let Some(data) = &from.data else {
        return Ok(Vec::new());
    };
    let decoded = if data.bytes().any(|b| b.is_ascii_whitespace()) {
        STANDARD.decode(data.split_ascii_whitespace().collect::<String>())
    } else {
        STANDARD.decode(data)
    };
    decoded
        .map_err(|error| Problem::new("content[0].attachment.data", format!("not base64: {error}")))
}

/// The text of a document reference with a plain text in it, as a note.
pub(super) fn read_note(from: &DocumentReference) -> Result<Note, Problem> {
    let attachment = from
        .content
        .iter()
        .find_map(|content| content.attachment.as_ref());
    let Some(data) = attachment else {
        return Err(Problem::new(
            "content[0].attachment",
            "a note needs a text/plain attachment with its text as base64 in `data`",
        ));
    };
    let text = String::from_utf8(content(data)?)
        .map_err(|_| Problem::new("content[0].attachment.data", "the text is not UTF-8"))?;
    let title = from
        .description
        .clone()
        .or_else(|| data.title.clone())
        .or_else(|| from.kind.as_ref().map(label));
    Ok(Note {
        title: title.unwrap_or_default(),
        text,
        at: convert::instant(from.date.as_deref(), "date")?,
        author_role: extension::code(&from.extension, "author-role")
            .and_then(|role| role.parse().ok()),
        source: None,
    })
}

pub(super) fn read_consent(from: &Consent) -> Result<Document, Problem> {
    let decision = from
        .provision
        .as_ref()
        .and_then(|provision| provision.kind.as_deref());
    let scope = from
        .scope
        .as_ref()
        .map(label)
        .filter(|scope| !scope.is_empty());
    let words = [
        Some("Consent".to_owned()),
        scope,
        decision.map(str::to_owned),
        from.status.clone(),
    ];
    Ok(Document {
        title: words.into_iter().flatten().collect::<Vec<_>>().join(", "),
        kind: convert::concept_or_default(from.category.first().or(from.scope.as_ref())),
        media_type: FHIR_JSON.to_owned(),
        content: Vec::new(),
        at: convert::instant(from.date_time.as_deref(), "dateTime")?,
        source: None,
    })
}

pub(super) fn read_care_plan(from: &CarePlan) -> Result<Document, Problem> {
    let category = from
        .category
        .iter()
        .map(label)
        .find(|label| !label.is_empty());
    let subject = from
        .title
        .clone()
        .or_else(|| from.description.clone())
        .or(category);
    let words = [Some("Care plan".to_owned()), subject, from.status.clone()];
    let start = from
        .created
        .as_deref()
        .or_else(|| from.period.as_ref()?.start.as_deref());
    Ok(Document {
        title: words.into_iter().flatten().collect::<Vec<_>>().join(", "),
        kind: convert::concept_or_default(from.category.last()),
        media_type: FHIR_JSON.to_owned(),
        content: Vec::new(),
        at: convert::instant(start, "created")?,
        source: None,
    })
}

/// A resource of a type that has no typed view.
pub(super) fn kept(resource_type: &str) -> Document {
    Document {
        title: resource_type.to_owned(),
        kind: Concept::text(resource_type),
        media_type: FHIR_JSON.to_owned(),
        ..Document::default()
    }
}

pub(super) fn write(from: &Document, subject: types::Reference) -> DocumentReference {
    let attachment = types::Attachment {
        content_type: some(&from.media_type),
        data: (!from.content.is_empty()).then(|| STANDARD.encode(&from.content)),
        ..types::Attachment::default()
    };
    DocumentReference {
        extension: Vec::new(),
        status: Some("current".to_owned()),
        kind: to_concept(&from.kind),
        category: Vec::new(),
        subject: Some(subject),
        date: from.at.as_ref().map(ToString::to_string),
        description: some(&from.title),
        content: vec![Content {
            attachment: Some(attachment),
        }],
    }
}

pub(super) fn write_note(from: &Note, subject: types::Reference) -> DocumentReference {
    let role = from
        .author_role
        .map(|role| extension::of_code("author-role", role.as_str()));
    let attachment = types::Attachment {
        content_type: Some(PLAIN.to_owned()),
        data: (!from.text.is_empty()).then(|| STANDARD.encode(&from.text)),
        ..types::Attachment::default()
    };
    DocumentReference {
        extension: std::iter::once(extension::of_code("kind", "note"))
            .chain(role)
            .collect(),
        status: Some("current".to_owned()),
        kind: Some(convert::coded(LOINC_NOTE.0, LOINC_NOTE.1)),
        category: Vec::new(),
        subject: Some(subject),
        date: from.at.as_ref().map(ToString::to_string),
        description: some(&from.title),
        content: vec![Content {
            attachment: Some(attachment),
        }],
    }
}
