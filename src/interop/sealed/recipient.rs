//! A recipient's keys: one to give away, one to keep, both as text.
//!
//! ```text
//! chartseal recipient, version 1             chartseal recipient key, version 1
//! name    Dr A. Jones, City Hospital         name    Dr A. Jones, City Hospital
//! key     9f3e01d4…  X25519, 64 digits       key     9f3e01d4…
//! check   77d2e013                           salt    …             32 digits
//!                                            cost    262144 KiB, 3 passes
//!                                            sealed  …             120 digits
//!                                            check   c0ffee00
//!
//! sealed = AES-256-GCM(HKDF(Argon2id(passphrase, salt), "chartseal/recipient-key/v1"), secret, aad = "chartseal/recipient/v1" || key)
//! check  = the first 8 digits of SHA-256(every line before it)
//! ```
//!
//! The check finds a slip of the fingers, not a forger. **Before anything is sealed to a key, two people compare its fingerprint**:
//! nothing else says whose it is.

use std::fmt::Write;

use zeroize::Zeroizing;

use crate::crypto::Secret;
use crate::crypto::aead::SealKey;
use crate::crypto::hash::sha256;
use crate::crypto::hex::{hex, unhex};
use crate::crypto::hpke::{self, KemPublic, KemSecret};
use crate::crypto::kdf;
use crate::crypto::password::{Cost, CostError, stretch};
use crate::crypto::random;

const PUBLIC_LINE: &str = "chartseal recipient, version 1";
const SECRET_LINE: &str = "chartseal recipient key, version 1";
const LABEL: &[u8] = b"chartseal/recipient/v1";
const WRAP: &str = "chartseal/recipient-key/v1";
/// The longest name, in characters.
const LONGEST_NAME: usize = 200;

/// Why a text is no recipient's key, or does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// The text is another.
    #[error("it is no recipient's key: {0}")]
    NotOne(&'static str),
    /// A secret key stands where a public one is wanted.
    #[error("it is a recipient's secret key: name the file that ends in .pub, and keep this one")]
    Secret,
    /// A public key stands where a secret one is wanted.
    #[error("it is a recipient's public key, which opens nothing: name the file that ends in .key")]
    Public,
    /// Nothing can be sealed to it alone.
    #[error("its key is of small order: anyone could open what is sealed to it; ask for another")]
    SmallOrder,
    /// Another passphrase, or a changed file.
    #[error("the passphrase of the recipient's key is wrong")]
    WrongPassphrase,
    /// The name cannot stand in the file.
    #[error("a recipient's name is one line of 1 to {LONGEST_NAME} characters")]
    BadName,
    /// The cost is not one that this program uses.
    #[error(transparent)]
    Cost(#[from] CostError),
}

/// Sixteen hexadecimal digits in groups of four, for two people to compare.
pub fn fingerprint(key: &KemPublic) -> String {
    let digits = hex(&sha256(&[LABEL, &key.0]).0[..8]);
    [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]].join(" ")
}

/// Whom something can be sealed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What they call themselves. **It proves nothing.**
    pub name: String,
    /// Their key.
    pub key: KemPublic,
}

impl Recipient {
    /// The file to give away.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{PUBLIC_LINE}\nname    {}\nkey     {}\n",
            self.name,
            hex(&self.key.0)
        );
        let check = check(&text);
        let _ = writeln!(text, "check   {check}");
        text
    }

    /// Reads the file that was given away. **A key to which nothing can be sealed is refused here**, before anything is on record.
    pub fn parse(text: &[u8]) -> Result<Self, RecipientError> {
        let text = std::str::from_utf8(text).map_err(|_| NOT_TEXT)?;
        if text.starts_with(SECRET_LINE) {
            return Err(RecipientError::Secret);
        }
        let lines = Lines::of(text, PUBLIC_LINE)?;
        let (name, key) = (lines.name()?, lines.key()?);
        hpke::seal(&key, LABEL, &[], &[]).map_err(|_| RecipientError::SmallOrder)?;
        Ok(Self { name, key })
    }
}

