//! Judging a clear entry where it stands: who may say what. Here people and units; how they are joined, what becomes of
//! charts and who may hand their keys on have files of their own.

mod charts;
mod granting;
mod joining;

use super::directory::{Directory, Finding, Person, UnitState};
use crate::clinical::Role;
use crate::ledger::append::CLOCK_SLACK_MS;
use crate::ledger::clear::{Certificate, Clear, Genesis, Invitation, Unit};
use crate::ledger::{CertId, ChartId, Core, Office};

/// Why a clear entry does not count.
pub type Refusal = String;

impl Directory {
    /// Takes a clear entry whose signature was verified into account, or records why it does not count.
    pub fn apply(&mut self, seq: u64, core: &Core, clear: Clear) {
        if let Err(what) = self.judge(seq, core, clear) {
            self.findings.push(Finding { seq, what });
        }
    }

    fn judge(&mut self, seq: u64, core: &Core, clear: Clear) -> Result<(), Refusal> {
        let author = core.author;
        let now = self.time_of(core);
        match clear {
            Clear::Genesis(body) => self.genesis(seq, author, body),
            Clear::Certificate(body) => self.certificate(seq, author, body),
            Clear::Invitation(body) => self.invitation(seq, author, body, now),
            Clear::Disable(body) => self.disable(seq, author, body.person),
            Clear::Unit(body) => self.unit(seq, author, &body),
            Clear::Authorisation(body) => self.authorisation(seq, author, body),
            Clear::UnitKey(body) => self.unit_key(seq, author, body),
            Clear::Delivery(body) => self.delivery(core.id, author, &body),
            Clear::Leave(body) => self.leave(seq, author, body),
            Clear::Enrolment(body) => self.enrolment(seq, core, &body, now),
            Clear::Grant(body) => self.grant(seq, core, &body, now),
            Clear::Revocation(body) => self.revocation(seq, author, body, now),
            Clear::Epoch(body) => self.epoch(seq, core, &body, now),
            Clear::Attending(body) => self.attending(seq, author, body),
            Clear::Erasure(body) => self.erasure(seq, author, body),
            Clear::Acceptance(body) => self.acceptance(seq, author, body, now),
            Clear::BackupMark(body) => {
                match self
                    .people
                    .get(&author)
                    .map(|person| person.certificate.office)
                {
                    Some(Office::Host | Office::Person(Role::Admin)) => {}
                    _ => return Err("only the host or an admin may mark a backup".into()),
                }
                self.backups.extend(body.place.map(|place| (place, body)));
                self.last_backup = Some((seq, now, body));
                Ok(())
            }
            Clear::DrillMark(body) => {
                match self.role_at(&author, seq) {
                    None | Some(Role::Patient) => {
                        return Err("only somebody employed may record a drill".into());
                    }
                    Some(_) => {}
                }
                self.last_drill = Some((seq, now, body));
                Ok(())
            }
        }
    }

    /// When an entry is taken to have been written. **Its own word counts only as far as the clocks of hosts may differ from what
    /// the ledger had reached**: whoever dates back, by one entry or by many, does not bring back what ran out.
    fn time_of(&self, core: &Core) -> u64 {
        core.created.max(self.latest.saturating_sub(CLOCK_SLACK_MS))
    }

    fn needs_admin(&self, seq: u64, author: CertId, what: &str) -> Result<(), Refusal> {
        match self.role_at(&author, seq) {
            Some(Role::Admin) => Ok(()),
            Some(role) => Err(format!("a {} may not {what}: only an admin", role.as_str())),
            None => Err(format!("its author may not {what}")),
        }
    }

    fn genesis(&mut self, seq: u64, author: CertId, body: Genesis) -> Result<(), Refusal> {
        if seq != 1 {
            return Err("a second genesis".into());
        }
        let id = body.admin.id();
        if id != author
            || body.admin.office != Office::Person(Role::Admin)
            || !body.admin.self_signature_holds()
        {
            return Err("genesis does not carry its author's own admin certificate".into());
        }
        self.people.insert(
            id,
            Person {
                certificate: body.admin.clone(),
                since: seq,
                until: None,
            },
        );
        self.genesis = Some(body);
        Ok(())
    }

    fn certificate(&mut self, seq: u64, author: CertId, body: Certificate) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "certify anyone")?;
        if !body.self_signature_holds() {
            return Err(format!(
                "the certificate of {} was not asked for by the holder of its key",
                body.login
            ));
        }
        if self.by_login(&body.login).is_some() {
            return Err(format!("a second active certificate for {}", body.login));
        }
        let id = body.id();
        if self.people.contains_key(&id) {
            return Err(format!("the certificate of {} was used before", body.login));
        }
        self.invitations.remove(&body.login);
        self.people.insert(
            id,
            Person {
                certificate: body,
                since: seq,
                until: None,
            },
        );
        Ok(())
    }

    /// The newest invitation of a login counts. One that expires as it is written withdraws those before.
    fn invitation(
        &mut self,
        seq: u64,
        author: CertId,
        body: Invitation,
        now: u64,
    ) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "invite anyone")?;
        if body.expires <= now {
            self.invitations.remove(&body.login);
        } else {
            self.invitations.insert(body.login.clone(), body);
        }
        Ok(())
    }

    fn disable(&mut self, seq: u64, author: CertId, person: CertId) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "disable anyone")?;
        let last = self.is_last_admin(&person);
        let known = self
            .people
            .get_mut(&person)
            .ok_or("disables a certificate that is not known")?;
        if last {
            return Err("disables the last admin".into());
        }
        known.until.get_or_insert(seq);
        for unit in self.units.values_mut() {
            if let Some(member) = unit.members.get_mut(&person) {
                member.left.get_or_insert(seq);
            }
        }
        Ok(())
    }

    fn unit(&mut self, seq: u64, author: CertId, body: &Unit) -> Result<(), Refusal> {
        self.needs_admin(seq, author, "make a unit")?;
        if self.units.contains_key(&body.unit) || self.unit_by_name(&body.name).is_some() {
            return Err(format!("a second unit called {}", body.name));
        }
        if !body.kind.is_ordinary() && self.special(body.kind).is_some() {
            return Err(format!("a second {} unit", body.kind.as_str()));
        }
        let chart = body.unit.chart();
        if chart == ChartId::ZERO || self.charts.contains_key(&chart) {
            return Err(format!(
                "makes the unit {} under the id of a chart",
                body.name
            ));
        }
        let state = UnitState {
            unit: body.clone(),
            keys: std::collections::BTreeMap::new(),
            members: std::collections::BTreeMap::new(),
            recoverable: std::collections::BTreeMap::new(),
        };
        self.units.insert(body.unit, state);
        Ok(())
    }
}
