//! A repository in a folder: a disk, a stick, a mounted share. The same format as on MongoDB.
//!
//! `objects/ab/abcd…`, `manifests/HOST/TIMELINE/NUMBER`, `keys/NAME`, `tombstones/ab/abcd…`. Files are 0600, folders
//! 0700. A put writes a temporary file beside its place, flushes it, renames it without replacing, and flushes the
//! folder: after a power cut a name has all of its bytes or does not exist.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::target::{Answer, Name, Put, Shelf, Stat, Target, TargetError};
use crate::config::{flush_folder, name_it};
use crate::crypto::{hex, random};

/// A folder as a target.
#[derive(Debug)]
pub struct Folder {
    root: Arc<PathBuf>,
}

impl Folder {
    /// Takes `root` as a repository; makes the folder if only it is missing, not its parents, so that a stick that is
    /// not mounted does not become a folder on the system's disk.
    pub fn open(root: &Path) -> Result<Self, TargetError> {
        match DirBuilder::new().mode(0o700).create(root) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists && root.is_dir() => {}
            Err(e) => {
                return Err(TargetError::Address {
                    uri: root.display().to_string(),
                    cause: e.to_string(),
                });
            }
        }
        Ok(Self {
            root: Arc::new(root.to_owned()),
        })
    }

    /// The file that keeps `name`. Objects spread over 256 folders by their first two digits.
    pub fn path(&self, shelf: Shelf, name: &Name) -> PathBuf {
        path(&self.root, shelf, name)
    }

    /// Runs `work` where blocking is allowed and gives its error a place.
    fn blocking<T, F>(&self, work: F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Path) -> io::Result<T> + Send + 'static,
    {
        let root = Arc::clone(&self.root);
        Box::pin(async move {
            let place = root.display().to_string();
            match tokio::task::spawn_blocking(move || work(&root)).await {
                Ok(done) => done.map_err(|e| explain(place, &e)),
                Err(e) => Err(TargetError::Failed {
                    place,
                    cause: e.to_string(),
                }),
            }
        })
    }
}

impl Target for Folder {
    fn place(&self) -> String {
        self.root.display().to_string()
    }

    fn exists<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<Stat>> {
        let names = names.to_vec();
        self.blocking(move |root| {
            let mut found = Vec::with_capacity(names.len());
            for name in names {
                match fs::metadata(path(root, shelf, &name)) {
                    Ok(meta) => found.push(Stat {
                        name,
                        len: meta.len(),
                    }),
                    Err(e) if e.kind() == ErrorKind::NotFound => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(found)
        })
    }

    fn put<'a>(&'a self, shelf: Shelf, name: &'a Name, bytes: Arc<Vec<u8>>) -> Answer<'a, Put> {
        let name = name.clone();
        self.blocking(move |root| insert(root, &path(root, shelf, &name), &bytes))
    }

    fn get<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, Option<Vec<u8>>> {
        let name = name.clone();
        self.blocking(move |root| read(&path(root, shelf, &name)))
    }

    fn get_many<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<(Name, Vec<u8>)>> {
        let names = names.to_vec();
        self.blocking(move |root| {
            let mut found = Vec::with_capacity(names.len());
            for name in names {
                if let Some(bytes) = read(&path(root, shelf, &name))? {
                    found.push((name, bytes));
                }
            }
            Ok(found)
        })
    }

    fn list(&self, shelf: Shelf) -> Answer<'_, Vec<Stat>> {
        self.blocking(move |root| {
            let mut found = Vec::new();
            let skip = usize::from(spreads(shelf));
            walk(
                &root.join(shelf.as_str()),
                &mut Vec::new(),
                &mut |segments, len| {
                    if let Some(name) = segments.get(skip..).and_then(|s| Name::parse(&s.join("/")))
                    {
                        found.push(Stat { name, len });
                    }
                },
            )?;
            Ok(found)
        })
    }

    fn delete<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, ()> {
        let name = name.clone();
        self.blocking(move |root| {
            let file = path(root, shelf, &name);
            match fs::remove_file(&file) {
                Ok(()) => file.parent().map_or(Ok(()), flush_folder),
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
                Err(e) => Err(e),
            }
        })
    }
}

/// Whether the shelf spreads its files over folders named by the first two digits.
const fn spreads(shelf: Shelf) -> bool {
    matches!(shelf, Shelf::Objects | Shelf::Tombstones)
}

fn path(root: &Path, shelf: Shelf, name: &Name) -> PathBuf {
    let mut file = root.join(shelf.as_str());
    if spreads(shelf) {
        file.push(name.as_str().get(..2).unwrap_or("00"));
    }
    file.join(name.as_str())
}

/// The bytes of a file that may not be there.
fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Writes beside the place, then renames without replacing.
fn insert(root: &Path, file: &Path, bytes: &[u8]) -> io::Result<Put> {
    // A name that is taken needs no second writing of its bytes; the rename below decides a race.
    if file.exists() {
        return Ok(Put::AlreadyThere);
    }
    let folder = file.parent().unwrap_or(root);
    make_folders(root, folder)?;
    let temporary = folder.join(format!(".{}", hex::hex(&random::bytes::<8>())));
    let done = write_and_name(&temporary, file, bytes);
    if !matches!(done, Ok(Put::Stored)) {
        // Best effort: a file left behind begins with a dot and is never listed.
        let _ = fs::remove_file(&temporary);
    }
    done
}

fn write_and_name(temporary: &Path, file: &Path, bytes: &[u8]) -> io::Result<Put> {
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(temporary)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    drop(out);
    if name_it(temporary, file)? {
        Ok(Put::Stored)
    } else {
        Ok(Put::AlreadyThere)
    }
}

/// Makes the folders from `root` down to `folder` and flushes each parent of a new one.
fn make_folders(root: &Path, folder: &Path) -> io::Result<()> {
    if folder.is_dir() || folder == root {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(root);
    make_folders(root, parent)?;
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => flush_folder(parent),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e),
    }
}

fn walk(
    folder: &Path,
    segments: &mut Vec<String>,
    each: &mut dyn FnMut(&[String], u64),
) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let entry = entry?;
        // Symbolic links are neither file nor folder here, so that a walk stays below the root.
        let kind = entry.file_type()?;
        let Ok(segment) = entry.file_name().into_string() else {
            continue;
        };
        segments.push(segment);
        if kind.is_dir() {
            walk(&entry.path(), segments, each)?;
        } else if kind.is_file() {
            each(segments, entry.metadata()?.len());
        }
        segments.pop();
    }
    Ok(())
}

fn explain(place: String, e: &io::Error) -> TargetError {
    let cause = e.to_string();
    match e.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => TargetError::Full { place },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            TargetError::Denied { place, cause }
        }
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::StaleNetworkFileHandle => {
            TargetError::Unreachable { place, cause }
        }
        _ => TargetError::Failed { place, cause },
    }
}
