//! A keeper's turn: of several that prune one repository at once, on whatever machines, **at most one takes anything away**.
//!
//! A keeper puts a note into the repository before it reads anything there, and removes it when it ends. If it then reads
//! no other keeper's note it is alone: whoever comes later reads its. Of two that come together each may read the other's,
//! and neither is alone. One that is not alone only marks, which harms nobody: whether a mark is acted on is judged anew a
//! week later.
//!
//! Why it must be so: a keeper deletes by what it read when it began. Had another meanwhile removed the mark of an object,
//! because it is needed again or because it is gone, a backup would send or list that object anew, and the first would
//! delete it from under that snapshot.
//!
//! Whoever is killed, or loses the link, leaves its note. It counts for [`HOLDS`], by when its run is over in any case;
//! until then marks are set and nothing is deleted.

use std::sync::Arc;
use std::time::Duration;

use super::cancel::Cancel;
use super::error::BackupError;
use super::keys::KeeperKeys;
use super::lifetime::PRUNE;
use super::retention::DAY;
use super::retry::Retry;
use super::target::Shelf;
use super::tombstone::{self, Stone, Subject, Tombstones};
use super::wire::Wire;
use crate::crypto::random;

/// How long a note counts: a run, and a day for its last call to arrive.
const HOLDS: i64 = PRUNE + DAY;
/// How long somebody who stops waits for a target to take the note back.
const PATIENCE: Duration = Duration::from_secs(3);

/// A keeper's note in the repository.
#[derive(Debug)]
pub(super) struct Turn {
    note: Subject,
}

impl Turn {
    /// Puts a note there. **What is read before counts for nothing.**
    pub(super) async fn announce(
        wire: &Wire,
        keys: &dyn KeeperKeys,
        at: i64,
    ) -> Result<Self, BackupError> {
        let note = Subject::Keeper(random::bytes());
        let stone = Stone { at, previous: None };
        let file = Arc::new(tombstone::seal(keys, &note, stone));
        let put = wire.put(Shelf::Tombstones, &note.name(), file).await?;
        if !tombstone::stands(wire, keys, &note, put.into_inner()).await? {
            return Err(BackupError::NoTombstone {
                place: wire.place(),
                name: note.name().to_string(),
            });
        }
        Ok(Self { note })
    }

    /// Whether no other keeper may be at work, by what was read since this one's note was there.
    pub(super) fn is_alone(&self, read: &Tombstones, now: i64) -> bool {
        !read
            .iter()
            .any(|(subject, stone)| self.is_of_another(subject) && stone.at > now - HOLDS)
    }

    /// Whether this is the note of another.
    pub(super) fn is_of_another(&self, subject: &Subject) -> bool {
        matches!(subject, Subject::Keeper(_)) && *subject != self.note
    }

    /// Removes the note, also when the run was stopped. If that fails it counts for a while longer.
    pub(super) async fn give_back(self, wire: &Wire) {
        let wire = Wire {
            retry: Retry {
                tries: 1,
                ..wire.retry
            },
            cancel: Cancel::new(),
            ..wire.clone()
        };
        let name = self.note.name();
        let removed = wire.delete(Shelf::Tombstones, &name);
        let _ = tokio::time::timeout(PATIENCE, removed).await;
    }
}
