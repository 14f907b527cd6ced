//! Judging a clear entry where it stands: who may say what.

use super::directory::{ChartState, Directory, Finding, HeldLine, Person, UnitKeyState, UnitState};
use crate::clinical::Role;
use crate::ledger::clear::{
    Acceptance, Attending, Authorisation, Certificate, Clear, Delivery, Enrolment, Epoch, Erasure,
    Genesis, Grant, GrantGround, GrantLine, Invitation, Leave, Revocation, Unit, UnitKey, UnitKind,
};
use crate::ledger::{CertId, ChartId, Core, EntryId, Holder, Office, Section};

/// Why a clear entry does not count.
pub type Refusal = String;

impl Directory {
    /// Takes a clear entry whose signature was verified into account, or records why it does not count.
    pub fn apply(&mut self, seq: u64, core: &Core, clear: Clear) {
        if let Err(what) = self.judge(seq, core, clear) {
            self.findings.push(Finding { seq, what });
        }
    }

    fn judge(&mut self, seq: u64, core: &Core, clear: Clear) -> Result<(), Refusal> {
        let author = core.author;
        let now = core.created;
        match clear {
            Clear::Genesis(body) => self.genesis(seq, author, body),
            Clear::Certificate(body) => self.certificate(seq, author, body),
            Clear::Invitation(body) => self.invitation(seq, author, body, now),
            Clear::Disable(body) => self.disable(seq, author, body.person),
            Clear::Unit(body) => self.unit(seq, author, body),
            Clear::Authorisation(body) => self.authorisation(seq, author, body),
            Clear::UnitKey(body) => self.unit_key(seq, author, body),
            Clear::Delivery(body) => self.delivery(core.id, author, &body),
            Clear::Leave(body) => self.leave(seq, author, body),
            Clear::Enrolment(body) => self.enrolment(seq, core, body, now),
            Clear::Grant(body) => self.grant(seq, core, &body, now),
            Clear::Revocation(body) => self.revocation(seq, author, body, now),
            Clear::Epoch(body) => self.epoch(seq, core, &body, now),
            Clear::Attending(body) => self.attending(seq, author, body),
            Clear::Erasure(body) => self.erasure(seq, author, body),
            Clear::Acceptance(body) => self.acceptance(seq, author, body, now),
            Clear::BackupMark(body) => {
                match self
                    .people
                    .get(&author)
                    .map(|person| person.certificate.office)
                {
                    Some(Office::Host | Office::Person(Role::Admin)) => {}
                    _ => return Err("only the host or an admin may mark a backup".into()),
                }
                self.last_backup = Some((seq, body.snapshot, body.covers, now));
                Ok(())
            }
        }
    }

    fn needs_admin(&self, seq: u64, author: CertId, what: &str) -> Result<(), Refusal> {
        match self.role_at(&author, seq) {
            Some(Role::Admin) => Ok(()),
            Some(role) => Err(format!("a {} may not {what}: only an admin", role.as_str())),
            None => Err(format!("its author may not {what}")),
        }
    }

    fn genesis(&mut self, seq: u64, author: CertId, body: Genesis) -> Result<(), Refusal> {
        if seq != 1 {
            return Err("a second genesis".into());
        }
        let id = body.admin.id();
        if id != author
            || body.admin.office != Office::Person(Role::Admin)
            || !body.admin.self_signature_holds()
        {
            return Err("genesis does not carry its author's own admin certificate".into());
        }
        self.people.insert(
            id,
            Person {
                certificate: body.admin.clone(),
                since: seq,
                until: None,
            },
        );
        self.genesis = Some(body);
        Ok(())
    }

