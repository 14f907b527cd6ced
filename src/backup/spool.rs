//! The spool: the tables as they were at the moment of a snapshot, on the host's disk until they are sent.
//!
//! A table changes while a slow link takes it, and a read transaction held until then would keep the vault's
//! write-ahead log from ever being emptied. So one short transaction copies the rows here, and the run reads them back
//! from here, one at a time: **neither a slow link nor a large table holds the vault or the memory.**
//!
//! ```text
//! file  = block …            each 256 KiB of plain text but the last
//! block = AES-256-GCM(key of this spool, nonce = number of the block (96 bits, big endian), part of the plain text)
//! plain = [table(1) || length(4, big endian) || row] …
//! ```
//!
//! The key is drawn for the spool and lives in memory only; how long the plain text is, too. The file loses its name
//! before the first row is written: the system takes it back when the run ends, however it ends. What a kill between
//! those two moments leaves is an empty file, which the next run uses.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;

use super::source::TableId;
use super::state::{self, HostState, StateError};
use crate::crypto::Secret;
use crate::crypto::aead::{NONCE, SealKey, TAG};

/// The plain text of one block.
const BLOCK: usize = 256 << 10;
/// What stands before a row.
const HEAD: usize = 5;

/// A spool that takes rows.
pub struct Spooling {
    spool: Spool,
    open: Vec<u8>,
}

/// A spool that gives them back.
pub struct Spool {
    path: PathBuf,
    file: File,
    key: SealKey,
    /// Bytes of plain text.
    len: u64,
}

impl fmt::Debug for Spooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spool.fmt(f)
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool")
            .field("path", &self.path)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl Spooling {
    /// An empty spool beside the state of the run that holds the lock.
    pub fn new(state: &HostState) -> Result<Self, StateError> {
        let path = state.spool();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let file = state::open(&mut options, &path)?;
        fs::remove_file(&path).map_err(state::at(&path))?;
        let spool = Spool {
            path,
            file,
            key: SealKey::new(&Secret::random()),
            len: 0,
        };
        Ok(Self {
            spool,
            open: Vec::with_capacity(BLOCK + TAG),
        })
    }

    /// Appends a row. Rows of one table come one after the other.
    pub fn push(&mut self, table: TableId, row: &[u8]) -> Result<(), StateError> {
        let len = u32::try_from(row.len()).map_err(|_| {
            state::at(&self.spool.path)(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("a row of table {table} is longer than 4 GiB"),
            ))
        })?;
        self.append(&[table.0])?;
        self.append(&len.to_be_bytes())?;
        self.append(row)
    }

    /// No more rows.
    pub fn finish(mut self) -> Result<Spool, StateError> {
        self.seal()?;
        Ok(self.spool)
    }

    fn append(&mut self, mut bytes: &[u8]) -> Result<(), StateError> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.open.len()));
            self.open.extend_from_slice(now);
            if self.open.len() == BLOCK {
                self.seal()?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn seal(&mut self) -> Result<(), StateError> {
        if self.open.is_empty() {
            return Ok(());
        }
        let Spool {
            path,
            file,
            key,
            len,
        } = &mut self.spool;
        let number = *len / BLOCK as u64;
        *len += self.open.len() as u64;
        key.seal_in_place(&nonce(number), b"", &mut self.open);
        file.write_all(&self.open).map_err(state::at(path))?;
        self.open.clear();
        Ok(())
    }
}

impl Spool {
    /// Its rows, from the first on.
    pub fn rows(mut self) -> Result<Rows, StateError> {
        self.file.rewind().map_err(state::at(&self.path))?;
        Ok(Rows {
            left: self.len,
            spool: self,
            number: 0,
            block: Vec::with_capacity(BLOCK + TAG),
            at: 0,
        })
    }
}

/// The rows of a spool, in the order in which they came.
#[derive(Debug)]
pub struct Rows {
    spool: Spool,
    number: u64,
    block: Vec<u8>,
    at: usize,
    /// Plain bytes that are still to be given out.
    left: u64,
}

impl Rows {
    /// The next row and its table, or none at the end.
    pub fn next_row(&mut self) -> Result<Option<(TableId, Vec<u8>)>, StateError> {
        if self.left == 0 {
            return Ok(None);
        }
        let head = self.take(HEAD)?;
        let len = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        Ok(Some((TableId(head[0]), self.take(len as usize)?)))
    }

