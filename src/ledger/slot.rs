//! Slots: one key sealed to one holder. Mutable on purpose: **deleting a chart's slots shreds it.**

use minicbor::{Decode, Encode};
use rusqlite::{OptionalExtension, Row as SqlRow, params};

use super::append::WriteTx;
use super::error::LedgerError;
use super::id::{ChartId, EntryId, Holder, Section};
use super::read::ReadTx;

/// Where a slot stands: which key, for whom, under which grant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(map)]
pub struct SlotPlace {
    /// The chart, or the unit's own chart for a unit's key.
    #[n(0)]
    pub chart: ChartId,
    /// The section.
    #[n(1)]
    pub section: Section,
    /// The epoch of the key inside.
    #[n(2)]
    pub epoch: u32,
    /// Who can open it.
    #[n(3)]
    pub holder: Holder,
    /// The epoch of the unit's key it is sealed to; 0 for a person.
    #[n(4)]
    pub holder_epoch: u32,
    /// The clear entry that justifies it.
    #[n(5)]
    pub grant: EntryId,
}

/// A slot.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Slot {
    /// Where it stands.
    #[n(0)]
    pub place: SlotPlace,
    /// The key, sealed by HPKE to the holder.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub sealed: Vec<u8>,
    /// The same key under the holder unit's symmetric key, once a member has opened it: a hundred times faster.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub fast: Option<Vec<u8>>,
}

const COLUMNS: &str = "chart, section, epoch, holder, holder_epoch, grant_id, sealed, fast";

fn read_slot(row: &SqlRow<'_>) -> rusqlite::Result<Option<Slot>> {
    let (chart, section, holder, grant): (Vec<u8>, u8, Vec<u8>, Vec<u8>) =
        (row.get(0)?, row.get(1)?, row.get(3)?, row.get(5)?);
    let place = (|| {
        Some((
            ChartId::from_slice(&chart)?,
            Section::from_u8(section)?,
            Holder::from_key(&holder)?,
            EntryId::from_slice(&grant)?,
        ))
    })();
    let Some((chart, section, holder, grant)) = place else {
        return Ok(None);
    };
    let place = SlotPlace {
        chart,
        section,
        epoch: row.get(2)?,
        holder,
        holder_epoch: row.get(4)?,
        grant,
    };
    Ok(Some(Slot {
        place,
        sealed: row.get(6)?,
        fast: row.get(7)?,
    }))
}

impl ReadTx<'_> {
    /// The slot at exactly this place.
    pub fn slot(&self, place: &SlotPlace) -> Result<Option<Slot>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM slot WHERE chart = ?1 AND section = ?2 AND epoch = ?3 AND holder = ?4
             AND holder_epoch = ?5 AND grant_id = ?6"
        );
        let found = self
            .sql()
            .prepare_cached(&sql)?
            .query_row(
                params![
                    place.chart.as_bytes(),
                    place.section as u8,
                    place.epoch,
                    place.holder.to_key(),
                    place.holder_epoch,
                    place.grant.as_bytes()
                ],
                read_slot,
            )
            .optional()?;
        Ok(found.flatten())
    }

    /// Every slot. Rows that are no slots at all are left out; verification counts the missing.
    pub fn slots(&self) -> Result<Vec<Slot>, LedgerError> {
        let mut slots = Vec::new();
        self.each_slot(|slot| {
            slots.push(slot);
            Ok::<_, LedgerError>(())
        })?;
        Ok(slots)
    }

    /// The same, one after the other.
    pub fn each_slot<E: From<LedgerError>>(
        &self,
        mut each: impl FnMut(Slot) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!(
            "SELECT {COLUMNS} FROM slot ORDER BY chart, section, epoch, holder, holder_epoch, grant_id"
        );
        let mut statement = self.sql().prepare_cached(&sql).map_err(LedgerError::from)?;
        let slots = statement
            .query_map([], read_slot)
            .map_err(LedgerError::from)?;
        for slot in slots {
            slot.map_err(LedgerError::from)?.map_or(Ok(()), &mut each)?;
        }
        Ok(())
    }
}

impl WriteTx<'_> {
    /// Stores a slot.
    pub fn put_slot(&mut self, slot: &Slot) -> Result<(), LedgerError> {
        let place = &slot.place;
        self.sql()
            .prepare_cached("INSERT OR REPLACE INTO slot VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
                place.chart.as_bytes(),
                place.section as u8,
                place.epoch,
                place.holder.to_key(),
                place.holder_epoch,
                place.grant.as_bytes(),
                slot.sealed,
                slot.fast
            ])?;
        Ok(())
    }

    /// Gives a slot that has none a fast copy.
    pub fn put_fast(&mut self, place: &SlotPlace, fast: &[u8]) -> Result<(), LedgerError> {
        let sql = "UPDATE slot SET fast = ?7 WHERE chart = ?1 AND section = ?2 AND epoch = ?3 AND holder = ?4
                   AND holder_epoch = ?5 AND grant_id = ?6 AND fast IS NULL";
        self.sql().prepare_cached(sql)?.execute(params![
            place.chart.as_bytes(),
            place.section as u8,
            place.epoch,
            place.holder.to_key(),
            place.holder_epoch,
            place.grant.as_bytes(),
            fast
        ])?;
        Ok(())
    }

    /// Deletes the slot at exactly this place. Returns how many there were.
    pub fn delete_slot(&mut self, place: &SlotPlace) -> Result<usize, LedgerError> {
        let sql =
            "DELETE FROM slot WHERE chart = ?1 AND section = ?2 AND epoch = ?3 AND holder = ?4
                   AND holder_epoch = ?5 AND grant_id = ?6";
        Ok(self.sql().prepare_cached(sql)?.execute(params![
            place.chart.as_bytes(),
            place.section as u8,
            place.epoch,
            place.holder.to_key(),
            place.holder_epoch,
            place.grant.as_bytes()
        ])?)
    }

    /// Deletes every slot of one person, on all charts and units. Returns how many there were.
    pub fn delete_slots_of_person(&mut self, person: &Holder) -> Result<usize, LedgerError> {
        Ok(self
            .sql()
            .prepare_cached("DELETE FROM slot WHERE holder = ?1")?
            .execute([person.to_key()])?)
    }

    /// Deletes the slots that one grant justified. Returns how many there were.
    pub fn delete_slots_of_grant(&mut self, grant: &EntryId) -> Result<usize, LedgerError> {
        Ok(self
            .sql()
            .prepare_cached("DELETE FROM slot WHERE grant_id = ?1")?
            .execute([grant.as_bytes()])?)
    }

    /// Deletes one holder's slots on a chart. Returns how many there were.
    pub fn delete_slots_of_holder(
        &mut self,
        chart: &ChartId,
        holder: &Holder,
    ) -> Result<usize, LedgerError> {
        Ok(self
            .sql()
            .prepare_cached("DELETE FROM slot WHERE chart = ?1 AND holder = ?2")?
            .execute(params![chart.as_bytes(), holder.to_key()])?)
    }

    /// Deletes every slot of a chart: **what only they opened is gone for good.**
    pub fn shred(&mut self, chart: &ChartId) -> Result<usize, LedgerError> {
        Ok(self
            .sql()
            .prepare_cached("DELETE FROM slot WHERE chart = ?1")?
            .execute([chart.as_bytes()])?)
    }

    /// Deletes one body. Its header and hash stay, so the chain still verifies.
    pub fn erase_body(&mut self, seq: u64) -> Result<(), LedgerError> {
        self.sql()
            .prepare_cached("DELETE FROM body WHERE seq = ?1")?
            .execute([seq as i64])?;
        Ok(())
    }
}
