//! Charts and their keys: enrolments, grants, revocations, epochs, erasures.

use super::super::directory::{ChartState, Directory, HeldLine, Person};
use super::Refusal;
use crate::clinical::Role;
use crate::ledger::clear::{
    Acceptance, Attending, Enrolment, Epoch, Erasure, Grant, GrantGround, GrantLine, Revocation,
};
use crate::ledger::{CertId, ChartId, Core, Holder, Section};

impl Directory {
    pub(super) fn enrolment(
        &mut self,
        seq: u64,
        core: &Core,
        body: &Enrolment,
        now: u64,
    ) -> Result<(), Refusal> {
        let role = self
            .role_at(&core.author, seq)
            .ok_or("its author has no role")?;
        let in_unit = self.is_member(&core.author, &body.unit);
        let known = self.charts.contains_key(&body.chart);
        if !known {
            if !matches!(role, Role::Doctor | Role::Registrar | Role::Nurse) || !in_unit {
                return Err(format!(
                    "a {} outside the unit may not open a chart there",
                    role.as_str()
                ));
            }
            if body.drop_boxes.iter().any(|drop| drop.epoch != 1) {
                return Err("a new chart begins with epoch 1".into());
            }
        } else if !body.drop_boxes.is_empty() {
            return Err("gives an existing chart new drop boxes".into());
        } else {
            self.must_hold(core.author, &body.chart, &body.lines, now)?;
        }
        if !self.units.contains_key(&body.unit) {
            return Err("a unit that is not known".into());
        }
        if let Some(doctor) = body.attending
            && self.people.get(&doctor).and_then(Person::role) != Some(Role::Doctor)
        {
            return Err("names an attending doctor who is none".into());
        }
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
        chart.lines.extend(body.lines.iter().map(|line| HeldLine {
            line: *line,
            grant: core.id,
            slot: core.id,
            since: seq,
            by: core.author,
            until: None,
            revoked: None,
            ground: None,
            accepted: None,
        }));
        Ok(())
    }

    pub(super) fn must_hold(
        &self,
        author: CertId,
        chart: &ChartId,
        lines: &[GrantLine],
        now: u64,
    ) -> Result<(), Refusal> {
        let state = self.charts.get(chart).ok_or("a chart that is not known")?;
        for line in lines {
            let held = self
                .lines_for(&author, state, line.section, now)
                .any(|held| held.line.epoch == line.epoch && held.line.key_id == line.key_id);
            if !held {
                return Err(format!(
                    "its author does not hold the {} key it hands on",
                    line.section
                ));
            }
        }
        Ok(())
    }

    pub(super) fn grant(
        &mut self,
        seq: u64,
        core: &Core,
        body: &Grant,
        now: u64,
    ) -> Result<(), Refusal> {
        self.must_hold(core.author, &body.chart, &body.lines, now)?;
        if body.ground == GrantGround::Standing {
            self.must_stand(body)?;
        }
        let chart = self
            .charts
            .get_mut(&body.chart)
            .ok_or("a chart that is not known")?;
        chart.lines.extend(body.lines.iter().map(|line| HeldLine {
            line: *line,
            grant: core.id,
            slot: core.id,
            since: seq,
            by: core.author,
            until: body.until,
            revoked: None,
            ground: Some(body.ground),
            accepted: None,
        }));
        Ok(())
    }

    /// A standing grant names nobody but the units that look after every chart, and nothing but their sections.
    pub(super) fn must_stand(&self, body: &Grant) -> Result<(), Refusal> {
        let chart = self
            .charts
            .get(&body.chart)
            .ok_or("a chart that is not known")?;
        let stands = |line: &GrantLine| match line.holder {
            Holder::Unit(unit) => self
                .units
                .get(&unit)
                .is_some_and(|state| chart.stands(state.unit.kind, line.section)),
            Holder::Person(_) => false,
        };
        if body.until.is_some() || !body.lines.iter().all(stands) {
            return Err("hands a key on as standing to someone who has no standing".into());
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
        if !self.holds(&core.author, &body.chart, section, now) {
            return Err(format!(
                "its author does not hold the {section} key that it renews"
            ));
        }
        let mut lines = Vec::new();
        for carried in &body.lines {
            let line = carried.line;
            let before = chart.lines.iter().find(|held| {
                held.grant == carried.grant
                    && held.line.section == section
                    && held.line.holder == line.holder
            });
            let before = before
                .filter(|held| held.in_force(now))
                .ok_or("carries over a grant that is not in force")?;
            if line.section != section || line.epoch != body.drop_box.epoch {
                return Err("carries over another section or epoch".into());
            }
            lines.push(HeldLine {
                line,
                slot: core.id,
                since: seq,
                ..before.clone()
            });
        }
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
