//! Charts and their keys: opening a chart in a unit, granting, revoking, renewing.

use std::collections::BTreeSet;

use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemPublic;
use crate::crypto::secret::Secret;
use crate::ledger::clear::{
    Acceptance, Attending, Clear, DropBox, Enrolment, Epoch, EpochLine, Grant, GrantGround,
    GrantLine, OptOut, Revocation,
};
use crate::ledger::{CertId, ChartId, EntryId, Holder, Prepared, Section, Slot, SlotPlace, UnitId};

use super::directory::{ChartState, HeldLine};
use super::error::VaultError;
use super::reader::Reader;
use super::ring::{drop_box, seal_fast, seal_slot};
use super::writer::{Stored, Writer};

/// A chart to be opened.
#[derive(Clone, Debug)]
pub struct NewChart {
    /// In which unit.
    pub unit: UnitId,
    /// The doctor who decides requests.
    pub attending: Option<CertId>,
    /// The patient's own certificate.
    pub patient: Option<CertId>,
    /// Locator tags of unique identifiers.
    pub tags: Vec<Hash>,
    /// Whether break-glass may open it.
    pub emergency: bool,
}

/// A grant to be made.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// Of which chart.
    pub chart: ChartId,
    /// To whom.
    pub to: Holder,
    /// Which sections.
    pub sections: Vec<Section>,
    /// Milliseconds since 1970 after which it is no longer in force.
    pub until: Option<u64>,
    /// Why.
    pub ground: GrantGround,
    /// The entry that asked for it.
    pub because: Option<EntryId>,
}

/// A key on its way to a holder, or to each of a unit's members.
struct Handing {
    line: GrantLine,
    to: Vec<(Holder, KemPublic)>,
    key: Secret<32>,
}

impl Writer<'_, '_> {
    /// Opens a chart in a unit: draws its section keys and hands them to the unit, to break-glass, to the auditors
    /// (`access` only) and to the patient.
    pub fn enrol(&mut self, new: NewChart) -> Result<(ChartId, Stored), VaultError> {
        let chart = ChartId::random();
        let mut handings = Vec::new();
        let mut drop_boxes = Vec::new();
        let opt_out = (!new.emergency).then_some(OptOut::Emergency);
        let state = ChartState {
            opt_out,
            ..ChartState::default()
        };
        for section in Section::OF_A_CHART {
            let key = Secret::<32>::random();
            drop_boxes.push(DropBox {
                section,
                epoch: 1,
                public: drop_box(&key).public(),
            });
            handings.push(self.hand(section, 1, Holder::Unit(new.unit), &key)?);
            // Where nobody is in such a unit yet, a later session hands the key over: see `standing`.
            for unit in self.directory().standing(&state, section) {
                handings.push(self.hand(section, 1, Holder::Unit(unit), &key)?);
            }
            if let Some(patient) = new.patient {
                handings.push(self.hand(section, 1, Holder::Person(patient), &key)?);
            }
            self.ring_mut()?.keep_chart(chart, section, 1, key);
        }
        let body = Clear::Enrolment(Enrolment {
            chart,
            unit: new.unit,
            attending: new.attending,
            patient: new.patient,
            tags: new.tags,
            drop_boxes,
            lines: handings.iter().map(|handing| handing.line).collect(),
            opt_out,
        });
        let stored = self.hand_over(chart, &body, &handings)?;
        Ok((chart, stored))
    }

    /// Hands every key of some sections that this session holds to someone else.
    pub fn grant(&mut self, new: &NewGrant) -> Result<Stored, VaultError> {
        let mut handings = Vec::new();
        for section in &new.sections {
            let epochs = self.reader().epochs(new.chart, *section);
            if epochs.is_empty() {
                return Err(VaultError::NoKey { section: *section });
            }
            for epoch in epochs {
                let key = self.reader().chart_key(new.chart, *section, epoch)?;
                handings.push(self.hand(*section, epoch, new.to, &key)?);
            }
        }
        let body = Clear::Grant(Grant {
            chart: new.chart,
            ground: new.ground,
            because: new.because,
            until: new.until,
            lines: handings.iter().map(|handing| handing.line).collect(),
        });
        self.hand_over(new.chart, &body, &handings)
    }

    /// Ends a grant: its slots go at once; the next write to the section draws a fresh key.
    pub fn revoke(&mut self, chart: ChartId, grant: EntryId) -> Result<Stored, VaultError> {
        let stored = self.clear(&Clear::Revocation(Revocation { chart, grant }))?;
        self.delete_slots_of(chart, |held| held.grant == grant)?;
        Ok(stored)
    }

