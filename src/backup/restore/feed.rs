//! The flow of a restore: objects are fetched ahead, opened, and handed over in order.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::choice::Pair;
use super::inconsistent;
use super::opener::Opener;
use super::plan::{Step, Use};
use super::worker::{Load, Worker};
use crate::backup::chain::Finding;
use crate::backup::error::BackupError;
use crate::backup::object::Listed;
use crate::backup::pack::{read_ledger, read_table};
use crate::backup::source::{Head, Row};
use crate::backup::target::Shelf;
use crate::backup::wire::Wire;
use crate::crypto::SecretBytes;

/// How many objects are fetched at a time.
const IN_FLIGHT: usize = 4;

/// What came of it.
#[derive(Default)]
pub(super) struct Fed {
    /// Sealed bytes that were fetched.
    pub(super) bytes: u64,
    /// Why the index was left out.
    pub(super) index: Option<Finding>,
}

/// Feeds a restorer with what the steps name. **The index is taken whole or not at all**: half of one would keep quiet about
/// what it does not hold.
pub(super) async fn feed(
    wire: &Wire,
    opener: &Opener<'_>,
    steps: &[Step],
    pair: &Pair<'_>,
    worker: &Worker,
) -> Result<Fed, BackupError> {
    let no_index = AtomicBool::new(false);
    let left_out = |step: &Step| step.is_of_index() && no_index.load(Ordering::Relaxed);
    let fetch = async |step: &Step| {
        if left_out(step) {
            Ok(SecretBytes::default())
        } else {
            opener.fetch(&step.object).await
        }
    };
    let fetched = stream::iter(steps)
        .map(|step| async move { Ok::<_, BackupError>((step, fetch(step).await)) });
    let mut fetched = std::pin::pin!(fetched.buffered(IN_FLIGHT));
    let mut fed = Fed::default();
    // The parts of a long pack follow each other; what is not in order makes no pack.
    let mut pack = SecretBytes::default();
    while let Some((step, plain)) = fetched.try_next().await? {
        let len = step.object.len;
        wire.meter.update(|p| p.bytes_done += len);
        if left_out(step) {
            continue;
        }
        let load = match plain {
            Ok(plain) => {
                fed.bytes += len;
                wire.meter.update(|p| p.acknowledged += len);
                pack.extend(plain.expose());
                if step.object.part + 1 < step.object.parts {
                    continue;
                }
                loaded(step, std::mem::take(&mut pack).expose(), pair)
            }
            Err(error) => Err(error),
        };
        match load {
            Ok(load) => worker.give(load).await?,
            Err(error) if step.is_of_index() && error.is_of_snapshot() => {
                no_index.store(true, Ordering::Relaxed);
                pack = SecretBytes::default();
                fed.index = Some(without(&step.object, &error));
                worker.give(Load::WithoutIndex).await?;
            }
            Err(error) => return Err(error),
        }
        if step.purpose == Use::Append {
            wire.meter.update(|p| p.entries_done += step.object.count);
        }
    }
    Ok(fed)
}

fn without(object: &Listed, error: &BackupError) -> Finding {
    Finding {
        name: format!("{}/{}", Shelf::Objects, object.address),
        detail: format!("{error}; the search index is left out, and made anew from the entries"),
    }
}

/// Reads a whole pack.
fn loaded(step: &Step, plain: &[u8], pair: &Pair<'_>) -> Result<Load, BackupError> {
    let Listed { first, count, .. } = step.object;
    let snapshot = &pair.snapshot.manifest;
    let newest = &pair.newest.manifest;
    let of_snapshot = |what: String| inconsistent(pair.snapshot, what);
    let of_newest = |what: String| inconsistent(pair.newest, what);
    Ok(match step.purpose {
        Use::Append => {
            let rows = read_ledger(plain, first, count).map_err(|e| of_snapshot(e.to_string()))?;
            let heads = pair.through.iter().chain([&snapshot.head]);
            passes(&rows, heads).map_err(of_snapshot)?;
            Load::Rows(rows)
        }
        Use::Later => {
            let mut rows =
                read_ledger(plain, first, count).map_err(|e| of_newest(e.to_string()))?;
            let heads = pair.through.iter().chain([&snapshot.head, &newest.head]);
            passes(&rows, heads).map_err(of_newest)?;
            rows.retain(|row| row.seq > snapshot.head.seq);
            Load::Later(rows)
        }
        Use::Table(table) => {
            let rows = read_table(plain, table, count).map_err(|e| of_newest(e.to_string()))?;
            Load::Table(table, rows)
        }
    })
}

/// The entries at the heads must be those that the heads name.
fn passes<'a>(rows: &[Row], heads: impl Iterator<Item = &'a Head>) -> Result<(), String> {
    for head in heads {
        if let Some(row) = rows.iter().find(|row| row.seq == head.seq)
            && row.link != head.link
        {
            return Err(format!("entry {} is not the one at its head", head.seq));
        }
    }
    Ok(())
}
