//! Who the patient is.

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Address, Instant, Mrn, Name, NameUse, NextOfKin, PartialDate, Source};

vocabulary! {
    /// Administrative sex.
    #[derive(Default)]
    pub enum Sex {
        /// Not asked or not known.
        #[default]
        Unknown = 0 "unknown",
        /// Female.
        Female = 1 "female",
        /// Male.
        Male = 2 "male",
        /// Neither of the two.
        Other = 3 "other",
    }
}

vocabulary! {
    /// How two charts of one person stand to each other.
    pub enum LinkKind {
        /// This chart is no longer used; the other one is.
        ReplacedBy = 0 "replaced by",
        /// The other chart is no longer used; this one is.
        Replaces = 1 "replaces",
        /// Both are used; each knows of the other.
        SeeAlso = 2 "see also",
    }
}

/// An identifier that somebody else issued.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Identifier {
    /// Who issued it, usually a URL.
    #[n(0)]
    pub system: String,
    /// The identifier.
    #[n(1)]
    pub value: String,
}

impl Identifier {
    /// Whether it tells somebody from everybody else. **A number of which nothing says who issued it does not**: it is somebody else's
    /// in the next house.
    pub fn is_unique(&self) -> bool {
        !self.system.trim().is_empty() && !self.value.trim().is_empty()
    }
}

/// That the patient has died.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Deceased {
    /// When, where it is known.
    #[n(0)]
    pub on: Option<PartialDate>,
}

/// The tie between two charts of one person. Undoing a merge is a newer identity without the link.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Link {
    /// How they stand to each other.
    #[n(0)]
    pub kind: LinkKind,
    /// The other chart's id.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub chart: [u8; 16],
}

/// Who the patient is and how they are reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Identity {
    /// The record number that this hospital issued.
    #[n(0)]
    pub mrn: Option<Mrn>,
    /// Names, the one to show first unless another is marked usual.
    #[n(1)]
    pub names: Vec<Name>,
    /// The birth date, as far as it is known.
    #[n(2)]
    pub birth: Option<PartialDate>,
    /// Administrative sex.
    #[n(3)]
    pub sex: Sex,
    /// That the patient has died.
    #[n(4)]
    pub deceased: Option<Deceased>,
    /// Postal addresses, the current one first.
    #[n(5)]
    pub addresses: Vec<Address>,
    /// Telephone numbers, the preferred one first.
    #[n(6)]
    pub phones: Vec<String>,
    /// E-mail addresses.
    #[n(7)]
    pub emails: Vec<String>,
    /// Somebody to tell or to ask.
    #[n(8)]
    pub next_of_kin: Vec<NextOfKin>,
    /// The preferred language, a BCP 47 tag such as `es`.
    #[n(9)]
    pub language: Option<String>,
    /// Identifiers that others issued.
    #[n(10)]
    pub identifiers: Vec<Identifier>,
    /// Another chart of the same person.
    #[n(11)]
    pub link: Option<Link>,
    /// Where it was imported from.
    #[n(12)]
    pub source: Option<Source>,
}

/// Something in an identity that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("telephone \"{0}\" has no digit; write a number, or leave it out")]
pub struct NoNumber(pub String);

impl Identity {
    /// Refuses a telephone number without a digit. What the version `before` said stays as it was sent.
    pub fn has_numbers(&self, before: Option<&Self>) -> Result<(), NoNumber> {
        let kept = |phone: &String| before.is_some_and(|before| before.phones.contains(phone));
        let mut phones = self.phones.iter().filter(|phone| !kept(phone));
        match phones.find(|phone| !phone.chars().any(char::is_numeric)) {
            Some(phone) => Err(NoNumber(phone.clone())),
            None => Ok(()),
        }
    }

