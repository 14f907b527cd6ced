//! The one encoding: deterministic CBOR (RFC 8949, section 4.2.1) with integer keys and no floats.
//!
//! **A decoder refuses whatever does not encode to the same bytes again**, so that one value has one
//! encoding and one hash.

use minicbor::{Decode, Encode};

/// Why bytes were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Not the expected CBOR.
    #[error("not a valid {what}: {reason}")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// Valid CBOR, but not the one encoding of its value.
    #[error("{what} is not in canonical form")]
    NotCanonical {
        /// What was expected.
        what: &'static str,
    },
}

/// Encodes a value. Writing to memory cannot fail.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("encoding into a Vec has no way to fail")
}

/// Decodes a value and refuses any encoding but the canonical one. `what` names it in the error.
pub fn decode<T: Encode<()> + for<'b> Decode<'b, ()>>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, EncodingError> {
    let value: T = minicbor::decode(bytes).map_err(|error| EncodingError::Malformed {
        what,
        reason: error.to_string(),
    })?;
    let mut again = Vec::with_capacity(bytes.len());
    minicbor::encode(&value, &mut again).expect("encoding into a Vec has no way to fail");
    if again == bytes {
        Ok(value)
    } else {
        Err(EncodingError::NotCanonical { what })
    }
}
