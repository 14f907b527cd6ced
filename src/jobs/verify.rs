//! Verification: one walk over everything, on all cores.
//!
//! Without keys it checks what anybody with the file can check: the chain, every signature, who was allowed what, slots against
//! grants, views against entries. With a session it also opens every body that the session's keys reach. **It does not stop at
//! the first problem: it names each bad entry and goes on.** It reads in batches through its own handle, so that memory stays
//! bounded and writers are not held up. Whoever watches may hold it up or stop it at any hundredth: nothing is open then.

mod crew;
mod exported;
mod file_check;
mod findings;
mod hold;

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::Paths;
use crate::desk::view::{IndexChecked, Progress, Reporter, VerifyReport};
use crate::desk::{self, DeskError, status, verifications};
use crate::ledger::{ChartId, Form, Ledger, Scanned, Section};
use crate::vault::opener::Opener;
use crate::vault::sweep::{Fault, Found, Pending, Sweep, Witness};
use crate::vault::{Host, VaultError, clock};

use crew::{Crew, Task};
use file_check::FileCheck;
use findings::Findings;
use hold::Hold;

pub use exported::exported;

/// The most rows a batch: batch verification gains little beyond.
const BATCH: usize = 4_096;
/// The fewest, where a batch is a hundredth of all there is: how far the work has come is told after each.
const LEAST: usize = 64;
/// Boxes a batch: documents are large.
const BYTES: usize = 8 << 20;
/// After so many unreadable rows in a row, the rest is given up.
const UNREADABLE: usize = 1_000;

/// Verifies the vault that the configuration names. Needs no user.
pub fn ledger(
    paths: &Paths,
    threads: usize,
    watch: Reporter<'_>,
) -> Result<VerifyReport, DeskError> {
    let ledger = Ledger::open(&paths.vault)?.for_a_walk()?;
    let genesis = ledger.read(|tx| tx.link_at(1)).ok().flatten();
    let host = genesis
        .and_then(|genesis| paths.host_of(&genesis.to_string()).ok())
        .and_then(|folder| Host::open(&folder).ok());
    let mut findings = Findings::default();
    let witness = if let Some(host) = &host {
        Witness::of(host)?
    } else {
        findings.take(Found {
                seq: None,
                fault: Fault::View,
                what: "the state of this host is not there: nothing tells whether this is the vault that belongs here, \
                       whole; name its folder with --host"
                    .into(),
            });
        Witness::default()
    };
    let report = Verification {
        ledger: &ledger,
        witness,
        threads,
        watch,
        findings,
        session: None,
    }
    .run(None)?;
    if let Some(host) = &host {
        keep(host, &report);
    }
    Ok(report)
}

/// Drops the keyless views and makes them anew from the entries, for a verification to hold against them. Needs no user.
pub fn rebuild_views(paths: &Paths) -> Result<(), DeskError> {
    Ok(Ledger::open(&paths.vault)?.for_a_walk()?.rebuild_views()?)
}

/// Verifies a ledger against what somebody remembers of it. Needs no user.
pub fn keyless(
    ledger: &Ledger,
    witness: Witness,
    threads: usize,
    watch: Reporter<'_>,
) -> Result<VerifyReport, DeskError> {
    let findings = Findings::default();
    Verification {
        ledger,
        witness,
        threads,
        watch,
        findings,
        session: None,
    }
    .run(None)
}

/// The same with a session's keys: also opens every body they reach, and holds the index against the bodies.
pub fn full(
    session: &desk::Session,
    threads: usize,
    watch: Reporter<'_>,
) -> Result<VerifyReport, DeskError> {
    let desk = session;
    let session = desk.vault();
    let witness = Witness::of(session.host())?;
    let ledger = session.ledger().again()?.for_a_walk()?;
    let findings = Findings::default();
    let report = Verification {
        ledger: &ledger,
        witness,
        threads,
        watch,
        findings,
        session: Some(session),
    }
    .run(Some(desk))?;
    keep(session.host(), &report);
    Ok(report)
}

/// The host keeps the report, and `status` shows when the ledger was last found whole.
pub(super) fn keep(host: &Host, report: &VerifyReport) {
    // The report was made and is shown: that it cannot be kept does not change what it says.
    let _ = verifications::keep(host, report);
    if report.ok {
        let _ = status::mark_verified(host);
    }
}

struct Verification<'a> {
    ledger: &'a Ledger,
    witness: Witness,
    threads: usize,
    watch: Reporter<'a>,
    findings: Findings,
    session: Option<&'a crate::vault::Session>,
}

