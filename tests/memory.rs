//! After the lock no key is left in the process's memory: the process reads itself.

mod support;

use std::io::{Read, Seek, SeekFrom};

use chartseal::clinical::{Body, Note};
use chartseal::crypto::hash::Hash;
use chartseal::crypto::hex::hex;
use chartseal::crypto::password::{Cost, stretch};
use chartseal::crypto::secret::Secret;
use chartseal::crypto::{hpke, kdf};
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::encode;
use chartseal::desk::search;
use chartseal::desk::view::unwatched;
use chartseal::jobs::import;
use chartseal::ledger::{Office, Section};
use chartseal::vault::host::NewHost;
use chartseal::vault::identity::Identity;
use chartseal::vault::{Draft, Host, VaultError, ring};
use jiff::civil::date;
use support::{Hospital, PASSPHRASE, secret};
use zeroize::Zeroizing;

/// Notes whose days are looked for in memory.
const NOTES: i64 = 16;

/// How often each secret stands in writable memory. They are passed inverted, so that the search does not find itself.
fn copies_of(inverted: &[Vec<u8>]) -> Vec<usize> {
    let longest = inverted.iter().map(Vec::len).max().unwrap();
    // In one large piece: small ones would be put where what was let go is still to be found.
    let mut maps = String::with_capacity(1 << 20);
    let mut file = std::fs::File::open("/proc/self/maps").unwrap();
    file.read_to_string(&mut maps).unwrap();
    let mut memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut found = vec![0; inverted.len()];
    let mut block = vec![0u8; 1 << 20];
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") || line.contains("[vvar") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (
            u64::from_str_radix(from, 16).unwrap(),
            u64::from_str_radix(to, 16).unwrap(),
        );
        let own = block.as_ptr() as u64;
        let mut at = from;
        while at < to {
            let length = (to - at).min(block.len() as u64) as usize;
            if memory.seek(SeekFrom::Start(at)).is_err()
                || memory.read_exact(&mut block[..length]).is_err()
            {
                break;
            }
            for (n, key) in inverted.iter().enumerate() {
                let first = !key[0];
                for (offset, _) in block[..length]
                    .iter()
                    .enumerate()
                    .filter(|(_, b)| **b == first)
                {
                    let whole = length - offset >= key.len()
                        && block[offset..].iter().zip(key).all(|(a, b)| *a == !*b);
                    // The block itself is memory too: what was copied into it is not counted.
                    let in_block = (own..own + (1 << 20)).contains(&(at + offset as u64));
                    found[n] += usize::from(whole && !in_block);
                }
            }
            // Overlap, so that nothing hides across two blocks.
            at += if length as u64 == to - at {
                length as u64
            } else {
                (length - longest) as u64
            };
        }
    }
    block.fill(0);
    found
}

fn inverted(key: &[u8]) -> Vec<u8> {
    key.iter().map(|byte| !byte).collect()
}

/// The secrets behind a login and one of their unit's keys, inverted: opened from the file beside the session, and dropped.
fn secrets_of(hospital: &Hospital, login: &str) -> Vec<(&'static str, Vec<u8>)> {
    let vault = hospital.vault();
    let directory = vault.directory().unwrap();
    let certificate = &directory.by_login(login).unwrap().1.certificate;
    let (credential, slots) = vault
        .ledger()
        .read(|tx| Ok::<_, VaultError>((tx.credential(login)?.unwrap(), tx.slots()?)))
        .unwrap();
    let (host, id) = (vault.host(), vault.host().vault());
    let me = Identity::unwrap(
        &credential,
        certificate,
        PASSPHRASE.as_bytes(),
        host.secret(),
        &id,
    )
    .unwrap();
    let ward = directory.unit_by_name("Ward A").unwrap().unit.unit;
    let unit = slots
        .iter()
        .filter(|slot| slot.place.chart == ward.chart())
        .filter(|slot| slot.place.section == Section::Clinical)
        .find_map(|slot| {
            let info = ring::slot_info(&id, &slot.place);
            hpke::open(&me.kem, &info, &[], &slot.sealed).ok()
        })
        .unwrap();
    vec![
        ("the key that receives", inverted(me.kem.secret().expose())),
        ("the key that signs", inverted(me.sign.secret().expose())),
        ("the unit's key", inverted(&unit.expose()[32..])),
    ]
}

