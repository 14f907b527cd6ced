//! Attempts to log in: how they are counted, when they lock an account, and what of them goes on record.
//!
//! **An attempt counts as failed before it is heard**, in a transaction of its own, and is forgiven once it turns out right:
//! however many are made at once, by whatever processes, and whatever becomes of them, none goes uncounted. Nothing but the
//! counters is written, so an attempt that takes long undoes nothing of what an admin does meanwhile.

use crate::crypto::hash::Hash;
use crate::crypto::kdf;
use crate::crypto::mac::MacKey;
use crate::crypto::password::Cost;
use crate::ledger::{Attempts, Credential, LedgerError, ReadTx};

use super::clock;
use super::error::VaultError;
use super::open::Vault;
use super::record;

/// Free attempts before the first lock-out.
const ATTEMPTS: u32 = 5;
/// The first lock-out; each further failure doubles it.
const FIRST_LOCKOUT_MS: u64 = 30_000;
/// The longest lock-out.
const LONGEST_LOCKOUT_MS: u64 = clock::HOUR;

const UNKNOWN: &str = "chartseal/unknown-login/v1";

/// An attempt that was counted.
#[derive(Debug)]
pub(super) struct Attempt {
    /// What it is made at; `None` for a login that does not exist.
    pub(super) credential: Option<Credential>,
    /// What an attempt at a login that does not exist costs: as much as at one that does.
    pub(super) cost: Cost,
    /// How many have failed in a row with it, if it fails.
    failed: u32,
}

/// The attempts after one more.
fn one_more(before: Attempts, now: u64) -> Attempts {
    let failed = before.failed.saturating_add(1);
    let over = failed.saturating_sub(ATTEMPTS);
    let locked_until = if failed < ATTEMPTS {
        0
    } else {
        now + (FIRST_LOCKOUT_MS << over.min(7)).min(LONGEST_LOCKOUT_MS)
    };
    Attempts {
        failed,
        locked_until,
    }
}

fn refuse_locked(attempts: Attempts, now: u64) -> Result<(), VaultError> {
    if attempts.locked_until > now {
        return Err(VaultError::LockedOut {
            seconds: (attempts.locked_until - now).div_ceil(1000),
        });
    }
    Ok(())
}

impl Vault {
    /// The name under which attempts at a login that does not exist are counted.
    fn tag_of(&self, login: &str) -> Hash {
        let key = kdf::derive(self.host().secret(), UNKNOWN, &[]);
        Hash(MacKey::new(&key).tag(&[login.as_bytes()]))
    }

    fn attempts(
        &self,
        tx: &ReadTx<'_>,
        login: &str,
    ) -> Result<(Option<Credential>, Attempts), LedgerError> {
        let credential = tx.credential(login)?;
        let attempts = match &credential {
            Some(credential) => Attempts {
                failed: credential.failed,
                locked_until: credential.locked_until,
            },
            None => tx.unknown_attempts(&self.tag_of(login))?,
        };
        Ok((credential, attempts))
    }

    /// Refuses a login that is locked, before anybody waits for a turn.
    pub(super) fn refuse_locked(&self, login: &str) -> Result<(), VaultError> {
        let (_, attempts) = self.ledger().read(|tx| self.attempts(tx, login))?;
        refuse_locked(attempts, clock::now())
    }

    /// Counts an attempt, unless the login is locked.
    pub(super) fn count_attempt(&self, login: &str) -> Result<Attempt, VaultError> {
        self.ledger().write(|tx| {
            let now = clock::now();
            let (credential, before) = self.attempts(tx, login)?;
            refuse_locked(before, now)?;
            let after = one_more(before, now);
            let mut cost = Cost::LOGIN;
            if credential.is_some() {
                tx.put_attempts(login, after)?;
            } else {
                let tag = self.tag_of(login);
                tx.put_unknown_attempts(&tag, after, now)?;
                let [a, b, c, d, ..] = tag.0;
                if let Some((memory_kib, passes)) =
                    tx.some_cost(u32::from_be_bytes([a, b, c, d]))?
                {
                    cost = Cost { memory_kib, passes };
                }
            }
            Ok(Attempt {
                credential,
                cost,
                failed: after.failed,
            })
        })
    }

    /// Puts on record that an attempt failed. It was counted before, whatever becomes of the record.
    pub(super) fn record_failure(&self, attempt: &Attempt) -> Result<(), VaultError> {
        let directory = self.directory_of_host()?;
        let login = attempt
            .credential
            .as_ref()
            .map(|credential| credential.login.as_str());
        self.ledger().write(|tx| {
            record::login_failed(
                tx,
                &directory,
                self.host(),
                login,
                attempt.failed,
                clock::now(),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_failure_locks_for_half_a_minute_and_each_further_one_for_twice_as_long_up_to_an_hour()
     {
        let mut attempts = Attempts::default();
        let mut locks = Vec::new();
        for _ in 0..14 {
            attempts = one_more(attempts, 1_000_000);
            locks.push(attempts.locked_until.saturating_sub(1_000_000) / 1000);
        }
        let expected = [
            0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600,
        ];
        assert_eq!(locks, expected);
        let last = Attempts {
            failed: u32::MAX,
            locked_until: 0,
        };
        assert_eq!(one_more(last, 0).failed, u32::MAX);
    }
}
