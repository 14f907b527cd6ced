//! What the index learns of an import: words gathered on the way, written as packed segments, those of a few entries to the log.

use std::collections::HashMap;

use crate::desk::indexing::{self, Compartment};
use crate::desk::{DeskError, Session};
use crate::index::{Bulk, Change, IndexError, Mode, coverage};
use crate::ledger::{ChartId, Section};
use crate::vault::{Reader, Writer};

/// Pairs of word and entry held in memory before a segment is written: about a byte each.
const PAIRS: u64 = 8_000_000;
/// Words held in memory before a segment is written: some 130 bytes each.
const WORDS: usize = 500_000;

/// A segment with fewer words than this is written in one transaction: some tenths of a second.
const AT_ONCE: usize = 60_000;
/// How often a segment is written again when others were faster.
const TRIES: usize = 4;

/// The words of an import, by compartment, and which charts it covers.
pub(super) struct Covering<'k> {
    compartments: &'k [Compartment],
    bulks: Vec<Option<Bulk<'k>>>,
    /// About how many pairs were gathered: counting those in the bulks would take longer with every batch.
    pairs: u64,
    spans: HashMap<(ChartId, Section), Span>,
}

/// How far one section of a chart goes into the index with this import.
#[derive(Clone, Copy)]
struct Span {
    from: u64,
    up_to: u64,
    entries: u64,
    whole: bool,
}

impl<'k> Covering<'k> {
    /// Nothing yet, for these compartments of one unit.
    pub(super) fn new(compartments: &'k [Compartment]) -> Self {
        Self {
            compartments,
            bulks: compartments
                .iter()
                .map(|c| Bulk::new(c.id, &c.keys))
                .collect(),
            pairs: 0,
            spans: HashMap::new(),
        }
    }

    /// Whether words of a section are gathered at all: only where the session holds the section's keys.
    pub(super) fn gathers(&self, section: Section) -> bool {
        self.compartments.iter().any(|c| c.section == section)
    }

    /// Remembers from where this import covers a section, and whether nothing else was due there.
    pub(super) fn begin(
        &mut self,
        writer: &mut Writer<'_, '_>,
        chart: ChartId,
        section: Section,
    ) -> Result<(), DeskError> {
        if self.spans.contains_key(&(chart, section)) {
            return Ok(());
        }
        let Some(compartment) = self.compartments.iter().find(|c| c.section == section) else {
            return Ok(());
        };
        let reader = writer.reader();
        let tx = reader.tx();
        let from = coverage::up_to(tx.sql(), compartment.id, &compartment.keys, chart)?;
        let end = tx.section_end(&chart, section)?;
        let covered = indexing::covers(&reader, compartment.unit, chart, section);
        let span = Span {
            from,
            up_to: end,
            entries: 0,
            whole: covered && end <= from,
        };
        self.spans.insert((chart, section), span);
        Ok(())
    }

    /// An entry of a section that was begun stands in the transaction.
    pub(super) fn push(&mut self, chart: ChartId, section: Section, change: &Change) {
        if let Some(span) = self.spans.get_mut(&(chart, section)) {
            span.up_to = change.rid;
            span.entries += 1;
        }
        let at = self.compartments.iter().position(|c| c.section == section);
        if let Some(bulk) = at.and_then(|at| self.bulks[at].as_mut()) {
            self.pairs += change.terms.len() as u64;
            bulk.push(change);
        }
    }

    /// Whether enough is gathered to be written.
    pub(super) fn is_full(&self) -> bool {
        let words: usize = self.bulks.iter().flatten().map(Bulk::words).sum();
        words > WORDS || self.pairs > PAIRS
    }

    /// Writes what was gathered. What others wrote in between stays due, and is indexed by the next catch-up.
    ///
    /// A small segment is written in one transaction; a large one in pieces, so that other writers pass.
    pub(super) fn flush(self, session: &Session) -> Result<(), DeskError> {
        let Self {
            compartments,
            bulks,
            pairs: _,
            spans,
        } = self;
        for (bulk, compartment) in bulks.into_iter().zip(compartments) {
            let Some(mut bulk) = bulk.filter(|bulk| bulk.pairs() > 0) else {
                continue;
            };
            let vault = session.vault();
            if bulk.words() < AT_ONCE {
                vault.write(|writer| {
                    let reader = writer.reader();
                    cover(&mut bulk, &reader, compartment, &spans)?;
                    bulk.write_within(reader.tx().sql())?;
                    Ok::<_, DeskError>(())
                })?;
                continue;
            }
            let mut tries = 0;
            loop {
                vault.read(|reader| cover(&mut bulk, reader, compartment, &spans))?;
                match bulk.write(vault.ledger(), Mode::Add) {
                    // Another session indexed one of the charts meanwhile: then this import need not cover it.
                    Err(IndexError::Overtaken) if tries < TRIES => tries += 1,
                    written => {
                        written?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Lets a bulk cover the charts to whose section, since this import began with it, nobody else has added anything, and which are still
/// indexed as far as they were then.
fn cover(
    bulk: &mut Bulk<'_>,
    reader: &Reader<'_>,
    compartment: &Compartment,
    spans: &HashMap<(ChartId, Section), Span>,
) -> Result<(), DeskError> {
    bulk.cover_nothing();
    let tx = reader.tx();
    let of_section = spans
        .iter()
        .filter(|((_, section), span)| *section == compartment.section && span.whole);
    for ((chart, section), span) in of_section {
        let up_to = coverage::up_to(tx.sql(), compartment.id, &compartment.keys, *chart)?;
        let count = tx.section_count(chart, *section, span.from, span.up_to)?;
        if span.entries > 0 && count == span.entries && up_to == span.from {
            bulk.cover(*chart, span.from, span.up_to);
        }
    }
    Ok(())
}
