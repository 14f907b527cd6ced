//! Golden bytes of the ledger's encodings. **A change here makes every vault unreadable: add a version instead.**

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::channel;
use std::thread;

use chartseal::crypto::aead::SealKey;
use chartseal::crypto::hash::{Hash, sha256};
use chartseal::crypto::hex::{hex, unhex};
use chartseal::crypto::hpke::KemSecret;
use chartseal::crypto::kdf;
use chartseal::crypto::pad::pad;
use chartseal::crypto::secret::Secret;
use chartseal::crypto::sign::SigningKey;
use chartseal::ledger::clear::BackupMark;
use chartseal::ledger::entry::{link, signed_message};
use chartseal::ledger::{
    Body, CertId, Certificate, ChartId, Clear, Core, Credential, Entry, EntryId, Form, Holder,
    Ledger, LedgerError, Place, Prepared, Row, Section, Slot, SlotPlace, ThreadId, UnitId,
    canonical,
};
use chartseal::vault::VaultError;
use proptest::prelude::*;
use support::editor::Victim;

const KEY: [u8; 32] = [0x11; 32];
const NONCE: [u8; 12] = [0x22; 12];
const BLINDER: [u8; 32] = [0x33; 32];

fn body() -> Body {
    Body {
        kind: 0x0102,
        version: 3,
        bytes: b"BP 172/104".to_vec(),
    }
}

fn place() -> Place {
    Place {
        id: Some(EntryId([0xa1; 16])),
        chart: ChartId([0xb2; 16]),
        section: Section::Clinical,
        epoch: 7,
        follows: Some((ThreadId([0xc3; 16]), EntryId([0xd4; 16]))),
        to: vec![
            Holder::Unit(UnitId([0xe5; 16])),
            Holder::Person(CertId([0xf6; 32])),
        ],
        author: CertId([0x77; 32]),
        created: 1_795_336_265_000,
    }
}

fn signer() -> SigningKey {
    SigningKey::from_secret(&Secret::new([0x44; 32]))
}

/// A row as it would be stored after the anchor 0x55… and the previous link 0x66….
fn row(prepared: &Prepared) -> Row {
    let anchor = Hash([0x55; 32]);
    let signature = prepared.sign(&signer(), &anchor);
    Row {
        seq: 9,
        core: prepared.core_bytes.clone(),
        anchor,
        digest: prepared.digest,
        signature,
        link: link(
            &Hash([0x66; 32]),
            &prepared.core_bytes,
            &anchor,
            &prepared.digest,
            &signature,
        ),
        body: Some(prepared.sealed.clone()),
    }
}

/// The header of a sealed entry with a known blinder.
fn core(form: Form) -> Core {
    let commitment = sha256(&[
        b"chartseal/commit/v1",
        &BLINDER,
        &body().kind.to_be_bytes(),
        &[body().version],
        &body().bytes,
    ]);
    let mut core = Prepared::clear(place(), &body()).core;
    core.form = form;
    core.commitment = commitment;
    core
}

/// `nonce || AES-256-GCM(key, nonce, pad(blinder || kind || version || body), aad = label || core)`, spelled out.
fn sealed_part(key: &SealKey, core: &[u8]) -> Vec<u8> {
    let mut plain = [
        &BLINDER[..],
        &body().kind.to_be_bytes(),
        &[body().version],
        &body().bytes,
    ]
    .concat();
    pad(&mut plain);
    key.seal_in_place(&NONCE, &[b"chartseal/entry/v1", core].concat(), &mut plain);
    [&NONCE[..], &plain].concat()
}

fn entry(core: &Core, sealed: Vec<u8>) -> Entry {
    let core_bytes = canonical::encode(core);
    let digest = sha256(&[&sealed]);
    let prepared = Prepared {
        core: core.clone(),
        core_bytes,
        sealed,
        digest,
    };
    row(&prepared).decode().unwrap()
}

#[test]
fn the_header_of_a_clear_entry_has_these_bytes() {
    let prepared = Prepared::clear(place(), &body());
    assert_eq!(hex(&prepared.core_bytes), CLEAR_CORE);
    assert_eq!(
        canonical::decode::<Core>("header", &prepared.core_bytes).unwrap(),
        prepared.core
    );
    assert_eq!(hex(&prepared.sealed), "0102034250203137322f313034");
    assert_eq!(prepared.core.commitment.to_string(), CLEAR_COMMITMENT);
    let row = row(&prepared);
    assert_eq!(row.digest.to_string(), CLEAR_DIGEST);
    assert_eq!(hex(&row.signature.0), CLEAR_SIGNATURE);
    assert_eq!(row.link.to_string(), CLEAR_LINK);
    let entry = row.decode().unwrap();
    assert_eq!(entry.open_clear().unwrap(), body());
    entry.verify(&signer().public()).unwrap();
}