    /// Deletes the slots of a chart's grants that have run out. Returns how many.
    pub fn sweep_expired(&mut self, chart: ChartId) -> Result<usize, VaultError> {
        let now = self.now();
        self.delete_slots_of(chart, |held| held.until.is_some_and(|until| until < now))
    }

    /// The same for every chart.
    pub(super) fn sweep_all_expired(&mut self) -> Result<(), VaultError> {
        let now = self.now();
        let ran_out = |held: &HeldLine| held.until.is_some_and(|until| until < now);
        let charts: Vec<_> = self
            .directory()
            .charts
            .iter()
            .filter(|(_, state)| state.lines.iter().any(ran_out))
            .map(|(chart, _)| *chart)
            .collect();
        for chart in charts {
            self.sweep_expired(chart)?;
        }
        Ok(())
    }

    /// Deletes the slots of ended grants. **A slot that another grant in force still justifies stays**: a renewal
    /// carries all grants of one holder over under one slot.
    fn delete_slots_of(
        &mut self,
        chart: ChartId,
        ended: impl Fn(&HeldLine) -> bool,
    ) -> Result<usize, VaultError> {
        let Some(state) = self.directory().chart(&chart) else {
            return Ok(0);
        };
        let ended: BTreeSet<_> = state
            .lines
            .iter()
            .filter(|held| ended(held))
            .flat_map(|held| held.places(chart))
            .collect();
        self.delete_unjustified(chart, ended)
    }

    /// Deletes of some slots those that no line in force wants.
    fn delete_unjustified(
        &mut self,
        chart: ChartId,
        mut places: BTreeSet<SlotPlace>,
    ) -> Result<usize, VaultError> {
        let now = self.now();
        let directory = self.directory();
        if let Some(state) = directory.chart(&chart) {
            for held in state.lines.iter().filter(|held| held.in_force(now)) {
                for place in directory.wanted(chart, held) {
                    places.remove(&place);
                }
            }
        }
        let mut deleted = 0;
        for place in places {
            deleted += self.tx().delete_slot(&place)?;
        }
        Ok(deleted)
    }

    /// Deletes the slots that somebody had as a member of a unit that they left.
    pub(super) fn delete_slots_of_leaver(
        &mut self,
        unit: UnitId,
        person: CertId,
    ) -> Result<(), VaultError> {
        let leaver = Holder::Person(person);
        let theirs = |held: &&HeldLine| {
            held.line.holder == Holder::Unit(unit) && held.each.contains(&leaver)
        };
        let charts = self.directory().charts.iter();
        let slots: Vec<(ChartId, BTreeSet<SlotPlace>)> = charts
            .map(|(chart, state)| {
                let lines = state.lines.iter().filter(theirs);
                (
                    *chart,
                    lines.map(|held| held.place_for(*chart, person)).collect(),
                )
            })
            .filter(|(_, places): &(_, BTreeSet<_>)| !places.is_empty())
            .collect();
        for (chart, places) in slots {
            self.delete_unjustified(chart, places)?;
        }
        Ok(())
    }

    /// Draws a fresh key for a section and hands it to those who still hold it.
    pub(super) fn renew(&mut self, chart: ChartId, section: Section) -> Result<(), VaultError> {
        let now = self.now();
        let state = self
            .directory()
            .chart(&chart)
            .ok_or(VaultError::NoChart(chart))?;
        let before = state.epoch(section);
        let carried: Vec<_> = self
            .directory()
            .carried(state, section, now)
            .map(|held| (held.grant, held.line.holder))
            .collect();
        let key = Secret::<32>::random();
        let epoch = before + 1;
        let mut handings = Vec::new();
        let mut lines = Vec::new();
        for (grant, holder) in carried {
            let handing = self.hand(section, epoch, holder, &key)?;
            lines.push(EpochLine {
                grant,
                line: handing.line,
            });
            handings.push(handing);
        }
        let drop_box = DropBox {
            section,
            epoch,
            public: drop_box(&key).public(),
        };
        self.ring_mut()?.keep_chart(chart, section, epoch, key);
        self.hand_over(
            chart,
            &Clear::Epoch(Epoch {
                chart,
                drop_box,
                lines,
            }),
            &handings,
        )?;
        self.sweep_expired(chart)?;
        Ok(())
    }

