//! Opening many entries of one section and epoch outside a transaction: what verification does on all cores.

use crate::crypto::hpke::KemSecret;
use crate::crypto::secret::Secret;
use crate::ledger::{Body, ChartId, Entry, Form, OpenEntryError, Section, UnitId};

use super::directory::Finding;
use super::error::VaultError;
use super::reader::Reader;
use super::ring;

/// The keys of one section and epoch. Wiped on drop.
#[derive(Debug)]
pub struct Opener {
    section_key: Secret<32>,
    drop_box: KemSecret,
}

impl Opener {
    /// Opens an entry and checks its commitment. **Its signature is for the caller to check.**
    pub fn open(&self, entry: &Entry) -> Result<Body, OpenEntryError> {
        match entry.core.form {
            Form::Clear => entry.open_clear(),
            Form::Sealed => entry
                .open_sealed(&self.section_key)
                .map(|opening| opening.body),
            Form::Dropped => entry
                .open_dropped(&self.drop_box)
                .map(|opening| opening.body),
        }
    }
}

impl Reader<'_> {
    /// The keys of a section and epoch, if this session holds them.
    pub fn opener(
        &mut self,
        chart: ChartId,
        section: Section,
        epoch: u32,
    ) -> Result<Opener, VaultError> {
        let section_key = self.chart_key(chart, section, epoch)?;
        let unit = self.ring()?.unit(UnitId(chart.0), section, epoch);
        let drop_box = match unit {
            Some(unit) => KemSecret::from_secret(&unit.kem().secret()),
            None => ring::drop_box(&section_key),
        };
        Ok(Opener {
            section_key,
            drop_box,
        })
    }

    /// Opens every chart slot that this session's keys reach, and names those that hold another key than was granted.
    pub fn check_slots(&mut self) -> Result<(u64, Vec<Finding>), VaultError> {
        let me = self.me();
        let now = self.now();
        let mut reached = Vec::new();
        for (chart, state) in &self.directory().charts {
            for section in Section::OF_A_CHART {
                for held in self.directory().lines_for(&me, state, section, now) {
                    reached.push((held.place_for(*chart, me), held.line.key_id, held.since));
                }
            }
        }
        let mut found = Vec::new();
        for (place, key_id, seq) in &reached {
            if let Err(error) = self.open_chart_slot(place, key_id) {
                let what = format!("epoch {}, grant {}: {error}", place.epoch, place.grant);
                found.push(Finding { seq: *seq, what });
            }
        }
        Ok((reached.len() as u64, found))
    }
}
