//! Text for people: what a Narrative's XHTML says without its tags, and notes that come as Composition or Communication.

use super::convert::{self, label};
use super::problem::Problem;
use super::types::{self, r4};
use crate::clinical::Note;

r4! {
    struct Composition {
        title: Option<String>,
        #[serde(rename = "type")]
        kind: Option<types::CodeableConcept>,
        date: Option<String>,
        text: Option<types::Narrative>,
        section: Vec<Section>,
    }

    struct Section {
        title: Option<String>,
        text: Option<types::Narrative>,
        section: Vec<Section>,
    }

    struct Communication {
        topic: Option<types::CodeableConcept>,
        sent: Option<String>,
        payload: Vec<Payload>,
        note: Vec<types::Annotation>,
    }

    struct Payload {
        content_string: Option<String>,
    }
}

pub(super) fn read_composition(from: &Composition) -> Result<Note, Problem> {
    let mut paragraphs = Vec::new();
    sections(&from.section, &mut paragraphs);
    if paragraphs.is_empty() {
        paragraphs.extend(from.text.as_ref().and_then(plain));
    }
    Ok(Note {
        title: from
            .title
            .clone()
            .or_else(|| from.kind.as_ref().map(label))
            .unwrap_or_default(),
        text: paragraphs.join("\n\n"),
        at: convert::instant(from.date.as_deref(), "date")?,
        ..Note::default()
    })
}

fn sections(from: &[Section], into: &mut Vec<String>) {
    for section in from {
        let text = section.text.as_ref().and_then(plain);
        into.extend(match (&section.title, text) {
            (Some(title), Some(text)) => Some(format!("{title}\n{text}")),
            (title, text) => text.or_else(|| title.clone()),
        });
        sections(&section.section, into);
    }
}

pub(super) fn read_communication(from: &Communication) -> Result<Note, Problem> {
    let said = from
        .payload
        .iter()
        .filter_map(|payload| payload.content_string.clone());
    Ok(Note {
        title: from.topic.as_ref().map(label).unwrap_or_default(),
        text: said
            .chain(convert::note(&from.note))
            .collect::<Vec<_>>()
            .join("\n\n"),
        at: convert::instant(from.sent.as_deref(), "sent")?,
        ..Note::default()
    })
}

/// What a narrative says; `None` where it says nothing.
fn plain(from: &types::Narrative) -> Option<String> {
    let mut text = String::new();
    let mut rest = from.div.as_deref()?;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let end = rest[start..]
            .find('>')
            .map_or(rest.len(), |end| start + end + 1);
        let tag = rest[start..end]
            .trim_matches(['<', '>', '/', ' '])
            .split([' ', '\n'])
            .next()
            .unwrap_or_default();
        if matches!(
            tag,
            "br" | "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" | "h4"
        ) && !text.ends_with('\n')
        {
            text.push('\n');
        }
        rest = &rest[end..];
    }
    text.push_str(rest);
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrative_is_read_without_its_tags() {
        let div = "<div xmlns=\"x\"><p>Sleeps <b>well</b>.</p><p>BP &lt; 140 &amp; stable<br/>Home tomorrow</p></div>";
        let narrative = types::Narrative {
            status: None,
            div: Some(div.to_owned()),
        };
        assert_eq!(
            plain(&narrative).unwrap(),
            "Sleeps well.\nBP < 140 & stable\nHome tomorrow"
        );
        let broken = types::Narrative {
            status: None,
            div: Some("text <b".to_owned()),
        };
        assert_eq!(plain(&broken).unwrap(), "text");
    }
}
