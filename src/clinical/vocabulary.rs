//! Closed vocabularies: enums with one number for the encoding and one word for people.

/// A word that is not in its vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is not a {vocabulary}; known are: {known}")]
pub struct UnknownWord {
    /// What was expected, such as `Sex`.
    pub vocabulary: &'static str,
    /// What was found.
    pub word: String,
    /// The words of the vocabulary, with commas between them.
    pub known: String,
}

/// Defines an enum whose variants have a fixed number, which is encoded, and a word, which is shown and parsed.
///
/// A number once given to a variant is never given to another.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $number:literal $word:literal, )+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $( $(#[$vmeta])* $variant = $number, )+ }

        impl $name {
            /// Every value, in the order of its number.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// The word that is shown and parsed.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }

            /// The value with this number, if there is one.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $( $number => Some(Self::$variant), )+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::clinical::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err($crate::clinical::UnknownWord {
                        vocabulary: stringify!($name),
                        word: word.to_owned(),
                        known: [$( $word, )+].join(", "),
                    }),
                }
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.u8(*self as u8)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                let number = d.u8()?;
                Self::from_number(number).ok_or_else(|| {
                    minicbor::decode::Error::message(concat!("no such ", stringify!($name))).at(at)
                })
            }
        }
    };
}

pub(crate) use vocabulary;

#[cfg(test)]
mod tests {
    use crate::clinical::Role;

    #[test]
    fn an_unknown_word_names_the_known_ones() {
        let error = "surgeon".parse::<Role>().unwrap_err().to_string();
        assert!(error.contains("\"surgeon\" is not a Role"), "{error}");
        assert!(error.contains("doctor, nurse"), "{error}");
    }

    #[test]
    fn every_value_is_found_by_its_word_and_by_its_number() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().as_ref(), Ok(role));
            assert_eq!(Role::from_number(*role as u8), Some(*role));
        }
        assert_eq!(Role::from_number(0), None);
    }
}
