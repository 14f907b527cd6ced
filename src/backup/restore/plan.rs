//! What a restore fetches, in which order, and what for.

use crate::backup::manifest::Manifest;
use crate::backup::object::{Listed, ObjectKind};
use crate::backup::source::TableId;

/// What an object is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Entries of the snapshot.
    Append,
    /// Entries after it.
    Later,
    /// Rows of a table.
    Table(TableId),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) object: Listed,
    pub(super) purpose: Use,
}

impl Step {
    /// Whether a restore can do without: the index is made anew from the entries.
    pub(super) fn is_of_index(&self) -> bool {
        matches!(self.purpose, Use::Table(table) if table.is_index())
    }
}

/// The objects of `newest` that a restore of `snapshot` cannot do without.
pub(super) fn needed_after<'a>(
    snapshot: &Manifest,
    newest: &'a Manifest,
) -> impl Iterator<Item = &'a Listed> {
    let seq = snapshot.head.seq;
    newest.objects.iter().filter(move |o| match o.kind {
        ObjectKind::Ledger => o.last() > seq,
        ObjectKind::Table(table) => !table.is_index(),
    })
}

/// Puts the objects in order and checks that they cover the entries without gap or overlap.
pub(super) fn plan(snapshot: &Manifest, newest: &Manifest) -> Result<Vec<Step>, String> {
    if snapshot.head.seq == newest.head.seq && snapshot.head != newest.head {
        return Err("another snapshot ends at the same number with another entry".into());
    }
    let append = ledger(snapshot)?.into_iter().map(|object| Step {
        object,
        purpose: Use::Append,
    });
    let later = ledger(newest)?
        .into_iter()
        .filter(|o| o.last() > snapshot.head.seq)
        .map(|object| Step {
            object,
            purpose: Use::Later,
        });
    let table = |object: &Listed| match object.kind {
        ObjectKind::Table(table) if snapshot == newest || !table.is_index() => Some(Step {
            object: *object,
            purpose: Use::Table(table),
        }),
        _ => None,
    };
    let tables = newest.objects.iter().filter_map(table);
    Ok(append.chain(later).chain(tables).collect())
}

fn ledger(manifest: &Manifest) -> Result<Vec<Listed>, String> {
    let mut packs: Vec<Listed> = manifest
        .objects
        .iter()
        .filter(|o| o.kind == ObjectKind::Ledger)
        .copied()
        .collect();
    packs.sort_unstable_by_key(|o| (o.first, o.part));
    let mut due = 1;
    for parts in packs.chunk_by(|a, b| a.first == b.first) {
        let whole = (0..)
            .zip(parts)
            .all(|(n, o)| (o.part, o.parts as usize) == (n, parts.len()));
        if parts[0].first != due || parts[0].count == 0 || !whole {
            return Err(format!("its packs do not hold entry {due}"));
        }
        due = parts[0].last().saturating_add(1);
    }
    if due == manifest.head.seq.saturating_add(1) {
        Ok(packs)
    } else {
        Err(format!("its packs end at entry {}", due - 1))
    }
}
