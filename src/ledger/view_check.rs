//! What the keyless views must hold, worked out anew from the entries, and held against the tables.
//!
//! This says the same as [`views`](super::views) in another way: one keeps tables up to date, the other keeps maps.

use std::collections::{BTreeMap, BTreeSet};

use super::clear::Clear;
use super::entry::Core;
use super::error::LedgerError;
use super::id::{ChartId, EntryId, ThreadId};
use super::read::ReadTx;
use super::scan::Stray;
use crate::crypto::hash::Hash;

/// What the views must hold after the entries taken so far.
#[derive(Debug, Default)]
pub struct ViewCheck {
    clear: BTreeMap<u64, (u16, ChartId)>,
    notices: BTreeMap<(Vec<u8>, ThreadId), u64>,
    waiting: BTreeMap<ThreadId, BTreeSet<Vec<u8>>>,
    locator: BTreeMap<Hash, (ChartId, u64)>,
}

impl ViewCheck {
    /// Takes one more entry.
    pub fn take(&mut self, seq: u64, core: &Core, clear: Option<&Clear>) {
        if core.parent != EntryId::ZERO {
            for holder in self.waiting.remove(&core.thread).unwrap_or_default() {
                self.notices.remove(&(holder, core.thread));
            }
        }
        for holder in &core.to {
            let holder = holder.to_key();
            self.waiting
                .entry(core.thread)
                .or_default()
                .insert(holder.clone());
            self.notices.insert((holder, core.thread), seq);
        }
        let Some(clear) = clear else { return };
        let chart = clear.chart();
        self.clear.insert(seq, (clear.kind(), chart));
        if let Clear::Enrolment(enrolment) = clear {
            for tag in &enrolment.tags {
                self.locator.entry(*tag).or_insert((chart, seq));
            }
        }
    }

    /// Holds the tables against it.
    pub fn compare(mut self, tx: &ReadTx<'_>) -> Result<Vec<Stray>, LedgerError> {
        let mut found = Vec::new();
        let mut wrong = |seq: Option<u64>, what: &str| {
            found.push(Stray {
                seq,
                what: format!("{what}: `chartseal verify --rebuild-views` makes the views anew"),
            });
        };
        let mut statement = tx
            .sql()
            .prepare("SELECT seq, kind, chart FROM clear_entry")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let seq = row.get::<_, i64>(0)? as u64;
            match self.clear.remove(&seq) {
                Some((kind, chart))
                    if row.get::<_, i64>(1)? == i64::from(kind)
                        && row.get::<_, Vec<u8>>(2)? == chart.0 => {}
                Some(_) => wrong(
                    Some(seq),
                    "the view of clear entries says something else of it",
                ),
                None => wrong(Some(seq), "the view of clear entries has it and should not"),
            }
        }
        for seq in self.clear.into_keys() {
            wrong(Some(seq), "the view of clear entries hides it");
        }
        let mut statement = tx.sql().prepare("SELECT holder, thread, seq FROM notice")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let seq = row.get::<_, i64>(2)? as u64;
            let thread = ThreadId::from_slice(&row.get::<_, Vec<u8>>(1)?);
            let expected = thread
                .and_then(|thread| Some((row.get(0).ok()?, thread)))
                .and_then(|key| self.notices.remove(&key));
            match expected {
                Some(expected) if expected == seq => {}
                Some(expected) => wrong(
                    Some(expected),
                    "somebody's inbox shows another entry in its place",
                ),
                None => wrong(
                    Some(seq),
                    "it stands in the inbox of somebody it does not await",
                ),
            }
        }
        for seq in self.notices.into_values() {
            wrong(Some(seq), "it is hidden from the inbox of whom it awaits");
        }
        let mut statement = tx.sql().prepare("SELECT tag, chart FROM locator")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let tag: Option<[u8; 32]> = row.get::<_, Vec<u8>>(0)?.try_into().ok();
            match tag.and_then(|tag| self.locator.remove(&Hash(tag))) {
                Some((chart, _)) if row.get::<_, Vec<u8>>(1)? == chart.0 => {}
                Some((_, seq)) => wrong(
                    Some(seq),
                    "the locator leads from its identifier to another chart",
                ),
                None => wrong(None, "the locator has an identifier that no enrolment gave"),
            }
        }
        for (_, seq) in self.locator.into_values() {
            wrong(Some(seq), "the locator hides the chart it enrolled");
        }
        Ok(found)
    }
}
