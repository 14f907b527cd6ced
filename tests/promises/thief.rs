//! A thief of the disk, the file, or many daily copies.

use std::collections::HashSet;

use chartseal::crypto::secret::Secret;
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::encode;
use chartseal::desk::view::unwatched;
use chartseal::desk::{index, search, write};
use chartseal::ledger::Section;
use chartseal::ledger::store::FILE;
use chartseal::vault::identity::Identity;
use chartseal::vault::{Draft, VaultError};
use rusqlite::Connection;

use crate::life::{Life, SEALED, files, holding, lived, note};
use crate::support::PASSPHRASE;

#[test]
fn a_thief_reads_no_body_and_no_name_of_a_patient() {
    let life = lived();
    let stolen = files(&life.hospital.vault_folder());
    for word in SEALED.into_iter().chain([life.mrn.as_str(), "1961-04-03"]) {
        assert_eq!(holding(&stolen, word), Vec::<String>::new(), "{word}");
    }
    // What they do learn, and the search would find.
    for word in ["hsmith", "Ward A"] {
        assert!(!holding(&stolen, word).is_empty(), "{word}");
    }
}

#[test]
fn a_thief_who_guesses_a_passphrase_lacks_the_hosts_secret() {
    let life = lived();
    let vault = life.hospital.vault();
    let directory = vault.directory().unwrap();
    let certificate = &directory.by_login("hsmith").unwrap().1.certificate;
    let credential = vault
        .ledger()
        .read(|tx| tx.credential("hsmith"))
        .unwrap()
        .unwrap();
    let guess = |secret: &Secret<32>| {
        let id = vault.host().vault();
        Identity::unwrap(&credential, certificate, PASSPHRASE.as_bytes(), secret, &id).map(drop)
    };
    assert!(guess(vault.host().secret()).is_ok());
    for other in [Secret::new([0; 32]), Secret::random()] {
        assert!(matches!(guess(&other), Err(VaultError::WrongPassphrase)));
    }
}

/// The rows of the index: table, key, value.
fn rows(life: &Life) -> HashSet<(u8, Vec<u8>, Vec<u8>)> {
    let sql = Connection::open(life.hospital.vault_folder().join(FILE)).unwrap();
    let mut all = HashSet::new();
    for (n, query) in [
        "SELECT CAST(k AS BLOB), b FROM index_log",
        "SELECT a, b FROM index_small",
        "SELECT CAST(k AS BLOB), b FROM index_large",
    ]
    .into_iter()
    .enumerate()
    {
        let mut statement = sql.prepare(query).unwrap();
        let found = statement
            .query_map([], |row| Ok((n as u8, row.get(0)?, row.get(1)?)))
            .unwrap();
        all.extend(found.map(Result::unwrap));
    }
    all
}

/// How a note came into the index.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// In the transaction that wrote it.
    Written,
    /// By somebody who holds the index's key, after somebody wrote it who does not.
    CaughtUp,
    /// With the index that was built anew.
    BuiltAnew,
}

/// What a daily copy shows of more notes: how many new rows of which sizes, and that none repeats an old one.
fn told_by(life: &Life, way: Way, texts: &[&str]) -> Vec<(u8, usize, usize)> {
    let before = rows(life);
    let doctor = life.hospital.desk("hsmith");
    if let Way::Written = way {
        for text in texts {
            write::entry(&doctor, &life.mrn, note(text)).unwrap();
        }
    } else {
        let draft = |text: &&str| {
            let draft = Draft::new(life.chart, Section::Clinical);
            (draft, encode(&note(text)))
        };
        let drafts = texts.iter().map(draft).collect();
        doctor
            .vault()
            .write(|writer| writer.put_all(drafts))
            .unwrap();
        match way {
            Way::BuiltAnew => drop(index::rebuild(&doctor, &unwatched).unwrap()),
            _ => assert_eq!(
                catch_up_all(&doctor, &unwatched).unwrap(),
                texts.len() as u64
            ),
        }
    }
    let after = rows(life);
    let new: Vec<_> = after.difference(&before).collect();
    for (_, a, b) in &new {
        let seen = |part: &Vec<u8>| before.iter().any(|(_, a, b)| a == part || b == part);
        assert!(!seen(a) && !seen(b), "a row is linked to an earlier one");
    }
    let mut shape: Vec<_> = new.iter().map(|(n, a, b)| (*n, a.len(), b.len())).collect();
    shape.sort_unstable();
    shape
}

#[test]
fn a_thief_of_daily_copies_cannot_tell_new_entries_that_share_a_keyword_from_those_that_do_not() {
    let life = lived();
    for way in [Way::Written, Way::CaughtUp] {
        let first = told_by(&life, way, &["alabaster borborygmus"]);
        let shared = told_by(&life, way, &["alabaster borborygmus"]);
        let not_shared = told_by(&life, way, &["calliope defenestrate"]);
        assert!(!first.is_empty(), "the index was written");
        assert_eq!(shared, not_shared, "{way:?}");
        assert_eq!(first, shared, "{way:?}");
    }
    let doctor = life.hospital.desk("hsmith");
    assert_eq!(search::run(&doctor, "borborygmus", 10, 0).unwrap().total, 4);
    assert_eq!(
        search::run(&doctor, "defenestrate", 10, 0).unwrap().total,
        2
    );
}

#[test]
fn a_thief_counts_neither_the_words_of_a_few_entries_that_are_indexed_together_nor_those_they_share()
 {
    // Of two notes: they share every word, they share none, they have many more words.
    let pairs = [
        ["alabaster borborygmus", "alabaster borborygmus"],
        ["alabaster borborygmus", "calliope defenestrate"],
        [
            "alabaster borborygmus calliope defenestrate",
            "effervescent filigree gossamer halcyon",
        ],
    ];
    for way in [Way::Written, Way::CaughtUp, Way::BuiltAnew] {
        let [shared, not_shared, longer] = pairs.map(|pair| told_by(&lived(), way, &pair));
        assert!(!shared.is_empty(), "the index was written");
        assert_eq!(shared, not_shared, "{way:?}");
        assert_eq!(shared, longer, "{way:?}");
    }
}