#[test]
fn no_key_is_left_in_memory_after_the_lock() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    let mut kept = secrets_of(&hospital, "hsmith");
    for section in Section::OF_A_CHART {
        let key = doctor
            .read(|reader| {
                let key = reader.chart_key(chart, section, 1)?;
                Ok::<_, VaultError>(inverted(key.expose()))
            })
            .unwrap();
        kept.push((section.as_str(), key));
    }
    let (what, keys): (Vec<&str>, Vec<Vec<u8>>) = kept.into_iter().unzip();
    for (what, copies) in what.iter().zip(copies_of(&keys)) {
        assert!(copies >= 1, "the search finds {what}, which is in use");
    }
    doctor.lock();
    for (what, copies) in what.iter().zip(copies_of(&keys)) {
        assert_eq!(copies, 0, "{what} outlived the lock");
    }
}

#[test]
fn the_days_of_entries_that_a_search_has_read_are_wiped_at_the_lock() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let chart = hospital.chart(doctor.vault());
    let days = |n: i64| date(2020, 1, 1) + jiff::Span::new().days(n * n * 7 + n);
    let notes = (0..NOTES).map(|n| {
        let note = Note {
            text: "fever".into(),
            at: format!("{}T08:30:00Z", days(n)).parse().ok(),
            ..Note::default()
        };
        (
            Draft::new(chart, Section::Clinical),
            encode(&Body::Note(note)),
        )
    });
    let notes = notes.collect();
    doctor
        .vault()
        .write(|writer| writer.put_all(notes))
        .unwrap();
    catch_up_all(&doctor, &unwatched).unwrap();
    // What a session keeps of each: two bytes, the days since 1900.
    let table: Vec<u8> = (0..NOTES)
        .flat_map(|n| {
            let since = date(1900, 1, 1).duration_until(days(n)).as_hours() / 24;
            (!u16::try_from(since).unwrap()).to_ne_bytes()
        })
        .collect();
    let found = search::run(&doctor, "fever", 10, 0).unwrap();
    assert_eq!(found.total, NOTES as u64);
    assert!(copies_of(std::slice::from_ref(&table))[0] >= 1);
    drop(doctor);
    assert_eq!(copies_of(&[table])[0], 0, "the days outlived the lock");
}

