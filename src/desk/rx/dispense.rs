//! Handing over, and everything else that moves a prescription. Each is one more version of its thread: the loser of a
//! race reads again.

use crate::clinical::rx_state::{Act, Transition};
use crate::clinical::{Body, Dispense, Instant, Prescription, RxEvent, RxEventKind};
use crate::ledger::clear::UnitKind;
use crate::ledger::{Holder, LedgerError, Section, ThreadId};
use crate::vault::permit::{self, Prescribe};
use crate::vault::{Draft, VaultError, Writer};

use super::checks;
use super::verified::{Verified, look};
use super::write::chart_of;
use crate::desk::charts::encode;
use crate::desk::error::DeskError;
use crate::desk::indexing;
use crate::desk::looking;
use crate::desk::order::Order;
use crate::desk::session::Session;
use crate::desk::sheet::Leaf;
use crate::desk::stock::counter;
use crate::desk::view::{Alert, Amount, Dispensed, RxMoved, RxState};

/// Dispenses, after verifying and checking again, in one transaction.
pub fn dispense(
    session: &Session,
    rx: ThreadId,
    dispense: Dispense,
    override_reason: Option<&str>,
) -> Result<Dispensed, DeskError> {
    let chart = session.vault().read(|reader| chart_of(reader, rx))?;
    session.vault().permit::<permit::Dispense>(&chart)?;
    looking::record(session, chart, &[Section::Identity, Section::Medication])?;
    let outcome = session.vault().write(|writer| {
        let mut reader = writer.reader();
        let verified = Verified::read(session, &mut reader, rx)?;
        let order = verified.prescription();
        let checked = checks::run(&mut reader, chart, order, Some(rx))?
            .with_repeat(verified.status(), reader.now());
        let alerts = checked.allow_at_counter(override_reason, order.override_reason.as_deref())?;
        hand_over(
            session,
            writer,
            &verified,
            dispense,
            override_reason,
            alerts,
        )
    });
    lost_race(outcome)
}

/// Hands over against a verified prescription; there is no other way to.
fn hand_over(
    session: &Session,
    writer: &mut Writer<'_, '_>,
    verified: &Verified<Prescription>,
    mut dispense: Dispense,
    override_reason: Option<&str>,
    mut alerts: Vec<Alert>,
) -> Result<Dispensed, DeskError> {
    let status = verified.status();
    // FHIR lets a quantity go without a unit: then it counts in what was ordered, and the entry that is signed says so.
    if let (true, Some(ordered)) = (
        dispense.quantity.unit.is_empty(),
        &verified.prescription().quantity,
    ) {
        dispense.quantity.unit.clone_from(&ordered.unit);
    }
    status
        .may_dispense(&dispense.quantity, session.role())
        .map_err(|breach| DeskError::NotNow(breach.to_string()))?;
    let now = writer.now();
    if dispense.medicine.label().trim().is_empty() {
        dispense.medicine = verified.prescription().medicine.clone();
    }
    dispense.prescription = Some(verified.rx().0);
    dispense.verified = Some(verified.digest());
    dispense.refill = status.fill;
    dispense.at = Instant::from_unix_millis(now as i64);
    dispense.pharmacist = Some(session.vault().certificate().name.clone());
    let past = override_reason
        .map(str::trim)
        .filter(|reason| !reason.is_empty());
    dispense.override_reason = past.map(str::to_owned);
    alerts.extend(counter::take(writer, verified, &mut dispense, past)?);
    let handed: Amount = amount(&dispense.quantity)?;
    let lot = dispense.lot.clone();
    let rest = status
        .remaining
        .as_ref()
        .map(|left| left.value.compare(dispense.quantity.value).is_gt());
    // While something is left to hand over, it keeps waiting for the pharmacy.
    let to = if rest.unwrap_or(status.repeats_left > 0) {
        pharmacies(writer, verified.prescription())
    } else {
        Vec::new()
    };
    let core = verified.newest();
    let draft = Draft::new(verified.chart(), Section::Medication)
        .after(core.thread, core.id)
        .to(to);
    let stored = indexing::put(writer, draft, &encode(&Body::Dispense(dispense)))?;
    let (state, remaining) = after(session, writer, verified.rx())?;
    Ok(Dispensed {
        rx: verified.rx().to_string(),
        state,
        dispensed: handed,
        remaining,
        lot,
        entry: stored.id.to_string(),
        alerts,
    })
}

fn after(
    session: &Session,
    writer: &mut Writer<'_, '_>,
    rx: ThreadId,
) -> Result<(RxState, Option<Amount>), DeskError> {
    let mut reader = writer.reader();
    let looked = look(session, &mut reader, rx)?;
    let leaves: Vec<&Leaf> = looked.sheet.leaves.iter().collect();
    let order = Order::of(&leaves, reader.now())
        .ok_or_else(|| DeskError::Damaged(format!("prescription {rx}")))?;
    if let Some(finding) = order.status.findings.first() {
        return Err(DeskError::NotNow(finding.breach.to_string()));
    }
    let remaining = order.status.remaining.as_ref().map(amount).transpose()?;
    Ok((state(&order)?, remaining))
}

