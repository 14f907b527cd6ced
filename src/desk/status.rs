//! What anyone on the host may know of the vault: counts and times, nothing of a person.

use std::path::Path;

use crate::backup::PrintedHead;
use crate::backup::keys::BackupKeys;
use crate::config::Paths;
use crate::ledger::clear::BackupMark;
use crate::ledger::{Ledger, store};
use crate::vault::clock;
use crate::vault::host::{Host, replace_private};

use super::error::DeskError;
use super::view::{Stamp, Status};
use super::{incidents, session};

/// A backup that is older than this is overdue: a daily one, and two hours for it to run late.
pub const OVERDUE_MS: u64 = 26 * clock::HOUR;

/// The file in the host's folder that says when a verification last found nothing wrong.
const LAST_VERIFY: &str = "last-verify";

/// Counts what the clear entries speak of. Needs no user; a broken chain is an error here as everywhere.
pub fn read(paths: &Paths) -> Result<Status, DeskError> {
    read_at(paths, clock::now())
}

/// The same as of a time, in milliseconds since 1970.
pub fn read_at(paths: &Paths, now: u64) -> Result<Status, DeskError> {
    let vault = session::open(paths)?;
    let directory = vault.directory()?;
    let ledger = vault.ledger();
    let locked = ledger.read(|tx| {
        let credentials = tx.credentials()?;
        Ok::<_, DeskError>(
            credentials
                .iter()
                .filter(|credential| credential.locked_until > now)
                .count(),
        )
    })?;
    let founded = ledger.read(|tx| tx.entry(1))?;
    let last_backup = directory.last_backup.map(|(_, at, _)| at);
    let head = match directory.last_backup {
        Some((_, _, mark)) => head_of(vault.host(), &mark)?,
        None => None,
    };
    let since = last_backup.or(founded.map(|genesis| genesis.core.created));
    let active = |person: &&crate::vault::directory::Person| {
        person.until.is_none() && person.role().is_some()
    };
    Ok(Status {
        vault: paths.vault.display().to_string(),
        schema: ledger.schema_version() as u32,
        entries: directory.seq,
        charts: directory
            .charts
            .values()
            .filter(|chart| chart.erased.is_none())
            .count() as u64,
        users: directory.people.values().filter(active).count() as u64,
        units: directory.units.len() as u64,
        last_backup: last_backup.map(|at| Stamp::from_millis(at as i64)),
        backup_overdue: since.is_some_and(|since| now.saturating_sub(since) > OVERDUE_MS),
        last_backup_head: head.map(|head| head.to_string()),
        backup_incidents: incidents::list(vault.host().folder()),
        last_drill: directory
            .last_drill
            .filter(|(_, _, drill)| drill.whole)
            .map(|(_, at, _)| Stamp::from_millis(at as i64)),
        last_verify: last_verified(vault.host().folder()),
        locked_accounts: locked as u64,
        sqlite: store::sqlite_version().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        vault_id: vault.host().vault().to_string(),
        share_threshold: directory.genesis.as_ref().map_or(0, |g| g.threshold),
        bytes: size_of(ledger),
    })
}

/// The head of the backup that a mark names, on a host that backs up.
fn head_of(host: &Host, mark: &BackupMark) -> Result<Option<PrintedHead>, DeskError> {
    let keys = host.backup_keys()?;
    let keys = keys.and_then(|keys| BackupKeys::from_bytes(&keys, host.sign().duplicate()));
    Ok(keys.map(|keys| PrintedHead::naming(keys.repository, mark.snapshot, &mark.manifest)))
}

/// Remembers on the host that the whole ledger was verified just now and nothing was wrong.
pub fn mark_verified(host: &Host) -> Result<(), DeskError> {
    let now = Stamp::from_millis(clock::now() as i64);
    Ok(replace_private(
        &host.folder().join(LAST_VERIFY),
        now.to_string().as_bytes(),
    )?)
}

fn last_verified(host: &Path) -> Option<Stamp> {
    let text = std::fs::read_to_string(host.join(LAST_VERIFY)).ok()?;
    text.trim().parse().ok().map(Stamp)
}

/// The file and its write-ahead log.
fn size_of(ledger: &Ledger) -> u64 {
    ["", "-wal"]
        .iter()
        .filter_map(|suffix| {
            std::fs::metadata(ledger.folder().join(format!("{}{suffix}", store::FILE))).ok()
        })
        .map(|metadata| metadata.len())
        .sum()
}
