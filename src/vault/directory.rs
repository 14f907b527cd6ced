//! Who is who and who may open what, judged from the clear entries alone, at each entry's position.
//!
//! The directory is a keyless view: anyone with the file computes it, and two who computed it up to the same
//! link hold the same. **A role or a key counts only if the entry that says so was authorised where it stands.**

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::clinical::Role;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemPublic;
use crate::crypto::sign::VerifyKey;
use crate::ledger::clear::{
    Certificate, DropBox, Genesis, GrantGround, GrantLine, Invitation, Unit, UnitKey, UnitKind,
};
use crate::ledger::{CertId, ChartId, EntryId, Head, Holder, Section, SlotPlace, UnitId};

/// A certified person or host.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Person {
    /// The certificate.
    #[n(0)]
    pub certificate: Certificate,
    /// The entry that certified them.
    #[n(1)]
    pub since: u64,
    /// The entry that ended it.
    #[n(2)]
    pub until: Option<u64>,
}

impl Person {
    /// Whether the certificate counted when entry `seq` was written.
    pub fn counted_at(&self, seq: u64) -> bool {
        self.since < seq && self.until.is_none_or(|until| seq <= until)
    }

    /// The role, unless it is a host.
    pub fn role(&self) -> Option<Role> {
        self.certificate.office.role()
    }
}

/// A person's standing in a unit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Member {
    /// The entry that authorised them.
    #[n(0)]
    pub authorised: u64,
    /// The entry by which they left.
    #[n(1)]
    pub left: Option<u64>,
    /// The unit's keys delivered to them.
    #[n(2)]
    pub holds: BTreeMap<(u8, u32), Hash>,
    /// The delivery that justifies each key's slot.
    #[n(3)]
    pub deliveries: BTreeMap<(u8, u32), EntryId>,
}

/// A unit's key for one section and epoch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct UnitKeyState {
    /// The public half and the key's id.
    #[n(0)]
    pub key: UnitKey,
    /// The entry that made it.
    #[n(1)]
    pub since: u64,
}

/// A unit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct UnitState {
    /// Its name and kind.
    #[n(0)]
    pub unit: Unit,
    /// Its keys by section and epoch.
    #[n(1)]
    pub keys: BTreeMap<(u8, u32), UnitKeyState>,
    /// Its members, those who left included.
    #[n(2)]
    pub members: BTreeMap<CertId, Member>,
    /// Deliveries to the recovery unit.
    #[n(3)]
    pub recoverable: BTreeMap<(u8, u32), EntryId>,
}

impl UnitState {
    /// The newest key of a section.
    pub fn current_key(&self, section: Section) -> Option<&UnitKeyState> {
        self.keys
            .range((section as u8, 0)..=(section as u8, u32::MAX))
            .next_back()
            .map(|(_, key)| key)
    }

    /// Members who have not left.
    pub fn present(&self) -> impl Iterator<Item = (&CertId, &Member)> {
        self.members
            .iter()
            .filter(|(_, member)| member.left.is_none())
    }

    /// Whether someone who held the section's newest key has left since it was made.
    pub fn key_is_stale(&self, section: Section) -> bool {
        self.current_key(section).is_some_and(|current| {
            self.someone_left_after(section, current.key.epoch, current.since)
        })
    }

    /// Whether someone who held this key left after entry `seq`.
    fn someone_left_after(&self, section: Section, epoch: u32, seq: u64) -> bool {
        self.members.values().any(|member| {
            member.left.is_some_and(|left| left > seq)
                && member.holds.contains_key(&(section as u8, epoch))
        })
    }
}

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
}

