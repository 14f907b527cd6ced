//! What a run has to read and pack, and the thread that does it.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError};

use tokio::sync::mpsc;

use super::cancel::Cancel;
use super::error::BackupError;
use super::keys::BackupKeys;
use super::manifest::SignedManifest;
use super::object::{Listed, ObjectId, ObjectKind};
use super::pack::{LedgerPacker, Pack, PackError, TablePacker};
use super::source::{Cause, Frozen, Head, Row, Source};
use super::spool::Spool;
use super::upload::Uploader;
use crate::crypto::mac::MacKey;

/// Entries read in one short transaction.
const ROWS: usize = 256;

/// So many small packs at the end of the ledger are made into large ones. Each run leaves a pack of its own, however
/// small, and every manifest lists them all: without this an hourly backup would list thousands. What this sends again
/// is, over time, less than three times what is new.
const MANY: usize = 64;

/// A pack, its id, and the object that holds it already, if one does.
#[derive(Debug)]
pub struct Identified {
    /// Its id.
    pub id: ObjectId,
    /// The pack.
    pub pack: Pack,
    /// The object of the snapshot before.
    pub standing: Option<Listed>,
}

/// What to read and pack.
#[derive(Debug)]
pub struct Plan {
    /// Ledger packs of the snapshot before, listed again unread.
    pub kept: Vec<Listed>,
    reader: Reader,
    stretches: Vec<Stretch>,
    tables: Spool,
    standing: HashMap<ObjectId, Listed>,
    ends: BTreeSet<u64>,
    limit: usize,
    id_key: MacKey,
    cut_key: MacKey,
    cancel: Cancel,
}

/// Entries to be packed, and how large their packs may become.
#[derive(Debug)]
struct Stretch {
    range: RangeInclusive<u64>,
    limit: usize,
}

struct Reader {
    source: Arc<dyn Source>,
    head: Head,
    parent: Option<(String, Head)>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("head", &self.head)
            .field("parent", &self.parent)
            .finish_non_exhaustive()
    }
}

impl Plan {
    /// Keeps the ledger packs that stand, and plans to pack the entries between and after them, and the tables.
    pub fn new(
        keys: &BackupKeys,
        source: Arc<dyn Source>,
        (frozen, tables): (Frozen, Spool),
        parent: Option<&SignedManifest>,
        standing: &HashMap<ObjectId, Listed>,
        uploader: &Uploader<'_>,
        limit: usize,
    ) -> Result<Self, BackupError> {
        let mut kept: Vec<Listed> = Vec::new();
        let mut gaps = Vec::new();
        let mut due = 1;
        let mut before: Vec<&Listed> = standing
            .values()
            .filter(|o| o.kind == ObjectKind::Ledger)
            .collect();
        before.sort_unstable_by_key(|o| (o.first, o.part));
        before.truncate(before.len() - small_at_the_end(&before, limit));
        for parts in before.chunk_by(|a, b| a.first == b.first) {
            let pack = parts[0];
            if parts.len() != pack.parts as usize {
                // A part is gone: the whole is made anew, and the parts that stand are found again by their ids.
                continue;
            }
            if pack.first > due {
                gaps.push(due..=pack.first - 1);
            }
            kept.extend(parts.iter().copied());
            due = pack.last() + 1;
        }
        if frozen.head.seq >= due {
            gaps.push(due..=frozen.head.seq);
        }
        let stretches = stretches(gaps, &lost(parent, standing), limit);
        // Packs also end where the snapshot before and interrupted runs ended theirs, so that the same packs come out.
        let mut journal = uploader
            .journal
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        journal.record_head(frozen.head.seq)?;
        let mut ends = journal.heads().clone();
        ends.extend(parent.map(|p| p.manifest.head.seq));
        Ok(Self {
            kept,
            reader: Reader {
                source,
                head: frozen.head,
                parent: parent.map(|p| (p.id(), p.manifest.head)),
            },
            stretches,
            tables,
            standing: standing.clone(),
            ends,
            limit,
            id_key: keys.id_key(),
            cut_key: keys.cut_key(),
            cancel: uploader.wire.cancel.clone(),
        })
    }

