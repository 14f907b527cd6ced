//! Share files: what each custodian of a secret keeps, on paper or on a stick.
//!
//! A share is text that can be printed and typed again:
//!
//! ```text
//! chartseal share, version 1
//! set    restore
//! vault  4f1c09ab…                       the genesis entry's link, 64 hexadecimal digits
//! share  2 of 5, any 3 are enough
//! data   9f3e 01d4 …                     one or more lines
//! check  77d2e013                        SHA-256 of all of it, cut to 8 digits
//! ```
//!
//! The check finds a slip of the fingers, not a forger. **Shamir's scheme authenticates nothing: whoever uses the secret compares
//! its public key with the one that genesis names.**

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::crypto::hash::{Hash, sha256};
use crate::crypto::hex::{hex, unhex};
use crate::crypto::secret::SecretBytes;
use crate::crypto::shamir::{self, ShamirError};
use crate::ledger::store::create_private_folder;

use super::error::VaultError;
use super::host::write_private;

const FIRST_LINE: &str = "chartseal share, version 1";
/// Bytes in a line of data: 16 groups of four digits.
const LINE: usize = 32;

/// Which secret a share belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Opens every unit's keys when those who held them are gone.
    Recovery,
    /// Brings a vault back from a backup.
    Restore,
}

impl Set {
    /// The word on the share and in its file's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recovery => "recovery",
            Self::Restore => "restore",
        }
    }
}