const NOT_TEXT: RecipientError = RecipientError::NotOne("it is not text");

/// What opens what was sealed to a recipient.
#[derive(Debug)]
pub struct RecipientKey {
    name: String,
    key: KemSecret,
}

impl RecipientKey {
    /// Draws a fresh one.
    pub fn random(name: &str) -> Result<Self, RecipientError> {
        Ok(Self {
            name: named(name)?,
            key: KemSecret::random(),
        })
    }

    /// Opens.
    pub fn key(&self) -> &KemSecret {
        &self.key
    }

    /// The half to give away.
    pub fn recipient(&self) -> Recipient {
        Recipient {
            name: self.name.clone(),
            key: self.key.public(),
        }
    }

    /// The file to keep, under a passphrase.
    pub fn text(&self, passphrase: &[u8], cost: Cost) -> Result<String, RecipientError> {
        let salt: [u8; 16] = random::bytes();
        let public = self.key.public();
        let sealed =
            wrap(passphrase, &salt, cost)?.seal(&bound(&public), self.key.secret().expose());
        let mut text = format!(
            "{SECRET_LINE}\nname    {}\nkey     {}\nsalt    {}\ncost    {} KiB, {} passes\nsealed  {}\n",
            self.name,
            hex(&public.0),
            hex(&salt),
            cost.memory_kib,
            cost.passes,
            hex(&sealed)
        );
        let check = check(&text);
        let _ = writeln!(text, "check   {check}");
        Ok(text)
    }

    /// Reads the file that was kept.
    pub fn open(text: &[u8], passphrase: &[u8]) -> Result<Self, RecipientError> {
        let text = std::str::from_utf8(text).map_err(|_| NOT_TEXT)?;
        if text.starts_with(PUBLIC_LINE) {
            return Err(RecipientError::Public);
        }
        let lines = Lines::of(text, SECRET_LINE)?;
        let (name, key) = (lines.name()?, lines.key()?);
        let malformed = RecipientError::NotOne("a line is not in its form");
        let salt = lines.digits("salt")?;
        let salt = salt.as_slice().try_into().map_err(|_| malformed.clone())?;
        let numbers: Vec<u32> = lines
            .word("cost")?
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        let [memory_kib, passes] = numbers[..] else {
            return Err(malformed);
        };
        let cost = Cost { memory_kib, passes };
        let secret = wrap(passphrase, salt, cost)?
            .open(&bound(&key), &lines.digits("sealed")?)
            .map_err(|_| RecipientError::WrongPassphrase)?;
        let secret = Secret::from_slice(secret.expose()).ok_or_else(|| malformed.clone())?;
        let secret = KemSecret::from_secret(&secret);
        if secret.public() == key {
            Ok(Self { name, key: secret })
        } else {
            Err(malformed)
        }
    }
}

fn wrap(passphrase: &[u8], salt: &[u8; 16], cost: Cost) -> Result<SealKey, CostError> {
    // A recipient has no host: the file and the passphrase are all there is.
    let stretched = stretch(passphrase, salt, &Secret::new([0; 32]), cost)?;
    Ok(SealKey::new(&kdf::derive(&stretched, WRAP, &[])))
}

fn bound(public: &KemPublic) -> Vec<u8> {
    [LABEL, &public.0].concat()
}

fn named(name: &str) -> Result<String, RecipientError> {
    let name = name.trim();
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(RecipientError::BadName)
    }
}

fn check(text: &str) -> String {
    hex(&sha256(&[text.as_bytes()]).0[..4])
}

