//! Running the stages of every peer, one after the other, each as a process of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use workload::stage::Stage;

use crate::table;

/// Every peer: the name on the command line, the one in the table, and the package that it lives in, if not this one.
pub const PEERS: [(&str, &str, Option<&str>); 7] = [
    ("scan", "scan and decrypt", None),
    ("blind", "blind index", None),
    ("findex", "cosmian_findex", Some("findex")),
    ("fts5", "FTS5", None),
    ("fts5-full", "FTS5 with positions", None),
    ("sqlcipher", "SQLCipher + FTS5", Some("sqlcipher")),
    ("ours", "ours", None),
];

/// The figures of a peer, by name.
pub type Figures = BTreeMap<String, String>;

/// Measures peers and prints the table.
pub fn compare(arguments: &[String]) -> Result<(), String> {
    let (mut entries, mut wanted, mut keep) = (100_000u64, Vec::new(), None);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--keep" {
            keep = Some(PathBuf::from(arguments.next().ok_or("--keep DIR")?));
        } else if let Ok(number) = argument.parse() {
            entries = number;
        } else if PEERS.iter().any(|(name, ..)| name == argument) {
            wanted.push(argument.as_str());
        } else {
            let names: Vec<&str> = PEERS.iter().map(|(name, ..)| *name).collect();
            return Err(format!(
                "{argument} is neither a number of entries nor one of {}",
                names.join(", ")
            ));
        }
    }
    let vanishing =
        tempfile::tempdir().map_err(|error| format!("no folder for the files: {error}"))?;
    let base = keep.unwrap_or_else(|| vanishing.path().to_owned());
    let mut columns = Vec::new();
    for (name, title, package) in PEERS {
        if !wanted.is_empty() && !wanted.contains(&name) {
            continue;
        }
        let dir = base.join(format!("{name}-{entries}"));
        std::fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let program = program(package)?;
        let mut figures = Figures::new();
        for stage in Stage::ALL {
            let noted = dir.join(stage.name());
            let printed = match std::fs::read_to_string(&noted) {
                Ok(printed) => printed,
                Err(_) => {
                    eprintln!("{title}: {}", stage.name());
                    let mut command = Command::new(&program);
                    if package.is_none() {
                        command.arg("stage");
                    }
                    let printed = printed(
                        command
                            .args([name, stage.name(), &entries.to_string()])
                            .arg(&dir),
                    )?;
                    std::fs::write(&noted, &printed)
                        .map_err(|error| format!("{}: {error}", noted.display()))?;
                    printed
                }
            };
            figures.extend(parse(&printed));
        }
        if base == vanishing.path() {
            // Their files fill the disk otherwise.
            let _ = std::fs::remove_dir_all(&dir);
        }
        columns.push((title, figures));
    }
    println!("{}", table::of_figures(entries, &columns));
    Ok(())
}

/// Runs the leak test and prints its table.
pub fn leak() -> Result<(), String> {
    let mut rows = Vec::new();
    for (name, title, package) in PEERS {
        if !["blind", "findex", "ours"].contains(&name) {
            continue;
        }
        eprintln!("{title}: leak");
        let dir =
            tempfile::tempdir().map_err(|error| format!("no folder for the files: {error}"))?;
        let printed = printed(
            Command::new(program(package)?)
                .args(["leak", name])
                .arg(dir.path()),
        )?;
        rows.push((title, parse(&printed)));
    }
    println!("{}", table::of_leaks(&rows));
    Ok(())
}

/// The program of a package, built if need be; this one's own for none.
fn program(package: Option<&str>) -> Result<PathBuf, String> {
    let own =
        std::env::current_exe().map_err(|error| format!("this program's own file: {error}"))?;
    let Some(package) = package else {
        return Ok(own);
    };
    let target = own
        .parent()
        .and_then(Path::parent)
        .ok_or("this program does not lie in a target folder")?;
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(package)
        .join("Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--locked", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(target)
        .status();
    match built {
        Ok(status) if status.success() => {
            Ok(target.join("release").join(format!("peers-{package}")))
        }
        Ok(status) => Err(format!("{}: {status}", manifest.display())),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

fn printed(command: &mut Command) -> Result<String, String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{command:?}: {}", output.status))
    }
}

fn parse(printed: &str) -> Figures {
    let lines = printed.lines().filter_map(|line| line.split_once('\t'));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
