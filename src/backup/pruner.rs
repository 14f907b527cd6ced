//! A pruner's file: what somebody who deletes old snapshots holds, on another machine than the host.
//!
//! ```text
//! chartseal pruner, version 1
//! vault       4f1c09ab…        the genesis entry's link, 64 hexadecimal digits
//! repository  77d2e013…        32 digits
//! manifests   9f3e01d4…        K_manifest, 64 digits: opens manifests, opens no object
//! identity    0a1b2c3d…        the pruner's own signing key, 64 digits
//! host        5e6f7081…        a certified host's key, 64 digits; one line each
//! check       c0ffee00         SHA-256 of all of it, cut to 8 digits
//! ```
//!
//! **With it nobody reads a chart, writes a snapshot or makes a manifest that counts**: objects are sealed to the restore
//! key, their ids need K_id, and a pruner's key is no certified host. It learns how much was backed up and when. What it
//! can delete, the credential of its address decides. A host that is certified later needs a new file.

use std::fmt::Write;

use zeroize::Zeroizing;

use super::keys::{BackupKeys, KeeperKeys, RepositoryId};
use crate::crypto::hash::sha256;
use crate::crypto::hex::{hex, unhex};
use crate::crypto::sign::{SigningKey, VerifyKey};
use crate::crypto::{Hash, Secret};

const FIRST_LINE: &str = "chartseal pruner, version 1";
const LABEL: &[u8] = b"chartseal/backup/pruner/v1";

/// What a pruner holds.
#[derive(Debug)]
pub struct PrunerKeys {
    /// The repository.
    pub repository: RepositoryId,
    /// The vault: the hash of its genesis entry.
    pub vault: Hash,
    /// Opens manifests and vouches for tombstones.
    pub k_manifest: Secret<32>,
    /// Signs tombstones.
    pub signing: SigningKey,
    /// The hosts whose manifests count.
    pub hosts: Vec<VerifyKey>,
}

/// Why a text is not a pruner's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a pruner's file ({0}); `chartseal backup pruner` makes one on the host")]
pub struct NotAPruner(&'static str);

impl KeeperKeys for PrunerKeys {
    fn repository(&self) -> RepositoryId {
        self.repository
    }

    fn k_manifest(&self) -> &Secret<32> {
        &self.k_manifest
    }

    fn signing(&self) -> &SigningKey {
        &self.signing
    }
}

impl PrunerKeys {
    /// A pruner beside this host, with an identity of its own.
    pub fn beside(keys: &BackupKeys, hosts: Vec<VerifyKey>) -> Self {
        Self {
            repository: keys.repository,
            vault: keys.vault,
            k_manifest: keys.k_manifest.clone(),
            signing: SigningKey::random(),
            hosts,
        }
    }

    /// The file, **to be kept as a secret**.
    pub fn text(&self) -> Zeroizing<String> {
        // Room at once: a string that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(512 + 80 * self.hosts.len()));
        let manifests = Zeroizing::new(hex(self.k_manifest.expose()));
        let identity = Zeroizing::new(hex(self.signing.secret().expose()));
        let _ = write!(
            text,
            "{FIRST_LINE}\nvault       {}\nrepository  {}\nmanifests   {}\nidentity    {}\n",
            self.vault, self.repository, *manifests, *identity
        );
        for host in &self.hosts {
            let _ = writeln!(text, "host        {}", hex(&host.to_bytes()));
        }
        let check = check(text.as_bytes());
        let _ = writeln!(text, "check       {check}");
        text
    }

    /// Reads a file.
    pub fn parse(text: &[u8]) -> Result<Self, NotAPruner> {
        let text = std::str::from_utf8(text).map_err(|_| NotAPruner("it is no text"))?;
        if !text.starts_with(FIRST_LINE) {
            return Err(NotAPruner("its first line is another"));
        }
        let (body, last) = text
            .rfind("check ")
            .map(|at| text.split_at(at))
            .ok_or(NotAPruner("it has no check"))?;
        if last["check ".len()..].trim() != check(body.as_bytes()) {
            return Err(NotAPruner("its check does not fit: it was cut or changed"));
        }
        let all = |word: &str| {
            let word = word.to_owned();
            body.lines()
                .filter_map(move |line| line.strip_prefix(&word)?.trim().into())
                .map(|digits| Zeroizing::new(unhex(digits).unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        let one = |word: &str| {
            let mut all = all(word);
            all.pop().ok_or(NotAPruner("a line is missing"))
        };
        let malformed = NotAPruner("a line is not in its form");
        let hosts = all("host ")
            .iter()
            .map(|bytes| VerifyKey::from_bytes((**bytes).as_slice().try_into().ok()?).ok())
            .collect::<Option<_>>()
            .ok_or(malformed)?;
        Ok(Self {
            repository: RepositoryId(
                one("repository ")?
                    .as_slice()
                    .try_into()
                    .map_err(|_| malformed)?,
            ),
            vault: Hash::from_slice(&one("vault ")?).ok_or(malformed)?,
            k_manifest: Secret::from_slice(&one("manifests ")?).ok_or(malformed)?,
            signing: SigningKey::from_secret(
                &Secret::from_slice(&one("identity ")?).ok_or(malformed)?,
            ),
            hosts,
        })
    }
}

fn check(body: &[u8]) -> String {
    hex(&sha256(&[LABEL, body]).0[..4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::keys::RestoreSecret;

    fn keys() -> PrunerKeys {
        let secret = RestoreSecret::random(Secret::random());
        let keys = secret.backup_keys(RepositoryId::random(), Hash([7; 32]), SigningKey::random());
        PrunerKeys::beside(
            &keys,
            vec![keys.signing.public(), SigningKey::random().public()],
        )
    }

    #[test]
    fn a_pruners_file_reads_back() {
        let keys = keys();
        let again = PrunerKeys::parse(keys.text().as_bytes()).unwrap();
        assert_eq!(again.text(), keys.text());
        assert_eq!((again.hosts.len(), again.vault), (2, keys.vault));
    }

    #[test]
    fn a_pruners_file_that_was_cut_or_changed_is_refused() {
        let keys = keys();
        let text = keys.text();
        for at in 0..text.len() - 1 {
            assert!(
                PrunerKeys::parse(&text.as_bytes()[..at]).is_err(),
                "cut at {at}"
            );
            let mut bad = text.as_bytes().to_vec();
            bad[at] ^= 1;
            assert!(PrunerKeys::parse(&bad).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_pruners_keys_do_not_print() {
        let keys = keys();
        assert!(!format!("{keys:?}").contains(&hex(keys.k_manifest.expose())));
    }
}
