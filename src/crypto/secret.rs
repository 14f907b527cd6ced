//! Bytes that vanish when they are dropped, compare in constant time and do not print.
//!
//! Both types live on the heap, so that moving one moves a pointer and leaves no copy on the stack.
//!
//! **Whatever is copied out of [`expose`](Secret::expose) is no longer protected: read it where it stands.**

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::random;

/// A secret of a fixed size: a key, a seed, a blinder.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Takes the bytes over and wipes the copy that was passed in.
    pub fn new(mut bytes: [u8; N]) -> Self {
        let secret = Self::fill_with(|inside| *inside = bytes);
        bytes.zeroize();
        secret
    }

    /// Draws a fresh secret from the operating system.
    pub fn random() -> Self {
        Self::fill_with(|inside| random::fill(inside))
    }

    /// Copies a slice of exactly `N` bytes; `None` for any other length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == N).then(|| Self::fill_with(|inside| inside.copy_from_slice(bytes)))
    }

    /// Lets `write` put the bytes where they will stay, without a copy elsewhere.
    pub fn fill_with(write: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self(Box::new([0; N]));
        write(&mut secret.0);
        secret
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({N} bytes)")
    }
}

/// A secret of any length: a plain text, a passphrase.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes the bytes over; no copy is made.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Copies a slice that somebody else will wipe.
    pub fn from_slice(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes there are; lengths are not secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends, wiping the old place when the bytes have to move.
    pub fn extend(&mut self, more: &[u8]) {
        reserve_wiping(&mut self.0, more.len());
        self.0.extend_from_slice(more);
    }

    /// Keeps the first `len` bytes and wipes the rest; does nothing when there are fewer.
    pub fn truncate(&mut self, len: usize) {
        if let Some(rest) = self.0.get_mut(len..) {
            rest.zeroize();
            self.0.truncate(len);
        }
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<String> for SecretBytes {
    fn from(text: String) -> Self {
        Self::new(text.into_bytes())
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// Overwrites the part of the stack that calls before this one have used. Functions of other crates leave copies of what they
/// worked on in their frames, where only the next deep call would overwrite them. **Call it where those calls were made**: a frame
/// further up is not reached.
#[inline(never)]
#[expect(
    clippy::large_stack_arrays,
    reason = "the stack is what is overwritten, as deep as such calls go"
)]
pub fn wipe_stack() {
    let mut frames = [0_u8; 64 * 1024];
    frames.zeroize();
    std::hint::black_box(&mut frames);
}

/// Makes room for `more` bytes. `Vec::reserve` would free the old place with the plain text still in it.
pub(super) fn reserve_wiping(bytes: &mut Vec<u8>, more: usize) {
    let needed = bytes.len() + more;
    if needed > bytes.capacity() {
        let mut roomier = Vec::with_capacity(needed.max(2 * bytes.capacity()));
        roomier.extend_from_slice(bytes);
        bytes.zeroize();
        *bytes = roomier;
    }
}

#[cfg(test)]
mod tests {
    use aes_gcm::Aes256Gcm;

    use super::*;
    use crate::crypto::{aead::SealKey, hpke::KemSecret, mac::MacKey, sign::SigningKey};

    /// Two secrets that print alike print nothing of themselves.
    #[test]
    fn debug_of_every_secret_type_is_the_same_whatever_the_secret() {
        fn printed(secret: &Secret<32>) -> Vec<String> {
            let types: [&dyn fmt::Debug; 6] = [
                secret,
                &SecretBytes::from_slice(secret.expose()),
                &MacKey::new(secret),
                &SealKey::new(secret),
                &SigningKey::from_secret(secret),
                &KemSecret::from_secret(secret),
            ];
            types
                .iter()
                .flat_map(|secret| {
                    [
                        format!("{secret:?}"),
                        format!("{secret:#?}"),
                        format!("{secret:x?}"),
                    ]
                })
                .collect()
        }
        assert_eq!(printed(&Secret::random()), printed(&Secret::random()));
    }

    #[test]
    fn debug_says_that_it_is_a_secret_and_how_long() {
        assert_eq!(format!("{:?}", Secret::new([0xa7; 32])), "Secret(32 bytes)");
        assert_eq!(
            format!("{:?}", SecretBytes::from_slice(b"correct horse")),
            "Secret(13 bytes)"
        );
    }

    /// Compiles only while every key, our own and the libraries' expanded ones, is wiped on drop.
    #[test]
    fn every_kind_of_key_is_wiped_on_drop() {
        fn wiped<T: ZeroizeOnDrop>() {}
        wiped::<Secret<32>>();
        wiped::<SecretBytes>();
        wiped::<Aes256Gcm>();
        wiped::<sha2::block_api::Sha256VarCore>(); // the two states that an HMAC key consists of
        wiped::<ed25519_dalek::SigningKey>();
    }

    #[test]
    fn zeroising_leaves_nothing() {
        let mut fixed = Secret::new([0xa7; 32]);
        fixed.zeroize();
        assert_eq!(fixed.expose(), &[0; 32]);
        let mut bytes = SecretBytes::from_slice(&[0xa7; 32]);
        bytes.zeroize();
        assert!(bytes.is_empty());
    }

    #[test]
    fn secrets_are_equal_when_their_bytes_are() {
        assert_eq!(Secret::new([1; 32]), Secret::new([1; 32]));
        assert_ne!(Secret::new([1; 32]), Secret::random());
        assert_eq!(
            SecretBytes::from_slice(b"ab"),
            SecretBytes::from(String::from("ab"))
        );
        assert_ne!(
            SecretBytes::from_slice(b"ab"),
            SecretBytes::from_slice(b"abc")
        );
    }

    #[test]
    fn a_secret_is_made_only_of_a_slice_of_its_own_length() {
        assert!(Secret::<32>::from_slice(&[0; 31]).is_none());
        assert!(Secret::<32>::from_slice(&[0; 33]).is_none());
        assert_eq!(Secret::<4>::from_slice(b"seed").unwrap().expose(), b"seed");
    }

    #[test]
    fn a_passphrase_grows_and_shrinks_byte_by_byte() {
        let mut passphrase = SecretBytes::default();
        for byte in b"correct horse battery staple" {
            passphrase.extend(&[*byte]);
        }
        assert_eq!(passphrase.expose(), b"correct horse battery staple");
        passphrase.truncate(7);
        passphrase.truncate(100);
        assert_eq!(
            (passphrase.expose(), passphrase.len()),
            (&b"correct"[..], 7)
        );
    }
}
