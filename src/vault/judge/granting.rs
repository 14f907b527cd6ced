//! Who may hand a chart's keys on: by whom, to whom, on which ground, for how long.
//!
//! | ground | by | to | sections | until |
//! |---|---|---|---|---|
//! | request | the patient, the attending doctor | a doctor, a nurse | any | no longer than they hold it |
//! | prescription | a doctor | a pharmacy | identity, medication | as signed |
//! | share | a doctor, not by break-glass | a colleague whose role reads the section | any | no longer than they hold it |
//! | care team | a doctor or registrar of the chart's units | a ward, a clinic, the patient | any | no longer than they hold it |
//! | standing | whoever holds it | the auditors, break-glass | as the chart stands to them | no end |
//!
//! **Nobody hands on a key that they do not hold, and nobody prolongs what they hold themselves.**

use std::collections::BTreeSet;

use super::super::directory::{ChartState, Directory, HeldLine, Hold, Person};
use super::Refusal;
use crate::clinical::Role;
use crate::ledger::clear::{Grant, GrantGround, GrantLine, UnitKind};
use crate::ledger::{CertId, Core, Holder, Section, UnitId};

impl Directory {
    pub(super) fn grant(
        &mut self,
        seq: u64,
        core: &Core,
        body: &Grant,
        now: u64,
    ) -> Result<(), Refusal> {
        let chart = self
            .charts
            .get(&body.chart)
            .ok_or("a chart that is not known")?;
        self.must_hold(core.author, chart, &body.lines, now)?;
        self.may_grant(seq, core.author, chart, body, now)?;
        let lines: Vec<_> = body
            .lines
            .iter()
            .map(|line| self.handed(seq, core, *line, body.until, Some(body.ground)))
            .collect();
        let chart = self.charts.get_mut(&body.chart).expect("looked up above");
        chart.lines.extend(lines);
        Ok(())
    }

    /// A line as it stands once its entry counts.
    pub(super) fn handed(
        &self,
        seq: u64,
        core: &Core,
        line: GrantLine,
        until: Option<u64>,
        ground: Option<GrantGround>,
    ) -> HeldLine {
        HeldLine {
            line,
            grant: core.id,
            slot: core.id,
            since: seq,
            by: core.author,
            until,
            revoked: None,
            ground,
            accepted: None,
            each: self.each(&line),
        }
    }

    /// To whom a line's key is sealed one by one; nobody where it is sealed to its holder.
    pub(super) fn each(&self, line: &GrantLine) -> BTreeSet<Holder> {
        match line.holder {
            Holder::Unit(unit) if line.holder_epoch == 0 => {
                self.one_by_one(&unit, line.section).unwrap_or_default()
            }
            _ => BTreeSet::new(),
        }
    }

    /// The keys handed on are the author's own, and go to somebody who can receive them.
    pub(super) fn must_hold(
        &self,
        author: CertId,
        chart: &ChartState,
        lines: &[GrantLine],
        now: u64,
    ) -> Result<(), Refusal> {
        if lines.is_empty() {
            return Err("hands on no key".into());
        }
        for line in lines {
            let held = self
                .lines_for(&author, chart, line.section, now)
                .any(|held| held.line.epoch == line.epoch && held.line.key_id == line.key_id);
            if !held {
                return Err(format!(
                    "its author does not hold the {} key it hands on",
                    line.section
                ));
            }
        }
        self.must_receive(lines)
    }

    /// Everybody named is there, and a unit by its newest key or, where somebody who left knows that, by its members.
    pub(super) fn must_receive(&self, lines: &[GrantLine]) -> Result<(), Refusal> {
        let receives = |line: &GrantLine| match line.holder {
            Holder::Person(person) => line.holder_epoch == 0 && self.is_active(&person),
            Holder::Unit(unit) if line.holder_epoch == 0 => {
                self.one_by_one(&unit, line.section).is_some()
            }
            Holder::Unit(unit) => self
                .units
                .get(&unit)
                .and_then(|state| state.current_key(line.section))
                .is_some_and(|key| key.key.epoch == line.holder_epoch),
        };
        if lines.iter().all(receives) {
            Ok(())
        } else {
            Err("hands a key to somebody who cannot receive it".into())
        }
    }

