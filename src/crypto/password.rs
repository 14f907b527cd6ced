//! Argon2id version 1.3, [RFC 9106](https://www.rfc-editor.org/rfc/rfc9106): from a passphrase to a key, one lane.
//!
//! **The host secret goes in as Argon2's secret value K: without it a stolen file gives nothing to guess against.**
//!
//! The working memory is wiped afterwards. It is taken at once and is large: callers limit how many run together.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use super::Secret;

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
    Ok(Secret::fill_with(|key| {
        argon2
            .hash_password_into_with_memory(passphrase, salt, key, memory.as_mut_slice())
            .expect("salt and output have their fixed lengths, and a passphrase is below 4 GiB");
    }))
}