#[test]
fn a_mark_of_a_backup_has_these_bytes_with_its_place_and_without() {
    let mark = |place| {
        Clear::BackupMark(BackupMark {
            snapshot: 3,
            manifest: Hash([0x55; 32]),
            covers: 77,
            place,
        })
    };
    let old = concat!(
        "a3000301582055555555555555555555555555555555555555555555555555555555",
        "5555555502184d"
    );
    let new = concat!(
        "a4000301582055555555555555555555555555555555555555555555555555555555",
        "5555555502184d0358206666666666666666666666666666666666666666666666666666666666666666"
    );
    for (version, bytes, place) in [(1, old, None), (2, new, Some(Hash([0x66; 32])))] {
        let body = mark(place).encode();
        assert_eq!((body.kind, body.version), (17, version));
        assert_eq!(hex(&body.bytes), bytes);
        assert_eq!(Clear::decode(&body).unwrap(), mark(place));
        // Under another version neither is taken: one body, one encoding.
        for version in [0, 3 - version, 3] {
            let other = Body {
                version,
                ..body.clone()
            };
            assert!(Clear::decode(&other).is_err(), "{version}");
        }
    }
}

#[test]
fn what_is_signed_is_label_header_anchor_and_digest() {
    let message = signed_message(b"header", &Hash([1; 32]), &Hash([2; 32]));
    assert_eq!(
        message,
        [b"chartseal/sign/v1header".as_slice(), &[1; 32], &[2; 32]].concat()
    );
}

#[test]
fn a_link_hashes_label_previous_link_header_anchor_digest_and_signature() {
    let signature = signer().sign(b"anything");
    let expected = sha256(&[
        b"chartseal/link/v1",
        &[1; 32],
        b"header",
        &[2; 32],
        &[3; 32],
        &signature.0,
    ]);
    assert_eq!(
        link(
            &Hash([1; 32]),
            b"header",
            &Hash([2; 32]),
            &Hash([3; 32]),
            &signature
        ),
        expected
    );
}

#[test]
fn a_sealed_box_has_these_bytes() {
    let core = core(Form::Sealed);
    let key = kdf::derive(&Secret::new(KEY), "chartseal/entry-key/v1", &core.id.0);
    let core_bytes = canonical::encode(&core);
    let sealed = sealed_part(&SealKey::new(&key), &core_bytes);
    assert_eq!(sealed.len(), 12 + 512 + 16);
    assert_eq!(hex(&core_bytes), SEALED_CORE);
    assert_eq!(sha256(&[&sealed]).to_string(), SEALED_DIGEST);
    assert_eq!(
        entry(&core, sealed)
            .open_sealed(&Secret::new(KEY))
            .unwrap()
            .body,
        body()
    );
}

#[test]
fn a_dropped_box_that_was_written_once_still_opens() {
    let core = core(Form::Dropped);
    let sealed = unhex(include_str!("golden/dropped_box.hex").trim()).unwrap();
    assert_eq!(sealed.len(), 32 + 32 + 16 + 12 + 512 + 16);
    let drop_box = KemSecret::from_secret(&Secret::new(KEY));
    assert_eq!(
        entry(&core, sealed).open_dropped(&drop_box).unwrap().body,
        body()
    );
}

#[test]
fn a_box_opens_only_in_the_form_in_which_it_was_written() {
    let core = core(Form::Sealed);
    let key = kdf::derive(&Secret::new(KEY), "chartseal/entry-key/v1", &core.id.0);
    let sealed = sealed_part(&SealKey::new(&key), &canonical::encode(&core));
    for form in [Form::Clear, Form::Dropped] {
        let other = Core {
            form,
            ..core.clone()
        };
        let entry = entry(&other, sealed.clone());
        assert!(entry.open_clear().is_err());
        assert!(entry.open_sealed(&Secret::new(KEY)).is_err());
        assert!(
            entry
                .open_dropped(&KemSecret::from_secret(&Secret::new(KEY)))
                .is_err()
        );
    }
}

