//! STREAM, from [Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance](https://eprint.iacr.org/2015/189)
//! (2015, section 8), over AES-256-GCM: a text of any length in chunks, sealed and opened with the memory of one.
//!
//! ```text
//! nonce of chunk n = n (11 bytes, big endian, from 0) || 1 for the last chunk, 0 for all before it
//! chunk            = AES-256-GCM(key, nonce, plain) || tag (16 bytes)
//! ```
//!
//! Every chunk but the last holds [`CHUNK`] bytes of plain text, and the last between 1 and [`CHUNK`]; only an empty text is one
//! empty chunk. A chunk that is moved, dropped or altered does not open, nor does a text that was cut or goes on after its end.
//!
//! **A key seals one text: the nonces begin anew with each. What was opened counts once the last chunk did: act on nothing before.**

use std::io::{self, ErrorKind, Read, Write};

use super::aead::{NONCE, SealKey, TAG};
use super::{Secret, SecretBytes};

/// Bytes of plain text in every chunk but the last.
pub const CHUNK: usize = 64 << 10;
const SEALED: usize = CHUNK + TAG;

/// What the place of a chunk is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Within,
    Last,
}

fn nonce(number: u64, place: Place) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(place == Place::Last);
    nonce
}

/// Seals what is written to it. **What was not [`finish`](StreamSealer::finish)ed is cut off, and opens as such.**
#[derive(Debug)]
pub struct StreamSealer<W> {
    key: SealKey,
    out: W,
    chunk: SecretBytes,
    number: u64,
}

impl<W: Write> StreamSealer<W> {
    /// Seals under a key that seals nothing else.
    pub fn new(key: &Secret<32>, out: W) -> Self {
        Self {
            key: SealKey::new(key),
            out,
            chunk: SecretBytes::new(Vec::with_capacity(SEALED)),
            number: 0,
        }
    }

    /// Seals the last chunk and gives back where it went.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(Place::Last)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn seal(&mut self, place: Place) -> io::Result<()> {
        let mut sealed = self.chunk.expose().to_vec();
        self.key
            .seal_in_place(&nonce(self.number, place), &[], &mut sealed);
        self.number += 1;
        self.chunk.truncate(0);
        self.out.write_all(&sealed)
    }
}

impl<W: Write> Write for StreamSealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until it is known whether it is the last.
        if self.chunk.len() == CHUNK && !bytes.is_empty() {
            self.seal(Place::Within)?;
        }
        let taken = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend(&bytes[..taken]);
        Ok(taken)
    }

    /// Flushes what is behind; a chunk that is not full stays here.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Why a stream did not open. Places are counted from the beginning of what the stream stands in.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// A chunk was altered, moved, or is another stream's.
    #[error("bytes {from} to {to} were altered, or do not belong there")]
    Altered {
        /// Where it begins.
        from: u64,
        /// Where it ends.
        to: u64,
    },
    /// There is no last chunk.
    #[error("it ends at byte {at}, before its last chunk: the rest was cut off")]
    Cut {
        /// Where it ends.
        at: u64,
    },
    /// Something follows the last chunk.
    #[error("its last chunk ends at byte {at}, and more follows that does not belong to it")]
    Extended {
        /// Where it should end.
        at: u64,
    },
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Opens a stream, chunk by chunk.
#[derive(Debug)]
pub struct StreamOpener<R> {
    key: SealKey,
    from: R,
    /// The next chunk as it was read, sealed, and what was read beyond it to see whether it is the last.
    ahead: Vec<u8>,
    number: u64,
    /// Where the next chunk begins.
    at: u64,
    done: bool,
}

impl<R: Read> StreamOpener<R> {
    /// Opens what [`StreamSealer`] sealed, `before` bytes after the beginning of what it stands in.
    pub fn new(key: &Secret<32>, from: R, before: u64) -> Self {
        Self {
            key: SealKey::new(key),
            from,
            ahead: Vec::with_capacity(SEALED + 1),
            number: 0,
            at: before,
            done: false,
        }
    }

    /// The plain text of the next chunk; `None` after the last.
    pub fn next_chunk(&mut self) -> Result<Option<SecretBytes>, StreamError> {
        if self.done {
            return Ok(None);
        }
        fill(&mut self.from, &mut self.ahead)?;
        let more = self.ahead.len() > SEALED;
        let sealed = &self.ahead[..self.ahead.len().min(SEALED)];
        let place = if more { Place::Within } else { Place::Last };
        let (from, to) = (self.at, self.at + sealed.len() as u64);
        let Some(plain) = self.open(sealed, place) else {
            return Err(match place {
                // As if the other were the case: what was done to the file is then known.
                Place::Within if self.open(sealed, Place::Last).is_some() => {
                    StreamError::Extended { at: to }
                }
                Place::Last if self.open(sealed, Place::Within).is_some() => {
                    StreamError::Cut { at: to }
                }
                Place::Last if sealed.len() < TAG => StreamError::Cut { at: to },
                _ => StreamError::Altered { from, to },
            });
        };
        if plain.is_empty() && self.number > 0 {
            return Err(StreamError::Altered { from, to });
        }
        self.ahead.drain(..sealed.len());
        self.number += 1;
        self.at = to;
        self.done = place == Place::Last;
        Ok(Some(plain))
    }

