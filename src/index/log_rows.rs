//! The rows of the log: their bytes and sizes, how a session follows them, and what is noticed when somebody changes one.

use crate::crypto::{Secret, hash::sha256, hex::hex};

use super::log::{self, FLOOR, List};
use super::recent::Recent;
use super::segment::{Kind, Segment, State};
use super::tag::Tag;
use super::testing::{File, ID, TODAY, change, key, note, replaced, segments};
use super::transactor::Transactor;
use super::{
    Audit, Audited, Cache, Change, CompartmentKey, Field, IndexError, Term, merge, query, rebuild,
    search,
};

// The golden bytes were computed from the format in the documentation by another implementation of HKDF, HMAC and AES.
#[test]
fn a_row_of_the_log_is_the_golden_one() {
    let file = File::new();
    let key = CompartmentKey::new(&Secret::new([1; 32]), 1);
    let segment = Segment {
        id: 3,
        generation: 1,
        kind: Kind::Log,
        level: 0,
        salt: [2; 32],
        meta: Vec::new(),
    };
    let log_key = key.log(&segment.salt);
    let tag = key.tag(&Term::new(Field::Diagnosis, "i10"));
    let tags = vec![tag];
    let former = 5 | 1 << 40;
    let mut plain = log::encode(&[
        List {
            number: 700,
            tags: tags.clone(),
        },
        List {
            number: former,
            tags,
        },
    ]);
    assert_eq!(
        sha256(&[&plain]).to_string(),
        "4d06100b702d7d7a3f8b676553bc8f682863eb54f84d586239df23b890fca234"
    );
    let k = log::first(3) + 796;
    let nonce = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    log_key.seal_in_place(&nonce, &k.to_be_bytes(), &mut plain);
    let sealed = [&nonce[..], &plain].concat();
    assert_eq!(
        hex(&sealed[12..60]),
        "8e3f13d0750f5b843ce7c65fb3d1a489e4e58727afeb8d86252377b85e9788c3e13ef870a0d40a6df7c90dea1d1c0d7b"
    );
    assert_eq!(
        sha256(&[&sealed]).to_string(),
        "515add8ed1d37989b58a0cffa8f61da7ddaf842bfd4e19e40aca13fe8b0ffe26"
    );
    let mut pairs = Vec::new();
    let end = file.read(|conn| {
        conn.execute("INSERT INTO index_log VALUES (?1, ?2)", (k, &sealed))?;
        log::read(conn, &segment, &log_key, 796, |tag, number| {
            pairs.push((tag, number));
        })
    });
    assert_eq!(end.expect("opens"), 2 * 796);
    assert_eq!(pairs, [(tag, 700), (tag, former)]);
}

#[test]
fn rows_of_entries_with_up_to_63_words_have_one_size_and_longer_ones_twice_that() {
    let (file, keys) = (File::new(), [key(1)]);
    let words = |n: usize| {
        let terms = (0..n).map(|n| Term::new(Field::Any, format!("w{n}")));
        Change {
            rid: n as u64,
            terms: terms.collect(),
            replaces: None,
        }
    };
    for n in [1, 20, 62, 63, 64, 126, 127, 128, 3_000] {
        file.add(&keys[0], &[words(n)]);
    }
    // Twelve bytes in front of the words, twelve for each, and the nonce and the tag.
    let sizes = [1, 1, 1, 1, 2, 2, 2, 4, 64].map(|times| (FLOOR * times + 28) as i64);
    let conn = file.conn.borrow();
    let mut statement = conn
        .prepare("SELECT length(b) FROM index_log ORDER BY k")
        .expect("prepared");
    let found: Vec<i64> = statement
        .query_map([], |row| row.get(0))
        .expect("read")
        .map(|len| len.expect("a length"))
        .collect();
    assert_eq!(found, sizes);
    drop(statement);
    drop(conn);
    assert_eq!(file.find(&keys, "w2999"), [3_000]);
    assert_eq!(file.find(&keys, "w62"), [3_000, 128, 127, 126, 64, 63]);
}

