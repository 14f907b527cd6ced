//! Units: making them, joining, delivering keys, leaving.
//!
//! An admin authorises and holds no keys; a member delivers. The first member whose role reads a section makes the
//! unit's key of that section, sealed to themselves and to recovery.

use crate::clinical::Role;
use crate::crypto::hash::Hash;
use crate::ledger::clear::{
    Authorisation, Clear, DeliveredKey, Delivery, Leave, Unit, UnitKey, UnitKind,
};
use crate::ledger::{CertId, Holder, Section, Slot, SlotPlace, UnitId};

use super::directory::Directory;
use super::error::VaultError;
use super::reader::Reader;
use super::ring::{UnitSecret, seal_slot};
use super::session::Session;
use super::writer::Writer;

/// A delivery that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivered {
    /// The unit.
    pub unit: UnitId,
    /// To whom.
    pub person: CertId,
}

/// A newcomer who waits for a unit's keys that this session could deliver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The unit.
    pub unit: UnitId,
    /// Who waits.
    pub person: CertId,
    /// Which keys, by section and epoch.
    pub keys: Vec<(u8, u32)>,
}

impl Directory {
    /// Who waits for keys that `member` holds.
    pub fn waiting_for(&self, member: &CertId) -> Vec<Waiting> {
        let mut waiting = Vec::new();
        for state in self.units_of(member) {
            let held = &state.members[member].holds;
            for (person, standing) in state.present().filter(|(person, _)| *person != member) {
                let Some(role) = self
                    .person(person)
                    .filter(|p| p.until.is_none())
                    .and_then(|p| p.role())
                else {
                    continue;
                };
                let sections = Self::sections(role, state.unit.kind);
                let keys: Vec<_> = held
                    .keys()
                    .filter(|place| sections.iter().any(|section| *section as u8 == place.0))
                    .filter(|place| !standing.holds.contains_key(place))
                    .copied()
                    .collect();
                if !keys.is_empty() {
                    waiting.push(Waiting {
                        unit: state.unit.unit,
                        person: *person,
                        keys,
                    });
                }
            }
        }
        waiting
    }

    /// Whether a member has every key that their role may hold, of those that were made.
    pub fn is_delivered(&self, unit: &UnitId, person: &CertId) -> bool {
        let Some(state) = self.units.get(unit) else {
            return false;
        };
        let Some(member) = state
            .members
            .get(person)
            .filter(|member| member.left.is_none())
        else {
            return false;
        };
        let Some(role) = self.person(person).and_then(|p| p.role()) else {
            return false;
        };
        let sections = Self::sections(role, state.unit.kind);
        sections.iter().all(|section| {
            state
                .current_key(*section)
                .is_some_and(|key| member.holds.contains_key(&(*section as u8, key.key.epoch)))
        })
    }

    /// The unit keys that a member can make: those that are missing, and those of theirs that someone who left knows.
    fn keys_to_make(&self, member: &CertId, role: Role) -> Vec<(UnitId, Section, u32)> {
        let mut wanted = Vec::new();
        for state in self.units_of(member) {
            for section in Self::sections(role, state.unit.kind) {
                match state.current_key(*section) {
                    None => wanted.push((state.unit.unit, *section, 1)),
                    Some(key)
                        if state.key_is_stale(*section)
                            && state.members[member]
                                .holds
                                .contains_key(&(*section as u8, key.key.epoch)) =>
                    {
                        wanted.push((state.unit.unit, *section, key.key.epoch + 1));
                    }
                    Some(_) => {}
                }
            }
        }
        wanted
    }

    fn unit_named(&self, name: &str) -> Result<UnitId, VaultError> {
        self.unit_by_name(name)
            .map(|state| state.unit.unit)
            .ok_or_else(|| VaultError::Unknown {
                what: "unit",
                name: name.into(),
                hint: ": `chartseal unit list` shows them",
            })
    }

    fn person_named(&self, login: &str) -> Result<CertId, VaultError> {
        self.by_login(login)
            .map(|(cert, _)| *cert)
            .ok_or_else(|| VaultError::Unknown {
                what: "active user",
                name: login.into(),
                hint: ": `chartseal user list` shows them",
            })
    }
}

