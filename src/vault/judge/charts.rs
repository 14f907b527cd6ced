//! Charts and their keys: enrolments, revocations, epochs, erasures. Grants have a file of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::super::directory::{ChartState, Directory, HeldLine, Hold, Person};
use super::Refusal;
use crate::clinical::Role;
use crate::ledger::clear::{
    Acceptance, Attending, Enrolment, Epoch, Erasure, GrantGround, GrantLine, Revocation,
};
use crate::ledger::{CertId, ChartId, Core, Holder, Section, UnitId};

impl Directory {
    pub(super) fn enrolment(
        &mut self,
        seq: u64,
        core: &Core,
        body: &Enrolment,
        now: u64,
    ) -> Result<(), Refusal> {
        match self.charts.get(&body.chart) {
            None => self.may_open(seq, core.author, body)?,
            Some(chart) => self.may_join(seq, core.author, chart, body, now)?,
        }
        self.must_receive(&body.lines)?;
        let lines: Vec<_> = body
            .lines
            .iter()
            .map(|line| self.handed(seq, core, *line, None, None))
            .collect();
        let known = self.charts.contains_key(&body.chart);
        let chart = self.charts.entry(body.chart).or_default();
        chart.units.insert(body.unit);
        if chart.attending.is_none() && body.attending.is_some() {
            chart.attending = body.attending;
            chart.attending_since = Some(seq);
        }
        if chart.patient.is_none() {
            chart.patient = body.patient;
        }
        if !known {
            chart.opt_out = body.opt_out;
        }
        chart.enrolled_by.get_or_insert(core.author);
        for drop in &body.drop_boxes {
            chart
                .boxes
                .insert((drop.section as u8, drop.epoch), drop.public);
        }
        chart.lines.extend(lines);
        Ok(())
    }

    /// A new chart: by a doctor or a registrar, in a ward or clinic of theirs, with the first keys of its sections.
    fn may_open(&self, seq: u64, author: CertId, body: &Enrolment) -> Result<(), Refusal> {
        let role = self.role_at(&author, seq).ok_or("its author has no role")?;
        if !matches!(role, Role::Doctor | Role::Registrar) || !self.is_member(&author, &body.unit) {
            return Err(format!(
                "a {} outside the unit may not open a chart there",
                role.as_str()
            ));
        }
        if body.chart == ChartId::ZERO || self.units.contains_key(&UnitId(body.chart.0)) {
            return Err("opens a chart under the id of a unit".into());
        }
        if body.drop_boxes.iter().any(|drop| drop.epoch != 1) {
            return Err("a new chart begins with epoch 1".into());
        }
        let state = ChartState {
            opt_out: body.opt_out,
            ..ChartState::default()
        };
        let fits = |line: &GrantLine| {
            let stands = |unit| {
                self.kind(unit)
                    .is_some_and(|kind| state.stands(kind, line.section))
            };
            let to = match &line.holder {
                Holder::Unit(unit) => *unit == body.unit || stands(unit),
                Holder::Person(person) => body.patient == Some(*person),
            };
            let fresh = body
                .drop_boxes
                .iter()
                .any(|drop| drop.section == line.section);
            to && fresh && line.epoch == 1
        };
        if !body.lines.iter().all(fits) {
            return Err("hands a new chart's key to someone who does not look after it".into());
        }
        one_key_each(body.lines.iter())?;
        self.must_look_after(body, &ChartState::default())
    }

    /// Another unit, or the patient, comes to a chart that is there.
    fn may_join(
        &self,
        seq: u64,
        author: CertId,
        chart: &ChartState,
        body: &Enrolment,
        now: u64,
    ) -> Result<(), Refusal> {
        if !body.drop_boxes.is_empty() {
            return Err("gives an existing chart new drop boxes".into());
        }
        if !self.may_enrol(self.role_at(&author, seq), author, chart) {
            return Err("its author may not bring anyone to this chart".into());
        }
        self.must_hold(author, chart, &body.lines, now)?;
        let patient = chart.patient.or(body.patient);
        let fits = |line: &GrantLine| match line.holder {
            Holder::Unit(unit) => unit == body.unit,
            Holder::Person(person) => patient == Some(person),
        };
        if !body.lines.iter().all(fits) {
            return Err("hands a key to someone whom it does not bring".into());
        }
        self.no_longer(author, chart, &body.lines, None, Hold::Everyday, now)?;
        self.must_look_after(body, chart)
    }

    /// Who is named to look after a chart is of the kind that does, and whoever comes gets keys.
    fn must_look_after(&self, body: &Enrolment, chart: &ChartState) -> Result<(), Refusal> {
        let gets = |holder| body.lines.iter().any(|line| line.holder == holder);
        let unit = Holder::Unit(body.unit);
        if !self.joins(unit, None) || !(gets(unit) || chart.units.contains(&body.unit)) {
            return Err("names a unit that cannot look after it".into());
        }
        if let Some(doctor) = body.attending
            && (self.role(&doctor) != Some(Role::Doctor) || !self.is_active(&doctor))
        {
            return Err("names an attending doctor who is none".into());
        }
        if let Some(patient) = body.patient
            && (self.role(&patient) != Some(Role::Patient)
                || !self.is_active(&patient)
                || !gets(Holder::Person(patient)))
        {
            return Err("names somebody as the patient who is none".into());
        }
        Ok(())
    }