    fn take(&mut self, len: usize) -> Result<Vec<u8>, StateError> {
        let mut taken = Vec::with_capacity(len);
        while taken.len() < len {
            if self.at == self.block.len() {
                self.open()?;
            }
            let rest = &self.block[self.at..];
            let now = rest.len().min(len - taken.len());
            taken.extend_from_slice(&rest[..now]);
            self.at += now;
        }
        self.left -= len as u64;
        Ok(taken)
    }

    fn open(&mut self) -> Result<(), StateError> {
        let Spool {
            path,
            file,
            key,
            len,
        } = &mut self.spool;
        let begin = self.number * BLOCK as u64;
        let plain = (*len - begin).min(BLOCK as u64) as usize;
        self.block.resize(plain + TAG, 0);
        file.read_exact(&mut self.block).map_err(state::at(path))?;
        key.open_in_place(&nonce(self.number), b"", &mut self.block)
            .map_err(|_| StateError::Spool { path: path.clone() })?;
        self.number += 1;
        self.at = 0;
        Ok(())
    }
}

/// **No number comes twice under one key**: every spool has a key of its own, and only ever grows.
fn nonce(number: u64) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[NONCE - 8..].copy_from_slice(&number.to_be_bytes());
    nonce
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileExt, PermissionsExt};

    use super::*;
    use crate::backup::keys::RepositoryId;

    const REPOSITORY: RepositoryId = RepositoryId([7; 16]);

    /// Rows that anybody would recognise, of lengths around those of blocks.
    fn rows() -> Vec<(TableId, Vec<u8>)> {
        let text = |len: usize| b"Gustavo Mejia, ward A. ".repeat(len / 23 + 1)[..len].to_vec();
        [0, 1, 90, BLOCK - HEAD, BLOCK, 3 * BLOCK + 17, 23, BLOCK - 1]
            .into_iter()
            .zip([1, 1, 1, 2, 2, 4, 5, 5])
            .map(|(len, table)| (TableId(table), text(len)))
            .collect()
    }

    fn spooled(folder: &std::path::Path) -> Spool {
        let state = HostState::lock(folder, REPOSITORY).unwrap();
        let mut spooling = Spooling::new(&state).unwrap();
        for (table, row) in rows() {
            spooling.push(table, &row).unwrap();
        }
        spooling.finish().unwrap()
    }

    fn all(spool: Spool) -> Result<Vec<(TableId, Vec<u8>)>, StateError> {
        let mut rows = spool.rows()?;
        let mut found = Vec::new();
        while let Some(row) = rows.next_row()? {
            found.push(row);
        }
        Ok(found)
    }

    #[test]
    fn rows_come_back_as_they_went_in_wherever_blocks_end() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(all(spooled(folder.path())).unwrap(), rows());
        let state = HostState::lock(folder.path(), REPOSITORY).unwrap();
        let empty = Spooling::new(&state).unwrap().finish().unwrap();
        assert_eq!(all(empty).unwrap(), []);
    }

    #[test]
    fn nothing_in_the_file_is_readable_and_nobody_else_may_open_it() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spooled(folder.path());
        let mode = spool.file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let mut bytes = vec![0; spool.file.metadata().unwrap().len() as usize];
        spool.file.read_exact_at(&mut bytes, 0).unwrap();
        assert!(bytes.len() as u64 > spool.len);
        for piece in [&b"Mejia"[..], b"ward A", b"Gustavo"] {
            assert!(!bytes.windows(piece.len()).any(|found| found == piece));
        }
    }

    #[test]
    fn no_file_is_left_even_by_a_run_that_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let path = {
            let state = HostState::lock(folder.path(), REPOSITORY).unwrap();
            state.spool()
        };
        // What a kill between making the file and taking its name away leaves.
        fs::write(&path, b"left behind").unwrap();
        let spool = spooled(folder.path());
        assert!(!path.exists(), "while rows are in it");
        assert_eq!(all(spool).unwrap(), rows());
        assert!(!path.exists());
    }

    #[test]
    fn a_changed_byte_or_a_lost_end_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let len = spooled(folder.path()).file.metadata().unwrap().len();
        for at in [0, BLOCK as u64 / 2, BLOCK as u64 + TAG as u64, len - 1] {
            let spool = spooled(folder.path());
            let mut byte = [0];
            spool.file.read_exact_at(&mut byte, at).unwrap();
            spool.file.write_all_at(&[byte[0] ^ 1], at).unwrap();
            assert!(
                matches!(all(spool), Err(StateError::Spool { .. })),
                "byte {at}"
            );
        }
        let spool = spooled(folder.path());
        spool.file.set_len(len - 1).unwrap();
        assert!(matches!(all(spool), Err(StateError::File { .. })));
    }
}