/// Why shares were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// A text is no share, or was changed.
    #[error("the {nth}. share does not read: {what}")]
    Unreadable {
        /// Which one of those that were given, from 1.
        nth: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A share of the other set.
    #[error("the {nth}. share is of the {found} set, and the {wanted} set is needed")]
    OtherSet {
        /// Which one of those that were given, from 1.
        nth: usize,
        /// What it is.
        found: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// Shares of two vaults or two splittings.
    #[error("the {nth}. share belongs to another splitting than the first")]
    Mixed {
        /// Which one of those that were given, from 1.
        nth: usize,
    },
    /// The shares do not come together.
    #[error(transparent)]
    Shamir(#[from] ShamirError),
    /// None was given.
    #[error("no share was given")]
    None,
}

/// Splits a secret and writes one file a share, `restore-1-of-5.txt` and so on, readable by this account alone.
/// Nothing is overwritten, and where one cannot be written, none is left.
pub fn write_set(
    folder: &Path,
    set: Set,
    vault: &Hash,
    secret: &SecretBytes,
    threshold: u8,
    shares: u8,
) -> Result<Vec<PathBuf>, VaultError> {
    // The files are private whatever the folder is, which may be the custodian's own.
    if !folder.exists() {
        create_private_folder(folder)?;
    }
    let mut files: Vec<PathBuf> = Vec::with_capacity(shares.into());
    for bytes in shamir::split(secret.expose(), threshold, shares) {
        let share = Share {
            set,
            vault: *vault,
            threshold,
            shares,
            bytes,
        };
        let path = folder.join(format!(
            "{}-{}-of-{shares}.txt",
            set.as_str(),
            share.number()
        ));
        write_private(&path, share.text().as_bytes()).inspect_err(|_| {
            for file in &files {
                let _ = fs::remove_file(file);
            }
        })?;
        files.push(fs::canonicalize(&path).unwrap_or(path));
    }
    Ok(files)
}

/// Whether a text begins as a share does.
pub fn is_share(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(FIRST_LINE.as_bytes())
}

/// Puts a secret together from the texts of its shares. Answers the vault that they name, too.
pub fn combine(texts: &[SecretBytes], set: Set) -> Result<(Hash, SecretBytes), ShareError> {
    let mut shares = Vec::with_capacity(texts.len());
    for (text, nth) in texts.iter().zip(1..) {
        let share =
            Share::parse(text.expose()).map_err(|what| ShareError::Unreadable { nth, what })?;
        if share.set != set {
            return Err(ShareError::OtherSet {
                nth,
                found: share.set.as_str(),
                wanted: set.as_str(),
            });
        }
        shares.push(share);
    }
    let first = shares.first().ok_or(ShareError::None)?;
    let alike = |other: &Share| {
        (other.vault, other.threshold, other.shares) == (first.vault, first.threshold, first.shares)
    };
    if let Some(odd) = shares.iter().position(|share| !alike(share)) {
        return Err(ShareError::Mixed { nth: odd + 1 });
    }
    let bytes: Vec<&[u8]> = shares.iter().map(|share| share.bytes.expose()).collect();
    Ok((first.vault, shamir::combine(first.threshold, &bytes)?))
}

/// A share whose lines came in one, as they do from a field of a form, with its lines again.
fn in_lines(text: &str) -> Zeroizing<String> {
    let text = text.trim();
    // Room at once: a string that grows leaves copies behind.
    let mut lines = Zeroizing::new(String::with_capacity(text.len()));
    if text.contains('\n') {
        lines.push_str(text);
        return lines;
    }
    for word in text.split_inclusive(' ') {
        let begins = ["set", "vault", "share", "data", "check"].contains(&word.trim_end());
        if begins && !lines.is_empty() {
            lines.pop();
            lines.push('\n');
        }
        lines.push_str(word);
    }
    lines
}

struct Share {
    set: Set,
    vault: Hash,
    threshold: u8,
    shares: u8,
    bytes: SecretBytes,
}

impl Share {
    /// Its number among the shares, from 1: the first byte.
    fn number(&self) -> u8 {
        self.bytes.expose()[0]
    }

    fn check(&self) -> String {
        let head = [self.threshold, self.shares];
        let parts = [
            b"chartseal/share/v1",
            self.set.as_str().as_bytes(),
            &self.vault.0,
            &head,
            self.bytes.expose(),
        ];
        hex(&sha256(&parts).0[..4])
    }

    fn text(&self) -> Zeroizing<String> {
        // Room at once: a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(512 + self.bytes.len() * 4));
        let _ = write!(
            text,
            "{FIRST_LINE}\nset    {}\nvault  {}\nshare  {} of {}, any {} are enough\n",
            self.set.as_str(),
            self.vault,
            self.number(),
            self.shares,
            self.threshold,
        );
        for line in self.bytes.expose().chunks(LINE) {
            text.push_str("data  ");
            for group in line.chunks(2) {
                text.push(' ');
                text.push_str(&Zeroizing::new(hex(group)));
            }
            text.push('\n');
        }
        let _ = write!(text, "check  {}", self.check());
        text
    }

    fn parse(text: &[u8]) -> Result<Self, &'static str> {
        let text = std::str::from_utf8(text).map_err(|_| "it is not text")?;
        let text = in_lines(text);
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        if lines.next() != Some(FIRST_LINE) {
            return Err("its first line is not that of a share");
        }
        let (mut set, mut vault, mut share, mut check) = (None, None, None, None);
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        for line in lines {
            let (word, rest) = line
                .split_once(char::is_whitespace)
                .ok_or("a line holds a single word")?;
            match word {
                "set" => set = Some(rest.trim()),
                "vault" => vault = Some(rest.trim()),
                "share" => share = Some(rest.trim()),
                "data" => digits.extend(rest.chars().filter(|c| !c.is_whitespace())),
                "check" => check = Some(rest.trim()),
                _ => return Err("a line begins with a word that no share has"),
            }
        }
        let set = match set {
            Some("recovery") => Set::Recovery,
            Some("restore") => Set::Restore,
            _ => return Err("it does not say which set it belongs to"),
        };
        let vault = vault
            .and_then(unhex)
            .and_then(|bytes| Hash::from_slice(&bytes))
            .ok_or("its vault id is not one")?;
        let numbers: Vec<u8> = share
            .unwrap_or_default()
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        let [number, shares, threshold] = numbers[..] else {
            return Err("it does not say which share it is of how many");
        };
        let bytes = unhex(&digits.to_ascii_lowercase())
            .map(SecretBytes::new)
            .ok_or("its data are not hexadecimal digits")?;
        let share = Self {
            set,
            vault,
            threshold,
            shares,
            bytes,
        };
        if share.bytes.len() < 2
            || share.number() != number
            || number == 0
            || threshold == 0
            || threshold > shares
        {
            return Err("its numbers contradict each other");
        }
        if check.map(str::to_ascii_lowercase) != Some(share.check()) {
            return Err("its check does not fit: a line is mistyped or missing");
        }
        Ok(share)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const VAULT: Hash = Hash([0x4f; 32]);

    fn split(set: Set) -> (tempfile::TempDir, Vec<SecretBytes>) {
        let folder = tempfile::tempdir().unwrap();
        let secret = SecretBytes::from_slice(&[7; 64]);
        let files = write_set(&folder.path().join("shares"), set, &VAULT, &secret, 3, 5).unwrap();
        let texts = files
            .iter()
            .map(|file| SecretBytes::new(fs::read(file).unwrap()))
            .collect();
        (folder, texts)
    }

    fn changed(text: &SecretBytes, change: impl Fn(&str) -> String) -> SecretBytes {
        SecretBytes::from(change(std::str::from_utf8(text.expose()).unwrap()))
    }

    #[test]
    fn three_of_five_files_give_the_secret_and_name_the_vault() {
        let (_folder, texts) = split(Set::Restore);
        let some = [texts[4].clone(), texts[0].clone(), texts[2].clone()];
        let (vault, secret) = combine(&some, Set::Restore).unwrap();
        assert_eq!((vault, secret.expose()), (VAULT, &[7; 64][..]));
    }

    #[test]
    fn the_files_are_readable_by_their_owner_alone_and_never_overwritten() {
        let (folder, _texts) = split(Set::Recovery);
        let shares = folder.path().join("shares");
        let names: Vec<_> = fs::read_dir(&shares)
            .unwrap()
            .map(|file| file.unwrap())
            .collect();
        assert_eq!(names.len(), 5);
        for file in names {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(shares.join("recovery-1-of-5.txt").is_file());
        write_set(
            &shares,
            Set::Recovery,
            &VAULT,
            &SecretBytes::from_slice(&[1; 32]),
            3,
            5,
        )
        .unwrap_err();
    }

    #[test]
    fn a_share_may_come_in_one_line() {
        let (_folder, texts) = split(Set::Restore);
        let one: Vec<_> = texts[1..4]
            .iter()
            .map(|text| changed(text, |text| text.replace('\n', " ")))
            .collect();
        assert!(one.iter().all(|text| is_share(text.expose())));
        let (vault, secret) = combine(&one, Set::Restore).unwrap();
        assert_eq!((vault, secret.expose()), (VAULT, &[7; 64][..]));
        assert!(!is_share(b"/media/stick/restore-1-of-5.txt"));
    }

    #[test]
    fn a_share_may_be_typed_in_capitals_and_with_other_spaces() {
        let (_folder, mut texts) = split(Set::Restore);
        texts[1] = changed(&texts[1], |text| {
            let typed = |line: &str| match line.strip_prefix("data") {
                Some(digits) => format!("data {}\r\n", digits.to_uppercase().replace(' ', "")),
                None => format!("  {line}\r\n"),
            };
            text.lines().map(typed).collect()
        });
        combine(&texts[..3], Set::Restore).unwrap();
    }

    #[test]
    fn a_digit_that_is_mistyped_is_noticed_in_the_share_that_has_it() {
        let (_folder, mut texts) = split(Set::Restore);
        let text = String::from_utf8(texts[1].expose().to_vec()).unwrap();
        let at = text.find("data").unwrap() + 10;
        texts[1] = changed(&texts[1], |text| {
            let digit = if text.as_bytes()[at] == b'0' {
                "1"
            } else {
                "0"
            };
            format!("{}{digit}{}", &text[..at], &text[at + 1..])
        });
        let error = combine(&texts[..3], Set::Restore).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the 2. share does not read: its check does not fit: a line is mistyped or missing"
        );
    }

    #[test]
    fn shares_of_the_other_set_or_of_another_vault_are_named() {
        let (_a, restore) = split(Set::Restore);
        let (_b, recovery) = split(Set::Recovery);
        let mixed = [restore[0].clone(), restore[1].clone(), recovery[2].clone()];
        assert!(matches!(
            combine(&mixed, Set::Restore),
            Err(ShareError::OtherSet { nth: 3, .. })
        ));
        let folder = tempfile::tempdir().unwrap();
        let secret = SecretBytes::from_slice(&[7; 64]);
        let files = write_set(
            &folder.path().join("s"),
            Set::Restore,
            &Hash([1; 32]),
            &secret,
            3,
            5,
        )
        .unwrap();
        let foreign = SecretBytes::new(fs::read(&files[2]).unwrap());
        let mixed = [restore[0].clone(), restore[1].clone(), foreign];
        assert_eq!(
            combine(&mixed, Set::Restore),
            Err(ShareError::Mixed { nth: 3 })
        );
    }

    #[test]
    fn too_few_shares_and_the_same_share_twice_are_refused() {
        let (_folder, texts) = split(Set::Restore);
        assert!(matches!(
            combine(&texts[..2], Set::Restore),
            Err(ShareError::Shamir(ShamirError::TooFew { .. }))
        ));
        let twice = [texts[0].clone(), texts[1].clone(), texts[1].clone()];
        assert_eq!(
            combine(&twice, Set::Restore),
            Err(ShareError::Shamir(ShamirError::Twice(2)))
        );
        assert_eq!(combine(&[], Set::Restore), Err(ShareError::None));
        let noise = [SecretBytes::from_slice(b"not a share\n")];
        assert!(matches!(
            combine(&noise, Set::Restore),
            Err(ShareError::Unreadable { nth: 1, .. })
        ));
    }
}
