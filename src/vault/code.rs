//! One-time codes: what an admin hands to somebody who is to make their own keys.
//!
//! The ledger holds a code's hash. 130 random bits cannot be guessed from it, so no stretching is needed.

use crate::crypto::hash::{Hash, sha256};
use crate::crypto::secret::{Secret, SecretBytes};

/// Crockford's alphabet: nothing that looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What the invitation says of a code. Spaces, hyphens and capitals do not matter.
pub fn code_hash(code: &[u8]) -> Hash {
    let mut plain = SecretBytes::new(Vec::with_capacity(code.len()));
    for c in code.iter().filter(|c| c.is_ascii_alphanumeric()) {
        plain.extend(&[c.to_ascii_uppercase()]);
    }
    sha256(&[b"chartseal/one-time-code/v1", plain.expose()])
}

/// Twenty-six symbols, 130 random bits, in groups of five.
pub fn new_code() -> SecretBytes {
    let symbols = Secret::<26>::random();
    let mut code = SecretBytes::new(Vec::with_capacity(32));
    for (at, byte) in symbols.expose().iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            code.extend(b"-");
        }
        code.extend(&[ALPHABET[usize::from(byte % 32)]]);
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = String::from_utf8(new_code().expose().to_vec()).unwrap();
        assert_eq!(code.len(), 31, "26 symbols and 5 hyphens: {code}");
        let typed = code.replace('-', " ").to_lowercase();
        assert_eq!(code_hash(code.as_bytes()), code_hash(typed.as_bytes()));
        assert_ne!(code_hash(code.as_bytes()), code_hash(new_code().expose()));
    }
}
