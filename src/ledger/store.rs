//! The file: opening it, its settings, its permissions, its transactions.
//!
//! **A write is always `BEGIN IMMEDIATE`**: a transaction that reads first and writes later fails under
//! other writers with no chance to wait.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::append::WriteTx;
use super::error::LedgerError;
use super::read::{Head, ReadTx};
use super::schema;

/// The file's name in the vault's folder.
pub const FILE: &str = "vault.db";

/// Long enough for 64 terminals to take their turns.
const BUSY: Duration = Duration::from_mins(1);

/// What a walk keeps of the file, in KiB (SQLite takes a negative number as that).
const WALK_KIB: i64 = -8_192;

/// So many steps of SQLite's machine, or pages that its check has seen, between two looks at whether it should go on.
const STEPS: i32 = 1_000;
/// What the check takes of an entry, with its body, slots and index rows, in steps: some hundred, as measured on a hospital.
const STEPS_AN_ENTRY: u64 = 105;

/// An open ledger. Cheap to open again: a second handle on the same file is how a job works beside a session.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    sql: Mutex<Connection>,
}

impl Ledger {
    /// Creates an empty ledger in a new or empty folder.
    pub fn create(folder: &Path) -> Result<Self, LedgerError> {
        let file = folder.join(FILE);
        if file.exists() {
            return Err(LedgerError::Exists(folder.to_owned()));
        }
        create_private_folder(folder)?;
        drop(
            std::os::unix::fs::OpenOptionsExt::mode(
                std::fs::OpenOptions::new().write(true).create_new(true),
                0o600,
            )
            .open(&file)
            .map_err(|source| LedgerError::Io {
                path: file.clone(),
                source,
            })?,
        );
        let mut sql = connect(&file)?;
        set_up(&sql)?;
        let tx = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
        schema::migrate(&tx, 0)?;
        tx.commit()?;
        Ok(Self {
            folder: folder.to_owned(),
            sql: Mutex::new(sql),
        })
    }