    pub(super) fn revocation(
        &mut self,
        seq: u64,
        author: CertId,
        body: Revocation,
        now: u64,
    ) -> Result<(), Refusal> {
        let role = self.role_at(&author, seq);
        let chart = self
            .charts
            .get(&body.chart)
            .ok_or("a chart that is not known")?;
        let given_by = chart
            .lines
            .iter()
            .find(|held| held.grant == body.grant)
            .map(|held| held.by);
        let given_by = given_by.ok_or("revokes a grant that is not known")?;
        let may = given_by == author
            || chart.patient == Some(author)
            || chart.attending == Some(author)
            || chart
                .lines
                .iter()
                .any(|held| held.grant == body.grant && held.line.holder == Holder::Person(author))
            || (role == Some(Role::Doctor)
                && self.holds(&author, &body.chart, Section::Access, now));
        if !may {
            return Err("its author may not revoke this grant".into());
        }
        let chart = self.charts.get_mut(&body.chart).expect("looked up above");
        for held in chart
            .lines
            .iter_mut()
            .filter(|held| held.grant == body.grant)
        {
            held.revoked.get_or_insert(seq);
        }
        Ok(())
    }

    /// Only the person with whom it was shared takes a share up, while it is in force.
    pub(super) fn acceptance(
        &mut self,
        seq: u64,
        author: CertId,
        body: Acceptance,
        now: u64,
    ) -> Result<(), Refusal> {
        let chart = self
            .charts
            .get_mut(&body.chart)
            .ok_or("a chart that is not known")?;
        let mut taken = 0;
        let lines = chart.lines.iter_mut().filter(|held| {
            held.grant == body.grant
                && held.ground == Some(GrantGround::Share)
                && held.line.holder == Holder::Person(author)
                && held.in_force(now)
        });
        for held in lines {
            held.accepted.get_or_insert(seq);
            taken += 1;
        }
        if taken == 0 {
            return Err("accepts what was not shared with its author, or has ended".into());
        }
        Ok(())
    }

    pub(super) fn epoch(
        &mut self,
        seq: u64,
        core: &Core,
        body: &Epoch,
        now: u64,
    ) -> Result<(), Refusal> {
        let section = body.drop_box.section;
        let chart = self
            .charts
            .get(&body.chart)
            .ok_or("a chart that is not known")?;
        if body.drop_box.epoch != chart.epoch(section) + 1 {
            return Err(format!(
                "epoch {} of {section} does not follow",
                body.drop_box.epoch
            ));
        }
        let before = chart.epoch(section);
        let holds = self
            .lines_for(&core.author, chart, section, now)
            .any(|held| held.line.epoch == before);
        if !holds {
            return Err(format!(
                "its author does not hold the {section} key that it renews"
            ));
        }
        let mut left: BTreeSet<_> = self
            .carried(chart, section, now)
            .map(|held| (held.grant, held.line.holder))
            .collect();
        let mut lines = Vec::new();
        for carried in &body.lines {
            let line = carried.line;
            if line.section != section || line.epoch != body.drop_box.epoch {
                return Err("carries over another section or epoch".into());
            }
            let held = self
                .carried(chart, section, now)
                .find(|held| held.grant == carried.grant && held.line.holder == line.holder)
                .ok_or("carries over a grant that is not in force")?;
            left.remove(&(held.grant, held.line.holder));
            lines.push(HeldLine {
                line,
                slot: core.id,
                since: seq,
                each: self.each(&line),
                ..held.clone()
            });
        }
        if !left.is_empty() {
            return Err(format!(
                "renews the {section} key and leaves out somebody who holds it"
            ));
        }
        let handed: Vec<_> = body.lines.iter().map(|carried| carried.line).collect();
        one_key_each(handed.iter())?;
        self.must_receive(&handed)?;
        let chart = self.charts.get_mut(&body.chart).expect("looked up above");
        chart
            .boxes
            .insert((section as u8, body.drop_box.epoch), body.drop_box.public);
        chart.lines.extend(lines);
        Ok(())
    }

    pub(super) fn attending(
        &mut self,
        seq: u64,
        author: CertId,
        body: Attending,
    ) -> Result<(), Refusal> {
        let role = self.role_at(&author, seq);
        if self
            .people
            .get(&body.doctor)
            .filter(|person| person.until.is_none())
            .and_then(Person::role)
            != Some(Role::Doctor)
        {
            return Err("names an attending doctor who is none".into());
        }
        let chart = self
            .charts
            .get(&body.chart)
            .ok_or("a chart that is not known")?;
        let may = chart.attending == Some(author)
            || self.cares_for(&author, chart)
                && matches!(role, Some(Role::Doctor | Role::Registrar));
        if !may {
            return Err("its author may not name the attending doctor".into());
        }
        if !self.cares_for(&body.doctor, chart) {
            return Err("names an attending doctor who is in none of the chart's units".into());
        }
        let chart = self.charts.get_mut(&body.chart).expect("looked up above");
        if let Some(before) = chart.attending.replace(body.doctor) {
            chart.attended.insert(before);
        }
        chart.attended.remove(&body.doctor);
        chart.attending_since = Some(seq);
        Ok(())
    }

    pub(super) fn erasure(
        &mut self,
        seq: u64,
        author: CertId,
        body: Erasure,
    ) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "erase a chart")?;
        let chart: &mut ChartState = self
            .charts
            .get_mut(&body.chart)
            .ok_or("a chart that is not known")?;
        chart.erased.get_or_insert(seq);
        Ok(())
    }
}

/// Refuses two keys for one section: whoever is handed the other reads nothing that is written.
fn one_key_each<'a>(lines: impl Iterator<Item = &'a GrantLine>) -> Result<(), Refusal> {
    let mut keys = BTreeMap::new();
    for line in lines {
        if *keys.entry(line.section as u8).or_insert(line.key_id) != line.key_id {
            return Err(format!("hands out two {} keys as one", line.section));
        }
    }
    Ok(())
}
