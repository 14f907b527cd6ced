//! Files that a host keeps of what happened, one a moment: `<folder>/<milliseconds since 1970 UTC>.json` of its folder, for its
//! owner alone.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::DeskError;
use super::view::Stamp;
use crate::ledger::store::create_private_folder;
use crate::vault::clock;
use crate::vault::host::replace_private;

/// Keeps a value as of now.
pub(super) fn keep(folder: &Path, value: &impl Serialize) -> Result<(), DeskError> {
    create_private_folder(folder)?;
    let text = serde_json::to_vec(value).map_err(|error| DeskError::Outside(error.to_string()))?;
    let name = |millis: u64| folder.join(format!("{millis}.json"));
    // One a millisecond: what comes as fast takes the next.
    let mut at = clock::now();
    while name(at).exists() {
        at += 1;
    }
    Ok(replace_private(&name(at), &text)?)
}

/// The files that are kept, the newest first; none where there is no folder.
pub(super) fn files(folder: &Path) -> Vec<(Stamp, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let millis = path.file_name()?.to_str()?.strip_suffix(".json")?;
            Some((Stamp::from_millis(millis.parse().ok()?), path))
        })
        .collect();
    files.sort_by(|one, other| other.cmp(one));
    files
}

/// Lets a file go, of which nobody has to be told.
pub(super) fn let_go(path: &Path) {
    // Another process may have been faster; what stays goes the next time.
    let _ = fs::remove_file(path);
}
