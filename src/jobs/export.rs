//! Exporting a chart as FHIR: what holds now, each entry with its author's signature in a Provenance.

use crate::clinical::{Body, Instant};
use crate::desk::order::Order;
use crate::desk::reach::reach;
use crate::desk::sheet::{Content, Leaf, Sheet, leaf};
use crate::desk::{DeskError, Session, locate, looking};
use crate::interop::fhir::export::{Author, Chart, Exported, bundle};
use crate::jobs::import::naming::Naming;
use crate::ledger::Section;

/// The sections that an export carries.
const SECTIONS: [Section; 3] = [Section::Identity, Section::Clinical, Section::Medication];

/// The chart's current entries as one Bundle, as far as the session's keys open it, and how many resources it holds. Looking is put
/// on record first.
pub fn fhir(session: &Session, mrn: &str) -> Result<(Vec<u8>, u64), DeskError> {
    let (chart, open) = session.vault().read(|reader| {
        let chart = locate::chart(session, reader, mrn)?;
        let open: Vec<Section> = SECTIONS
            .into_iter()
            .filter(|section| reach(session, reader, chart, *section).is_open())
            .collect();
        Ok::<_, DeskError>((chart, open))
    })?;
    if !open.contains(&Section::Identity) {
        return Err(DeskError::Denied(
            "your keys do not open who this patient is: there is nobody to export".into(),
        ));
    }
    looking::record(session, chart, &open)?;
    session.vault().read(|reader| {
        // A patient at a kiosk holds no key of the locator: their export bears no marks.
        let naming = reader.locator_key().ok().map(Naming::new);
        let now = Instant::from_unix_millis(reader.now() as i64)
            .ok_or_else(|| DeskError::Outside("the host's clock is outside the calendar".into()))?;
        let mut exported = Vec::new();
        let mut patient = None;
        for section in &open {
            let sheet = Sheet::read(reader, chart, *section)?;
            if let Some((seq, why)) = sheet.damaged.first() {
                return Err(DeskError::Damaged(format!("entry {seq}: {why}")));
            }
            if *section == Section::Identity {
                patient = sheet.identity().cloned();
            }
            let orders = Order::all(&sheet, reader.now());
            let state = |leaf: &Leaf| {
                orders
                    .iter()
                    .find(|order| order.leaf.core.id == leaf.core.id)
                    .map(|order| order.status.state)
            };
            let followed: Vec<_> = orders.iter().map(|order| order.leaf.core.id).collect();
            for opened in reader.section(chart, *section)?.into_iter().flatten() {
                let signature = opened.entry.row.signature;
                let Ok(mut read) = leaf(reader, opened) else {
                    continue;
                };
                let known = sheet
                    .leaves
                    .iter()
                    .find(|other| other.core.id == read.core.id);
                // An order stays an order when dispenses follow it in its thread.
                let holds = known.is_some_and(|known| {
                    known.authorised
                        && (known.newest || followed.contains(&known.core.id) || is_event(known))
                });
                let (true, Some(role)) = (holds, read.role) else {
                    continue;
                };
                let order = state(&read);
                let Content::Clinical(body) =
                    std::mem::replace(&mut read.content, Content::Unknown(0))
                else {
                    continue;
                };
                if matches!(body, Body::Retraction(_)) {
                    continue;
                }
                let created = Instant::from_unix_millis(read.core.created as i64)
                    .unwrap_or_else(|| now.clone());
                exported.push(Exported {
                    entry: read.core.id.0,
                    body,
                    author: Author {
                        certificate: read.core.author.0,
                        name: read.author,
                        role,
                    },
                    created,
                    signature,
                    order,
                });
            }
        }
        let patient = patient.ok_or_else(|| DeskError::NoSuchChart(mrn.into()))?;
        let mut out = Vec::new();
        let resources = bundle(
            &Chart {
                chart: chart.0,
                patient: &patient,
                now: &now,
            },
            exported,
            &|id, bytes| naming.as_ref().map(|naming| naming.exported(id, bytes)),
            &mut out,
        )
        .map_err(|error| DeskError::Outside(error.to_string()))?;
        Ok((out, resources))
    })
}

/// Dispenses and events stand beside each other in a prescription's thread: none replaces the one before.
fn is_event(leaf: &Leaf) -> bool {
    matches!(leaf.body(), Some(Body::Dispense(_) | Body::RxEvent(_)))
}
