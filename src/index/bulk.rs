//! Indexing many entries at once: sorted in memory, written as one packed segment. A few go to the append log.

use std::borrow::Cow;

use rusqlite::Connection;

use crate::ledger::ChartId;

use super::build;
use super::change::{self, Change};
use super::compartment::{self, CompartmentId};
use super::coverage;
use super::error::{IndexError, Result};
use super::gather::Gathered;
use super::key::CompartmentKey;
use super::log;
use super::posting::PostingList;
use super::segment::Meta;
use super::tag::Tag;
use super::term::Term;
use super::transactor::Transactor;

/// **Up to so many entries go to the append log**, a row each. In a packed segment of their own each word of theirs would have a head: who
/// counts the heads of one entry knows how many words it has, which tells its kind, and two that share a word have one head fewer.
pub const FEW: usize = 256;

/// What happens to what the compartment's index holds already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// What is written joins what is there.
    Add,
    /// What is written replaces what is there, and only the charts that it covers count as indexed: for a compartment that
    /// was rotated, or whose index is damaged. Entries that are dead are left out of it, and that they are: nothing else is left that
    /// speaks of them.
    Replace,
}

/// How much a bulk wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// (word, entry) pairs.
    pub pairs: u64,
    /// Distinct words.
    pub words: u64,
}

/// Entries that are being gathered. About a byte of memory a pair, and some 130 a word.
pub struct Bulk<'k> {
    id: CompartmentId,
    key: &'k CompartmentKey,
    keys: &'k [CompartmentKey],
    gathered: Gathered,
    /// The entries themselves, while they are few.
    few: Option<Vec<Change>>,
    cover: Vec<Covered>,
}

struct Covered {
    chart: ChartId,
    from: u64,
    up_to: u64,
}

impl<'k> Bulk<'k> {
    /// An empty one for a compartment, with its keys of every generation held, the newest last: words go under that one, and what
    /// any of them vouches for counts as indexed. `None` without a key.
    pub fn new(id: CompartmentId, keys: &'k [CompartmentKey]) -> Option<Self> {
        keys.last().map(|key| Self {
            id,
            key,
            keys,
            gathered: Gathered::default(),
            few: Some(Vec::new()),
            cover: Vec::new(),
        })
    }

    /// The same that packs even a few, so that tests need not gather hundreds.
    #[cfg(test)]
    pub(super) fn packing(self) -> Self {
        Self { few: None, ..self }
    }

    /// Gathers an entry. Fastest in the order of the ledger.
    pub fn push(&mut self, change: &Change) {
        self.few = self.few.take().filter(|few| few.len() < FEW);
        if let Some(few) = &mut self.few {
            few.push(change.clone());
        }
        self.gathered.push(change);
        if let Some(old) = &change.replaces {
            self.gathered.push_dead(old.rid);
        }
    }

    /// Words are named by their tags only when they are written: most have come before.
    fn lists(&self, mode: Mode) -> impl Iterator<Item = (Tag, Cow<'_, PostingList>)> {
        let lists: Box<dyn Iterator<Item = (&Term, Cow<'_, PostingList>)>> = match mode {
            Mode::Add => Box::new(self.gathered.lists()),
            Mode::Replace => Box::new(self.gathered.living()),
        };
        lists.map(|(term, list)| (self.key.tag(term), list))
    }

    /// Says that, with this bulk, the chart is indexed up to `up_to`. `from` is what [`coverage::up_to`] said when its
    /// entries were read, those after it; 0 where they were read from the first on.
    pub fn cover(&mut self, chart: ChartId, from: u64, up_to: u64) {
        self.cover.push(Covered { chart, from, up_to });
    }

    /// Takes back what [`cover`](Self::cover) said.
    pub fn cover_nothing(&mut self) {
        self.cover.clear();
    }

    /// (word, entry) pairs gathered so far; what came twice counts twice.
    pub fn pairs(&self) -> u64 {
        self.gathered.pairs()
    }

    /// Distinct words gathered so far.
    pub fn words(&self) -> usize {
        self.gathered.words()
    }

    /// Writes what was gathered inside the caller's write transaction. For a batch of an import: up to some thousand entries.
    pub fn write_within(&self, conn: &Connection) -> Result<Written> {
        if let Some(few) = &self.few {
            return self.log(conn, few, Mode::Add);
        }
        self.check(conn, Mode::Add)?;
        let meta = match self.pairs() {
            0 => Meta::default(),
            _ => build::build_within(conn, self.id, self.key, self.lists(Mode::Add))?,
        };
        self.mark(conn)?;
        Ok(Written {
            pairs: meta.pairs,
            words: meta.words,
        })
    }

    /// Writes what was gathered in transactions of its own, a piece at a time. Nothing of it is searched before the last one.
    ///
    /// [`IndexError::Overtaken`] if a chart is no longer indexed as far as it was when its entries were read: nothing is lost, read what is
    /// due again. What [replaces](Mode::Replace) an index was read from the first entry on and waits for nobody: what others indexed
    /// meanwhile is due again.
    pub fn write(&self, transactor: &impl Transactor, mode: Mode) -> Result<Written> {
        if let Some(few) = &self.few {
            return transactor.write(|conn| self.log(conn, few, mode));
        }
        let meta = build::build(
            transactor,
            self.id,
            self.key,
            |conn| compartment::enter(conn, self.id, self.key),
            1,
            |build| {
                self.lists(mode)
                    .try_for_each(|(tag, list)| build.push(tag, &list))
            },
            |conn, compartment| {
                self.check(conn, mode)?;
                if mode == Mode::Replace {
                    compartment::clear(conn, compartment)?;
                }
                self.mark(conn)
            },
        )?;
        Ok(Written {
            pairs: meta.pairs,
            words: meta.words,
        })
    }

    fn log(&self, conn: &Connection, few: &[Change], mode: Mode) -> Result<Written> {
        self.check(conn, mode)?;
        let compartment = compartment::enter(conn, self.id, self.key)?;
        let rows = match mode {
            Mode::Add => change::rows(self.key, few),
            Mode::Replace => {
                compartment::clear(conn, compartment)?;
                change::living_rows(self.key, few)
            }
        };
        log::append(conn, self.id, self.key, &rows)?;
        self.mark(conn)?;
        let pairs = rows.iter().flatten().map(|list| list.tags.len() as u64);
        Ok(Written {
            pairs: pairs.sum(),
            words: self.words() as u64,
        })
    }

    /// **A chart that is added to must stand where it stood.** Had it gone on, another session was faster. Had it fallen back, because the
    /// index was built anew by somebody who did not know the chart, the entries up to there would be held by nothing and be due no more.
    fn check(&self, conn: &Connection, mode: Mode) -> Result<()> {
        for covered in &self.cover {
            let now = coverage::up_to(conn, self.id, self.keys, covered.chart)?;
            let overtaken = match mode {
                Mode::Add => now != covered.from,
                Mode::Replace => coverage::is_erased(now),
            };
            if overtaken {
                return Err(IndexError::Overtaken);
            }
        }
        Ok(())
    }

    fn mark(&self, conn: &Connection) -> Result<()> {
        self.cover.iter().try_for_each(|covered| {
            coverage::mark(conn, self.id, self.key, covered.chart, covered.up_to)
        })
    }
}
