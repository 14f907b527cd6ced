//! References from one resource to another, and the names under which a resource is found.

use crate::clinical::Identifier;
use crate::interop::fhir::map::types;

/// What a resource says of another one that it points to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// The target as written: `Patient/1`, `urn:uuid:…`, a URL, `Patient?identifier=system|value`, `#contained`.
    pub target: Option<String>,
    /// The target's type, where it is said.
    pub resource_type: Option<String>,
    /// A business identifier of the target.
    pub identifier: Option<Identifier>,
    /// The target in words.
    pub display: Option<String>,
}

impl Reference {
    /// The type of the target as far as the reference tells.
    pub fn target_type(&self) -> Option<&str> {
        self.resource_type.as_deref().or_else(|| {
            let target = self.target.as_deref()?;
            let path = target.split('?').next()?.split("/_history/").next()?;
            if target.contains('?') {
                return Some(path);
            }
            let mut parts = path.rsplit('/');
            parts.next()?;
            parts.next()
        })
    }

    /// The keys under which the target may be known, the most precise first.
    pub(super) fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        if let Some(target) = &self.target {
            if let Some((_, query)) = target.split_once("?identifier=") {
                keys.extend(
                    query
                        .split_once('|')
                        .map(|(system, value)| identifier_key(system, value)),
                );
            } else {
                let whole = target.split("/_history/").next().unwrap_or(target);
                keys.push(whole.to_owned());
                keys.extend(type_and_id(whole).filter(|key| key != whole));
            }
        }
        keys.extend(
            self.identifier
                .as_ref()
                .map(|id| identifier_key(&id.system, &id.value)),
        );
        keys
    }
}

/// `Type/id` at the end of a URL.
fn type_and_id(url: &str) -> Option<String> {
    let mut parts = url.rsplit('/');
    let (id, kind) = (parts.next()?, parts.next()?);
    kind.starts_with(|c: char| c.is_ascii_uppercase())
        .then(|| format!("{kind}/{id}"))
}

/// The key of a business identifier. It starts with a character that no reference starts with.
pub(super) fn identifier_key(system: &str, value: &str) -> String {
    format!(
        "={}|{}",
        system.replace("%3A", ":").replace("%2F", "/"),
        value
    )
}

/// The keys under which the resource with these names is found.
pub(super) fn keys_of(
    full_url: Option<&str>,
    resource_type: &str,
    id: Option<&str>,
) -> Vec<String> {
    let mut keys: Vec<String> = full_url.map(str::to_owned).into_iter().collect();
    keys.extend(full_url.and_then(type_and_id));
    keys.extend(id.map(|id| format!("{resource_type}/{id}")));
    keys.dedup();
    keys
}

impl From<&types::Reference> for Reference {
    fn from(from: &types::Reference) -> Self {
        let identifier = from.identifier.as_ref().and_then(|id| {
            Some(Identifier {
                system: id.system.clone().unwrap_or_default(),
                value: id.value.clone()?,
            })
        });
        Self {
            target: from.reference.clone(),
            resource_type: from.kind.clone(),
            identifier,
            display: from.display.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(target: &str) -> Reference {
        Reference {
            target: Some(target.to_owned()),
            ..Reference::default()
        }
    }

    #[test]
    fn a_reference_tells_its_targets_type_where_it_can() {
        assert_eq!(to("Patient/1").target_type(), Some("Patient"));
        assert_eq!(
            to("https://x.example/fhir/Group/1/_history/2").target_type(),
            Some("Group")
        );
        assert_eq!(to("Patient?identifier=a|b").target_type(), Some("Patient"));
        assert_eq!(to("urn:uuid:1-2").target_type(), None);
    }

    #[test]
    fn keys_go_from_the_whole_url_to_type_and_id() {
        assert_eq!(
            to("https://x.example/fhir/Patient/1/_history/2").keys(),
            ["https://x.example/fhir/Patient/1", "Patient/1"]
        );
        assert_eq!(
            to("Practitioner?identifier=http://npi|12").keys(),
            ["=http://npi|12"]
        );
        assert_eq!(to("urn:uuid:1-2").keys(), ["urn:uuid:1-2"]);
        assert_eq!(
            keys_of(Some("urn:uuid:1"), "Patient", Some("1")),
            ["urn:uuid:1", "Patient/1"]
        );
    }
}
