//! Patient, <https://hl7.org/fhir/R4/patient.html>.

use super::convert::{self, label, some, texts, words};
use super::problem::Problem;
use super::types::{self, r4};
use super::word::{Words, value, word};
use crate::clinical::{
    Address, Deceased, Identifier, Identity, Link, LinkKind, Mrn, Name, NameUse, NextOfKin, Sex,
};
use crate::crypto::hex;

r4! {
    struct Patient {
        identifier: Vec<types::Identifier>,
        name: Vec<types::HumanName>,
        telecom: Vec<types::ContactPoint>,
        gender: Option<String>,
        birth_date: Option<String>,
        deceased_boolean: Option<bool>,
        deceased_date_time: Option<String>,
        address: Vec<types::Address>,
        contact: Vec<Contact>,
        communication: Vec<Communication>,
        link: Vec<PatientLink>,
    }

    struct Contact {
        relationship: Vec<types::CodeableConcept>,
        name: Option<types::HumanName>,
        telecom: Vec<types::ContactPoint>,
    }

    struct Communication {
        language: Option<types::CodeableConcept>,
        preferred: Option<bool>,
    }

    struct PatientLink {
        other: Option<types::Reference>,
        #[serde(rename = "type")]
        kind: Option<String>,
    }
}

/// The system of the record numbers that a chartseal vault issues.
const MRN: &str = "urn:chartseal:mrn";
/// The start of references to charts of the same vault.
const CHART: &str = "urn:chartseal:chart:";
const IDENTIFIER_TYPES: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
const LANGUAGES: &str = "urn:ietf:bcp:47";

const SEXES: &Words<Sex> = &[
    (Sex::Female, "female"),
    (Sex::Male, "male"),
    (Sex::Other, "other"),
    (Sex::Unknown, "unknown"),
];

const USES: &Words<NameUse> = &[
    (NameUse::Official, "official"),
    (NameUse::Usual, "usual"),
    (NameUse::Maiden, "maiden"),
    (NameUse::Nickname, "nickname"),
    (NameUse::Old, "old"),
    (NameUse::Anonymous, "anonymous"),
    (NameUse::Temporary, "temp"),
];

const LINKS: &Words<LinkKind> = &[
    (LinkKind::ReplacedBy, "replaced-by"),
    (LinkKind::Replaces, "replaces"),
    (LinkKind::SeeAlso, "seealso"),
];

pub(super) fn read(from: &Patient) -> Result<Identity, Problem> {
    let (ours, others): (Vec<_>, Vec<_>) = from
        .identifier
        .iter()
        .partition(|identifier| identifier.system.as_deref() == Some(MRN));
    let mrn = ours
        .first()
        .and_then(|identifier| identifier.value.as_deref()?.parse::<Mrn>().ok());
    let death = convert::date(from.deceased_date_time.as_deref(), "deceasedDateTime")?;
    Ok(Identity {
        mrn,
        names: from.name.iter().map(name).collect(),
        birth: convert::date(from.birth_date.as_deref(), "birthDate")?,
        sex: value(SEXES, from.gender.as_deref()).unwrap_or_default(),
        deceased: (death.is_some() || from.deceased_boolean == Some(true))
            .then_some(Deceased { on: death }),
        addresses: from.address.iter().map(address).collect(),
        phones: points(&from.telecom, &["phone", "sms"]),
        emails: points(&from.telecom, &["email"]),
        next_of_kin: from.contact.iter().map(next_of_kin).collect(),
        language: language(&from.communication),
        identifiers: others.into_iter().filter_map(identifier).collect(),
        link: from.link.iter().find_map(link),
        source: None,
    })
}

fn identifier(from: &types::Identifier) -> Option<Identifier> {
    let value = from.value.clone()?;
    Some(Identifier {
        system: from.system.clone().unwrap_or_default(),
        value,
    })
}

fn name(from: &types::HumanName) -> Name {
    Name {
        usage: value(USES, from.usage.as_deref()).unwrap_or_default(),
        family: from.family.clone().unwrap_or_default(),
        given: texts(&from.given),
        prefix: texts(&from.prefix),
        suffix: texts(&from.suffix),
        text: from.text.clone().unwrap_or_default(),
    }
}

fn address(from: &types::Address) -> Address {
    let mut lines = texts(&from.line);
    if lines.is_empty() && from.city.is_none() {
        lines.extend(from.text.clone());
    }
    Address {
        lines,
        city: from.city.clone().unwrap_or_default(),
        district: from.district.clone().unwrap_or_default(),
        state: from.state.clone().unwrap_or_default(),
        postal_code: from.postal_code.clone().unwrap_or_default(),
        country: from.country.clone().unwrap_or_default(),
    }
}

