//! Bytes as hexadecimal digits ([RFC 4648, section 8](https://www.rfc-editor.org/rfc/rfc4648#section-8)), written in lower case.
//!
//! Either is written where it will stay, without a copy elsewhere, so that whoever encodes a secret can wrap what comes back in
//! `Zeroizing`. **Nothing here wipes by itself, and digits are looked up in a table: never for what somebody can time.**

use zeroize::Zeroizing;

/// Two lower-case digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    text.extend(nibbles.map(|nibble| char::from(DIGITS[usize::from(nibble)])));
    text
}

/// The bytes that the digits stand for, in either case; `None` when the count is odd or something is not a digit.
pub fn unhex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for &[high, low] in pairs {
        bytes.push(nibble(high)? << 4 | nibble(low)?);
    }
    Some(std::mem::take(&mut *bytes))
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_written_in_lower_case_and_read_in_either() {
        assert_eq!(hex(&[0x00, 0x9f, 0xAB]), "009fab");
        assert_eq!(unhex("009fAb"), Some(vec![0x00, 0x9f, 0xab]));
        assert_eq!((hex(&[]), unhex("")), (String::new(), Some(vec![])));
    }

    #[test]
    fn what_is_not_pairs_of_digits_is_refused() {
        for text in ["0", "0g", "g0", "0x00", " 00", "00 ", "+1", "é", "0é0"] {
            assert_eq!(unhex(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes: Vec<u8>) {
            prop_assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        }

        #[test]
        fn reading_any_text_does_not_panic(text: String) {
            if let Some(bytes) = unhex(&text) {
                prop_assert_eq!(hex(&bytes), text.to_ascii_lowercase());
            }
        }
    }
}
