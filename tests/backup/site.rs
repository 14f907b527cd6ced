//! A host with a ledger, a target and the shares: what every test of the repository needs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chartseal::backup::high_water::HighWater;
use chartseal::backup::keys::{BackupKeys, RepositoryId, RestoreSecret};
use chartseal::backup::restore::{self, Damage, Request, Restored, Staged};
use chartseal::backup::retry::Retry;
use chartseal::backup::snapshot::{self, Options, Snapshot};
use chartseal::backup::target::Target;
use chartseal::backup::verify::{self, ReadData, Verified};
use chartseal::backup::{BackupError, PrintedHead, Wire};
use chartseal::crypto::hpke::KemSecret;
use chartseal::crypto::sign::SigningKey;
use chartseal::crypto::{Hash, Secret};
use tempfile::TempDir;

use crate::book::{Book, OpenBook, Outcome, Scribe};

pub const VAULT: Hash = Hash([42; 32]);

/// Small packs, so that a test has many.
pub const OPTIONS: Options = Options {
    pack_bytes: 16 << 10,
    uploads: 3,
    rate: None,
};

pub struct Site {
    pub folder: TempDir,
    pub host: PathBuf,
    pub secret: RestoreSecret,
    pub keys: BackupKeys,
    pub book: OpenBook,
    pub options: Options,
    clock: Mutex<i64>,
}

impl Site {
    pub fn new(book: Book) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret = RestoreSecret::random(Secret::random());
        let keys = secret.backup_keys(RepositoryId::random(), VAULT, SigningKey::random());
        let host = folder.path().join("host");
        Self {
            host,
            folder,
            secret,
            keys,
            book: OpenBook::new(book),
            options: OPTIONS,
            clock: Mutex::new(1_795_000_000_000),
        }
    }

    /// The same site in every process that names the same folder.
    pub fn known(folder: &Path, book: Book) -> Self {
        let restore = KemSecret::from_secret(&Secret::new([5; 32]));
        let secret = RestoreSecret {
            restore,
            host_secret: Secret::new([6; 32]),
        };
        let signing = SigningKey::from_secret(&Secret::new([7; 32]));
        let keys = secret.backup_keys(RepositoryId([8; 16]), VAULT, signing);
        Self {
            host: folder.join("host"),
            secret,
            keys,
            ..Self::new(book)
        }
    }

    /// The time of the last run.
    pub fn now(&self) -> i64 {
        *self.clock.lock().unwrap()
    }

    pub fn days_pass(&self, days: i64) {
        *self.clock.lock().unwrap() += days * 24 * 3_600_000;
    }

    pub async fn back_up(&self, target: Arc<dyn Target>) -> Result<Snapshot, BackupError> {
        self.back_up_over(&wire(target)).await
    }

    pub async fn back_up_over(&self, wire: &Wire) -> Result<Snapshot, BackupError> {
        self.back_up_as(wire, &self.host).await
    }

    /// Backs up with the state in another folder.
    pub async fn back_up_as(&self, wire: &Wire, host: &Path) -> Result<Snapshot, BackupError> {
        let now = {
            let mut clock = self.clock.lock().unwrap();
            *clock += 3_600_000;
            *clock
        };
        snapshot::run(
            wire,
            &self.keys,
            self.book.source(),
            host,
            self.options,
            &|| now,
        )
        .await
    }

    pub fn mark(&self) -> HighWater {
        HighWater::read(&self.host, self.keys.repository)
            .unwrap()
            .expect("a run went before")
    }

    pub async fn verify(&self, target: Arc<dyn Target>, read: ReadData) -> Verified {
        self.verify_with(target, read, Some(&self.mark())).await
    }

    pub async fn verify_with(
        &self,
        target: Arc<dyn Target>,
        read: ReadData,
        mark: Option<&HighWater>,
    ) -> Verified {
        let ours = self.keys.signing.public();
        let wire = wire(target);
        verify::verify(&wire, &self.keys, mark, read, &|key| *key == ours)
            .await
            .unwrap()
    }

    pub async fn restore(
        &self,
        target: Arc<dyn Target>,
    ) -> Result<(Restored, Outcome), BackupError> {
        self.restore_as(target, None, Damage::Refuse).await
    }

    pub async fn restore_as(
        &self,
        target: Arc<dyn Target>,
        snapshot: Option<&str>,
        damage: Damage,
    ) -> Result<(Restored, Outcome), BackupError> {
        self.restore_with(target, snapshot, None, damage).await
    }

    /// Restores with a head that somebody wrote down.
    pub async fn restore_with(
        &self,
        target: Arc<dyn Target>,
        snapshot: Option<&str>,
        head: Option<&PrintedHead>,
        damage: Damage,
    ) -> Result<(Restored, Outcome), BackupError> {
        let outcome = Arc::new(Mutex::new(Outcome::default()));
        let scribe = Arc::clone(&outcome);
        let destination = tempfile::tempdir_in(self.folder.path()).unwrap();
        let into = destination.path().join("vault");
        let request = Request {
            secret: &self.secret,
            vault: VAULT,
            snapshot,
            head,
            damage,
            into: &into,
        };
        let staged = restore::stage(&wire(target), request, move |folder| {
            Ok(Scribe::writing(folder, &scribe))
        })
        .await;
        let restored = staged.and_then(Staged::put_in_place);
        match &restored {
            Ok(_) => assert!(
                into.join("vault").is_file(),
                "the folder was renamed into place"
            ),
            Err(_) => assert_eq!(
                leftovers(destination.path()),
                0,
                "a failed restore leaves nothing"
            ),
        }
        let outcome = std::mem::take(&mut *outcome.lock().unwrap());
        Ok((restored?, outcome))
    }
}

fn leftovers(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// A wire with the patience of tests.
pub fn wire(target: Arc<dyn Target>) -> Wire {
    let retry = Retry {
        first: Duration::from_millis(1),
        cap: Duration::from_millis(4),
        tries: 20,
    };
    Wire {
        retry,
        ..Wire::new(target)
    }
}
