//! Names of imported entries, under the locator's key: nobody without it can test what was imported.

use crate::clinical::Source;
use crate::crypto::mac::MacKey;
use crate::desk::DeskError;
use crate::interop::fhir::UNNAMED;
use crate::ledger::{ChartId, EntryId, ThreadId};
use crate::vault::Writer;

/// Gives threads and entries their names.
pub(in crate::jobs) struct Naming(MacKey);

/// What a resource is called in the ledger.
#[derive(Clone, Copy)]
pub(super) struct Name {
    /// The thread that all its versions stand in.
    pub(super) thread: ThreadId,
    /// The entry that its bytes make where the thread begins with them.
    pub(super) first: EntryId,
}

/// One version of a thread.
#[derive(Clone, Copy)]
pub(super) struct Version {
    pub(super) id: EntryId,
    pub(super) parent: EntryId,
    pub(super) chart: ChartId,
    pub(super) stands: Stands,
}

/// Where a version stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stands {
    /// In the ledger, under this number.
    At(u64),
    /// In the batch that is being made, so many entries from its front.
    Coming(usize),
}

/// What becomes of a resource whose thread has some versions, oldest first.
pub(super) enum News {
    /// It was never seen.
    First,
    /// The thread has these bytes already in this version, be it an earlier one: nothing is written.
    Known(Version),
    /// It follows this version.
    After(Version),
}

impl Naming {
    pub(in crate::jobs) fn new(locator: MacKey) -> Self {
        Self(locator)
    }

    /// The tag of an entry that is exported as these bytes, or of the chart of a patient.
    pub(in crate::jobs) fn exported(&self, id: &[u8; 16], bytes: &[u8]) -> [u8; 16] {
        let tag = self.0.tag(&[b"chartseal/export/v1", id, bytes]);
        std::array::from_fn(|i| tag[i])
    }

    /// The name of a resource whose system is known. The same resource always continues the same thread.
    pub(super) fn name(&self, source: &Source) -> Name {
        self.of_system(&source.system, source)
    }

    /// The name that every resource had of which nothing said whose id it has, before such names were given within a chart.
    pub(super) fn unnamed(&self, source: &Source) -> Name {
        self.of_system(UNNAMED, source)
    }

    fn of_system(&self, system: &str, source: &Source) -> Name {
        let (system, kind) = (system.as_bytes(), source.resource_type.as_bytes());
        let tag = self.0.tag(&[
            b"chartseal/import/v1",
            &(system.len() as u32).to_be_bytes(),
            system,
            &[kind.len() as u8],
            kind,
            source.id.as_bytes(),
        ]);
        self.beginning(tag, source)
    }

    /// The name of a resource of which nothing says whose id it has. **Only within one chart is it that resource's name**, and there
    /// beside what the same source calls the patient: another source's `Observation/1` continues no thread of this one's.
    pub(super) fn within(&self, chart: ChartId, patient: &str, source: &Source) -> Name {
        let (patient, kind) = (patient.as_bytes(), source.resource_type.as_bytes());
        let tag = self.0.tag(&[
            b"chartseal/import-within/v1",
            &chart.0,
            &(patient.len() as u32).to_be_bytes(),
            patient,
            &[kind.len() as u8],
            kind,
            source.id.as_bytes(),
        ]);
        self.beginning(tag, source)
    }

    fn beginning(&self, tag: [u8; 32], source: &Source) -> Name {
        let thread = ThreadId(std::array::from_fn(|i| tag[i]));
        Name {
            thread,
            first: self.version(thread, EntryId::ZERO, source),
        }
    }

    /// The version that follows `parent` with exactly these bytes.
    pub(super) fn version(&self, thread: ThreadId, parent: EntryId, source: &Source) -> EntryId {
        let tag = self.0.tag(&[
            b"chartseal/import-version/v1",
            &thread.0,
            &parent.0,
            &source.original,
        ]);
        EntryId(std::array::from_fn(|i| tag[i]))
    }

    /// The entry that withdraws a version because its source took the resource back.
    pub(super) fn withdrawal(&self, thread: ThreadId, version: EntryId) -> EntryId {
        let tag = self
            .0
            .tag(&[b"chartseal/import-withdrawal/v1", &thread.0, &version.0]);
        EntryId(std::array::from_fn(|i| tag[i]))
    }

    /// What a resource is to the versions that its thread has.
    ///
    /// **An earlier version that comes again is no news**: what is in several files in several versions would otherwise be amended
    /// to and fro with every import.
    pub(super) fn news(&self, name: Name, source: &Source, versions: &[Version]) -> News {
        let Some(last) = versions.last() else {
            return News::First;
        };
        let same = |version: &Version| {
            version.id
                == match version.parent {
                    EntryId::ZERO => name.first,
                    parent => self.version(name.thread, parent, source),
                }
        };
        match versions.iter().find(|version| same(version)) {
            Some(version) => News::Known(*version),
            None => News::After(*last),
        }
    }

    /// Whether a thread has exactly these bytes in one of its versions.
    pub(super) fn has(&self, name: Name, source: &Source, versions: &[Version]) -> bool {
        matches!(self.news(name, source, versions), News::Known(_))
    }

    /// The versions that the ledger has of a thread.
    pub(super) fn versions(
        writer: &mut Writer<'_, '_>,
        thread: ThreadId,
    ) -> Result<Vec<Version>, DeskError> {
        let headers = writer.tx().thread_headers(&thread)?;
        let versions = headers.into_iter().map(|(seq, core)| Version {
            id: core.id,
            parent: core.parent,
            chart: core.chart,
            stands: Stands::At(seq),
        });
        Ok(versions.collect())
    }
}
