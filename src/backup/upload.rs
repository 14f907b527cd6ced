//! Sending one pack: under which address, what is taken over, and what is an alarm.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::BackupError;
use super::footing::Footing;
use super::journal::{Journal, Sent};
use super::keys::RepositoryId;
use super::lifetime;
use super::object::{self, Address, Listed, MAX_SEALED, OVERHEAD, ObjectId};
use super::pack::Pack;
use super::retry::Tried;
use super::target::{Put, Shelf, TargetError};
use super::throttle::Throttle;
use super::wire::Wire;
use crate::crypto::hash::sha256;
use crate::crypto::hpke::KemPublic;

/// Something about the target that a person should look at although the run could go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The target has something under an address that this host does not remember. The pack went up under the next
    /// generation. After a lost journal this is what its objects look like.
    Unvouched(Address),
    /// The target has something else under an address than what this host sent there.
    Mismatch(Address),
    /// An object of the snapshot before is gone, or has another length. It was made and sent anew.
    Lost(Address, String),
    /// What says that an object of the snapshot before is to be pruned was made by somebody without the keys. The pack went up
    /// under the next generation all the same.
    Forged(Address),
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unvouched(at) => write!(
                f,
                "objects/{at} was there, and this host does not remember sending it"
            ),
            Self::Mismatch(at) => write!(f, "objects/{at} is not what this host sent there"),
            Self::Lost(at, what) => write!(
                f,
                "objects/{at} ({what}) is gone from the target and was sent anew"
            ),
            Self::Forged(at) => {
                write!(f, "tombstones/{at} was made by nobody who may prune")
            }
        }
    }
}

/// How a pack came to be on the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// This run sent it.
    Sent,
    /// An interrupted run had sent it.
    TakenOver,
}

/// Sends packs of one run.
#[derive(Debug)]
pub struct Uploader<'a> {
    /// The target.
    pub wire: Wire,
    /// The repository.
    pub repository: RepositoryId,
    /// What objects are sealed to.
    pub restore_public: KemPublic,
    /// What this host sent that no manifest lists, or knew to be there lately.
    pub journal: Arc<Mutex<Journal>>,
    /// What is not about to be pruned.
    pub footing: Footing<'a>,
    /// The limit of the link.
    pub throttle: Throttle,
    /// What a person should look at.
    pub alarms: Mutex<Vec<Alarm>>,
}

