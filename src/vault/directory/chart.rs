//! Charts as the directory knows them: who looks after them, and in whose hands their keys are.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::crypto::hpke::KemPublic;
use crate::ledger::clear::{DropBox, GrantGround, GrantLine, OptOut, UnitKind};
use crate::ledger::{CertId, ChartId, EntryId, Holder, Section, SlotPlace, UnitId};

/// One key in one holder's hands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct HeldLine {
    /// Which key, whose.
    #[n(0)]
    pub line: GrantLine,
    /// The enrolment or grant that justifies it: what a revocation names.
    #[n(1)]
    pub grant: EntryId,
    /// The entry under which its slot is stored: the grant itself, or the epoch that carried it over.
    #[n(2)]
    pub slot: EntryId,
    /// The entry that handed it over.
    #[n(3)]
    pub since: u64,
    /// Who handed it over.
    #[n(4)]
    pub by: CertId,
    /// Milliseconds since 1970 after which it is out of force.
    #[n(5)]
    pub until: Option<u64>,
    /// The entry that revoked it.
    #[n(6)]
    pub revoked: Option<u64>,
    /// Why it was given; `None` for an enrolment.
    #[n(7)]
    pub ground: Option<GrantGround>,
    /// The entry by which its holder took up a share.
    #[n(8)]
    pub accepted: Option<u64>,
    /// Where it is a unit's whose own key somebody knew who had left: whom it was sealed to instead, one by one.
    #[n(9)]
    pub each: BTreeSet<Holder>,
}

impl HeldLine {
    /// Where its slots stand, in its chart: one, or one for each to whom it was sealed.
    pub fn places(&self, chart: ChartId) -> impl Iterator<Item = SlotPlace> + '_ {
        let alone = self.each.is_empty().then_some(&self.line.holder);
        let holders = self.each.iter().chain(alone);
        holders.map(move |holder| self.place(chart, *holder))
    }

    /// Where the slot stands by which a person opens it.
    pub fn place_for(&self, chart: ChartId, person: CertId) -> SlotPlace {
        let holder = if self.each.is_empty() {
            self.line.holder
        } else {
            Holder::Person(person)
        };
        self.place(chart, holder)
    }

    fn place(&self, chart: ChartId, holder: Holder) -> SlotPlace {
        SlotPlace {
            chart,
            section: self.line.section,
            epoch: self.line.epoch,
            holder,
            holder_epoch: self.line.holder_epoch,
            grant: self.slot,
        }
    }

    /// Whether its holder need not take it up first, or has.
    pub fn is_taken_up(&self) -> bool {
        self.ground != Some(GrantGround::Share) || self.accepted.is_some()
    }

    /// Whether it is in force at a time.
    pub fn in_force(&self, now: u64) -> bool {
        self.revoked.is_none() && self.until.is_none_or(|until| now <= until)
    }
}

/// A chart, as far as clear entries speak of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct ChartState {
    /// The units that look after it.
    #[n(0)]
    pub units: BTreeSet<UnitId>,
    /// The doctor who decides requests.
    #[n(1)]
    pub attending: Option<CertId>,
    /// The patient's own certificate.
    #[n(2)]
    pub patient: Option<CertId>,
    /// Drop boxes by section and epoch.
    #[n(3)]
    pub boxes: BTreeMap<(u8, u32), KemPublic>,
    /// Every key ever handed to anyone.
    #[n(4)]
    pub lines: Vec<HeldLine>,
    /// Who opened the chart.
    #[n(5)]
    pub enrolled_by: Option<CertId>,
    /// The entry that erased it.
    #[n(6)]
    pub erased: Option<u64>,
    /// The entry that named the attending doctor.
    #[n(7)]
    pub attending_since: Option<u64>,
    /// Doctors who attended before: what was asked of them is the attending doctor's to decide now.
    #[n(8)]
    pub attended: BTreeSet<CertId>,
    /// What it keeps out of.
    #[n(9)]
    pub opt_out: Option<OptOut>,
}

impl ChartState {
    /// The newest epoch of a section; 0 when it has no key.
    pub fn epoch(&self, section: Section) -> u32 {
        self.boxes
            .range((section as u8, 0)..=(section as u8, u32::MAX))
            .next_back()
            .map_or(0, |((_, epoch), _)| *epoch)
    }

    /// Whether every chart's key of a section belongs in the hands of units of a kind, and this chart keeps out of it no more
    /// than others.
    pub fn stands(&self, kind: UnitKind, section: Section) -> bool {
        match kind {
            UnitKind::Auditors => section == Section::Access,
            UnitKind::Emergency => {
                self.opt_out != Some(OptOut::Emergency)
                    && matches!(
                        section,
                        Section::Identity | Section::Clinical | Section::Medication
                    )
            }
            _ => false,
        }
    }

    /// The drop box of a section's newest epoch.
    pub fn drop_box(&self, section: Section) -> Option<DropBox> {
        let epoch = self.epoch(section);
        let public = *self.boxes.get(&(section as u8, epoch))?;
        Some(DropBox {
            section,
            epoch,
            public,
        })
    }
}