fn slot_place() -> SlotPlace {
    SlotPlace {
        chart: ChartId([1; 16]),
        section: Section::Medication,
        epoch: 2,
        holder: Holder::Person(CertId([3; 32])),
        holder_epoch: 0,
        grant: EntryId([4; 16]),
    }
}

#[test]
fn the_place_of_a_slot_has_these_bytes() {
    assert_eq!(hex(&canonical::encode(&slot_place())), SLOT_PLACE);
}

/// Encodings of one value that are not the one.
fn not_canonical(good: &[u8]) -> Vec<Vec<u8>> {
    assert_eq!(good[0], 0xad, "a map of thirteen");
    let longer_length = [&[0xb8, 13], &good[1..]].concat();
    let indefinite = [&[0xbf], &good[1..], &[0xff]].concat();
    // Key 0, `site`, is 1: in two bytes instead of one.
    assert_eq!(&good[1..3], [0, 1]);
    let longer_integer = [&good[..2], &[0x18, 1], &good[3..]].concat();
    let trailing = [good, &[0]].concat();
    // Keys 0 and 1 in the other order.
    let reordered = [&good[..1], &good[3..5], &good[1..3], &good[5..]].concat();
    let repeated = [&[0xae], &good[1..], &[0, 1]].concat();
    vec![
        longer_length,
        indefinite,
        longer_integer,
        trailing,
        reordered,
        repeated,
    ]
}

#[test]
fn every_other_encoding_of_the_same_value_is_refused() {
    let good = unhex(CLEAR_CORE).unwrap();
    assert!(canonical::decode::<Core>("header", &good).is_ok());
    for bad in not_canonical(&good) {
        assert!(
            canonical::decode::<Core>("header", &bad).is_err(),
            "{}",
            hex(&bad)
        );
    }
}

fn decodes<T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>>(bytes: &[u8]) {
    if let Ok(value) = canonical::decode::<T>("value", bytes) {
        assert_eq!(canonical::encode(&value), bytes, "one value, one encoding");
    }
}

