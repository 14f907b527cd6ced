//! The attack on findex: rows lie at addresses that say nothing, but SQLite keeps their order.
//!
//! Findex's table has a hidden row number. An insertion under a word writes the new row and then the head of the list anew, and replacing a row in SQLite
//! gives it a new number: so a head's number says when its word was last written, counted in insertions. A frequent word was
//! written a short while ago: of one copy that is one sample of its rate.
//!
//! Daily copies tell more. A head keeps its address, so it is the same word in each; each day shows whether it was written and how long before the
//! day's end. Together they are a geometric waiting time, censored at a day's length, whose rate is estimated as usual:
//! writes seen, divided by the insertions waited through.
//!
//! The numbers of entries are encrypted: a head that is named does not give away which entries have the code.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use cosmian_findex::IndexADT;
use cosmian_sse_memories::reexport::async_sqlite::rusqlite::Connection;
use cosmian_sse_memories::{ADDRESS_LENGTH, Address, MemoryADT};
use pollster::block_on;
use workload::leak::{Handle, World, name_by_rank, report, word};

use crate::index::{Memory, WORD, memory, number, over};

type Head = [u8; ADDRESS_LENGTH];

/// Findex's storage, and where the last insertion put the head of its list: what only the keys tell, for the score.
#[derive(Clone)]
struct Tapped {
    memory: Memory,
    last: Arc<Mutex<Head>>,
}

impl MemoryADT for Tapped {
    type Address = Address<ADDRESS_LENGTH>;
    type Word = [u8; WORD];
    type Error = <Memory as MemoryADT>::Error;

    fn batch_read(
        &self,
        addresses: Vec<Self::Address>,
    ) -> impl Send + Future<Output = Result<Vec<Option<Self::Word>>, Self::Error>> {
        self.memory.batch_read(addresses)
    }

    fn guarded_write(
        &self,
        guard: (Self::Address, Option<Self::Word>),
        bindings: Vec<(Self::Address, Self::Word)>,
    ) -> impl Send + Future<Output = Result<Option<Self::Word>, Self::Error>> {
        *self.last.lock().expect("one thread") = *guard.0;
        self.memory.guarded_write(guard, bindings)
    }
}

/// Builds the file, steals it day by day and names what is in it.
pub fn attack(dir: &Path) {
    let world = World::new();
    let (pool, memory) = memory(dir);
    let pragmas = "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 10000";
    block_on(pool.conn(move |conn| conn.execute_batch(pragmas))).expect("nothing here has to last");
    let last = Arc::new(Mutex::new(Head::default()));
    let findex = over(Tapped {
        memory,
        last: Arc::clone(&last),
    });
    let mut truth: HashMap<Head, (u64, u64)> = HashMap::new();
    let mut next = 1;
    let mut write = |entries: &[Vec<u64>]| {
        for codes in entries {
            for code in codes {
                block_on(findex.insert(word(*code), [number(next)])).expect("inserted");
                truth
                    .entry(*last.lock().expect("one thread"))
                    .or_insert((*code, 0))
                    .1 += 1;
            }
            next += 1;
        }
        truth.clone()
    };
    let steal = || {
        block_on(
            pool.conn(|conn| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))),
        )
        .expect("settled");
        let copy = dir.join("stolen.db");
        std::fs::copy(dir.join("peer.db"), &copy).expect("copied");
        read(&copy)
    };
    let mut thief = Thief::default();
    let truth_then = write(&world.history);
    thief.copy(steal());
    report("one", &thief.named(&truth_then));
    let mut truth_now = truth_then;
    for day in &world.days {
        truth_now = write(day);
        thief.copy(steal());
    }
    report("many", &thief.named(&truth_now));
}

/// What a copy tells: how many insertions there were, and the heads with the insertion that wrote each last.
struct Copy {
    insertions: u64,
    heads: HashMap<Head, u64>,
}

/// Reads a copy without any key. Every insertion took two row numbers, the second for the head.
fn read(path: &Path) -> Copy {
    let conn = Connection::open(path).expect("the copy opens");
    let mut statement = conn
        .prepare("SELECT rowid, a FROM findex")
        .expect("prepared");
    let rows = statement
        .query_map([], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get::<_, Head>(1)?))
        })
        .expect("read");
    let rows: Vec<(u64, Head)> = rows.map(|row| row.expect("read")).collect();
    let insertions = rows.iter().map(|(number, _)| number / 2).max().unwrap_or(0);
    let heads = rows.into_iter().filter(|(number, _)| number % 2 == 0);
    Copy {
        insertions,
        heads: heads.map(|(number, head)| (head, number / 2)).collect(),
    }
}

#[derive(Default)]
struct Thief {
    before: u64,
    /// For each head: how often it was seen written, and how many insertions were waited through.
    seen: HashMap<Head, (f64, f64)>,
}

impl Thief {
    fn copy(&mut self, copy: Copy) {
        let day = (copy.insertions - self.before) as f64;
        let mut noted = std::mem::take(&mut self.seen);
        for (head, written) in copy.heads {
            // A head that was not there before was waited for since the beginning.
            let (writes, waited) = noted.remove(&head).unwrap_or((0.0, self.before as f64));
            let now = if written > self.before {
                (
                    writes + 1.0,
                    waited + (copy.insertions - written + 1) as f64,
                )
            } else {
                (writes, waited + day)
            };
            self.seen.insert(head, now);
        }
        assert!(noted.is_empty(), "no head ever leaves the file");
        self.before = copy.insertions;
    }

    fn named(&self, truth: &HashMap<Head, (u64, u64)>) -> Vec<Handle> {
        assert_eq!(
            self.seen.len(),
            truth.len(),
            "the thief tells heads from other rows"
        );
        let seen: Vec<(&Head, f64)> = self
            .seen
            .iter()
            .map(|(head, (writes, waited))| (head, writes / waited))
            .collect();
        let rates: Vec<f64> = seen.iter().map(|(_, rate)| *rate).collect();
        seen.iter()
            .zip(name_by_rank(&rates))
            .map(|((head, _), named)| {
                let (code, occurrences) = truth[*head];
                Handle {
                    truth: Some(code),
                    occurrences,
                    named,
                }
            })
            .collect()
    }
}
