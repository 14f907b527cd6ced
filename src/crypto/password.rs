//! Argon2id version 1.3, [RFC 9106](https://www.rfc-editor.org/rfc/rfc9106): from a passphrase to a key, one lane.
//!
//! **The host secret goes in as Argon2's secret value K: without it a stolen file gives nothing to guess against.**
//!
//! The working memory is wiped afterwards, and so is the stack that Argon2 used. It is taken at once and is large: callers limit how many run together.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use super::Secret;
use super::secret::wipe_stack;

/// How hard a passphrase is to guess. Kept beside what it protects, so that it can rise with the years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Working memory, in KiB.
    pub memory_kib: u32,
    /// How often the memory is gone over.
    pub passes: u32,
}

impl Cost {
    /// Every login: 64 MiB, three times.
    pub const LOGIN: Cost = Cost {
        memory_kib: 64 * 1024,
        passes: 3,
    };
    /// Recovery, which is rare: 256 MiB, three times.
    pub const RECOVERY: Cost = Cost {
        memory_kib: 256 * 1024,
        passes: 3,
    };
    /// The least that is accepted: 19 MiB, twice, the least that
    /// [OWASP](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html) recommends.
    pub const FLOOR: Cost = Cost {
        memory_kib: 19 * 1024,
        passes: 2,
    };
    /// The most that is accepted, so that a changed record cannot take the host's memory: 1 GiB, sixteen times.
    pub const CEILING: Cost = Cost {
        memory_kib: 1024 * 1024,
        passes: 16,
    };
}

/// The cost is not one that this program uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// Guessing would be too cheap.
    #[error("Argon2id cost {} KiB, {} passes is below the floor of {} KiB, {} passes", .0.memory_kib, .0.passes, Cost::FLOOR.memory_kib, Cost::FLOOR.passes)]
    BelowFloor(Cost),
    /// One login would take the host's memory or time.
    #[error("Argon2id cost {} KiB, {} passes is above the ceiling of {} KiB, {} passes", .0.memory_kib, .0.passes, Cost::CEILING.memory_kib, Cost::CEILING.passes)]
    AboveCeiling(Cost),
}

/// Stretches a passphrase into a key. Takes about 0.2 s at [`Cost::LOGIN`] and 1 s at [`Cost::RECOVERY`] on a 2 GHz core.
pub fn stretch(
    passphrase: &[u8],
    salt: &[u8; 16],
    host_secret: &Secret<32>,
    cost: Cost,
) -> Result<Secret<32>, CostError> {
    if cost.memory_kib < Cost::FLOOR.memory_kib || cost.passes < Cost::FLOOR.passes {
        return Err(CostError::BelowFloor(cost));
    }
    if cost.memory_kib > Cost::CEILING.memory_kib || cost.passes > Cost::CEILING.passes {
        return Err(CostError::AboveCeiling(cost));
    }
    let params =
        Params::new(cost.memory_kib, cost.passes, 1, Some(32)).expect("the cost is within bounds");
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    let argon2 = Argon2::new_with_secret(
        host_secret.expose(),
        Algorithm::Argon2id,
        Version::V0x13,
        params,
    )
    .expect("a host secret is 32 bytes");
    let key = Secret::fill_with(|key| {
        argon2
            .hash_password_into_with_memory(passphrase, salt, key, memory.as_mut_slice())
            .expect("salt and output have their fixed lengths, and a passphrase is below 4 GiB");
    });
    wipe_stack();
    Ok(key)
}

#[cfg(test)]
mod tests {
    use argon2::{AssociatedData, ParamsBuilder};

    use super::*;
    use crate::crypto::hex::hex;

    fn counted() -> Secret<32> {
        Secret::fill_with(|secret| secret.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n))
    }

    /// RFC 9106, section 5.3, which uses the secret value and associated data.
    #[test]
    fn argon2id_gives_the_tag_of_rfc_9106() {
        let params = ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(AssociatedData::new(&[4; 12]).unwrap())
            .output_len(32)
            .build()
            .unwrap();
        let argon2 =
            Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        argon2
            .hash_password_into(&[1; 32], &[2; 16], &mut tag)
            .unwrap();
        assert_eq!(
            hex(&tag),
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
        );
    }

    /// Golden vector of our own parameters, made with another implementation (OpenSSL).
    #[test]
    fn a_stretched_passphrase_stays_what_it_is() {
        let salt = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        let key = stretch(
            b"correct horse battery staple",
            &salt,
            &counted(),
            Cost::FLOOR,
        )
        .unwrap();
        assert_eq!(
            hex(key.expose()),
            "441b9477a2c2deb3c5801c897441cbc9e608a417041fb583515f9c6ffeefd949"
        );
    }

    #[test]
    fn another_host_secret_another_salt_and_another_cost_give_another_key() {
        let key = |salt, host: Secret<32>, cost| {
            stretch(b"passphrase", &[salt; 16], &host, cost).unwrap()
        };
        let first = key(1, counted(), Cost::FLOOR);
        assert_eq!(first, key(1, counted(), Cost::FLOOR));
        assert_ne!(first, key(1, Secret::new([0; 32]), Cost::FLOOR));
        assert_ne!(first, key(2, counted(), Cost::FLOOR));
        assert_ne!(
            first,
            key(
                1,
                counted(),
                Cost {
                    passes: 3,
                    ..Cost::FLOOR
                }
            )
        );
    }

    #[test]
    fn a_cost_below_the_floor_or_above_the_ceiling_is_refused_before_any_work() {
        let refused = |cost| stretch(b"passphrase", &[0; 16], &counted(), cost).unwrap_err();
        for cost in [
            Cost {
                passes: 1,
                ..Cost::FLOOR
            },
            Cost {
                memory_kib: 19 * 1024 - 1,
                ..Cost::LOGIN
            },
        ] {
            assert_eq!(refused(cost), CostError::BelowFloor(cost));
        }
        for cost in [
            Cost {
                passes: 17,
                ..Cost::FLOOR
            },
            Cost {
                memory_kib: u32::MAX,
                ..Cost::LOGIN
            },
        ] {
            assert_eq!(refused(cost), CostError::AboveCeiling(cost));
        }
    }
}
