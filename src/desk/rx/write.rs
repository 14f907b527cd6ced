//! Writing and signing: the whole text is shown first, the pharmacy gets its keys with the same transaction.

use crate::clinical::rx::Intent;
use crate::clinical::rx_state::Validity;
use crate::clinical::{Body, Identity, Instant, Prescription};
use crate::ledger::clear::{GrantGround, UnitKind};
use crate::ledger::{ChartId, Holder, Section, UnitId};
use crate::vault::permit::Prescribe;
use crate::vault::{Draft, NewGrant, Reader};

use super::checks;
use crate::desk::charts::encode;
use crate::desk::error::DeskError;
use crate::desk::indexing;
use crate::desk::locate;
use crate::desk::reach::reach;
use crate::desk::session::Session;
use crate::desk::sheet::Sheet;
use crate::desk::view::{Alert, RxPreview, RxState, RxWritten, Severity};

/// What would be signed, in full, and what the checks say. Writes nothing.
pub fn preview(
    session: &Session,
    mrn: &str,
    prescription: &Prescription,
) -> Result<RxPreview, DeskError> {
    let chart = session
        .vault()
        .read(|reader| locate::chart(session, reader, mrn))?;
    session.vault().permit::<Prescribe>(&chart)?;
    session.vault().read(|reader| {
        let prescription = complete(reader, prescription.clone())?;
        let checked = checks::run(reader, chart, &prescription, None)?;
        let sheet = Sheet::read(reader, chart, Section::Identity)?;
        let name = sheet
            .identity()
            .and_then(Identity::name)
            .map(ToString::to_string)
            .unwrap_or_default();
        Ok(RxPreview {
            mrn: mrn.into(),
            name,
            text: text(reader, &prescription),
            checks: checked.checks,
            alerts: checked.alerts,
            second_factor: false,
        })
    })
}

/// Signs a prescription and hands the addressed pharmacy, or every pharmacy, the keys of identity and medication until
/// it lapses. A STOP needs a reason, which is signed with it.
pub fn write(
    session: &Session,
    mrn: &str,
    prescription: Prescription,
    override_reason: Option<&str>,
) -> Result<RxWritten, DeskError> {
    let chart = session
        .vault()
        .read(|reader| locate::chart(session, reader, mrn))?;
    session.vault().permit::<Prescribe>(&chart)?;
    session.vault().write(|writer| {
        let mut reader = writer.reader();
        for section in [Section::Identity, Section::Medication] {
            if !reach(session, &reader, chart, section).is_open() {
                return Err(crate::vault::VaultError::NoKey { section }.into());
            }
        }
        let mut prescription = complete(&reader, prescription)?;
        let mut alerts =
            checks::run(&mut reader, chart, &prescription, None)?.allow(override_reason)?;
        if alerts.iter().any(|alert| alert.overridden) {
            prescription.override_reason = override_reason.map(|reason| reason.trim().to_owned());
        }
        let until = prescription
            .expires
            .as_ref()
            .map(|at| at.unix_millis() as u64);
        let pharmacies = pharmacies(&reader, &prescription)?;
        if pharmacies.is_empty() {
            alerts.push(Alert {
                check: "pharmacy".into(),
                severity: Severity::Warn,
                text: "nobody works in a pharmacy yet: none will see it, write it again when somebody does".into(),
                overridden: false,
                at: None,
            });
        }
        let to = pharmacies.iter().map(|unit| Holder::Unit(*unit)).collect();
        let draft = Draft::new(chart, Section::Medication).to(to);
        let stored = indexing::put(writer, draft, &encode(&Body::Prescription(prescription)))?;
        for unit in pharmacies {
            writer.grant(&NewGrant {
                chart,
                to: Holder::Unit(unit),
                sections: vec![Section::Identity, Section::Medication],
                until,
                ground: GrantGround::Prescription,
                because: Some(stored.id),
            })?;
        }
        Ok(RxWritten {
            entry: stored.id.to_string(),
            thread: stored.thread.to_string(),
            mrn: mrn.into(),
            alerts,
            rx: stored.thread.to_string(),
            state: RxState::Signed,
        })
    })
}

