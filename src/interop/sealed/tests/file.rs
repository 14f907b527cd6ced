//! The file: to whom it is sealed, its bytes, its length, its padding, and which records it holds in which order.

use std::collections::BTreeSet;
use std::io::Write;

use super::super::record::{MAGIC, What};
use super::super::{SIGN, SealedError, Sealer, Statement, fingerprint, open};
use super::world::World;
use crate::crypto::hash::sha256;
use crate::crypto::hpke::{self, KemSecret};
use crate::crypto::stream::{StreamError, StreamOpener, StreamSealer};
use crate::crypto::{Secret, kdf};
use crate::ledger::canonical;

#[test]
fn every_flipped_byte_is_refused_with_its_place() {
    let world = World::new();
    let file = world.draft().file();
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let error = world.open(&changed).unwrap_err();
        let named = match &error {
            SealedError::NotOne => at < 16,
            SealedError::Version(_) => at == 16,
            SealedError::NotToThisKey(_) => (17..97).contains(&at),
            SealedError::Stream(StreamError::Altered { from, to }) => {
                (*from..*to).contains(&(at as u64))
            }
            _ => false,
        };
        assert!(named, "byte {at}: {error}");
    }
}

#[test]
fn every_cut_and_everything_that_follows_the_end_is_refused() {
    let world = World::new();
    let file = world.draft().file();
    for len in 0..file.len() {
        assert!(world.open(&file[..len]).is_err(), "{len} bytes");
    }
    for more in [&[0][..], &[0x80], &file] {
        assert!(world.open(&[&file, more].concat()).is_err());
    }
}

/// 64 KiB of payload and a little: the cut between the chunks opens as far as it goes.
#[test]
fn a_cut_between_two_chunks_is_called_a_cut() {
    let mut world = World::new();
    world.sealed(&vec![b'x'; 70_000]);
    let file = world.draft().file();
    let between = 97 + (64 << 10) + 16;
    let error = world.open(&file[..between]).unwrap_err();
    assert!(
        matches!(error, SealedError::Stream(StreamError::Cut { at }) if at == between as u64),
        "{error}"
    );
    assert_eq!(world.open(&file).unwrap().opened, 2);
}

#[test]
fn another_recipient_opens_nothing_and_a_forwarded_export_is_refused() {
    let world = World::new();
    let draft = world.draft();
    let other = KemSecret::random();
    let error = open(&draft.file()[..], &other, None, |_| Ok(())).unwrap_err();
    let SealedError::NotToThisKey(key) = &error else {
        panic!("{error}");
    };
    assert!(error.to_string().contains(&fingerprint(key)), "{error}");

    // The first recipient seals what they were given to somebody else, as if the exporter had meant them.
    let statement = Statement {
        authorities: 0,
        entries: 0,
        ..draft.statement.clone()
    };
    let passed_on = Sealer::begin_to(&other.public(), &statement, Vec::new()).unwrap();
    let signature = draft.signer.sign(&[SIGN, &passed_on.digest().0].concat());
    let file = passed_on.finish(&signature).unwrap();
    let error = open(&file[..], &other, None, |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("another recipient"), "{error}");
}

#[test]
fn records_that_do_not_come_as_the_statement_says_are_refused() {
    let world = World::new();
    let draft = world.draft();
    let refused = |sealer: Sealer<Vec<u8>>| {
        let signature = draft.signer.sign(&[SIGN, &sealer.digest().0].concat());
        let file = sealer.finish(&signature).unwrap();
        world.open(&file).unwrap_err().to_string()
    };
    // One more than announced.
    let mut sealer = draft.sealer();
    let (entry, previous, _) = &draft.entries[0];
    sealer.entry(entry, *previous, None).unwrap();
    assert!(refused(sealer).contains("record 6: it is not the signature"));
    // Two statements.
    let mut sealer = Sealer::begin(
        &Statement {
            authorities: 1,
            ..draft.statement.clone()
        },
        Vec::new(),
    )
    .unwrap();
    let again = canonical::encode(&draft.statement);
    sealer.record(What::Statement, again).unwrap();
    assert!(refused(sealer).contains("record 2: "));
    // Something that is no record of an entry.
    let mut sealer = Sealer::begin(
        &Statement {
            authorities: 1,
            ..draft.statement.clone()
        },
        Vec::new(),
    )
    .unwrap();
    sealer.record(What::Authority, vec![0xa0]).unwrap();
    assert!(refused(sealer).contains("record 2: not a valid entry"));
}

/// The exporter holds the key of the file: what they append or leave out of the padding is not found by the seal.
#[test]
fn whatever_stands_in_the_padding_is_refused() {
    let world = World::new();
    let key = Secret::<32>::random();
    let head = |key: &Secret<32>| {
        let bound = [&MAGIC[..], &[1]].concat();
        let sealed = hpke::seal(
            &world.recipient.public(),
            b"chartseal/export/key/v1",
            &bound,
            key.expose(),
        );
        [bound, sealed.unwrap()].concat()
    };
    let head = head(&key);
    let chunks = kdf::derive(&key, "chartseal/export/chunks/v1", &sha256(&[&head]).0);
    // The records of a good export, out of which another file is made.
    let good = world.draft().file();
    let mut opener = {
        let sealed = &good[17..97];
        let file_key = hpke::open(
            &world.recipient,
            b"chartseal/export/key/v1",
            &good[..17],
            sealed,
        )
        .unwrap();
        let file_key = Secret::from_slice(file_key.expose()).unwrap();
        let chunks = kdf::derive(
            &file_key,
            "chartseal/export/chunks/v1",
            &sha256(&[&good[..97]]).0,
        );
        StreamOpener::new(&chunks, &good[97..], 97)
    };
    let payload = opener.next_chunk().unwrap().unwrap().expose().to_vec();
    assert!(opener.next_chunk().unwrap().is_none());
    let with = |payload: &[u8]| {
        let mut sealer = StreamSealer::new(&chunks, head.clone());
        sealer.write_all(payload).unwrap();
        world.open(&sealer.finish().unwrap())
    };
    with(&payload).unwrap();
    let mut hidden = payload.clone();
    *hidden.last_mut().unwrap() = 1;
    let mark = payload.iter().rposition(|byte| *byte != 0).unwrap();
    assert_eq!(payload[mark], 0x80);
    let mut unmarked = payload.clone();
    unmarked[mark] = 0;
    for bad in [
        hidden,
        unmarked,
        payload[..payload.len() - 1].to_vec(),
        payload[..mark].to_vec(),
        [&payload[..], &[0]].concat(),
        [&payload[..], &vec![0; 70_000]].concat(),
    ] {
        let error = with(&bad).unwrap_err().to_string();
        assert!(error.contains("padding"), "{error}");
    }
}

#[test]
fn the_length_of_an_export_is_one_of_few() {
    let lengths: BTreeSet<usize> = (1..40)
        .map(|len| {
            let mut world = World::new();
            world.sealed(&vec![b'x'; 1_000 + len]);
            world.draft().file().len()
        })
        .collect();
    assert!(lengths.len() <= 2, "{lengths:?}");
}
