//! A child of the test: one of its tests in a process of its own, what it is told, and what it says.

use std::io::{BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// What a child is told, in the environment.
pub const FOLDER: &str = "CHARTSEAL_TEST_FOLDER";
pub const SEED: &str = "CHARTSEAL_TEST_SEED";
pub const LOGIN: &str = "CHARTSEAL_TEST_LOGIN";
pub const MRN: &str = "CHARTSEAL_TEST_MRN";
pub const PHASE: &str = "CHARTSEAL_TEST_PHASE";

/// What a child is about to do when it is killed.
pub const PHASES: [&str; 5] = ["adding", "amending", "merging", PACKING, "rebuilding"];
/// Indexing more notes than go to the log. Only who is killed in it does it, so that the chart stays small.
pub const PACKING: &str = "packing";

pub fn told(name: &str) -> String {
    std::env::var(name).unwrap()
}

pub fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

/// A child that does not outlive the test, however it ends.
pub struct Minded(pub Child);

impl Drop for Minded {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A child of this test, doing what this one of its tests does.
pub fn start(
    child: &str,
    folder: &Path,
    more: &[(&str, &str)],
) -> (Minded, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([child, "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .envs(more.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (Minded(child), lines)
}

/// What a child said before it died: entry, the one that it replaces, text; and what it was about to do.
#[derive(Default)]
pub struct Said {
    pub landed: Vec<(String, String, String)>,
    pub about: String,
}

impl Said {
    pub fn take(&mut self, line: &str) {
        // Half a line, of a child that was killed, says nothing.
        let Some(words) = line.strip_suffix('\n') else {
            return;
        };
        // The test harness may stand before the first.
        let words = words.rsplit("... ").next().unwrap();
        if let Some(landed) = words.strip_prefix("landed ") {
            let [id, old, text] = landed.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("{words}");
            };
            self.landed.push((id.into(), old.into(), text.into()));
            self.about.clear();
        } else if words == "done" {
            self.about.clear();
        } else if PHASES.contains(&words) {
            words.clone_into(&mut self.about);
        }
    }
}
