//! The primitives, one a file, each with its specification linked and the one rule that must not be broken.
//!
//! - [`secret`]: bytes that vanish when dropped and do not print; [`random`]: the operating system's randomness.
//! - [`hash`] SHA-256, [`mac`] HMAC-SHA256, [`kdf`] HKDF-SHA256, [`hex`] how hashes are written.
//! - [`aead`] AES-256-GCM under a key of one's own, [`stream`] in chunks; [`hpke`] sealing to somebody else's key.
//! - [`sign`] Ed25519.
//! - [`password`] Argon2id, from a passphrase to a key; [`shamir`] a secret shared among custodians.
//! - [`pad`]: lengths that do not tell; [`hygiene`]: a process that leaves nothing behind.
//!
//! Nothing here knows what an entry, a chart or a user is. Every label that separates one use of a key from
//! another is chosen by the caller and stands beside the use.

pub mod aead;
pub mod hash;
pub mod hex;
pub mod hpke;
pub mod hygiene;
pub mod kdf;
pub mod mac;
pub mod pad;
pub mod password;
pub mod random;
pub mod secret;
pub mod shamir;
pub mod sign;
pub mod stream;

pub use hash::Hash;
pub use secret::{Secret, SecretBytes};
