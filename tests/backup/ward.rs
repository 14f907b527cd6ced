//! A real vault with people in it, its restore shares, and a repository beside it.

use std::path::{Path, PathBuf};

use chartseal::backup::keys::{RepositoryId, RestoreSecret};
use chartseal::backup::restore::Damage;
use chartseal::config::Paths;
use chartseal::crypto::hpke::KemSecret;
use chartseal::crypto::secret::SecretBytes;
use chartseal::desk::view::{BackupRun, Restored, unwatched};
use chartseal::desk::{DeskError, Session, session};
use chartseal::jobs::backup::{self, HostFolder, Order, Target};
use chartseal::ledger::clear::{Clear, Erasure};
use chartseal::ledger::{ChartId, Section};
use chartseal::vault::VaultError;
use chartseal::vault::shares::{Set, write_set};

use crate::support::{Hospital, PASSPHRASE, secret};

/// A hospital that is backed up.
pub struct Ward {
    pub hospital: Hospital,
    pub shares: Vec<SecretBytes>,
    pub repository: PathBuf,
}

/// A vault and the host that it is opened on.
#[derive(Clone)]
pub struct Place {
    pub vault: PathBuf,
    pub host: PathBuf,
}

impl Place {
    pub fn paths(&self) -> Paths {
        Paths::new(&self.vault, &self.host)
    }

    pub fn try_login(&self, login: &str) -> Result<Session, DeskError> {
        session::login(&self.paths(), login, &secret(PASSPHRASE))
    }

    pub fn login(&self, login: &str) -> Session {
        self.try_login(login)
            .unwrap_or_else(|error| panic!("{login}: {error}"))
    }
}

impl Ward {
    pub fn new() -> Self {
        let hospital = Hospital::staffed();
        let secrets = &hospital.secrets;
        let restore = RestoreSecret {
            restore: KemSecret::from_secret(&secrets.restore.secret()),
            host_secret: secrets.host_secret.clone(),
        };
        let host = hospital.vault().host().clone();
        let keys = restore.backup_keys(
            RepositoryId::random(),
            secrets.vault,
            host.sign().duplicate(),
        );
        host.put_backup_keys(keys.to_bytes().expose()).unwrap();
        let folder = hospital.folder.path();
        let files = write_set(
            &folder.join("shares"),
            Set::Restore,
            &secrets.vault,
            &restore.to_bytes(),
            3,
            5,
        )
        .unwrap();
        let shares = files[1..4]
            .iter()
            .map(|file| SecretBytes::new(std::fs::read(file).unwrap()))
            .collect();
        let repository = folder.join("repository");
        Self {
            hospital,
            shares,
            repository,
        }
    }

    pub fn here(&self) -> Place {
        Place {
            vault: self.hospital.vault_folder(),
            host: self.hospital.host_folder(),
        }
    }

    pub fn target(&self) -> Target {
        Target::parse(self.repository.to_str().unwrap()).unwrap()
    }

    pub fn back_up(&self, from: &Place) -> BackupRun {
        self.back_up_to(from, &self.target())
    }

    pub fn back_up_to(&self, from: &Place, target: &Target) -> BackupRun {
        backup::run(&from.paths(), target, &unwatched).unwrap()
    }

    /// Restores a snapshot to a new folder.
    pub fn restore(&self, name: &str, snapshot: Option<&str>) -> (Place, Restored) {
        let place = self.elsewhere(name);
        let order = Order {
            into: &place.vault,
            host: &HostFolder::Rather(place.host.clone()),
            snapshot,
            shares: &self.shares,
            head: None,
            damage: Damage::Refuse,
        };
        let restored = backup::restore(&self.target(), &order, &unwatched).unwrap();
        (place, restored)
    }

    pub fn elsewhere(&self, name: &str) -> Place {
        let folder: &Path = self.hospital.folder.path();
        Place {
            vault: folder.join(name),
            host: folder.join(format!("{name}-host")),
        }
    }
}

/// What the erasure of a patient does, by an admin.
pub fn erase(admin: &Session, chart: ChartId) {
    admin
        .vault()
        .write(|writer| {
            writer.clear(&Clear::Erasure(Erasure { chart }))?;
            writer.tx().shred(&chart)?;
            for section in Section::OF_A_CHART {
                for entry in writer.tx().section(&chart, section)? {
                    writer.tx().erase_body(entry.seq())?;
                }
            }
            Ok::<_, VaultError>(())
        })
        .unwrap();
}