    /// Takes up a share.
    pub fn accept(&mut self, chart: ChartId, grant: EntryId) -> Result<Stored, VaultError> {
        self.clear(&Clear::Acceptance(Acceptance { chart, grant }))
    }

    /// Names the doctor who decides requests.
    pub fn set_attending(&mut self, chart: ChartId, doctor: CertId) -> Result<Stored, VaultError> {
        self.clear(&Clear::Attending(Attending { chart, doctor }))
    }

    /// Wipes the keys of charts that this person drew but is not to keep.
    pub fn forget_drawn_keys(&mut self) -> Result<(), VaultError> {
        let me = self.session().cert();
        let now = self.now();
        let drawn: Vec<_> = self.ring()?.charts.keys().copied().collect();
        for (chart, section, epoch) in drawn {
            let Some(known) = Section::from_u8(section) else {
                continue;
            };
            if !self.directory().holds(&me, &chart, known, now) {
                self.ring_mut()?.charts.remove(&(chart, section, epoch));
            }
        }
        Ok(())
    }

    fn hand(
        &self,
        section: Section,
        epoch: u32,
        holder: Holder,
        key: &Secret<32>,
    ) -> Result<Handing, VaultError> {
        let (to, holder_epoch) = match holder {
            Holder::Person(_) => (vec![(holder, self.receives(holder)?)], 0),
            Holder::Unit(unit) => self.receives_as_unit(unit, section)?,
        };
        let line = GrantLine {
            section,
            epoch,
            holder,
            holder_epoch,
            key_id: Reader::chart_key_id(key),
        };
        Ok(Handing {
            line,
            to,
            key: key.clone(),
        })
    }

    /// The key by which a unit receives, with its epoch; or those of its members one by one, where somebody who left knows the unit's
    /// and this session could not renew it.
    fn receives_as_unit(
        &self,
        unit: UnitId,
        section: Section,
    ) -> Result<(Vec<(Holder, KemPublic)>, u32), VaultError> {
        if let Some(each) = self.directory().one_by_one(&unit, section) {
            let to = each.into_iter().map(|one| Ok((one, self.receives(one)?)));
            return Ok((to.collect::<Result<_, VaultError>>()?, 0));
        }
        let state = self.directory().units.get(&unit);
        let key = state.and_then(|state| state.current_key(section)).ok_or_else(|| {
            VaultError::Invalid(format!(
                "nobody in {} can hold the {section} section yet: someone whose role reads it must join and log in once",
                state.map_or("that unit", |state| state.unit.name.as_str())
            ))
        })?;
        Ok((vec![(Holder::Unit(unit), key.key.public)], key.key.epoch))
    }

    /// The key by which a person, or recovery, receives.
    fn receives(&self, holder: Holder) -> Result<KemPublic, VaultError> {
        let directory = self.directory();
        let key = match holder {
            Holder::Person(person) => directory
                .person(&person)
                .filter(|person| person.until.is_none())
                .map(|person| person.certificate.kem),
            Holder::Unit(_) => directory.genesis.as_ref().map(|genesis| genesis.recovery),
        };
        key.ok_or_else(|| VaultError::Invalid("the receiver is not an active user".into()))
    }

    /// Writes the entry that justifies some slots, then the slots.
    fn hand_over(
        &mut self,
        chart: ChartId,
        body: &Clear,
        handings: &[Handing],
    ) -> Result<Stored, VaultError> {
        let prepared = Prepared::clear(self.clear_place(chart, Vec::new()), &body.encode());
        let stored = self.clear_prepared(&prepared)?;
        let vault = self.session().host().vault();
        for handing in handings {
            let line = &handing.line;
            for (holder, to) in &handing.to {
                let place = SlotPlace {
                    chart,
                    section: line.section,
                    epoch: line.epoch,
                    holder: *holder,
                    holder_epoch: line.holder_epoch,
                    grant: stored.id,
                };
                let sealed = seal_slot(&vault, &place, to, handing.key.expose())?;
                let fast = match holder {
                    Holder::Unit(unit) => self.ring()?.unit(*unit, line.section, line.holder_epoch),
                    Holder::Person(_) => None,
                };
                let fast = fast.map(|unit| seal_fast(&vault, &place, unit, &handing.key));
                self.tx().put_slot(&Slot {
                    place,
                    sealed,
                    fast,
                })?;
            }
        }
        Ok(stored)
    }
}