impl Uploader<'_> {
    /// Sends `pack` unless an interrupted run has, and says how it is to be listed.
    pub async fn send(&self, id: ObjectId, pack: Pack) -> Result<(Listed, Arrival), BackupError> {
        let Pack {
            kind,
            first,
            count,
            plain,
            part,
            parts,
        } = pack;
        let plain = Arc::new(plain);
        let mut generation = 0;
        loop {
            let address = Address { id, generation };
            let listed = |sent: Sent| Listed {
                kind,
                first,
                part,
                parts,
                count,
                address,
                len: sent.len,
                hash: sent.hash,
            };
            generation += 1;
            if !self.footing.count_on(address) {
                continue;
            }
            let known = self.sent(&address);
            if !known.is_empty() {
                let there = self.wire.exists(Shelf::Objects, &[address.name()]).await?;
                if let Some(stat) = there.first() {
                    match self.vouch(&address, stat.len).await? {
                        Some(sent) => return Ok((listed(sent), Arrival::TakenOver)),
                        None => self.alarm(Alarm::Mismatch(address)),
                    }
                    continue;
                }
            }
            let len = (plain.len() + OVERHEAD) as u64;
            if len > MAX_SEALED as u64 {
                let (place, limit) = (self.wire.place(), MAX_SEALED as u64);
                return Err(TargetError::TooLarge {
                    place,
                    name: address.name(),
                    len,
                    limit,
                }
                .into());
            }
            self.throttle.take(len).await;
            let (sealed, sent) = self.seal(kind, address, Arc::clone(&plain)).await?;
            match self
                .wire
                .put(Shelf::Objects, &address.name(), Arc::new(sealed))
                .await?
            {
                Tried::AtOnce(Put::Stored) | Tried::AfterDoubt(Put::Stored) => {
                    self.note_stored(address, sent)?;
                    return Ok((listed(sent), Arrival::Sent));
                }
                // Neither a run of this host that was cut off nor one of the last weeks put it there.
                Tried::AtOnce(Put::AlreadyThere) if known.is_empty() => {
                    self.alarm(Alarm::Unvouched(address));
                }
                // An earlier try, or an earlier run, may have arrived late.
                Tried::AtOnce(Put::AlreadyThere) | Tried::AfterDoubt(Put::AlreadyThere) => {
                    match self.vouch(&address, len).await? {
                        Some(sent) => return Ok((listed(sent), Arrival::Sent)),
                        None => self.alarm(Alarm::Mismatch(address)),
                    }
                }
            }
        }
    }

    /// What this host sent that is now under `address`, if the journal can vouch for it. What the target acknowledged lately
    /// must have its length; nobody can have deleted it since and put something else there. Anything else is read back.
    async fn vouch(&self, address: &Address, len: u64) -> Result<Option<Sent>, BackupError> {
        let stored = self
            .journal()
            .stored(address, self.footing.read_at(), lifetime::BACKUP);
        if let Some(sent) = stored {
            return Ok((sent.len == len).then_some(sent));
        }
        self.throttle.take(len).await;
        let there = self.wire.get(Shelf::Objects, &address.name()).await?;
        let hash = there.map(|bytes| sha256(&[&bytes]));
        let mut known = self.sent(address).into_iter();
        let found = known.find(|sent| Some(sent.hash) == hash);
        if let Some(sent) = found {
            self.note_stored(*address, sent)?;
        }
        Ok(found)
    }

    pub(super) fn note_stored(&self, address: Address, sent: Sent) -> Result<(), BackupError> {
        let at = self.footing.read_at();
        Ok(self.journal().record_stored(address, sent, at)?)
    }

    /// Looks at the tombstones again, once a day. What the target was known to have it has still, if none of it was marked.
    pub(super) async fn look_again(&self) -> Result<(), BackupError> {
        let before = self.footing.read_at();
        let Some(counted_on) = self.footing.look_again(&self.wire).await? else {
            return Ok(());
        };
        let at = self.footing.read_at();
        let mut journal = self.journal();
        for address in counted_on {
            if let Some(sent) = journal.stored(&address, before, lifetime::BACKUP) {
                journal.record_stored(address, sent, at)?;
            }
        }
        Ok(())
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seals a pack and notes the sealing on disk, before anything is sent.
    async fn seal(
        &self,
        kind: object::ObjectKind,
        address: Address,
        plain: Arc<Vec<u8>>,
    ) -> Result<(Vec<u8>, Sent), BackupError> {
        let (to, repository, journal) = (
            self.restore_public,
            self.repository,
            Arc::clone(&self.journal),
        );
        let work = move || {
            let sealed =
                object::seal(&to, repository, kind, &address, &plain).map_err(BackupError::Seal)?;
            let sent = Sent {
                len: sealed.len() as u64,
                hash: sha256(&[&sealed]),
            };
            journal
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .record(address, sent)?;
            Ok((sealed, sent))
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| BackupError::Task(e.to_string()))?
    }

    fn sent(&self, address: &Address) -> Vec<Sent> {
        self.journal().sent(address).to_vec()
    }

    pub(super) fn alarm(&self, alarm: Alarm) {
        self.alarms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(alarm);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use tokio::time::Instant;

    use super::*;
    use crate::backup::folder::Folder;
    use crate::backup::keys::RestoreSecret;
    use crate::backup::object::ObjectKind;
    use crate::backup::state::HostState;
    use crate::crypto::sign::SigningKey;
    use crate::crypto::{Hash, Secret};

    /// A second for each byte.
    const SLOWEST: NonZeroU64 = NonZeroU64::MIN;

    #[tokio::test]
    async fn what_is_read_back_takes_its_turn_on_the_link() {
        let folder = tempfile::tempdir().unwrap();
        let wire = Wire::new(Arc::new(
            Folder::open(&folder.path().join("there")).unwrap(),
        ));
        let repository = RepositoryId::random();
        let keys = RestoreSecret::random(Secret::random()).backup_keys(
            repository,
            Hash([1; 32]),
            SigningKey::random(),
        );
        let state = HostState::lock(&folder.path().join("host"), repository).unwrap();
        for (now, arrives) in [
            (1, Arrival::Sent),
            (2 + lifetime::BACKUP, Arrival::TakenOver),
        ] {
            let clock = move || now;
            let uploader = Uploader {
                wire: wire.clone(),
                repository,
                restore_public: keys.restore_public,
                journal: Arc::new(Mutex::new(Journal::open(&state).unwrap())),
                footing: Footing::find(&wire, &clock).await.unwrap(),
                throttle: Throttle::new(Some(SLOWEST)),
                alarms: Mutex::default(),
            };
            let pack = Pack {
                kind: ObjectKind::Ledger,
                first: 1,
                count: 1,
                plain: vec![7; 100_000],
                part: 0,
                parts: 1,
            };
            // The first that passes waits for nobody, and whoever comes next for as long as it takes.
            let (_, arrival) = uploader.send(ObjectId([9; 32]), pack).await.unwrap();
            assert_eq!(arrival, arrives);
            let next = uploader.throttle.turn(SLOWEST, 0, Instant::now());
            let wait = next.duration_since(Instant::now()).as_secs();
            assert!(wait > 50_000, "{arrives:?}: {wait} s");
        }
    }
}
