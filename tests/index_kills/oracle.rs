//! What a search should find: every note read one by one, and no index asked.

use std::collections::{BTreeMap, BTreeSet};

use chartseal::clinical::Body;
use chartseal::desk::view::unwatched;
use chartseal::desk::{Session, search};
use chartseal::jobs::verify;
use chartseal::ledger::{EntryId, Section};
use chartseal::vault::VaultError;

use crate::work::{COMMON, chart};

/// A note of the chart, as it is decrypted.
pub struct Plain {
    pub text: String,
    /// Whether no later version replaced it.
    pub current: bool,
}

/// What every note says, read one by one.
pub fn plain(session: &Session) -> BTreeMap<String, Plain> {
    let chart = chart(session);
    session
        .vault()
        .read(|reader| {
            let opened: Vec<_> = reader
                .section(chart, Section::Clinical)?
                .into_iter()
                .map(|opened| opened.map_err(|(_, error)| error))
                .collect::<Result<_, _>>()?;
            let replaced: BTreeSet<EntryId> = opened.iter().map(|o| o.entry.core.parent).collect();
            let mut notes = BTreeMap::new();
            for opened in opened {
                let (kind, version) = (opened.body.kind, opened.body.version);
                let id = opened.entry.core.id;
                if let Ok(Body::Note(note)) = Body::decode(kind, version, &opened.body.bytes) {
                    let current = !replaced.contains(&id);
                    let text = note.text;
                    notes.insert(id.to_string(), Plain { text, current });
                }
            }
            Ok::<_, VaultError>(notes)
        })
        .unwrap()
}

/// The notes with a word, by the oracle.
pub fn having(notes: &BTreeMap<String, Plain>, word: &str, history: bool) -> BTreeSet<String> {
    notes
        .iter()
        .filter(|(_, note)| history || note.current)
        .filter(|(_, note)| note.text.split(' ').any(|other| other == word))
        .map(|(id, _)| id.clone())
        .collect()
}

/// What a search finds, and how many entries it says are not indexed.
pub fn found(session: &Session, query: &str) -> (BTreeSet<String>, u64) {
    let answer = search::run(session, query, 100_000, 0).unwrap();
    let ids: BTreeSet<String> = answer.results.iter().map(|hit| hit.entry.clone()).collect();
    assert_eq!(ids.len(), answer.results.len(), "{query}: one came twice");
    assert_eq!(answer.total, answer.results.len() as u64, "{query}");
    (ids, answer.uncovered)
}

/// Every common word, and these, with the history and without, are found where the oracle has them and nowhere else.
pub fn assert_equal(
    session: &Session,
    notes: &BTreeMap<String, Plain>,
    words: &[String],
    when: &str,
) {
    let common = COMMON.iter().map(|&word| word.to_owned());
    for word in common.chain(words.iter().cloned()) {
        for (history, query) in [(false, word.clone()), (true, format!("history: {word}"))] {
            let answer = found(session, &query);
            let expected = (having(notes, &word, history), 0);
            assert_eq!(answer, expected, "{when}: {query}");
        }
    }
}

/// Words that one note has, of some of the notes.
pub fn own_words(notes: &BTreeMap<String, Plain>) -> Vec<String> {
    let words = notes
        .values()
        .filter_map(|note| note.text.split(' ').next())
        .filter(|word| word.starts_with('w'));
    words.step_by(8).map(str::to_owned).collect()
}

pub fn assert_verified(session: &Session, when: &str) {
    let report = verify::full(session, 1, &unwatched).unwrap();
    assert!(report.ok, "{when}: {:#?}", report.findings);
}
