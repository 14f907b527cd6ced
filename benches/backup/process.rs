//! Other programs, measured: how long, how much memory, what they leave on the disk.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// By the clock.
    pub seconds: f64,
    /// Of processor time, all threads together: what a busy machine does not make longer.
    pub processor: f64,
    /// The most memory held, in bytes.
    pub peak: u64,
}

/// Runs to a good end.
pub fn measure(command: &mut Command) -> Cost {
    let started = Instant::now();
    let mut child = quiet(command);
    let (mut peak, mut processor) = (0, 0.0);
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("a child can be waited for") {
            break ended;
        }
        peak = held(&child).max(peak);
        processor = spent(&child).max(processor);
        std::thread::sleep(LOOK);
    };
    let seconds = started.elapsed().as_secs_f64();
    assert!(ended.success(), "{command:?} ended with {ended}");
    Cost {
        seconds,
        processor,
        peak,
    }
}

/// Whether it ends well.
pub fn succeeds(command: &mut Command) -> bool {
    let ended = quiet(command).wait().expect("a child can be waited for");
    ended.success()
}

/// Runs until `then`; whether it had to be killed.
pub fn kill_when(command: &mut Command, then: impl Fn() -> bool) -> bool {
    let mut child = quiet(command);
    while !then() {
        let ended = child.try_wait().expect("a child can be waited for");
        if ended.is_some() {
            return false;
        }
        std::thread::sleep(LOOK);
    }
    child.kill().expect("a child can be killed");
    child.wait().expect("a child can be waited for");
    true
}

/// What it says, without the last line break.
pub fn output(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The bytes of all files below a folder.
pub fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(file) if file.is_dir() => bytes_below(&entry.path()),
            Ok(file) => file.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    let copied = command.arg("-a").arg(from).arg(to).status();
    assert!(copied.is_ok_and(|ended| ended.success()));
}

fn quiet(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn held(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let held = status.ok().and_then(|status| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    held.unwrap_or(0) << 10
}

/// Processor time so far, in seconds: fields 14 and 15 of `/proc/PID/stat`, in hundredths.
fn spent(child: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let fields = fields.split_whitespace().skip(11).take(2);
    fields
        .filter_map(|field| field.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}
