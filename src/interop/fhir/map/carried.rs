//! Bodies that travel whole inside the resource that they were written as.
//!
//! FHIR R4 cannot say everything that a body says: that a text is there and empty, for example. Where what was written does not read
//! back as the same body, the body's own encoding goes along in an extension of `meta`. **A reader believes it only if it says what the
//! resource says**: it writes the body again and compares, byte for byte, so nobody can show one thing and carry another.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::body::{Made, read, write};
use super::convert;
use super::extension;
use super::prescription::course;
use super::types::{self, r4};
use crate::clinical::body::BODY_VERSION;
use crate::clinical::{Body, Intent, Kind};
use crate::interop::fhir::read::raw::Raw;
use crate::interop::fhir::read::{Lookup, Position};

r4! {
    struct Carrier {
        extension: Vec<types::Extension>,
    }
}

#[derive(Deserialize)]
struct Resource {
    id: String,
    meta: Carrier,
    #[serde(alias = "patient")]
    subject: Option<types::Reference>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Glance<'a> {
    #[serde(borrow)]
    meta: Option<&'a RawValue>,
}

/// The extension's name as it stands in the text: most resources are seen at a glance to carry none.
const MARK: &str = "urn:chartseal:fhir:body";

/// The `meta` that carries `body`.
pub(super) fn carrier(body: &Body) -> Carrier {
    Carrier {
        extension: vec![
            extension::of_integer("kind", body.kind().number()),
            extension::of_base64("body", STANDARD.encode(body.encode())),
        ],
    }
}

/// Writes `body`, which has no source, so that it reads back equal: plainly where that does, else carrying itself.
pub(in crate::interop::fhir) fn faithful(
    body: &Body,
    id: &str,
    subject: &types::Reference,
    status: Option<&str>,
) -> Vec<u8> {
    let plain = write(body, id, subject, None, status);
    let raw = Raw {
        position: Position::START,
        full_url: None,
        mark: None,
        bytes: plain,
    };
    let kind = raw
        .head()
        .ok()
        .and_then(|head| head.resource_type)
        .unwrap_or_default();
    let back = read(&kind, &raw, &Lookup::within(&raw.bytes));
    let equal = match back {
        Ok(Some(Made::Entry(back))) => back == recorded(body.clone()),
        Ok(Some(Made::Patient(back))) => Body::Identity(back) == *body,
        Ok(Some(Made::Register(_)) | None) | Err(_) => false,
    };
    if equal {
        raw.bytes
    } else {
        write(body, id, subject, Some(body), status)
    }
}

/// The body that a resource carries, if it says what the resource says.
pub(super) fn find(resource_type: &str, bytes: &[u8]) -> Option<Body> {
    let glance: Glance<'_> = serde_json::from_slice(bytes).ok()?;
    glance.meta.filter(|meta| meta.get().contains(MARK))?;
    let resource: Resource = serde_json::from_slice(bytes).ok()?;
    let kind = extension::find(&resource.meta.extension, "kind")?
        .value_integer
        .as_ref();
    let body = extension::find(&resource.meta.extension, "body")?
        .value_base64_binary
        .as_deref()?;
    let body = Body::decode(
        convert::whole(kind)?,
        BODY_VERSION,
        &STANDARD.decode(body).ok()?,
    )
    .ok()?;
    // A Basic says nothing beside what it carries.
    let basic = matches!(
        body.kind(),
        Kind::MedicationSummary | Kind::RxEvent | Kind::Retraction
    );
    if resource_type == "Basic" {
        return basic.then_some(body);
    }
    let subject = resource.subject.unwrap_or_default();
    let status = match &body {
        Body::Prescription(order) if order.course != course(resource.status.as_deref()) => {
            return None;
        }
        Body::Prescription(_) => resource.status.as_deref(),
        _ => None,
    };
    (write(&body, &resource.id, &subject, Some(&body), status) == bytes).then(|| recorded(body))
}

/// An order from elsewhere is only recorded here, whatever it carries.
fn recorded(mut body: Body) -> Body {
    if let Body::Prescription(prescription) = &mut body {
        prescription.intent = Intent::Recorded;
    }
    body
}
