//! Joining a unit and leaving it: authorisations, unit keys, deliveries.

use super::super::directory::{Directory, Person, UnitKeyState, UnitState};
use super::Refusal;
use crate::ledger::clear::{Authorisation, Delivery, Leave, UnitKey, UnitKind};
use crate::ledger::{CertId, EntryId, Holder, Section};

impl Directory {
    pub(super) fn authorisation(
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

    pub(super) fn may_hold(&self, person: &CertId, unit: &UnitState, section: Section) -> bool {
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

    pub(super) fn unit_key(
        &mut self,
        seq: u64,
        author: CertId,
        body: UnitKey,
    ) -> Result<(), Refusal> {
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
            by: author,
        };
        let place = (body.section as u8, body.epoch);
        self.units
            .get_mut(&body.unit)
            .expect("looked up above")
            .keys
            .insert(place, state);
        Ok(())
    }

    pub(super) fn delivery(
        &mut self,
        entry: EntryId,
        author: CertId,
        body: &Delivery,
    ) -> Result<(), Refusal> {
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
            let holds = unit
                .members
                .get(&author)
                .is_some_and(|member| member.left.is_none() && member.holds.contains_key(&place));
            let makes = body.to == Holder::Person(author)
                && key.by == author
                && self.may_hold(&author, unit, delivered.section);
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

    pub(super) fn leave(&mut self, seq: u64, author: CertId, body: Leave) -> Result<(), Refusal> {
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
}
