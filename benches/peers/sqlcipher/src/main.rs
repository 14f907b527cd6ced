//! SQLCipher with FTS5. `benches/peers` builds and runs this.

#[path = "../../src/fts5.rs"]
mod fts5;

use std::process::ExitCode;

use fts5::Fts5;

/// A raw key: no passphrase is stretched at every opening.
const KEY: &str = "2dd29ca851e7b56e4697b0e1f08507293d761a05ce4d1b628663f411a8086d99";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = workload::stage::run_from(&arguments, |name, dir| {
        (name == "sqlcipher").then(|| Box::new(Fts5::open(dir, "none", Some(KEY))) as _)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
