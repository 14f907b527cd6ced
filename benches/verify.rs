//! How fast a ledger verifies, as a share of what batch verification of Ed25519 can do on the same cores in the same run.
//!
//! `cargo bench --bench verify -- [ENTRIES]`. The batch limit is the batch verification of ed25519-dalek, 1 024 signatures at a
//! time under sixteen keys; what our own equation makes of the same batch stands beside it. Rates are by processor time, so that
//! a busy machine does not look slow; hashing is measured apart and taken off before the share is drawn.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

use chartseal::clinical::Role;
use chartseal::crypto::hash::sha256;
use chartseal::crypto::password::Cost;
use chartseal::crypto::secret::SecretBytes;
use chartseal::crypto::sign::{Signature, SigningKey, VerifyKey, verify_batch};
use chartseal::desk::view::unwatched;
use chartseal::jobs::verify;
use chartseal::ledger::clear::UnitKind;
use chartseal::ledger::{Body, Ledger, Section};
use chartseal::vault::init::{NewVault, init};
use chartseal::vault::sweep::Witness;
use chartseal::vault::{Draft, NewChart, Vault, VaultError};
use ed25519_dalek as dalek;
use sha2::{Digest, Sha512};

const BATCH: usize = 1_024;
const TRANSACTION: usize = 500;

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

/// Signatures a second and core, in batches of 1 024 over messages of 128 bytes: the library's, and ours.
fn batch_limits() -> (f64, f64) {
    let keys: Vec<SigningKey> = (0..16).map(|_| SigningKey::random()).collect();
    let messages: Vec<[u8; 128]> = (0..BATCH).map(|n| [n as u8; 128]).collect();
    let items: Vec<(VerifyKey, &[u8], Signature)> = messages
        .iter()
        .enumerate()
        .map(|(n, message)| {
            (
                keys[n % 16].public(),
                &message[..],
                keys[n % 16].sign(message),
            )
        })
        .collect();
    let slices: Vec<&[u8]> = items.iter().map(|(_, message, _)| *message).collect();
    let signatures: Vec<_> = items
        .iter()
        .map(|(.., signature)| dalek::Signature::from_bytes(&signature.0))
        .collect();
    let publics: Vec<_> = items
        .iter()
        .map(|(key, ..)| dalek::VerifyingKey::from_bytes(&key.to_bytes()).expect("it is a key"))
        .collect();
    let library = rate(|| {
        dalek::verify_batch(
            black_box(&slices),
            black_box(&signatures),
            black_box(&publics),
        )
        .is_ok()
    });
    (library, rate(|| verify_batch(black_box(&items))))
}

fn rate(mut verify: impl FnMut() -> bool) -> f64 {
    let (before, mut rounds) = (processor(), 0);
    while processor() - before < 3.0 {
        assert!(verify());
        rounds += 1;
    }
    f64::from(rounds) * BATCH as f64 / (processor() - before)
}

fn passphrase() -> SecretBytes {
    SecretBytes::new(b"correct horse battery".to_vec())
}

fn make(folder: &std::path::Path, entries: usize) -> Result<(), VaultError> {
    let (vault, host) = (folder.join("vault"), folder.join("host"));
    init(&NewVault {
        folder: &vault,
        host: &|_| host.clone(),
        admin: "admin",
        passphrase: &passphrase(),
        cost: Cost::FLOOR,
        shares: 3,
        threshold: 2,
    })?;
    let admin = Vault::open(&vault, &host)?.unlock("admin", &passphrase())?;
    admin.add_unit("Ward", UnitKind::Ward)?;
    let code = admin.invite("doc", "Doc", Role::Doctor, &["Ward".into()])?;
    Vault::open(&vault, &host)?.activate("doc", &code, &passphrase(), Cost::FLOOR)?;
    admin.approve("doc")?;
    let doctor = Vault::open(&vault, &host)?.unlock("doc", &passphrase())?;
    let mut charts = Vec::new();
    for _ in 0..entries / 40 {
        charts.push(doctor.write(|writer| {
            let unit = writer
                .directory()
                .unit_by_name("Ward")
                .map(|state| state.unit.unit);
            let unit = unit.ok_or_else(|| VaultError::Invalid("no ward".into()))?;
            let new = NewChart {
                unit,
                attending: None,
                patient: None,
                tags: vec![],
                emergency: true,
            };
            writer.enrol(new).map(|(chart, _)| chart)
        })?);
    }
    for part in 0..entries / TRANSACTION {
        let drafts = (0..TRANSACTION).map(|n| {
            let number = part * TRANSACTION + n;
            let section = Section::OF_A_CHART[number % 4];
            let body = Body {
                kind: 900,
                version: 1,
                bytes: vec![number as u8; 200 + number % 600],
            };
            (Draft::new(charts[number % charts.len()], section), body)
        });
        let drafts = drafts.collect();
        doctor.write(|writer| writer.put_all(drafts))?;
    }
    Ok(())
}

fn main() {
    let entries = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(50_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    make(folder.path(), entries).expect("a vault is made");
    let ledger = Ledger::open(&folder.path().join("vault")).expect("it opens");
    let total = ledger.head().expect("it has a head").seq as f64;

    let (limit, ours) = batch_limits();
    println!("batch limit          {limit:>10.0} signatures/s and core");
    println!("our batch equation   {ours:>10.0} signatures/s and core");

    let before = processor();
    let rows = ledger
        .read(|tx| tx.rows_after(0, usize::MAX >> 1))
        .expect("it reads");
    let reading = processor() - before;
    println!(
        "reading the rows     {:>10.2} µs an entry",
        reading / total * 1e6
    );

    let before = processor();
    let rounds = 5;
    for _ in 0..rounds {
        let mut previous = chartseal::crypto::hash::Hash([0; 32]);
        for row in &rows {
            black_box(row.expected_link(&previous));
            black_box(sha256(&[row.body.as_deref().unwrap_or_default()]));
            // What Ed25519 hashes of a message beyond the 128 bytes of the limit.
            black_box(Sha512::digest(&row.signed_message()[128..]));
            previous = row.link;
        }
    }
    let hashing = (processor() - before) / f64::from(rounds);
    drop(rows);
    println!(
        "hashing              {:>10.2} µs an entry",
        hashing / total * 1e6
    );

    let before = processor();
    assert_eq!(ledger.integrity(|_| true).expect("it can be checked"), None);
    let file = processor() - before;
    println!(
        "SQLite's own check   {:>10.2} µs an entry",
        file / total * 1e6
    );

    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    for threads in [1, cores] {
        let (before, started) = (processor(), Instant::now());
        let report =
            verify::keyless(&ledger, Witness::default(), threads, &unwatched).expect("it verifies");
        let (spent, seconds) = (processor() - before, started.elapsed().as_secs_f64());
        assert!(report.ok, "{:?}", report.findings);
        let whole = total / (spent - hashing);
        let entries = total / (spent - hashing - file);
        println!(
            "verify, {threads} thread(s)  {:>10.0} entries/s by the clock; a second and core of processor time, net of hashing: \
             {whole:.0} with SQLite's own check of the file, {:.0} % of the batch limit; {entries:.0} without it, {:.0} %",
            total / seconds,
            whole / limit * 100.0,
            entries / limit * 100.0
        );
    }
}
