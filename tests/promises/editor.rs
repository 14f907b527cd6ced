//! An editor of the file without keys. Each kind of edit has tests of its own in `substitution`; here stands the sum.

use chartseal::ledger::clear::Clear;
use rusqlite::Connection;

use crate::support::editor::{
    Victim, get_box, put_box, put_clear, rechain, recommit, redigest, remove,
};

/// An edit that leaves no trace which could be removed without a key.
type Edit = fn(&Victim, &Connection);

const EDITS: [(&str, Edit); 6] = [
    ("insert", |victim, sql| {
        let seq = victim.seq("two");
        let next = victim.seq("last") + 1;
        // A copy of a good entry under a number and an id of its own.
        sql.execute(
            "INSERT INTO entry SELECT ?2, site, randomblob(16), chart, section, randomblob(16), zeroblob(16), randomblob(32), core,
             anchor, digest, signature, link FROM entry WHERE seq = ?1",
            [seq as i64, next as i64],
        )
        .unwrap();
        sql.execute(
            "INSERT INTO body SELECT ?2, box FROM body WHERE seq = ?1",
            [seq as i64, next as i64],
        )
        .unwrap();
        rechain(sql);
    }),
    ("alter", |victim, sql| {
        let seq = victim.seq("two");
        let mut sealed = get_box(sql, seq);
        sealed[40] ^= 1;
        put_box(sql, seq, &sealed);
        redigest(sql, seq);
        rechain(sql);
    }),
    ("reorder", |victim, sql| {
        let (a, b) = (victim.seq("two") as i64, victim.seq("three") as i64);
        for table in ["entry", "body"] {
            for (from, to) in [(a, -1), (b, a), (-1, b)] {
                sql.execute(
                    &format!("UPDATE {table} SET seq = ?2 WHERE seq = ?1"),
                    [from, to],
                )
                .unwrap();
            }
        }
        rechain(sql);
    }),
    ("substitute a body", |victim, sql| {
        let (a, b) = (victim.seq("two"), victim.seq("three"));
        let other = get_box(sql, b);
        put_box(sql, a, &other);
        redigest(sql, a);
        rechain(sql);
    }),
    ("substitute a role", |victim, sql| {
        let nurse = |clear: &Clear| matches!(clear, Clear::Certificate(certificate) if certificate.login == "brandt");
        let (seq, clear) = victim.find_clear(nurse);
        let Clear::Certificate(mut certificate) = clear else {
            unreachable!("it was found as one")
        };
        certificate.office = chartseal::ledger::Office::Person(chartseal::clinical::Role::Doctor);
        put_clear(sql, seq, &Clear::Certificate(certificate));
        recommit(sql, seq);
        rechain(sql);
    }),
    ("delete the middle", |victim, sql| {
        remove(sql, victim.seq("two"));
        rechain(sql);
    }),
];

#[test]
fn an_editor_inserts_alters_reorders_substitutes_and_deletes_nothing_unnoticed() {
    assert!(Victim::new().verify().ok, "unedited, the file is whole");
    for (what, edit) in EDITS {
        let victim = Victim::new();
        edit(&victim, &victim.sql());
        let report = victim.verify();
        assert!(!report.ok, "{what} went unnoticed");
        assert!(!report.findings.is_empty(), "{what} is not named");
    }
}

#[test]
fn cutting_the_tail_or_rolling_the_file_back_takes_a_witness_to_see_and_the_host_is_one() {
    let victim = Victim::new();
    let sql = victim.sql();
    remove(&sql, victim.seq("last"));
    assert!(victim.verify().ok, "the file alone cannot tell");
    assert!(!victim.verify_here().ok, "the host that has seen it can");
    assert!(
        victim.login("hsmith").is_err(),
        "and lets nobody work on it"
    );
}
