//! `cosmian_findex` over its own storage in SQLite. `benches/peers` builds and runs this.

mod index;
mod leak;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, name, dir] = &arguments[..]
        && (command.as_str(), name.as_str()) == ("leak", "findex")
    {
        leak::attack(Path::new(dir));
        return ExitCode::SUCCESS;
    }
    let outcome = workload::stage::run_from(&arguments, |name, dir| {
        (name == "findex").then(|| Box::new(index::Index::open(dir)) as _)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
