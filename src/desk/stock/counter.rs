//! What a prescription takes from the shelf, in the transaction of the dispense.

use crate::clinical::stock::{self, Breach, Stock, Supply};
use crate::clinical::{Dispense, Instant, Prescription, Quantity};
use crate::ledger::UnitId;
use crate::vault::{Reader, Writer};

use super::keep::put;
use super::shelf::{self, Shelved, line, own_pharmacies};
use crate::desk::error::DeskError;
use crate::desk::rx::Verified;
use crate::desk::view::{Alert, Check, CheckOutcome, Severity, StockLine};

/// Takes what is handed over off the shelf, and writes lot and expiry into the dispense. With no lot named, first expiring, first
/// out. **An expired lot is refused, reason or not.** A pharmacy that keeps no stock of the medicine hands it over all the same,
/// and a lot that is not on the shelf leaves the shelf as it is: the alert says so.
pub fn take(
    writer: &mut Writer<'_, '_>,
    verified: &Verified<Prescription>,
    dispense: &mut Dispense,
    past: Option<&str>,
) -> Result<Vec<Alert>, DeskError> {
    let order = verified.prescription();
    let mut reader = writer.reader();
    let Some(now) = Instant::from_unix_millis(reader.now() as i64) else {
        return Err(DeskError::BadInput(
            "the host's clock is outside the calendar".into(),
        ));
    };
    let today = now.local_date();
    if let (Some(lot), Some(expiry)) = (&dispense.lot, dispense.expiry)
        && expiry.last_day() < today
    {
        let lot = lot.clone();
        return Err(refused(&Breach::Expired { lot, expiry }));
    }
    let shelves = shelves(&mut reader, order)?;
    let chosen = match dispense
        .lot
        .as_deref()
        .map(str::trim)
        .filter(|lot| !lot.is_empty())
    {
        Some(lot) => named(&shelves, lot, order, &dispense.quantity, past)?,
        None => unnamed(&shelves, order, &dispense.quantity, today)?,
    };
    let shelved = match chosen {
        Ok(at) => &shelves[at],
        Err(alert) => return Ok(vec![alert]),
    };
    let next = shelved
        .stock
        .dispensed(&dispense.quantity, verified.rx().0, today)
        .map_err(|breach| refused(&breach))?;
    dispense.lot = Some(next.lot.lot.clone());
    dispense.expiry = Some(next.lot.expiry);
    put(writer, shelved.unit, Some(shelved), &next)?;
    Ok(vec![remark(
        Severity::Info,
        format!(
            "{} left of lot {}",
            Quantity::new(next.left, &next.lot.unit),
            next.lot.lot
        ),
    )])
}

/// Where a lot was named: it must be the medicine. `Err` is a lot that the shelf does not know, and what to say of it.
fn named(
    shelves: &[Shelved],
    lot: &str,
    order: &Prescription,
    quantity: &Quantity,
    past: Option<&str>,
) -> Result<Result<usize, Alert>, DeskError> {
    let mut known = (0..shelves.len())
        .filter(|at| shelves[*at].stock.lot.lot == lot)
        .peekable();
    let Some(first) = known.peek().copied() else {
        let text = format!("lot {lot} is not on the shelf: nothing was taken off");
        return Ok(Err(remark(Severity::Warn, text)));
    };
    let serving = known.find(|at| shelves[*at].stock.lot.serves(order));
    match serving {
        Some(at) if shelves[at].stock.lot.counts_in(&quantity.unit) => Ok(Ok(at)),
        Some(at) => Ok(Err(remark(
            Severity::Warn,
            format!(
                "lot {lot} is counted in {}: nothing was taken off, adjust it",
                shelves[at].stock.lot.unit
            ),
        ))),
        None => {
            let text = format!(
                "lot {lot} is {}, not what was prescribed",
                shelves[first].stock.lot.medicine.label()
            );
            if past.is_none() {
                return Err(DeskError::StoppedByCheck(format!("STOP stock: {text}")));
            }
            let mut alert = remark(Severity::Stop, format!("{text}: nothing was taken off"));
            alert.overridden = true;
            Ok(Err(alert))
        }
    }
}

