//! Who is who and who may open what, judged from the clear entries alone, at each entry's position.
//!
//! The directory is a keyless view: anyone with the file computes it, and two who computed it up to the same
//! link hold the same. **A role or a key counts only if the entry that says so was authorised where it stands.**

mod chart;
mod holding;
mod unit;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::clinical::Role;
use crate::crypto::hash::Hash;
use crate::crypto::sign::VerifyKey;
use crate::ledger::clear::{BackupMark, Certificate, DrillMark, Genesis, Invitation, UnitKind};
use crate::ledger::{CertId, ChartId, Head, UnitId};

pub use chart::{ChartState, HeldLine};
pub use holding::Hold;
pub use unit::{Member, UnitKeyState, UnitState};

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
    /// The newest backup mark: entry, time, what it says.
    #[n(9)]
    pub last_backup: Option<(u64, u64, BackupMark)>,
    /// The anchor of the last entry: the next may share it.
    #[n(10)]
    pub anchor: Hash,
    /// The newest rehearsal of a restore: entry, time, what it came to.
    #[n(11)]
    pub last_drill: Option<(u64, u64, DrillMark)>,
    /// The newest backup mark of each target that was named.
    #[n(12)]
    pub backups: BTreeMap<Hash, BackupMark>,
    /// The latest time that an entry bore, in milliseconds since 1970.
    #[n(13)]
    pub latest: u64,
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
            last_drill: None,
            backups: BTreeMap::new(),
            anchor: zero,
            latest: 0,
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

    /// Whether an account counts now.
    pub fn is_active(&self, person: &CertId) -> bool {
        self.people
            .get(person)
            .is_some_and(|person| person.until.is_none())
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

    /// The doctor who decides requests for a chart, while their account counts.
    pub fn attending_of(&self, chart: &ChartState) -> Option<(&CertId, &Person)> {
        let doctor = chart.attending.as_ref()?;
        let (doctor, person) = self.people.get_key_value(doctor)?;
        person.until.is_none().then_some((doctor, person))
    }

    /// Whether a person is in one of the units that look after a chart.
    pub fn cares_for(&self, person: &CertId, chart: &ChartState) -> bool {
        chart.units.iter().any(|unit| self.is_member(person, unit))
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
}
