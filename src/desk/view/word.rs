//! Words of the contract: enums that print, parse and serialise as one word.

/// A word that is not one of those that fit here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a {what}; known are: {known}")]
pub struct UnknownWord {
    /// What was expected, such as `state of a prescription`.
    pub what: &'static str,
    /// What was found.
    pub word: String,
    /// The words that fit, with commas between them.
    pub known: String,
}

/// Defines an enum of which each variant has the word that JSON, text and arguments use.
///
/// Parsing takes `-` and `_` for a space, so that a state of several words needs no quotes in a shell.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $what:literal pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $word:literal, )+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$vmeta])* $variant, )+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// The word that is printed and parsed.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::desk::view::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let plain = |word: &str| word.to_lowercase().replace(['-', '_'], " ");
                let wanted = plain(text);
                Self::ALL.iter().copied().find(|value| plain(value.as_str()) == wanted).ok_or_else(|| {
                    $crate::desk::view::UnknownWord {
                        what: $what,
                        word: text.to_owned(),
                        known: [$( $word, )+].join(", "),
                    }
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(super) use words;

#[cfg(test)]
mod tests {
    use crate::desk::view::RxState;

    #[test]
    fn a_state_of_several_words_is_read_with_hyphens_too() {
        assert_eq!("dispensed-in-part".parse(), Ok(RxState::DispensedInPart));
        assert_eq!("Dispensed in full".parse(), Ok(RxState::DispensedInFull));
    }

    #[test]
    fn an_unknown_word_names_those_that_fit() {
        let error = "lost".parse::<RxState>().unwrap_err().to_string();
        assert!(
            error.starts_with("`lost` is not a state of a prescription; known are: draft, signed"),
            "{error}"
        );
    }
}
