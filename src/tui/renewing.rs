//! A form that has to say more than at the beginning before its act is done: what it shows has changed, a check stops it, the patient
//! may have a chart already.

use super::app::App;
use super::backend::Failure;
use super::command::{Act, Query};
use super::popup::{Popup, Wrong};
use super::task::{ANOTHER, Task};
use crate::clinical::{Identity, Prescription};
use crate::desk::view::{
    Alert, ChartLine, Check, CheckOutcome, RxPreview, RxState, RxView, Severity,
};

impl App {
    /// Reads again what a refused form is about: a check that stops it now, a colleague who was faster. `true` where the form itself
    /// will say what stopped it.
    pub(super) fn read_again(&mut self, generation: u64, failure: &Failure) -> bool {
        let stopped = failure.code == "stopped-by-check";
        let Some(form) = self.waiting_for(generation) else {
            return false;
        };
        let query = match form.task() {
            Some(Task::Dispense { rx }) if stopped || failure.code == "not-now" => Query::Rx {
                rx: rx.line.rx.clone(),
            },
            Some(Task::Sign { mrn, order, .. }) if stopped => Query::Preview {
                mrn: mrn.clone(),
                order: Box::new(Prescription {
                    override_reason: None,
                    ..(**order).clone()
                }),
            },
            _ => return false,
        };
        if stopped {
            form.stopped(failure.message.clone());
        }
        self.shell.ask(query);
        stopped
    }

    /// A prescription was read: the form that hands it over shows what it says now, and closes where nothing is to be handed over.
    pub(super) fn renew_dispense(&mut self, rx: &RxView) {
        let about = |popup: &Popup| {
            let task = popup.task().filter(|_| popup.pending().is_none());
            matches!(task, Some(Task::Dispense { rx: old }) if old.line.rx == rx.line.rx)
        };
        if !matches!(rx.line.state, RxState::Signed | RxState::DispensedInPart) {
            self.shell.popups.retain(|popup| !about(popup));
            return;
        }
        let now = self.shell.now;
        for popup in self.shell.popups.iter_mut().filter(|popup| about(popup)) {
            let mut rx = rx.clone();
            let at = popup
                .take_stopped()
                .map(|why| shown(&mut rx.checks, &mut rx.alerts, &why));
            popup.renew(Task::Dispense { rx: Box::new(rx) }.popup(now), at);
        }
    }

    /// It is known who may be the patient that the form admits: it tells of them, or admits at once where there is nobody.
    pub(super) fn admit(
        &mut self,
        generation: u64,
        unit: String,
        identity: Box<Identity>,
        known: Vec<ChartLine>,
    ) {
        let waits = |popup: &Popup| popup.pending().is_some_and(|p| p.generation == generation);
        // Whoever left the form meanwhile admits nobody.
        let Some(at) = self.shell.popups.iter().position(waits) else {
            return;
        };
        let units = match self.shell.popups[at].task() {
            Some(Task::Admit { units } | Task::AdmitNamesake { units, .. }) => units.clone(),
            _ => return,
        };
        if known.is_empty() {
            let act = Act::Admit { unit, identity };
            let given = self.shell.finish(None, |shell| {
                shell.act(act);
                Ok(())
            });
            self.shell.popups[at].wait(given.unwrap_or_default());
            return;
        }
        let task = Task::AdmitNamesake {
            units,
            identity,
            known,
        };
        let fresh = task.popup(self.shell.now);
        let asks = "is it somebody else? read above, then say yes or leave this";
        self.shell.popups[at].resume();
        self.shell.popups[at].renew(fresh, Some(Wrong::new(ANOTHER, asks)));
    }

    /// An order was checked again: the form that signs it shows what the checks say now.
    pub(super) fn renew_sign(&mut self, order: &Prescription, preview: &RxPreview) {
        let now = self.shell.now;
        for popup in &mut self.shell.popups {
            let (mrn, order) = match popup.task().filter(|_| popup.pending().is_none()) {
                Some(Task::Sign {
                    mrn, order: old, ..
                }) if *mrn == preview.mrn && old.medicine == order.medicine => {
                    (mrn.clone(), Box::new(order.clone()))
                }
                _ => continue,
            };
            let mut preview = Box::new(preview.clone());
            let at = popup
                .take_stopped()
                .map(|why| shown(&mut preview.checks, &mut preview.alerts, &why));
            let task = Task::Sign {
                mrn,
                order,
                preview,
            };
            popup.renew(task.popup(now), at);
        }
    }
}

/// What stopped a signature stands among the checks, also where it hangs on what was typed, such as the lot. Asks for the reason.
fn shown(checks: &mut Vec<Check>, alerts: &mut Vec<Alert>, stopped: &str) -> Wrong {
    let stands = |alert: &Alert| alert.severity == Severity::Stop && !alert.overridden;
    if !alerts.iter().any(stands) {
        let said = stopped.strip_prefix("STOP ").unwrap_or(stopped);
        let (check, text) = said.split_once(": ").unwrap_or(("check", said));
        alerts.insert(
            0,
            Alert {
                check: check.to_owned(),
                severity: Severity::Stop,
                text: text.to_owned(),
                overridden: false,
                at: None,
            },
        );
        checks.insert(
            0,
            Check {
                check: check.to_owned(),
                outcome: CheckOutcome::Stop,
                text: text.to_owned(),
            },
        );
    }
    Wrong::new("reason", format!("{stopped}; say why, or go back"))
}
