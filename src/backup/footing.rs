//! What a backup counts on: that nothing which it is going to list is about to be pruned.
//!
//! A run reads the tombstones when it begins, and again every day while it sends. It counts on an address only if the last
//! reading shows no tombstone of it, and a reading is taken for the last only if it shows none of any address counted on
//! before. **Readings that lie at most five days apart miss nothing**: a tombstone stands for a week before its object is
//! deleted. So a run may take as long as it must, as long as it can look.
//!
//! Where prune has marked something that a run sent and no manifest lists yet, the last reading stays the last, and the run has
//! what is left of five days to end. Prune then finds the manifest, and takes the tombstone away.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::BackupError;
use super::lifetime::{self, Lifetime, Now};
use super::object::Address;
use super::retention::DAY;
use super::target::Shelf;
use super::wire::Wire;

/// After how long the tombstones are read again.
const AGAIN: i64 = DAY;

/// What one run counts on.
pub struct Footing<'a> {
    now: Now<'a>,
    last: Mutex<Reading<'a>>,
}

/// The last reading, and what is counted on since the first.
struct Reading<'a> {
    lifetime: Lifetime<'a>,
    marked: BTreeSet<Address>,
    counted_on: BTreeSet<Address>,
    /// When it was last tried to read again.
    tried: i64,
}

impl<'a> Footing<'a> {
    /// The first reading.
    pub(super) async fn find(wire: &Wire, now: Now<'a>) -> Result<Self, BackupError> {
        let lifetime = Lifetime::begin(now, lifetime::BACKUP);
        let reading = Reading {
            lifetime,
            marked: marked(wire).await?,
            counted_on: BTreeSet::new(),
            tried: lifetime.began,
        };
        Ok(Self {
            now,
            last: Mutex::new(reading),
        })
    }

    /// Whether the address had no tombstone at the last reading. From now on it is counted on.
    pub(super) fn count_on(&self, address: Address) -> bool {
        let mut last = self.last();
        let free = !last.marked.contains(&address);
        if free {
            last.counted_on.insert(address);
        }
        free
    }

    /// When the last reading began, in milliseconds since 1970.
    pub(super) fn read_at(&self) -> i64 {
        self.last().lifetime.began
    }

    /// Ends the run if the last reading is too old to count on.
    pub(super) fn check(&self) -> Result<(), BackupError> {
        self.last().lifetime.check()
    }

    /// Reads again once a day, and gives what is counted on if this reading is the last now.
    pub(super) async fn look_again(
        &self,
        wire: &Wire,
    ) -> Result<Option<BTreeSet<Address>>, BackupError> {
        self.check()?;
        let next = Lifetime::begin(self.now, lifetime::BACKUP);
        {
            let mut last = self.last();
            if (next.began - last.tried).abs() < AGAIN {
                return Ok(None);
            }
            last.tried = next.began;
        }
        let marked = marked(wire).await?;
        let mut last = self.last();
        // The answer may have taken its time.
        last.lifetime.check()?;
        if !last.counted_on.is_disjoint(&marked) {
            return Ok(None);
        }
        (last.lifetime, last.marked) = (next, marked);
        Ok(Some(last.counted_on.clone()))
    }

    fn last(&self) -> MutexGuard<'_, Reading<'a>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Footing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Footing")
            .field("read_at", &self.read_at())
            .finish_non_exhaustive()
    }
}

/// The objects that have a tombstone, by its name alone.
async fn marked(wire: &Wire) -> Result<BTreeSet<Address>, BackupError> {
    let stats = wire.list(Shelf::Tombstones).await?;
    Ok(stats
        .iter()
        .filter_map(|stat| Address::parse(&stat.name))
        .collect())
}
