//! Reading with keys: opening slots, opening entries, **checking every signature before a body is handed out.**

use crate::crypto::hash::Hash;
use crate::crypto::mac::MacKey;
use crate::crypto::secret::Secret;
use crate::ledger::clear::{UnitKind, key_id};
use crate::ledger::{
    Blinder, Body, CertId, ChartId, Entry, EntryId, Form, Holder, Opening, ReadTx, Section,
    SlotPlace, ThreadId, UnitId,
};

use super::directory::Directory;
use super::error::VaultError;
use super::ring::{self, CHART_KEY, LOCATOR, Ring, UNIT_CHART, UNIT_KEY, UnitSecret};
use super::session::State;

/// Fast copies that one write stores at most.
const FAST_AT_ONCE: usize = 2_000;

/// An entry with its body, after signature, seal and commitment held.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The entry.
    pub entry: Entry,
    /// Its body.
    pub body: Body,
    /// What hid the body behind the signed commitment.
    pub blinder: Blinder,
}

/// A read transaction with the session's keys.
#[derive(Debug)]
pub struct Reader<'a> {
    tx: &'a ReadTx<'a>,
    state: &'a mut State,
    me: CertId,
    vault: Hash,
    now: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        tx: &'a ReadTx<'a>,
        state: &'a mut State,
        me: CertId,
        vault: Hash,
        now: u64,
    ) -> Self {
        Self {
            tx,
            state,
            me,
            vault,
            now,
        }
    }

    /// The ledger's own transaction.
    pub fn tx(&self) -> &'a ReadTx<'a> {
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
    pub fn me(&self) -> CertId {
        self.me
    }

    pub(super) fn ring(&self) -> Result<&Ring, VaultError> {
        self.state.ring.as_ref().ok_or(VaultError::Locked)
    }

    fn ring_mut(&mut self) -> Result<&mut Ring, VaultError> {
        self.state.ring.as_mut().ok_or(VaultError::Locked)
    }

    /// Opens the slots of every unit key delivered to this person and not yet on the ring; drops those of units left.
    pub fn open_unit_keys(&mut self) -> Result<(), VaultError> {
        let me = self.me;
        let mut wanted = Vec::new();
        for state in self.state.directory.units_of(&me) {
            let member = &state.members[&me];
            for (place, delivery) in &member.deliveries {
                let key = state.keys.get(place).map(|key| key.key);
                wanted.push((state.unit.unit, *place, *delivery, key));
            }
        }
        let ring = self.ring_mut()?;
        ring.units.retain(|(unit, section, epoch), _| {
            wanted
                .iter()
                .any(|(w, place, _, _)| w == unit && *place == (*section, *epoch))
        });
        for (unit, (section, epoch), delivery, key) in wanted {
            if self.ring()?.units.contains_key(&(unit, section, epoch)) {
                continue;
            }
            let wrong = |what: &str| VaultError::Substituted(format!("a unit's {what}"));
            let key = key.ok_or_else(|| wrong("key"))?;
            let place = SlotPlace {
                chart: unit.chart(),
                section: key.section,
                epoch,
                holder: Holder::Person(me),
                holder_epoch: 0,
                grant: delivery,
            };
            let slot = self
                .tx
                .slot(&place)?
                .ok_or_else(|| wrong("slot is missing"))?;
            let bytes = ring::open_slot(
                &self.vault,
                &place,
                &slot.sealed,
                &self.ring()?.me.kem,
                UNIT_KEY,
                &key.key_id,
            )?;
            let secret = UnitSecret::from_bytes(
                Secret::from_slice(bytes.expose()).ok_or_else(|| wrong("slot"))?,
            );
            if secret.kem().public() != key.public {
                return Err(wrong("public key"));
            }
            self.ring_mut()?
                .units
                .insert((unit, section, epoch), secret);
        }
        Ok(())
    }

    /// The key of a chart's section at an epoch, if this session holds it.
    pub fn chart_key(
        &mut self,
        chart: ChartId,
        section: Section,
        epoch: u32,
    ) -> Result<Secret<32>, VaultError> {
        let no_key = || VaultError::NoKey { section };
        if let Some(unit) = self.state.directory.units.get(&UnitId(chart.0)) {
            let unit = unit.unit.unit;
            return Ok(self
                .ring()?
                .unit(unit, section, epoch)
                .ok_or_else(no_key)?
                .derive(UNIT_CHART));
        }
        let state = self
            .state
            .directory
            .chart(&chart)
            .ok_or(VaultError::NoChart(chart))?;
        let lines: Vec<_> = self
            .state
            .directory
            .lines_for(&self.me, state, section, self.now)
            .filter(|held| held.line.epoch == epoch)
            .cloned()
            .collect();
        if lines.is_empty() {
            return Err(no_key());
        }
        if let Some(key) = self.ring()?.chart(chart, section, epoch) {
            return Ok(key.clone());
        }
        let mut failure = no_key();
        for held in lines {
            let place = held.place_for(chart, self.me);
            match self.open_chart_slot(&place, &held.line.key_id) {
                Ok(key) => {
                    self.ring_mut()?
                        .keep_chart(chart, section, epoch, key.clone());
                    return Ok(key);
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Opens a chart's slot. **A unit's slot that has no fast copy gets one with the session's next write**: the next time it
    /// opens without a key agreement.
    pub(super) fn open_chart_slot(
        &mut self,
        place: &SlotPlace,
        expected: &Hash,
    ) -> Result<Secret<32>, VaultError> {
        let ring = self.state.ring.as_ref().ok_or(VaultError::Locked)?;
        let slot = self.tx.slot(place)?.ok_or_else(|| {
            VaultError::Substituted(format!(
                "the slot of the {} key of chart {}",
                place.section, place.chart
            ))
        })?;
        let unit = match place.holder {
            Holder::Person(_) => None,
            Holder::Unit(unit) => {
                let secret = ring.unit(unit, place.section, place.holder_epoch);
                Some(secret.ok_or(VaultError::NoKey {
                    section: place.section,
                })?)
            }
        };
        if let (Some(secret), Some(fast)) = (unit, &slot.fast)
            && let Some(key) = ring::open_fast(&self.vault, place, fast, secret, expected)
        {
            return Ok(key);
        }
        let kem = unit.map_or(&ring.me.kem, UnitSecret::kem);
        let key = ring::open_slot(&self.vault, place, &slot.sealed, kem, CHART_KEY, expected)?;
        let key = Secret::from_slice(key.expose())
            .ok_or_else(|| VaultError::Substituted(format!("the slot of chart {}", place.chart)))?;
        if let (Some(secret), None) = (unit, &slot.fast)
            && self.state.fast.len() < FAST_AT_ONCE
        {
            let fast = ring::seal_fast(&self.vault, place, secret, &key);
            self.state.fast.push((*place, fast));
        }
        Ok(key)
    }

    /// Every epoch of a section that this session can open, oldest first.
    pub fn epochs(&self, chart: ChartId, section: Section) -> Vec<u32> {
        let Some(state) = self.state.directory.chart(&chart) else {
            return Vec::new();
        };
        let mut epochs: Vec<u32> = self
            .state
            .directory
            .lines_for(&self.me, state, section, self.now)
            .map(|held| held.line.epoch)
            .collect();
        epochs.sort_unstable();
        epochs.dedup();
        epochs
    }

    /// Whether this session can open the newest key of a section.
    pub fn can_open(&mut self, chart: ChartId, section: Section) -> bool {
        let epoch = self.newest_epoch(chart, section);
        epoch > 0 && self.chart_key(chart, section, epoch).is_ok()
    }

    /// The newest epoch of a section, of a unit's own chart too; 0 when it has no key.
    pub fn newest_epoch(&self, chart: ChartId, section: Section) -> u32 {
        if let Some(unit) = self.state.directory.units.get(&UnitId(chart.0)) {
            return unit.current_key(section).map_or(0, |key| key.key.epoch);
        }
        self.state
            .directory
            .chart(&chart)
            .map_or(0, |state| state.epoch(section))
    }

    /// Verifies who signed an entry, strictly, at its place in the ledger.
    pub fn verify(&self, entry: &Entry) -> Result<(), VaultError> {
        let seq = entry.seq();
        let broken = |what: &str| VaultError::Broken {
            seq,
            what: what.into(),
        };
        if !entry.row.digest_holds() {
            return Err(broken("its body does not match its header"));
        }
        let key = self
            .state
            .directory
            .author_key(&entry.core.author, seq)
            .ok_or_else(|| broken("its author is not certified at this place"))?;
        entry
            .verify(key)
            .map_err(|_| broken("its signature does not match its header"))
    }

    /// Opens an entry.
    pub fn open(&mut self, entry: Entry) -> Result<Opened, VaultError> {
        self.verify(&entry)?;
        self.unseal(entry)
    }

    /// Opens an entry whose signature was judged, or is before anybody sees it.
    pub(super) fn unseal(&mut self, entry: Entry) -> Result<Opened, VaultError> {
        let seq = entry.seq();
        let core = &entry.core;
        let bad = |source| VaultError::Body { seq, source };
        let Opening { blinder, body } = match core.form {
            Form::Clear => Opening {
                blinder: Blinder::CLEAR,
                body: entry.open_clear().map_err(bad)?,
            },
            Form::Sealed => {
                let key = self.chart_key(core.chart, core.section, core.epoch)?;
                entry.open_sealed(&key).map_err(bad)?
            }
            Form::Dropped => {
                if self
                    .state
                    .directory
                    .units
                    .contains_key(&UnitId(core.chart.0))
                {
                    let unit = UnitId(core.chart.0);
                    let secret = self.ring()?.unit(unit, core.section, core.epoch).ok_or(
                        VaultError::NoKey {
                            section: core.section,
                        },
                    )?;
                    entry.open_dropped(secret.kem()).map_err(bad)?
                } else {
                    let key = self.chart_key(core.chart, core.section, core.epoch)?;
                    entry.open_dropped(&ring::drop_box(&key)).map_err(bad)?
                }
            }
        };
        Ok(Opened {
            entry,
            body,
            blinder,
        })
    }

    /// Opens a whole section, oldest first: each entry, or why it does not open.
    pub fn section(
        &mut self,
        chart: ChartId,
        section: Section,
    ) -> Result<Vec<Result<Opened, (u64, VaultError)>>, VaultError> {
        let entries = self.tx.section(&chart, section)?;
        Ok(self.open_all(entries))
    }

    /// Opens every version of a thread that stands where its first one does, oldest first. **What names the thread in another
    /// chart or section is no version of it.**
    pub fn thread(
        &mut self,
        thread: ThreadId,
    ) -> Result<Vec<Result<Opened, (u64, VaultError)>>, VaultError> {
        let mut entries = self.tx.thread(&thread)?;
        let place = |entry: &Entry| (entry.core.chart, entry.core.section);
        if let Some(home) = entries.first().map(place) {
            entries.retain(|entry| place(entry) == home);
        }
        Ok(self.open_all(entries))
    }

    fn open_all(&mut self, entries: Vec<Entry>) -> Vec<Result<Opened, (u64, VaultError)>> {
        entries
            .into_iter()
            .map(|entry| {
                let seq = entry.seq();
                self.open(entry).map_err(|error| (seq, error))
            })
            .collect()
    }

    /// One entry by id.
    pub fn by_id(&mut self, id: &EntryId) -> Result<Option<Opened>, VaultError> {
        let found = self.tx.by_id(id)?;
        found.map(|entry| self.open(entry)).transpose()
    }

    /// The units whose keys of a section this session holds: the compartments it can search, with the root
    /// secret of each epoch, oldest first.
    pub fn compartments(
        &self,
        section: Section,
    ) -> Result<Vec<(UnitId, Vec<(u32, Secret<32>)>)>, VaultError> {
        let ring = self.ring()?;
        let mut found = std::collections::BTreeMap::<UnitId, Vec<(u32, Secret<32>)>>::new();
        for ((unit, held, epoch), secret) in &ring.units {
            if *held == section as u8 {
                found
                    .entry(*unit)
                    .or_default()
                    .push((*epoch, secret.derive(ring::INDEX_ROOT)));
            }
        }
        for generations in found.values_mut() {
            generations.sort_by_key(|(epoch, _)| *epoch);
        }
        Ok(found.into_iter().collect())
    }

    /// The key of the locator: the staff unit's first. Later staff keys do not change it, so that tags stay good.
    pub fn locator_key(&self) -> Result<MacKey, VaultError> {
        let staff = self
            .directory()
            .special(UnitKind::Staff)
            .map(|state| state.unit.unit);
        let secret = staff.and_then(|unit| self.state.ring.as_ref()?.unit(unit, Section::Work, 1));
        secret
            .map(|secret| MacKey::new(&secret.derive(LOCATOR)))
            .ok_or(VaultError::NoKey {
                section: Section::Work,
            })
    }

    /// The locator's tag of an identifier.
    pub fn locator_tag(&self, field: &str, value: &str) -> Result<Hash, VaultError> {
        let tag =
            self.locator_key()?
                .tag(&[&[field.len() as u8], field.as_bytes(), value.as_bytes()]);
        Ok(Hash(tag))
    }

    /// A secret derived from a unit's newest key, for what the unit's members share.
    pub fn unit_secret(
        &self,
        unit: UnitId,
        section: Section,
        label: &str,
    ) -> Result<Secret<32>, VaultError> {
        let epoch = self
            .directory()
            .units
            .get(&unit)
            .and_then(|state| state.current_key(section))
            .map(|key| key.key.epoch)
            .ok_or(VaultError::NoKey { section })?;
        Ok(self
            .ring()?
            .unit(unit, section, epoch)
            .ok_or(VaultError::NoKey { section })?
            .derive(label))
    }

    /// A key of the person's own, for drafts.
    pub fn personal_key(&self, label: &str) -> Result<crate::crypto::aead::SealKey, VaultError> {
        Ok(self.ring()?.me.personal_key(label))
    }

    /// The id that a grant must carry for a chart's key.
    pub fn chart_key_id(key: &Secret<32>) -> Hash {
        key_id(CHART_KEY, key.expose())
    }
}
