//! One that is killed, again and again, at any moment of its work.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::admit;
use chartseal::desk::view::{Proceed, Progress, unwatched};
use chartseal::desk::{index, write};
use chartseal::ledger::EntryId;

use crate::child::{FOLDER, MRN, PACKING, PHASE, PHASES, SEED, Said, say, start, told};
use crate::oracle::{assert_equal, assert_verified, found, having, own_words, plain};
use crate::support::chance::Chance;
use crate::support::{Hospital, campaign, copy, patient};
use crate::texts;
use crate::work::{
    COMMON, InPieces, count, into_one, login, note, or_busy, pack, time_passes, unindexed,
};

/// What a child says before each transaction of a long work.
const STEP: &str = "step";
/// A long work is killed after fewer of its transactions than this.
const STEPS: u64 = 24;
/// After so many kills the next ones begin from a fresh copy, so that verification stays short.
const FRESH: usize = 20;

/// The child that is killed: adds, amends, merges and rebuilds, says what it is about to do and what has landed.
/// Without a parent it does nothing.
#[test]
fn child_that_indexes() {
    let Ok(folder) = std::env::var(FOLDER).map(PathBuf::from) else {
        return;
    };
    let Ok(seed) = std::env::var(SEED) else {
        return;
    };
    let doctor = login(&folder, "hsmith");
    let (mrn, packs) = (told(MRN), told(PHASE) == PACKING);
    let mut chance = Chance(seed.parse().unwrap());
    let mut mine: Vec<EntryId> = Vec::new();
    say("begun");
    loop {
        match chance.below(if packs { 12 } else { 10 }) {
            0..4 => {
                let text = texts::text(&mut chance);
                say("adding");
                let written = write::entry(&doctor, &mrn, note(&text)).unwrap();
                say(&format!("landed {} - {text}", written.entry));
                mine.push(written.entry.parse().unwrap());
            }
            4..7 if !mine.is_empty() => {
                let at = chance.index(mine.len());
                let text = texts::text(&mut chance);
                say("amending");
                let written = write::amend(&doctor, mine[at], note(&text)).unwrap();
                say(&format!("landed {} {} {text}", written.entry, mine[at]));
                mine[at] = written.entry.parse().unwrap();
            }
            7..9 => {
                let texts = [texts::text(&mut chance), texts::text(&mut chance)];
                say("merging");
                unindexed(&doctor, &texts);
                catch_up_all(&doctor, &unwatched).unwrap();
                into_one(&doctor, step);
                or_busy(index::merge(&doctor, &unwatched));
                say("done");
            }
            9 => {
                say("rebuilding");
                let ledger = InPieces(doctor.vault().ledger(), step);
                index::rebuild_through(&doctor, &ledger, &unwatched).unwrap();
                say("done");
            }
            10.. => {
                unindexed(&doctor, &texts::many(&mut chance));
                say(PACKING);
                catch_up_all(&doctor, &stepping).unwrap();
                say("done");
            }
            _ => {}
        }
    }
}

/// Tells the parent of a transaction of a long work.
fn step() {
    say(STEP);
}

/// Asked before each of them.
fn stepping(_: &Progress) -> Proceed {
    step();
    Proceed::Go
}

/// Kills a child at some moment of this phase, not always the first time that it says it is in it.
fn kill(folder: &Path, mrn: &str, phase: &str, chance: &mut Chance) -> Said {
    let seed = chance.next().to_string();
    let told = [(SEED, seed.as_str()), (MRN, mrn), (PHASE, phase)];
    let (mut child, mut lines) = start("killed::child_that_indexes", folder, &told);
    let mut said = Said::default();
    let enough = 1 + chance.below(if phase == PACKING { 1 } else { 3 });
    let (mut seen, mut line) = (0, String::new());
    while seen < enough && lines.read_line(&mut line).unwrap() > 0 {
        said.take(&line);
        seen += u64::from(line.trim_end() == phase);
        line.clear();
    }
    // After some of its transactions, and somewhere inside what comes next.
    let mut steps = match phase {
        "merging" | "rebuilding" => chance.below(STEPS),
        PACKING => chance.below(STEPS / 4),
        _ => 0,
    };
    while steps > 0 && said.about == phase && lines.read_line(&mut line).unwrap() > 0 {
        said.take(&line);
        steps -= u64::from(line.trim_end() == STEP);
        line.clear();
    }
    let moment = Instant::now() + Duration::from_micros(chance.below(8_000));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
    child.0.kill().unwrap();
    assert!(!child.0.wait().unwrap().success());
    line.clear();
    while lines.read_line(&mut line).unwrap() > 0 {
        said.take(&line);
        line.clear();
    }
    said
}