    fn may_grant(
        &self,
        seq: u64,
        author: CertId,
        chart: &ChartState,
        body: &Grant,
        now: u64,
    ) -> Result<(), Refusal> {
        let role = self.role_at(&author, seq);
        let by = match body.ground {
            GrantGround::Request => {
                chart.patient == Some(author) || chart.attending == Some(author)
            }
            GrantGround::Prescription | GrantGround::Share => role == Some(Role::Doctor),
            GrantGround::CareTeam => self.may_enrol(role, author, chart),
            GrantGround::Standing => true,
        };
        if !by {
            return Err(format!(
                "its author may not hand keys on by {}",
                ground(body.ground)
            ));
        }
        let to = |line: &GrantLine| match (body.ground, line.holder) {
            (GrantGround::Request, Holder::Person(person)) => {
                person != author && matches!(self.role(&person), Some(Role::Doctor | Role::Nurse))
            }
            (GrantGround::Share, Holder::Person(person)) => {
                person != author && self.reads(&person, line.section)
            }
            (GrantGround::Prescription, Holder::Unit(unit)) => {
                self.kind(&unit) == Some(UnitKind::Pharmacy)
                    && matches!(line.section, Section::Identity | Section::Medication)
            }
            (GrantGround::CareTeam, holder) => self.joins(holder, chart.patient),
            (GrantGround::Standing, Holder::Unit(unit)) => self
                .kind(&unit)
                .is_some_and(|kind| chart.stands(kind, line.section)),
            _ => false,
        };
        if !body.lines.iter().all(to) {
            return Err(format!(
                "hands a key by {} to someone who may not have it so",
                ground(body.ground)
            ));
        }
        match body.ground {
            GrantGround::Prescription => Ok(()),
            GrantGround::Standing if body.until.is_none() => Ok(()),
            GrantGround::Standing => Err("ends what stands".into()),
            GrantGround::Share => {
                self.no_longer(author, chart, &body.lines, body.until, Hold::Everyday, now)
            }
            GrantGround::Request | GrantGround::CareTeam => {
                self.no_longer(author, chart, &body.lines, body.until, Hold::Any, now)
            }
        }
    }

    /// Whether somebody may bring another unit, or the patient, to a chart.
    pub(super) fn may_enrol(&self, role: Option<Role>, author: CertId, chart: &ChartState) -> bool {
        matches!(role, Some(Role::Doctor | Role::Registrar)) && self.cares_for(&author, chart)
    }

    /// Whether a holder can come to look after a chart: a ward, a clinic, or its patient.
    pub(super) fn joins(&self, holder: Holder, patient: Option<CertId>) -> bool {
        match holder {
            Holder::Person(person) => patient == Some(person),
            Holder::Unit(unit) => {
                matches!(self.kind(&unit), Some(UnitKind::Ward | UnitKind::Clinic))
            }
        }
    }

    /// Refuses what would outlast its author's own hold on a section.
    pub(super) fn no_longer(
        &self,
        author: CertId,
        chart: &ChartState,
        lines: &[GrantLine],
        until: Option<u64>,
        hold: Hold,
        now: u64,
    ) -> Result<(), Refusal> {
        for line in lines {
            let own = self.held_until(&author, chart, line.section, hold, now);
            if own.is_some_and(|own| until.is_none_or(|until| own < until)) {
                return Err(format!(
                    "hands the {} key on for longer than its author holds it",
                    line.section
                ));
            }
        }
        Ok(())
    }

    pub(super) fn role(&self, person: &CertId) -> Option<Role> {
        self.people.get(person).and_then(Person::role)
    }

    pub(super) fn kind(&self, unit: &UnitId) -> Option<UnitKind> {
        self.units.get(unit).map(|state| state.unit.kind)
    }
}

fn ground(ground: GrantGround) -> &'static str {
    match ground {
        GrantGround::Request => "a decided request",
        GrantGround::Prescription => "a prescription",
        GrantGround::Share => "a share",
        GrantGround::CareTeam => "joining the care team",
        GrantGround::Standing => "standing",
    }
}
