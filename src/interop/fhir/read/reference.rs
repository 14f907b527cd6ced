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

    /// The server that the target is on: the one that it names, else `own`, where the resource that points to it stands.
    ///
    /// <https://hl7.org/fhir/R4/bundle.html#references>
    pub(super) fn server<'a>(&'a self, own: Option<&'a str>) -> Option<&'a str> {
        let target = self.target.as_deref().unwrap_or_default();
        server_of(target).or(own.filter(|_| !target.contains(':')))
    }

    /// The keys under which the target may be known, the most precise first, where the resource that points to it stands on the server
    /// `own`.
    pub(super) fn keys(&self, own: Option<&str>) -> Vec<String> {
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
                if let Some(own) = own.filter(|_| is_type_and_id(whole)) {
                    keys.push(format!("{own}/{whole}"));
                }
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

/// Whether this is `Type/id` and nothing else.
fn is_type_and_id(target: &str) -> bool {
    type_and_id(target).as_deref() == Some(target)
}

/// The server in the URL of a resource: `https://x.example/fhir` of `https://x.example/fhir/Patient/1`. `None` for another URL, and
/// for one of the machine that it was written on, which every machine is to itself.
pub(super) fn server_of(url: &str) -> Option<&str> {
    let url = url.split("/_history/").next().unwrap_or(url);
    let server = url.strip_suffix(&type_and_id(url)?)?.strip_suffix('/')?;
    let host = server.split_once("://").filter(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    });
    let host = host?.1.split(['/', '?']).next()?;
    let host = host.rsplit('@').next()?.to_ascii_lowercase();
    let name = host.split(':').next().unwrap_or_default();
    let own = name == "localhost" || name.starts_with("127.") || host.starts_with("[::1]");
    (!own && !name.is_empty()).then_some(server)
}

/// Whether a key may mean different things to different sources: `Patient/1`, an identifier without a system.
pub(super) fn is_local(key: &str) -> bool {
    if let Some(identifier) = key.strip_prefix('=') {
        return identifier.starts_with('|');
    }
    if server_of(key).is_some() || key.starts_with("urn:oid:") {
        return false;
    }
    let id = key.rsplit(['/', ':']).next().unwrap_or(key);
    !is_uuid(id)
}

/// Whether an id is a UUID, and so the same wherever it stands.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
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
            to("https://x.example/fhir/Patient/1/_history/2").keys(None),
            ["https://x.example/fhir/Patient/1", "Patient/1"]
        );
        assert_eq!(
            to("Practitioner?identifier=http://npi|12").keys(None),
            ["=http://npi|12"]
        );
        assert_eq!(to("urn:uuid:1-2").keys(Some("https://x")), ["urn:uuid:1-2"]);
        assert_eq!(
            to("Patient/1").keys(Some("https://x.example/fhir")),
            ["https://x.example/fhir/Patient/1", "Patient/1"]
        );
        assert_eq!(
            keys_of(Some("urn:uuid:1"), "Patient", Some("1")),
            ["urn:uuid:1", "Patient/1"]
        );
    }

    #[test]
    fn a_server_is_told_from_what_every_machine_calls_itself() {
        assert_eq!(
            server_of("https://x.example/fhir/Patient/1/_history/2"),
            Some("https://x.example/fhir")
        );
        for nobody in [
            "http://localhost:8080/fhir/Patient/1",
            "http://127.0.0.1/Patient/1",
            "https://[::1]:443/fhir/Patient/1",
            "urn:uuid:1",
            "Patient/1",
            "https://x.example/",
        ] {
            assert_eq!(server_of(nobody), None, "{nobody}");
        }
        assert_eq!(to("Patient/1").server(Some("https://x")), Some("https://x"));
        assert_eq!(to("urn:uuid:1").server(Some("https://x")), None);
    }

    #[test]
    fn a_key_is_local_where_two_sources_may_mean_two_things_by_it() {
        for local in [
            "Patient/1",
            "urn:uuid:1",
            "http://localhost/Patient/1",
            "=|77",
        ] {
            assert!(is_local(local), "{local}");
        }
        for one in [
            "Patient/3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "urn:uuid:3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "https://x.example/fhir/Patient/1",
            "urn:oid:1.2.3",
            "=urn:x|77",
        ] {
            assert!(!is_local(one), "{one}");
        }
    }
}
