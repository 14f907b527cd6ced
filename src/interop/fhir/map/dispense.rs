//! MedicationDispense, <https://hl7.org/fhir/R4/medicationdispense.html>.
//!
//! R4 has no lot on a dispense. It stands in the `batch` of a contained Medication, where R4 puts it; where that is not at hand, a
//! `batch` of the same shape directly on the dispense, or our extension `urn:chartseal:fhir:lot`, is read as well.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::convert::{self, to_concept, words};
use super::document::kept;
use super::extension;
use super::medication::{Batch, medicine};
use super::problem::Problem;
use super::types::{self, r4};
use crate::clinical::{Body, Dispense, Document, SecondSignature};
use crate::crypto::hex;
use crate::interop::fhir::read::Lookup;

r4! {
    struct MedicationDispense {
        extension: Vec<types::Extension>,
        /// Written only: what others contain is read by [`Lookup`], whatever its type.
        #[serde(skip_deserializing)]
        contained: Vec<Contained>,
        status: Option<String>,
        medication_codeable_concept: Option<types::CodeableConcept>,
        medication_reference: Option<types::Reference>,
        subject: Option<types::Reference>,
        performer: Vec<Performer>,
        authorizing_prescription: Vec<types::Reference>,
        quantity: Option<types::Quantity>,
        batch: Option<Batch>,
        when_prepared: Option<String>,
        when_handed_over: Option<String>,
        note: Vec<types::Annotation>,
    }

    struct Performer {
        actor: Option<types::Reference>,
    }

    struct Contained {
        resource_type: Option<String>,
        id: Option<String>,
        code: Option<types::CodeableConcept>,
        batch: Option<Batch>,
    }
}

/// The start of references to entries of the same vault.
pub(super) const ENTRY: &str = "urn:chartseal:entry:";

/// A dispense; without a quantity, which a dispense of ours must have, the resource is kept as a document.
pub(super) fn read(from: &MedicationDispense, lookup: &Lookup<'_>) -> Result<Body, Problem> {
    let dispense = read_dispense(from, lookup)?;
    Ok(dispense.map_or_else(
        || {
            let what = medicine(
                from.medication_codeable_concept.as_ref(),
                from.medication_reference.as_ref(),
                lookup,
            );
            let title = format!("MedicationDispense, {}", what.concept.label());
            Body::Document(Document {
                title,
                ..kept("MedicationDispense")
            })
        },
        Body::Dispense,
    ))
}

/// A dispense; `None` without a quantity.
pub(super) fn read_dispense(
    from: &MedicationDispense,
    lookup: &Lookup<'_>,
) -> Result<Option<Dispense>, Problem> {
    let Some(quantity) = from.quantity.as_ref().and_then(convert::quantity) else {
        return Ok(None);
    };
    let what = medicine(
        from.medication_codeable_concept.as_ref(),
        from.medication_reference.as_ref(),
        lookup,
    );
    let batch = from.batch.clone().unwrap_or_default();
    let text = |name| extension::string(&from.extension, name).map(str::to_owned);
    let expiry = batch.expiration_date.as_deref();
    let expiry = convert::date(
        expiry.or(extension::string(&from.extension, "expiry")),
        "batch.expirationDate",
    )?;
    let at = from
        .when_handed_over
        .as_deref()
        .or(from.when_prepared.as_deref());
    Ok(Some(Dispense {
        medicine: what.concept,
        quantity,
        prescription: from.authorizing_prescription.iter().find_map(entry),
        verified: text("verified").and_then(|digits| hex::unhex(&digits)?.try_into().ok()),
        refill: extension::find(&from.extension, "refill")
            .and_then(|e| convert::whole(e.value_integer.as_ref()))
            .unwrap_or_default(),
        lot: batch.lot_number.or_else(|| text("lot")).or(what.lot),
        expiry: expiry.or(what.expiry),
        at: convert::instant(at, "whenHandedOver")?,
        pharmacist: from
            .performer
            .iter()
            .find_map(|performer| lookup.name(performer.actor.as_ref()?)),
        counselling: convert::note(&from.note),
        override_reason: text("override-reason"),
        second: second(&from.extension),
        source: None,
    }))
}

/// The entry of the same vault behind a reference.
pub(super) fn entry(from: &types::Reference) -> Option<[u8; 16]> {
    hex::unhex(from.reference.as_deref()?.strip_prefix(ENTRY)?)?
        .try_into()
        .ok()
}

/// A reference to an entry of the same vault.
pub(super) fn to_entry(id: &[u8; 16]) -> types::Reference {
    types::Reference {
        reference: Some(format!("{ENTRY}{}", hex::hex(id))),
        ..types::Reference::default()
    }
}

fn second(extensions: &[types::Extension]) -> Option<SecondSignature> {
    let certificate = hex::unhex(extension::string(extensions, "second-certificate")?)?
        .try_into()
        .ok()?;
    let signature = extension::find(extensions, "second-signature")?
        .value_base64_binary
        .as_deref()?;
    Some(SecondSignature {
        certificate,
        signature: STANDARD.decode(signature).ok()?,
    })
}

pub(super) fn write(from: &Dispense, subject: types::Reference) -> MedicationDispense {
    let mut extensions = Vec::new();
    if from.refill > 0 {
        extensions.push(extension::of_integer("refill", from.refill));
    }
    extensions.extend(
        from.verified
            .as_ref()
            .map(|digest| extension::of_string("verified", &hex::hex(digest))),
    );
    extensions.extend(
        from.override_reason
            .as_deref()
            .map(|text| extension::of_string("override-reason", text)),
    );
    if let Some(second) = &from.second {
        extensions.push(extension::of_string(
            "second-certificate",
            &hex::hex(&second.certificate),
        ));
        extensions.push(extension::of_base64(
            "second-signature",
            STANDARD.encode(&second.signature),
        ));
    }
    let code = to_concept(&from.medicine).or_else(|| Some(words("unknown")));
    let batch = Batch {
        lot_number: from.lot.clone(),
        expiration_date: from.expiry.map(|date| date.to_string()),
    };
    let has_batch = from.lot.is_some() || from.expiry.is_some();
    let contained = has_batch.then(|| Contained {
        resource_type: Some("Medication".to_owned()),
        id: Some("medicine".to_owned()),
        code: code.clone(),
        batch: Some(batch),
    });
    let reference = has_batch.then(|| types::Reference {
        reference: Some("#medicine".to_owned()),
        ..types::Reference::default()
    });
    let actor = |name: &String| types::Reference {
        display: Some(name.clone()),
        ..types::Reference::default()
    };
    MedicationDispense {
        extension: extensions,
        contained: contained.into_iter().collect(),
        status: Some("completed".to_owned()),
        medication_codeable_concept: if has_batch { None } else { code },
        medication_reference: reference,
        subject: Some(subject),
        performer: from
            .pharmacist
            .iter()
            .map(|name| Performer {
                actor: Some(actor(name)),
            })
            .collect(),
        authorizing_prescription: from.prescription.iter().map(to_entry).collect(),
        quantity: Some(convert::to_quantity(&from.quantity)),
        batch: None,
        when_prepared: None,
        when_handed_over: from.at.as_ref().map(ToString::to_string),
        note: convert::to_note(from.counselling.as_deref()),
    }
}