#[test]
fn a_log_that_is_full_is_closed_and_four_of_them_are_merged() {
    let (file, keys) = (File::new(), [key(1)]);
    let in_one = log::FULL / (FLOOR as u64 + 28);
    for rid in 1..=4 * in_one + 1 {
        file.add(&keys[0], &[change(rid, &note("fever"))]);
    }
    assert_eq!(
        (
            segments(&file, Kind::Log, State::Sealed),
            segments(&file, Kind::Log, State::Open)
        ),
        (4, 1)
    );
    let longest = file.count(
        "SELECT max(sum) FROM (SELECT sum(length(b)) AS sum FROM index_log GROUP BY k >> 32)",
    );
    assert!(longest <= log::FULL as i64, "{longest}");
    merge(&file, ID, &keys).expect("merged").expect("was due");
    assert_eq!(
        file.find(&keys, "fever"),
        (1..=4 * in_one + 1).rev().collect::<Vec<_>>()
    );
}

#[test]
fn a_session_decodes_the_rows_that_it_has_not_seen_and_no_others() {
    let (file, keys) = (File::new(), [key(1)]);
    let query = query::parse("fever", TODAY).expect("parses");
    let mut cache = Cache::default();
    let mut find = || {
        let conn = file.conn.borrow();
        search(&conn, &mut cache, &[(ID, &keys)], &query).map(|found| found.rids)
    };
    file.add(&keys[0], &[change(1, &note("fever"))]);
    assert_eq!(find().expect("found"), [1]);
    let spoil = |k: &str| {
        let sql = format!(
            "UPDATE index_log SET b = zeroblob(length(b)) WHERE k = (SELECT {k}(k) FROM index_log)"
        );
        assert_eq!(file.connect().execute(&sql, []).expect("edited"), 1);
    };
    // What it has read it does not read again.
    spoil("min");
    file.add(&keys[0], &[change(2, &note("fever"))]);
    file.add(
        &keys[0],
        &[Change {
            replaces: Some(replaced(1, "fever")),
            ..change(3, &note("fever"))
        }],
    );
    assert_eq!(find().expect("found"), [3, 2]);
    file.add(&keys[0], &[change(4, &note("fever"))]);
    spoil("max");
    assert!(matches!(find(), Err(IndexError::Damaged { .. })));
    assert!(
        matches!(find(), Err(IndexError::Damaged { .. })),
        "nor later"
    );
}

/// What somebody without keys does to the rows of a log, in SQL.
const EDITS: [(&str, &str); 7] = [
    (
        "the first row removed",
        "DELETE FROM index_log WHERE k = (SELECT min(k) FROM index_log)",
    ),
    (
        "a row removed from the middle",
        "DELETE FROM index_log WHERE k = (SELECT k FROM index_log LIMIT 1 OFFSET 2)",
    ),
    (
        "a row once more at the end",
        "INSERT INTO index_log SELECT max(k) + length(b), (SELECT b FROM index_log LIMIT 1) FROM index_log",
    ),
    (
        "a row in another's place",
        "UPDATE index_log SET b = (SELECT b FROM index_log LIMIT 1) WHERE k = (SELECT k FROM index_log LIMIT 1 OFFSET 2)",
    ),
    (
        "two rows swapped",
        "UPDATE index_log SET b = CASE k WHEN (SELECT min(k) FROM index_log) THEN (SELECT b FROM index_log LIMIT 1 OFFSET 1)
                                         ELSE (SELECT b FROM index_log LIMIT 1) END
         WHERE k <= (SELECT k FROM index_log LIMIT 1 OFFSET 1)",
    ),
    (
        "a flipped bit",
        "UPDATE index_log SET b = CAST(substr(b, 1, 299) || CASE substr(b, 300, 1) WHEN x'00' THEN x'01' ELSE x'00' END || substr(b, 301) AS BLOB)
         WHERE k = (SELECT k FROM index_log LIMIT 1 OFFSET 1)",
    ),
    (
        "a row of noise between two",
        "INSERT INTO index_log SELECT min(k) + 1, randomblob(796) FROM index_log",
    ),
];

