//! Names of people, in any script.

use std::fmt;

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;

vocabulary! {
    /// When a name is used.
    #[derive(Default)]
    pub enum NameUse {
        /// The name in official papers, or the only one known.
        #[default]
        Official = 0 "official",
        /// The name that the person goes by.
        Usual = 1 "usual",
        /// A name before marriage.
        Maiden = 2 "maiden",
        /// What friends say.
        Nickname = 3 "nickname",
        /// No longer in use.
        Old = 4 "old",
        /// A pen name or protected identity.
        Anonymous = 5 "anonymous",
        /// For the time being.
        Temporary = 6 "temporary",
    }
}

/// One name of a person. Any part may be empty; `text` is the whole name where the parts do not make it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Name {
    /// When it is used.
    #[n(0)]
    pub usage: NameUse,
    /// The family name.
    #[n(1)]
    pub family: String,
    /// The given names, in their order.
    #[n(2)]
    pub given: Vec<String>,
    /// Titles before the name.
    #[n(3)]
    pub prefix: Vec<String>,
    /// Letters after the name.
    #[n(4)]
    pub suffix: Vec<String>,
    /// The name in one piece, for scripts and customs that have no family name.
    #[n(5)]
    pub text: String,
}

impl Name {
    /// An official name of one family name and given names with spaces between them.
    pub fn new(given: &str, family: &str) -> Self {
        let given = given.split_whitespace().map(str::to_owned).collect();
        Self {
            family: family.to_owned(),
            given,
            ..Self::default()
        }
    }

    /// `Gustavo Mejía`, as it is spoken.
    pub fn spoken(&self) -> String {
        if self.family.is_empty() && self.given.is_empty() {
            return self.text.clone();
        }
        let parts = self.prefix.iter().chain(&self.given).map(String::as_str);
        let parts = parts
            .chain(std::iter::once(self.family.as_str()))
            .chain(self.suffix.iter().map(String::as_str));
        parts
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

impl fmt::Display for Name {
    /// `Mejía, Gustavo`, as it is sorted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self.given.join(" ");
        let text = match (self.family.is_empty(), given.is_empty()) {
            (true, true) => self.text.clone(),
            (true, false) => given,
            (false, true) => self.family.clone(),
            (false, false) => format!("{}, {given}", self.family),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_sorted_by_family_and_spoken_in_order() {
        let name = Name::new("Gustavo Adán", "Mejía");
        assert_eq!(name.to_string(), "Mejía, Gustavo Adán");
        assert_eq!(name.spoken(), "Gustavo Adán Mejía");
        let whole = Name {
            text: "王小明".into(),
            ..Name::default()
        };
        assert_eq!(
            (whole.to_string(), whole.spoken()),
            ("王小明".into(), "王小明".into())
        );
    }
}
