//! A pharmacy's shelf: what comes onto it, and what was counted.

use super::super::command::Act;
use super::super::popup::{Entry, Form, Popup, Wrong};
use super::super::shell::Shell;
use super::super::theme::Tone;
use super::Task;
use crate::clinical::stock::{Correction, Lot};
use crate::clinical::{Concept, Decimal, PartialDate};

pub(super) fn popup(task: &Task) -> Popup {
    let form = match task {
        Task::Receive => Form::new(
            "Receive a lot",
            task.clone(),
            vec![
                Entry::text("medicine", "", "with strength and form"),
                Entry::text("lot", "", "as printed"),
                Entry::text("expiry", "", "2027-03 or 2027-03-31"),
                Entry::text("quantity", "", "how many came"),
                Entry::text("unit", "tablet", ""),
                Entry::text("code", "", "the product's; may be empty"),
            ],
        ),
        Task::Count { lot } => {
            let unit = lot.unit.as_deref().unwrap_or("");
            let what = format!("{}, lot {}", lot.medicine, lot.lot);
            let known = format!("on hand by the record: {} {unit}", lot.quantity);
            Form::new(
                "Count a lot",
                task.clone(),
                vec![
                    Entry::text("counted", "", "or a change: +5, -2"),
                    Entry::text("reason", "", "it is signed and stays readable"),
                ],
            )
            .under(vec![(what, Tone::Title), (known, Tone::Text)])
        }
        _ => unreachable!("Task::begin sends only tasks of the shelf here"),
    };
    Popup::Form(Box::new(form))
}

pub(super) fn filled(task: Task, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
    match task {
        Task::Receive => {
            let medicine = Concept::text(form.needed("medicine")?);
            let number = form.needed("lot")?.to_owned();
            form.needed("expiry")?;
            let expiry: Option<PartialDate> = form.parsed("expiry")?;
            let expiry = expiry
                .filter(|date| date.month().is_some())
                .ok_or_else(|| Wrong::new("expiry", "write 2027-03 or 2027-03-31"))?;
            form.needed("quantity")?;
            let quantity: Decimal = form.parsed("quantity")?.unwrap_or_default();
            let lot = Lot {
                medicine,
                code: form.given("code").map(str::to_owned),
                lot: number,
                expiry,
                unit: form.needed("unit")?.to_owned(),
            };
            let lot = Box::new(lot);
            shell.act(Act::Receive { lot, quantity });
        }
        Task::Count { lot } => {
            let typed = form.needed("counted")?;
            let number = typed.strip_prefix('+').unwrap_or(typed);
            let value: Decimal = number
                .parse()
                .map_err(|_| Wrong::new("counted", format!("`{typed}` is no number")))?;
            let correction = if typed.starts_with(['+', '-']) {
                Correction::Changed(value)
            } else {
                Correction::Counted(value)
            };
            let reason = form.needed("reason")?.to_owned();
            shell.act(Act::Adjust {
                lot: lot.lot.clone(),
                code: lot.code.clone(),
                pharmacy: lot.pharmacy.clone(),
                correction,
                reason,
            });
        }
        _ => unreachable!("Task::filled sends only tasks of the shelf here"),
    }
    Ok(())
}