fn unnamed(
    shelves: &[Shelved],
    order: &Prescription,
    quantity: &Quantity,
    today: jiff::civil::Date,
) -> Result<Result<usize, Alert>, DeskError> {
    let stocks: Vec<Stock> = shelves.iter().map(|lot| lot.stock.clone()).collect();
    match stock::supply(&stocks, order, quantity, today) {
        Supply::Lot(at) => Ok(Ok(at)),
        Supply::NotKept => Ok(Err(remark(
            Severity::Info,
            "this pharmacy keeps no stock of it: nothing was taken off".into(),
        ))),
        Supply::Expired => Err(DeskError::NotNow(
            "every lot of it on the shelf has expired".into(),
        )),
        Supply::Short { most, in_all } => Err(DeskError::NotNow(format!(
            "no lot on the shelf has {quantity}: the fullest has {most}, all together {in_all}; hand over a part, or name a lot from elsewhere"
        ))),
    }
}

/// What is on the shelf for a prescription, first expiring first, and the line among the checks. `None` outside a pharmacy.
pub fn for_order(
    reader: &mut Reader<'_>,
    order: &Prescription,
    quantity: Option<&Quantity>,
) -> Result<Option<(Vec<StockLine>, Check)>, DeskError> {
    if own_pharmacies(reader).is_empty() {
        return Ok(None);
    }
    let Some(now) = Instant::from_unix_millis(reader.now() as i64) else {
        return Ok(None);
    };
    let today = now.local_date();
    let shelves = shelves(reader, order)?;
    let unit = quantity.map_or("", |quantity| quantity.unit.as_str());
    let mut kept: Vec<&Shelved> = shelves
        .iter()
        .filter(|lot| lot.stock.lot.serves(order) && lot.stock.lot.counts_in(unit))
        .filter(|lot| {
            lot.stock
                .left
                .compare(crate::clinical::Decimal::whole(0))
                .is_gt()
        })
        .collect();
    kept.sort_by_key(|lot| (lot.stock.lot.expiry.last_day(), lot.stock.lot.lot.clone()));
    let lines = kept
        .iter()
        .map(|lot| line(reader, lot))
        .collect::<Result<Vec<_>, _>>()?;
    let stocks: Vec<Stock> = shelves.iter().map(|lot| lot.stock.clone()).collect();
    let (outcome, text) = match quantity.map(|all| stock::supply(&stocks, order, all, today)) {
        None => (
            CheckOutcome::Note,
            "stock: no quantity was ordered".to_owned(),
        ),
        Some(Supply::Lot(at)) => {
            let Stock { lot, left, .. } = &stocks[at];
            let text = format!("stock {left}, lot {}, {}", lot.lot, lot.expiry);
            (CheckOutcome::Ok, text)
        }
        Some(Supply::NotKept) => (
            CheckOutcome::Note,
            "stock: none of it kept on record here".to_owned(),
        ),
        Some(Supply::Expired) => (
            CheckOutcome::Warn,
            "stock: every lot of it has expired".to_owned(),
        ),
        Some(Supply::Short { most, in_all }) => (
            CheckOutcome::Warn,
            format!("stock: {in_all} in all, {most} at most in one lot"),
        ),
    };
    let check = Check {
        check: "stock".into(),
        outcome,
        text,
    };
    Ok(Some((lines, check)))
}

/// The shelves that a prescription may be served from: the addressed pharmacy's, or all of one's own.
fn shelves(reader: &mut Reader<'_>, order: &Prescription) -> Result<Vec<Shelved>, DeskError> {
    let mut shelves = Vec::new();
    for unit in own_pharmacies(reader) {
        if order
            .pharmacy
            .is_none_or(|addressed| UnitId(addressed) == unit)
        {
            shelves.extend(shelf::read(reader, unit)?);
        }
    }
    Ok(shelves)
}

fn remark(severity: Severity, text: String) -> Alert {
    Alert {
        check: "stock".into(),
        severity,
        text,
        overridden: false,
        at: None,
    }
}

fn refused(breach: &Breach) -> DeskError {
    DeskError::NotNow(breach.to_string())
}
