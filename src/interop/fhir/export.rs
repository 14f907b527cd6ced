//! A chart as a FHIR R4 collection Bundle.
//!
//! A body that still says what its resource said is handed back as the resource's own bytes, unchanged. One that was amended since is
//! written from its fields, under the id that it came with. Every entry is followed by a Provenance with the author's signature, as it
//! stands in the ledger.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::map::{self, types};
use super::mark::{Mark, RELATION};
use crate::clinical::rx_state::State;
use crate::clinical::{Body, Identity, Instant, Intent, Role};
use crate::crypto::hex::hex;
use crate::crypto::sign::Signature;

/// One entry of a chart, with what its Provenance says.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The entry's id.
    pub entry: [u8; 16],
    /// What it says.
    pub body: Body,
    /// Who wrote it.
    pub author: Author,
    /// When it was written.
    pub created: Instant,
    /// The author's signature in the ledger.
    pub signature: Signature,
    /// Where an order of ours stands; `None` for everything else.
    pub order: Option<State>,
}

/// Who wrote an entry.
#[derive(Debug, Clone)]
pub struct Author {
    /// The id of the certificate.
    pub certificate: [u8; 32],
    /// The name in it.
    pub name: String,
    /// The role in it.
    pub role: Role,
}

/// The chart that is exported.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    /// The chart's id.
    pub chart: [u8; 16],
    /// Who the patient is.
    pub patient: &'a Identity,
    /// When the export is made.
    pub now: &'a Instant,
}

/// The format of our signatures: 64 bytes of Ed25519 over what the ledger holds of the entry (`chartseal/sign/v1`).
const SIGNATURE_FORMAT: &str = "application/vnd.chartseal.ed25519";
const SIGNATURE_TYPES: &str = "urn:iso-astm:E1762-95:2013";
const AUTHORS_SIGNATURE: &str = "1.2.840.10065.1.12.1.1";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
const CERTIFICATE: &str = "urn:chartseal:certificate";
const ENTRY: &str = "urn:chartseal:entry";
const ROLE: &str = "urn:chartseal:role";

map::types::r4! {
    struct Provenance {
        resource_type: Option<String>,
        target: Vec<types::Reference>,
        recorded: Option<String>,
        agent: Vec<Agent>,
        entity: Vec<Entity>,
        signature: Vec<SignaturePart>,
    }

    struct Agent {
        #[serde(rename = "type")]
        kind: Option<types::CodeableConcept>,
        role: Vec<types::CodeableConcept>,
        who: Option<types::Reference>,
    }

    struct Entity {
        role: Option<String>,
        what: Option<types::Reference>,
    }

    struct SignaturePart {
        #[serde(rename = "type")]
        kind: Vec<types::Coding>,
        when: Option<String>,
        who: Option<types::Reference>,
        sig_format: Option<String>,
        data: Option<String>,
    }
}

/// What makes the tag of a [`Mark`] of an entry, or of the chart for its patient, and of the bytes that it is exported as; `None` for
/// somebody without the key.
pub type Tagger<'a> = &'a dyn Fn(&[u8; 16], &[u8]) -> Option<[u8; 16]>;

/// Writes the patient and the entries as one Bundle, entry by entry. An identity among the entries is the patient's own history and
/// is written only where it is not `chart.patient`. Answers how many resources were written.
pub fn bundle<W: Write>(
    chart: &Chart<'_>,
    entries: impl IntoIterator<Item = Exported>,
    tagger: Tagger<'_>,
    mut out: W,
) -> io::Result<u64> {
    let patient = Body::Identity(chart.patient.clone());
    let whom = named(&patient, &chart.chart);
    let subject = types::Reference {
        reference: Some(whom.full_url.clone()),
        ..types::Reference::default()
    };
    writeln!(
        out,
        "{{\"resourceType\":\"Bundle\",\"identifier\":{{\"system\":\"urn:chartseal:chart\",\"value\":\"{}\"}},\
         \"type\":\"collection\",\"timestamp\":\"{}\",\"entry\":[",
        hex(&chart.chart),
        chart.now,
    )?;
    let marked = |id: [u8; 16], bytes: &[u8]| tagger(&id, bytes).map(|tag| Mark { id, tag });
    let bytes = resource(&patient, &whom, &subject, None);
    let mark = marked(chart.chart, &bytes);
    write_entry(&mut out, Some(&whom.full_url), mark, &bytes)?;
    let mut resources = 1;
    for exported in entries {
        let is_patient =
            matches!(&exported.body, Body::Identity(identity) if identity == chart.patient);
        let name = if is_patient {
            whom.clone()
        } else {
            named(&exported.body, &exported.entry)
        };
        if !is_patient {
            out.write_all(b",\n")?;
            let bytes = resource(&exported.body, &name, &subject, exported.order);
            let mark = marked(exported.entry, &bytes);
            write_entry(&mut out, Some(&name.full_url), mark, &bytes)?;
            resources += 1;
        }
        out.write_all(b",\n")?;
        let provenance =
            serde_json::to_vec(&provenance(&exported, &name.full_url)).map_err(io::Error::other)?;
        let mark = marked(exported.entry, &provenance);
        write_entry(&mut out, None, mark, &provenance)?;
        resources += 1;
    }
    out.write_all(b"\n]}\n")?;
    out.flush()?;
    Ok(resources)
}