    /// This identity, corrected by another: what that does not say stays as it was. **Record number, ties to other charts and the
    /// identifiers by which the patient is found stay in any case**; another identifier is added.
    #[must_use]
    pub fn corrected(&self, by: Self) -> Self {
        fn told<T>(new: Vec<T>, old: &[T]) -> Vec<T>
        where
            T: Clone,
        {
            if new.is_empty() { old.to_vec() } else { new }
        }
        let mut identifiers = self.identifiers.clone();
        for identifier in by.identifiers {
            if !identifiers.contains(&identifier) {
                identifiers.push(identifier);
            }
        }
        Self {
            mrn: self.mrn,
            names: told(by.names, &self.names),
            birth: by.birth.or(self.birth),
            sex: if by.sex == Sex::default() {
                self.sex
            } else {
                by.sex
            },
            deceased: by.deceased.or_else(|| self.deceased.clone()),
            addresses: told(by.addresses, &self.addresses),
            phones: told(by.phones, &self.phones),
            emails: told(by.emails, &self.emails),
            next_of_kin: told(by.next_of_kin, &self.next_of_kin),
            language: by.language.or_else(|| self.language.clone()),
            identifiers,
            link: self.link.clone(),
            source: self.source.clone(),
        }
    }

    /// Whether another may be the same person: the family names are equal, and so are the given names or the birth dates. Case and
    /// spaces do not count.
    pub fn may_be(&self, other: &Self) -> bool {
        let plain = |text: &str| {
            let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
            words.join(" ")
        };
        let born = self.birth.is_some() && self.birth == other.birth;
        let (Some(own), Some(theirs)) = (self.name(), other.name()) else {
            return false;
        };
        let family = |name: &super::Name| {
            if name.family.is_empty() {
                plain(&name.text)
            } else {
                plain(&name.family)
            }
        };
        let given = |name: &super::Name| plain(&name.given.join(" "));
        family(own) == family(theirs) && (born || given(own) == given(theirs))
    }

    /// The name to show: the usual one, else the first that is in use, else the first.
    pub fn name(&self) -> Option<&Name> {
        let usual = self.names.iter().find(|n| n.usage == NameUse::Usual);
        let in_use = || {
            self.names
                .iter()
                .find(|n| !matches!(n.usage, NameUse::Old | NameUse::Maiden))
        };
        usual.or_else(in_use).or_else(|| self.names.first())
    }

    /// Completed years at `now`, or at death; `None` without a birth date.
    pub fn age_years(&self, now: &Instant) -> Option<u16> {
        let death = self
            .deceased
            .as_ref()
            .and_then(|d| d.on)
            .map(PartialDate::last_day);
        let on = death.map_or(now.local_date(), |d| d.min(now.local_date()));
        self.birth?.years_until(on)
    }

    /// Completed months at `now`, for children; `None` without a birth date.
    pub fn age_months(&self, now: &Instant) -> Option<u32> {
        self.birth?.months_until(now.local_date())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_name_is_shown_and_an_old_one_is_not() {
        let old = Name {
            usage: NameUse::Old,
            ..Name::new("Ana", "Smith")
        };
        let official = Name::new("Ana", "Gerhold");
        let usual = Name {
            usage: NameUse::Usual,
            ..Name::new("Anita", "Gerhold")
        };
        let mut identity = Identity {
            names: vec![old, official.clone()],
            ..Identity::default()
        };
        assert_eq!(identity.name(), Some(&official));
        identity.names.push(usual.clone());
        assert_eq!(identity.name(), Some(&usual));
    }

    #[test]
    fn age_stops_at_death() {
        let birth = "1961-04-03".parse().ok();
        let now = "2026-11-22T08:00:00Z".parse().unwrap();
        let mut identity = Identity {
            birth,
            ..Identity::default()
        };
        assert_eq!(identity.age_years(&now), Some(65));
        identity.deceased = Some(Deceased {
            on: "2001-04-02".parse().ok(),
        });
        assert_eq!(identity.age_years(&now), Some(39));
    }
}