    fn certificate(&mut self, seq: u64, author: CertId, body: Certificate) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "certify anyone")?;
        if !body.self_signature_holds() {
            return Err(format!(
                "the certificate of {} was not asked for by the holder of its key",
                body.login
            ));
        }
        if self.by_login(&body.login).is_some() {
            return Err(format!("a second active certificate for {}", body.login));
        }
        let id = body.id();
        if self.people.contains_key(&id) {
            return Err(format!("the certificate of {} was used before", body.login));
        }
        self.invitations.remove(&body.login);
        self.people.insert(
            id,
            Person {
                certificate: body,
                since: seq,
                until: None,
            },
        );
        Ok(())
    }

    /// The newest invitation of a login counts. One that expires as it is written withdraws those before.
    fn invitation(
        &mut self,
        seq: u64,
        author: CertId,
        body: Invitation,
        now: u64,
    ) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "invite anyone")?;
        if body.expires <= now {
            self.invitations.remove(&body.login);
        } else {
            self.invitations.insert(body.login.clone(), body);
        }
        Ok(())
    }

    fn disable(&mut self, seq: u64, author: CertId, person: CertId) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "disable anyone")?;
        let last = self.is_last_admin(&person);
        let known = self
            .people
            .get_mut(&person)
            .ok_or("disables a certificate that is not known")?;
        if last {
            return Err("disables the last admin".into());
        }
        known.until.get_or_insert(seq);
        for unit in self.units.values_mut() {
            if let Some(member) = unit.members.get_mut(&person) {
                member.left.get_or_insert(seq);
            }
        }
        Ok(())
    }

    fn unit(&mut self, seq: u64, author: CertId, body: Unit) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "make a unit")?;
        if self.units.contains_key(&body.unit) || self.unit_by_name(&body.name).is_some() {
            return Err(format!("a second unit called {}", body.name));
        }
        if !body.kind.is_ordinary() && self.special(body.kind).is_some() {
            return Err(format!("a second {} unit", body.kind.as_str()));
        }
        let state = UnitState {
            unit: body.clone(),
            keys: std::collections::BTreeMap::new(),
            members: std::collections::BTreeMap::new(),
            recoverable: std::collections::BTreeMap::new(),
        };
        self.units.insert(body.unit, state);
        Ok(())
    }

    fn authorisation(
        &mut self,
        seq: u64,
        author: CertId,
        body: Authorisation,
    ) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "authorise a join")?;
        let person = self
            .people
            .get(&body.person)
            .ok_or("authorises someone who is not certified")?;
        let role = person.role().ok_or("authorises a host to join a unit")?;
        let unit = self
            .units
            .get_mut(&body.unit)
            .ok_or("authorises a join to a unit that is not known")?;
        if Self::sections(role, unit.unit.kind).is_empty() {
            return Err(format!(
                "a {} has no part in the {} {}",
                role.as_str(),
                unit.unit.kind.as_str(),
                unit.unit.name
            ));
        }
        let member = unit.members.entry(body.person).or_default();
        member.authorised = seq;
        if member.left.take().is_some() {
            // Whoever comes back gets the keys anew.
            member.holds.clear();
            member.deliveries.clear();
        }
        Ok(())
    }

    fn may_hold(&self, person: &CertId, unit: &UnitState, section: Section) -> bool {
        unit.members
            .get(person)
            .is_some_and(|member| member.left.is_none())
            && self
                .people
                .get(person)
                .filter(|person| person.until.is_none())
                .and_then(Person::role)
                .is_some_and(|role| Self::sections(role, unit.unit.kind).contains(&section))
    }

    fn unit_key(&mut self, seq: u64, author: CertId, body: UnitKey) -> Result<(), Refusal> {
        let unit = self
            .units
            .get(&body.unit)
            .ok_or("a key for a unit that is not known")?;
        if !self.may_hold(&author, unit, body.section) {
            return Err(format!(
                "its author may not make the {} key of {}",
                body.section, unit.unit.name
            ));
        }
        let current = unit.current_key(body.section).map(|key| key.key.epoch);
        if let Some(epoch) = current {
            let holds = unit
                .members
                .get(&author)
                .is_some_and(|m| m.holds.contains_key(&(body.section as u8, epoch)));
            if !holds {
                return Err(format!(
                    "its author does not hold the {} key of {}",
                    body.section, unit.unit.name
                ));
            }
        }
        if body.epoch != current.unwrap_or(0) + 1 {
            return Err(format!(
                "epoch {} of {} does not follow",
                body.epoch, unit.unit.name
            ));
        }
        let state = UnitKeyState {
            key: body,
            since: seq,
        };
        let place = (body.section as u8, body.epoch);
        self.units
            .get_mut(&body.unit)
            .expect("looked up above")
            .keys
            .insert(place, state);
        Ok(())
    }

    fn delivery(&mut self, entry: EntryId, author: CertId, body: &Delivery) -> Result<(), Refusal> {
        let unit = self
            .units
            .get(&body.unit)
            .ok_or("a delivery for a unit that is not known")?;
        for delivered in &body.keys {
            let place = (delivered.section as u8, delivered.epoch);
            let key = unit
                .keys
                .get(&place)
                .ok_or("delivers a key that was never made")?;
            if key.key.key_id != delivered.key_id {
                return Err("delivers another key than the one that was made".into());
            }
            let own_first = body.to == Holder::Person(author);
            let holds = unit
                .members
                .get(&author)
                .is_some_and(|member| member.holds.contains_key(&place));
            let makes = own_first && self.may_hold(&author, unit, delivered.section);
            if !(holds || makes) {
                return Err("its author does not hold what it delivers".into());
            }
            if let Holder::Person(person) = body.to
                && !self.may_hold(&person, unit, delivered.section)
            {
                return Err(format!(
                    "delivers the {} key to someone who may not hold it",
                    delivered.section
                ));
            }
        }
        let recovery = self
            .special(UnitKind::Recovery)
            .map(|state| state.unit.unit);
        let unit = self.units.get_mut(&body.unit).expect("looked up above");
        for delivered in &body.keys {
            let place = (delivered.section as u8, delivered.epoch);
            match body.to {
                Holder::Person(person) => {
                    let member = unit.members.get_mut(&person).expect("may_hold was checked");
                    member.holds.insert(place, delivered.key_id);
                    member.deliveries.insert(place, entry);
                }
                Holder::Unit(to) if Some(to) == recovery => {
                    unit.recoverable.insert(place, entry);
                }
                Holder::Unit(_) => return Err("delivers a unit's key to another unit".into()),
            }
        }
        Ok(())
    }

    fn leave(&mut self, seq: u64, author: CertId, body: Leave) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "end a membership")?;
        let unit = self
            .units
            .get_mut(&body.unit)
            .ok_or("leaves a unit that is not known")?;
        let member = unit
            .members
            .get_mut(&body.person)
            .ok_or("leaves a unit they were not in")?;
        member.left.get_or_insert(seq);
        Ok(())
    }

    fn enrolment(
        &mut self,
        seq: u64,
        core: &Core,
        body: Enrolment,
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

    fn must_hold(
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

    fn grant(&mut self, seq: u64, core: &Core, body: &Grant, now: u64) -> Result<(), Refusal> {
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
    fn must_stand(&self, body: &Grant) -> Result<(), Refusal> {
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

    fn revocation(
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
    fn acceptance(
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

    fn epoch(&mut self, seq: u64, core: &Core, body: &Epoch, now: u64) -> Result<(), Refusal> {
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

    fn attending(&mut self, seq: u64, author: CertId, body: Attending) -> Result<(), Refusal> {
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

    fn erasure(&mut self, seq: u64, author: CertId, body: Erasure) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "erase a chart")?;
        let chart: &mut ChartState = self
            .charts
            .get_mut(&body.chart)
            .ok_or("a chart that is not known")?;
        chart.erased.get_or_insert(seq);
        Ok(())
    }
}
