//! Which files an import reads, and in what order.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::skipped::PlanError;

/// The files of one import, in the order in which they are read.
#[derive(Debug, Clone, Default)]
pub struct Files {
    files: Vec<SourceFile>,
}

/// One file of an import.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path.
    pub path: Arc<Path>,
    /// Its size in bytes.
    pub bytes: u64,
    /// What it shares with the files of the same source: the folder that was named, or the one that a named file lies in.
    pub set: Arc<Path>,
    pub(super) lines: bool,
}

impl Files {
    /// Finds the files under `paths`: files as given, folders with all that is `.json` or `.ndjson` in them and below.
    ///
    /// Whoever is spoken of comes first: in a folder, files whose name starts with `Patient`, then practitioners and organisations,
    /// then medications, then the rest, each by name. Other files in a folder are left alone.
    pub fn find<P: AsRef<Path>>(paths: &[P]) -> Result<Self, PlanError> {
        let mut files = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let unreadable = |source| PlanError::Unreadable {
                path: path.to_owned(),
                source,
            };
            if fs::metadata(path).map_err(unreadable)?.is_dir() {
                let mut found = Vec::new();
                collect(path, &Arc::from(path), &mut found)?;
                if found.is_empty() {
                    return Err(PlanError::Empty(path.to_owned()));
                }
                found.sort_by(|a, b| {
                    rank(&a.path)
                        .cmp(&rank(&b.path))
                        .then_with(|| a.path.cmp(&b.path))
                });
                files.extend(found);
            } else {
                let set = Arc::from(path.parent().unwrap_or(path));
                let file = source_file(path, &set)?;
                files.push(file.ok_or_else(|| PlanError::OtherKind(path.to_owned()))?);
            }
        }
        Ok(Self { files })
    }

    /// Takes them all for one source's: names such as `Patient/1` mean the same in all of them.
    #[must_use]
    pub fn of_one_source(mut self) -> Self {
        let set = Arc::from(Path::new(""));
        for file in &mut self.files {
            file.set = Arc::clone(&set);
        }
        self
    }

    /// The files in the order in which they are read.
    pub fn as_slice(&self) -> &[SourceFile] {
        &self.files
    }

    /// The size of all files together.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// `None` for a file of another kind.
fn source_file(path: &Path, set: &Arc<Path>) -> Result<Option<SourceFile>, PlanError> {
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .map(str::to_ascii_lowercase);
    let lines = match extension.as_deref() {
        Some("json") => false,
        Some("ndjson") => true,
        _ => return Ok(None),
    };
    let unreadable = |source| PlanError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // Opened here, so that a file without permission is found before anything is written.
    let bytes = fs::File::open(path)
        .and_then(|file| file.metadata())
        .map_err(unreadable)?
        .len();
    Ok(Some(SourceFile {
        path: Arc::from(path),
        bytes,
        set: Arc::clone(set),
        lines,
    }))
}

fn collect(folder: &Path, set: &Arc<Path>, into: &mut Vec<SourceFile>) -> Result<(), PlanError> {
    let unreadable = |path: &Path, source| PlanError::Unreadable {
        path: path.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(|e| unreadable(folder, e))? {
        let entry = entry.map_err(|e| unreadable(folder, e))?;
        let path: PathBuf = entry.path();
        // A link to a folder is not followed: it may lead back up.
        let kind = entry.file_type().map_err(|e| unreadable(&path, e))?;
        if kind.is_dir() {
            collect(&path, set, into)?;
        } else if path.is_file() {
            into.extend(source_file(&path, set)?);
        }
    }
    Ok(())
}

/// Who is pointed to comes before who points.
fn rank(path: &Path) -> u8 {
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    let kind: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    if name.starts_with("Patient") {
        0
    } else if kind == "Practitioner" || kind == "Organization" {
        1
    } else if kind == "Medication" {
        2
    } else {
        3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_patients_first_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "Condition.000.ndjson",
            "b/Patient-x.json",
            "Organization.ndjson",
            "notes.txt",
            "Medication-1.json",
            "a.JSON",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        let files = Files::find(&[folder.path()]).unwrap();
        let names: Vec<_> = files
            .as_slice()
            .iter()
            .map(|f| {
                f.path
                    .strip_prefix(folder.path())
                    .unwrap()
                    .to_str()
                    .unwrap()
            })
            .collect();
        assert_eq!(
            names,
            [
                "b/Patient-x.json",
                "Organization.ndjson",
                "Medication-1.json",
                "Condition.000.ndjson",
                "a.JSON"
            ]
        );
        assert_eq!(files.bytes(), 10);
    }

    #[test]
    fn what_cannot_be_read_is_said_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            Files::find(&[folder.path()]),
            Err(PlanError::Empty(_))
        ));
        assert!(matches!(
            Files::find(&[folder.path().join("none.json")]),
            Err(PlanError::Unreadable { .. })
        ));
        let other = folder.path().join("x.xml");
        fs::write(&other, "<x/>").unwrap();
        assert!(matches!(
            Files::find(&[other]),
            Err(PlanError::OtherKind(_))
        ));
    }
}
