//! A large vault in little memory: what a run or a restore holds does not grow with the vault.

use std::path::Path;
use std::process::{Command, Stdio};

use chartseal::ledger::{Body, Carried, Section};
use chartseal::vault::Draft;

use crate::book::noise;
use crate::kill_program::{contents, program};
use crate::ward::Ward;

const MIB: u64 = 1 << 20;
/// What the entries' bodies come to, and what the index does.
const ENTRIES: u64 = 96 * MIB;
const INDEX: u64 = 160 * MIB;
/// Of one row of the index: far more than a real one, so that a debug build is done soon.
const BLOCK: u64 = 64 << 10;
/// What the program may hold, less than the vault: SQLite's cache alone may take 64 MiB.
const TO_BACK_UP: u64 = 160 * MIB;
/// A restore also checks what it wrote.
const TO_RESTORE: u64 = 208 * MIB;

/// How often a running program is looked at.
const LOOK: std::time::Duration = std::time::Duration::from_millis(2);

/// Bytes that no other number has, of which most come cheaply.
fn blob(number: u64, len: usize) -> Vec<u8> {
    let mut bytes = noise(number, 64).repeat(len.div_ceil(64));
    bytes.truncate(len);
    bytes
}

/// A ward with bodies of 64 KiB, one of 9 MiB, and large blocks of an index.
fn large() -> Ward {
    let ward = Ward::new();
    let doctor = ward.hospital.login("hsmith");
    let chart = ward.hospital.chart(&doctor);
    let body = |n: u64, bytes: u64| {
        let body = Body {
            kind: 900,
            version: 1,
            bytes: blob(n, bytes as usize),
        };
        (Draft::new(chart, Section::Clinical), body)
    };
    doctor
        .write(|writer| {
            for batch in 0..ENTRIES / (8 * MIB) {
                let first = batch * 128;
                let bodies = (first..first + 128).map(|n| body(n, 64 << 10));
                writer.put_all(bodies.collect())?;
            }
            writer.put_all(vec![body(1, 9 * MIB)])
        })
        .unwrap();
    // Rows of `index_large`, the place of which in the format of backups is 3.
    let row = |k: u64| {
        minicbor::to_vec((
            3_u8,
            k,
            1_u8,
            minicbor::bytes::ByteVec::from(blob(k, BLOCK as usize)),
        ))
        .unwrap()
    };
    let vault = ward.hospital.vault();
    for batch in 0..16 {
        let rows: Vec<Vec<u8>> = (0..INDEX / 16 / BLOCK)
            .map(|n| row(batch << 32 | n))
            .collect();
        vault
            .ledger()
            .write(|tx| tx.put_carried(Carried::Index, &rows))
            .unwrap();
    }
    ward
}

/// Runs to a good end, and gives the most memory held, in bytes.
fn peak(mut command: Command) -> u64 {
    let mut child = command.spawn().unwrap();
    let (mut most, file) = (0, format!("/proc/{}/status", child.id()));
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        let status = std::fs::read_to_string(&file).unwrap_or_default();
        let held = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let held = held.and_then(|held| held.split_whitespace().next()?.parse::<u64>().ok());
        most = most.max(held.unwrap_or(0) << 10);
        // Nothing can be awaited: a process does not say when it grows.
        std::thread::sleep(LOOK);
    };
    assert!(ended.success());
    most
}

fn restore(ward: &Ward, into: &Path, host: &Path) -> Command {
    let mut command = program(ward, "");
    let empty = Command::new(command.get_program());
    let environment: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command = empty;
    command.env_clear().envs(environment);
    command.env("CHARTSEAL_HOST", host);
    command
        .args(["backup", "restore", "--from"])
        .arg(&ward.repository)
        .arg("--into")
        .arg(into);
    for (n, share) in ward.shares.iter().enumerate() {
        let file = ward.hospital.folder.path().join(format!("share-{n}"));
        std::fs::write(&file, share.expose()).unwrap();
        command.arg("--share").arg(file);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn a_vault_larger_than_the_memory_that_it_takes_is_backed_up_and_restored() {
    let ward = large();
    let vault = ward.hospital.vault_folder();
    let backup = peak(program(&ward, ward.repository.to_str().unwrap()));
    assert!(
        backup > 0 && backup < TO_BACK_UP,
        "{} MiB to back up",
        backup / MIB
    );
    let place = ward.elsewhere("there");
    let restored = peak(restore(&ward, &place.vault, &place.host));
    assert!(
        restored > 0 && restored < TO_RESTORE,
        "{} MiB to restore",
        restored / MIB
    );
    eprintln!(
        "{} MiB to back up, {} MiB to restore",
        backup / MIB,
        restored / MIB
    );
    let (here, there) = (contents(&vault, u64::MAX), contents(&place.vault, u64::MAX));
    // The backup's own mark came after its head.
    assert!(there.rows.len() + 1 >= here.rows.len());
    assert!(
        there.rows[..] == here.rows[..there.rows.len()],
        "what was restored is not equal"
    );
}
