//! Patients of an import: matched by identifier, never by name, or given a chart.

use crate::clinical::{Body, Identity, Mrn};
use crate::desk::DeskError;
use crate::desk::charts::open_chart;
use crate::desk::locate;
use crate::interop::fhir::{Item, Mapped};
use crate::ledger::ChartId;
use crate::vault::Writer;

use super::batch::Batch;
use super::naming::Name;
use super::{Importer, count};

impl Importer<'_, '_> {
    /// Matches a patient by identifier, never by name, or opens a chart.
    pub(super) fn patient(
        &mut self,
        writer: &mut Writer<'_, '_>,
        item: &Item,
        name: Name,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let Mapped::Patient(identity) = &item.mapped else {
            return Ok(());
        };
        self.done.patients += 1;
        let found = self.known(writer, identity)?;
        if found.len() > 1 {
            self.skip(
                item,
                "its identifiers belong to more than one chart here: merge them first".into(),
            );
            return Ok(());
        }
        let chart = if let Some(chart) = found.into_iter().next() {
            let here = writer
                .directory()
                .chart(&chart)
                .is_some_and(|state| state.units.contains(&self.place.unit));
            if !here {
                self.skip(
                    item,
                    format!(
                        "the patient's chart is in another unit than {}: request access",
                        self.place.name
                    ),
                );
                return Ok(());
            }
            self.done.charts_matched += 1;
            let mut fresh = identity.clone();
            // The record number is ours, not the source's.
            fresh.mrn = self.number(writer, chart)?;
            self.enter_identity(writer, name, chart, Body::Identity(fresh), batch)?;
            chart
        } else {
            let mut identity = identity.clone();
            let (chart, _) = open_chart(
                self.session,
                writer,
                &self.place.name,
                &mut identity,
                None,
                Some((name.thread, name.first)),
            )?;
            self.done.charts_created += 1;
            count(&mut self.done, "identity");
            chart
        };
        self.resolver.learn(item, &chart);
        Ok(())
    }

    fn known(
        &self,
        writer: &mut Writer<'_, '_>,
        identity: &Identity,
    ) -> Result<Vec<ChartId>, DeskError> {
        let reader = writer.reader();
        let mut found = Vec::new();
        for identifier in &identity.identifiers {
            let tag = reader.locator_tag(&identifier.system, &identifier.value)?;
            found.extend(reader.tx().locate(&tag)?);
        }
        if let Some(source) = &identity.source {
            let tag = reader.locator_tag(
                &source.system,
                &format!("{}/{}", source.resource_type, source.id),
            )?;
            found.extend(reader.tx().locate(&tag)?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn number(
        &self,
        writer: &mut Writer<'_, '_>,
        chart: ChartId,
    ) -> Result<Option<Mrn>, DeskError> {
        let number = locate::number(&mut writer.reader(), chart)?;
        Ok(number.and_then(|number| number.parse().ok()))
    }
}
