//! Names of imported entries, under the locator's key: nobody without it can test what was imported.

use crate::clinical::Source;
use crate::crypto::mac::MacKey;
use crate::desk::DeskError;
use crate::ledger::{EntryId, ThreadId};
use crate::vault::Writer;

/// Gives threads and entries their names.
pub(super) struct Naming(MacKey);

/// What a resource is called in the ledger.
#[derive(Clone, Copy)]
pub(super) struct Name {
    /// The thread that all its versions stand in.
    pub(super) thread: ThreadId,
    /// The entry that its bytes make where the thread begins with them.
    pub(super) first: EntryId,
}

/// What is known of a resource in the ledger before it is written.
pub(super) enum Before {
    /// Never seen.
    New,
    /// The same bytes are there.
    Same,
    /// Another version is there.
    Changed(EntryId, u64),
}

impl Naming {
    pub(super) fn new(locator: MacKey) -> Self {
        Self(locator)
    }

    /// The name of a resource. The same resource always continues the same thread.
    pub(super) fn name(&self, source: &Source) -> Name {
        let (system, kind) = (source.system.as_bytes(), source.resource_type.as_bytes());
        let tag = self.0.tag(&[
            b"chartseal/import/v1",
            &(system.len() as u32).to_be_bytes(),
            system,
            &[kind.len() as u8],
            kind,
            source.id.as_bytes(),
        ]);
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

    /// What the ledger holds of a resource.
    pub(super) fn before(
        &self,
        writer: &mut Writer<'_, '_>,
        name: Name,
        source: &Source,
    ) -> Result<Before, DeskError> {
        let Some((seq, core)) = writer.tx().thread_end(&name.thread)? else {
            return Ok(Before::New);
        };
        let follows = |parent: EntryId| match parent {
            EntryId::ZERO => name.first,
            parent => self.version(name.thread, parent, source),
        };
        if core.id == follows(core.parent) {
            return Ok(Before::Same);
        }
        // A retraction of the very same bytes is no reason to write them again.
        let parent = writer.tx().by_id(&core.parent)?.map(|entry| entry.core);
        if parent.is_some_and(|parent| parent.id == follows(parent.parent)) {
            return Ok(Before::Same);
        }
        Ok(Before::Changed(core.id, seq))
    }
}
