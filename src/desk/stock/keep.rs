//! Receiving and counting.

use crate::clinical::stock::{Breach, Correction, Lot, Stock};
use crate::clinical::{Decimal, Instant, Quantity};
use crate::ledger::{EntryId, Holder, Section, ThreadId, UnitId};
use crate::vault::permit::KeepStock;
use crate::vault::{Draft, Stored, VaultError, Writer};

use super::shelf::{self, Shelved};
use crate::desk::act::Act;
use crate::desk::error::DeskError;
use crate::desk::rx::dispense::amount;
use crate::desk::session::Session;
use crate::desk::view::StockChanged;

/// The longest words of a lot.
const LONGEST: usize = 120;

/// Puts a lot on the shelf of a pharmacy, or more of a lot that is there.
pub fn receive(
    session: &Session,
    unit: Option<&str>,
    lot: &Lot,
    quantity: Decimal,
) -> Result<StockChanged, DeskError> {
    session.vault().authority::<KeepStock>()?;
    check(lot)?;
    session.vault().write(|writer| {
        let mut reader = writer.reader();
        let unit = shelf::pharmacy(&reader, unit)?;
        let today = Instant::from_unix_millis(reader.now() as i64);
        if today.is_some_and(|now| lot.is_expired(now.local_date())) {
            return Err(DeskError::BadInput(format!(
                "lot {} expired {}: it does not come onto the shelf",
                lot.lot, lot.expiry
            )));
        }
        let known = shelf::read(&mut reader, unit)?
            .into_iter()
            .find(|known| same_place(&known.stock.lot, lot));
        let stock = match &known {
            Some(known) => known.stock.received(lot, quantity),
            None => Stock::first(lot.clone(), quantity),
        };
        let stock = stock.map_err(|breach| bad(&breach))?;
        let stored = put(writer, unit, known.as_ref(), &stock)?;
        changed(&stock, stored)
    })
}

/// Corrects the count of a lot, with a reason. `code` tells two products with the same lot number apart.
pub fn adjust(
    session: &Session,
    unit: Option<&str>,
    lot: &str,
    code: Option<&str>,
    correction: Correction,
    reason: &str,
) -> Result<StockChanged, DeskError> {
    session.vault().authority::<KeepStock>()?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(DeskError::BadInput("say why, in a few words".into()));
    }
    session.vault().write(|writer| {
        let mut reader = writer.reader();
        let unit = shelf::pharmacy(&reader, unit)?;
        let mut found: Vec<Shelved> = shelf::read(&mut reader, unit)?;
        found.retain(|known| {
            known.stock.lot.lot == lot
                && (code.is_none() || known.stock.lot.code.as_deref() == code)
        });
        let known = match found.as_slice() {
            [one] => one,
            [] => {
                return Err(DeskError::NoSuchEntry {
                    what: "lot",
                    id: lot.chars().take(40).collect(),
                });
            }
            _ => {
                return Err(DeskError::BadInput(format!(
                    "lot {lot} is on the shelf for more than one product: name it with --code"
                )));
            }
        };
        let stock = known
            .stock
            .adjusted(correction, reason)
            .map_err(|breach| bad(&breach))?;
        let stored = put(writer, unit, Some(known), &stock)?;
        changed(&stock, stored)
    })
}

/// Writes the next version of a lot, or its first.
pub fn put(
    writer: &mut Writer<'_, '_>,
    unit: UnitId,
    known: Option<&Shelved>,
    stock: &Stock,
) -> Result<Stored, DeskError> {
    let draft = Draft::new(unit.chart(), Section::Work).to(vec![Holder::Unit(unit)]);
    let draft = match known {
        Some(known) => draft.after(known.core.thread, known.core.id),
        None => draft.after(thread(writer, unit, &stock.lot)?, EntryId::ZERO),
    };
    Ok(writer.put(draft, &Act::Stock(stock.clone()).encode())?)
}

/// A lot's thread follows from what it is, so that it cannot begin twice.
fn thread(writer: &mut Writer<'_, '_>, unit: UnitId, lot: &Lot) -> Result<ThreadId, VaultError> {
    let place = format!("{unit}\n{}\n{}", product(lot), lot.lot);
    let tag = writer.reader().locator_tag("stock", &place)?;
    let mut id = [0; 16];
    id.copy_from_slice(&tag.0[..16]);
    Ok(ThreadId(id))
}

/// The code, or the medicine where there is none.
fn product(lot: &Lot) -> String {
    lot.code
        .clone()
        .unwrap_or_else(|| lot.medicine.label().to_lowercase())
}

fn same_place(a: &Lot, b: &Lot) -> bool {
    a.lot == b.lot && product(a) == product(b)
}

fn check(lot: &Lot) -> Result<(), DeskError> {
    let words = [
        ("medicine", lot.medicine.label()),
        ("lot", lot.lot.as_str()),
        ("unit", lot.unit.as_str()),
    ];
    let code = lot.code.iter().map(|code| ("code", code.as_str()));
    for (what, text) in words.into_iter().chain(code) {
        let length = text.trim().chars().count();
        if length == 0 || length > LONGEST || text.chars().any(char::is_control) {
            return Err(DeskError::BadInput(format!(
                "the {what} of a lot has 1 to {LONGEST} printable characters"
            )));
        }
    }
    Ok(())
}

fn changed(stock: &Stock, stored: Stored) -> Result<StockChanged, DeskError> {
    Ok(StockChanged {
        lot: stock.lot.lot.clone(),
        quantity: amount(&Quantity::new(stock.left, &stock.lot.unit))?,
        entry: stored.id.to_string(),
    })
}

fn bad(breach: &Breach) -> DeskError {
    DeskError::BadInput(breach.to_string())
}
