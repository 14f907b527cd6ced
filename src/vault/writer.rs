//! Writing with keys: choosing key and form, renewing keys that someone lost the right to, appending.

use std::collections::HashMap;
use std::sync::Arc;

use crate::crypto::secret::Secret;
use crate::ledger::clear::Clear;
use crate::ledger::{
    Body, ChartId, EntryId, Holder, Place, Prepared, Section, ThreadId, UnitId, WriteTx,
};

use super::directory::Directory;
use super::error::VaultError;
use super::in_order::in_order;
use super::reader::Reader;
use super::ring::Ring;
use super::session::{Session, State};
use super::walk;

/// An entry to be: where it goes.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The chart, or a unit's own chart.
    pub chart: ChartId,
    /// The section.
    pub section: Section,
    /// The entry's id; `None` draws a random one.
    pub id: Option<EntryId>,
    /// The version it follows; `None` begins a thread.
    pub follows: Option<(ThreadId, EntryId)>,
    /// From whom something is awaited.
    pub to: Vec<Holder>,
}

impl Draft {
    /// A new thread in a section, awaiting nothing.
    pub fn new(chart: ChartId, section: Section) -> Self {
        Self {
            chart,
            section,
            id: None,
            follows: None,
            to: Vec::new(),
        }
    }

    /// Continues a thread.
    #[must_use]
    pub fn after(self, thread: ThreadId, parent: EntryId) -> Self {
        Self {
            follows: Some((thread, parent)),
            ..self
        }
    }

    /// Names the entry itself.
    #[must_use]
    pub fn named(self, id: EntryId) -> Self {
        Self {
            id: Some(id),
            ..self
        }
    }

    /// Awaits something from holders.
    #[must_use]
    pub fn to(self, to: Vec<Holder>) -> Self {
        Self { to, ..self }
    }
}

/// Where an entry landed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stored {
    /// Its number.
    pub seq: u64,
    /// Its id.
    pub id: EntryId,
    /// Its thread.
    pub thread: ThreadId,
}

/// How a body gets into a section.
enum Way {
    /// Under the section's own key.
    Sealed(u32, Secret<32>),
    /// Through the drop box.
    Dropped(u32, crate::crypto::hpke::KemPublic),
}

/// A write transaction with the session's keys.
#[derive(Debug)]
pub struct Writer<'a, 'c> {
    tx: &'a mut WriteTx<'c>,
    state: &'a mut State,
    session: &'a Session,
    now: u64,
    touched: &'a mut bool,
}

impl<'a, 'c> Writer<'a, 'c> {
    pub(super) fn new(
        tx: &'a mut WriteTx<'c>,
        state: &'a mut State,
        session: &'a Session,
        now: u64,
        touched: &'a mut bool,
    ) -> Self {
        Self {
            tx,
            state,
            session,
            now,
            touched,
        }
    }

