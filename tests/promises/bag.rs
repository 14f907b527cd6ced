//! Every key that somebody can come by, by cryptography alone: their own credential, and whatever slot in the file opens with a key
//! they have already. No directory is asked what they may.

use std::collections::HashSet;

use chartseal::crypto::aead::SealKey;
use chartseal::crypto::hpke::{self, KemSecret};
use chartseal::crypto::secret::Secret;
use chartseal::ledger::{Entry, Form, Section};
use chartseal::vault::identity::Identity;
use chartseal::vault::ring::{FAST_SLOT, UNIT_CHART, UnitSecret, drop_box, slot_info};

use crate::support::{Hospital, PASSPHRASE};

/// Keys, and no idea whose.
#[derive(Default)]
pub struct Bag {
    kems: Vec<KemSecret>,
    symmetric: Vec<Secret<32>>,
    fast: Vec<SealKey>,
    known: HashSet<Vec<u8>>,
}

impl Bag {
    /// What `login` comes by with their passphrase, the host's secret and the file.
    pub fn of(hospital: &Hospital, login: &str) -> Self {
        let vault = hospital.vault();
        let directory = vault.directory().unwrap();
        let (_, person) = directory.by_login(login).unwrap();
        let credential = vault
            .ledger()
            .read(|tx| tx.credential(login))
            .unwrap()
            .unwrap();
        let host = vault.host();
        let me = Identity::unwrap(
            &credential,
            &person.certificate,
            PASSPHRASE.as_bytes(),
            host.secret(),
            &host.vault(),
        )
        .unwrap();
        let mut bag = Self::default();
        bag.kems.push(me.kem);
        bag.rummage(hospital);
        bag
    }

    /// Tries every key on every slot, until nothing new opens.
    pub fn rummage(&mut self, hospital: &Hospital) {
        let vault = hospital.vault();
        let id = vault.host().vault();
        let slots = vault.ledger().read(|tx| tx.slots()).unwrap();
        loop {
            let mut opened = Vec::new();
            for slot in &slots {
                let info = slot_info(&id, &slot.place);
                let by_kem = self
                    .kems
                    .iter()
                    .filter_map(|kem| hpke::open(kem, &info, &[], &slot.sealed).ok());
                let by_fast = self.fast.iter().filter_map(|key| {
                    let fast = slot.fast.as_ref()?;
                    key.open(&info, fast).ok()
                });
                opened.extend(by_kem.chain(by_fast).map(|key| key.expose().to_vec()));
            }
            opened.retain(|key| self.known.insert(key.clone()));
            if opened.is_empty() {
                return;
            }
            for key in opened {
                self.take(&key);
            }
        }
    }

    /// A unit's key is 64 bytes long and stands for several, a chart's is 32.
    fn take(&mut self, key: &[u8]) {
        if let Some(unit) = Secret::<64>::from_slice(key) {
            let unit = UnitSecret::from_bytes(unit);
            self.symmetric.push(unit.derive(UNIT_CHART));
            self.fast.push(SealKey::new(&unit.derive(FAST_SLOT)));
            self.kems.push(KemSecret::from_secret(&unit.kem().secret()));
        } else if let Some(chart) = Secret::<32>::from_slice(key) {
            self.kems.push(drop_box(&chart));
            self.symmetric.push(chart);
        }
    }

    /// Whether any of the keys opens an entry.
    pub fn opens(&self, entry: &Entry) -> bool {
        match entry.core.form {
            Form::Clear => true,
            Form::Sealed => self
                .symmetric
                .iter()
                .any(|key| entry.open_sealed(key).is_ok()),
            Form::Dropped => self.kems.iter().any(|kem| entry.open_dropped(kem).is_ok()),
        }
    }

    /// Which sections of a chart they open at least one entry of, and which of those in full.
    pub fn sections(
        &self,
        hospital: &Hospital,
        chart: chartseal::ledger::ChartId,
    ) -> [Option<bool>; 4] {
        Section::OF_A_CHART.map(|section| {
            let entries = hospital
                .vault()
                .ledger()
                .read(|tx| tx.section(&chart, section))
                .unwrap();
            assert!(
                !entries.is_empty(),
                "{section} is empty: nothing would be tried"
            );
            let opened = entries.iter().filter(|entry| self.opens(entry)).count();
            (opened > 0).then_some(opened == entries.len())
        })
    }
}
