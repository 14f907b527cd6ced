//! A look at the host's keys: are they there, do they belong to this vault, does nobody else reach them. Opens nothing.

use std::path::Path;

use crate::config::Paths;
use crate::crypto::hygiene;
use crate::ledger::store::check_private;
use crate::vault::host::Host;
use crate::vault::{Directory, Vault, VaultError};

use super::error::DeskError;
use super::session;
use super::view::{Check, CheckOutcome, KeysCheck};

/// The files without which a vault cannot be unlocked.
const FILES: [&str; 3] = ["host-secret", "identity", "vault-id"];

/// Looks at every file and what it says. A check that fails does not keep the others from running.
pub fn check(paths: &Paths) -> Result<KeysCheck, DeskError> {
    let (vault, host) = session::folders(paths)?;
    let mut checks = vec![folder(&host)];
    checks.extend(FILES.iter().map(|name| file(&host, name)));
    match Vault::open(&vault, &host) {
        Err(error) => checks.push(stop("vault", error.to_string())),
        Ok(vault) => {
            checks.push(ok(
                "vault",
                format!(
                    "the pinned id is that of this vault, {}",
                    vault.host().vault()
                ),
            ));
            checks.push(high_water(&vault));
            checks.push(match vault.directory() {
                Ok(directory) => certificate(&directory, vault.host()),
                Err(error) => stop("certificate", error.to_string()),
            });
            checks.push(backup_keys(vault.host()));
        }
    }
    checks.push(process());
    let ok = checks
        .iter()
        .all(|check| check.outcome != CheckOutcome::Stop);
    Ok(KeysCheck { checks, ok })
}

fn made(check: &str, outcome: CheckOutcome, text: String) -> Check {
    Check {
        check: check.to_owned(),
        outcome,
        text,
    }
}

fn ok(check: &str, text: String) -> Check {
    made(check, CheckOutcome::Ok, text)
}

fn stop(check: &str, text: String) -> Check {
    made(check, CheckOutcome::Stop, text)
}

fn folder(host: &Path) -> Check {
    match check_private(host, 0o700) {
        Ok(()) => ok("folder", format!("{} is closed to others", host.display())),
        Err(error) => stop("folder", error.to_string()),
    }
}

fn file(host: &Path, name: &str) -> Check {
    match check_private(&host.join(name), 0o600) {
        Ok(()) => ok(name, "there, and closed to others".into()),
        Err(error) => stop(name, error.to_string()),
    }
}

/// The ledger must still hold what this host has seen, at the same place.
fn high_water(vault: &Vault) -> Check {
    let compare = || {
        let Some(seen) = vault.host().high_water()? else {
            return Ok(None);
        };
        let link = vault.ledger().read(|tx| tx.link_at(seen.seq))?;
        if link == Some(seen.link) {
            return Ok(Some(seen.seq));
        }
        Err(VaultError::RolledBack {
            seen: seen.seq,
            found: vault.ledger().head()?.seq,
        })
    };
    match compare() {
        Ok(Some(seq)) => ok(
            "high-water",
            format!("entry {seq}, which this host has seen, is where it was"),
        ),
        Ok(None) => made(
            "high-water",
            CheckOutcome::Warn,
            "this host remembers no entry: a cut would go unnoticed".into(),
        ),
        Err(error) => stop("high-water", error.to_string()),
    }
}

/// What the host signs counts only under a certificate that is in force.
fn certificate(directory: &Directory, host: &Host) -> Check {
    let key = host.sign().public();
    let certified = directory
        .people
        .values()
        .find(|person| person.certificate.verify == key);
    match certified {
        Some(person) if person.until.is_none() => ok(
            "certificate",
            format!(
                "certified by entry {}, key {}",
                person.since,
                person.certificate.fingerprint()
            ),
        ),
        Some(_) => stop(
            "certificate",
            "the host's certificate was withdrawn: an admin certifies it again".into(),
        ),
        None => stop(
            "certificate",
            "the host is not certified in this vault: an admin logs in here and certifies it"
                .into(),
        ),
    }
}

fn backup_keys(host: &Host) -> Check {
    match host.backup_keys() {
        Ok(Some(_)) => ok("backup-keys", "there, and closed to others".into()),
        Ok(None) => made(
            "backup-keys",
            CheckOutcome::Note,
            "none yet: the first backup makes them".into(),
        ),
        Err(error) => stop("backup-keys", error.to_string()),
    }
}

/// What protects keys in memory. A container may forbid any of it, so none of it is an error.
fn process() -> Check {
    let held = hygiene::harden();
    let missing: Vec<_> = [
        (held.no_core_dumps, "core dumps are possible"),
        (
            held.not_dumpable,
            "memory can be read by this account's processes",
        ),
        (held.locked_in_memory, "keys may reach the swap"),
    ]
    .into_iter()
    .filter_map(|(holds, text)| (!holds).then_some(text))
    .collect();
    if missing.is_empty() {
        ok(
            "process",
            "no core dumps, not traceable, locked in memory".into(),
        )
    } else {
        made("process", CheckOutcome::Note, missing.join("; "))
    }
}
