//! Safety checks, at writing and again at dispensing, from what the chart says. **A check that could not run says so.**

use crate::clinical::rx_state::State;
use crate::clinical::rx_status::Status;
use crate::clinical::safety::{self, Context};
use crate::clinical::{
    Allergy, Body, Concept, Instant, MedicationSummary, Prescription, Sex, summary,
};
use crate::ledger::{ChartId, Section, ThreadId};
use crate::vault::Reader;

use crate::desk::error::DeskError;
use crate::desk::order::Order;
use crate::desk::sheet::Sheet;
use crate::desk::summary::severity;
use crate::desk::view::{Alert, Check, CheckOutcome, Severity};

/// What the check is called that a repeat is due.
const REPEAT: &str = "duplicate dispense";

/// What the checks found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Alerts, the gravest first.
    pub alerts: Vec<Alert>,
    /// The same and what passed, for the screen.
    pub checks: Vec<Check>,
}

impl Checked {
    /// What must not go on without an override.
    pub fn stops(&self) -> impl Iterator<Item = &Alert> {
        self.alerts
            .iter()
            .filter(|alert| alert.severity == Severity::Stop)
    }

    /// With whether the repeat that is due next is due yet: no repeat is handed over before, but past a STOP. The rest of a partial
    /// fill is no repeat.
    #[must_use]
    pub fn with_repeat(mut self, status: &Status, now: u64) -> Self {
        let Some(due) = status.repeat_due.filter(|_| status.parts_of_fill == 0) else {
            return self;
        };
        let day = Instant::from_unix_millis(due)
            .map(|at| at.local_date().to_string())
            .unwrap_or_default();
        let check = |outcome, text| Check {
            check: REPEAT.into(),
            outcome,
            text,
        };
        if (now as i64) < due {
            let text = format!("the next repeat is due from {day}");
            self.checks
                .insert(0, check(CheckOutcome::Stop, text.clone()));
            self.alerts.insert(
                0,
                Alert {
                    check: REPEAT.into(),
                    severity: Severity::Stop,
                    text,
                    overridden: false,
                    at: None,
                },
            );
        } else {
            let text = format!("repeat due since {day}");
            self.checks.push(check(CheckOutcome::Ok, text));
        }
        self
    }

    /// The same without what the prescriber signed past, with a reason: the pharmacist sees it and need not sign past it again. **What
    /// arose since then is not in it: the repeat.**
    pub fn allow_at_counter(
        self,
        override_reason: Option<&str>,
        signed_past: Option<&str>,
    ) -> Result<Vec<Alert>, DeskError> {
        let early = self.stops().any(|stop| stop.check == REPEAT);
        self.allow(override_reason.or(signed_past.filter(|_| !early)))
    }

    /// Refuses a stop without a reason; with one, marks what it overrides.
    pub fn allow(mut self, override_reason: Option<&str>) -> Result<Vec<Alert>, DeskError> {
        let reason = override_reason
            .map(str::trim)
            .filter(|reason| !reason.is_empty());
        if reason.is_none()
            && let Some(stop) = self.stops().next()
        {
            return Err(DeskError::StoppedByCheck(format!(
                "STOP {}: {}",
                stop.check, stop.text
            )));
        }
        for alert in self
            .alerts
            .iter_mut()
            .filter(|alert| alert.severity == Severity::Stop)
        {
            alert.overridden = true;
        }
        Ok(self.alerts)
    }
}

/// Runs every check for a prescription against its chart; `own` is the thread to leave out of what is taken already.
pub fn run(
    reader: &mut Reader<'_>,
    chart: ChartId,
    prescription: &Prescription,
    own: Option<ThreadId>,
) -> Result<Checked, DeskError> {
    let now = reader.now();
    let today = Instant::from_unix_millis(now as i64);
    let identity = Sheet::read(reader, chart, Section::Identity)?;
    let identity = identity.identity();
    let sheet = Sheet::read(reader, chart, Section::Medication)?;
    let mut allergies: Vec<Allergy> = Vec::new();
    let mut facts: Option<&MedicationSummary> = None;
    for (_, body) in sheet.current() {
        match body {
            Body::Allergy(allergy) => allergies.push(allergy.clone()),
            Body::MedicationSummary(summary) => facts = Some(summary),
            _ => {}
        }
    }
    let medication: Vec<Concept> = Order::all(&sheet, now)
        .iter()
        .filter(|order| Some(order.leaf.core.thread) != own)
        .filter(|order| {
            order.status.state != State::Draft
                && summary::is_taken(
                    order.prescription,
                    order.leaf.core.created as i64,
                    Some(order.given()),
                    now as i64,
                )
        })
        .map(|order| order.prescription.medicine.clone())
        .collect();
    let context = Context {
        allergies: &allergies,
        medication: &medication,
        facts,
        age_months: today.and_then(|today| identity?.age_months(&today)),
        sex: identity.map_or(Sex::default(), |identity| identity.sex),
    };
    let found = safety::check(prescription, &context);
    let mut alerts: Vec<Alert> = found
        .iter()
        .map(|alert| Alert {
            check: alert.check.to_string(),
            severity: severity(alert.severity),
            text: alert.text.clone(),
            overridden: false,
            at: None,
        })
        .collect();
    if !sheet.damaged.is_empty() {
        let text = format!(
            "{} entries of the medication section do not verify: the checks did not see them",
            sheet.damaged.len()
        );
        alerts.insert(
            0,
            Alert {
                check: "record".into(),
                severity: Severity::CouldNotRun,
                text,
                overridden: false,
                at: None,
            },
        );
    }
    let passed = safety::passed(prescription, &found);
    let mut checks: Vec<Check> = alerts
        .iter()
        .map(|alert| Check {
            check: alert.check.clone(),
            outcome: outcome(alert.severity),
            text: alert.text.clone(),
        })
        .collect();
    checks.extend(passed.into_iter().map(|(check, text)| Check {
        check: check.to_string(),
        outcome: CheckOutcome::Ok,
        text,
    }));
    Ok(Checked { alerts, checks })
}

fn outcome(severity: Severity) -> CheckOutcome {
    match severity {
        Severity::Info => CheckOutcome::Note,
        Severity::Warn => CheckOutcome::Warn,
        Severity::CouldNotRun => CheckOutcome::CouldNotRun,
        Severity::Stop => CheckOutcome::Stop,
    }
}