impl Session {
    /// Makes a unit.
    pub fn add_unit(&self, name: &str, kind: UnitKind) -> Result<UnitId, VaultError> {
        if name.trim().is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control)
        {
            return Err(VaultError::Invalid(
                "a unit's name has 1 to 60 printable characters".into(),
            ));
        }
        self.write(|writer| {
            if writer.directory().unit_by_name(name).is_some() {
                return Err(VaultError::Exists {
                    what: "unit",
                    name: name.into(),
                });
            }
            let unit = UnitId::random();
            writer.clear(&Clear::Unit(Unit {
                unit,
                name: name.into(),
                kind,
            }))?;
            Ok(unit)
        })
    }

    /// Authorises a person to join a unit.
    pub fn join_unit(&self, unit: &str, login: &str) -> Result<(UnitId, CertId), VaultError> {
        self.write(|writer| {
            let unit = writer.directory().unit_named(unit)?;
            let person = writer.directory().person_named(login)?;
            writer.clear(&Clear::Authorisation(Authorisation { unit, person }))?;
            Ok((unit, person))
        })
    }

    /// Ends a membership: the member's slots go at once, the unit's keys with the next write of a member.
    pub fn leave_unit(&self, unit: &str, login: &str) -> Result<(UnitId, CertId), VaultError> {
        self.write(|writer| {
            let unit = writer.directory().unit_named(unit)?;
            let person = writer.directory().person_named(login)?;
            writer.clear(&Clear::Leave(Leave { unit, person }))?;
            writer
                .tx()
                .delete_slots_of_holder(&unit.chart(), &Holder::Person(person))?;
            writer.delete_slots_of_leaver(unit, person)?;
            Ok((unit, person))
        })
    }

    /// Who waits for keys that this session could deliver.
    pub fn waiting(&self) -> Result<Vec<Waiting>, VaultError> {
        self.read(|reader| Ok(reader.directory().waiting_for(&self.cert())))
    }

    /// Delivers this session's unit keys to newcomers whose fingerprints were shown. **Nobody who was not shown gets any**, though an
    /// admin authorised them meanwhile.
    pub fn deliver(&self, shown: &[(UnitId, CertId)]) -> Result<Vec<Delivered>, VaultError> {
        self.hand_out(|waiting| shown.contains(&(waiting.unit, waiting.person)))
    }

    /// Delivers to whoever waits, **unseen**: for an invented hospital, in which nobody could compare anything.
    pub fn deliver_unseen(&self) -> Result<Vec<Delivered>, VaultError> {
        self.hand_out(|_| true)
    }

    fn hand_out(&self, to: impl Fn(&Waiting) -> bool) -> Result<Vec<Delivered>, VaultError> {
        self.write(|writer| {
            let mut delivered = Vec::new();
            let waiting = writer.directory().waiting_for(&self.cert());
            for waiting in waiting.into_iter().filter(&to) {
                writer.deliver(waiting.unit, Holder::Person(waiting.person), &waiting.keys)?;
                delivered.push(Delivered {
                    unit: waiting.unit,
                    person: waiting.person,
                });
            }
            Ok(delivered)
        })
    }

    /// Makes the keys that a [`write`](Self::write) makes first, if there are any to make.
    pub(super) fn make_unit_keys(&self) -> Result<(), VaultError> {
        let (me, role) = (self.cert(), self.role());
        let none = |reader: &mut Reader<'_>| {
            Ok::<_, VaultError>(reader.directory().keys_to_make(&me, role).is_empty())
        };
        if self.read(none)? {
            return Ok(());
        }
        self.write(|_| Ok(()))
    }
}

impl Writer<'_, '_> {
    /// Makes the unit keys that nobody has made yet and this person's role reads, and renews those that someone who left still
    /// knows. **Before anything else is written**: what is written is sealed to those who stay.
    pub(super) fn make_unit_keys(&mut self) -> Result<(), VaultError> {
        let session = self.session();
        let wanted = self
            .directory()
            .keys_to_make(&session.cert(), session.role());
        for (unit, section, epoch) in wanted {
            self.make_unit_key(unit, section, epoch)?;
        }
        Ok(())
    }

    /// Makes a unit's key of a section and seals it to those who may hold it and to recovery.
    fn make_unit_key(
        &mut self,
        unit: UnitId,
        section: Section,
        epoch: u32,
    ) -> Result<(), VaultError> {
        let secret = UnitSecret::random();
        let key = UnitKey {
            unit,
            section,
            epoch,
            public: secret.kem().public(),
            key_id: secret.key_id(),
        };
        self.clear(&Clear::UnitKey(key))?;
        self.ring_mut()?
            .units
            .insert((unit, section as u8, epoch), secret);
        let place = (section as u8, epoch);
        self.deliver(unit, Holder::Person(self.session().cert()), &[place])?;
        if let Some(recovery) = self
            .directory()
            .special(UnitKind::Recovery)
            .map(|state| state.unit.unit)
        {
            self.deliver(unit, Holder::Unit(recovery), &[place])?;
        }
        if epoch > 1 {
            // Whoever stays keeps working: the renewed key goes to every member who held the one before.
            let others: Vec<CertId> = self.directory().units[&unit]
                .present()
                .filter(|(person, member)| {
                    **person != self.session().cert()
                        && member.holds.contains_key(&(section as u8, epoch - 1))
                })
                .map(|(person, _)| *person)
                .collect();
            for person in others {
                self.deliver(unit, Holder::Person(person), &[place])?;
            }
        }
        Ok(())
    }

    /// Delivers unit keys on this session's ring to a holder.
    fn deliver(&mut self, unit: UnitId, to: Holder, keys: &[(u8, u32)]) -> Result<(), VaultError> {
        let mut delivered = Vec::new();
        for (section, epoch) in keys {
            let secret = self
                .ring()?
                .units
                .get(&(unit, *section, *epoch))
                .ok_or(VaultError::Locked)?;
            let section = Section::from_u8(*section)
                .ok_or_else(|| VaultError::Invalid("a unit's key of no known section".into()))?;
            delivered.push(DeliveredKey {
                section,
                epoch: *epoch,
                key_id: secret.key_id(),
            });
        }
        let stored = self.clear(&Clear::Delivery(Delivery {
            unit,
            to,
            keys: delivered,
        }))?;
        let public = match to {
            Holder::Person(person) => self
                .directory()
                .person(&person)
                .map(|person| person.certificate.kem),
            Holder::Unit(_) => self
                .directory()
                .genesis
                .as_ref()
                .map(|genesis| genesis.recovery),
        };
        let public = public.ok_or_else(|| VaultError::Invalid("the receiver has no key".into()))?;
        let vault: Hash = self.session().host().vault();
        for (section, epoch) in keys {
            let place = SlotPlace {
                chart: unit.chart(),
                section: Section::from_u8(*section).expect("checked above"),
                epoch: *epoch,
                holder: to,
                holder_epoch: 0,
                grant: stored.id,
            };
            let secret = &self.ring()?.units[&(unit, *section, *epoch)];
            let sealed = seal_slot(&vault, &place, &public, secret.bytes())?;
            self.tx().put_slot(&Slot {
                place,
                sealed,
                fast: None,
            })?;
        }
        Ok(())
    }
}