    /// Reads and packs until all is given or nobody takes any more. Blocks.
    pub fn produce(self, give: &mpsc::Sender<Identified>) -> Result<(), BackupError> {
        self.reader.check_continuity()?;
        let standing = self.standing;
        let mut hand = |pack: Pack| {
            for part in pack.into_parts() {
                let id = ObjectId::of(&self.id_key, part.kind, &part.plain);
                let standing = standing
                    .get(&id)
                    .filter(|there| there.kind == part.kind)
                    .copied();
                if self.cancel.is_cancelled() {
                    return Err(BackupError::Cancelled);
                }
                let next = Identified {
                    id,
                    pack: part,
                    standing,
                };
                // Nobody takes any more when sending failed or was dropped; that end of the run has the better error.
                give.blocking_send(next)
                    .map_err(|_| BackupError::Cancelled)?;
            }
            Ok(())
        };
        for Stretch { range, limit } in self.stretches {
            let mut packer = LedgerPacker::new(*range.start(), limit);
            self.reader.each(range, &mut |row| {
                let seq = row.seq;
                packer.push(row)?.map_or(Ok(()), &mut hand)?;
                let ends_here = self.ends.contains(&seq);
                ends_here
                    .then(|| packer.close())
                    .flatten()
                    .map_or(Ok(()), &mut hand)
            })?;
            packer.close().map_or(Ok(()), &mut hand)?;
        }
        let mut rows = self.tables.rows()?;
        let mut open: Option<TablePacker<'_>> = None;
        while let Some((table, row)) = rows.next_row()? {
            let packer = match &mut open {
                Some(packer) if packer.table() == table => packer,
                other => {
                    let mut ended = other.take();
                    let last = ended.as_mut().and_then(TablePacker::close);
                    last.map_or(Ok(()), &mut hand)?;
                    other.insert(TablePacker::new(table, self.limit, &self.cut_key))
                }
            };
            packer.push(row).map_or(Ok(()), &mut hand)?;
        }
        let last = open.as_mut().and_then(TablePacker::close);
        last.map_or(Ok(()), &mut hand)
    }
}

/// The entries of each ledger pack that the snapshot before lists and the target lost, in whole or in part.
fn lost(
    parent: Option<&SignedManifest>,
    standing: &HashMap<ObjectId, Listed>,
) -> Vec<RangeInclusive<u64>> {
    let mut packs: Vec<&Listed> = parent
        .iter()
        .flat_map(|parent| &parent.manifest.objects)
        .filter(|o| o.kind == ObjectKind::Ledger)
        .collect();
    packs.sort_unstable_by_key(|o| (o.first, o.part));
    packs
        .chunk_by(|a, b| a.first == b.first)
        .filter(|parts| !parts.iter().all(|o| standing.contains_key(&o.address.id)))
        .map(|parts| parts[0].first..=parts[0].last())
        .collect()
}

/// Parts gaps so that each pack that was lost comes out as it was, whatever the limit was when it was made and whatever
/// its neighbours lost: **only the same bytes have the same id, and only they serve the older snapshots again**.
fn stretches(
    gaps: Vec<RangeInclusive<u64>>,
    lost: &[RangeInclusive<u64>],
    limit: usize,
) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for gap in gaps {
        let inside =
            |pack: &&RangeInclusive<u64>| gap.contains(pack.start()) && gap.contains(pack.end());
        let inside: Vec<_> = lost.iter().filter(inside).collect();
        let (mut next, end) = gap.into_inner();
        let mut add = |range: RangeInclusive<u64>, limit| {
            if !range.is_empty() {
                stretches.push(Stretch { range, limit });
            }
        };
        for pack in inside {
            add(next..=pack.start() - 1, limit);
            add(pack.clone(), usize::MAX);
            next = pack.end() + 1;
        }
        add(next..=end, limit);
    }
    stretches
}

/// How many packs at the end are to be made anew: all the small ones, once they are many.
fn small_at_the_end(packs: &[&Listed], limit: usize) -> usize {
    let small = packs
        .iter()
        .rev()
        .take_while(|pack| pack.len < limit as u64 / 4)
        .count();
    if small >= MANY { small } else { 0 }
}

impl Reader {
    /// The ledger must hold, as its entry number N, the entry that the snapshot before ended with.
    fn check_continuity(&self) -> Result<(), BackupError> {
        let Some((snapshot, before)) = &self.parent else {
            return Ok(());
        };
        let diverged = || BackupError::LedgerDiverged {
            snapshot: snapshot.clone(),
            seq: before.seq,
        };
        if self.head.seq < before.seq {
            return Err(diverged());
        }
        let Some(last) = before.seq.checked_sub(1) else {
            return Ok(());
        };
        let rows = self
            .source
            .rows_after(last, 1)
            .map_err(BackupError::Source)?;
        let same = rows
            .first()
            .is_some_and(|row| row.seq == before.seq && row.link == before.link);
        if same { Ok(()) } else { Err(diverged()) }
    }

    /// Reads a range in short transactions.
    fn each(
        &self,
        range: RangeInclusive<u64>,
        take: &mut dyn FnMut(Row) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        let (mut next, last) = range.into_inner();
        while next <= last {
            let limit = usize::try_from(last - next + 1).unwrap_or(ROWS).min(ROWS);
            let rows = self
                .source
                .rows_after(next - 1, limit)
                .map_err(BackupError::Source)?;
            if rows.is_empty() {
                return Err(PackError::Gap {
                    expected: next,
                    found: 0,
                }
                .into());
            }
            for row in rows.into_iter().take(limit) {
                let (seq, link) = (row.seq, row.link);
                take(row)?;
                if seq == self.head.seq && link != self.head.link {
                    let cause: Cause = format!("entry {seq} changed while it was read").into();
                    return Err(BackupError::Source(cause));
                }
                next += 1;
            }
        }
        Ok(())
    }
}