    /// Reading inside the same transaction.
    pub fn reader(&mut self) -> Reader<'_> {
        Reader::new(
            self.tx,
            self.state,
            self.session.cert(),
            self.session.host().vault(),
            self.now,
        )
    }

    /// The ledger's own transaction.
    pub fn tx(&mut self) -> &mut WriteTx<'c> {
        self.tx
    }

    /// Who is who.
    pub fn directory(&self) -> &Directory {
        &self.state.directory
    }

    /// The time this transaction began.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Whose session it is.
    pub fn session(&self) -> &'a Session {
        self.session
    }

    pub(super) fn ring(&self) -> Result<&Ring, VaultError> {
        self.state.ring.as_ref().ok_or(VaultError::Locked)
    }

    pub(super) fn ring_mut(&mut self) -> Result<&mut Ring, VaultError> {
        self.state.ring.as_mut().ok_or(VaultError::Locked)
    }

    /// Appends a clear entry, and refuses one that the directory would not count.
    pub fn clear(&mut self, clear: &Clear) -> Result<Stored, VaultError> {
        self.clear_to(clear, Vec::new())
    }

    /// The same, awaiting something from holders.
    pub fn clear_to(&mut self, clear: &Clear, to: Vec<Holder>) -> Result<Stored, VaultError> {
        let prepared = Prepared::clear(self.clear_place(clear.chart(), to), &clear.encode());
        self.clear_prepared(&prepared)
    }

    pub(super) fn clear_prepared(&mut self, prepared: &Prepared) -> Result<Stored, VaultError> {
        let before = self.state.directory.findings.len();
        let ring = self.state.ring.as_ref().ok_or(VaultError::Locked)?;
        // Before it is tried: the ring may hold a key that only this entry makes real.
        *self.touched = true;
        let seq = self.tx.append(prepared, &ring.me.sign)?;
        walk::catch_up(&mut self.state.directory, self.tx)?;
        if let Some(finding) = self.state.directory.findings.get(before) {
            return Err(VaultError::Invalid(finding.what.clone()));
        }
        Ok(Stored {
            seq,
            id: prepared.core.id,
            thread: prepared.core.thread,
        })
    }

    pub(super) fn clear_place(&self, chart: ChartId, to: Vec<Holder>) -> Place {
        Place {
            chart,
            section: Section::System,
            epoch: 0,
            id: None,
            follows: None,
            to,
            author: self.session.cert(),
            created: self.now,
        }
    }

    /// Writes one entry. With the section's key it is sealed; without, it goes through the drop box.
    pub fn put(&mut self, draft: Draft, body: &Body) -> Result<Stored, VaultError> {
        let prepared = self.prepare(draft, body)?;
        let ring = self.state.ring.as_ref().ok_or(VaultError::Locked)?;
        let seq = self.tx.append(&prepared, &ring.me.sign)?;
        Ok(Stored {
            seq,
            id: prepared.core.id,
            thread: prepared.core.thread,
        })
    }

    /// Writes many entries under one anchor, sealing and signing on all cores.
    pub fn put_all(&mut self, drafts: Vec<(Draft, Body)>) -> Result<Vec<Stored>, VaultError> {
        let mut all = Vec::with_capacity(drafts.len());
        self.put_each(drafts, |body| (body, ()), |stored, ()| all.push(stored))?;
        Ok(all)
    }

    /// The same, making the bodies there too. `body` makes each from what stands beside its draft, and whatever else the caller
    /// wants to know of it; `landed` hears of each in order, as soon as it stands in the transaction.
    pub fn put_each<W: Send, K: Send>(
        &mut self,
        drafts: Vec<(Draft, W)>,
        body: impl Fn(W) -> (Body, K) + Sync,
        mut landed: impl FnMut(Stored, K),
    ) -> Result<(), VaultError> {
        let mut ways: HashMap<(ChartId, Section), Arc<Way>> = HashMap::new();
        let mut work = Vec::with_capacity(drafts.len());
        for (draft, from) in drafts {
            let place = (draft.chart, draft.section);
            let way = if let Some(way) = ways.get(&place) {
                Arc::clone(way)
            } else {
                let way = Arc::new(self.way(place.0, place.1)?);
                ways.insert(place, Arc::clone(&way));
                way
            };
            work.push((draft, way, from));
        }
        let (author, now, anchor) = (self.session.cert(), self.now, self.tx.anchor());
        let ring = self.state.ring.as_ref().ok_or(VaultError::Locked)?;
        let (tx, key) = (&mut *self.tx, &ring.me.sign);
        in_order(
            work,
            |(draft, way, from)| {
                let (body, known) = body(from);
                let prepared = seal(draft, &body, &way, author, now)?;
                Ok((prepared.signed(key, anchor), known))
            },
            |(signed, known)| {
                let core = signed.core();
                let (id, thread) = (core.id, core.thread);
                let seq = tx.append_signed(signed)?;
                landed(Stored { seq, id, thread }, known);
                Ok(())
            },
        )
    }

    fn prepare(&mut self, draft: Draft, body: &Body) -> Result<Prepared, VaultError> {
        let way = self.way(draft.chart, draft.section)?;
        seal(draft, body, &way, self.session.cert(), self.now)
    }

    /// Key or drop box; a fresh key first where somebody lost the right to the newest.
    fn way(&mut self, chart: ChartId, section: Section) -> Result<Way, VaultError> {
        let mut epoch = self.reader().newest_epoch(chart, section);
        if epoch == 0 {
            return match self.state.directory.chart(&chart) {
                None if !self.state.directory.units.contains_key(&UnitId(chart.0)) => {
                    Err(VaultError::NoChart(chart))
                }
                _ => Err(VaultError::NoKey { section }),
            };
        }
        let held = self.reader().chart_key(chart, section, epoch);
        match held {
            Ok(key) => {
                let directory = &self.state.directory;
                let stale = directory
                    .chart(&chart)
                    .is_some_and(|state| directory.needs_new_epoch(state, section, self.now));
                if stale {
                    self.renew(chart, section)?;
                    epoch += 1;
                    return Ok(Way::Sealed(
                        epoch,
                        self.reader().chart_key(chart, section, epoch)?,
                    ));
                }
                Ok(Way::Sealed(epoch, key))
            }
            Err(VaultError::NoKey { .. }) => {
                let directory = &self.state.directory;
                let public = match directory.units.get(&UnitId(chart.0)) {
                    Some(unit) => unit.current_key(section).map(|key| key.key.public),
                    None => directory
                        .chart(&chart)
                        .and_then(|state| state.drop_box(section))
                        .map(|drop| drop.public),
                };
                Ok(Way::Dropped(
                    epoch,
                    public.ok_or(VaultError::NoKey { section })?,
                ))
            }
            Err(other) => Err(other),
        }
    }
}

fn seal(
    draft: Draft,
    body: &Body,
    way: &Way,
    author: crate::ledger::CertId,
    created: u64,
) -> Result<Prepared, VaultError> {
    let epoch = match way {
        Way::Sealed(epoch, _) | Way::Dropped(epoch, _) => *epoch,
    };
    let Draft {
        chart,
        section,
        id,
        follows,
        to,
    } = draft;
    let place = Place {
        chart,
        section,
        epoch,
        id,
        follows,
        to,
        author,
        created,
    };
    match way {
        Way::Sealed(_, key) => Ok(Prepared::sealed(place, body, key)),
        Way::Dropped(_, public) => Ok(Prepared::dropped(place, body, public)?),
    }
}
