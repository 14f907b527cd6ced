//! The high-water mark: the last manifest that a host or a person has seen, kept where the target's operator cannot
//! reach it. It is what shows that an old chain is served again.
//!
//! It is nine words on one line, so that it can be printed, scanned and typed:
//!
//! ```text
//! chartseal-head/1 REPOSITORY HOST TIMELINE NUMBER MANIFEST-HASH LEDGER-NUMBER LEDGER-LINK CHECK
//! ```
//!
//! with hex digits for ids and hashes, and `CHECK` the first 8 hex digits of SHA-256 over what stands before it. A host
//! that was restored adds the timeline that it will begin as a tenth word before the check.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use super::keys::RepositoryId;
use super::manifest::{HostId, ManifestName, SignedManifest, Timeline};
use super::source::Head;
use super::state::{self, HostState, StateError};
use crate::crypto::hash::sha256;
use crate::crypto::{Hash, hex};

const MAGIC: &str = "chartseal-head/1";

/// The newest manifest that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HighWater {
    /// The repository.
    pub repository: RepositoryId,
    /// The manifest.
    pub manifest: ManifestName,
    /// Its hash.
    pub hash: Hash,
    /// The ledger's head in it.
    pub head: Head,
    /// After a restore: the timeline that the next manifest begins.
    pub begins: Option<Timeline>,
}

/// Why a line is not a high-water mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a head of a backup: {0}")]
pub struct NotAHighWater(&'static str);

impl HighWater {
    /// The mark after `manifest`.
    pub fn of(repository: RepositoryId, manifest: &SignedManifest) -> Self {
        let SignedManifest { manifest, hash, .. } = manifest;
        Self {
            repository,
            manifest: manifest.name,
            hash: *hash,
            head: manifest.head,
            begins: None,
        }
    }

    /// Reads the mark that a host keeps of `repository` in `folder`; `None` if it keeps none.
    pub fn read(folder: &Path, repository: RepositoryId) -> Result<Option<Self>, StateError> {
        read(&state::high_water(folder, repository), repository)
    }

    pub(super) fn load(
        state: &HostState,
        repository: RepositoryId,
    ) -> Result<Option<Self>, StateError> {
        read(&state.high_water(), repository)
    }

    /// Keeps the mark, durably, in place of the one before.
    pub fn save(&self, state: &HostState) -> Result<(), StateError> {
        state::replace(&state.high_water(), format!("{self}\n").as_bytes())
    }
}

fn read(path: &Path, repository: RepositoryId) -> Result<Option<HighWater>, StateError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(state::at(path)(e)),
    };
    let bad = |what| StateError::HighWater {
        path: path.to_owned(),
        what,
    };
    let mark: HighWater = text.parse().map_err(|NotAHighWater(what)| bad(what))?;
    if mark.repository == repository {
        Ok(Some(mark))
    } else {
        Err(bad("it is of another repository"))
    }
}

impl fmt::Display for HighWater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ManifestName {
            host,
            timeline,
            number,
        } = self.manifest;
        let Head { seq, link } = self.head;
        let mut line = format!(
            "{MAGIC} {} {host:?} {timeline:?} {number} {} {seq} {link}",
            self.repository, self.hash
        );
        if let Some(begins) = self.begins {
            line = format!("{line} {begins:?}");
        }
        write!(f, "{line} {}", check(&line))
    }
}

impl FromStr for HighWater {
    type Err = NotAHighWater;

    fn from_str(text: &str) -> Result<Self, NotAHighWater> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let Some((last, words)) = words.split_last() else {
            return Err(NotAHighWater("it is empty"));
        };
        if !last.eq_ignore_ascii_case(&check(&words.join(" "))) {
            return Err(NotAHighWater(
                "its check does not fit: a word is mistyped or missing",
            ));
        }
        let (fixed, begins) = match words {
            [fixed @ .., begins] if words.len() == 9 => (fixed, Some(*begins)),
            _ => (words, None),
        };
        let [MAGIC, repository, host, timeline, number, hash, seq, link] = *fixed else {
            return Err(NotAHighWater("it does not have the words of one"));
        };
        parse(repository, host, timeline, number, hash, seq, link, begins)
            .ok_or(NotAHighWater("a word is not in its form"))
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the words of the line, in their order"
)]
fn parse(
    repository: &str,
    host: &str,
    timeline: &str,
    number: &str,
    hash: &str,
    seq: &str,
    link: &str,
    begins: Option<&str>,
) -> Option<HighWater> {
    let timeline_of = |text: &str| Some(Timeline(hex::unhex(text)?.try_into().ok()?));
    Some(HighWater {
        repository: RepositoryId(hex::unhex(repository)?.try_into().ok()?),
        manifest: ManifestName {
            host: HostId(hex::unhex(host)?.try_into().ok()?),
            timeline: timeline_of(timeline)?,
            number: number.parse().ok()?,
        },
        hash: Hash::from_slice(&hex::unhex(hash)?)?,
        head: Head {
            seq: seq.parse().ok()?,
            link: Hash::from_slice(&hex::unhex(link)?)?,
        },
        begins: match begins {
            Some(text) => Some(timeline_of(text)?),
            None => None,
        },
    })
}

fn check(line: &str) -> String {
    hex::hex(&sha256(&[line.as_bytes()]).0[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(begins: Option<Timeline>) -> HighWater {
        HighWater {
            repository: RepositoryId([1; 16]),
            manifest: ManifestName {
                host: HostId([2; 16]),
                timeline: Timeline([3; 8]),
                number: 4,
            },
            hash: Hash([5; 32]),
            head: Head {
                seq: 6,
                link: Hash([7; 32]),
            },
            begins,
        }
    }

    #[test]
    fn a_printed_head_reads_back() {
        for mark in [mark(None), mark(Some(Timeline([9; 8])))] {
            assert_eq!(mark.to_string().parse(), Ok(mark.clone()));
            assert_eq!(format!("  {mark}\r\n").parse(), Ok(mark));
        }
    }

    #[test]
    fn any_mistyped_character_of_a_printed_head_is_noticed() {
        let text = mark(None).to_string();
        for at in 0..text.len() {
            let mut bad = text.clone().into_bytes();
            bad[at] = if bad[at] == b'0' { b'1' } else { b'0' };
            let bad = String::from_utf8(bad).unwrap();
            assert!(bad.parse::<HighWater>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mark_is_kept_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let repository = RepositoryId([1; 16]);
        assert_eq!(HighWater::read(folder.path(), repository).unwrap(), None);
        let state = HostState::lock(folder.path(), repository).unwrap();
        mark(None).save(&state).unwrap();
        assert_eq!(
            HighWater::read(folder.path(), repository).unwrap(),
            Some(mark(None))
        );
        assert_eq!(
            HighWater::read(folder.path(), RepositoryId([8; 16])).unwrap(),
            None
        );
    }

    #[test]
    fn two_runs_do_not_share_a_host_state() {
        let folder = tempfile::tempdir().unwrap();
        let held = HostState::lock(folder.path(), RepositoryId([1; 16])).unwrap();
        assert!(matches!(
            HostState::lock(folder.path(), RepositoryId([1; 16])),
            Err(StateError::Busy)
        ));
        drop(held);
        HostState::lock(folder.path(), RepositoryId([1; 16])).unwrap();
    }
}
