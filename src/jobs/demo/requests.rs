//! Access that waits for a decision.

use super::people::Sessions;
use crate::clinical::Role;
use crate::clinical::synthetic::{Hospital, Patient};
use crate::desk::act::{AccessNoted, AccessRequested, Act};
use crate::desk::{DeskError, locate};
use crate::ledger::{ChartId, Holder, Section};
use crate::vault::{Draft, clock};

/// Two requests across the wards wait for a decision.
pub(super) fn requests(
    sessions: &Sessions,
    hospital: &Hospital,
    charts: &[(ChartId, &Patient)],
) -> Result<(), DeskError> {
    let asks = [
        (
            "second opinion on the antibiotic",
            vec![Section::Clinical, Section::Medication],
        ),
        (
            "takes over the follow-up clinic",
            vec![Section::Identity, Section::Clinical],
        ),
    ];
    let Ok(doctor) = sessions.of(Role::Doctor, 1) else {
        return Ok(());
    };
    let wanted: Vec<_> = sessions.of(Role::Doctor, 0)?.vault().read(|reader| {
        let wanted = charts
            .iter()
            .filter(|(_, patient)| patient.ward == 0)
            .zip(asks);
        wanted
            .map(|((chart, _), ask)| Ok((*chart, locate::number(reader, *chart)?, ask)))
            .collect::<Result<_, DeskError>>()
    })?;
    doctor.vault().write(|writer| {
        let own = hospital
            .wards
            .get(1)
            .and_then(|ward| writer.directory().unit_by_name(ward))
            .map(|state| state.unit.unit);
        for (chart, mrn, (purpose, sections)) in wanted {
            let state = writer.directory().chart(&chart);
            let to = state.map(|state| {
                state
                    .patient
                    .into_iter()
                    .chain(state.attending)
                    .map(Holder::Person)
                    .collect()
            });
            let until = Some(writer.now() + 30 * clock::DAY);
            let act = Act::AccessRequested(AccessRequested {
                sections: sections.clone(),
                purpose: purpose.into(),
                until,
            });
            let draft = Draft::new(chart, Section::Access).to(to.unwrap_or_default());
            let request = writer.put(draft, &act.encode())?.thread;
            if let Some(unit) = own {
                let mrn = mrn.unwrap_or_default();
                let noted = AccessNoted {
                    request,
                    chart,
                    mrn,
                    sections,
                    purpose: purpose.into(),
                };
                writer.put(
                    Draft::new(unit.chart(), Section::Work),
                    &Act::AccessNoted(noted).encode(),
                )?;
            }
        }
        Ok::<_, DeskError>(())
    })
}
