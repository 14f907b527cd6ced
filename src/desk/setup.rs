//! A vault begins: the first admin, the host's state, two secrets split among custodians.
//!
//! | set | any `threshold` of its shares give | which |
//! |---|---|---|
//! | recovery | the recovery unit's X25519 secret, 32 bytes | opens every unit's keys when those who held them are gone |
//! | restore | [`RestoreSecret`]: restore key and host secret, 64 bytes | brings the vault back from a backup |
//!
//! The shares are written before the vault exists, so that there is no vault without them, and the secrets are wiped
//! before [`init`] returns: **from then on only the shares hold them**. The host keeps what writes backups and cannot
//! read them.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use crate::backup::keys::{RepositoryId, RestoreSecret};
use crate::config::Paths;
use crate::crypto::password::Cost;
use crate::crypto::secret::SecretBytes;
use crate::vault::init::{NewSecrets, NewVault, init_keeping};
use crate::vault::shares::{Set, write_set};
use crate::vault::{Host, VaultError};

use super::error::DeskError;
use super::view::{InitMade, Shares};

/// How the secrets are split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRule {
    /// How many shares each of them is split into.
    pub shares: u8,
    /// How many shares rebuild it.
    pub threshold: u8,
    /// The folder for the share files; `shares` in the host's folder where none is named. Never inside the vault's
    /// folder: whoever copies the vault must not get its shares along.
    pub out: Option<PathBuf>,
}

/// Makes a vault with its first admin. Needs no user. Where it fails, nothing is left behind.
pub fn init(
    paths: &Paths,
    admin: &str,
    passphrase: &SecretBytes,
    rule: &ShareRule,
    cost: Cost,
) -> Result<InitMade, DeskError> {
    if let Some(out) = &rule.out {
        refuse_inside(&paths.vault, out)?;
    }
    let host_of = |id: &str| {
        paths
            .host_of(id)
            .map_err(|error| DeskError::BadInput(error.to_string()))
    };
    host_of("")?;
    let new = NewVault {
        folder: &paths.vault,
        host: &|vault| host_of(&vault.to_string()).expect("it was found for another id above"),
        admin,
        passphrase,
        cost,
        shares: rule.shares,
        threshold: rule.threshold,
    };
    let mut written = Written::default();
    let made = init_keeping(&new, &mut |secrets, host| {
        let out = match &rule.out {
            Some(out) => out.clone(),
            None => host.folder().join("shares"),
        };
        written.keep(secrets, host, &out, rule)
    });
    let vault_id = match made {
        Ok(secrets) => secrets.vault.to_string(),
        Err(error) => {
            written.take_back();
            return Err(error.into());
        }
    };
    let shares = |files: &[PathBuf]| Shares {
        shares: rule.shares,
        threshold: rule.threshold,
        files: files
            .iter()
            .map(|file| file.display().to_string())
            .collect(),
    };
    Ok(InitMade {
        vault: paths.vault.display().to_string(),
        vault_id,
        admin: admin.into(),
        recovery: shares(&written.recovery),
        restore: shares(&written.restore),
    })
}

fn refuse_inside(vault: &Path, out: &Path) -> Result<(), DeskError> {
    let whole = |path: &Path| absolute(path).map_err(|source| DeskError::io(path, source));
    if whole(out)?.starts_with(whole(vault)?) {
        return Err(DeskError::BadInput(format!(
            "{} lies in the vault's folder: whoever copies the vault would get the shares along; name another folder",
            out.display()
        )));
    }
    Ok(())
}

/// The share files of a vault that is coming about.
#[derive(Debug, Default)]
struct Written {
    recovery: Vec<PathBuf>,
    restore: Vec<PathBuf>,
    made: Option<PathBuf>,
}

impl Written {
    fn keep(
        &mut self,
        secrets: &NewSecrets,
        host: &Host,
        out: &Path,
        rule: &ShareRule,
    ) -> Result<(), VaultError> {
        self.made = (!out.exists()).then(|| out.to_owned());
        let write = |set, secret: &SecretBytes| {
            write_set(
                out,
                set,
                &secrets.vault,
                secret,
                rule.threshold,
                rule.shares,
            )
        };
        let recovery = SecretBytes::from_slice(secrets.recovery.secret().expose());
        self.recovery = write(Set::Recovery, &recovery)?;
        let restore = RestoreSecret {
            restore: crate::crypto::hpke::KemSecret::from_secret(&secrets.restore.secret()),
            host_secret: secrets.host_secret.clone(),
        };
        self.restore = write(Set::Restore, &restore.to_bytes())?;
        let keys = restore.backup_keys(
            RepositoryId::random(),
            secrets.vault,
            host.sign().duplicate(),
        );
        host.put_backup_keys(keys.to_bytes().expose())
    }

    fn take_back(&self) {
        for file in self.recovery.iter().chain(&self.restore) {
            let _ = fs::remove_file(file);
        }
        if let Some(folder) = &self.made {
            // Only if it is empty.
            let _ = fs::remove_dir(folder);
        }
    }
}
