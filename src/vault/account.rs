//! Accounts: everyone who has or had one, and where they stand.

use crate::clinical::Role;
use crate::ledger::{CertId, Certificate, Credential};

use super::directory::Directory;
use super::people::certificate_of;

/// Where somebody stands on the way to an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Has a code, no keys.
    Invited,
    /// Has keys, awaits approval.
    Activated,
    /// Certified.
    Active,
    /// No longer.
    Disabled,
}

impl Standing {
    /// The word in listings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Activated => "activated",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// One line of the list of users.
#[derive(Clone, Debug)]
pub struct Account {
    /// The login.
    pub login: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Where they stand.
    pub standing: Standing,
    /// The certificate, from activation on.
    pub cert: Option<CertId>,
    /// The fingerprint to compare, from activation on.
    pub fingerprint: Option<String>,
    /// Until when attempts are refused; 0 for not locked.
    pub locked_until: u64,
}

impl Directory {
    /// Everyone who has or had an account, by login. Needs the credentials to tell invited from activated.
    pub fn accounts(&self, credentials: &[Credential]) -> Vec<Account> {
        let credential = |login: &str| {
            credentials
                .iter()
                .find(|credential| credential.login == login)
        };
        let mut accounts = Vec::new();
        for (cert, person) in &self.people {
            let Some(role) = person.role() else { continue };
            let login = &person.certificate.login;
            let standing = if person.until.is_some() {
                Standing::Disabled
            } else {
                Standing::Active
            };
            let superseded = standing == Standing::Disabled
                && (self.by_login(login).is_some()
                    || self.invitations.contains_key(login)
                    || self.people.values().any(|other| {
                        other.certificate.login == *login && other.since > person.since
                    }));
            if superseded {
                continue;
            }
            accounts.push(Account {
                login: login.clone(),
                name: person.certificate.name.clone(),
                role,
                standing,
                cert: Some(*cert),
                fingerprint: Some(person.certificate.fingerprint()),
                locked_until: credential(login).map_or(0, |credential| credential.locked_until),
            });
        }
        for (login, invitation) in &self.invitations {
            let Some(role) = invitation.office.role() else {
                continue;
            };
            let pending = credential(login)
                .and_then(certificate_of)
                .filter(|certificate| !self.people.contains_key(&certificate.id()));
            accounts.push(Account {
                login: login.clone(),
                name: invitation.name.clone(),
                role,
                standing: if pending.is_some() {
                    Standing::Activated
                } else {
                    Standing::Invited
                },
                cert: pending.as_ref().map(Certificate::id),
                fingerprint: pending.as_ref().map(Certificate::fingerprint),
                locked_until: 0,
            });
        }
        accounts.sort_by(|a, b| a.login.cmp(&b.login));
        accounts
    }
}