/// Checks an order and sets what signing sets: when it was written and when it lapses.
fn complete(
    reader: &Reader<'_>,
    mut prescription: Prescription,
) -> Result<Prescription, DeskError> {
    let bad = |what: &str| Err(DeskError::BadInput(what.into()));
    if prescription.medicine.label().trim().is_empty() {
        return bad("a prescription names a medicine");
    }
    let (Some(now), zero) = (
        Instant::from_unix_millis(reader.now() as i64),
        crate::clinical::Decimal::whole(0),
    ) else {
        return bad("the host's clock is outside the calendar");
    };
    for (what, quantity) in [
        ("dose", &prescription.dose),
        ("quantity", &prescription.quantity),
    ] {
        if quantity
            .as_ref()
            .is_some_and(|quantity| !quantity.value.compare(zero).is_gt())
        {
            return bad(&format!("the {what} must be more than nothing"));
        }
    }
    if prescription.fill_quantity().is_none() {
        return bad(
            "say how much to hand over: a quantity, or a regular dose with a frequency and a duration",
        );
    }
    prescription.intent = Intent::default();
    prescription.written = Some(now.clone());
    let expires = Validity::default().expires(&prescription, now.unix_millis());
    if expires <= now.unix_millis() {
        return bad("it would have lapsed already");
    }
    prescription.expires = Instant::from_unix_millis(expires);
    prescription.override_reason = None;
    Ok(prescription)
}

/// The pharmacies that shall find it: the addressed one, or all that somebody works in.
fn pharmacies(reader: &Reader<'_>, prescription: &Prescription) -> Result<Vec<UnitId>, DeskError> {
    let ready = |unit: &&crate::vault::directory::UnitState| {
        [Section::Identity, Section::Medication]
            .iter()
            .all(|section| unit.current_key(*section).is_some())
    };
    let directory = reader.directory();
    match prescription.pharmacy {
        Some(unit) => {
            let unit = directory
                .units
                .get(&UnitId(unit))
                .filter(|state| state.unit.kind == UnitKind::Pharmacy)
                .ok_or_else(|| {
                    DeskError::BadInput("it is addressed to a unit that is no pharmacy".into())
                })?;
            if !ready(&unit) {
                return Err(DeskError::NotNow(format!(
                    "nobody works in {} yet: a pharmacist must join and log in once",
                    unit.unit.name
                )));
            }
            Ok(vec![unit.unit.unit])
        }
        None => Ok(directory
            .units
            .values()
            .filter(|state| state.unit.kind == UnitKind::Pharmacy)
            .filter(ready)
            .map(|state| state.unit.unit)
            .collect()),
    }
}

/// The whole text that the signature covers, line by line.
pub fn text(reader: &Reader<'_>, prescription: &Prescription) -> Vec<String> {
    let mut lines = vec![prescription.title(), prescription.sig()];
    let mut supply = Vec::new();
    if let Some(quantity) = &prescription.quantity {
        supply.push(format!("quantity {quantity}"));
    }
    supply.push(match prescription.refills {
        0 => "no refill".into(),
        1 => "1 refill".into(),
        n => format!("{n} refills"),
    });
    lines.push(supply.join(" · "));
    if let Some(reason) = &prescription.indication {
        lines.push(format!("for: {}", reason.label()));
    }
    if let Some(instructions) = &prescription.instructions {
        lines.push(instructions.clone());
    }
    lines.push(format!(
        "substitution {}",
        prescription.substitution.as_str()
    ));
    if let Some(schedule) = &prescription.schedule {
        lines.push(format!("controlled drug, {}", schedule.as_str()));
    }
    lines.push(
        match prescription
            .pharmacy
            .and_then(|unit| reader.directory().units.get(&UnitId(unit)))
        {
            Some(unit) => format!("to {}", unit.unit.name),
            None => "open to every pharmacy".into(),
        },
    );
    if let Some(expires) = &prescription.expires {
        lines.push(format!("valid until {}", expires.local_date()));
    }
    if let Some(reason) = &prescription.override_reason {
        lines.push(format!("signed past a STOP: {reason}"));
    }
    lines.retain(|line| !line.trim().is_empty());
    lines
}

/// The chart that a prescription is in.
pub fn chart_of(reader: &Reader<'_>, rx: crate::ledger::ThreadId) -> Result<ChartId, DeskError> {
    let none = || DeskError::NoSuchEntry {
        what: "prescription",
        id: rx.to_string(),
    };
    let core = reader.tx().thread_start(&rx)?.ok_or_else(none)?;
    if core.section == Section::Medication {
        Ok(core.chart)
    } else {
        Err(none())
    }
}