impl HeldLine {
    /// Where its slot stands, in its chart.
    pub fn place(&self, chart: ChartId) -> SlotPlace {
        SlotPlace {
            chart,
            section: self.line.section,
            epoch: self.line.epoch,
            holder: self.line.holder,
            holder_epoch: self.line.holder_epoch,
            grant: self.slot,
        }
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
}

impl ChartState {
    /// The newest epoch of a section; 0 when it has no key.
    pub fn epoch(&self, section: Section) -> u32 {
        self.boxes
            .range((section as u8, 0)..=(section as u8, u32::MAX))
            .next_back()
            .map_or(0, |((_, epoch), _)| *epoch)
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

/// Something in the ledger that was not authorised or does not hold.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Finding {
    /// The entry.
    #[n(0)]
    pub seq: u64,
    /// What is wrong with it.
    #[n(1)]
    pub what: String,
}

/// The directory.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Directory {
    /// Genesis, once it was met.
    #[n(0)]
    pub genesis: Option<Genesis>,
    /// The link of genesis: the vault's id.
    #[n(1)]
    pub vault: Hash,
    /// Everyone ever certified.
    #[n(2)]
    pub people: BTreeMap<CertId, Person>,
    /// Open invitations by login.
    #[n(3)]
    pub invitations: BTreeMap<String, Invitation>,
    /// Units.
    #[n(4)]
    pub units: BTreeMap<UnitId, UnitState>,
    /// Charts.
    #[n(5)]
    pub charts: BTreeMap<ChartId, ChartState>,
    /// What was not authorised.
    #[n(6)]
    pub findings: Vec<Finding>,
    /// Up to where the ledger was read.
    #[n(7)]
    pub seq: u64,
    /// The link there.
    #[n(8)]
    pub link: Hash,
    /// The newest backup mark: entry, snapshot, covered up to, time.
    #[n(9)]
    pub last_backup: Option<(u64, u64, u64, u64)>,
    /// The anchor of the last entry: the next may share it.
    #[n(10)]
    pub anchor: Hash,
}

impl Default for Directory {
    fn default() -> Self {
        let zero = Hash([0; 32]);
        Self {
            genesis: None,
            vault: zero,
            people: BTreeMap::new(),
            invitations: BTreeMap::new(),
            units: BTreeMap::new(),
            charts: BTreeMap::new(),
            findings: Vec::new(),
            seq: 0,
            link: zero,
            last_backup: None,
            anchor: zero,
        }
    }
}

impl Directory {
    /// Up to where the ledger was read.
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            link: self.link,
        }
    }

    /// A certified person or host.
    pub fn person(&self, cert: &CertId) -> Option<&Person> {
        self.people.get(cert)
    }

    /// The key that verifies an author's entry at a position; `None` if the certificate did not count there.
    pub fn author_key(&self, author: &CertId, seq: u64) -> Option<&VerifyKey> {
        if seq == 1 {
            let genesis = self.genesis.as_ref()?;
            return (genesis.admin.id() == *author).then_some(&genesis.admin.verify);
        }
        self.people
            .get(author)
            .filter(|person| person.counted_at(seq))
            .map(|person| &person.certificate.verify)
    }

    /// The role of an author at a position.
    pub fn role_at(&self, author: &CertId, seq: u64) -> Option<Role> {
        self.people
            .get(author)
            .filter(|person| person.counted_at(seq) || seq == 1)?
            .role()
    }

    /// The active certificate of a login.
    pub fn by_login(&self, login: &str) -> Option<(&CertId, &Person)> {
        self.people
            .iter()
            .find(|(_, person)| person.until.is_none() && person.certificate.login == login)
    }

    /// Whether a person is the only admin left.
    pub fn is_last_admin(&self, person: &CertId) -> bool {
        let mut admins = self
            .people
            .iter()
            .filter(|(_, p)| p.until.is_none() && p.role() == Some(Role::Admin));
        admins.next().is_some_and(|(cert, _)| cert == person) && admins.next().is_none()
    }

    /// A unit by name.
    pub fn unit_by_name(&self, name: &str) -> Option<&UnitState> {
        self.units
            .values()
            .find(|state| state.unit.name.eq_ignore_ascii_case(name))
    }

    /// The one unit of a special kind.
    pub fn special(&self, kind: UnitKind) -> Option<&UnitState> {
        self.units.values().find(|state| state.unit.kind == kind)
    }

    /// A chart.
    pub fn chart(&self, chart: &ChartId) -> Option<&ChartState> {
        self.charts.get(chart)
    }

    /// Whether a person is authorised in a unit and has not left.
    pub fn is_member(&self, person: &CertId, unit: &UnitId) -> bool {
        self.units
            .get(unit)
            .and_then(|state| state.members.get(person))
            .is_some_and(|member| member.left.is_none())
    }

    /// The units a person is present in.
    pub fn units_of(&self, person: &CertId) -> impl Iterator<Item = &UnitState> {
        self.units.values().filter(move |state| {
            state
                .members
                .get(person)
                .is_some_and(|member| member.left.is_none())
        })
    }

    /// The units whose newest keys nobody but this person holds: once they are gone, only the recovery shares open them.
    pub fn held_alone_by(&self, person: &CertId) -> Vec<&UnitState> {
        let alone = |state: &&UnitState| {
            let holds = |member: &Member, key: &UnitKeyState| {
                let place = (key.key.section as u8, key.key.epoch);
                member.holds.contains_key(&place)
            };
            state
                .keys
                .values()
                .filter(|key| state.current_key(key.key.section) == Some(key))
                .any(|key| {
                    let mut holders = state.present().filter(|(_, member)| holds(member, key));
                    holders.next().is_some_and(|(holder, _)| holder == person)
                        && holders.next().is_none()
                })
        };
        self.units_of(person).filter(alone).collect()
    }

    /// The keys of a chart's section that a person can open at a time, through a unit or of their own.
    pub fn lines_for<'a>(
        &'a self,
        person: &'a CertId,
        chart: &'a ChartState,
        section: Section,
        now: u64,
    ) -> impl Iterator<Item = &'a HeldLine> + 'a {
        chart.lines.iter().filter(move |held| {
            held.line.section == section && held.in_force(now) && self.reaches(person, &held.line)
        })
    }

    /// Whether a line is in a person's hands: their own, or through a unit's key delivered to them.
    fn reaches(&self, person: &CertId, line: &GrantLine) -> bool {
        match line.holder {
            Holder::Person(holder) => holder == *person,
            Holder::Unit(unit) => self
                .units
                .get(&unit)
                .and_then(|state| state.members.get(person))
                .is_some_and(|member| {
                    member.left.is_none()
                        && member
                            .holds
                            .contains_key(&(line.section as u8, line.holder_epoch))
                }),
        }
    }

    /// Whether a person holds a chart's section at a time.
    pub fn holds(&self, person: &CertId, chart: &ChartId, section: Section, now: u64) -> bool {
        self.charts
            .get(chart)
            .is_some_and(|state| self.lines_for(person, state, section, now).next().is_some())
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
                    Holder::Unit(unit) => self.units.get(&unit).is_some_and(|state| {
                        state.someone_left_after(section, held.line.holder_epoch, held.since)
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
                !newest().any(|held| self.reaches(&by, &held.line))
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