    fn open(&self, sealed: &[u8], place: Place) -> Option<SecretBytes> {
        let mut text = sealed.to_vec();
        let opened = self
            .key
            .open_in_place(&nonce(self.number, place), &[], &mut text);
        opened.is_ok().then(|| SecretBytes::new(text))
    }
}

/// Reads a chunk and one byte more, as far as there is something to read.
fn fill(from: &mut impl Read, ahead: &mut Vec<u8>) -> io::Result<()> {
    let mut filled = ahead.len();
    ahead.resize(SEALED + 1, 0);
    while filled < ahead.len() {
        match from.read(&mut ahead[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    ahead.truncate(filled);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::hash::sha256;
    use crate::crypto::hex::hex;

    fn counted() -> Secret<32> {
        Secret::fill_with(|key| key.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n))
    }

    fn sealed(key: &Secret<32>, plain: &[u8]) -> Vec<u8> {
        let mut sealer = StreamSealer::new(key, Vec::new());
        sealer.write_all(plain).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(key: &Secret<32>, sealed: &[u8]) -> Result<Vec<u8>, StreamError> {
        let mut opener = StreamOpener::new(key, sealed, 0);
        let mut plain = Vec::new();
        while let Some(chunk) = opener.next_chunk()? {
            plain.extend_from_slice(chunk.expose());
        }
        Ok(plain)
    }

    fn text(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at % 251) as u8).collect()
    }

    /// Golden vectors of our own encoding, made with another implementation (OpenSSL).
    #[test]
    fn a_sealed_stream_stays_what_it_is() {
        assert_eq!(
            hex(&sealed(&counted(), b"plain text")),
            "65bade952ad4447b765af7526ffc076069b6380490f2d95cbc49"
        );
        let long = sealed(&counted(), &text(CHUNK + 1));
        assert_eq!(long.len(), CHUNK + 1 + 2 * TAG);
        assert_eq!(
            sha256(&[&long]).to_string(),
            "11765ed1fd53d3352849649abc66e1bd463b9b8666ebcb3c04d8d1e5536c0095"
        );
    }

    #[test]
    fn every_length_around_a_chunk_comes_back() {
        let key = Secret::random();
        for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
            let plain = text(len);
            let sealed = sealed(&key, &plain);
            let chunks = len.div_ceil(CHUNK).max(1);
            assert_eq!(sealed.len(), len + chunks * TAG, "{len} bytes");
            assert_eq!(opened(&key, &sealed).unwrap(), plain, "{len} bytes");
        }
    }

    #[test]
    fn a_flipped_bit_is_refused_with_the_place_of_its_chunk() {
        let key = Secret::random();
        let sealed = sealed(&key, &text(2 * CHUNK + 7));
        for at in [0, CHUNK, SEALED - 1, SEALED, 2 * SEALED, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            let StreamError::Altered { from, to } = opened(&key, &changed).unwrap_err() else {
                panic!("byte {at}");
            };
            assert!(
                (from..to).contains(&(at as u64)),
                "byte {at}: {from} to {to}"
            );
        }
    }

    #[test]
    fn a_cut_anywhere_is_refused_and_between_chunks_it_is_called_a_cut() {
        let key = Secret::random();
        let sealed = sealed(&key, &text(2 * CHUNK + 7));
        for len in [0, TAG - 1, SEALED, 2 * SEALED, 2 * SEALED + TAG - 1] {
            let error = opened(&key, &sealed[..len]).unwrap_err();
            assert!(
                matches!(error, StreamError::Cut { at } if at == len as u64),
                "{len} bytes: {error}"
            );
        }
        for len in [TAG, CHUNK, SEALED - 1, SEALED + TAG, sealed.len() - 1] {
            assert!(opened(&key, &sealed[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn what_follows_the_end_is_refused() {
        let key = Secret::random();
        for len in [7, CHUNK, CHUNK + 7] {
            let mut sealed = sealed(&key, &text(len));
            sealed.push(0);
            assert!(opened(&key, &sealed).is_err(), "{len} bytes");
        }
        let full = sealed(&key, &text(CHUNK));
        let twice = [&full[..], &full].concat();
        assert!(matches!(
            opened(&key, &twice).unwrap_err(),
            StreamError::Extended { at } if at == SEALED as u64
        ));
    }

    #[test]
    fn chunks_that_change_places_and_chunks_of_another_stream_are_refused() {
        let (key, other) = (Secret::random(), Secret::random());
        let stream = sealed(&key, &text(3 * CHUNK));
        let (a, rest) = stream.split_at(SEALED);
        let (b, c) = rest.split_at(SEALED);
        assert!(opened(&key, &[b, a, c].concat()).is_err());
        assert!(opened(&key, &[a, c].concat()).is_err(), "one was dropped");
        let foreign = sealed(&other, &text(3 * CHUNK));
        let mixed = [a, &foreign[SEALED..2 * SEALED], c].concat();
        assert!(opened(&key, &mixed).is_err());
        assert!(opened(&other, &stream).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn pieces_of_any_size_give_the_same_stream(
            plain in prop::collection::vec(any::<u8>(), 0..3 * CHUNK),
            piece in 1_usize..2 * CHUNK,
        ) {
            let key = counted();
            let mut sealer = StreamSealer::new(&key, Vec::new());
            for part in plain.chunks(piece) {
                sealer.write_all(part).unwrap();
            }
            let stream = sealer.finish().unwrap();
            prop_assert_eq!(&stream, &sealed(&key, &plain));
            prop_assert_eq!(opened(&key, &stream).unwrap(), plain);
        }
    }
}
