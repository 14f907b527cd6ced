//! The upload journal: what a host has begun to send and no manifest lists yet, and what it lately knew to be there.
//!
//! Sealing is randomised, so only the sender knows the hash of what it sent. **A record is on disk before the first
//! byte goes out**; after a cut, an object that the target has is taken over if the journal names it, and nothing is
//! taken over on the target's word alone.
//!
//! A line is `object ADDRESS LEN HASH CHECK`, `stored ADDRESS LEN HASH AT CHECK` or `head NUMBER CHECK`, `CHECK` being 8 hex digits of
//! SHA-256 over what stands before it. A `stored` line says that the target took this very sealing, or still had it, when no tombstone of it stood at
//! `AT` (Unix ms): **without it, or too long after it, something else may stand under the address**, another host's sealing
//! of the same pack or one of an earlier time, and only reading it back tells. A `head` line notes where a run ended its ledger packs, so that a resumed run, whose head lies further on,
//! makes the same packs again. A line cut short by a crash fails its check and counts for nothing.
//!
//! Once the manifest is written, only the `stored` lines of packs of tables stay, for as long as prune leaves such packs to the
//! snapshots that list them. A table may return to an earlier state, as when a failed login was counted and the next one
//! succeeded; the snapshot before lists another pack then, and without the line the one of that state would be a stranger.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use super::object::{Address, Listed, ObjectKind};
use super::retention::DAY;
use super::state::{self, HostState, StateError};
use super::target::Name;
use crate::crypto::hash::sha256;
use crate::crypto::{Hash, hex};

/// How long a pack of a table is remembered after a run sent it or found it standing, in milliseconds.
const REMEMBERED: i64 = 30 * DAY;

/// A sealing that may have reached the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its length.
    pub len: u64,
    /// The hash of its bytes.
    pub hash: Hash,
}

impl Sent {
    /// What a manifest lists.
    pub(super) const fn of(listed: &Listed) -> Self {
        Self {
            len: listed.len,
            hash: listed.hash,
        }
    }
}

/// The journal of the run that holds the lock.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    sent: HashMap<Address, Vec<Sent>>,
    stored: BTreeMap<Address, (Sent, i64)>,
    heads: BTreeSet<u64>,
}

