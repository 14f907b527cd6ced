//! Reports of verifications, kept on the host so that they can be opened again.
//!
//! A report holds sequence numbers, counts, faults, and the names of logins and units that the file itself shows; nothing of a
//! patient. The newest [`KEPT`] stay, each a file `verifications/<time>.json` of the host's folder, for its owner alone.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::Paths;
use crate::ledger::store::create_private_folder;
use crate::vault::host::{Host, write_private};

use super::error::DeskError;
use super::kept;
use super::session;
use super::view::{Stamp, VerifyLine, VerifyReport};

/// So many reports are kept; older ones go.
pub const KEPT: usize = 20;

const FOLDER: &str = "verifications";
const SAVED: &str = "saved";

/// Keeps a report, and lets go of the oldest ones.
pub fn keep(host: &Host, report: &VerifyReport) -> Result<(), DeskError> {
    let folder = host.folder().join(FOLDER);
    kept::keep(&folder, report)?;
    for (_, path) in kept::files(&folder).into_iter().skip(KEPT) {
        kept::let_go(&path);
    }
    Ok(())
}

/// The reports that are kept, the newest first. One that cannot be read is left out.
pub fn list(paths: &Paths) -> Result<Vec<VerifyLine>, DeskError> {
    let lines = kept::files(&host(paths)?.join(FOLDER))
        .into_iter()
        .filter_map(|(at, path)| {
            let report = read(&path).ok()?;
            Some(VerifyLine {
                at,
                entries: report.entries,
                findings: report.findings.len() as u64,
                ok: report.ok,
                seconds: report.seconds,
            })
        });
    Ok(lines.collect())
}

/// A report that is kept: the one of `at`, or the newest.
pub fn show(paths: &Paths, at: Option<Stamp>) -> Result<VerifyReport, DeskError> {
    let files = kept::files(&host(paths)?.join(FOLDER));
    let found = match at {
        None => files.first(),
        Some(at) => files.iter().find(|(kept, _)| *kept == at),
    };
    let (_, path) = found.ok_or_else(|| {
        DeskError::BadInput(
            "no report of a verification is kept on this host: `chartseal verify` makes one".into(),
        )
    })?;
    read(path)
}

/// Writes a report as text into a file of its own in the host's folder, where it stays. Says where.
pub fn save(paths: &Paths, at: Stamp, text: &str) -> Result<PathBuf, DeskError> {
    let folder = host(paths)?.join(SAVED);
    create_private_folder(&folder)?;
    let path = folder.join(format!("verification-{}.txt", at.millis()));
    if !path.exists() {
        write_private(&path, text.as_bytes())?;
    }
    Ok(path)
}

fn host(paths: &Paths) -> Result<PathBuf, DeskError> {
    Ok(session::folders(paths)?.1)
}

fn read(path: &Path) -> Result<VerifyReport, DeskError> {
    let damaged = |error: &dyn std::fmt::Display| {
        DeskError::Damaged(format!(
            "the report {} cannot be read: {error}",
            path.display()
        ))
    };
    let bytes = fs::read(path).map_err(|error| damaged(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| damaged(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::view::{Bodies, Chain, Checked, Finding, Grants, IndexChecked};
    use crate::vault::host::NewHost;

    fn report(entries: u64) -> VerifyReport {
        VerifyReport {
            entries,
            chain: Chain::Broken,
            first_break: Some(3),
            signatures: Checked {
                checked: entries,
                bad: vec![7],
            },
            grants: Grants::default(),
            bodies: Bodies::default(),
            index: IndexChecked::default(),
            seconds: 0.25,
            ok: false,
            findings: vec![Finding {
                seq: Some(7),
                text: "its signature does not match its header".into(),
            }],
            head: "4f".repeat(32),
        }
    }

    #[test]
    fn the_newest_reports_are_kept_and_read_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let host = folder.path().join("host");
        let host = NewHost::random()
            .settle(&host, crate::crypto::hash::Hash([1; 32]))
            .unwrap();
        let many = KEPT as u64 + 5;
        for entries in 1..=many {
            keep(&host, &report(entries)).unwrap();
        }
        let files = kept::files(&host.folder().join(FOLDER));
        assert_eq!(files.len(), KEPT);
        assert_eq!(read(&files[0].1).unwrap(), report(many));
        assert_eq!(
            read(&files[KEPT - 1].1).unwrap(),
            report(many - KEPT as u64 + 1)
        );
        fs::write(&files[0].1, b"{").unwrap();
        let error = read(&files[0].1).unwrap_err().to_string();
        assert!(error.contains("cannot be read"), "{error}");
    }
}