#[test]
fn whoever_is_killed_while_indexing_has_lost_nothing_that_was_acknowledged_and_the_next_merge_completes()
 {
    let full = campaign::full();
    let kills = if full { 2_000 } else { 15 };
    let seed = if full {
        jiff::Timestamp::now().as_nanosecond() as u64
    } else {
        20_261_127
    };
    println!("seed {seed}");
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    write::entry(&doctor, &mrn, note("fever and cough")).unwrap();
    let mut chance = Chance(seed);
    pack(&hospital, &doctor, &mut chance);
    drop(doctor);
    hospital.vault().ledger().checkpoint().unwrap();

    let mut inside: BTreeMap<String, usize> = BTreeMap::new();
    let (mut landed, mut due, mut unfinished) = (0, 0, 0);
    let began = Instant::now();
    let mut folder = tempfile::tempdir().unwrap();
    for trial in 0..kills {
        if trial % FRESH == 0 {
            folder = tempfile::tempdir().unwrap();
            copy(hospital.folder.path(), &folder.path().join("copy"));
        }
        let killed = folder.path().join("copy");
        let phase = PHASES[trial % PHASES.len()];
        let said = kill(&killed, &mrn, phase, &mut chance);
        *inside.entry(said.about.clone()).or_default() += 1;
        landed += said.landed.len();
        let when = format!(
            "seed {seed}, kill {trial}, {phase}, in fact {:?}",
            said.about
        );

        // What was acknowledged is in the ledger, as it was said.
        let doctor = login(&killed, "hsmith");
        let notes = plain(&doctor);
        for (id, old, text) in &said.landed {
            assert_eq!(notes.get(id).map(|note| &note.text), Some(text), "{when}");
            assert!(old == "-" || !notes[old].current, "{when}");
        }
        // Found is nothing but the truth, and all of it but what is said to be due. What was acknowledged is never due: its words
        // landed with it.
        for word in COMMON {
            let (ids, uncovered) = found(&doctor, word);
            let expected = having(&notes, word, false);
            assert!(ids.is_subset(&expected), "{when}: {word} has strays");
            let missing: Vec<_> = expected.difference(&ids).collect();
            assert!(missing.len() as u64 <= uncovered, "{when}: {word}");
            for (id, _, _) in &said.landed {
                assert!(!missing.contains(&id), "{when}: {word} lost {id}");
            }
            due = due.max(uncovered);
        }
        assert_verified(&doctor, &when);

        unfinished += i64::from(count(&killed, "segment WHERE state = 0") > 0);
        time_passes(&killed);
        index::merge(&doctor, &unwatched).unwrap();
        let left =
            ["segment WHERE state IN (0, 4)", "index_lease"].map(|rows| count(&killed, rows));
        assert_eq!(left, [0, 0], "{when}: something of the dead is left");
        let words = said.landed.iter().flat_map(|(_, _, text)| text.split(' '));
        let words: Vec<String> = words
            .filter(|word| word.starts_with('w'))
            .map(str::to_owned)
            .collect();
        assert_equal(&doctor, &notes, &words, &when);
        if trial % FRESH == FRESH - 1 || trial + 1 == kills {
            assert_verified(&doctor, &when);
            assert_equal(&doctor, &notes, &own_words(&notes), &when);
        }
        if trial % 100 == 99 {
            println!("{} kills, {landed} acknowledged, {inside:?}", trial + 1);
        }
    }
    println!(
        "{kills} kills while {inside:?}, {unfinished} of them in a build; {landed} acknowledged entries, none lost; at most {due} due; {:.2} s a kill",
        began.elapsed().as_secs_f64() / kills as f64
    );
    for phase in PHASES {
        let hits = inside.get(phase).copied().unwrap_or(0);
        assert!(
            hits >= (kills / 40).max(1),
            "the moments miss {phase}: {inside:?}"
        );
    }
}
