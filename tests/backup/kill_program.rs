//! `kill -9` of the real program at random moments of a real backup, to a folder and to a real MongoDB server: the next run
//! completes and the restored vault is equal. First backups are killed and increments are.
//!
//! By default a few; `CHARTSEAL_CAMPAIGN=full` kills 250 on each target, and says where they fell.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chartseal::backup::restore::Damage;
use chartseal::desk::view::unwatched;
use chartseal::jobs::backup::{self, HostFolder, Order, Target};
use chartseal::ledger::{Body, Carried, ChartId, Ledger, LedgerError, Row, Section};
use chartseal::vault::{Draft, Session};

use crate::book::noise;
use crate::mongod::Mongod;
use crate::program::Program;
use crate::support::campaign;
use crate::support::chance::Chance;
use crate::ward::Ward;

/// A ward, and somebody who writes in a chart of it.
struct Busy {
    ward: Ward,
    doctor: Session,
    chart: ChartId,
}

impl Busy {
    fn new() -> Self {
        let ward = Ward::new();
        let doctor = ward.hospital.login("hsmith");
        let chart = ward.hospital.chart(&doctor);
        Self {
            ward,
            doctor,
            chart,
        }
    }

    /// So many entries of so many bytes.
    fn write(&self, entries: u64, bytes: usize, seed: u64) {
        let drafts = (0..entries).map(|n| {
            let body = Body {
                kind: 900,
                version: 1,
                bytes: noise(seed << 32 | n, bytes),
            };
            (Draft::new(self.chart, Section::Clinical), body)
        });
        self.doctor
            .write(|writer| writer.put_all(drafts.collect()))
            .unwrap();
    }
}

/// A ward with so many entries of so many bytes.
pub fn busy(entries: u64, bytes: usize) -> Ward {
    let busy = Busy::new();
    busy.write(entries, bytes, 0);
    busy.ward
}

/// What a backup carries of a vault: entries, and tables.
#[derive(PartialEq, Eq)]
pub struct Contents {
    pub rows: Vec<Row>,
    tables: Vec<Vec<Vec<u8>>>,
}

/// What a vault holds up to entry `seq`.
pub fn contents(vault: &Path, seq: u64) -> Contents {
    let ledger = Ledger::open(vault).unwrap();
    ledger
        .read(|tx| {
            let mut rows = tx.rows_after(0, usize::MAX >> 1)?;
            rows.retain(|row| row.seq <= seq);
            let mut tables = Vec::new();
            for table in Carried::ALL {
                let mut carried = Vec::new();
                tx.each_carried(table, &mut |row| {
                    carried.push(row);
                    Ok::<_, LedgerError>(())
                })?;
                tables.push(carried);
            }
            Ok::<_, LedgerError>(Contents { rows, tables })
        })
        .unwrap()
}

/// What a restore gives back.
pub fn restored(ward: &Ward, target: &Target) -> Contents {
    let place = tempfile::tempdir_in(ward.hospital.folder.path()).unwrap();
    let into = place.path().join("vault");
    let order = Order {
        into: &into,
        host: &HostFolder::Rather(place.path().join("host")),
        snapshot: None,
        shares: &ward.shares,
        head: None,
        damage: Damage::Refuse,
    };
    let restored = backup::restore(target, &order, &unwatched).unwrap();
    assert!(restored.verify.ok, "{:?}", restored.verify);
    contents(&into, u64::MAX)
}