impl Verification<'_> {
    fn run(mut self, desk: Option<&desk::Session>) -> Result<VerifyReport, DeskError> {
        let total = self.ledger.head().ok().map(|head| head.seq);
        let hundredth = total.and_then(|total| usize::try_from(total / 100).ok());
        let batch = hundredth.unwrap_or(BATCH).clamp(LEAST, BATCH);
        let mut sweep = Sweep::new(self.witness);
        let mut keys = Keys {
            session: self.session,
            known: HashMap::new(),
            unreadable: 0,
        };
        let watch = self.watch;
        let hold = Hold::default();
        let file = FileCheck::begin(self.ledger, hold.clone());
        let crew = Crew::new(self.threads, total, watch, hold);
        let done = crew.run(|hand| {
            let mut after = 0;
            let mut unreadable = 0;
            // Whether the walk came to the end, and was not given up.
            let mut whole = false;
            loop {
                let rows = match self.ledger.read(|tx| tx.scan(after, batch, BYTES)) {
                    Ok(rows) => rows,
                    Err(error) => {
                        self.findings.take(unread(after, &error));
                        break;
                    }
                };
                let Some(last) = rows.last() else {
                    whole = true;
                    break;
                };
                after = last.seq;
                unreadable = if last.row.is_some() {
                    0
                } else {
                    unreadable + 1
                };
                let rows_in_all = rows.len();
                let tasks = judge(&mut sweep, rows, &mut keys, &mut self.findings)?;
                // What the sweep has judged by itself.
                crew.judged((rows_in_all - tasks.len()) as u64);
                hand(tasks)?;
                if unreadable > UNREADABLE {
                    break;
                }
            }
            // What was written meanwhile, and then views and slots, in one snapshot.
            let rest = self.ledger.read(|tx| {
                let mut rest = Vec::new();
                while whole {
                    let rows = tx.scan(after, BATCH, BYTES).unwrap_or_else(|error| {
                        self.findings.take(unread(after, &error));
                        Vec::new()
                    });
                    whole = !rows.is_empty();
                    after = rows.last().map_or(after, |last| last.seq);
                    rest.push(judge(&mut sweep, rows, &mut keys, &mut self.findings)?);
                }
                if let Err(error) = sweep.finish(tx, clock::now()) {
                    self.findings.take(unread(after, &error));
                }
                Ok::<_, DeskError>(rest)
            });
            match rest {
                Ok(rest) => rest.into_iter().try_for_each(&mut *hand)?,
                Err(DeskError::Vault(error)) => self.findings.take(unread(after, &error)),
                Err(error) => return Err(error),
            }
            self.check_slots()
        })?;
        self.findings.take_all(file.end(watch)?);
        self.findings.take_all(sweep.take_found());
        let index = match desk.map(|session| desk::index::audit(session, self.watch)) {
            None => IndexChecked::default(),
            Some(Ok(mut checked)) => {
                for (seq, what) in std::mem::take(&mut checked.findings) {
                    let fault = Fault::View;
                    self.findings.take(Found { seq, fault, what });
                }
                checked
            }
            Some(Err(DeskError::Stopped)) => return Err(DeskError::Stopped),
            Some(Err(error)) => {
                self.findings.take(Found {
                    seq: None,
                    fault: Fault::View,
                    what: format!("the index cannot be compared: {error}"),
                });
                IndexChecked::default()
            }
        };
        let totals = findings::Totals {
            head: sweep.last(),
            judged: sweep.judged(),
            unreadable: keys.unreadable,
            index,
        };
        Ok(self.findings.report(totals, done))
    }

    /// The slots that the session's keys open.
    fn check_slots(&mut self) -> Result<(), DeskError> {
        let Some(session) = self.session else {
            return Ok(());
        };
        let checked = session.read(|reader| {
            let (_, found) = reader.check_slots()?;
            Ok::<_, VaultError>(found)
        });
        match checked {
            Err(error) => self.findings.take(lost(&error)?),
            Ok(found) => found.into_iter().for_each(|finding| {
                self.findings.take(Found {
                    seq: Some(finding.seq),
                    fault: Fault::Grant,
                    what: finding.what,
                });
            }),
        }
        Ok(())
    }
}

/// The keys that a session lends, by chart, section and epoch.
struct Keys<'a> {
    session: Option<&'a crate::vault::Session>,
    known: HashMap<(ChartId, Section, u32), Option<Arc<Opener>>>,
    unreadable: u64,
}

impl Keys<'_> {
    fn opener(
        &mut self,
        pending: &Pending,
        findings: &mut Findings,
    ) -> Result<Option<Arc<Opener>>, DeskError> {
        let core = &pending.entry.core;
        if pending.entry.row.body.is_none() {
            return Ok(None);
        }
        let place = (core.chart, core.section, core.epoch);
        let known = match (self.known.get(&place), self.session) {
            (Some(known), _) => known.clone(),
            (None, None) => None,
            (None, Some(session)) => {
                let opener = match session.read(|reader| reader.opener(place.0, place.1, place.2)) {
                    Ok(opener) => Some(Arc::new(opener)),
                    Err(VaultError::NoKey { .. } | VaultError::NoChart(_)) => None,
                    Err(error) => {
                        findings.take(lost(&error)?);
                        None
                    }
                };
                self.known.insert(place, opener.clone());
                opener
            }
        };
        self.unreadable += u64::from(known.is_none());
        Ok(known)
    }
}

/// Judges some rows in order, and returns what is left to do for each of them.
fn judge(
    sweep: &mut Sweep,
    rows: Vec<Scanned>,
    keys: &mut Keys<'_>,
    findings: &mut Findings,
) -> Result<Vec<Task>, DeskError> {
    let mut tasks = Vec::with_capacity(rows.len());
    for scanned in rows {
        if let Some(pending) = sweep.take(scanned) {
            debug_assert_ne!(
                pending.entry.core.form,
                Form::Clear,
                "the sweep judges clear entries itself"
            );
            let opener = keys.opener(&pending, findings)?;
            tasks.push(Task { pending, opener });
        }
    }
    findings.take_all(sweep.take_found());
    Ok(tasks)
}

/// Why keys could not be had: a finding, or the end of the session.
fn lost(error: &VaultError) -> Result<Found, DeskError> {
    if error.is_denial() {
        return Err(DeskError::Denied(error.to_string()));
    }
    Ok(Found {
        seq: None,
        fault: Fault::Grant,
        what: error.to_string(),
    })
}

fn unread(after: u64, error: &dyn std::fmt::Display) -> Found {
    Found {
        seq: None,
        fault: Fault::Chain,
        what: format!("the file cannot be read after entry {after}: {error}"),
    }
}

/// What the watcher is told.
fn progress(done: u64, total: Option<u64>) -> Progress {
    Progress {
        what: "verify".into(),
        done,
        total,
        unit: "entries",
        note: None,
        transfer: None,
    }
}
