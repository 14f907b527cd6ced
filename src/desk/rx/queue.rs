//! Finding prescriptions: a pharmacist's queue, a doctor's and a patient's list, one in full.

use crate::clinical::{Body, Role};
use crate::ledger::{ChartId, Section, ThreadId, UnitId};
use crate::vault::Reader;

use super::checks;
use super::dispense::{amount, state};
use super::verified::{addressed, look, verdict};
use super::write::{chart_of, text};
use crate::desk::charts::AsJson;
use crate::desk::error::DeskError;
use crate::desk::locate;
use crate::desk::looking;
use crate::desk::order::Order;
use crate::desk::reach::reach;
use crate::desk::session::Session;
use crate::desk::sheet::{Leaf, Sheet};
use crate::desk::stock::counter;
use crate::desk::view::{Amount, RxEventView, RxLine, RxState, RxVerdict, RxView, Severity, Stamp};

/// Prescriptions that the session's keys open, newest first; for a pharmacist, those addressed to their pharmacy or open.
pub fn list(
    session: &Session,
    wanted: Option<RxState>,
    mrn: Option<&str>,
) -> Result<Vec<RxLine>, DeskError> {
    let mut lines = session.vault().read(|reader| {
        let charts: Vec<ChartId> = match mrn {
            Some(mrn) => vec![locate::chart(session, reader, mrn)?],
            None => reader.directory().charts.keys().copied().collect(),
        };
        let mut lines = Vec::new();
        for chart in charts {
            if !reach(session, reader, chart, Section::Medication).is_open() {
                continue;
            }
            let sheet = Sheet::read(reader, chart, Section::Medication)?;
            for order in Order::all(&sheet, reader.now()) {
                // What was imported is history: it waits for nobody.
                let recorded = order.prescription.source.is_some();
                let state = state(&order)?;
                let shown = wanted.map_or(!recorded || mrn.is_some(), |wanted| wanted == state);
                if shown && addressed(session, reader, order.prescription) {
                    lines.push(line(session, reader, chart, &order)?);
                }
            }
        }
        Ok::<_, DeskError>(lines)
    })?;
    lines.sort_by_key(|line| std::cmp::Reverse(line.signed.map(Stamp::millis)));
    Ok(lines)
}

fn line(
    session: &Session,
    reader: &mut Reader<'_>,
    chart: ChartId,
    order: &Order<'_>,
) -> Result<RxLine, DeskError> {
    let who = if reach(session, reader, chart, Section::Identity).is_open() {
        crate::desk::charts::line(session, reader, chart)?
    } else {
        None
    };
    let prescription = order.prescription;
    let signed = order.leaf.core.created;
    let status = &order.status;
    let worst = (session.role() == Role::Pharmacist && status.is_dispensable())
        .then(|| checks::run(reader, chart, prescription, Some(order.leaf.core.thread)))
        .transpose()?
        .map(|checked| checked.with_repeat(status, reader.now()))
        .and_then(|checked| checked.alerts.iter().map(|alert| alert.severity).max());
    Ok(RxLine {
        rx: order.leaf.core.thread.to_string(),
        mrn: who
            .as_ref()
            .map(|line| line.mrn.clone())
            .unwrap_or_default(),
        medicine: prescription.title(),
        state: state(order)?,
        prescriber: order.leaf.author.clone(),
        signed: Some(Stamp::from_millis(signed as i64)),
        remaining: status.remaining.as_ref().map(amount).transpose()?,
        name: who.map(|line| line.name),
        unit: status.remaining.as_ref().map(|left| left.unit.clone()),
        controlled: prescription
            .schedule
            .map(|schedule| schedule.as_str().to_owned()),
        waiting_minutes: status
            .is_dispensable()
            .then(|| reader.now().saturating_sub(signed) / 60_000),
        worst: worst.filter(|severity| *severity >= Severity::Warn),
        pharmacy: pharmacy(reader, prescription.pharmacy),
        expires: Some(Stamp::from_millis(status.expires)),
    })
}

fn pharmacy(reader: &Reader<'_>, unit: Option<[u8; 16]>) -> Option<String> {
    unit.and_then(|unit| reader.directory().units.get(&UnitId(unit)))
        .map(|state| state.unit.name.clone())
}

