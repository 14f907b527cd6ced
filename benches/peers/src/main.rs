//! chartseal's search index beside its peers.
//!
//! ```text
//! peers [ENTRIES] [PEER …] [--keep DIR]    the table of figures; 100 000 entries and all peers unless said
//! peers leak                               the table of the leak test
//! peers stage PEER STAGE ENTRIES DIR       one stage, a process of its own; for machines where others work too
//! ```
//!
//! With `--keep` the files and figures stay in the folder, and a stage whose figures are there is not run again.

mod blind;
mod file;
mod fts5;
mod leak;
mod ours;
mod run;
mod scan;
mod table;

use std::path::Path;
use std::process::ExitCode;

use workload::peer::Peer;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["stage", ..] => workload::stage::run_from(&arguments[1..], open),
        ["leak", name, dir] if leak::run(name, Path::new(dir)) => Ok(()),
        ["leak"] => run::leak(),
        _ => run::compare(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// The peers that live in this program.
fn open(name: &str, dir: &Path) -> Option<Box<dyn Peer>> {
    Some(match name {
        "scan" => Box::new(scan::Scan::open(dir)),
        "blind" => Box::new(blind::Blind::open(dir)),
        "fts5" => Box::new(fts5::Fts5::open(dir, "none", None)),
        "fts5-full" => Box::new(fts5::Fts5::open(dir, "full", None)),
        "ours" => Box::new(ours::Ours::open(dir)),
        _ => return None,
    })
}