/// One body as its FHIR resource: the original where there is one, else written from its fields, without id and subject.
///
/// Numbers may lose zeros at their end on the way into a [`serde_json::Value`]; [`bundle`] keeps them.
pub fn as_json(body: &Body) -> serde_json::Value {
    let nameless = Named {
        id: String::new(),
        full_url: String::new(),
    };
    let bytes = resource(body, &nameless, &types::Reference::default(), None);
    let mut value = serde_json::from_slice(&bytes).unwrap_or(serde_json::Value::Null);
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| {
            value != "" && value.as_object().is_none_or(|inner| !inner.is_empty())
        });
    }
    value
}

fn write_entry(
    out: &mut impl Write,
    full_url: Option<&str>,
    mark: Option<Mark>,
    resource: &[u8],
) -> io::Result<()> {
    out.write_all(b"{")?;
    if let Some(mark) = mark {
        let url = mark.url();
        write!(
            out,
            "\"link\":[{{\"relation\":\"{RELATION}\",\"url\":\"{url}\"}}],"
        )?;
    }
    if let Some(url) = full_url {
        let url = serde_json::to_string(url).map_err(io::Error::other)?;
        write!(out, "\"fullUrl\":{url},")?;
    }
    out.write_all(b"\"resource\":")?;
    out.write_all(resource)?;
    out.write_all(b"}")
}

/// The names of a resource in the Bundle.
#[derive(Clone)]
struct Named {
    id: String,
    full_url: String,
}

/// An imported resource keeps its names, so that importing the export finds the same resource again; another is named after its entry.
fn named(body: &Body, entry: &[u8; 16]) -> Named {
    let uuid = uuid(entry);
    let Some(source) = body.source() else {
        return Named {
            full_url: format!("urn:uuid:{uuid}"),
            id: uuid,
        };
    };
    let full_url = if source.system == "urn:uuid" {
        format!("urn:uuid:{}", source.id)
    } else if source.system.starts_with("http") {
        format!(
            "{}/{}/{}",
            source.system.trim_end_matches('/'),
            source.resource_type,
            source.id
        )
    } else {
        format!("{ENTRY}:{}", hex(entry))
    };
    Named {
        id: source.id.clone(),
        full_url,
    }
}

/// The resource's original bytes where they still hold, else one written from the body's fields.
fn resource(
    body: &Body,
    name: &Named,
    subject: &types::Reference,
    order: Option<State>,
) -> Vec<u8> {
    if let Some(source) = body.source().filter(|source| map::unchanged(source, body)) {
        return source.original.clone();
    }
    let mut body = map::sourced(body.clone(), None);
    let status = order.and_then(status);
    // For whoever reads the export, an order of ours is an order from elsewhere.
    if let Body::Prescription(rx) = &mut body
        && rx.intent == Intent::Order
    {
        rx.intent = Intent::Recorded;
        rx.course = map::course(status);
    }
    map::faithful(&body, &name.id, subject, status)
}

/// FHIR's word for where an order stands.
const fn status(order: State) -> Option<&'static str> {
    Some(match order {
        State::Draft => "draft",
        State::Signed | State::InPart => "active",
        State::Held => "on-hold",
        State::InFull | State::Expired => "completed",
        State::Refused | State::Cancelled => "cancelled",
        State::Recorded => return None,
    })
}

fn provenance(of: &Exported, full_url: &str) -> Provenance {
    let reference = |text: String| types::Reference {
        reference: Some(text),
        ..types::Reference::default()
    };
    let identified = |system: &str, value: String| types::Identifier {
        system: Some(system.to_owned()),
        value: Some(value),
        ..types::Identifier::default()
    };
    let who = types::Reference {
        identifier: Some(Box::new(identified(
            CERTIFICATE,
            hex(&of.author.certificate),
        ))),
        display: Some(of.author.name.clone()).filter(|name| !name.is_empty()),
        ..types::Reference::default()
    };
    let coding = |system: &str, code: &str| types::Coding {
        system: Some(system.to_owned()),
        code: Some(code.to_owned()),
        display: None,
    };
    let concept = |coding| types::CodeableConcept {
        coding: vec![coding],
        text: None,
    };
    Provenance {
        resource_type: Some("Provenance".to_owned()),
        target: vec![reference(full_url.to_owned())],
        recorded: Some(of.created.to_string()),
        agent: vec![Agent {
            kind: Some(concept(coding(PARTICIPATION, "author"))),
            role: vec![concept(coding(ROLE, of.author.role.as_str()))],
            who: Some(who.clone()),
        }],
        entity: vec![Entity {
            role: Some("source".to_owned()),
            what: Some(types::Reference {
                identifier: Some(Box::new(identified(ENTRY, hex(&of.entry)))),
                ..types::Reference::default()
            }),
        }],
        signature: vec![SignaturePart {
            kind: vec![coding(SIGNATURE_TYPES, AUTHORS_SIGNATURE)],
            when: Some(of.created.to_string()),
            who: Some(who),
            sig_format: Some(SIGNATURE_FORMAT.to_owned()),
            data: Some(STANDARD.encode(of.signature.0)),
        }],
    }
}

/// Sixteen bytes in the shape of a UUID.
fn uuid(bytes: &[u8; 16]) -> String {
    let digits = hex(bytes);
    [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ]
    .join("-")
}