impl Journal {
    /// Opens the journal, with what an interrupted run left in it.
    pub fn open(state: &HostState) -> Result<Self, StateError> {
        let path = state.journal();
        let mut file = state::open(
            OpenOptions::new().append(true).read(true).create(true),
            &path,
        )?;
        let text = fs::read(&path).map_err(state::at(&path))?;
        let text = String::from_utf8_lossy(&text);
        let mut sent: HashMap<Address, Vec<Sent>> = HashMap::new();
        let (mut stored, mut heads) = (BTreeMap::new(), BTreeSet::new());
        for line in text.lines() {
            match parse(line) {
                Some(Record::Object(address, record)) => {
                    sent.entry(address).or_default().push(record);
                }
                Some(Record::Stored(address, record, at)) => {
                    stored.insert(address, (record, at));
                    let sent = sent.entry(address).or_default();
                    if !sent.contains(&record) {
                        sent.push(record);
                    }
                }
                Some(Record::Head(seq)) => _ = heads.insert(seq),
                None => {}
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            // Ends the line that a crash cut short, so that the next record stands on its own.
            file.write_all(b"\n").map_err(state::at(&path))?;
        }
        Ok(Self {
            path,
            file,
            sent,
            stored,
            heads,
        })
    }

    /// The sealings that may have reached the target under `address`, oldest first.
    pub fn sent(&self, address: &Address) -> &[Sent] {
        self.sent.get(address).map_or(&[], Vec::as_slice)
    }

    /// The sealing that the target had under `address`, unmarked, at most `within` milliseconds before `now`.
    pub fn stored(&self, address: &Address, now: i64, within: i64) -> Option<Sent> {
        let (sent, at) = self.stored.get(address)?;
        (0..=within).contains(&(now - at)).then_some(*sent)
    }

    /// Where interrupted runs ended their ledger packs.
    pub fn heads(&self) -> &BTreeSet<u64> {
        &self.heads
    }

    /// Notes a sealing before it is sent.
    pub fn record(&mut self, address: Address, sent: Sent) -> Result<(), StateError> {
        self.append(format!("object {address} {} {}", sent.len, sent.hash))?;
        self.file.sync_data().map_err(state::at(&self.path))?;
        self.sent.entry(address).or_default().push(sent);
        Ok(())
    }

    /// Notes that the target took a sealing, or still has it, of which no tombstone stood at `at`. A crash that loses the note costs
    /// a reading.
    pub fn record_stored(
        &mut self,
        address: Address,
        sent: Sent,
        at: i64,
    ) -> Result<(), StateError> {
        self.append(stored(&address, sent, at))?;
        self.stored.insert(address, (sent, at));
        Ok(())
    }

    /// Notes where this run ends its ledger packs.
    pub fn record_head(&mut self, seq: u64) -> Result<(), StateError> {
        if self.heads.insert(seq) {
            self.append(format!("head {seq}"))?;
            self.file.sync_data().map_err(state::at(&self.path))?;
        }
        Ok(())
    }

    /// Ends the notes of a run that began at `began`, once a manifest lists everything. What is remembered of tables stays.
    pub fn settle(self, listed: &[Listed], began: i64) -> Result<(), StateError> {
        let ledger = listed.iter().filter(|o| o.kind == ObjectKind::Ledger);
        let ledger: BTreeSet<Address> = ledger.map(|o| o.address).collect();
        let lines: String = self
            .stored
            .iter()
            .filter(|(address, (_, at))| *at >= began - REMEMBERED && !ledger.contains(*address))
            .map(|(address, (sent, at))| checked(stored(address, *sent, *at)))
            .collect();
        state::replace(&self.path, lines.as_bytes())
    }

    fn append(&mut self, line: String) -> Result<(), StateError> {
        self.file
            .write_all(checked(line).as_bytes())
            .map_err(state::at(&self.path))
    }
}

enum Record {
    Object(Address, Sent),
    Stored(Address, Sent, i64),
    Head(u64),
}

fn parse(line: &str) -> Option<Record> {
    let (line, found) = line.rsplit_once(' ')?;
    if found != check(line) {
        return None;
    }
    let words: Vec<&str> = line.split(' ').collect();
    let place = |address: &str| Address::parse(&Name::parse(address)?);
    let sent = |len: &str, hash: &str| {
        let len = len.parse().ok()?;
        let hash = Hash::from_slice(&hex::unhex(hash)?)?;
        Some(Sent { len, hash })
    };
    match *words {
        ["object", address, len, hash] => Some(Record::Object(place(address)?, sent(len, hash)?)),
        ["stored", address, len, hash, at] => Some(Record::Stored(
            place(address)?,
            sent(len, hash)?,
            at.parse().ok()?,
        )),
        ["head", seq] => Some(Record::Head(seq.parse().ok()?)),
        _ => None,
    }
}

fn stored(address: &Address, sent: Sent, at: i64) -> String {
    format!("stored {address} {} {} {at}", sent.len, sent.hash)
}

/// A line with its check, and its end.
fn checked(mut line: String) -> String {
    let check = check(&line);
    writeln!(line, " {check}").expect("a string takes every write");
    line
}

fn check(line: &str) -> String {
    hex::hex(&sha256(&[line.as_bytes()]).0[..4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::keys::RepositoryId;
    use crate::backup::object::ObjectId;
    use crate::backup::source::TableId;

    fn address(n: u8) -> Address {
        Address {
            id: ObjectId([n; 32]),
            generation: u32::from(n % 2),
        }
    }

    fn sent(n: u8) -> Sent {
        Sent {
            len: u64::from(n),
            hash: Hash([n; 32]),
        }
    }

    #[test]
    fn records_outlive_the_run_and_those_of_tables_the_manifest_for_a_month() {
        let folder = tempfile::tempdir().unwrap();
        let state = HostState::lock(folder.path(), RepositoryId([1; 16])).unwrap();
        let mut journal = Journal::open(&state).unwrap();
        journal.record(address(1), sent(1)).unwrap();
        journal.record(address(1), sent(2)).unwrap();
        journal.record_stored(address(1), sent(2), 5_000).unwrap();
        journal.record_head(77).unwrap();
        drop(journal);
        let journal = Journal::open(&state).unwrap();
        for (now, within, known) in [
            (5_000, 0, true),
            (5_100, 100, true),
            (5_101, 100, false),
            (4_999, 100, false),
        ] {
            let stored = journal.stored(&address(1), now, within);
            assert_eq!(stored, known.then(|| sent(2)), "{now}");
        }
        assert_eq!(journal.stored(&address(2), 5_000, 100), None);
        assert_eq!(journal.sent(&address(1)), [sent(1), sent(2)]);
        assert_eq!(journal.sent(&address(2)), []);
        assert!(journal.heads().contains(&77));
        let listed = |kind| Listed {
            kind,
            first: 1,
            part: 0,
            parts: 1,
            count: 1,
            address: address(1),
            len: 2,
            hash: sent(2).hash,
        };
        let (ledger, table) = (ObjectKind::Ledger, ObjectKind::Table(TableId::SLOT));
        for (kind, began, kept) in [
            (table, 5_000 + REMEMBERED, true),
            (table, 5_001 + REMEMBERED, false),
            (ledger, 5_000, false),
        ] {
            let mut journal = Journal::open(&state).unwrap();
            journal.record_stored(address(1), sent(2), 5_000).unwrap();
            journal.settle(&[listed(kind)], began).unwrap();
            let journal = Journal::open(&state).unwrap();
            let kept = kept.then(|| sent(2));
            assert_eq!(journal.sent(&address(1)), kept.as_slice(), "{kind} {began}");
            assert_eq!(journal.stored(&address(1), 5_000, 0), kept);
            assert!(journal.heads().is_empty());
        }
    }

    #[test]
    fn a_record_cut_short_at_any_byte_counts_for_nothing_and_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let state = HostState::lock(folder.path(), RepositoryId([1; 16])).unwrap();
        let mut journal = Journal::open(&state).unwrap();
        journal.record(address(1), sent(1)).unwrap();
        let whole = fs::metadata(state.journal()).unwrap().len() as usize;
        journal.record(address(2), sent(2)).unwrap();
        let bytes = fs::read(state.journal()).unwrap();
        for cut in whole..bytes.len() - 1 {
            fs::write(state.journal(), &bytes[..cut]).unwrap();
            let mut journal = Journal::open(&state).unwrap();
            assert_eq!(journal.sent(&address(1)), [sent(1)]);
            assert_eq!(journal.sent(&address(2)), [], "cut at {cut}");
            journal.record(address(3), sent(3)).unwrap();
            assert_eq!(
                Journal::open(&state).unwrap().sent(&address(3)),
                [sent(3)],
                "cut at {cut}"
            );
        }
    }
}
