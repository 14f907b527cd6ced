//! The leak test on what lives in this program; `workload::leak` says what the adversary has and how it is scored.

mod blind;
mod ours;

use std::path::Path;

/// Runs the attack on a peer; whether there is one of this name.
pub fn run(name: &str, dir: &Path) -> bool {
    match name {
        "blind" => blind::attack(dir),
        "ours" => ours::attack(dir),
        _ => return false,
    }
    true
}
