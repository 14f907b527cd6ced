//! Reading a sealed export, record by record, in the memory of one record.

use std::io::Read;

use super::error::SealedError;
use super::record::{CHUNKS, FRAME, KEY_INFO, LONGEST, MAGIC, VERSION, What};
use crate::crypto::Secret;
use crate::crypto::hash::{Hash, Hasher, sha256};
use crate::crypto::hpke::{self, KemSecret};
use crate::crypto::kdf;
use crate::crypto::pad::padded_len;
use crate::crypto::secret::SecretBytes;
use crate::crypto::stream::{StreamError, StreamOpener};

/// Length of the head.
const HEAD: usize = 16 + 1 + 80;
const MARK: u8 = 0x80;

/// The records, one after the other.
#[derive(Debug)]
pub(super) struct Records<R> {
    from: StreamOpener<R>,
    /// What was opened of the payload and not yet taken.
    ahead: SecretBytes,
    /// How much of that was taken.
    at: usize,
    signed: Hasher,
    nth: u64,
    read: usize,
}

impl<R: Read> Records<R> {
    /// Opens the head.
    pub(super) fn open(mut from: R, key: &KemSecret) -> Result<Self, SealedError> {
        let mut head = Vec::with_capacity(HEAD);
        from.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let begins = head.len().min(MAGIC.len());
        if begins == 0 || head[..begins] != MAGIC[..begins] {
            return Err(SealedError::NotOne);
        }
        match head.get(MAGIC.len()) {
            Some(&VERSION) | None => {}
            Some(other) => return Err(SealedError::Version(*other)),
        }
        if head.len() < HEAD {
            let at = head.len() as u64;
            return Err(StreamError::Cut { at }.into());
        }
        let (bound, sealed) = head.split_at(MAGIC.len() + 1);
        let opened = hpke::open(key, KEY_INFO, bound, sealed).ok();
        let file_key = opened
            .and_then(|opened| Secret::from_slice(opened.expose()))
            .ok_or_else(|| SealedError::NotToThisKey(key.public()))?;
        let key = kdf::derive(&file_key, CHUNKS, &sha256(&[&head]).0);
        Ok(Self {
            from: StreamOpener::new(&key, from, HEAD as u64),
            ahead: SecretBytes::default(),
            at: 0,
            signed: Hasher::new(),
            nth: 0,
            read: 0,
        })
    }

    /// The digest of every record that was taken.
    pub(super) fn digest(&self) -> Hash {
        self.signed.clone().finish()
    }

    /// Something is wrong with the record that was taken last.
    pub(super) fn wrong(&self, what: impl Into<String>) -> SealedError {
        SealedError::Record {
            nth: self.nth,
            what: what.into(),
        }
    }

    /// The next record. Its bytes count towards [`digest`](Self::digest) from then on.
    pub(super) fn next(&mut self) -> Result<(What, SecretBytes), SealedError> {
        self.nth += 1;
        let frame = self.take(FRAME)?;
        let frame = frame.expose();
        let what = What::from_byte(frame[0])
            .ok_or_else(|| self.wrong("it is of no kind that is known"))?;
        let length = u32::from_be_bytes(frame[1..].try_into().expect("four bytes follow"));
        if length > LONGEST {
            return Err(self.wrong("it is longer than any record"));
        }
        let bytes = self.take(length as usize)?;
        self.read += FRAME + bytes.len();
        self.signed.update(frame);
        self.signed.update(bytes.expose());
        Ok((what, bytes))
    }

    /// What follows the last record must be the padding, to the byte.
    pub(super) fn end(mut self) -> Result<(), SealedError> {
        let mut padding = padded_len(self.read) - self.read;
        let mut first = true;
        loop {
            let rest = &self.ahead.expose()[self.at..];
            let (mark, zeros) = match (first, rest.split_first()) {
                (true, Some((mark, zeros))) => (*mark, zeros),
                _ => (MARK, rest),
            };
            first &= rest.is_empty();
            let fits = rest.len() <= padding && mark == MARK && zeros.iter().all(|b| *b == 0);
            if !fits {
                return Err(self.wrong("what follows it is not its padding"));
            }
            padding -= rest.len();
            if !self.refill()? {
                break;
            }
        }
        if padding == 0 {
            Ok(())
        } else {
            Err(self.wrong("its padding is too short"))
        }
    }

    /// The next so many bytes of the payload.
    fn take(&mut self, length: usize) -> Result<SecretBytes, SealedError> {
        let mut taken = SecretBytes::default();
        while taken.len() < length {
            let rest = &self.ahead.expose()[self.at..];
            if rest.is_empty() {
                if !self.refill()? {
                    return Err(self.wrong("the payload ends before it does"));
                }
                continue;
            }
            let some = rest.len().min(length - taken.len());
            taken.extend(&rest[..some]);
            self.at += some;
        }
        Ok(taken)
    }

    /// Opens the next chunk in place of what was taken; `false` after the last.
    fn refill(&mut self) -> Result<bool, SealedError> {
        self.at = 0;
        self.ahead = SecretBytes::default();
        let chunk = self.from.next_chunk()?;
        let more = chunk.is_some();
        self.ahead = chunk.unwrap_or_default();
        Ok(more)
    }
}
