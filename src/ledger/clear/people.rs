//! Who is certified, invited, ended.

use minicbor::{Decode, Encode};

use crate::crypto::hash::{Hash, sha256};
use crate::crypto::hpke::KemPublic;
use crate::crypto::sign::{Signature, SigningKey, VerifyKey};
use crate::ledger::canonical;
use crate::ledger::id::{CertId, UnitId};
use crate::ledger::wire::Office;

const CERTIFICATE: &[u8] = b"chartseal/certificate/v1";
const CERTIFICATE_SELF: &[u8] = b"chartseal/certificate-self/v1";

/// Binds a login to a name, an office and two public keys.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Certificate {
    /// What the person types to log in; unique among active certificates.
    #[n(0)]
    pub login: String,
    /// The name shown to others.
    #[n(1)]
    pub name: String,
    /// The role, or the host's office.
    #[n(2)]
    pub office: Office,
    /// Receives keys.
    #[n(3)]
    pub kem: KemPublic,
    /// Verifies signatures.
    #[n(4)]
    pub verify: VerifyKey,
    /// By the new signing key over all of the above: its holder asked for this.
    #[n(5)]
    pub self_signature: Signature,
}

impl Certificate {
    /// Makes and self-signs a certificate.
    pub fn issue(
        login: &str,
        name: &str,
        office: Office,
        kem: KemPublic,
        key: &SigningKey,
    ) -> Self {
        let mut certificate = Self {
            login: login.to_owned(),
            name: name.to_owned(),
            office,
            kem,
            verify: key.public(),
            self_signature: Signature([0; 64]),
        };
        certificate.self_signature = key.sign(&certificate.self_message());
        certificate
    }

    fn self_message(&self) -> Vec<u8> {
        let blank = Self {
            self_signature: Signature([0; 64]),
            ..self.clone()
        };
        [CERTIFICATE_SELF, &canonical::encode(&blank)].concat()
    }

    /// Whether the holder of the signing key asked for exactly this certificate.
    pub fn self_signature_holds(&self) -> bool {
        self.verify
            .verify(&self.self_message(), &self.self_signature)
            .is_ok()
    }

    /// The certificate's id: SHA-256 over its encoding.
    pub fn id(&self) -> CertId {
        CertId(sha256(&[CERTIFICATE, &canonical::encode(self)]).0)
    }

    /// Sixteen hexadecimal digits in groups of four, for two people to compare.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.id())
    }
}

/// Sixteen hexadecimal digits in groups of four.
pub fn fingerprint(id: &CertId) -> String {
    let digits = crate::crypto::hex::hex(&id.0[..8]);
    [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]].join(" ")
}

/// The first entry. Its link is the vault's id.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// The first admin. Genesis is signed with this certificate's key.
    #[n(0)]
    pub admin: Certificate,
    /// The recovery unit's key: opens every unit's keys; its secret is split among custodians.
    #[n(1)]
    pub recovery: KemPublic,
    /// Backups are sealed to this key; its secret is split among custodians.
    #[n(2)]
    pub restore: KemPublic,
    /// How many shares of each set there are.
    #[n(3)]
    pub shares: u8,
    /// How many of them rebuild a secret.
    #[n(4)]
    pub threshold: u8,
}

/// An admin invites a person, who then makes their own keys.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Invitation {
    /// The login.
    #[n(0)]
    pub login: String,
    /// The name.
    #[n(1)]
    pub name: String,
    /// The office.
    #[n(2)]
    pub office: Office,
    /// The units that the person is authorised to join once approved.
    #[n(3)]
    pub units: Vec<UnitId>,
    /// SHA-256 of the one-time code, which has 128 random bits.
    #[n(4)]
    pub code: Hash,
    /// Milliseconds since 1970 after which the code is refused.
    #[n(5)]
    pub expires: u64,
}

/// A certificate ends; nothing signed with it afterwards counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Disable {
    /// The certificate.
    #[n(0)]
    pub person: CertId,
}
