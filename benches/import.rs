//! How fast FHIR becomes signed and indexed entries, as a share of what signing alone can do on the same cores in the same run.
//!
//! `cargo bench --bench import -- [COPIES]`. The data is `synthea-r4` and `synthea-bulk` under `CHARTSEAL_TEST_DATA`, or under
//! `../shared/data`; without it nothing is measured, and it says so. A second import takes `COPIES` copies (20 unless said) of
//! the bulk set, each with other patients, to show that memory does not grow with the files. Then a registrar imports the same, who holds no
//! key of the index, and the first doctor catches up.

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chartseal::crypto::sign::SigningKey;
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::search;
use chartseal::desk::view::{Imported, unwatched};
use chartseal::jobs::import;
use support::Hospital;

fn data(set: &str) -> Option<PathBuf> {
    let named = std::env::var_os("CHARTSEAL_TEST_DATA").map(PathBuf::from);
    let root =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let folder = root.join(set);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("not measured: no {}", folder.display());
    None
}

/// Processor time of all threads so far, in seconds: fields 14 and 15 of `/proc/self/stat`, in hundredths.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this runs on Linux");
    let after_name = stat
        .rsplit(')')
        .next()
        .expect("the name stands in parentheses");
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks as f64 / 100.0
}

/// The most memory held since [`forget_peak`], in MB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this runs on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0 / 1e6
}

fn forget_peak() {
    // A kernel that refuses leaves the peak of the whole run.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Signatures a second and core over messages as long as those of an entry.
fn signing_limit() -> f64 {
    let key = SigningKey::random();
    let message = [7; 300];
    let (before, mut signed) = (processor(), 0);
    while processor() - before < 1.0 {
        for _ in 0..1_000 {
            black_box(key.sign(black_box(&message)));
        }
        signed += 1_000;
    }
    f64::from(signed) / (processor() - before)
}

/// The bulk set's lines once more, with ids and identifiers that no other copy has.
fn copy(lines: &[(String, Vec<String>)], number: usize, folder: &Path) {
    for (name, lines) in lines {
        // The name begins with the type: patients are read first.
        let path = folder.join(name.replace(".000.", &format!(".{number:04}.")));
        let file = std::fs::File::create(path).expect("a file is made");
        let mut file = std::io::BufWriter::new(file);
        for line in lines {
            writeln!(file, "{}", other_ids(line, number)).expect("a line is written");
        }
    }
}

/// Replaces the first four digits of every UUID, and what stands behind `"value":"` in identifiers, by the copy's own.
fn other_ids(line: &str, number: usize) -> String {
    let mut bytes = line.as_bytes().to_vec();
    let tag = format!("{number:04x}");
    let is_uuid = |at: &[u8]| {
        at.len() >= 36
            && at[..36].iter().enumerate().all(|(n, byte)| match n {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    };
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_hexdigit() && is_uuid(&bytes[at..]) {
            bytes[at..at + 4].copy_from_slice(tag.as_bytes());
            at += 36;
        } else {
            at += 1;
        }
    }
    let line = String::from_utf8(bytes).expect("hexadecimal digits for hexadecimal digits");
    if line.contains(r#""resourceType":"Patient""#) {
        line.replace(r#""value":""#, &format!(r#""value":"{tag}-"#))
    } else {
        line
    }
}

fn measure(what: &str, paths: &[PathBuf], limit: f64, cores: usize) -> Imported {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    forget_peak();
    let (held, before, started) = (peak(), processor(), Instant::now());
    let done = import::fhir(&doctor, paths, "Ward A", &unwatched).expect("it is imported");
    let (seconds, spent) = (started.elapsed().as_secs_f64(), processor() - before);
    assert!(done.skipped.is_empty(), "{:?}", done.skipped[0]);
    let answer = search::run(&doctor, "kind:condition", 1, 0).expect("it is found");
    assert_eq!(answer.uncovered, 0, "everything is indexed");
    let rate = done.entries as f64 / seconds;
    println!(
        "{what}: {} entries in {seconds:.2} s, {rate:.0} entries/s signed and indexed on {cores} cores, {:.0} % of what they can \
         sign; {:.0} µs of processor time an entry; peak memory {:.0} MB, {held:.0} MB before",
        done.entries,
        rate / (limit * cores as f64) * 100.0,
        spent / done.entries as f64 * 1e6,
        peak(),
    );
    done
}

/// What a registrar imported, indexed by the first doctor who comes.
fn measure_catch_up(what: &str, paths: &[PathBuf]) {
    let hospital = Hospital::staffed();
    let registrar = hospital.desk("reyes");
    let done = import::fhir(&registrar, paths, "Ward A", &unwatched).expect("it is imported");
    drop(registrar);
    let doctor = hospital.desk("hsmith");
    forget_peak();
    let (held, before, started) = (peak(), processor(), Instant::now());
    let indexed = catch_up_all(&doctor, &unwatched).expect("it is indexed");
    let (seconds, spent) = (started.elapsed().as_secs_f64(), processor() - before);
    let answer = search::run(&doctor, "kind:condition", 1, 0).expect("it is found");
    assert_eq!(answer.uncovered, 0, "everything is indexed");
    println!(
        "first catch-up after a registrar imported {what}: {indexed} of {} entries in {seconds:.2} s, {:.0} entries/s; {:.0} µs of processor \
         time an entry; peak memory {:.0} MB, {held:.0} MB before",
        done.entries,
        indexed as f64 / seconds,
        spent / indexed.max(1) as f64 * 1e6,
        peak(),
    );
}

fn main() {
    let copies: usize = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(20);
    let (Some(bundles), Some(bulk)) = (data("synthea-r4"), data("synthea-bulk")) else {
        return;
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let limit = signing_limit();
    println!("signing limit: {limit:.0} signatures/s and core");
    for _ in 0..3 {
        measure("Synthea", &[bundles.clone(), bulk.clone()], limit, cores);
    }
    if copies == 0 {
        return;
    }
    let large = tempfile::tempdir().expect("a temporary folder");
    let mut lines = Vec::new();
    for file in std::fs::read_dir(bulk.join("10-patients")).expect("the set has its folder") {
        let file = file.expect("the folder can be read");
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".ndjson") {
            let text = std::fs::read_to_string(file.path()).expect("the set can be read");
            lines.push((name, text.lines().map(str::to_owned).collect()));
        }
    }
    for number in 0..copies {
        copy(&lines, number, large.path());
    }
    let what = format!("{copies} copies of the bulk set");
    let paths = [large.path().to_owned()];
    measure(&what, &paths, limit, cores);
    measure_catch_up(&what, &paths);
}
