//! The printed head: which snapshot was the newest, short enough to be copied from a screen, typed or read by a scanner.
//!
//! ```text
//! bytes = 1 || repository(first 4) || number(5, big endian) || manifest hash(first 16) || check(4)
//! check = the first 4 bytes of SHA-256("chartseal/backup/printed-head/v1" || what stands before it)
//! text  = the 30 bytes in Crockford's base 32, 48 letters and digits in twelve groups of four
//! ```
//!
//! [Crockford's alphabet](https://www.crockford.com/base32.html) has no letter that looks like a digit, and a reader takes
//! O for 0, I and L for 1, and small letters. **Whoever restores on a new host has nothing else to tell the newest state
//! from an older one, or from a fork, that a target serves again.** Sixteen bytes of the hash are enough: an operator
//! cannot make manifests, and one that he did not make he would have to hit.

use std::fmt;
use std::str::FromStr;

use super::high_water::HighWater;
use super::keys::RepositoryId;
use super::manifest::SignedManifest;
use crate::crypto::Hash;
use crate::crypto::hash::sha256;

const FORMAT: u8 = 1;
const LABEL: &[u8] = b"chartseal/backup/printed-head/v1";
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BYTES: usize = 30;
const BODY: usize = BYTES - 4;
const GROUP: usize = 4;

/// A snapshot as a person remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintedHead {
    repository: [u8; 4],
    number: u64,
    hash: [u8; 16],
}

/// Why a text is not a printed head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAHead {
    /// Another number of letters, or one that is not of the alphabet.
    #[error("a head has 48 letters and digits in groups of four")]
    Form,
    /// A letter is wrong.
    #[error("its check does not fit: a letter is mistyped")]
    Check,
    /// Of a format that this program does not know.
    #[error("it is of a newer format: use a newer chartseal")]
    Format,
}

impl From<&HighWater> for PrintedHead {
    fn from(mark: &HighWater) -> Self {
        Self::naming(mark.repository, mark.manifest.number, &mark.hash)
    }
}

impl PrintedHead {
    /// The head that names this snapshot.
    pub fn of(repository: RepositoryId, manifest: &SignedManifest) -> Self {
        Self::naming(repository, manifest.manifest.name.number, &manifest.hash)
    }

    /// The head that names the snapshot of this number whose manifest has this hash.
    pub fn naming(repository: RepositoryId, number: u64, hash: &Hash) -> Self {
        Self {
            repository: first(&repository.0),
            number: number & 0xff_ffff_ffff,
            hash: first(&hash.0),
        }
    }

    /// The number of the snapshot.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Whether it is a head of this repository.
    pub fn is_of(&self, repository: RepositoryId) -> bool {
        self.repository == first::<4>(&repository.0)
    }

    /// Whether it names the manifest with this hash.
    pub fn names(&self, hash: &Hash) -> bool {
        self.hash == first::<16>(&hash.0)
    }

    fn body(&self) -> [u8; BODY] {
        let mut body = [0; BODY];
        body[0] = FORMAT;
        body[1..5].copy_from_slice(&self.repository);
        body[5..10].copy_from_slice(&self.number.to_be_bytes()[3..]);
        body[10..].copy_from_slice(&self.hash);
        body
    }
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    *bytes
        .first_chunk()
        .expect("ids are longer than their beginnings")
}

fn check(body: &[u8]) -> [u8; 4] {
    first(&sha256(&[LABEL, body]).0)
}

impl fmt::Display for PrintedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body();
        let bytes = [&body[..], &check(&body)].concat();
        // Five bytes are eight letters of five bits.
        for (nth, five) in bytes.chunks(5).enumerate() {
            let bits = five
                .iter()
                .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for letter in 0..8 {
                if letter % GROUP == 0 && (nth, letter) != (0, 0) {
                    f.write_str("-")?;
                }
                let value = (bits >> (35 - 5 * letter)) & 31;
                write!(f, "{}", char::from(ALPHABET[value as usize]))?;
            }
        }
        Ok(())
    }
}

impl FromStr for PrintedHead {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let letters: Vec<u64> = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(value)
            .collect::<Option<_>>()
            .ok_or(NotAHead::Form)?;
        if letters.len() != BYTES * 8 / 5 {
            return Err(NotAHead::Form);
        }
        let bytes: Vec<u8> = letters
            .chunks(8)
            .flat_map(|eight| {
                let bits = eight.iter().fold(0_u64, |bits, value| bits << 5 | value);
                bits.to_be_bytes()[3..].to_vec()
            })
            .collect();
        let (body, checked) = bytes.split_at(BODY);
        if check(body) != *checked {
            return Err(NotAHead::Check);
        }
        if body[0] != FORMAT {
            return Err(NotAHead::Format);
        }
        let number = body[5..10]
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Ok(Self {
            repository: first(&body[1..]),
            number,
            hash: first(&body[10..]),
        })
    }
}

fn value(letter: char) -> Option<u64> {
    let letter = match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        letter => letter,
    };
    let letter = u8::try_from(letter).ok()?;
    let at = ALPHABET.iter().position(|known| *known == letter)?;
    Some(at as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: PrintedHead = PrintedHead {
        repository: [1, 2, 3, 4],
        number: 411,
        hash: [0xa5; 16],
    };

    #[test]
    fn the_text_of_a_head_is_known() {
        assert_eq!(
            HEAD.to_string(),
            "040G-40R4-0000-00CV-MPJT-B9D5-MPJT-B9D5-MPJT-B9D5-MM52-46V3"
        );
    }

    #[test]
    fn a_head_reads_back_as_people_write_it() {
        let text = HEAD.to_string();
        for written in [
            text.clone(),
            text.replace('-', ""),
            text.to_lowercase().replace('0', "o").replace('1', "l"),
            format!(" {} \n", text.replace('-', " ")),
        ] {
            assert_eq!(written.parse(), Ok(HEAD), "{written}");
        }
    }

    #[test]
    fn any_mistyped_letter_is_noticed() {
        let text = HEAD.to_string();
        for at in (0..text.len()).filter(|at| text.as_bytes()[*at] != b'-') {
            let mut bad = text.clone().into_bytes();
            bad[at] = if bad[at] == b'7' { b'8' } else { b'7' };
            let bad = String::from_utf8(bad).unwrap();
            assert_eq!(bad.parse::<PrintedHead>(), Err(NotAHead::Check), "{bad}");
        }
        for bad in [
            "",
            "04G2",
            &text[1..],
            &format!("{text}0"),
            &text.replace('M', "U"),
        ] {
            assert_eq!(bad.parse::<PrintedHead>(), Err(NotAHead::Form), "{bad}");
        }
    }
}
