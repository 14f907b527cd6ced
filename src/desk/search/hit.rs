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

/// The part of it that stands before the match.
const LEAD: usize = 8;

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
    // A narrow column shows no more than the beginning: the match stands near it.
    let from = before
        .saturating_sub(most / LEAD)
        .min(length.saturating_sub(most));
    let mut lead = text.chars().skip(from).take(before - from);
    let from = match lead.position(|c| c == ' ') {
        Some(cut) if from > 0 => from + cut + 1,
        _ => from,
    };
    let cut: String = text.chars().skip(from).take(most).collect();
    let (start, end) = (
        if from > 0 { "…" } else { "" },
        if from + most < length { "…" } else { "" },
    );
    format!("{start}{cut}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::{Document, Note};
    use crate::index::query;

    #[test]
    fn a_match_stands_near_the_beginning_of_its_excerpt_in_notes_and_in_documents() {
        let query = query::parse("fever", jiff::civil::date(2026, 11, 22)).unwrap();
        let long = format!(
            "{} \n fever since midnight {}",
            "seen well ".repeat(50),
            "cough ".repeat(50)
        );
        let note = Body::Note(Note {
            text: long.clone(),
            ..Default::default()
        });
        let letter = Body::Document(Document {
            media_type: "text/plain".into(),
            content: long.into_bytes(),
            ..Default::default()
        });
        for body in [note, letter] {
            let found = excerpt(&body, &query, SNIPPET);
            assert!(
                found.starts_with("…well fever since midnight cough"),
                "{found}"
            );
            assert!(found.ends_with('…') && found.chars().count() <= SNIPPET + 2);
        }
        let short = Body::Note(Note {
            text: "some fever".into(),
            ..Default::default()
        });
        assert_eq!(excerpt(&short, &query, SNIPPET), "some fever");
    }
}
