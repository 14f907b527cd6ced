//! What came after an older snapshot: an old snapshot revives neither an erased chart nor a former member.
//!
//! The entries that took something away are not in the restored ledger, whose chain ends before them; their effect on
//! slots, bodies and credentials is applied all the same. **An admin signs them again**, and [`Later::taken`] says which;
//! until then a verification finds bodies and slots gone for which the restored ledger has no reason.

use crate::ledger::canonical;
use crate::ledger::{Certificate, ChartId, Form, LedgerError, Section, WriteTx};
use crate::vault::directory::{Directory, HeldLine};
use crate::vault::{clock, slot_check};

/// The directory where the snapshot ends, and where the newest one does.
pub(super) struct Later<'a> {
    pub(super) then: &'a Directory,
    pub(super) now: &'a Directory,
}

/// Deletes what erasures deleted: slots, and every body that was written before. A pack that was sent before an erasure
/// still holds the sealed bodies, and newer snapshots list it again.
pub(super) fn erase(tx: &mut WriteTx<'_>, directory: &Directory) -> Result<(), LedgerError> {
    for (chart, state) in &directory.charts {
        let Some(erased) = state.erased else { continue };
        tx.shred(chart)?;
        for section in Section::OF_A_CHART {
            for entry in tx.section(chart, section)? {
                if entry.core.form != Form::Clear && entry.seq() < erased {
                    tx.erase_body(entry.seq())?;
                }
            }
        }
    }
    Ok(())
}

impl Later<'_> {
    /// Takes away what later entries took away, and what belongs to nothing that the restored ledger knows.
    pub(super) fn apply(&self, tx: &mut WriteTx<'_>) -> Result<(), LedgerError> {
        for place in slot_check::unjustified(self.then, tx, clock::now())? {
            tx.delete_slot(&place)?;
        }
        for credential in tx.credentials()? {
            let certificate =
                canonical::decode::<Certificate>("certificate", &credential.certificate);
            let id = certificate.map(|certificate| certificate.id());
            // Keys that were certified only later are not known here. What nobody certified yet waits as it did.
            let unknown = id.is_ok_and(|id| {
                self.now.people.contains_key(&id) && !self.then.people.contains_key(&id)
            });
            if unknown {
                tx.delete_credential(&credential.login)?;
            }
        }
        Ok(())
    }

    /// Whether a chart that the snapshot has was erased later.
    pub(super) fn erases(&self) -> bool {
        self.erased().next().is_some()
    }

    fn erased(&self) -> impl Iterator<Item = ChartId> {
        self.now
            .charts
            .iter()
            .filter(|(chart, state)| {
                state.erased.is_some()
                    && self
                        .then
                        .chart(chart)
                        .is_some_and(|then| then.erased.is_none())
            })
            .map(|(chart, _)| *chart)
    }

    /// What is to be signed again, one line each.
    pub(super) fn taken(&self) -> Vec<String> {
        let mut taken: Vec<String> = self
            .erased()
            .map(|chart| format!("chart {chart} was erased"))
            .collect();
        let ended = |cert| {
            self.now
                .people
                .get(cert)
                .is_some_and(|person| person.until.is_some())
        };
        for (cert, person) in &self.then.people {
            if person.until.is_none() && person.role().is_some() && ended(cert) {
                let login = &person.certificate.login;
                taken.push(match self.now.by_login(login) {
                    Some(_) => format!("{login} was reset and has other keys since"),
                    None => format!("{login} was disabled"),
                });
            }
        }
        for (unit, state) in &self.then.units {
            for (cert, _) in state.present().filter(|(cert, _)| !ended(cert)) {
                if !self.now.is_member(cert, unit)
                    && let Some(person) = self.then.person(cert)
                {
                    taken.push(format!(
                        "{} left {}",
                        person.certificate.login, state.unit.name
                    ));
                }
            }
        }
        for (chart, state) in &self.now.charts {
            let Some(before) = self.then.chart(chart) else {
                continue;
            };
            let revoked = |line: &&HeldLine| line.revoked.is_some();
            let mut grants: Vec<_> = state
                .lines
                .iter()
                .filter(revoked)
                .map(|l| l.grant)
                .collect();
            let known: Vec<_> = before
                .lines
                .iter()
                .filter(revoked)
                .map(|l| l.grant)
                .collect();
            grants.retain(|grant| {
                !known.contains(grant) && before.lines.iter().any(|line| line.grant == *grant)
            });
            grants.sort_unstable();
            grants.dedup();
            taken.extend(
                grants
                    .iter()
                    .map(|grant| format!("grant {grant} on chart {chart} was revoked")),
            );
        }
        taken
    }
}
