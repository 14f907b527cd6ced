//! A user's identity: two secrets, wrapped under their passphrase, and the certificate that names them.

use zeroize::Zeroizing;

use crate::crypto::aead::SealKey;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemSecret;
use crate::crypto::kdf;
use crate::crypto::mac::MacKey;
use crate::crypto::password::{Cost, stretch};
use crate::crypto::random;
use crate::crypto::secret::Secret;
use crate::crypto::sign::SigningKey;
use crate::ledger::canonical;
use crate::ledger::{CertId, Certificate, Credential, Office};

use super::error::VaultError;

/// Who a session acts as: the secrets behind a certificate.
#[derive(Debug)]
pub struct Identity {
    /// The certificate's id.
    pub cert: CertId,
    /// Receives keys.
    pub kem: KemSecret,
    /// Signs.
    pub sign: SigningKey,
}

impl Identity {
    /// Makes a new identity and its self-signed certificate.
    pub fn create(login: &str, name: &str, office: Office) -> (Self, Certificate) {
        let kem = KemSecret::random();
        let sign = SigningKey::random();
        let certificate = Certificate::issue(login, name, office, kem.public(), &sign);
        (
            Self {
                cert: certificate.id(),
                kem,
                sign,
            },
            certificate,
        )
    }

    /// Wraps the secrets under a passphrase. `vault` and the certificate are bound in.
    pub fn wrap(
        &self,
        certificate: &Certificate,
        passphrase: &[u8],
        host_secret: &Secret<32>,
        vault: &Hash,
        cost: Cost,
    ) -> Result<Credential, VaultError> {
        let salt: [u8; 16] = random::bytes();
        let key = user_key(passphrase, &salt, host_secret, cost)?;
        let secrets = Zeroizing::new(
            [
                self.kem.secret().expose().as_slice(),
                self.sign.secret().expose(),
            ]
            .concat(),
        );
        Ok(Credential {
            login: certificate.login.clone(),
            certificate: canonical::encode(certificate),
            salt: salt.to_vec(),
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            sealed: key.seal(&bound(vault, &certificate.id()), &secrets),
            failed: 0,
            locked_until: 0,
            totp_step: 0,
        })
    }

    /// Unwraps a credential for the certificate that the ledger names. **Its keys must be that certificate's keys.**
    pub fn unwrap(
        credential: &Credential,
        certificate: &Certificate,
        passphrase: &[u8],
        host_secret: &Secret<32>,
        vault: &Hash,
    ) -> Result<Self, VaultError> {
        let cost = Cost {
            memory_kib: credential.memory_kib,
            passes: credential.passes,
        };
        let salt = credential.salt.as_slice().try_into().map_err(|_| {
            VaultError::Substituted(format!("the credential of {}", credential.login))
        })?;
        let key = user_key(passphrase, salt, host_secret, cost)?;
        let cert = certificate.id();
        let secrets = key
            .open(&bound(vault, &cert), &credential.sealed)
            .map_err(|_| VaultError::WrongPassphrase)?;
        let (kem, sign) = secrets
            .expose()
            .split_at_checked(32)
            .ok_or(VaultError::WrongPassphrase)?;
        let part = |bytes| Secret::from_slice(bytes).ok_or(VaultError::WrongPassphrase);
        let identity = Self {
            cert,
            kem: KemSecret::from_secret(&part(kem)?),
            sign: SigningKey::from_secret(&part(sign)?),
        };
        if identity.kem.public() != certificate.kem || identity.sign.public() != certificate.verify
        {
            return Err(VaultError::Substituted(format!(
                "the keys of {}",
                credential.login
            )));
        }
        Ok(identity)
    }

    /// A tag of one's own: the same for the same bytes, and telling nothing of them to anybody else.
    pub fn personal_tag(&self, label: &str, bytes: &[u8]) -> [u8; 32] {
        MacKey::new(&kdf::derive(&self.kem.secret(), label, &self.cert.0)).tag(&[bytes])
    }

    /// A key of one's own, for drafts and checkpoints.
    pub fn personal_key(&self, label: &str) -> SealKey {
        SealKey::new(&kdf::derive(&self.kem.secret(), label, &self.cert.0))
    }
}

fn user_key(
    passphrase: &[u8],
    salt: &[u8; 16],
    host_secret: &Secret<32>,
    cost: Cost,
) -> Result<SealKey, VaultError> {
    let stretched = stretch(passphrase, salt, host_secret, cost)
        .map_err(|error| VaultError::Substituted(format!("the cost of a credential ({error})")))?;
    Ok(SealKey::new(&kdf::derive(
        &stretched,
        "chartseal/user-key/v1",
        &[],
    )))
}

fn bound(vault: &Hash, cert: &CertId) -> Vec<u8> {
    [b"chartseal/credential/v1".as_slice(), &vault.0, &cert.0].concat()
}
