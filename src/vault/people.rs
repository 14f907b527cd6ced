//! People: invited by a one-time code, activated by themselves, approved by an admin.

use crate::clinical::Role;
use crate::crypto::hash::{Hash, sha256};
use crate::crypto::password::Cost;
use crate::crypto::random;
use crate::crypto::secret::SecretBytes;
use crate::ledger::canonical;
use crate::ledger::clear::{Authorisation, Clear, Disable, Invitation, UnitKind};
use crate::ledger::{CertId, Certificate, Credential, Holder, Office, UnitId};

use super::clock;
use super::directory::Directory;
use super::error::VaultError;
use super::identity::Identity;
use super::open::Vault;
use super::session::Session;

/// How long a one-time code is good.
const CODE_LIFE: u64 = 7 * clock::DAY;
/// Shorter passphrases are refused (NIST SP 800-63B, 3.1.1.2).
pub const SHORTEST_PASSPHRASE: usize = 8;

/// Crockford's alphabet: nothing that looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

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

fn code_hash(code: &[u8]) -> Hash {
    let plain: Vec<u8> = code
        .iter()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(u8::to_ascii_uppercase)
        .collect();
    sha256(&[b"chartseal/one-time-code/v1", &plain])
}

/// Twenty-six symbols, 130 random bits, in groups of five.
fn new_code() -> String {
    let bytes: [u8; 26] = random::bytes();
    let symbols: Vec<char> = bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect();
    symbols
        .chunks(5)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}

fn check_login(login: &str) -> Result<(), VaultError> {
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

fn check_passphrase(passphrase: &SecretBytes) -> Result<(), VaultError> {
    let length = String::from_utf8_lossy(passphrase.expose()).chars().count();
    if length < SHORTEST_PASSPHRASE {
        return Err(VaultError::Invalid(format!(
            "the passphrase needs at least {SHORTEST_PASSPHRASE} characters"
        )));
    }
    Ok(())
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
                && (self.by_login(login).is_some() || self.invitations.contains_key(login));
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
                .and_then(|credential| {
                    canonical::decode::<Certificate>("certificate", &credential.certificate).ok()
                })
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

    /// The units that everyone of a role joins.
    fn units_by_role(&self, role: Role) -> Vec<UnitId> {
        [UnitKind::Staff, UnitKind::Auditors, UnitKind::Emergency]
            .into_iter()
            .filter(|kind| !Self::sections(role, *kind).is_empty())
            .filter_map(|kind| self.special(kind))
            .map(|state| state.unit.unit)
            .collect()
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
            if writer.directory().by_login(login).is_some() {
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
            let code = new_code();
            writer.clear(&Clear::Invitation(Invitation {
                login: login.into(),
                name: name.trim().into(),
                office: Office::Person(role),
                units: ids,
                code: code_hash(code.as_bytes()),
                expires: writer.now() + CODE_LIFE,
            }))?;
            Ok(SecretBytes::new(code.into_bytes()))
        })
    }

    /// Certifies an activated person and authorises the units of their invitation and of their role.
    /// **The admin compares the fingerprint with the person first.**
    pub fn approve(&self, login: &str) -> Result<CertId, VaultError> {
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

    /// Ends an account: its certificate no longer counts, its slots go at once.
    pub fn disable(&self, login: &str) -> Result<CertId, VaultError> {
        self.write(|writer| {
            let person = writer
                .directory()
                .by_login(login)
                .map(|(cert, _)| *cert)
                .ok_or_else(|| VaultError::Unknown {
                    what: "active user",
                    name: login.into(),
                    hint: ": `chartseal user list` shows them",
                })?;
            writer.clear(&Clear::Disable(Disable { person }))?;
            writer
                .tx()
                .delete_slots_of_person(&Holder::Person(person))?;
            writer.tx().delete_credential(login)?;
            Ok(person)
        })
    }

    /// Resets an account: the old identity ends, a new invitation begins. Signing keys are never escrowed.
    pub fn reset(&self, login: &str) -> Result<SecretBytes, VaultError> {
        let (name, role, units) = self.read(|reader| {
            let directory = reader.directory();
            let (cert, person) = directory
                .by_login(login)
                .ok_or_else(|| VaultError::Unknown {
                    what: "active user",
                    name: login.into(),
                    hint: ": `chartseal user list` shows them",
                })?;
            let role = person
                .role()
                .ok_or_else(|| VaultError::Invalid("a host is not reset".into()))?;
            let units: Vec<String> = directory
                .units_of(cert)
                .filter(|state| {
                    matches!(
                        state.unit.kind,
                        UnitKind::Ward | UnitKind::Clinic | UnitKind::Pharmacy
                    )
                })
                .map(|state| state.unit.name.clone())
                .collect();
            Ok::<_, VaultError>((person.certificate.name.clone(), role, units))
        })?;
        self.disable(login)?;
        self.invite(login, &name, role, &units)
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
        let directory = self.directory()?;
        let invitation = directory
            .invitations
            .get(login)
            .ok_or(VaultError::BadCode)?;
        if invitation.code != code_hash(code.expose()) || invitation.expires < clock::now() {
            return Err(VaultError::BadCode);
        }
        check_passphrase(passphrase)?;
        let (identity, certificate) = Identity::create(login, &invitation.name, invitation.office);
        let host = self.host();
        let credential = identity.wrap(
            &certificate,
            passphrase.expose(),
            host.secret(),
            &host.vault(),
            cost,
        )?;
        self.ledger().write(|tx| {
            let pending = tx.credential(login)?;
            let known = pending.and_then(|credential| {
                canonical::decode::<Certificate>("certificate", &credential.certificate).ok()
            });
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
