//! A file that is there whole or not at all, and that only its owner reads.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// A new file under a name of its own, which ends in `.partial`, until it is [`keep`](OutFile::keep)ed. **Dropping it removes what was
/// written.**
#[derive(Debug)]
pub struct OutFile {
    file: File,
    partial: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl OutFile {
    /// Refuses to take the place of anything: an error of the kind [`AlreadyExists`](ErrorKind::AlreadyExists) then names it and says
    /// what to do.
    pub fn create(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(taken(path));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&partial)
            .map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => left_over(&partial),
                _ => error,
            })?;
        Ok(Self {
            file,
            partial,
            path: path.to_owned(),
            kept: false,
        })
    }

    /// Gives it its name, once its bytes are on the disk, and waits until the name is there, too. Answers its size.
    pub fn keep(mut self) -> io::Result<u64> {
        self.file.sync_all()?;
        // Something may have taken the name meanwhile.
        if !name_it(&self.partial, &self.path)? {
            return Err(taken(&self.path));
        }
        self.kept = true;
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
        if !self.kept {
            // What cannot be removed now is found by its name.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Gives a whole file on the same file system another name, replacing nothing, and flushes the folder: after a power cut the name has
/// all of its bytes or does not exist. Answers whether it has the name; if not, the name was taken and the file is where it was.
pub fn name_it(whole: &Path, path: &Path) -> io::Result<bool> {
    match renameat_with(CWD, whole, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        Err(Errno::EXIST) => return Ok(false),
        // Old kernels and some network file systems cannot rename without replacing; a hard link, which FAT does not have, refuses
        // as well.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => match fs::hard_link(whole, path) {
            Ok(()) => fs::remove_file(whole)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
            Err(error) => return Err(error),
        },
        Err(error) => return Err(error.into()),
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    flush_folder(folder.unwrap_or(Path::new(".")))?;
    Ok(true)
}

/// Waits until a folder's names are on the disk.
pub fn flush_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn taken(path: &Path) -> io::Error {
    let what = format!("{} exists already: name another file", path.display());
    io::Error::new(ErrorKind::AlreadyExists, what)
}

fn left_over(partial: &Path) -> io::Error {
    let what = format!(
        "{} exists already: a run that writes it is going on, or did not end and left it; then remove it, or name another file",
        partial.display()
    );
    io::Error::new(ErrorKind::AlreadyExists, what)
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
        assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut late = OutFile::create(&path).unwrap();
        late.write_all(b"late").unwrap();
        fs::write(&path, b"first").unwrap();
        let error = late.keep().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_run_left_is_called_so_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let partial = folder.path().join("out.partial");
        fs::write(&partial, b"half").unwrap();
        let error = OutFile::create(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(error.to_string().contains("did not end"), "{error}");
        assert_eq!(fs::read(&partial).unwrap(), b"half");
    }
}
