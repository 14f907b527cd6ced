//! Bodies, and versions of them.

use crate::support::editor::{Victim, get_box, named, put_box, rechain, redigest};
use chartseal::desk::view::Chain;
use chartseal::ledger::Section;
use chartseal::vault::VaultError;

#[test]
fn boxes_swapped_between_entries_do_not_open_and_are_named() {
    let victim = Victim::new();
    let doctor = victim.login("hsmith").unwrap();
    let (one, two) = (victim.seq("one"), victim.seq("two"));
    let sql = victim.sql();
    let (a, b) = (get_box(&sql, one), get_box(&sql, two));
    put_box(&sql, one, &b);
    put_box(&sql, two, &a);
    let report = victim.verify();
    assert_eq!(report.bodies.bad, [one, two]);
    assert_eq!(named(&report), [one, two].into());
    for session in [doctor, victim.login("hsmith").unwrap()] {
        let read = Victim::read(&session, victim.facts.chart, Section::Clinical).unwrap();
        let refused = read.iter().filter_map(|entry| match entry {
            Err(VaultError::Broken { seq, .. }) => Some(*seq),
            _ => None,
        });
        assert_eq!(refused.collect::<Vec<_>>(), [one, two]);
        assert!(
            !read
                .iter()
                .flatten()
                .any(|text| text == "one" || text == "two")
        );
    }
    // With everything recomputed that can be, the signatures tell.
    redigest(&sql, one);
    redigest(&sql, two);
    rechain(&sql);
    let report = victim.verify();
    assert_eq!(report.signatures.bad, [one, two]);
    assert!(matches!(
        victim.login("hsmith").map(drop),
        Err(VaultError::Broken { .. })
    ));
}

#[test]
fn an_older_version_in_the_place_of_a_newer_is_refused_and_named() {
    let victim = Victim::new();
    let doctor = victim.login("hsmith").unwrap();
    let (first, second) = (victim.seq("first version"), victim.seq("second version"));
    let sql = victim.sql();
    sql.execute_batch(&format!(
        "UPDATE entry SET (core, anchor, digest, signature) =
             (SELECT core, anchor, digest, signature FROM entry WHERE seq = {first}) WHERE seq = {second};
         UPDATE body SET box = (SELECT box FROM body WHERE seq = {first}) WHERE seq = {second};"
    ))
    .unwrap();
    let report = victim.verify();
    assert_eq!(
        (report.chain, report.first_break),
        (Chain::Broken, Some(second))
    );
    assert!(matches!(
        victim.login("hsmith").map(drop),
        Err(VaultError::Broken { seq, .. }) if seq == second
    ));
    rechain(&sql);
    let report = victim.verify();
    assert_eq!(
        report.first_break,
        Some(second),
        "its columns and its anchor are those of another entry"
    );
    assert!(victim.login("hsmith").is_err());
    // A session that walked the ledger before it was altered.
    let thread = doctor.read(|reader| {
        let versions = reader.thread(victim.facts.thread)?;
        Ok::<_, VaultError>(
            versions
                .into_iter()
                .map(|version| version.map(|opened| opened.body.bytes))
                .collect::<Vec<_>>(),
        )
    });
    match thread {
        Err(_) => {}
        Ok(versions) => assert!(versions[1].is_err(), "{versions:?}"),
    }
}
