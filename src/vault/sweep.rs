//! The keyless judgement of a whole ledger, entry by entry. **Unlike a [`walk`](super::walk) it does not stop: it names what is
//! wrong by its number and goes on.**
//!
//! Numbers, links, anchors, columns, times, authors and clear entries are judged here, in order; the signature of a sealed
//! entry and the digest of its box come back as [`Pending`], for other cores.

mod chain;
mod found;

use crate::crypto::hash::Hash;
use crate::ledger::append::CLOCK_SLACK_MS;
use crate::ledger::view_check::ViewCheck;
use crate::ledger::{ChartId, Clear, Columns, Entry, Form, Head, Office, ReadTx, Scanned};

use super::directory::Directory;
use super::error::VaultError;
use super::host::Host;
use super::slot_check;

use found::{BAD_SIGNATURE, check_digest, found};
pub use found::{Fault, Found, Pending, Standing};

/// What somebody outside the file remembers of it.
#[derive(Clone, Copy, Default, Debug)]
pub struct Witness {
    /// The vault's id: the link of genesis.
    pub vault: Option<Hash>,
    /// The last entry that was seen.
    pub seen: Option<Head>,
}

impl Witness {
    /// What a host remembers.
    pub fn of(host: &Host) -> Result<Self, VaultError> {
        Ok(Self {
            vault: Some(host.vault()),
            seen: host.high_water()?,
        })
    }
}

/// A sweep under way.
#[derive(Debug)]
pub struct Sweep {
    witness: Witness,
    directory: Directory,
    views: ViewCheck,
    found: Vec<Found>,
    /// The number that comes next.
    next: u64,
    /// Whether entries are missing before the next one.
    gap: bool,
    /// Whether an export left out what the next link follows.
    unlinked: bool,
    /// What the link before the next entry may be: more than one after a link that did not match.
    links: Vec<Hash>,
    /// The anchors that the next entry may share with the one before it.
    anchors: Vec<Hash>,
    created: u64,
    /// Entries without a body.
    bodiless: Vec<(u64, ChartId)>,
    /// Whether bodies may be left out: an export of headers.
    headers_only: bool,
    judged: u64,
    last: Head,
}

impl Sweep {
    /// A sweep from the first entry on.
    pub fn new(witness: Witness) -> Self {
        Self {
            witness,
            directory: Directory::default(),
            views: ViewCheck::default(),
            found: Vec::new(),
            next: 1,
            gap: false,
            unlinked: false,
            links: vec![Hash([0; 32])],
            anchors: Vec::new(),
            created: 0,
            bodiless: Vec::new(),
            headers_only: false,
            judged: 0,
            last: Head {
                seq: 0,
                link: Hash([0; 32]),
            },
        }
    }

    /// A sweep of an export, which has the bodies of clear entries only.
    pub fn of_headers() -> Self {
        Self {
            headers_only: true,
            ..Self::new(Witness::default())
        }
    }

    /// Who is who, as far as was swept.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The last entry that was swept.
    pub fn last(&self) -> Head {
        self.last
    }

    /// How many clear entries were judged.
    pub fn judged(&self) -> u64 {
        self.judged
    }

