//! A drill: a restore that is done only to see that it can be, how long it takes, and what would be lost.

use std::path::Path;
use std::time::Instant;

use super::Target;
use super::scratch::Scratch;
use crate::backup::PrintedHead;
use crate::backup::restore::Damage;
use crate::config::Paths;
use crate::crypto::random;
use crate::crypto::secret::SecretBytes;
use crate::desk::view::{Drilled, Reporter, Restored};
use crate::desk::{DeskError, Session, charts, session};
use crate::interop::fhir::export::as_json;
use crate::ledger::Clear;
use crate::ledger::clear::DrillMark;

/// Who drills, and how.
#[derive(Debug, Clone, Copy)]
pub struct Drill<'a> {
    /// The user whose charts are opened; they must be able to log in, here and in what is restored.
    pub login: &'a str,
    /// Their passphrase.
    pub passphrase: &'a SecretBytes,
    /// The texts of the restore shares.
    pub shares: &'a [SecretBytes],
    /// The head of the last backup, where somebody wrote it down.
    pub head: Option<&'a PrintedHead>,
    /// The folder below which the scratch folder is made; that of the vault if none.
    pub scratch: Option<&'a Path>,
    /// How many charts are opened, chosen at random.
    pub charts: usize,
}

/// Restores the newest snapshot into a scratch folder, logs in there, opens charts, removes all of it, and puts recovery
/// time and point on record. Damage to the repository is a problem that is told, and the newest snapshot that is whole is taken.
pub fn drill(
    paths: &Paths,
    target: &Target,
    drill: &Drill<'_>,
    watch: Reporter<'_>,
) -> Result<Drilled, DeskError> {
    let live = session::login(paths, drill.login, drill.passphrase)?;
    let head = live.vault().ledger().head()?;
    let beside = paths.vault.parent().unwrap_or(Path::new("."));
    let started = Instant::now();
    let scratch = Scratch::below(drill.scratch.unwrap_or(beside), "drill")?;
    let restored = scratch.restore(
        target,
        (None, Damage::Accept),
        (drill.shares, drill.head),
        watch,
    )?;
    let restored_session = session::login(&scratch.paths(), drill.login, drill.passphrase)?;
    let mut seen = open_charts(&restored_session, &live, drill.charts)?;
    seen.problems.extend(restored.damage.iter().cloned());
    let seconds = started.elapsed().as_secs_f64();
    drop(restored_session);
    drop(scratch);

    let ok = restored.verify.ok && seen.problems.is_empty();
    let mark = DrillMark {
        covers: restored.entries,
        point: restored.created.millis().max(0) as u64,
        millis: (seconds * 1000.0) as u64,
        charts: seen.charts,
        whole: ok,
    };
    let stored = live
        .vault()
        .write(|writer| writer.clear(&Clear::DrillMark(mark)))?;
    Ok(told(
        restored,
        seen,
        seconds,
        head.seq,
        stored.id.to_string(),
        ok,
    ))
}

fn told(
    restored: Restored,
    seen: Seen,
    seconds: f64,
    head: u64,
    entry: String,
    ok: bool,
) -> Drilled {
    Drilled {
        snapshot: restored.snapshot,
        recovery_point: restored.created,
        recovery_seconds: seconds,
        entries: restored.entries,
        entries_behind: head.saturating_sub(restored.entries),
        charts_opened: seen.charts,
        entries_read: seen.entries,
        problems: seen.problems,
        entry,
        verify: restored.verify,
        ok,
    }
}

/// What was seen in the restored vault.
#[derive(Debug, Default)]
struct Seen {
    charts: u64,
    entries: u64,
    problems: Vec<String>,
}

/// Opens charts that the user can open, and reads all that their keys open in them.
fn open_charts(restored: &Session, live: &Session, wanted: usize) -> Result<Seen, DeskError> {
    let mut there = charts::list(restored, None)?;
    let mut seen = Seen::default();
    if there.is_empty() && !charts::list(live, None)?.is_empty() {
        seen.problems
            .push("no chart opens in the restored vault, and some do here".into());
    }
    while seen.charts < wanted as u64 && !there.is_empty() {
        let at = u64::from_le_bytes(random::bytes()) % there.len() as u64;
        let line = there.swap_remove(at as usize);
        match charts::show(restored, &line.mrn, None, &as_json) {
            Ok(chart) => {
                seen.charts += 1;
                seen.entries += chart.sections.values().map(|s| s.len() as u64).sum::<u64>();
            }
            Err(error) => seen.problems.push(format!("chart {}: {error}", line.chart)),
        }
    }
    Ok(seen)
}