/// One prescription in full. Looking is put on record first.
pub fn show(session: &Session, rx: ThreadId, as_json: AsJson<'_>) -> Result<RxView, DeskError> {
    let chart = session.vault().read(|reader| chart_of(reader, rx))?;
    looking::record(session, chart, &[Section::Identity, Section::Medication])?;
    session.vault().read(|reader| {
        let looked = look(session, reader, rx)?;
        let leaves: Vec<&Leaf> = looked.sheet.leaves.iter().collect();
        let none = || DeskError::NoSuchEntry {
            what: "prescription",
            id: rx.to_string(),
        };
        let order = Order::of(&leaves, reader.now()).ok_or_else(none)?;
        if !addressed(session, reader, order.prescription) {
            return Err(none());
        }
        let checked = checks::run(reader, chart, order.prescription, Some(rx))?;
        let checked = if order.status.is_dispensable() {
            checked.with_repeat(&order.status, reader.now())
        } else {
            checked
        };
        let verdict = verdict(session, reader, rx)?;
        let dispensed = handed_over(&order)?;
        let mut checks = verdict.checks;
        checks.extend(checked.checks);
        let wanted = order.status.left_of_fill.clone();
        let shelf = counter::for_order(reader, order.prescription, wanted.as_ref())?;
        let (stock, on_shelf) = shelf.unzip();
        checks.extend(on_shelf);
        Ok(RxView {
            line: line(session, reader, chart, &order)?,
            text: text(reader, order.prescription),
            body: order.leaf.body().map(as_json).unwrap_or_default(),
            events: looked
                .sheet
                .leaves
                .iter()
                .map(event)
                .collect::<Result<_, _>>()?,
            checks,
            alerts: checked.alerts,
            stock: stock.unwrap_or_default(),
            dispensed,
            quantity: order
                .status
                .fill_quantity
                .as_ref()
                .map(amount)
                .transpose()?,
            repeats_left: Some(u32::from(order.status.repeats_left)),
            key: Some(verdict.key),
            seq: order.leaf.seq,
            second_factor: false,
        })
    })
}

fn handed_over(order: &Order<'_>) -> Result<Option<Amount>, DeskError> {
    let mut total: Option<crate::clinical::Quantity> = None;
    for event in &order.events {
        if let Some(Body::Dispense(dispense)) = event.body() {
            total = match total {
                None => Some(dispense.quantity.clone()),
                Some(mut sum) => {
                    sum.value = sum.value.plus(dispense.quantity.value).unwrap_or(sum.value);
                    Some(sum)
                }
            };
        }
    }
    total.as_ref().map(amount).transpose()
}

fn event(leaf: &Leaf) -> Result<RxEventView, DeskError> {
    let (event, quantity, lot, reason) = match leaf.body() {
        Some(Body::Prescription(order)) => (
            "signed".to_owned(),
            None,
            None,
            order.override_reason.clone(),
        ),
        Some(Body::Dispense(dispense)) => (
            "dispensed".into(),
            Some(amount(&dispense.quantity)?),
            dispense.lot.clone(),
            dispense.override_reason.clone(),
        ),
        Some(Body::RxEvent(happened)) => (
            happened.kind.as_str().into(),
            None,
            None,
            Some(happened.text.clone()),
        ),
        _ => ("unknown".into(), None, None, None),
    };
    Ok(RxEventView {
        entry: leaf.core.id.to_string(),
        event,
        created: Stamp::from_millis(leaf.core.created as i64),
        by: leaf.author.clone(),
        role: leaf
            .role
            .map(|role| role.as_str().to_owned())
            .unwrap_or_default(),
        verified: leaf.authorised,
        quantity,
        lot,
        reason,
    })
}

/// Looks at a prescription and says what holds; changes nothing.
pub fn verify(session: &Session, rx: ThreadId) -> Result<RxVerdict, DeskError> {
    let chart = session.vault().read(|reader| chart_of(reader, rx))?;
    looking::record(session, chart, &[Section::Medication])?;
    session.vault().read(|reader| verdict(session, reader, rx))
}