/// What is looked for, with what it is. Kept apart, so that nothing is put where something else was let go.
type Needles = (Vec<&'static str>, Vec<Vec<u8>>);

fn needles<const N: usize>(of: [(&'static str, &[u8]); N]) -> Needles {
    of.into_iter()
        .map(|(what, secret)| (what, inverted(secret)))
        .unzip()
}

fn assert_in_use(needles: &Needles) {
    for (what, copies) in needles.0.iter().zip(copies_of(&needles.1)) {
        assert!(copies >= 1, "the search finds {what}, which is in use");
    }
}

fn assert_gone(needles: &Needles, when: &str) {
    for (what, copies) in needles.0.iter().zip(copies_of(&needles.1)) {
        assert_eq!(copies, 0, "{what} outlived {when}");
    }
}

#[test]
fn neither_a_passphrase_nor_what_it_becomes_is_left_once_somebody_is_in() {
    // Nobody else in this process has it.
    const OWN: &str = "a passphrase of its own";
    let hospital = Hospital::staffed();
    let reset = hospital.login("admin").reset("brandt").unwrap();
    let vault = hospital.vault();
    vault
        .activate("brandt", &reset, &secret(OWN), Cost::FLOOR)
        .unwrap();
    hospital.login("admin").approve("brandt").unwrap();
    let credential = vault.ledger().read(|tx| tx.credential("brandt")).unwrap();
    let salt = credential.unwrap().salt.try_into().unwrap();
    let host_secret = vault.host().secret();
    let stretched = stretch(OWN.as_bytes(), &salt, host_secret, Cost::FLOOR).unwrap();
    let key = kdf::derive(&stretched, "chartseal/user-key/v1", &[]);
    let passphrase = secret(OWN);
    let needles = needles([
        ("the passphrase", passphrase.expose()),
        ("what Argon2 made of it", stretched.expose()),
        ("the user's key", key.expose()),
    ]);
    assert_in_use(&needles);
    drop((passphrase, stretched, key));
    assert_gone(&needles, "the activation");
    let session = vault.unlock("brandt", &secret(OWN)).unwrap();
    assert_gone(&needles, "the login");
    drop(session);
}

#[test]
fn an_identity_that_was_wrapped_leaves_no_private_key() {
    let (me, certificate) = Identity::create("brandt", "Brandt", Office::Host);
    let (host_secret, vault) = (Secret::random(), Hash([7; 32]));
    let needles = needles([
        ("the key that receives", me.kem.secret().expose()),
        ("the key that signs", me.sign.secret().expose()),
    ]);
    assert_in_use(&needles);
    let wrapped = me
        .wrap(
            &certificate,
            b"passphrase",
            &host_secret,
            &vault,
            Cost::FLOOR,
        )
        .unwrap();
    drop(me);
    assert_gone(&needles, "the wrapping");
    let again = Identity::unwrap(&wrapped, &certificate, b"passphrase", &host_secret, &vault);
    drop(again.unwrap());
    assert_gone(&needles, "the unwrapping");
}

#[test]
fn a_host_that_is_let_go_leaves_none_of_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let new = NewHost::random();
    let (secret, kem, sign) = (new.secret.clone(), new.kem.secret(), new.sign.secret());
    let digits = [&secret, &kem, &sign].map(|secret| Zeroizing::new(hex(secret.expose())));
    let keys = needles([
        ("the host secret", secret.expose()),
        ("the key that receives", kem.expose()),
        ("the key that signs", sign.expose()),
    ]);
    // As they stand in the files.
    let texts = needles([
        ("the text of the host secret", digits[0].as_bytes()),
        ("the text of the key that receives", digits[1].as_bytes()),
        ("the text of the key that signs", digits[2].as_bytes()),
    ]);
    drop((secret, kem, sign, digits));
    let path = folder.path().join("host");
    let settled = new.settle(&path, Hash([7; 32])).unwrap();
    assert_gone(&texts, "the settling");
    settled.put_backup_keys(settled.secret().expose()).unwrap();
    drop(settled);
    assert_gone(&keys, "the host");
    assert_gone(&texts, "the host");
    let opened = Host::open(&path).unwrap();
    assert_gone(&texts, "the opening");
    assert_in_use(&keys);
    assert!(opened.backup_keys().unwrap().is_some());
    assert_gone(&texts, "the reading");
    drop(opened);
    assert_gone(&keys, "the host");
}

#[test]
fn whoever_imports_charts_that_are_not_theirs_to_read_keeps_no_key_of_them() {
    let hospital = Hospital::staffed();
    let registrar = hospital.desk("reyes");
    let file = hospital.folder.path().join("one.json");
    let bundle = r#"{"resourceType":"Bundle","type":"collection","entry":[
        {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"p1",
            "identifier":[{"system":"urn:x","value":"77"}],"name":[{"family":"Gerhold","given":["Ana"]}]}},
        {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Condition","id":"c1",
            "subject":{"reference":"urn:uuid:1"},"code":{"text":"Asthma"}}}]}"#;
    std::fs::write(&file, bundle).unwrap();
    let done = import::fhir(&registrar, &[file], "Ward A", &unwatched).unwrap();
    assert_eq!((done.charts_created, done.entries), (1, 2));
    let doctor = hospital.login("hsmith");
    let key = doctor
        .read(|reader| {
            let charts = &reader.directory().charts;
            let chart = *charts.keys().next().unwrap();
            reader.chart_key(chart, Section::Clinical, 1)
        })
        .unwrap();
    let needles = needles([("the key of the clinical section", key.expose())]);
    assert_in_use(&needles);
    drop(key);
    doctor.lock();
    assert_gone(&needles, "the import");
    drop(registrar);
}
