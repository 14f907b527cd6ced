//! The attack on a blind index: equal words have equal hashes, so counting rows gives each word's frequency.
//!
//! The entries' numbers stand beside the hashes: a hash that is named gives away which entries, and so which charts, have the code.
//! More copies only make the counts larger.

use std::collections::HashMap;
use std::path::Path;

use chartseal::crypto::Secret;
use chartseal::crypto::mac::MacKey;
use rusqlite::{Connection, params};
use workload::leak::{CODES, Handle, World, name_by_rank, report, word};

use crate::blind::{TAG, tag};

/// Builds the file, steals it and names what is in it.
pub fn attack(dir: &Path) {
    let world = World::new();
    let key = MacKey::new(&Secret::new([12; 32]));
    let conn = Connection::open(dir.join("blind.db")).expect("the file opens");
    conn.execute_batch(
        "CREATE TABLE blind (tag BLOB NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (tag, entry)) WITHOUT ROWID",
    )
    .expect("the table is made");
    let mut next = 1;
    let mut write = |entries: &[Vec<u64>]| {
        let tx = conn.unchecked_transaction().expect("begun");
        for codes in entries {
            for code in codes {
                tx.prepare_cached("INSERT INTO blind (tag, entry) VALUES (?1, ?2)")
                    .and_then(|mut statement| {
                        statement.execute(params![tag(&key, &word(*code)), next])
                    })
                    .expect("written");
            }
            next += 1;
        }
        tx.commit().expect("committed");
    };
    let truth: HashMap<[u8; TAG], u64> = (1..CODES)
        .map(|code| (tag(&key, &word(code)), code))
        .collect();
    write(&world.history);
    report("one", &named(&conn, &truth));
    world.days.iter().for_each(|day| write(day));
    report("many", &named(&conn, &truth));
}

fn named(conn: &Connection, truth: &HashMap<[u8; TAG], u64>) -> Vec<Handle> {
    let mut statement = conn
        .prepare("SELECT tag, count(*) FROM blind GROUP BY tag")
        .expect("prepared");
    let rows = statement
        .query_map([], |row| {
            Ok((row.get::<_, [u8; TAG]>(0)?, row.get::<_, i64>(1)? as u64))
        })
        .expect("read");
    let counts: Vec<([u8; TAG], u64)> = rows.map(|row| row.expect("read")).collect();
    let frequencies: Vec<f64> = counts.iter().map(|(_, count)| *count as f64).collect();
    let names = name_by_rank(&frequencies);
    let handles = counts.into_iter().zip(names);
    handles
        .map(|((tag, occurrences), named)| Handle {
            truth: truth.get(&tag).copied(),
            occurrences,
            named,
        })
        .collect()
}
