//! People: invited by a one-time code, activated by themselves, approved by an admin.

use crate::clinical::Role;
use crate::crypto::password::Cost;
use crate::crypto::secret::SecretBytes;
use crate::ledger::canonical;
use crate::ledger::clear::{Authorisation, Clear, Disable, Invitation, UnitKind};
use crate::ledger::{CertId, Certificate, Credential, Holder, Office, UnitId};

use super::clock;
use super::code::{code_hash, new_code};
use super::directory::Directory;
use super::error::VaultError;
use super::identity::Identity;
use super::open::Vault;
use super::session::Session;
use super::walk;
use super::writer::Writer;

/// How long a one-time code is good.
const CODE_LIFE: u64 = 7 * clock::DAY;
/// Shorter passphrases are refused (NIST SP 800-63B, 3.1.1.2).
pub const SHORTEST_PASSPHRASE: usize = 8;

/// Compares as people do: spaces, colons and capitals do not matter.
pub fn same_fingerprint(a: &str, b: &str) -> bool {
    let digits = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, ':' | '-'))
            .flat_map(char::to_lowercase)
            .collect()
    };
    digits(a) == digits(b)
}

/// The certificate that a credential's secrets belong to.
pub(super) fn certificate_of(credential: &Credential) -> Option<Certificate> {
    canonical::decode("certificate", &credential.certificate).ok()
}

fn unknown_user(login: &str) -> VaultError {
    VaultError::Unknown {
        what: "user",
        name: login.into(),
        hint: ": `chartseal user list` shows them",
    }
}

/// Refuses what cannot be a login.
pub fn check_login(login: &str) -> Result<(), VaultError> {
    let good = (1..=32).contains(&login.len())
        && login.starts_with(|c: char| c.is_ascii_lowercase())
        && login
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    if good {
        Ok(())
    } else {
        Err(VaultError::Invalid(format!(
            "`{login}` is no login: use 1 to 32 small letters, digits, `.`, `-`, `_`, beginning with a letter"
        )))
    }
}

pub(super) fn check_passphrase(passphrase: &SecretBytes) -> Result<(), VaultError> {
    let length = String::from_utf8_lossy(passphrase.expose()).chars().count();
    if length < SHORTEST_PASSPHRASE {
        return Err(VaultError::Invalid(format!(
            "the passphrase needs at least {SHORTEST_PASSPHRASE} characters"
        )));
    }
    Ok(())
}

impl Directory {
    /// The units that everyone of a role joins.
    fn units_by_role(&self, role: Role) -> Vec<UnitId> {
        [UnitKind::Staff, UnitKind::Auditors, UnitKind::Emergency]
            .into_iter()
            .filter(|kind| !Self::sections(role, *kind).is_empty())
            .filter_map(|kind| self.special(kind))
            .map(|state| state.unit.unit)
            .collect()
    }

    /// The invitation that a code is good for.
    fn invited(&self, login: &str, code: &SecretBytes) -> Result<Invitation, VaultError> {
        self.invitations
            .get(login)
            .filter(|open| open.code == code_hash(code.expose()) && open.expires >= clock::now())
            .cloned()
            .ok_or(VaultError::BadCode)
    }
}

