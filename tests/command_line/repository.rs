//! A vault, its repository, and the files of both.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::new_host::NewHost;
use crate::program::Run;

/// A vault, the files of its restore shares, and the folder for snapshots.
pub fn vault() -> (NewHost, Vec<String>, String) {
    let host = NewHost::new();
    let made = host.json_as(
        "tlind",
        &[
            "init",
            "--admin",
            "tlind",
            "--shares",
            "3",
            "--threshold",
            "2",
        ],
    );
    let shares = made["restore"]["files"].as_array().unwrap();
    let shares = shares
        .iter()
        .map(|file| file.as_str().unwrap().to_owned())
        .collect();
    let repository = host
        .home
        .path()
        .join("repository")
        .to_str()
        .unwrap()
        .to_owned();
    (host, shares, repository)
}

/// The result of a run that may have told its progress.
#[track_caller]
pub fn result(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{}", run.err);
    for line in run.err.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["progress"]["what"].is_string(), "{line}");
    }
    serde_json::from_str(&run.out).unwrap()
}

/// The repository's commands, each on the same target.
pub fn at<'a>(command: &[&'a str], repository: &'a str) -> Vec<&'a str> {
    [&["backup"], command, &["--to", repository]].concat()
}

pub fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        }
        found.push(path);
    }
    found
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &there);
        } else {
            std::fs::copy(&path, &there).unwrap();
        }
    }
}