fn decodes_all(bytes: &[u8]) {
    decodes::<Core>(bytes);
    decodes::<Certificate>(bytes);
    decodes::<Slot>(bytes);
    decodes::<SlotPlace>(bytes);
    decodes::<Credential>(bytes);
    for kind in 0..30 {
        let body = Body {
            kind,
            version: 1,
            bytes: bytes.to_vec(),
        };
        if let Ok(clear) = Clear::decode(&body) {
            assert_eq!(clear.encode(), body);
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        decodes_all(&bytes);
    }

    #[test]
    fn no_change_to_good_bytes_makes_the_decoder_panic_or_take_a_second_encoding(
        at in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let slot = Slot { place: slot_place(), sealed: vec![5; 40], fast: Some(vec![6; 20]) };
        let certificate = Certificate::issue(
            "a", "A", chartseal::ledger::Office::Host, KemSecret::from_secret(&Secret::new(KEY)).public(), &signer(),
        );
        for good in [unhex(CLEAR_CORE).unwrap(), canonical::encode(&slot), canonical::encode(&certificate)] {
            let mut changed = good.clone();
            let n = at.index(changed.len());
            changed[n] = value;
            decodes_all(&changed);
            decodes_all(&good[..cut.index(good.len())]);
        }
    }
}

#[test]
fn views_that_were_dropped_and_rebuilt_are_the_same() {
    let victim = Victim::new();
    let ledger = Ledger::open(&victim.vault_folder()).unwrap();
    let before = ledger.read(|tx| tx.views_dump()).unwrap();
    for kind in ["clear ", "notice ", "locator ", "entry "] {
        assert!(before.iter().any(|line| line.starts_with(kind)), "{kind}");
    }
    ledger.rebuild_views().unwrap();
    assert_eq!(ledger.read(|tx| tx.views_dump()).unwrap(), before);
}

#[test]
fn what_is_not_a_vault_is_refused() {
    let victim = Victim::new();
    victim
        .sql()
        .execute_batch("PRAGMA application_id = 1")
        .unwrap();
    let opened = || Ledger::open(&victim.vault_folder()).map(drop);
    assert!(matches!(opened(), Err(LedgerError::NotAVault(_))));
    fs::write(
        victim.vault_folder().join("vault.db"),
        b"no database at all, and long enough to be looked at",
    )
    .unwrap();
    assert!(matches!(opened(), Err(LedgerError::NotAVault(_))));
}

#[test]
fn files_and_folders_that_others_can_reach_are_refused() {
    for (file, mode) in [
        ("vault", 0o750),
        ("vault/vault.db", 0o640),
        ("vault/vault.db", 0o604),
        ("host", 0o701),
        ("host/host-secret", 0o644),
        ("host/identity", 0o660),
    ] {
        let victim = Victim::new();
        let path = victim.folder.path().join(file);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = victim.vault().map(drop);
        assert!(
            matches!(refused, Err(VaultError::Ledger(LedgerError::Permissions { mode: found, .. })) if found == mode),
            "{file} {mode:o}: {refused:?}"
        );
    }
}

#[test]
fn a_second_writer_waits_for_the_first_instead_of_failing() {
    let victim = Victim::new();
    let first = Ledger::open(&victim.vault_folder()).unwrap();
    let second = first.again().unwrap();
    let (began, wait) = channel();
    let writer = first
        .write(|tx| {
            let writer = thread::spawn(move || {
                began.send(()).unwrap();
                second.write(|tx| tx.put_checkpoint("second", b"state"))
            });
            // The second is at the lock, or on its way to it, while this transaction reads and writes.
            wait.recv().unwrap();
            for n in 0..200 {
                tx.put_checkpoint("first", &[n])?;
            }
            Ok::<_, LedgerError>(writer)
        })
        .unwrap();
    writer.join().unwrap().unwrap();
    let found = first
        .read(|tx| Ok::<_, LedgerError>((tx.checkpoint("first")?, tx.checkpoint("second")?)))
        .unwrap();
    assert_eq!(found, (Some(vec![199]), Some(b"state".to_vec())));
}

#[test]
fn the_loser_of_a_race_for_a_thread_is_told_to_read_it_again() {
    let victim = Victim::new();
    let doctor = victim.login("hsmith").unwrap();
    let nurse = victim.login("brandt").unwrap();
    let newest = doctor
        .read(|r| Ok::<_, VaultError>(r.tx().thread(&victim.facts.thread)?.pop().unwrap().core.id))
        .unwrap();
    let draft = || {
        chartseal::vault::Draft::new(victim.facts.chart, Section::Clinical)
            .after(victim.facts.thread, newest)
    };
    doctor.write(|writer| writer.put(draft(), &body())).unwrap();
    let lost = nurse.write(|writer| writer.put(draft(), &body()));
    assert!(matches!(
        lost,
        Err(VaultError::Ledger(LedgerError::Conflict { thread, parent }))
            if thread == victim.facts.thread && parent == newest
    ));
}

const CLEAR_CORE: &str = "ad0001010102000350a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10450b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20502060707\
     50c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c30850d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d409825101e5e5e5e5e5e5e5e5e5\
     e5e5e5e5e5e5e5582102f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f60a5820777777\
     77777777777777777777777777777777777777777777777777777777770b1b000001a202615d280c58205c58464c34c2\
     2be3e1de03603cf62999eea8ce912201e524044b8566be7e8d1e";
const CLEAR_COMMITMENT: &str = "5c58464c34c22be3e1de03603cf62999eea8ce912201e524044b8566be7e8d1e";
const CLEAR_DIGEST: &str = "86d5d384a0d718d163a10be1afdb2fe70368bba2e67b78d3f8082dd6dce43e1d";
const CLEAR_SIGNATURE: &str = "7bdc8cd4ea57650f14ac453dddc848754dfd58a3834f8342106a6f7420033f0fca7f4d6fb877b545626ab6ea5470bc8c\
     dd385636cee96f72703dfe0b15d82f04";
const CLEAR_LINK: &str = "4d450e293f387aa73b07eafec727534a7538aeb1f4513fa51c6d072efa923b0e";
const SEALED_CORE: &str = "ad0001010102010350a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10450b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b20502060707\
     50c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c30850d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d409825101e5e5e5e5e5e5e5e5e5\
     e5e5e5e5e5e5e5582102f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f60a5820777777\
     77777777777777777777777777777777777777777777777777777777770b1b000001a202615d280c5820406d1a2f2497\
     c3a0e739b51700ace6c32f9a13a203c380adb6817e41fa88cbe5";
const SEALED_DIGEST: &str = "c3ef54c3ee6c085d60bddd50d8b1ffc7822206fd6401ccc638ce0c8641aca08e";
const SLOT_PLACE: &str = "a60050010101010101010101010101010101010103020203582102030303030303030303030303030303030303030303\
     03030303030303030303030400055004040404040404040404040404040404";
