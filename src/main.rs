//! chartseal: arguments, configuration, run.

use std::process::ExitCode;

use chartseal::config::Surroundings;
use chartseal::{cli, crypto};

fn main() -> ExitCode {
    // Best effort: what the host does not allow is reported by `keys check`.
    let _ = crypto::hygiene::harden();
    cli::run(std::env::args_os().collect(), &Surroundings::of_process()).into()
}