#[test]
fn whatever_somebody_does_to_the_rows_of_a_log_a_search_refuses_it_and_an_audit_names_it() {
    for (what, sql) in EDITS {
        let (file, keys) = (File::new(), [key(1)]);
        let changes: Vec<Change> = (1..=5).map(|rid| change(rid, &note("fever"))).collect();
        for change in &changes {
            file.add(&keys[0], std::slice::from_ref(change));
        }
        let audit = || {
            let mut audit = Audit::new(ID, &keys);
            for change in &changes {
                audit.push(change);
            }
            file.read(|conn| audit.finish(conn)).expect("audited")
        };
        let sound = audit();
        assert_eq!(
            sound,
            Audited {
                checked: sound.checked,
                ..Audited::default()
            }
        );
        assert!(file.conn.borrow().execute(sql, []).expect("edited") > 0);
        let query = query::parse("fever", TODAY).expect("parses");
        let found = file.read(|conn| search(conn, &mut Cache::default(), &[(ID, &keys)], &query));
        assert!(
            matches!(found, Err(IndexError::Damaged { segment: 1, .. })),
            "{what}: {found:?}"
        );
        assert!(
            matches!(rebuild(&file, ID, &keys), Err(IndexError::Damaged { .. })),
            "{what}: nor is it merged into anything"
        );
        let named = audit();
        assert!(
            named.damaged.values().sum::<u64>() > 0 && named.stray == 0,
            "{what}: {named:?}"
        );
        // Whoever writes is not kept from it.
        file.add(&keys[0], &[change(6, &note("cough"))]);
    }
}

#[test]
fn rows_cut_off_the_end_are_missed_by_an_audit() {
    let (file, keys) = (File::new(), [key(1)]);
    let changes: Vec<Change> = (1..=3).map(|rid| change(rid, &note("fever"))).collect();
    file.add(&keys[0], &changes);
    file.conn
        .borrow()
        .execute(
            "DELETE FROM index_log WHERE k = (SELECT max(k) FROM index_log)",
            [],
        )
        .expect("edited");
    let mut audit = Audit::new(ID, &keys);
    for change in &changes {
        audit.push(change);
    }
    let audited = file.read(|conn| audit.finish(conn)).expect("audited");
    let words = changes[2].terms.len() as u64;
    assert_eq!(audited.missing_of, [(3, words)].into());
}

#[test]
fn a_row_at_the_very_end_of_a_logs_places_does_not_keep_anybody_from_writing() {
    let (file, keys) = (File::new(), [key(1)]);
    file.add(&keys[0], &[change(1, &note("fever"))]);
    file.conn
        .borrow()
        .execute(
            "INSERT INTO index_log VALUES ((1 << 32) + 4294967295, x'00')",
            [],
        )
        .expect("edited");
    file.add(&keys[0], &[change(2, &note("fever"))]);
    assert_eq!(segments(&file, Kind::Log, State::Sealed), 1);
    assert_eq!(segments(&file, Kind::Log, State::Open), 1);
}

#[test]
fn a_decoded_log_lists_every_word_however_many_there_are() {
    let (file, keys) = (File::new(), key(1));
    let tag = |n: u64| Tag(std::array::from_fn(|at| (n >> (8 * (at % 8))) as u8));
    let lists: Vec<List> = (1..=300)
        .map(|number| List {
            number,
            tags: (0..number).map(|n| tag(n % 40)).collect(),
        })
        .collect();
    let log = file
        .write(|conn| {
            log::append(conn, ID, &keys, &[lists])?;
            let view = super::view::View::open(conn, ID, std::slice::from_ref(&keys))?;
            let segment = view.parts[0].segment.clone();
            Recent::open(conn, &segment, keys.log(&segment.salt))
        })
        .expect("written");
    for n in 0..40 {
        assert_eq!(log.list(tag(n)), (n + 1..=300).collect::<Vec<_>>(), "{n}");
    }
    assert!(log.list(tag(40)).is_empty());
}
