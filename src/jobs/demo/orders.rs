//! Prescriptions in every state, and the shelf that they are taken from.

use super::people::Sessions;
use super::shelf::Shelf;
use crate::clinical::rx_state::State;
use crate::clinical::synthetic::{Patient, PlannedRx};
use crate::clinical::{Body, Role};
use crate::desk::charts::encode;
use crate::desk::{DeskError, Session};
use crate::ledger::clear::{GrantGround, UnitKind};
use crate::ledger::{ChartId, EntryId, Holder, Section, ThreadId};
use crate::vault::{Draft, NewGrant};

/// An order that was signed, and what has yet to happen to it.
struct Signed {
    chart: ChartId,
    rx: ThreadId,
    newest: EntryId,
    digest: [u8; 32],
    plan: PlannedRx,
}

/// Signs every planned prescription, then lets happen to them what was planned, step by step.
pub(super) fn prescriptions(
    sessions: &Sessions,
    charts: &[(ChartId, &Patient)],
    mut shelf: Shelf,
) -> Result<(), DeskError> {
    let mut signed = Vec::new();
    for ((role, ward), doctor) in &sessions.all {
        if *role != Role::Doctor {
            continue;
        }
        let mine = charts.iter().filter(|(_, patient)| patient.ward == *ward);
        signed.extend(sign(doctor, mine)?);
    }
    let rounds = signed
        .iter()
        .map(|order| order.plan.steps.len())
        .max()
        .unwrap_or(0);
    for round in 0..rounds {
        for (role, ward) in sessions.all.keys() {
            let session = sessions.of(*role, *ward)?;
            let mine = (*role, *ward);
            act(session, mine, round, &mut signed, charts, &mut shelf)?;
        }
    }
    Ok(())
}

fn sign<'a>(
    doctor: &Session,
    charts: impl Iterator<Item = &'a (ChartId, &'a Patient)>,
) -> Result<Vec<Signed>, DeskError> {
    doctor.vault().write(|writer| {
        let pharmacies: Vec<_> = writer
            .directory()
            .units
            .values()
            .filter(|state| state.unit.kind == UnitKind::Pharmacy)
            .map(|state| state.unit.unit)
            .collect();
        let mut signed = Vec::new();
        for (chart, patient) in charts {
            for plan in &patient.prescriptions {
                let waits = matches!(
                    plan.final_state,
                    State::Signed | State::InPart | State::Held
                );
                let live = waits || !plan.steps.is_empty();
                let to = if live {
                    pharmacies.iter().map(|unit| Holder::Unit(*unit)).collect()
                } else {
                    Vec::new()
                };
                let body = encode(&Body::Prescription(plan.rx.clone()));
                let stored = writer.put(Draft::new(*chart, Section::Medication).to(to), &body)?;
                if live {
                    for unit in &pharmacies {
                        writer.grant(&NewGrant {
                            chart: *chart,
                            to: Holder::Unit(*unit),
                            sections: vec![Section::Identity, Section::Medication],
                            until: plan.rx.expires.as_ref().map(|at| at.unix_millis() as u64),
                            ground: GrantGround::Prescription,
                            because: Some(stored.id),
                        })?;
                    }
                }
                let entry = writer.tx().entry(stored.seq)?;
                let digest = entry.map_or([0; 32], |entry| entry.row.digest.0);
                signed.push(Signed {
                    chart: *chart,
                    rx: stored.thread,
                    newest: stored.id,
                    digest,
                    plan: plan.clone(),
                });
            }
        }
        Ok(signed)
    })
}

/// One person's part of one round of steps.
fn act(
    session: &Session,
    (role, ward): (Role, usize),
    round: usize,
    signed: &mut [Signed],
    charts: &[(ChartId, &Patient)],
    shelf: &mut Shelf,
) -> Result<(), DeskError> {
    let own_ward = |chart: ChartId| {
        charts
            .iter()
            .any(|(c, patient)| *c == chart && patient.ward == ward)
    };
    let mut mine: Vec<&mut Signed> = signed
        .iter_mut()
        .filter(|order| {
            order
                .plan
                .steps
                .get(round)
                .is_some_and(|step| step.by == role)
        })
        .filter(|order| role != Role::Doctor || own_ward(order.chart))
        .collect();
    if mine.is_empty() {
        return Ok(());
    }
    let name = session.vault().certificate().name.clone();
    session.vault().write(|writer| {
        for order in &mut mine {
            let mut body = order.plan.steps[round].body.clone();
            match &mut body {
                Body::Dispense(dispense) => {
                    dispense.prescription = Some(order.rx.0);
                    dispense.verified = Some(order.digest);
                    dispense.pharmacist = Some(name.clone());
                    shelf.take(writer, dispense, order.rx)?;
                }
                Body::RxEvent(event) => event.prescription = Some(order.rx.0),
                _ => {}
            }
            let last = order.plan.steps.len() == round + 1;
            let pharmacies = writer
                .directory()
                .units
                .values()
                .filter(|state| state.unit.kind == UnitKind::Pharmacy);
            let to = match order.plan.final_state {
                State::InPart if last => pharmacies
                    .map(|state| Holder::Unit(state.unit.unit))
                    .collect(),
                State::Held | State::Refused if last => {
                    let attending = writer
                        .directory()
                        .chart(&order.chart)
                        .and_then(|state| state.attending);
                    attending.map(Holder::Person).into_iter().collect()
                }
                _ if !last => pharmacies
                    .map(|state| Holder::Unit(state.unit.unit))
                    .collect(),
                _ => Vec::new(),
            };
            let draft = Draft::new(order.chart, Section::Medication)
                .after(order.rx, order.newest)
                .to(to);
            order.newest = writer.put(draft, &encode(&body))?.id;
        }
        Ok(())
    })
}