impl Session {
    /// Invites a person. Returns the one-time code, which is shown once and stored nowhere.
    pub fn invite(
        &self,
        login: &str,
        name: &str,
        role: Role,
        units: &[String],
    ) -> Result<SecretBytes, VaultError> {
        check_login(login)?;
        if name.trim().is_empty()
            || name.chars().count() > 120
            || name.chars().any(char::is_control)
        {
            return Err(VaultError::Invalid(
                "a name has 1 to 120 printable characters".into(),
            ));
        }
        self.write(|writer| {
            let directory = writer.directory();
            let open = directory
                .invitations
                .get(login)
                .is_some_and(|invitation| invitation.expires >= writer.now());
            if open || directory.by_login(login).is_some() || writer.awaits_approval(login)? {
                return Err(VaultError::Exists {
                    what: "user",
                    name: login.into(),
                });
            }
            let mut ids = Vec::new();
            for unit in units {
                let state =
                    writer
                        .directory()
                        .unit_by_name(unit)
                        .ok_or_else(|| VaultError::Unknown {
                            what: "unit",
                            name: unit.clone(),
                            hint: ": `chartseal unit list` shows them",
                        })?;
                if Directory::sections(role, state.unit.kind).is_empty() {
                    return Err(VaultError::Invalid(format!(
                        "a {} has no part in the {} {unit}",
                        role.as_str(),
                        state.unit.kind.as_str()
                    )));
                }
                ids.push(state.unit.unit);
            }
            writer.tx().delete_credential(login)?;
            writer.invitation(login, name.trim(), Office::Person(role), ids)
        })
    }

    /// Certifies an activated person and authorises the units of their invitation and of their role.
    /// **The admin compares the fingerprint with the person first.**
    pub fn approve(&self, login: &str) -> Result<CertId, VaultError> {
        self.certify(login, None)
    }

    /// The same, and refuses keys that have another fingerprint than the one that was compared.
    pub fn approve_compared(&self, login: &str, fingerprint: &str) -> Result<CertId, VaultError> {
        self.certify(login, Some(fingerprint))
    }

    fn certify(&self, login: &str, compared: Option<&str>) -> Result<CertId, VaultError> {
        self.write(|writer| {
            let unknown = || VaultError::Unknown {
                what: "activated user",
                name: login.into(),
                hint: ": they run `chartseal user activate` first",
            };
            let invitation = writer
                .directory()
                .invitations
                .get(login)
                .cloned()
                .ok_or_else(unknown)?;
            let credential = writer.tx().credential(login)?.ok_or_else(unknown)?;
            let certificate: Certificate =
                canonical::decode("certificate", &credential.certificate)
                    .map_err(|_| VaultError::Substituted(format!("the certificate of {login}")))?;
            if certificate.login != login
                || certificate.office != invitation.office
                || certificate.name != invitation.name
            {
                return Err(VaultError::Substituted(format!(
                    "the certificate of {login} is not the one invited"
                )));
            }
            let found = certificate.fingerprint();
            if compared.is_some_and(|compared| !same_fingerprint(compared, &found)) {
                return Err(VaultError::OtherFingerprint {
                    login: login.into(),
                    found,
                });
            }
            let person = certificate.id();
            writer.clear(&Clear::Certificate(certificate))?;
            let role = invitation.office.role().ok_or_else(unknown)?;
            let mut units = writer.directory().units_by_role(role);
            units.extend(&invitation.units);
            for unit in units {
                writer.clear(&Clear::Authorisation(Authorisation { unit, person }))?;
            }
            Ok(person)
        })
    }

    /// Ends an account: its certificate no longer counts, its slots go at once. Of somebody who was only invited, the
    /// invitation is withdrawn and the keys they may have made are deleted.
    pub fn disable(&self, login: &str) -> Result<(), VaultError> {
        self.write(|writer| match writer.active(login) {
            Some(person) => writer.end_account(login, person),
            None => writer.withdraw(login),
        })
    }

    /// Resets an account: the old identity ends, a new invitation begins, with the same name, role and units. Signing
    /// keys are never escrowed. Somebody who was only invited gets another code, and the keys they may have made are
    /// deleted.
    pub fn reset(&self, login: &str) -> Result<SecretBytes, VaultError> {
        self.write(|writer| {
            let active = writer.active(login);
            let (name, office, units) = if let Some(person) = active {
                let directory = writer.directory();
                let certificate = &directory.people[&person].certificate;
                let units = directory
                    .units_of(&person)
                    .filter(|state| state.unit.kind.is_ordinary())
                    .map(|state| state.unit.unit)
                    .collect();
                (certificate.name.clone(), certificate.office, units)
            } else {
                let invitations = &writer.directory().invitations;
                let open = invitations.get(login).ok_or_else(|| unknown_user(login))?;
                (open.name.clone(), open.office, open.units.clone())
            };
            // The invitation first: whoever resets themselves has no say after their account ended.
            let code = writer.invitation(login, &name, office, units)?;
            match active {
                Some(person) => writer.end_account(login, person)?,
                None => writer.tx().delete_credential(login)?,
            }
            Ok(code)
        })
    }
}

