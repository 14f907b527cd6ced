//! A match as it is shown: the words around what was found, and which fields matched.

use crate::clinical::Body;
use crate::desk::indexing;
use crate::desk::view::{Hit, Preview, Stamp};
use crate::index::{Facts, Query};

use super::part::Found;
use super::patients::Patient;

/// How many characters of a text stand around the first match.
const SNIPPET: usize = 80;
/// The same, where there is room to read.
const PREVIEW: usize = 600;

/// The match, with the name of its chart's patient as far as it may be known.
pub(super) fn hit(found: &Found, patient: &Patient, query: &Query) -> Hit {
    let leaf = &found.leaf;
    let mut hit = Hit {
        mrn: patient.mrn.clone(),
        name: patient.name.clone(),
        kind: String::new(),
        created: Stamp::from_millis(leaf.core.created as i64),
        snippet: String::new(),
        entry: leaf.core.id.to_string(),
        author: leaf.author.clone(),
        verified: true,
        thread: leaf.core.thread.to_string(),
        matched: Vec::new(),
        marks: Vec::new(),
        preview: Preview::default(),
    };
    let Some(body) = leaf.body() else { return hit };
    body.kind().as_str().clone_into(&mut hit.kind);
    if let Some(at) = body.at() {
        hit.created = Stamp::from_millis(at.unix_millis());
    }
    let facts = Facts::of(body, indexing::meta(&leaf.login, leaf.core.created));
    hit.matched = query.matched_fields(&facts, patient.facts.as_ref());
    hit.snippet = excerpt(body, query, SNIPPET);
    hit.marks = query.marks(&hit.snippet);
    let text = excerpt(body, query, PREVIEW);
    hit.preview = Preview {
        marks: query.marks(&text),
        text,
    };
    hit
}

/// The headline, or of a longer text the words around the first match: at most so many characters, and two `…`.
fn excerpt(body: &Body, query: &Query, most: usize) -> String {
    let text = match body {
        Body::Note(note) => note.text.as_str().into(),
        Body::Document(document) if document.media_type.starts_with("text/") => {
            String::from_utf8_lossy(&document.content)
        }
        _ => return body.headline(),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(first) = query.marks(&text).first().cloned() else {
        // What matched stands elsewhere: in the title, in the author.
        return body.headline();
    };
    let before = text[..first.start].chars().count();
    let length = text.chars().count();
    let from = before
        .saturating_sub(most / 3)
        .min(length.saturating_sub(most));
    let cut: String = text.chars().skip(from).take(most).collect();
    let (start, end) = (
        if from > 0 { "…" } else { "" },
        if from + most < length { "…" } else { "" },
    );
    format!("{start}{cut}{end}")
}