fn points(from: &[types::ContactPoint], systems: &[&str]) -> Vec<String> {
    let wanted = from.iter().filter(|point| {
        point
            .system
            .as_deref()
            .is_some_and(|system| systems.contains(&system))
    });
    wanted.filter_map(|point| point.value.clone()).collect()
}

fn next_of_kin(from: &Contact) -> NextOfKin {
    NextOfKin {
        name: from.name.as_ref().map(name).unwrap_or_default(),
        relationship: from.relationship.first().map(label).unwrap_or_default(),
        phone: points(&from.telecom, &["phone", "sms"])
            .into_iter()
            .next()
            .unwrap_or_default(),
    }
}

/// The preferred language, else the only one that is named.
fn language(from: &[Communication]) -> Option<String> {
    let preferred = from.iter().find(|c| c.preferred == Some(true));
    let chosen = preferred
        .or(if from.len() == 1 { from.first() } else { None })?
        .language
        .as_ref()?;
    convert::first_code(Some(chosen))
        .map(str::to_owned)
        .or_else(|| chosen.text.clone())
}

fn link(from: &PatientLink) -> Option<Link> {
    let chart = from
        .other
        .as_ref()?
        .reference
        .as_deref()?
        .strip_prefix(CHART)?;
    Some(Link {
        kind: value(LINKS, from.kind.as_deref())?,
        chart: hex::unhex(chart)?.try_into().ok()?,
    })
}

pub(super) fn write(from: &Identity) -> Patient {
    let mrn = from.mrn.map(|mrn| types::Identifier {
        kind: Some(convert::coded(IDENTIFIER_TYPES, "MR")),
        system: Some(MRN.to_owned()),
        value: Some(mrn.to_string()),
    });
    let others = from.identifiers.iter().map(|identifier| types::Identifier {
        kind: None,
        system: some(&identifier.system),
        value: Some(identifier.value.clone()),
    });
    let death = from.deceased.as_ref().and_then(|deceased| deceased.on);
    Patient {
        identifier: mrn.into_iter().chain(others).collect(),
        name: from.names.iter().map(to_name).collect(),
        telecom: to_points("phone", &from.phones)
            .chain(to_points("email", &from.emails))
            .collect(),
        gender: word(SEXES, from.sex),
        birth_date: from.birth.map(|date| date.to_string()),
        deceased_boolean: (from.deceased.is_some() && death.is_none()).then_some(true),
        deceased_date_time: death.map(|date| date.to_string()),
        address: from.addresses.iter().map(to_address).collect(),
        contact: from.next_of_kin.iter().map(to_contact).collect(),
        communication: from
            .language
            .iter()
            .map(|tag| to_communication(tag))
            .collect(),
        link: from.link.iter().map(to_link).collect(),
    }
}

fn to_name(from: &Name) -> types::HumanName {
    let parts = |parts: &[String]| parts.iter().cloned().map(Some).collect();
    types::HumanName {
        usage: word(USES, from.usage),
        text: some(&from.text),
        family: some(&from.family),
        given: parts(&from.given),
        prefix: parts(&from.prefix),
        suffix: parts(&from.suffix),
    }
}

fn to_points<'a>(
    system: &'a str,
    values: &'a [String],
) -> impl Iterator<Item = types::ContactPoint> + 'a {
    values.iter().map(move |value| types::ContactPoint {
        system: Some(system.to_owned()),
        value: Some(value.clone()),
        usage: None,
    })
}

fn to_address(from: &Address) -> types::Address {
    types::Address {
        usage: None,
        text: None,
        line: from.lines.iter().cloned().map(Some).collect(),
        city: some(&from.city),
        district: some(&from.district),
        state: some(&from.state),
        postal_code: some(&from.postal_code),
        country: some(&from.country),
    }
}

fn to_contact(from: &NextOfKin) -> Contact {
    let phones: Vec<String> = some(&from.phone).into_iter().collect();
    Contact {
        relationship: some(&from.relationship)
            .iter()
            .map(|text| words(text))
            .collect(),
        name: Some(to_name(&from.name)),
        telecom: to_points("phone", &phones).collect(),
    }
}

fn to_communication(tag: &str) -> Communication {
    Communication {
        language: Some(convert::coded(LANGUAGES, tag)),
        preferred: Some(true),
    }
}

fn to_link(from: &Link) -> PatientLink {
    let reference = format!("{CHART}{}", hex::hex(&from.chart));
    PatientLink {
        other: Some(types::Reference {
            reference: Some(reference),
            ..types::Reference::default()
        }),
        kind: word(LINKS, from.kind),
    }
}
