//! How cryptographic values stand in entries: byte strings of exactly their length.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::clinical::Role;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemPublic;
use crate::crypto::sign::{Signature, VerifyKey};

macro_rules! bytes {
    ($type:ty, $what:literal, $to:expr, $from:expr) => {
        impl<C> Encode<C> for $type {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&$to(self))?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $type {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                let bytes = d
                    .bytes()?
                    .try_into()
                    .map_err(|_| decode::Error::message(concat!("not ", $what)))?;
                $from(bytes).ok_or_else(|| decode::Error::message(concat!("not ", $what)))
            }
        }
    };
}

bytes!(
    Hash,
    "a hash",
    |hash: &Hash| hash.0,
    |bytes: [u8; 32]| Some(Hash(bytes))
);
bytes!(
    KemPublic,
    "an X25519 key",
    |key: &KemPublic| key.0,
    |bytes: [u8; 32]| Some(KemPublic(bytes))
);
bytes!(
    VerifyKey,
    "an Ed25519 key",
    VerifyKey::to_bytes,
    |bytes: [u8; 32]| VerifyKey::from_bytes(bytes).ok()
);
bytes!(
    Signature,
    "a signature",
    |signature: &Signature| signature.0,
    |bytes: [u8; 64]| Some(Signature(bytes))
);

/// What a certificate makes its holder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Office {
    /// The host's own identity: signs what has no user.
    Host,
    /// A person in a role.
    Person(Role),
}

impl Office {
    /// The role, if it is a person's.
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Host => None,
            Self::Person(role) => Some(role),
        }
    }

    /// `host`, or the role's name.
    pub fn as_str(self) -> &'static str {
        self.role().map_or("host", Role::as_str)
    }
}

impl<C> Encode<C> for Office {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.u8(self.role().map_or(0, |role| role as u8))?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Office {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        match d.u8()? {
            0 => Ok(Self::Host),
            number => Role::from_number(number)
                .map(Self::Person)
                .ok_or_else(|| decode::Error::message("not a role")),
        }
    }
}
