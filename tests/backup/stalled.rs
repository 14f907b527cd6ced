//! A real run on a link that stands still: what it holds of the vault meanwhile, and what it leaves when it is killed.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chartseal::backup::source::Row;
use chartseal::backup::target::{Name, Shelf, Target as _, TargetError};
use chartseal::backup::{Mongo, MongoUri, TimeLimits};
use chartseal::desk::view::unwatched;
use chartseal::jobs::backup::{self, Target};
use chartseal::ledger::{Body, LedgerError, Section};
use chartseal::vault::Draft;

use crate::book::noise;
use crate::kill_program::{busy, contents, program, restored};
use crate::mongod::{self, Mongod};
use crate::proxy::Proxy;
use crate::support::STAFF;
use crate::ward::Ward;

/// The spool that a run in this process has open.
fn spool() -> PathBuf {
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    let is_spool = |link: &PathBuf| {
        std::fs::read_link(link)
            .is_ok_and(|file| file.to_string_lossy().ends_with(".spool (deleted)"))
    };
    open.flatten()
        .map(|entry| entry.path())
        .find(is_spool)
        .expect("a run that sends has a spool")
}

/// Everything below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// What would be recognised in a spool: logins, and the beginnings of wrapped keys.
fn telling(ward: &Ward) -> Vec<Vec<u8>> {
    let vault = ward.hospital.vault();
    let (slots, credentials) = vault
        .ledger()
        .read(|tx| Ok::<_, LedgerError>((tx.slots()?, tx.credentials()?)))
        .unwrap();
    let logins = STAFF.iter().map(|(login, _, _)| login.as_bytes().to_vec());
    let wrapped = slots.into_iter().map(|slot| slot.sealed[..16].to_vec());
    let sealed = credentials.into_iter().map(|c| c.sealed[..16].to_vec());
    logins.chain(wrapped).chain(sealed).collect()
}

/// Somebody writes while the run waits.
fn write(ward: &Ward) {
    let doctor = ward.hospital.login("hsmith");
    let chart = ward.hospital.chart(&doctor);
    let body = Body {
        kind: 900,
        version: 1,
        bytes: noise(1, 100_000),
    };
    doctor
        .write(|writer| writer.put_all(vec![(Draft::new(chart, Section::Clinical), body)]))
        .unwrap();
}

#[test]
fn a_stalled_run_holds_neither_the_vault_nor_anything_readable_and_leaves_nothing_when_killed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(mongod) = runtime.block_on(Mongod::start()) else {
        return;
    };
    // More packs than are in flight.
    let ward = busy(60, 300_000);
    let proxy = Proxy::before(mongod.port);
    let address = mongod::uri(proxy.port, "backup");
    let (vault, host) = (ward.hospital.vault_folder(), ward.hospital.host_folder());

    // Killed while it waits, a run leaves the journal, and no spool.
    proxy.stall_after(2_000_000);
    let mut run = program(&ward, &address).spawn().unwrap();
    proxy.until_stalled();
    run.kill().unwrap();
    run.wait().unwrap();
    proxy.go_on();
    let left = files(&host);
    let has = |ending: &str| {
        left.iter()
            .any(|file| file.to_string_lossy().ends_with(ending))
    };
    assert!(has(".journal") && !has(".spool"), "{left:?}");

    // Another waits in the middle of its objects.
    let before = contents(&vault, u64::MAX);
    proxy.stall_after(2_000_000);
    let (paths, target) = (ward.here().paths(), Target::parse(&address).unwrap());
    let run = std::thread::spawn(move || backup::run(&paths, &target, &unwatched));
    proxy.until_stalled();
    let spool = spool();
    let mode = std::fs::metadata(&spool).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let bytes = std::fs::read(&spool).unwrap();
    assert!(bytes.len() > 1000, "{} bytes", bytes.len());
    for telling in telling(&ward) {
        let readable = bytes.windows(telling.len()).any(|piece| piece == telling);
        assert!(!readable, "{telling:?} can be read in the spool");
    }

    // Meanwhile the vault is written to, and the log of its writes can be emptied.
    write(&ward);
    let wal = vault.join("vault.db-wal");
    assert!(std::fs::metadata(&wal).unwrap().len() > 0);
    ward.hospital.vault().ledger().checkpoint().unwrap();
    assert_eq!(std::fs::metadata(&wal).unwrap().len(), 0);

    // What the run then completes is the vault as it was when it began.
    proxy.go_on();
    run.join().unwrap().unwrap();
    let snapshot = restored(&ward, &Target::parse(&mongod.uri("backup")).unwrap());
    let head = |rows: &[Row]| rows.last().map(|row| row.seq);
    assert_eq!(head(&snapshot.rows), head(&before.rows));
    assert!(snapshot == before, "what was restored is not equal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_stalls_is_given_up_in_the_time_that_its_own_bytes_need() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let proxy = Proxy::before(mongod.port);
    let limits = TimeLimits {
        call: Duration::from_secs(1),
        slowest: 100_000,
    };
    let uri = MongoUri::parse(&mongod::uri(proxy.port, "backup")).unwrap();
    let target = Mongo::open_within(&uri, None, limits).await.unwrap();
    let name = Name::parse(&"ab".repeat(32)).unwrap();
    let put = target.put(Shelf::Objects, &name, Arc::new(noise(1, 200_000)));
    put.await.unwrap();
    proxy.stall_after(1);
    let refused = target.get(Shelf::Objects, &name).await.unwrap_err();
    proxy.go_on();
    // What is asked for first is its length; in neither is the longest object waited for.
    assert!(
        matches!(refused, TargetError::TimedOut { seconds: 1..=3, .. }),
        "{refused}"
    );
    let got = target.get(Shelf::Objects, &name).await.unwrap();
    assert_eq!(got, Some(noise(1, 200_000)));
}
