//! Backups beside restic and borg: the same vault, the same disk, the same run.
//!
//! `cargo bench --bench backup -- [PATIENTS]`; 2 700 invented patients make a vault of some 240 MB. restic and borg are taken
//! from the path (Debian: `apt install restic borgbackup`); one that is not there is left out. All three are the real programs,
//! started as a user would, each with its own encryption and its own default compression, which finds nothing in sealed bytes.
//! They back up the vault's file while nobody writes to it. Rates are the file's size by the clock; of several rounds the median
//! counts, and processor time stands beside it. Memory is the peak of the program's resident set, read while it runs.

#[path = "backup/peer.rs"]
mod peer;
#[path = "backup/process.rs"]
mod process;
#[path = "backup/vault.rs"]
mod vault;

use std::collections::BTreeMap;
use std::path::Path;

use peer::{Peer, Program};
use process::{Cost, bytes_below, copy, kill_when, measure};
use vault::Demo;

/// Rounds of which the median counts.
const ROUNDS: usize = 3;
/// Logical change before the increment: characters of notes.
const CHANGE: usize = 500_000;
const MB: f64 = 1e6;

fn main() {
    let patients = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let demo = Demo::make(patients.unwrap_or(2_700));
    let file = std::fs::metadata(demo.file()).map_or(0, |file| file.len());
    println!(
        "vault: {:.1} MB, {} entries",
        file as f64 / MB,
        demo.entries()
    );
    let programs: Vec<Program> = Peer::ALL
        .into_iter()
        .filter_map(|peer| Program::find(peer, &demo))
        .collect();

    println!("\nfull backup to a folder, median of {ROUNDS}");
    let mut full = BTreeMap::new();
    let mut taken: BTreeMap<Peer, Vec<Cost>> = BTreeMap::new();
    // In turns, so that what else the machine does meets all of them.
    for _ in 0..ROUNDS {
        for program in &programs {
            program.forget();
            program.init();
            let cost = measure(&mut program.backup());
            taken.entry(program.peer).or_default().push(cost);
        }
    }
    for program in &programs {
        let costs = taken.entry(program.peer).or_default();
        costs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let cost = costs[ROUNDS / 2];
        let peak = costs.iter().map(|cost| cost.peak).max().unwrap_or(0);
        println!(
            "  {program}: {:.0} MB/s, {:.2} s, {:.2} s of processor time, {:.1} MB stored, {:.0} MB of memory",
            file as f64 / MB / cost.seconds,
            cost.seconds,
            cost.processor,
            bytes_below(&program.repository()) as f64 / MB,
            peak as f64 / MB,
        );
        full.insert(program.peer, bytes_below(&program.repository()));
    }

    println!("\nrestore");
    for program in &programs {
        let into = demo.folder.join("restored");
        let cost = measure(&mut program.restore(&into));
        println!(
            "  {program}: {:.0} MB/s, {:.2} s, {:.2} s of processor time, {:.0} MB of memory",
            file as f64 / MB / cost.seconds,
            cost.seconds,
            cost.processor,
            cost.peak as f64 / MB,
        );
        remove(&into);
        remove(&demo.folder.join("restored-host"));
    }

    println!("\nincrement after {:.1} MB of notes", CHANGE as f64 / MB);
    // What an operator would serve again later.
    let older: Vec<_> = programs
        .iter()
        .map(|program| {
            let kept = demo.folder.join(format!("older-{}", program.peer.name()));
            copy(&program.repository(), &kept);
            kept
        })
        .collect();
    let written = demo.write(CHANGE);
    println!(
        "  {} entries: {:.2} MB in the ledger, headers and seals included; {:.2} MB of sealed bodies alone",
        written.entries,
        written.bytes as f64 / MB,
        written.bodies as f64 / MB,
    );
    for program in &programs {
        let before = bytes_below(&program.repository());
        let cost = measure(&mut program.backup());
        let stored = bytes_below(&program.repository()) - before;
        print!(
            "  {program}: {:.2} MB stored, {:.2} s",
            stored as f64 / MB,
            cost.seconds
        );
        if program.peer == Peer::Chartseal {
            let sent = demo.sent();
            let of = |kind: &str| sent.get(kind).copied().unwrap_or(0);
            print!(
                "; ledger packs {:.3} MB, {:.2} x the entries; index packs {:.2} MB, other tables {:.2} MB",
                of("ledger") as f64 / MB,
                of("ledger") as f64 / written.bytes as f64,
                of("index") as f64 / MB,
                of("tables") as f64 / MB,
            );
        }
        println!();
    }

    println!("\nan older state of the repository served again, by an operator");
    let head = demo.head();
    for (program, older) in programs.iter().zip(&older) {
        let newer = demo.folder.join("newer");
        swap(&program.repository(), older, &newer);
        println!(
            "  {program}: {} by the host that made the newer one, {} by another host{}",
            told(!process::succeeds(&mut program.check())),
            told(!process::succeeds(&mut program.check_elsewhere(None))),
            if program.peer == Peer::Chartseal {
                let noticed = !process::succeeds(&mut program.check_elsewhere(Some(&head)));
                format!(
                    ", {} by another host that was given the printed head",
                    told(noticed)
                )
            } else {
                String::new()
            }
        );
        swap(&program.repository(), &newer, older);
        remove(older);
    }

    println!("\na snapshot in the middle taken away, by an operator");
    for program in &programs {
        measure(&mut program.backup());
        match program.lose_middle() {
            Some(()) => println!(
                "  {program}: {}",
                told(!process::succeeds(&mut program.check()))
            ),
            None => println!("  {program}: cannot be done without its key"),
        }
    }

    println!("\nkilled halfway through a full backup, and run again");
    for program in &programs {
        program.forget();
        program.init();
        let half = full[&program.peer] / 2;
        let killed = kill_when(&mut program.backup(), || {
            bytes_below(&program.repository()) >= half
        });
        let there = bytes_below(&program.repository());
        let cost = measure(&mut program.backup());
        let in_all = bytes_below(&program.repository());
        println!(
            "  {program}: {}{:.0} MB were there; the second run added {:.0} MB and took {:.2} s; {:.0} MB in all",
            if killed { "" } else { "(was faster) " },
            there as f64 / MB,
            (in_all as f64 - there as f64) / MB,
            cost.seconds,
            in_all as f64 / MB,
        );
    }
}

fn told(noticed: bool) -> &'static str {
    if noticed { "noticed" } else { "not noticed" }
}

fn swap(place: &Path, with: &Path, aside: &Path) {
    std::fs::rename(place, aside).expect("a folder is renamed");
    std::fs::rename(with, place).expect("a folder is renamed");
}

fn remove(folder: &Path) {
    // Not every program leaves one.
    let _ = std::fs::remove_dir_all(folder);
}
