//! An insider's own client: a signing key, and nothing between it and the file.

use chartseal::desk::view::unwatched;
use chartseal::jobs::verify;
use chartseal::ledger::{CertId, Clear, EntryId, Place, Prepared, Section, UnitId};
use chartseal::vault::identity::Identity;
use chartseal::vault::sweep::Witness;
use chartseal::vault::{Directory, clock};

use crate::life::Life;
use crate::support::{Hospital, PASSPHRASE};

/// Somebody's own signing key, and nothing between it and the file.
pub struct Client<'a> {
    life: &'a Life,
    pub me: Identity,
}

impl<'a> Client<'a> {
    pub fn of(life: &'a Life, login: &str) -> Self {
        let vault = life.hospital.vault();
        let directory = vault.directory().unwrap();
        let (_, person) = directory.by_login(login).unwrap();
        let credential = vault.ledger().read(|tx| tx.credential(login)).unwrap();
        let host = vault.host();
        let me = Identity::unwrap(
            &credential.unwrap(),
            &person.certificate,
            PASSPHRASE.as_bytes(),
            host.secret(),
            &host.vault(),
        );
        Self {
            life,
            me: me.unwrap(),
        }
    }

    /// Appends what nobody asked for. Returns its number and id.
    pub fn writes_at(&self, clear: &Clear, created: u64) -> (u64, EntryId) {
        let place = Place {
            chart: clear.chart(),
            section: Section::System,
            epoch: 0,
            id: None,
            follows: None,
            to: Vec::new(),
            author: self.me.cert,
            created,
        };
        let prepared = Prepared::clear(place, &clear.encode());
        let vault = self.life.hospital.vault();
        let seq = vault
            .ledger()
            .write(|tx| tx.append(&prepared, &self.me.sign))
            .unwrap();
        (seq, prepared.core.id)
    }

    pub fn writes(&self, clear: &Clear) -> (u64, EntryId) {
        self.writes_at(clear, clock::now())
    }

    /// Writes it, and nothing comes of it: not for whoever reads on, nor for whoever reads anew, and a verification names it.
    #[track_caller]
    pub fn gains_nothing_by(&self, clear: &Clear) {
        self.gains_nothing_by_at(clear, clock::now());
    }

    #[track_caller]
    pub fn gains_nothing_by_at(&self, clear: &Clear, created: u64) {
        let before = directory(self.life);
        let (seq, _) = self.writes_at(clear, created);
        let after = directory(self.life);
        assert_eq!(after.charts, before.charts, "{clear:?}");
        assert_eq!(after.units, before.units, "{clear:?}");
        assert!(after.findings.iter().any(|finding| finding.seq == seq));
        let named = named(&self.life.hospital);
        assert!(named.contains(&seq), "entry {seq} is not named: {clear:?}");
    }
}

pub fn directory(life: &Life) -> Directory {
    life.hospital.vault().directory().unwrap()
}

pub fn named(hospital: &Hospital) -> Vec<u64> {
    let vault = hospital.vault();
    let witness = Witness::of(vault.host()).unwrap();
    let report = verify::keyless(vault.ledger(), witness, 2, &unwatched).unwrap();
    assert_eq!(report.ok, report.findings.is_empty());
    report
        .findings
        .iter()
        .filter_map(|found| found.seq)
        .collect()
}

pub fn cert(life: &Life, login: &str) -> CertId {
    *directory(life).by_login(login).unwrap().0
}

pub fn unit(life: &Life, name: &str) -> UnitId {
    directory(life).unit_by_name(name).unwrap().unit.unit
}