    /// What was found since this was last asked.
    pub fn take_found(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.found)
    }

    /// An export leaves out sealed entries up to where it begins: jumps to the entry after them.
    /// `link` is the link before it, where the export says so.
    pub fn jump(&mut self, seq: u64, link: Option<Hash>) {
        if seq > self.next {
            self.next = seq;
            self.gap = true;
            self.unlinked = link.is_none();
            self.links = vec![link.unwrap_or(Hash([0; 32]))];
        }
    }

    fn wrong(&mut self, seq: u64, fault: Fault, what: impl Into<String>) {
        self.found.push(found(seq, fault, what));
    }

    /// Judges one more row. What comes back still needs its signature and digest checked.
    pub fn take(&mut self, scanned: Scanned) -> Option<Pending> {
        let pending = self.judge(scanned);
        self.directory.latest = self.directory.latest.max(self.created);
        pending
    }

    fn judge(&mut self, scanned: Scanned) -> Option<Pending> {
        let seq = scanned.seq;
        if seq > self.next {
            self.missing(self.next, seq - 1);
        }
        self.next = seq + 1;
        if let Some(what) = scanned.damage {
            let fault = if scanned.row.is_some() {
                Fault::Body
            } else {
                Fault::Chain
            };
            self.wrong(seq, fault, what);
        }
        let Some((row, columns)) = scanned.row else {
            self.gap = true;
            return None;
        };
        self.last = Head {
            seq,
            link: row.link,
        };
        self.witnessed(seq, row.link);
        let entry = match row.decode_or_keep() {
            Ok(entry) => entry,
            Err((row, error)) => {
                self.chain(&row, columns.as_ref().and_then(Columns::previous));
                self.gap = false;
                self.wrong(seq, Fault::Signature, error.to_string());
                return None;
            }
        };
        let previous = self.chain(&entry.row, columns.as_ref().and_then(Columns::previous));
        if columns.is_some_and(|columns| !columns.repeat(&entry.core, &previous)) {
            self.wrong(seq, Fault::Chain, "its columns do not repeat its header");
        }
        if !self.gap && entry.core.created.saturating_add(CLOCK_SLACK_MS) < self.created {
            self.wrong(
                seq,
                Fault::Signature,
                "its time precedes the entry before it by more than five minutes",
            );
        }
        self.gap = false;
        self.created = entry.core.created;
        if seq == 1 {
            self.directory.vault = entry.row.link;
        }
        if entry.row.body.is_none() && (entry.core.form == Form::Clear || !self.headers_only) {
            // An erasure takes what was sealed; clear bodies stay for good.
            let chart = if entry.core.form == Form::Clear {
                ChartId::ZERO
            } else {
                entry.core.chart
            };
            self.bodiless.push((seq, chart));
        }
        if entry.core.form == Form::Clear {
            self.clear(&entry);
            return None;
        }
        self.views.take(seq, &entry.core, None);
        let author = entry.core.author;
        let Some(key) = self.directory.author_key(&author, seq).copied() else {
            self.wrong(
                seq,
                Fault::Signature,
                "its author is not certified at this place",
            );
            self.found.extend(check_digest(&entry.row));
            return None;
        };
        let office = self
            .directory
            .person(&author)
            .map_or(Office::Host, |person| person.certificate.office);
        let own = self
            .directory
            .chart(&entry.core.chart)
            .is_some_and(|chart| chart.patient == Some(author));
        let standing = if own {
            Standing::OwnChart
        } else {
            Standing::Other
        };
        Some(Pending {
            entry,
            key,
            office,
            standing,
        })
    }

    /// Verifies a clear entry, strictly, and lets the directory judge it.
    fn clear(&mut self, entry: &Entry) {
        let seq = entry.seq();
        let digest = check_digest(&entry.row);
        let unsound = digest.is_some();
        self.found.extend(digest);
        let clear = match entry
            .open_clear()
            .map_err(|error| error.to_string())
            .and_then(|body| Clear::decode(&body).map_err(|error| error.to_string()))
        {
            Ok(clear) => clear,
            Err(what) => {
                self.views.take(seq, &entry.core, None);
                if entry.row.body.is_some() {
                    self.wrong(seq, Fault::Body, what);
                }
                return;
            }
        };
        self.views.take(seq, &entry.core, Some(&clear));
        let key = match &clear {
            Clear::Genesis(genesis) if seq == 1 => Some(genesis.admin.verify),
            _ => self.directory.author_key(&entry.core.author, seq).copied(),
        };
        match key {
            None => self.wrong(
                seq,
                Fault::Signature,
                "its author is not certified at this place",
            ),
            Some(key) if entry.verify(&key).is_err() => {
                self.wrong(seq, Fault::Signature, BAD_SIGNATURE);
            }
            Some(_) if unsound => {}
            Some(_) => {
                self.judged += 1;
                let before = self.directory.findings.len();
                self.directory.apply(seq, &entry.core, clear);
                for finding in self.directory.findings.split_off(before) {
                    let what = format!("{}: {}", entry.core.id, finding.what);
                    self.found.push(found(finding.seq, Fault::Grant, what));
                }
            }
        }
    }

    /// Judges what can only be judged at the end, in the snapshot that the last rows were read from: the witness's head,
    /// missing bodies, views, slots.
    pub fn finish(&mut self, tx: &ReadTx<'_>, now: u64) -> Result<(), VaultError> {
        self.finish_headers();
        for stray in std::mem::take(&mut self.views).compare(tx)? {
            self.found.push(Found::stray(Fault::View, stray));
        }
        for stray in tx.strays()? {
            self.found.push(Found::stray(Fault::Chain, stray));
        }
        for stray in slot_check::check(&self.directory, tx, now)? {
            self.found.push(Found::stray(Fault::Grant, stray));
        }
        Ok(())
    }

    /// The same for an export, which has neither views nor slots.
    pub fn finish_headers(&mut self) {
        let end = self.next - 1;
        if let Some(seen) = self.witness.seen.filter(|seen| seen.seq > end) {
            let what = format!(
                "it is missing: the ledger ends at entry {end}, and this host has seen entry {}",
                seen.seq
            );
            self.wrong(end + 1, Fault::Chain, what);
        }
        if self.directory.genesis.is_none() {
            self.wrong(1, Fault::Chain, "the ledger does not begin with a genesis");
        }
        for (seq, chart) in std::mem::take(&mut self.bodiless) {
            let erased = self.directory.chart(&chart).and_then(|chart| chart.erased);
            if erased.is_none_or(|erased| erased < seq) {
                self.wrong(
                    seq,
                    Fault::Body,
                    "its body is missing, and no signed entry erased it",
                );
            }
        }
    }
}