/// A quantity as JSON prints it.
pub fn amount(quantity: &crate::clinical::Quantity) -> Result<Amount, DeskError> {
    quantity
        .value
        .to_string()
        .parse()
        .map_err(|error| DeskError::Damaged(format!("{error}")))
}

/// The state in the words of the contract.
pub fn state(order: &Order<'_>) -> Result<RxState, DeskError> {
    order
        .status
        .state
        .as_str()
        .parse()
        .map_err(|error| DeskError::Damaged(format!("{error}")))
}

fn pharmacies(writer: &Writer<'_, '_>, prescription: &Prescription) -> Vec<Holder> {
    let units = writer
        .directory()
        .units
        .values()
        .filter(|state| state.unit.kind == UnitKind::Pharmacy);
    units
        .filter(|state| {
            prescription
                .pharmacy
                .is_none_or(|unit| unit == state.unit.unit.0)
        })
        .map(|state| Holder::Unit(state.unit.unit))
        .collect()
}

/// The pharmacist asks the prescriber, and waits.
pub fn hold(session: &Session, rx: ThreadId, question: &str) -> Result<RxMoved, DeskError> {
    event(session, rx, RxEventKind::Held, question)
}

/// The prescriber answers; the text of the prescription is unaltered.
pub fn answer(session: &Session, rx: ThreadId, text: &str) -> Result<RxMoved, DeskError> {
    event(session, rx, RxEventKind::Answered, text)
}

/// The pharmacist will not dispense it, or not the rest.
pub fn refuse(session: &Session, rx: ThreadId, reason: &str) -> Result<RxMoved, DeskError> {
    event(session, rx, RxEventKind::Refused, reason)
}

/// The prescriber takes it back, or the rest.
pub fn cancel(session: &Session, rx: ThreadId, reason: &str) -> Result<RxMoved, DeskError> {
    event(session, rx, RxEventKind::Cancelled, reason)
}

fn event(
    session: &Session,
    rx: ThreadId,
    kind: RxEventKind,
    text: &str,
) -> Result<RxMoved, DeskError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(DeskError::BadInput("say why, in a few words".into()));
    }
    let chart = session.vault().read(|reader| chart_of(reader, rx))?;
    let by_pharmacist = matches!(kind, RxEventKind::Held | RxEventKind::Refused);
    if by_pharmacist {
        session.vault().permit::<permit::Dispense>(&chart)?;
    } else {
        session.vault().permit::<Prescribe>(&chart)?;
    }
    looking::record(session, chart, &[Section::Medication])?;
    let outcome = session.vault().write(|writer| {
        let mut reader = writer.reader();
        let looked = look(session, &mut reader, rx)?;
        if let Some(problem) = looked.problem {
            return Err(problem);
        }
        let leaves: Vec<&Leaf> = looked.sheet.leaves.iter().collect();
        let order = Order::of(&leaves, reader.now())
            .ok_or_else(|| DeskError::Damaged(format!("prescription {rx}")))?;
        let act = match kind {
            RxEventKind::Held => Act::Hold,
            RxEventKind::Answered => Act::Answer,
            RxEventKind::Refused => Act::Refuse,
            RxEventKind::Cancelled => Act::Cancel,
        };
        Transition::by(session.role(), order.status.state, act)
            .map_err(|illegal| DeskError::NotNow(illegal.to_string()))?;
        if kind == RxEventKind::Cancelled && order.leaf.core.author != reader.me() {
            let attending = reader
                .directory()
                .chart(&chart)
                .and_then(|state| state.attending);
            if attending != Some(reader.me()) {
                return Err(DeskError::Denied(
                    "only the prescriber or the attending doctor cancels it".into(),
                ));
            }
        }
        let body = Body::RxEvent(RxEvent {
            kind,
            text: text.into(),
            prescription: Some(rx.0),
            at: Instant::from_unix_millis(reader.now() as i64),
            verified: by_pharmacist.then_some(order.leaf.digest),
            source: None,
        });
        let prescriber = Holder::Person(order.leaf.core.author);
        let to = match kind {
            RxEventKind::Held | RxEventKind::Refused => vec![prescriber],
            RxEventKind::Answered => pharmacies(writer, order.prescription),
            RxEventKind::Cancelled => Vec::new(),
        };
        let newest = looked
            .sheet
            .leaves
            .last()
            .map_or(order.leaf.core.id, |leaf| leaf.core.id);
        let draft = Draft::new(chart, Section::Medication)
            .after(rx, newest)
            .to(to);
        let stored = indexing::put(writer, draft, &encode(&body))?;
        let (state, _) = after(session, writer, rx)?;
        Ok(RxMoved {
            rx: rx.to_string(),
            state,
            entry: stored.id.to_string(),
        })
    });
    lost_race(outcome)
}

fn lost_race<T>(outcome: Result<T, DeskError>) -> Result<T, DeskError> {
    match outcome {
        Err(DeskError::Vault(VaultError::Ledger(LedgerError::Conflict { .. }))) => {
            Err(DeskError::NotNow(
                "somebody else acted on this prescription a moment ago: look at it again".into(),
            ))
        }
        other => other,
    }
}