/// The real program, about to back up to `address`.
pub fn program(ward: &Ward, address: &str) -> Command {
    let mut command = Program::at(&ward.here()).command(&["backup", "run", "--to", address]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How a run that was to be killed ended.
#[derive(PartialEq, Eq)]
enum End {
    Killed,
    /// It was faster.
    Complete,
}

fn kill_after(ward: &Ward, address: &str, wait: Duration) -> End {
    let mut victim = program(ward, address).spawn().unwrap();
    let moment = Instant::now() + wait;
    // The moment is what is random: nothing is waited for.
    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
    victim.kill().unwrap();
    let ended = victim.wait().unwrap();
    match ended.code() {
        None => End::Killed,
        Some(code) => {
            assert_eq!(code, 0, "a run that nobody killed failed");
            End::Complete
        }
    }
}

/// Where the last kill before a run fell, as what that run found shows.
#[derive(Debug, Default)]
struct Fell {
    before_the_first_object: u64,
    between_objects: u64,
    after_the_manifest: u64,
}

/// Kills so many runs, sometimes the resumed one as well: half of the time the first of a new repository, otherwise of what came
/// to a repository that is there. `clear` removes a repository.
fn campaign_on(kills: u64, seed: u64, address: impl Fn(u64) -> String, clear: impl Fn(&str)) {
    let busy = Busy::new();
    let ward = &busy.ward;
    busy.write(12, 700_000, 0);
    let mut chance = Chance(seed);
    let time = |address: &str| {
        let started = Instant::now();
        assert!(program(ward, address).status().unwrap().success());
        started.elapsed()
    };
    let first = time(&address(u64::MAX));
    busy.write(2, 300_000, 1);
    let increment = time(&address(u64::MAX));
    let (mut killed, mut rounds, mut fell) = (0, 0, Fell::default());
    let mut there: Option<(String, String)> = None;
    while killed < kills {
        rounds += 1;
        assert!(
            rounds < 4 * kills + 20,
            "{killed} of {rounds} runs could be killed"
        );
        let (address, parent) = match there.take() {
            Some((address, parent)) => (address, Some(parent)),
            None => (address(rounds), None),
        };
        let whole = if parent.is_none() { first } else { increment };
        let mut complete = false;
        for _ in 0..=chance.below(3) {
            let wait = whole.mul_f64(chance.below(1_100) as f64 / 1_000.0);
            match kill_after(ward, &address, wait) {
                End::Killed => killed += 1,
                End::Complete => complete = true,
            }
        }
        let target = Target::parse(&address).unwrap();
        let run = backup::run(&ward.here().paths(), &target, &unwatched).unwrap();
        assert!(run.alarms.is_empty(), "{:?}", run.alarms);
        let taken_over = parent.is_none() && run.packs_reused > 0;
        match (complete, run.parent == parent) {
            (true, _) => {}
            (false, false) => fell.after_the_manifest += 1,
            (false, true) if taken_over => fell.between_objects += 1,
            // Of an increment, what was taken over is not told from what stood before.
            (false, true) => fell.before_the_first_object += u64::from(parent.is_none()),
        }
        assert!(
            restored(ward, &target) == contents(&ward.hospital.vault_folder(), run.entries),
            "what was restored is not equal"
        );
        if chance.below(2) == 0 {
            clear(&address);
        } else {
            // Small enough for hundreds of rounds, and an object of its own.
            busy.write(2, 2_000 + chance.below(20_000) as usize, rounds + 1);
            there = Some((address, run.snapshot));
        }
    }
    eprintln!("{killed} kills in {rounds} backups; the last of a first backup fell {fell:?}");
    // Where a handful of kills falls is chance; among hundreds some fall everywhere.
    assert!(
        fell.between_objects > 0 || !campaign::full(),
        "none of {killed} kills hit a run that had sent something"
    );
}

#[test]
fn the_program_killed_at_random_moments_of_a_backup_to_a_folder_leaves_what_the_next_run_completes()
{
    let folder = tempfile::tempdir().unwrap();
    let address = |n: u64| folder.path().join(n.to_string()).display().to_string();
    let kills = if campaign::full() { 250 } else { 4 };
    campaign_on(kills, 1, address, |place| {
        std::fs::remove_dir_all(place).unwrap();
    });
}

#[test]
fn the_program_killed_at_random_moments_of_a_backup_to_mongodb_leaves_what_the_next_run_completes()
{
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(mongod) = runtime.block_on(Mongod::start()) else {
        return;
    };
    let client = runtime.block_on(mongod.client());
    let address = |n: u64| mongod.uri(&format!("round{n}"));
    let kills = if campaign::full() { 250 } else { 4 };
    campaign_on(kills, 2, address, |place| {
        let database = place.rsplit('/').next().unwrap().split('?').next().unwrap();
        let drop = async { client.database(database).drop().await };
        runtime.block_on(drop).unwrap();
    });
}
