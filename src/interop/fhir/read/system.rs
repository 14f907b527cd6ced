//! The system that the ids of a source belong to.

use std::fmt;
use std::str::FromStr;

/// The system of ids of which nothing says whose they are.
pub const UNNAMED: &str = "unnamed";

/// The longest name of a system.
const LONGEST: usize = 255;

/// The name of a source: an absolute URI such as `https://hospital.example/fhir`, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System(String);

/// Not the name of a source.
#[derive(Debug, thiserror::Error)]
#[error(
    "not an absolute URI: name the source as in `https://hospital.example/fhir` or `urn:oid:1.2.3`, in at most {LONGEST} bytes"
)]
pub struct BadSystem;

impl System {
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for System {
    type Err = BadSystem;

    fn from_str(text: &str) -> Result<Self, BadSystem> {
        let text = text.trim_end_matches('/');
        let (scheme, rest) = text.split_once(':').ok_or(BadSystem)?;
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control());
        // UUIDs belong to nobody's system.
        if is_scheme && plain && !rest.is_empty() && text != "urn:uuid" && text.len() <= LONGEST {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadSystem)
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_by_an_absolute_uri() {
        let named = |text: &str| text.parse::<System>().map(|system| system.to_string()).ok();
        assert_eq!(
            named("https://a.example/fhir/").as_deref(),
            Some("https://a.example/fhir")
        );
        assert_eq!(named("urn:oid:1.2.3").as_deref(), Some("urn:oid:1.2.3"));
        for bad in ["", "ward", "unnamed", "urn:uuid", "https:", "a b:c", "1:2"] {
            assert_eq!(named(bad), None, "{bad}");
        }
        assert_eq!(named(&format!("urn:{}", "x".repeat(300))), None);
    }
}
