//! What a month of a ward takes on a target: a backup a day for thirty days, forgotten and pruned as the days go by.
//!
//! `cargo bench --bench backup_month -- [PATIENTS] [ENTRIES]`: a hospital of so many charts (200), in which so many notes are
//! written a day (450: thirty beds with fifteen each). The days are those of the program's own clock, not of the machine's:
//! nothing is waited for. The repository is a folder; the documents of a MongoDB are some hundred bytes longer each.

#![allow(
    dead_code,
    reason = "the vault is that of the other bench, of which this one uses a part"
)]

#[path = "backup/process.rs"]
mod process;
#[path = "backup/vault.rs"]
mod vault;

use std::collections::BTreeMap;
use std::sync::Arc;

use chartseal::backup::object::ObjectKind;
use chartseal::backup::prune::{Keeper, forget, prune};
use chartseal::backup::retention::Retention;
use chartseal::backup::snapshot::{self, Options};
use chartseal::backup::{Folder, Wire};
use chartseal::jobs::backup::LedgerSource;
use chartseal::ledger::Ledger;

use process::bytes_below;
use vault::{Demo, NOTE};

const DAY: i64 = 24 * 3_600_000;
/// A Monday.
const FIRST: i64 = 1_795_996_800_000;
const DAYS: i64 = 30;
const MB: f64 = 1e6;

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok());
    let (patients, entries) = (numbers.next().unwrap_or(200), numbers.next().unwrap_or(450));
    let demo = Demo::make(patients);
    let keys = demo.keys();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let folder = Folder::open(&demo.repository()).expect("the repository opens");
    let wire = Wire::new(Arc::new(folder));
    let memory = demo.host().join("backups");
    println!(
        "{patients} charts, {} entries before; {entries} notes of {NOTE} letters a day",
        demo.entries()
    );
    println!(
        "day  entries  vault MB  sent MB  of it ledger  of it index  on the target MB  objects"
    );
    for day in 0..DAYS {
        if day > 0 {
            demo.write(entries * NOTE);
        }
        let now = || FIRST + day * DAY;
        let source = Ledger::open(&demo.vault()).expect("the ledger opens");
        let source = Arc::new(LedgerSource::new(source));
        let run = snapshot::run(&wire, &keys, source, &memory, Options::default(), &now);
        let snapshot = runtime.block_on(run).expect("it is backed up");
        let ours = keys.signing.public();
        let keeper = Keeper {
            wire: &wire,
            keys: &keys,
            mark: None,
            trust: &|key| *key == ours,
            now: &now,
        };
        let let_go = async {
            forget(keeper, &Retention::default()).await?;
            prune(keeper).await
        };
        runtime.block_on(let_go).expect("it is pruned");
        let mut sent: BTreeMap<&str, u64> = BTreeMap::new();
        for (kind, count) in &snapshot.uploaded {
            let kind = match kind {
                ObjectKind::Ledger => "ledger",
                ObjectKind::Table(table) if table.is_index() => "index",
                ObjectKind::Table(_) => "tables",
            };
            *sent.entry(kind).or_default() += count.bytes;
        }
        let of = |kind: &str| sent.get(kind).copied().unwrap_or(0) as f64 / MB;
        let vault = std::fs::metadata(demo.file()).map_or(0, |file| file.len());
        println!(
            "{:>3} {:>8} {:>9.1} {:>8.2} {:>13.2} {:>12.2} {:>17.1} {:>8}",
            day + 1,
            snapshot.manifest.manifest.head.seq,
            vault as f64 / MB,
            sent.values().sum::<u64>() as f64 / MB,
            of("ledger"),
            of("index"),
            bytes_below(&demo.repository()) as f64 / MB,
            snapshot.manifest.manifest.objects.len(),
        );
    }
}
