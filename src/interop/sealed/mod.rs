//! A sealed export: entries that one person gives to another outside the vault, who opens and verifies them with no vault at hand.
//!
//! ```text
//! file    = head || chunks
//! head    = "chartseal-export" (16 bytes) || version 1 (1 byte) || sealed key (80 bytes)
//! sealed  = HPKE base mode to the recipient of a fresh file key (32 bytes); see crypto::hpke
//!   key     info = "chartseal/export/key/v1", aad = the 17 bytes before it
//! chunks  = STREAM of the payload; see crypto::stream
//!           key = HKDF(file key, "chartseal/export/chunks/v1", SHA-256(head))
//!
//! payload = record* || 0x80 || zeros up to the padded length; see crypto::pad
//! record  = what (1 byte) || length (4 bytes, big endian) || that many bytes
//!   1  statement   deterministic CBOR: Statement                      first, once
//!   2  authority   deterministic CBOR: Disclosed, of a clear entry    by ascending number, genesis first
//!   3  entry       deterministic CBOR: Disclosed                      by ascending number
//!   4  signature   64 bytes                                           last, once
//! signature = Ed25519(exporter, "chartseal/export/sign/v1" || SHA-256(every record before it))
//! ```
//!
//! **What holds when it opens:**
//!
//! - It was sealed to this recipient, and the exporter meant this recipient: the signed statement names the key.
//! - The exporter is who the statement says, certified in the source vault, and signed all of it: what, why, when, to whom.
//! - Every entry was signed by its author, whose certificate leads by admins' signatures to the genesis of the source vault. Where the
//!   recipient brings that vault's id, to that vault and no other.
//! - Where it is what one person signed, every certificate in it is one of the login that the statement names.
//! - Every body is the one that its author signed: commitment and blinder are there to be compared. No key of the vault is.
//! - An entry without a body is one that the exporter's keys do not open. Its author, time and place are signed all the same.
//!
//! **What is the exporter's word alone**, which the ledger of the source vault proves or disproves: that nothing was left out, and that
//! an entry stands at the number that it bears. Each carries the link before it, so that the ledger's links can be compared.

mod error;
mod judge;
mod reader;
mod recipient;
mod record;
mod writer;

pub use error::SealedError;
pub use judge::{Shown, Told, open};
pub use recipient::{Recipient, RecipientError, RecipientKey, fingerprint};
pub use record::{SIGN, Statement, Subject};
pub use writer::Sealer;

#[cfg(test)]
mod tests;
