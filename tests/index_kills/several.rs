//! Several at once, each a process: they write, amend, search, merge and rebuild.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::admit;
use chartseal::desk::view::unwatched;
use chartseal::desk::{index, search, write};
use chartseal::ledger::EntryId;

use crate::child::{FOLDER, LOGIN, MRN, SEED, Said, say, start, told};
use crate::oracle::{assert_equal, assert_verified, found, own_words, plain};
use crate::support::chance::Chance;
use crate::support::{Hospital, patient};
use crate::texts;
use crate::work::{COMMON, InPieces, into_one, login, note, or_busy, pack, unindexed};

/// A file that tells the others that an index was built anew.
const REBUILT: &str = "rebuilt";

/// Where nobody listens.
fn unsaid() {}

/// The child that writes, one of several: adds, and amends what it wrote.
#[test]
fn child_that_writes() {
    let Some((folder, chance)) = among_several("writes") else {
        return;
    };
    let (session, mrn, mut chance) = (login(&folder, &told(LOGIN)), told(MRN), chance);
    let mut mine: Vec<EntryId> = Vec::new();
    // And until an index was built anew among all that writing.
    for n in 0..2_000 {
        if n >= 40 && folder.join(REBUILT).exists() {
            break;
        }
        let text = texts::text(&mut chance);
        let written = if n % 4 == 3 {
            let at = chance.index(mine.len());
            let old = mine.remove(at);
            let written = write::amend(&session, old, note(&text)).unwrap();
            say(&format!("landed {} {old} {text}", written.entry));
            written
        } else {
            let written = write::entry(&session, &mrn, note(&text)).unwrap();
            say(&format!("landed {} - {text}", written.entry));
            written
        };
        mine.push(written.entry.parse().unwrap());
    }
}

/// The child that merges while there is something to merge, and now and then builds anew: however many write, no build is in vain.
#[test]
fn child_that_merges() {
    let Some((folder, mut chance)) = among_several("merges") else {
        return;
    };
    let session = login(&folder, &told(LOGIN));
    let mut packed = false;
    while !folder.join("enough").exists() {
        if packed {
            unindexed(
                &session,
                &[texts::text(&mut chance), texts::text(&mut chance)],
            );
        } else {
            unindexed(&session, &texts::many(&mut chance));
            or_busy(catch_up_all(&session, &unwatched));
            packed = true;
        }
        if chance.below(6) == 0 {
            let ledger = InPieces(session.vault().ledger(), unsaid);
            index::rebuild_through(&session, &ledger, &unwatched).unwrap();
            fs::write(folder.join(REBUILT), "").unwrap();
        } else {
            into_one(&session, unsaid);
            or_busy(index::merge(&session, &unwatched));
        }
    }
    say("merged");
}

/// The child that searches: what it is shown holds the word that it asked for.
#[test]
fn child_that_searches() {
    let Some((folder, mut chance)) = among_several("searches") else {
        return;
    };
    let session = login(&folder, &told(LOGIN));
    let mut searches = 0;
    while !folder.join("enough").exists() {
        let word = COMMON[chance.index(COMMON.len())];
        let (answer, _) = search::page(&session, word, None, 50).unwrap();
        for hit in &answer.results {
            let text = &hit.preview.text;
            assert!(text.split(' ').any(|other| other == word), "{word}: {text}");
        }
        searches += 1;
    }
    say(&format!("searched {searches}"));
}

fn among_several(what: &str) -> Option<(PathBuf, Chance)> {
    let folder = std::env::var(FOLDER).map(PathBuf::from).ok()?;
    // Alone it is one of the tests, of which each starts children of one kind only.
    let seed: u64 = std::env::var(format!("{SEED}_{what}"))
        .ok()?
        .parse()
        .unwrap();
    Some((folder, Chance(seed)))
}

#[test]
fn several_processes_add_amend_search_merge_and_rebuild_at_once_and_every_search_is_true() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    pack(&hospital, &doctor, &mut Chance(8));
    let folder = hospital.folder.path();
    let begin = |child: &str, what: &str, who: &str, seed: &str| {
        let seeded = format!("{SEED}_{what}");
        start(
            child,
            folder,
            &[(seeded.as_str(), seed), (LOGIN, who), (MRN, &mrn)],
        )
    };
    let writers = [
        begin("several::child_that_writes", "writes", "hsmith", "1"),
        begin("several::child_that_writes", "writes", "brandt", "2"),
        begin("several::child_that_writes", "writes", "hsmith", "3"),
    ];
    let others = [
        begin("several::child_that_merges", "merges", "hsmith", "4"),
        begin("several::child_that_merges", "merges", "brandt", "5"),
        begin("several::child_that_searches", "searches", "brandt", "6"),
        begin("several::child_that_searches", "searches", "hsmith", "7"),
    ];
    let (tell, told) = mpsc::channel();
    let readers: Vec<_> = writers
        .into_iter()
        .map(|(mut child, mut lines)| {
            let tell = tell.clone();
            thread::spawn(move || {
                let mut line = String::new();
                while lines.read_line(&mut line).unwrap() > 0 {
                    let mut said = Said::default();
                    said.take(&line);
                    for landed in said.landed {
                        tell.send(landed).unwrap();
                    }
                    line.clear();
                }
                assert!(child.0.wait().unwrap().success());
            })
        })
        .collect();
    drop(tell);

    // What was acknowledged before a search begins, and is not amended when it has ended, it finds; but for what an index that was built
    // anew meanwhile left due, and this it counts.
    let (mut texts, mut replaced) = (BTreeMap::new(), BTreeSet::new());
    let mut searches = 0;
    while let Ok(first) = told.recv() {
        for (id, old, text) in std::iter::once(first).chain(told.try_iter()) {
            texts.insert(id, text);
            replaced.insert(old);
        }
        let before = texts.clone();
        let (ids, uncovered) = found(&doctor, COMMON[searches % COMMON.len()]);
        let word = COMMON[searches % COMMON.len()];
        // Amendments that had landed by then may not have been heard of: the ledger knows.
        let notes = plain(&doctor);
        let says = |text: &str| text.split(' ').any(|other| other == word);
        let lost: Vec<_> = before
            .iter()
            .filter(|(id, text)| says(text) && notes[*id].current && !ids.contains(*id))
            .collect();
        assert!(lost.len() as u64 <= uncovered, "{word} lost {lost:?}");
        for id in &ids {
            assert!(says(&notes[id].text), "{word}: {id}");
        }
        searches += 1;
    }
    for reader in readers {
        reader.join().unwrap();
    }
    fs::write(folder.join("enough"), "").unwrap();
    for (mut child, mut lines) in others {
        let mut said = String::new();
        while lines.read_line(&mut said).unwrap() > 0 {}
        assert!(child.0.wait().unwrap().success(), "{said}");
        let worked = said.contains("merged\n") || said.contains("searched ");
        assert!(worked, "it ended without a word of its work: {said}");
    }
    assert!(texts.len() >= 120);
    assert!(searches > 0);
    assert!(folder.join(REBUILT).exists(), "no index was built anew");

    index::merge(&doctor, &unwatched).unwrap();
    let notes = plain(&doctor);
    for (id, text) in &texts {
        assert_eq!(&notes[id].text, text);
        assert_eq!(notes[id].current, !replaced.contains(id));
    }
    assert_equal(&doctor, &notes, &own_words(&notes), "at the end");
    assert_verified(&doctor, "at the end");
}
