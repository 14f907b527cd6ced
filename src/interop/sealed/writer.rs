//! Writing a sealed export, record by record.

use std::io::{self, Write};

use super::record::{CHUNKS, Disclosed, FRAME, KEY_INFO, LONGEST, MAGIC, Statement, VERSION, What};
use crate::crypto::Secret;
use crate::crypto::hash::{Hash, Hasher, sha256};
use crate::crypto::hpke::{self, KemPublic};
use crate::crypto::kdf;
use crate::crypto::pad::padded_len;
use crate::crypto::secret::SecretBytes;
use crate::crypto::sign::Signature;
use crate::crypto::stream::StreamSealer;
use crate::ledger::canonical;
use crate::ledger::{Entry, Opening};

/// An export that is being written. **What was not [`finish`](Sealer::finish)ed does not open.**
#[derive(Debug)]
pub struct Sealer<W> {
    out: StreamSealer<W>,
    signed: Hasher,
    written: usize,
}

impl<W: Write> Sealer<W> {
    /// Begins an export to the recipient that the statement names.
    pub fn begin(statement: &Statement, out: W) -> io::Result<Self> {
        Self::begin_to(&statement.recipient, statement, out)
    }

    pub(super) fn begin_to(to: &KemPublic, statement: &Statement, mut out: W) -> io::Result<Self> {
        let (head, key) = head(to)?;
        out.write_all(&head)?;
        let mut sealer = Self {
            out: StreamSealer::new(&key, out),
            signed: Hasher::new(),
            written: 0,
        };
        sealer.record(What::Statement, canonical::encode(statement))?;
        Ok(sealer)
    }

    /// A clear entry that says who somebody is: genesis, a certificate, the end of one. `previous` is the link before it.
    pub fn authority(
        &mut self,
        entry: &Entry,
        previous: Hash,
        opening: &Opening,
    ) -> io::Result<()> {
        let record = Disclosed::of(entry, previous, Some(opening));
        self.record(What::Authority, canonical::encode(&record))
    }

    /// An entry; without an opening where the exporter's keys do not reach. `previous` is the link before it.
    pub fn entry(
        &mut self,
        entry: &Entry,
        previous: Hash,
        opening: Option<&Opening>,
    ) -> io::Result<()> {
        let record = Disclosed::of(entry, previous, opening);
        self.record(What::Entry, canonical::encode(&record))
    }

    /// The digest that the exporter signs, after [`SIGN`](super::SIGN).
    pub fn digest(&self) -> Hash {
        self.signed.clone().finish()
    }

    /// Ends the export with the exporter's signature, and gives back where it went.
    pub fn finish(mut self, signature: &Signature) -> io::Result<W> {
        self.record(What::Signature, signature.0.to_vec())?;
        let padding = padded_len(self.written) - self.written;
        self.out.write_all(&[0x80])?;
        io::copy(
            &mut io::Read::take(io::repeat(0), padding as u64 - 1),
            &mut self.out,
        )?;
        self.out.finish()
    }

    pub(super) fn record(&mut self, what: What, bytes: Vec<u8>) -> io::Result<()> {
        let bytes = SecretBytes::new(bytes);
        let length = u32::try_from(bytes.len())
            .ok()
            .filter(|length| *length <= LONGEST)
            .ok_or_else(|| io::Error::other("an entry is too large for a sealed export"))?;
        let mut frame = [0; FRAME];
        frame[0] = what as u8;
        frame[1..].copy_from_slice(&length.to_be_bytes());
        for part in [&frame[..], bytes.expose()] {
            self.signed.update(part);
            self.out.write_all(part)?;
        }
        self.written += FRAME + bytes.len();
        Ok(())
    }
}

/// The head, and the key of what follows it.
fn head(to: &KemPublic) -> io::Result<(Vec<u8>, Secret<32>)> {
    let mut head = [&MAGIC[..], &[VERSION]].concat();
    let key = Secret::<32>::random();
    let sealed = hpke::seal(to, KEY_INFO, &head, key.expose())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    head.extend_from_slice(&sealed);
    let key = kdf::derive(&key, CHUNKS, &sha256(&[&head]).0);
    Ok((head, key))
}
