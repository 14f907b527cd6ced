//! Entries that are shown together, as a search shows them: while the next ones are read, and while all of them are opened and worked
//! on, another core judges the signatures of those that were read, some in one equation.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::crypto::sign::{VerifyKey, verify_batch};
use crate::ledger::Entry;

use super::error::VaultError;
use super::reader::{Opened, Reader};

/// Entries of one equation: few enough that the first are judged before the last are read.
const EQUATION: usize = 8;

/// How long the judge stays awake for the next batch. Waking somebody who sleeps takes longer than reading an entry.
const AWAKE: Duration = Duration::from_millis(1);

/// Entries with the keys that their authors' certificates name.
type Batch = Vec<(VerifyKey, Entry)>;

/// Entries that were read, each once.
pub struct Gathered {
    entries: BTreeMap<u64, Entry>,
    /// Not yet with the judge.
    batch: Batch,
    judge: Sender<Batch>,
    /// Whether the author of each is certified at its place.
    certified: bool,
}

impl Gathered {
    /// Takes an entry in.
    pub fn add(&mut self, reader: &Reader<'_>, entry: Entry) {
        if self.entries.contains_key(&entry.seq()) {
            return;
        }
        let key = reader
            .directory()
            .author_key(&entry.core.author, entry.seq());
        match key {
            Some(key) => self.batch.push((*key, entry.clone())),
            None => self.certified = false,
        }
        if self.batch.len() == EQUATION {
            self.hand_over();
        }
        self.entries.insert(entry.seq(), entry);
    }

    fn hand_over(&mut self) {
        // Nobody listens any more when one did not hold.
        let _ = self.judge.send(std::mem::take(&mut self.batch));
    }

    /// All that were read, and whether the author of each is certified. The judge is told that no more come.
    fn finish(mut self) -> (BTreeMap<u64, Entry>, bool) {
        self.hand_over();
        (self.entries, self.certified)
    }
}

/// Whether every one is what its author signed.
fn holds(batch: &Batch) -> bool {
    let messages: Vec<Vec<u8>> = batch
        .iter()
        .map(|(_, entry)| entry.row.signed_message())
        .collect();
    let items: Vec<_> = batch
        .iter()
        .zip(&messages)
        .map(|((key, entry), message)| (*key, message.as_slice(), entry.row.signature))
        .collect();
    verify_batch(&items) && batch.iter().all(|(_, entry)| entry.row.digest_holds())
}

/// Judges batches until one does not hold, or there are no more.
fn judge(batches: &Receiver<Batch>) -> bool {
    let next = || {
        let since = Instant::now();
        while since.elapsed() < AWAKE {
            match batches.try_recv() {
                Err(TryRecvError::Empty) => thread::yield_now(),
                next => return next.ok(),
            }
        }
        batches.recv().ok()
    };
    std::iter::from_fn(next).all(|batch| holds(&batch))
}

impl Reader<'_> {
    /// Reads some entries, opens them, oldest first, and does something with them, while their signatures are judged. Only where
    /// these do not hold, each is judged by itself, and the work is done again with those that stand; **what was done before the
    /// verdict is dropped unseen.** **Whoever acts on one of them opens it with [`open`](Self::open)**, which judges strictly.
    pub fn together<T, E>(
        &mut self,
        read: impl FnOnce(&mut Self, &mut Gathered) -> Result<(), E>,
        mut work: impl FnMut(&mut Self, Vec<Result<Opened, (u64, VaultError)>>) -> T,
    ) -> Result<T, E> {
        let (to_judge, batches) = channel();
        let (entries, hold, done) = thread::scope(|scope| {
            let judged = scope.spawn(move || judge(&batches));
            let mut gathered = Gathered {
                entries: BTreeMap::new(),
                batch: Vec::new(),
                judge: to_judge,
                certified: true,
            };
            read(self, &mut gathered)?;
            let (entries, certified) = gathered.finish();
            let opened = entries.iter().map(|(seq, entry)| {
                let opened = self.unseal(entry.clone());
                opened.map_err(|error| (*seq, error))
            });
            let opened = opened.collect();
            let done = work(self, opened);
            Ok((entries, certified && judged.join().unwrap_or(false), done))
        })?;
        if hold {
            return Ok(done);
        }
        let opened = entries
            .into_iter()
            .map(|(seq, entry)| self.open(entry).map_err(|error| (seq, error)));
        let opened = opened.collect();
        Ok(work(self, opened))
    }
}
