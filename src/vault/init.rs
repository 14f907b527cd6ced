//! A new vault: genesis, the first admin, the host's identity, the four special units, and two secrets to be split.

use std::path::Path;

use crate::clinical::Role;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemSecret;
use crate::crypto::password::Cost;
use crate::crypto::secret::{Secret, SecretBytes};
use crate::crypto::sign::SigningKey;
use crate::ledger::clear::{Clear, Genesis, Unit, UnitKind};
use crate::ledger::store::FILE;
use crate::ledger::{
    CertId, Certificate, ChartId, Ledger, Office, Place, Prepared, Section, UnitId, WriteTx,
};

use super::clock;
use super::error::VaultError;
use super::host::{Host, NewHost};
use super::identity::Identity;
use super::people::{check_login, check_passphrase};

/// The login that the host's certificate bears. No person can have it: logins begin with a letter.
pub const HOST_LOGIN: &str = "@host";

/// What `init` is told.
pub struct NewVault<'a> {
    /// The folder of the vault.
    pub folder: &'a Path,
    /// The folder of the host's state; made from the vault's id where only that is known.
    pub host: &'a dyn Fn(&Hash) -> std::path::PathBuf,
    /// The first admin's login.
    pub admin: &'a str,
    /// Their passphrase.
    pub passphrase: &'a SecretBytes,
    /// The cost of guessing it.
    pub cost: Cost,
    /// How many shares each secret is split into.
    pub shares: u8,
    /// How many rebuild it.
    pub threshold: u8,
}

/// What a new vault leaves to be split among custodians and then forgotten.
#[derive(Debug)]
pub struct NewSecrets {
    /// The vault's id.
    pub vault: Hash,
    /// The recovery unit's private key: opens every unit's keys.
    pub recovery: KemSecret,
    /// The key that backups are sealed to.
    pub restore: KemSecret,
    /// Goes into every Argon2 call: a restored vault needs the same.
    pub host_secret: Secret<32>,
}

/// Makes a vault.
pub fn init(new: &NewVault<'_>) -> Result<NewSecrets, VaultError> {
    init_keeping(new, &mut |_, _| Ok(()))
}

/// Makes a vault whose secrets `keep` puts into safe hands before it exists: where that fails, there is no vault.
///
/// **Nothing of a vault that did not come about is left behind**, neither in its folder nor in the host's.
pub fn init_keeping(
    new: &NewVault<'_>,
    keep: &mut dyn FnMut(&NewSecrets, &Host) -> Result<(), VaultError>,
) -> Result<NewSecrets, VaultError> {
    if new.threshold < 2 || new.threshold > new.shares {
        return Err(VaultError::Invalid(format!(
            "{} of {} shares: the threshold is at least 2 and at most the number of shares",
            new.threshold, new.shares
        )));
    }
    check_login(new.admin)?;
    check_passphrase(new.passphrase)?;
    let made = !new.folder.exists();
    let ledger = Ledger::create(new.folder)?;
    let mut settled = None;
    let outcome = write(new, &ledger, &mut settled, keep);
    drop(ledger);
    if outcome.is_err() {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(new.folder.join(format!("{FILE}{suffix}")));
        }
        if made {
            // Only if it is empty, so never with something that was put there meanwhile.
            let _ = std::fs::remove_dir(new.folder);
        }
        if let Some(host) = settled {
            host.unsettle();
        }
    }
    outcome
}

fn write(
    new: &NewVault<'_>,
    ledger: &Ledger,
    settled: &mut Option<Host>,
    keep: &mut dyn FnMut(&NewSecrets, &Host) -> Result<(), VaultError>,
) -> Result<NewSecrets, VaultError> {
    let recovery = KemSecret::random();
    let restore = KemSecret::random();
    let fresh = NewHost::random();
    let host_secret = fresh.secret.clone();
    let (admin, certificate) = Identity::create(new.admin, new.admin, Office::Person(Role::Admin));
    let now = clock::now();
    ledger.write(|tx| {
        let genesis = Clear::Genesis(Genesis {
            admin: certificate.clone(),
            recovery: recovery.public(),
            restore: restore.public(),
            shares: new.shares,
            threshold: new.threshold,
        });
        append(tx, &genesis, &admin, now)?;
        let vault = tx.head()?.link;
        let of_host = Certificate::issue(
            HOST_LOGIN,
            "this host",
            Office::Host,
            fresh.kem.public(),
            &fresh.sign,
        );
        append(tx, &Clear::Certificate(of_host), &admin, now)?;
        for kind in [
            UnitKind::Staff,
            UnitKind::Auditors,
            UnitKind::Emergency,
            UnitKind::Recovery,
        ] {
            let unit = Unit {
                unit: UnitId::random(),
                name: kind.as_str().into(),
                kind,
            };
            append(tx, &Clear::Unit(unit), &admin, now)?;
        }
        let credential = admin.wrap(
            &certificate,
            new.passphrase.expose(),
            &fresh.secret,
            &vault,
            new.cost,
        )?;
        tx.put_credential(&credential)?;
        let host: &Host = settled.insert(fresh.settle(&(new.host)(&vault), vault)?);
        host.raise_high_water(tx.head()?)?;
        let secrets = NewSecrets {
            vault,
            recovery,
            restore,
            host_secret,
        };
        keep(&secrets, host)?;
        Ok(secrets)
    })
}

fn append(
    tx: &mut WriteTx<'_>,
    clear: &Clear,
    admin: &Identity,
    now: u64,
) -> Result<(), VaultError> {
    let place = place(admin.cert, now);
    tx.append(&Prepared::clear(place, &clear.encode()), &admin.sign)?;
    Ok(())
}

fn place(author: CertId, created: u64) -> Place {
    Place {
        chart: ChartId::ZERO,
        section: Section::System,
        epoch: 0,
        id: None,
        follows: None,
        to: Vec::new(),
        author,
        created,
    }
}

/// Certifies a fresh host for a restored vault: signed by an admin who logs in there.
pub fn host_certificate(host: &Host) -> Certificate {
    let sign: &SigningKey = host.sign();
    Certificate::issue(
        HOST_LOGIN,
        "this host",
        Office::Host,
        host.kem().public(),
        sign,
    )
}
