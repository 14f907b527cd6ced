//! Who can open what: through a unit, or of their own.

use std::collections::BTreeSet;

use crate::clinical::Role;
use crate::ledger::clear::UnitKind;
use crate::ledger::{CertId, ChartId, Holder, Section, SlotPlace, UnitId};

use super::{ChartState, Directory, HeldLine, Person};

/// Which lines count as holding a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    /// All that open it.
    Any,
    /// Those that open it when nothing is on fire: not the emergency unit's, nor a share that was not taken up.
    Everyday,
}

impl Directory {
    /// The keys of a chart's section that a person can open at a time, through a unit or of their own.
    pub fn lines_for<'a>(
        &'a self,
        person: &'a CertId,
        chart: &'a ChartState,
        section: Section,
        now: u64,
    ) -> impl Iterator<Item = &'a HeldLine> + 'a {
        chart.lines.iter().filter(move |held| {
            held.line.section == section && held.in_force(now) && self.reaches(person, held)
        })
    }

    /// Whether a line is in a person's hands: their own, or through a unit's key delivered to them, or as one of a unit's members.
    fn reaches(&self, person: &CertId, held: &HeldLine) -> bool {
        let line = &held.line;
        match line.holder {
            Holder::Person(holder) => holder == *person,
            Holder::Unit(unit) => self
                .units
                .get(&unit)
                .and_then(|state| state.members.get(person))
                .is_some_and(|member| {
                    let place = (line.section as u8, line.holder_epoch);
                    member.left.is_none()
                        && (member.holds.contains_key(&place)
                            || held.each.contains(&Holder::Person(*person)))
                }),
        }
    }

    /// To whom a unit's share of a section is sealed one by one, because somebody who left knows the unit's key: the members who
    /// hold that key and stay, and recovery. `None` while the key is good.
    pub fn one_by_one(&self, unit: &UnitId, section: Section) -> Option<BTreeSet<Holder>> {
        let state = self.units.get(unit)?;
        let epoch = state.current_key(section)?.key.epoch;
        if !state.key_is_stale(section) {
            return None;
        }
        let stay = state
            .present()
            .filter(|(person, member)| {
                member.holds.contains_key(&(section as u8, epoch)) && self.is_active(person)
            })
            .map(|(person, _)| Holder::Person(*person));
        let recovery = self.special(UnitKind::Recovery);
        let recovery = recovery.map(|state| Holder::Unit(state.unit.unit));
        Some(stay.chain(recovery).collect())
    }

    /// The slots that a line in force wants. **Whoever ended, or left the unit whose members it was sealed to, has none.**
    pub fn wanted<'a>(
        &'a self,
        chart: ChartId,
        held: &'a HeldLine,
    ) -> impl Iterator<Item = SlotPlace> + 'a {
        held.places(chart).filter(move |place| match place.holder {
            Holder::Person(person) => {
                self.is_active(&person)
                    && match held.line.holder {
                        Holder::Person(_) => true,
                        Holder::Unit(unit) => self.is_member(&person, &unit),
                    }
            }
            Holder::Unit(_) => true,
        })
    }

    /// Whether a person holds a chart's section at a time.
    pub fn holds(&self, person: &CertId, chart: &ChartId, section: Section, now: u64) -> bool {
        self.charts
            .get(chart)
            .is_some_and(|state| self.lines_for(person, state, section, now).next().is_some())
    }

    /// The lines that a renewal of a section's key carries over: whoever holds the newest key, and may.
    pub fn carried<'a>(
        &'a self,
        chart: &'a ChartState,
        section: Section,
        now: u64,
    ) -> impl Iterator<Item = &'a HeldLine> + 'a {
        let newest = chart.epoch(section);
        chart.lines.iter().filter(move |held| {
            held.line.section == section
                && held.line.epoch == newest
                && held.in_force(now)
                && match held.line.holder {
                    Holder::Person(person) => self.is_active(&person),
                    Holder::Unit(_) => true,
                }
        })
    }

    /// Until when a person holds a section: `None` is without end, 0 not at all.
    pub fn held_until(
        &self,
        person: &CertId,
        chart: &ChartState,
        section: Section,
        hold: Hold,
        now: u64,
    ) -> Option<u64> {
        let mut longest = Some(0);
        for held in self.lines_for(person, chart, section, now) {
            if hold == Hold::Any || self.opens_everyday(held) {
                longest = match (longest, held.until) {
                    (Some(longest), Some(until)) => Some(until.max(longest)),
                    _ => None,
                };
            }
        }
        longest
    }

    /// Whether a line opens a chart when nothing is on fire.
    pub fn opens_everyday(&self, held: &HeldLine) -> bool {
        match held.line.holder {
            Holder::Person(_) => held.is_taken_up(),
            Holder::Unit(unit) => self
                .units
                .get(&unit)
                .is_some_and(|state| state.unit.kind != UnitKind::Emergency),
        }
    }

    /// Whether a person's role reads a section of the charts in their care.
    pub fn reads(&self, person: &CertId, section: Section) -> bool {
        let role = self.people.get(person).and_then(Person::role);
        role.is_some_and(|role| {
            [UnitKind::Ward, UnitKind::Pharmacy]
                .into_iter()
                .any(|kind| Self::sections(role, kind).contains(&section))
        })
    }

    /// Whether the next write to a section must draw a fresh key first: someone who held the newest key no longer
    /// may, or whoever drew it was not to keep it.
    pub fn needs_new_epoch(&self, chart: &ChartState, section: Section, now: u64) -> bool {
        let epoch = chart.epoch(section);
        let newest = || {
            chart
                .lines
                .iter()
                .filter(|held| held.line.section == section && held.line.epoch == epoch)
        };
        let lost = newest().any(|held| {
            !held.in_force(now)
                || match held.line.holder {
                    Holder::Unit(unit) if !held.each.is_empty() => {
                        self.one_by_one(&unit, section).as_ref() != Some(&held.each)
                    }
                    Holder::Unit(unit) => self.units.get(&unit).is_some_and(|state| {
                        state.key_is_stale(section)
                            || state
                                .current_key(section)
                                .is_some_and(|key| key.key.epoch > held.line.holder_epoch)
                    }),
                    Holder::Person(person) => self
                        .people
                        .get(&person)
                        .is_some_and(|person| person.until.is_some()),
                }
        });
        let forgotten = epoch == 1
            && chart.enrolled_by.is_some_and(|by| {
                !newest().any(|held| self.reaches(&by, held))
                    && newest().any(|held| matches!(held.line.holder, Holder::Unit(_)))
            });
        lost || forgotten
    }

    /// The sections that a role may hold in a unit of a kind.
    pub fn sections(role: Role, kind: UnitKind) -> &'static [Section] {
        use Section::{Access, Clinical, Identity, Medication, Work};
        match (kind, role) {
            (UnitKind::Ward | UnitKind::Clinic, Role::Doctor | Role::Nurse) => {
                &[Identity, Clinical, Medication, Access, Work]
            }
            (UnitKind::Ward | UnitKind::Clinic, Role::Registrar) => &[Identity, Work],
            (UnitKind::Pharmacy, Role::Pharmacist) => &[Identity, Medication, Work],
            (
                UnitKind::Staff,
                Role::Doctor | Role::Nurse | Role::Pharmacist | Role::Registrar | Role::Auditor,
            ) => &[Work],
            (UnitKind::Auditors, Role::Auditor) => &[Access, Work],
            (UnitKind::Emergency, Role::Doctor | Role::Nurse) => &[Identity, Clinical, Medication],
            _ => &[],
        }
    }
}
