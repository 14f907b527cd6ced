//! The key ring of an unlocked session: **the only place where keys live in the clear, wiped on lock.**

use std::collections::HashMap;

use crate::crypto::aead::SealKey;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::{self, HpkeError, KemPublic, KemSecret};
use crate::crypto::kdf;
use crate::crypto::secret::Secret;
use crate::ledger::canonical;
use crate::ledger::clear::key_id;
use crate::ledger::{ChartId, Section, SlotPlace, UnitId};

use super::error::VaultError;
use super::identity::Identity;

const SLOT_INFO: &[u8] = b"chartseal/slot/v1";
/// Names chart keys in [`key_id`].
pub const CHART_KEY: &str = "chart-key";
/// Names unit keys in [`key_id`].
pub const UNIT_KEY: &str = "unit-key";

/// A unit's secret for one section and epoch: 64 bytes in a slot, two keys in use.
#[derive(Debug)]
pub struct UnitSecret {
    bytes: Secret<64>,
    kem: KemSecret,
}

impl UnitSecret {
    /// Draws a fresh one.
    pub fn random() -> Self {
        Self::from_bytes(Secret::random())
    }

    /// X25519 secret, then symmetric key.
    pub fn from_bytes(bytes: Secret<64>) -> Self {
        let scalar = Secret::from_slice(&bytes.expose()[..32]).expect("32 of 64 bytes");
        Self {
            kem: KemSecret::from_secret(&scalar),
            bytes,
        }
    }

    /// Receives chart keys and drops.
    pub fn kem(&self) -> &KemSecret {
        &self.kem
    }

    /// What a slot carries.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.expose()
    }

    /// What the signed entry says of it.
    pub fn key_id(&self) -> Hash {
        key_id(UNIT_KEY, self.bytes())
    }

    /// A symmetric key for one use: the unit's own chart, fast slots, the index, the locator.
    pub fn derive(&self, label: &str) -> Secret<32> {
        let symmetric = Secret::from_slice(&self.bytes.expose()[32..]).expect("32 of 64 bytes");
        kdf::derive(&symmetric, label, &[])
    }
}

/// Seals a unit's own chart.
pub const UNIT_CHART: &str = "chartseal/unit-chart/v1";
/// Wraps fast slots.
pub const FAST_SLOT: &str = "chartseal/fast-slot/v1";
/// Root of a compartment of the search index.
pub const INDEX_ROOT: &str = "chartseal/index/v1";
/// Tags of the locator.
pub const LOCATOR: &str = "chartseal/locator/v1";

/// The drop box that belongs to a chart section's key.
pub fn drop_box(section_key: &Secret<32>) -> KemSecret {
    KemSecret::from_secret(&kdf::derive(section_key, "chartseal/drop-box/v1", &[]))
}

/// What binds a slot to its place.
pub fn slot_info(vault: &Hash, place: &SlotPlace) -> Vec<u8> {
    [SLOT_INFO, &vault.0, &canonical::encode(place)].concat()
}

/// Seals a key for a slot.
pub fn seal_slot(
    vault: &Hash,
    place: &SlotPlace,
    to: &KemPublic,
    key: &[u8],
) -> Result<Vec<u8>, HpkeError> {
    hpke::seal(to, &slot_info(vault, place), &[], key)
}

/// The keys a session holds.
#[derive(Debug)]
pub struct Ring {
    /// Who the session is.
    pub me: Identity,
    /// Unit keys by unit, section and epoch.
    pub units: HashMap<(UnitId, u8, u32), UnitSecret>,
    /// Chart keys opened so far, by chart, section and epoch.
    pub charts: HashMap<(ChartId, u8, u32), Secret<32>>,
}

impl Ring {
    /// A ring with nothing but the person's own keys.
    pub fn new(me: Identity) -> Self {
        Self {
            me,
            units: HashMap::new(),
            charts: HashMap::new(),
        }
    }

    /// A unit's key.
    pub fn unit(&self, unit: UnitId, section: Section, epoch: u32) -> Option<&UnitSecret> {
        self.units.get(&(unit, section as u8, epoch))
    }

    /// A chart's key, if it was opened before.
    pub fn chart(&self, chart: ChartId, section: Section, epoch: u32) -> Option<&Secret<32>> {
        self.charts.get(&(chart, section as u8, epoch))
    }

    /// Keeps a chart's key.
    pub fn keep_chart(&mut self, chart: ChartId, section: Section, epoch: u32, key: Secret<32>) {
        self.charts.insert((chart, section as u8, epoch), key);
    }
}

/// Opens a slot's key by HPKE and checks it against the id in the signed entry.
pub fn open_slot(
    vault: &Hash,
    place: &SlotPlace,
    sealed: &[u8],
    kem: &KemSecret,
    label: &str,
    expected: &Hash,
) -> Result<crate::crypto::secret::SecretBytes, VaultError> {
    let wrong = || {
        VaultError::Substituted(format!(
            "the slot of the {} key of chart {}",
            place.section, place.chart
        ))
    };
    let key = hpke::open(kem, &slot_info(vault, place), &[], sealed).map_err(|_| wrong())?;
    if key_id(label, key.expose()) == *expected {
        Ok(key)
    } else {
        Err(wrong())
    }
}

/// Opens a slot's fast copy under the unit's symmetric key.
pub fn open_fast(
    vault: &Hash,
    place: &SlotPlace,
    fast: &[u8],
    unit: &UnitSecret,
    expected: &Hash,
) -> Option<Secret<32>> {
    let key = SealKey::new(&unit.derive(FAST_SLOT))
        .open(&slot_info(vault, place), fast)
        .ok()?;
    let key = Secret::from_slice(key.expose())?;
    (key_id(CHART_KEY, key.expose()) == *expected).then_some(key)
}

/// Makes a slot's fast copy.
pub fn seal_fast(vault: &Hash, place: &SlotPlace, unit: &UnitSecret, key: &Secret<32>) -> Vec<u8> {
    SealKey::new(&unit.derive(FAST_SLOT)).seal(&slot_info(vault, place), key.expose())
}