/// The lines of a file whose check holds.
struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    fn of(text: &'a str, first: &str) -> Result<Self, RecipientError> {
        if !text.starts_with(first) {
            return Err(RecipientError::NotOne("its first line is another"));
        }
        let (body, last) = text
            .rfind("check ")
            .map(|at| text.split_at(at))
            .ok_or(RecipientError::NotOne("it has no check"))?;
        if last["check ".len()..].trim() == check(body) {
            Ok(Self(body))
        } else {
            Err(RecipientError::NotOne(
                "its check does not fit: it was cut or changed",
            ))
        }
    }

    fn word(&self, word: &str) -> Result<&'a str, RecipientError> {
        let mut lines = self.0.lines();
        let found = lines.find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
        found
            .map(str::trim)
            .ok_or(RecipientError::NotOne("a line is missing"))
    }

    fn digits(&self, word: &str) -> Result<Zeroizing<Vec<u8>>, RecipientError> {
        unhex(self.word(word)?)
            .map(Zeroizing::new)
            .ok_or(RecipientError::NotOne("a line is not in its form"))
    }

    fn name(&self) -> Result<String, RecipientError> {
        named(self.word("name")?)
    }

    fn key(&self) -> Result<KemPublic, RecipientError> {
        KemPublic::from_slice(&self.digits("key")?)
            .ok_or(RecipientError::NotOne("a line is not in its form"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "Dr A. Jones, City Hospital";

    fn key() -> RecipientKey {
        let scalar = Secret::fill_with(|key| key.iter_mut().zip(0..).for_each(|(b, n)| *b = n));
        RecipientKey {
            name: NAME.into(),
            key: KemSecret::from_secret(&scalar),
        }
    }

    #[test]
    fn a_public_key_has_these_lines_and_this_fingerprint() {
        let recipient = key().recipient();
        assert_eq!(recipient.text(), GOLDEN);
        assert_eq!(Recipient::parse(GOLDEN.as_bytes()), Ok(recipient.clone()));
        assert_eq!(fingerprint(&recipient.key), "db40 12ac 1fc7 7371");
    }

    const GOLDEN: &str = "chartseal recipient, version 1\n\
                          name    Dr A. Jones, City Hospital\n\
                          key     8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f\n\
                          check   0b1645b3\n";

    #[test]
    fn a_secret_key_comes_back_under_its_passphrase_and_no_other() {
        let key = key();
        let text = key.text(b"correct horse", Cost::FLOOR).unwrap();
        let again = RecipientKey::open(text.as_bytes(), b"correct horse").unwrap();
        assert_eq!(again.key().secret(), key.key().secret());
        assert_eq!(again.recipient(), key.recipient());
        assert_eq!(
            RecipientKey::open(text.as_bytes(), b"correct house").unwrap_err(),
            RecipientError::WrongPassphrase
        );
        assert!(
            !text.contains(&hex(key.key().secret().expose())),
            "the secret stands in the file"
        );
    }

    #[test]
    fn a_changed_character_is_found_in_either_file() {
        let key = key();
        let (public, secret) = (key.recipient().text(), key.text(b"p", Cost::FLOOR).unwrap());
        for (text, public) in [(public, true), (secret, false)] {
            for at in 0..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
                let refused = if public {
                    Recipient::parse(&changed).is_err()
                } else {
                    RecipientKey::open(&changed, b"p").is_err()
                };
                let trailing = at + 1 == text.len();
                assert!(refused || trailing, "character {at} of {text}");
            }
        }
    }

    #[test]
    fn one_half_is_not_taken_for_the_other() {
        let key = key();
        let secret = key.text(b"p", Cost::FLOOR).unwrap();
        assert_eq!(
            Recipient::parse(secret.as_bytes()),
            Err(RecipientError::Secret)
        );
        assert_eq!(
            RecipientKey::open(GOLDEN.as_bytes(), b"p").unwrap_err(),
            RecipientError::Public
        );
        assert!(Recipient::parse(b"ssh-ed25519 AAAA").is_err());
        for name in ["", " ", "two\nlines", &"x".repeat(201)] {
            assert_eq!(
                RecipientKey::random(name).unwrap_err(),
                RecipientError::BadName
            );
        }
    }
}
