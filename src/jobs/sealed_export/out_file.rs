//! A file that is there whole or not at all, and that only its owner reads.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A new file under a name of its own until it is [`keep`](OutFile::keep)ed. **Dropping it removes what was written.**
#[derive(Debug)]
pub(super) struct OutFile {
    file: File,
    partial: PathBuf,
    path: PathBuf,
}

impl OutFile {
    /// Refuses to take the place of anything.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        for taken in [path, &partial] {
            if taken.symlink_metadata().is_ok() {
                let what = format!("{} exists already: name another file", taken.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
            }
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&partial)?;
        Ok(Self {
            file,
            partial,
            path: path.to_owned(),
        })
    }

    /// Gives it its name, once it is on the disk. Answers its size.
    pub(super) fn keep(self) -> io::Result<u64> {
        self.file.sync_all()?;
        // Fails where something took the name meanwhile, which a renaming would replace.
        fs::hard_link(&self.partial, &self.path)?;
        Ok(self.file.metadata()?.len())
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        // What cannot be removed now is found by its name.
        let _ = fs::remove_file(&self.partial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let mut dropped = OutFile::create(&path).unwrap();
        dropped.write_all(b"half").unwrap();
        drop(dropped);
        assert_eq!(names(), 0);
        let mut kept = OutFile::create(&path).unwrap();
        kept.write_all(b"whole").unwrap();
        assert_eq!(kept.keep().unwrap(), 5);
        assert_eq!((names(), fs::read(&path).unwrap()), (1, b"whole".to_vec()));
        let taken = OutFile::create(&path).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }
}
