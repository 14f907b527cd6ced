//! The one way in which this module writes and reads CBOR (RFC 8949): deterministic, and read back strictly.

use minicbor::{Decode, Encode};

/// Bytes that are not the one encoding of what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the one encoding of a value")]
pub struct NotCanonical;

/// Encodes `value`.
pub(super) fn to_vec<T: Encode<()>>(value: &T) -> Vec<u8> {
    // A Vec takes every write, and the derived encoders have no errors of their own.
    minicbor::to_vec(value).expect("a vector takes every write")
}

/// Decodes `bytes` and **refuses whatever does not encode to the same bytes again**, trailing bytes included.
pub(super) fn from_slice<T>(bytes: &[u8]) -> Result<T, NotCanonical>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let value: T = minicbor::decode(bytes).map_err(|_| NotCanonical)?;
    if to_vec(&value) == bytes {
        Ok(value)
    } else {
        Err(NotCanonical)
    }
}