impl Writer<'_, '_> {
    fn active(&self, login: &str) -> Option<CertId> {
        self.directory().by_login(login).map(|(cert, _)| *cert)
    }

    /// Whether somebody activated under this login and no admin has decided yet.
    fn awaits_approval(&mut self, login: &str) -> Result<bool, VaultError> {
        let credential = self.tx().credential(login)?;
        Ok(self.directory().invitations.contains_key(login)
            && credential
                .as_ref()
                .and_then(certificate_of)
                .is_some_and(|certificate| {
                    !self.directory().people.contains_key(&certificate.id())
                }))
    }

    fn invitation(
        &mut self,
        login: &str,
        name: &str,
        office: Office,
        units: Vec<UnitId>,
    ) -> Result<SecretBytes, VaultError> {
        let code = new_code();
        let expires = self.now() + CODE_LIFE;
        self.clear(&Clear::Invitation(Invitation {
            login: login.into(),
            name: name.into(),
            office,
            units,
            code: code_hash(code.expose()),
            expires,
        }))?;
        Ok(code)
    }

    fn end_account(&mut self, login: &str, person: CertId) -> Result<(), VaultError> {
        if self.directory().is_last_admin(&person) {
            return Err(VaultError::Invalid(format!(
                "{login} is the last admin: without one nobody could be certified again; make another first"
            )));
        }
        self.clear(&Clear::Disable(Disable { person }))?;
        self.tx().delete_slots_of_person(&Holder::Person(person))?;
        Ok(self.tx().delete_credential(login)?)
    }

    /// Takes an open invitation back. An invitation that expires as it is written stands for none.
    fn withdraw(&mut self, login: &str) -> Result<(), VaultError> {
        let invitation = self
            .directory()
            .invitations
            .get(login)
            .cloned()
            .ok_or_else(|| unknown_user(login))?;
        self.clear(&Clear::Invitation(Invitation {
            expires: 0,
            units: Vec::new(),
            ..invitation
        }))?;
        Ok(self.tx().delete_credential(login)?)
    }
}

impl Vault {
    /// Makes the keys of an invited person under their own passphrase. Nobody else ever sees either.
    pub fn activate(
        &self,
        login: &str,
        code: &SecretBytes,
        passphrase: &SecretBytes,
        cost: Cost,
    ) -> Result<Certificate, VaultError> {
        let mut directory = self.directory()?;
        let invitation = directory.invited(login, code)?;
        check_passphrase(passphrase)?;
        let (identity, certificate) = Identity::create(login, &invitation.name, invitation.office);
        let host = self.host();
        let turn = host.turn()?;
        let credential = identity.wrap(
            &certificate,
            passphrase.expose(),
            host.secret(),
            &host.vault(),
            cost,
        )?;
        drop(turn);
        self.ledger().write(|tx| {
            // An admin may have withdrawn the invitation or made another while the passphrase was stretched.
            walk::catch_up(&mut directory, tx)?;
            directory.invited(login, code)?;
            let pending = tx.credential(login)?;
            let known = pending.as_ref().and_then(certificate_of);
            // A code is good once: whoever activated first stays, until an admin resets.
            if known.is_some_and(|certificate| !directory.people.contains_key(&certificate.id())) {
                return Err(VaultError::BadCode);
            }
            tx.put_credential(&credential)?;
            Ok(())
        })?;
        Ok(certificate)
    }
}