    /// Opens a ledger and brings an older schema up to this version's.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        let file = folder.join(FILE);
        if !file.exists() {
            return Err(LedgerError::Missing(folder.to_owned()));
        }
        check_private(folder, 0o700)?;
        for suffix in ["", "-wal", "-shm"] {
            let path = folder.join(format!("{FILE}{suffix}"));
            if path.exists() {
                check_private(&path, 0o600)?;
            }
        }
        let mut sql = connect(&file)?;
        let found = version(&sql, &file)?;
        set_up(&sql)?;
        if found < schema::VERSION {
            let tx = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have migrated while this one waited for the lock.
            schema::migrate(&tx, version(&tx, &file)?)?;
            tx.commit()?;
        }
        if let Some(what) = schema::altered(&sql)? {
            return Err(LedgerError::AlteredSchema(what));
        }
        Ok(Self {
            folder: folder.to_owned(),
            sql: Mutex::new(sql),
        })
    }

    /// The vault's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A second handle on the same file.
    pub fn again(&self) -> Result<Self, LedgerError> {
        Self::open(&self.folder)
    }

    /// The same handle for going through the file once: what was read is not read again, so little of it is kept.
    pub fn for_a_walk(self) -> Result<Self, LedgerError> {
        self.lock().pragma_update(None, "cache_size", WALK_KIB)?;
        Ok(self)
    }

    /// Gives back the memory of pages that were read.
    pub fn shrink(&self) -> Result<(), LedgerError> {
        self.lock().execute_batch("PRAGMA shrink_memory")?;
        Ok(())
    }

    /// Reads in one consistent snapshot.
    pub fn read<T, E: From<LedgerError>>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut sql = self.lock();
        let tx = sql.transaction().map_err(LedgerError::from)?;
        work(&ReadTx::new(tx))
    }

    /// Writes in one transaction: all of it lands, or, on an error, none.
    pub fn write<T, E: From<LedgerError>>(
        &self,
        work: impl FnOnce(&mut WriteTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut sql = self.lock();
        let tx = sql
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(LedgerError::from)?;
        let mut tx = WriteTx::new(ReadTx::new(tx))?;
        let value = work(&mut tx)?;
        tx.commit()?;
        Ok(value)
    }

    /// The last entry's number and link.
    pub fn head(&self) -> Result<Head, LedgerError> {
        self.read(|tx| tx.head())
    }

    /// Changes when another connection has committed.
    pub fn data_version(&self) -> Result<i64, LedgerError> {
        Ok(self
            .lock()
            .pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// The schema's version in the file.
    pub fn schema_version(&self) -> i64 {
        schema::VERSION
    }

    /// Moves the write-ahead log into the file and empties it. Fails where others read or write for so long that it cannot:
    /// SQLite says so in its answer and not by an error.
    pub fn checkpoint(&self) -> Result<(), LedgerError> {
        let busy: bool = self
            .lock()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy {
            return Err(LedgerError::InUse);
        }
        Ok(())
    }

    /// The same where nobody is in the way, and whether nobody was. **Nobody waits for it**: most is moved while others write, and what is left
    /// then is next to nothing.
    pub fn checkpoint_if_idle(&self) -> Result<bool, LedgerError> {
        let sql = self.lock();
        let checkpoint = |how: &str| {
            sql.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| {
                row.get::<_, bool>(0)
            })
        };
        sql.busy_timeout(Duration::ZERO)?;
        let busy = checkpoint("PASSIVE").and_then(|_| checkpoint("TRUNCATE"));
        sql.busy_timeout(BUSY)?;
        match busy {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(false),
            busy => Ok(!busy?),
        }
    }

    /// About how many steps [`integrity`](Self::integrity) takes. SQLite itself cannot say.
    pub fn integrity_steps(&self) -> Result<u64, LedgerError> {
        let pages: u32 = self
            .lock()
            .pragma_query_value(None, "page_count", |row| row.get(0))?;
        Ok(u64::from(pages) + self.head()?.seq * STEPS_AN_ENTRY)
    }

    /// SQLite's own check of the file: `None` when all is well. `go_on` hears how many steps are done, many times a second; once
    /// it says no, the check ends with an error. **Until it ends it reads at one moment, and the log of writes cannot be emptied.**
    pub fn integrity(
        &self,
        mut go_on: impl FnMut(u64) -> bool + Send + 'static,
    ) -> Result<Option<String>, LedgerError> {
        let mut sql = self.lock();
        let mut done = 0;
        let handler = move || {
            done += STEPS as u64;
            !go_on(done)
        };
        sql.progress_handler(STEPS, Some(handler))?;
        let answer = sql.query_row("PRAGMA integrity_check(1)", [], |row| {
            row.get::<_, String>(0)
        });
        sql.progress_handler(0, None::<fn() -> bool>)?;
        let answer = answer?;
        Ok((answer != "ok").then_some(answer))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic inside a transaction rolled it back; the connection itself stays good.
        self.sql.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The version of the SQLite that is built in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// Opens the file and changes nothing in it, not even by closing it again.
fn connect(file: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sql = Connection::open_with_flags(file, flags)?;
    sql.busy_timeout(BUSY)?;
    sql.set_prepared_statement_cache_capacity(64);
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // A plan does not change with the values it is run with: otherwise every run would be planned anew.
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Whatever an altered file brings along does not run.
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    Ok(sql)
}

/// The version of the schema, of a file that is a vault and not of a newer version.
fn version(sql: &Connection, file: &Path) -> Result<i64, LedgerError> {
    let application: i64 = sql
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(|error| {
            if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
                LedgerError::NotAVault(file.to_owned())
            } else {
                error.into()
            }
        })?;
    if application != schema::APPLICATION_ID {
        return Err(LedgerError::NotAVault(file.to_owned()));
    }
    let found = sql.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > schema::VERSION {
        return Err(LedgerError::NewerSchema {
            found,
            known: schema::VERSION,
        });
    }
    Ok(found)
}

/// Sets up a connection to a file that is ours.
fn set_up(sql: &Connection) -> Result<(), LedgerError> {
    sql.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA mmap_size = 0;
         PRAGMA cache_size = -65536;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;",
    )?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Creates a folder that only its owner can enter, or checks that an existing one is so.
pub fn create_private_folder(folder: &Path) -> Result<(), LedgerError> {
    if folder.exists() {
        return check_private(folder, 0o700);
    }
    std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700)
        .create(folder)
        .map_err(|source| LedgerError::Io {
            path: folder.to_owned(),
            source,
        })
}

/// Refuses a file or folder that others can reach.
#[expect(clippy::verbose_bit_mask, reason = "permissions are masks")]
pub fn check_private(path: &Path, wanted: u32) -> Result<(), LedgerError> {
    let metadata = std::fs::metadata(path).map_err(|source| LedgerError::Io {
        path: path.to_owned(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(LedgerError::Permissions {
            path: path.to_owned(),
            mode,
            wanted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_somebody_still_reads_is_not_said_to_be_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::create(&folder.path().join("vault")).unwrap();
        let log = folder.path().join("vault").join(format!("{FILE}-wal"));
        let length = || std::fs::metadata(&log).unwrap().len();
        let other = ledger.again().unwrap();
        // Nobody waits a minute for a reader who does not end.
        other.lock().busy_timeout(Duration::ZERO).unwrap();
        let refused = ledger.read(|tx| {
            tx.head()?;
            Ok::<_, LedgerError>(other.checkpoint())
        });
        let refused = refused.unwrap().unwrap_err();
        assert!(matches!(refused, LedgerError::InUse), "{refused}");
        assert!(length() > 0);
        other.checkpoint().unwrap();
        assert_eq!(length(), 0);
    }

    #[test]
    fn a_log_is_emptied_in_passing_only_where_nobody_reads_or_writes() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::create(&folder.path().join("vault")).unwrap();
        let log = folder.path().join("vault").join(format!("{FILE}-wal"));
        let length = || std::fs::metadata(&log).unwrap().len();
        let other = ledger.again().unwrap();
        assert!(length() > 0);
        for sql in ["BEGIN; SELECT * FROM entry", "BEGIN IMMEDIATE"] {
            ledger.lock().execute_batch(sql).unwrap();
            assert!(!other.checkpoint_if_idle().unwrap(), "{sql}");
            assert!(length() > 0, "{sql}");
            ledger.lock().execute_batch("ROLLBACK").unwrap();
        }
        assert!(other.checkpoint_if_idle().unwrap());
        assert_eq!(length(), 0);
        // Whatever else this handle does still waits for others.
        let timeout: u32 = other
            .lock()
            .pragma_query_value(None, "busy_timeout", |row| row.get(0))
            .unwrap();
        assert_eq!(u128::from(timeout), BUSY.as_millis());
    }
}
