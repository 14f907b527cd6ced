//! The tables of the file, and how a file of an older version becomes one of this version.
//!
//! | table | truth or view | owner | in backups |
//! |---|---|---|---|
//! | `entry`, `body` | truth; the columns `chart`, `section`, `thread`, `parent` repeat the header | ledger | ledger packs |
//! | `clear_entry`, `notice`, `locator` | views of headers and clear bodies | ledger | rebuilt |
//! | `slot` | wrapped keys; deleting them shreds a chart | vault | slot pack |
//! | `credential` | a user's passphrase-wrapped secrets and counters | vault | credential pack |
//! | `unknown_login` | failed attempts at logins that do not exist, by a keyed tag | vault | never |
//! | `draft` | sealed, personal: `queries` (saved and recent ones, see `desk::queries`), `text/…` (what is being written, see `desk::drafts`) | desk | credential pack |
//! | `checkpoint` | a digest that spares a walk; safe to lose | vault | never |
//! | `compartment`, `segment`, `index_*`, `indexed` | the search index | index | index packs; rebuilt when absent |
//!
//! Migrations only go forward: step *n* takes `user_version` from *n* to *n + 1*. A file with a higher
//! `user_version` than [`VERSION`] is refused.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use rusqlite::Connection;

/// "chsl": tells SQLite files of this program from others.
pub const APPLICATION_ID: i64 = 0x6368_736c;

const STEPS: &[&str] = &[
    concat!(
        "
CREATE TABLE entry (
    seq       INTEGER PRIMARY KEY,
    site      INTEGER NOT NULL,
    id        BLOB NOT NULL UNIQUE,
    chart     BLOB NOT NULL,
    section   INTEGER NOT NULL,
    thread    BLOB NOT NULL,
    parent    BLOB NOT NULL,
    previous  BLOB NOT NULL,
    core      BLOB NOT NULL,
    anchor    BLOB NOT NULL,
    digest    BLOB NOT NULL,
    signature BLOB NOT NULL,
    link      BLOB NOT NULL,
    UNIQUE (thread, parent),
    UNIQUE (site, previous)
) STRICT;
CREATE INDEX entry_by_chart ON entry (chart, section);

CREATE TABLE body (
    seq INTEGER PRIMARY KEY REFERENCES entry (seq),
    box BLOB NOT NULL
) STRICT;

CREATE TABLE clear_entry (
    seq   INTEGER PRIMARY KEY,
    kind  INTEGER NOT NULL,
    chart BLOB NOT NULL
) STRICT;
CREATE INDEX clear_entry_by_chart ON clear_entry (chart, seq);

CREATE TABLE notice (
    holder BLOB NOT NULL,
    thread BLOB NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (holder, thread)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_by_thread ON notice (thread);

CREATE TABLE locator (
    tag   BLOB PRIMARY KEY,
    chart BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE slot (
    chart        BLOB NOT NULL,
    section      INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,
    holder       BLOB NOT NULL,
    holder_epoch INTEGER NOT NULL,
    grant_id     BLOB NOT NULL,
    sealed       BLOB NOT NULL,
    fast         BLOB,
    PRIMARY KEY (chart, section, epoch, holder, holder_epoch, grant_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX slot_by_grant ON slot (grant_id);

CREATE TABLE credential (
    login        TEXT PRIMARY KEY,
    certificate  BLOB NOT NULL,
    salt         BLOB NOT NULL,
    memory_kib   INTEGER NOT NULL,
    passes       INTEGER NOT NULL,
    sealed       BLOB NOT NULL,
    failed       INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    totp_step    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE draft (
    owner  BLOB NOT NULL,
    name   TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    login TEXT PRIMARY KEY,
    state BLOB NOT NULL
) STRICT, WITHOUT ROWID;
",
        include_str!("index_tables.sql")
    ),
    "
CREATE TABLE unknown_login (
    tag          BLOB PRIMARY KEY,
    failed       INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    last         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX unknown_login_by_last ON unknown_login (last);
",
];

/// The schema of this version.
pub const VERSION: i64 = STEPS.len() as i64;

/// Runs the steps that the file has not seen, in the caller's transaction.
pub fn migrate(sql: &Connection, from: i64) -> rusqlite::Result<()> {
    for step in STEPS.iter().skip(from.max(0) as usize) {
        sql.execute_batch(step)?;
    }
    sql.pragma_update(None, "user_version", VERSION)
}

/// Everything the schema of this version holds: type, name, table, definition.
type Objects = BTreeSet<(String, String, String, Option<String>)>;

fn objects(sql: &Connection) -> rusqlite::Result<Objects> {
    // What SQLite keeps for itself, such as statistics, holds no rules.
    let mut statement = sql.prepare(
        r"SELECT type, name, tbl_name, sql FROM sqlite_schema
         WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' OR type <> 'table'",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    rows.collect()
}

/// The first object that is not in the schema of this version, or that it misses. **A trigger or a lost constraint could drop
/// what was just acknowledged**, so a file with one is not written to.
pub fn altered(sql: &Connection) -> rusqlite::Result<Option<String>> {
    static EXPECTED: OnceLock<Objects> = OnceLock::new();
    if EXPECTED.get().is_none() {
        let fresh = Connection::open_in_memory()?;
        migrate(&fresh, 0)?;
        let _ = EXPECTED.set(objects(&fresh)?);
    }
    let found = objects(sql)?;
    let expected = EXPECTED.get().unwrap_or(&found);
    let difference = found.symmetric_difference(expected).next();
    Ok(difference.map(|(kind, name, ..)| format!("{kind} {name}")))
}
