//! The house's rules that a compiler does not hold: a dependency points only downwards, and some crates live in one place.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the top down. Each module may use those after it.
const ORDER: [&str; 12] = [
    "cli", "tui", "jobs", "interop", "desk", "index", "backup", "vault", "ledger", "clinical",
    "crypto", "config",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file: its path below `src`, its top module, its code without comments.
fn files() -> Vec<(PathBuf, String, String)> {
    let src = src();
    let files: Vec<_> = sources(&src)
        .into_iter()
        .map(|path| {
            let text = code(&fs::read_to_string(&path).unwrap());
            let path = path.strip_prefix(&src).unwrap().to_owned();
            let first = path.iter().next().unwrap().to_str().unwrap();
            let module = first.trim_end_matches(".rs").to_owned();
            (path, module, text)
        })
        .collect();
    assert!(files.len() > 100, "the sources were found");
    files
}

/// The text without line comments: prose may name what code may not use.
fn code(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The top modules that a text reaches through `crate::`, groups like `crate::{a, b::c}` included.
fn reaches(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            let mut first = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => first = true,
                    _ => {}
                }
                let named = c.is_alphanumeric() || c == '_';
                if named && first {
                    word.push(c);
                } else if !word.is_empty() {
                    found.insert(std::mem::take(&mut word));
                    first = false;
                }
            }
            if !word.is_empty() {
                found.insert(word);
            }
        } else {
            found.insert(
                rest.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    found
}

/// Whether a text uses a crate: `name::`, `use name`, not as a part of a longer word or path.
fn uses(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = &text[at + name.len()..];
        let alone = before
            .is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':' || c == '"' || c == '.'));
        alone && (after.starts_with("::") || after.starts_with(';') || after.starts_with(" as "))
    })
}

#[test]
fn the_reader_of_sources_sees_what_it_must() {
    let text = "use crate::vault::Session;\nuse crate::{ledger::{Row, Entry}, desk};\nlet x = crate::crypto::hex::hex(&[]);";
    let expected = ["vault", "ledger", "desk", "crypto"]
        .map(str::to_owned)
        .into();
    assert_eq!(reaches(text), expected);
    assert!(uses("use rusqlite::Connection;", "rusqlite"));
    assert!(uses("fn f() -> rusqlite::Result<()>", "rusqlite"));
    assert!(!uses("use crate::backup::mongodb::X;", "mongodb"));
    assert!(!uses("\"mongodb://host\"", "mongodb"));
    assert_eq!(
        code("//! use crate::tui::App\nuse crate::desk;"),
        "use crate::desk;"
    );
}

#[test]
fn a_dependency_points_only_downwards() {
    let rank = |module: &str| ORDER.iter().position(|known| *known == module);
    let mut wrong = Vec::new();
    for (path, module, text) in files() {
        let Some(own) = rank(&module) else {
            assert!(
                ["lib", "main"].contains(&module.as_str()),
                "{} is in no known module",
                path.display()
            );
            continue;
        };
        for used in reaches(&text) {
            if rank(&used).is_some_and(|used| used < own) {
                wrong.push(format!(
                    "{}: {module} uses {used}, which stands above it",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_one_place_of_each_outer_crate_knows_it() {
    let rules: [(&str, &[&str]); 5] = [
        ("ratatui", &["tui"]),
        ("crossterm", &["tui"]),
        ("tui_textarea", &["tui"]),
        ("rusqlite", &["ledger", "index"]),
        (
            "mongodb",
            &["backup/mongo.rs", "backup/mongo_tests.rs", "backup/mongo"],
        ),
    ];
    let mut wrong = Vec::new();
    for (path, _, text) in files() {
        for (name, places) in rules {
            if uses(&text, name) && !places.iter().any(|place| path.starts_with(place)) {
                wrong.push(format!("{} uses {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_module_is_a_drawer() {
    for (path, ..) in files() {
        for part in &path {
            let part = part.to_str().unwrap().trim_end_matches(".rs");
            assert!(
                ![
                    "utils", "util", "helpers", "helper", "common", "misc", "stuff"
                ]
                .contains(&part),
                "{} is named after nothing",
                path.display()
            );
        }
    }
}

#[test]
fn the_map_in_the_crates_documentation_names_every_module_from_the_ground_up() {
    let map = fs::read_to_string(src().join("lib.rs")).unwrap();
    let named: Vec<&str> = map
        .lines()
        .filter_map(|line| line.strip_prefix("//! - [`"))
        .filter_map(|rest| rest.split('`').next())
        .collect();
    let mut sorted = named.clone();
    sorted.sort_unstable();
    let mut known = ORDER;
    known.sort_unstable();
    assert_eq!(sorted, known);
}

#[test]
fn clinical_is_pure() {
    for (path, module, text) in files() {
        if module == "clinical" && !path.to_str().unwrap().contains("test") {
            for impure in [
                "std::fs",
                "std::net",
                "std::process",
                "SystemTime::now",
                "Timestamp::now",
                "Zoned::now",
                "getrandom",
            ] {
                assert!(
                    !text.contains(impure),
                    "{} reaches for {impure}",
                    path.display()
                );
            }
        }
    }
}
