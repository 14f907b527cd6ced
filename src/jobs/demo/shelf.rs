//! The invented pharmacy's shelf. What the planned prescriptions will take comes in besides what shall be left.

use std::collections::HashMap;

use crate::clinical::stock::Stock;
use crate::clinical::synthetic::Hospital;
use crate::clinical::{Body, Decimal, Dispense, Instant};
use crate::desk::stock::keep::put;
use crate::desk::stock::shelf::Shelved;
use crate::desk::{DeskError, Session};
use crate::ledger::ThreadId;
use crate::vault::Writer;

/// The lots by number, each with the entry that its next movement follows.
pub(super) struct Shelf(HashMap<String, Shelved>);

/// Receives every lot. Some have expired since, or expire soon.
pub(super) fn stock(pharmacist: &Session, hospital: &Hospital) -> Result<Shelf, DeskError> {
    let mut planned: HashMap<&str, Decimal> = HashMap::new();
    let steps = hospital
        .patients
        .iter()
        .flat_map(|patient| &patient.prescriptions)
        .flat_map(|order| &order.steps);
    for step in steps {
        if let Body::Dispense(dispense) = &step.body
            && let Some(lot) = &dispense.lot
        {
            let sum = planned.entry(lot).or_default();
            *sum = sum.plus(dispense.quantity.value).unwrap_or(*sum);
        }
    }
    pharmacist.vault().write(|writer| {
        let unit = writer
            .directory()
            .unit_by_name(&hospital.pharmacy)
            .map(|state| state.unit.unit)
            .ok_or_else(|| DeskError::Outside("an invented hospital without a pharmacy".into()))?;
        let mut lots = HashMap::new();
        for on_shelf in &hospital.stock {
            let taken = planned
                .get(on_shelf.lot.lot.as_str())
                .copied()
                .unwrap_or_default();
            let quantity = on_shelf.quantity.plus(taken).unwrap_or(on_shelf.quantity);
            // A lot that is used up was there once.
            let Ok(stock) = Stock::first(on_shelf.lot.clone(), quantity) else {
                continue;
            };
            let stored = put(writer, unit, None, &stock)?;
            let entry = writer.tx().entry(stored.seq)?;
            let core = entry
                .ok_or_else(|| DeskError::Damaged(format!("entry {} is missing", stored.seq)))?
                .core;
            lots.insert(stock.lot.lot.clone(), Shelved { unit, core, stock });
        }
        Ok(Shelf(lots))
    })
}

impl Shelf {
    /// Takes what is handed over off its lot.
    pub(super) fn take(
        &mut self,
        writer: &mut Writer<'_, '_>,
        dispense: &Dispense,
        rx: ThreadId,
    ) -> Result<(), DeskError> {
        let Some(shelved) = dispense.lot.as_ref().and_then(|lot| self.0.get_mut(lot)) else {
            return Ok(());
        };
        // Handed over when it was written, of a lot that was good then.
        let Some(day) = dispense.at.as_ref().map(Instant::local_date) else {
            return Ok(());
        };
        let stock = shelved
            .stock
            .dispensed(&dispense.quantity, rx.0, day)
            .map_err(|breach| DeskError::Outside(breach.to_string()))?;
        let stored = put(writer, shelved.unit, Some(shelved), &stock)?;
        shelved.core.id = stored.id;
        shelved.stock = stock;
        Ok(())
    }
}
