//! The invented patients' charts and histories.

use super::BATCH;
use crate::clinical::Body;
use crate::clinical::synthetic::Patient;
use crate::desk::charts::{encode, open_chart};
use crate::desk::rights::section_of;
use crate::desk::{DeskError, Session};
use crate::ledger::ChartId;
use crate::vault::Draft;

pub(super) fn open_charts(
    doctor: &Session,
    ward: &str,
    patients: &[&Patient],
) -> Result<Vec<ChartId>, DeskError> {
    doctor.vault().write(|writer| {
        let mut charts = Vec::with_capacity(patients.len());
        for patient in patients {
            let login = patient.has_login.as_deref();
            let cert = login
                .and_then(|login| writer.directory().by_login(login))
                .map(|(cert, _)| *cert);
            let mut identity = patient.identity.clone();
            let (chart, _) = open_chart(doctor, writer, ward, &mut identity, cert, None)?;
            charts.push(chart);
        }
        Ok(charts)
    })
}

/// Nurses sign vitals and administrations, doctors the rest.
pub(super) fn write_histories(
    doctor: &Session,
    nurse: &Session,
    patients: &[&Patient],
    charts: &[ChartId],
) -> Result<(), DeskError> {
    let nursing = |body: &Body| matches!(body, Body::Vitals(_) | Body::Administration(_));
    for (session, wanted) in [(doctor, false), (nurse, true)] {
        let drafts: Vec<_> = patients
            .iter()
            .zip(charts)
            .flat_map(|(patient, chart)| patient.bodies.iter().map(move |body| (*chart, body)))
            .filter(|(_, body)| {
                nursing(body) == wanted
                    && !matches!(body, Body::Vitals(vitals) if vitals.self_reported)
            })
            .map(|(chart, body)| (Draft::new(chart, section_of(body)), encode(body)))
            .collect();
        for batch in drafts.chunks(BATCH) {
            session
                .vault()
                .write(|writer| writer.put_all(batch.to_vec()))?;
        }
    }
    Ok(())
}
