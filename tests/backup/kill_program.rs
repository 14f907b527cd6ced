//! `kill -9` of the real program at random moments of a real backup, to a folder and to a real MongoDB server: the next run
//! completes and the restored vault is equal.
//!
//! By default a few; `CHARTSEAL_CAMPAIGN=full` kills 250 on each target.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chartseal::desk::view::unwatched;
use chartseal::jobs::backup::{self, HostFolder, Order, Target};
use chartseal::ledger::{Body, Carried, Ledger, LedgerError, Row, Section};
use chartseal::vault::Draft;

use crate::book::noise;
use crate::campaign;
use crate::mongod::Mongod;
use crate::ward::Ward;

/// A ward with so many entries of so many bytes.
pub fn busy(entries: u64, bytes: usize) -> Ward {
    let ward = Ward::new();
    let doctor = ward.hospital.login("hsmith");
    let chart = ward.hospital.chart(&doctor);
    let drafts = (0..entries).map(|n| {
        let body = Body {
            kind: 900,
            version: 1,
            bytes: noise(n, bytes),
        };
        (Draft::new(chart, Section::Clinical), body)
    });
    doctor
        .write(|writer| writer.put_all(drafts.collect()))
        .unwrap();
    ward
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
    };
    let restored = backup::restore(target, &order, &unwatched).unwrap();
    assert!(restored.verify.ok, "{:?}", restored.verify);
    contents(&into, u64::MAX)
}

/// The real program, about to back up to `address`.
pub fn program(ward: &Ward, address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartseal"));
    command
        .env_clear()
        .env("HOME", ward.hospital.folder.path())
        .env("CHARTSEAL_VAULT", ward.hospital.vault_folder())
        .env("CHARTSEAL_HOST", ward.hospital.host_folder())
        .args(["backup", "run", "--to", address])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
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

/// Kills so many runs, each of a new repository, sometimes the resumed one as well. `clear` removes a repository.
fn campaign_on(kills: u64, seed: u64, address: impl Fn(u64) -> String, clear: impl Fn(&str)) {
    let ward = busy(30, 300_000);
    let mut chance = Chance(seed);
    let whole = {
        let started = Instant::now();
        let run = program(&ward, &address(u64::MAX)).status();
        assert!(run.unwrap().success());
        started.elapsed()
    };
    let (mut killed, mut taken_over, mut rounds) = (0, 0, 0);
    while killed < kills {
        let address = address(rounds);
        rounds += 1;
        assert!(
            rounds < 4 * kills + 20,
            "{killed} of {rounds} runs could be killed"
        );
        let mut complete = false;
        for _ in 0..=chance.below(3) {
            let wait = whole.mul_f64(chance.below(1_100) as f64 / 1_000.0);
            match kill_after(&ward, &address, wait) {
                End::Killed => killed += 1,
                End::Complete => complete = true,
            }
        }
        let target = Target::parse(&address).unwrap();
        let run = backup::run(&ward.here().paths(), &target, &unwatched).unwrap();
        assert!(run.alarms.is_empty(), "{:?}", run.alarms);
        taken_over += u64::from(!complete && run.packs_reused > 0);
        assert!(
            restored(&ward, &target) == contents(&ward.hospital.vault_folder(), run.entries),
            "what was restored is not equal"
        );
        clear(&address);
    }
    eprintln!("{killed} kills in {rounds} backups; {taken_over} went on from what was there");
    // Where a handful of kills falls is chance; among hundreds some fall between two objects.
    assert!(
        taken_over > 0 || !campaign::full(),
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
