//! What resources that others point to are called: medicines, problems, people, places.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reference::{Reference, identifier_key, keys_of};
use super::scoped::{Meaning, Place, Scoped};
use crate::clinical::{Concept, PartialDate, Quantity};
use crate::interop::fhir::map::{facts, types};

/// What is remembered of a resource that others point to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::interop::fhir) struct Facts {
    /// What it is, or is called.
    pub(in crate::interop::fhir) concept: Concept,
    /// A medicine's form.
    pub(in crate::interop::fhir) form: Option<String>,
    /// A medicine's strength.
    pub(in crate::interop::fhir) strength: Option<Quantity>,
    /// A medicine's lot.
    pub(in crate::interop::fhir) lot: Option<String>,
    /// When the lot expires.
    pub(in crate::interop::fhir) expiry: Option<PartialDate>,
}

/// The facts met so far.
#[derive(Debug)]
pub(super) struct Known(Scoped<Facts>);

impl Known {
    pub(super) fn new() -> Self {
        Self(Scoped::new())
    }

    /// Remembers the facts of a resource, if it is of a kind that others name by reference alone.
    pub(super) fn learn(
        &mut self,
        at: Place<'_>,
        full_url: Option<&str>,
        resource_type: &str,
        bytes: &[u8],
    ) {
        let Some((facts, id, identifiers)) = facts(resource_type, bytes) else {
            return;
        };
        for key in keys_of(full_url, resource_type, id.as_deref()) {
            self.0.learn(at, &key, &facts);
        }
        for identifier in identifiers {
            if let (Some(system), Some(value)) = (identifier.system, identifier.value) {
                self.0.learn(at, &identifier_key(&system, &value), &facts);
            }
        }
    }
}

/// What can be looked up while one resource is mapped: the resources it contains, and those met before.
pub(in crate::interop::fhir) struct Lookup<'a> {
    /// Facts by name: those of contained resources start with `#`.
    given: Vec<(String, Facts)>,
    known: Option<(&'a Known, Place<'a>)>,
    /// Whether [`ELSEWHERE`] stands for what is not found.
    marks: bool,
}

/// What stands for the target of a reference that was looked up once and cannot be looked up now.
pub(in crate::interop::fhir) const ELSEWHERE: &str = "\u{0}elsewhere";

#[derive(Default, Deserialize)]
struct Containing<'a> {
    #[serde(borrow, default)]
    contained: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Contained {
    resource_type: String,
    id: String,
}

impl<'a> Lookup<'a> {
    /// For the resource in `bytes`, which stands at a place.
    pub(super) fn new(bytes: &[u8], known: &'a Known, at: Place<'a>) -> Self {
        Self {
            known: Some((known, at)),
            ..Self::within(bytes)
        }
    }

    /// For the resource in `bytes` alone.
    pub(in crate::interop::fhir) fn within(bytes: &[u8]) -> Self {
        let containing: Containing<'_> = serde_json::from_slice(bytes).unwrap_or_default();
        let contained = containing.contained.into_iter().filter_map(|raw| {
            let head: Contained = serde_json::from_str(raw.get()).ok()?;
            let (facts, _, _) = facts(&head.resource_type, raw.get().as_bytes())?;
            Some((format!("#{}", head.id), facts))
        });
        Self {
            given: contained.collect(),
            known: None,
            marks: false,
        }
    }

    /// For the resource in `bytes` alone, marking with [`ELSEWHERE`] what its import may have found in others.
    pub(in crate::interop::fhir) fn marking(bytes: &[u8]) -> Self {
        Self {
            marks: true,
            ..Self::within(bytes)
        }
    }

    /// Also knows these facts by these names.
    pub(in crate::interop::fhir) fn with(mut self, known: &[(Vec<String>, Facts)]) -> Self {
        let named = known
            .iter()
            .flat_map(|(names, facts)| names.iter().map(move |name| (name.clone(), facts.clone())));
        self.given.extend(named);
        self
    }

    /// The facts behind a reference.
    pub(in crate::interop::fhir) fn facts(&self, reference: &types::Reference) -> Option<&Facts> {
        let target = reference.reference.as_deref();
        if let Some((_, facts)) = self
            .given
            .iter()
            .find(|(name, _)| Some(name.as_str()) == target)
        {
            return Some(facts);
        }
        let (known, at) = self.known?;
        let reference = Reference::from(reference);
        let keys = reference.keys(at.server);
        let at = Place {
            server: reference.server(at.server),
            ..at
        };
        match known.0.find(at, &keys) {
            Meaning::One(facts) => Some(facts),
            Meaning::Several | Meaning::None => None,
        }
    }

    /// What a reference points to, in codes and words; its own display where nothing more is known.
    pub(in crate::interop::fhir) fn concept(
        &self,
        reference: &types::Reference,
    ) -> Option<Concept> {
        let known = self.facts(reference).map(|facts| facts.concept.clone());
        let marked = || self.marks.then(|| Concept::text(ELSEWHERE));
        known
            .or_else(marked)
            .or_else(|| reference.display.as_deref().map(Concept::text))
    }

    /// What a reference points to, in words.
    pub(in crate::interop::fhir) fn name(&self, reference: &types::Reference) -> Option<String> {
        if let Some(display) = &reference.display {
            return Some(display.clone());
        }
        let Some(facts) = self.facts(reference) else {
            return self.marks.then(|| ELSEWHERE.to_owned());
        };
        let label = facts.concept.label();
        (!label.is_empty()).then(|| label.to_owned())
    }
}
