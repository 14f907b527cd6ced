//! Lists of packed segments that a session opened lately, so that who asks again or turns a page reads and opens nothing twice.
//!
//! A packed segment never changes, and no other has its salt: what was opened of it once stays good, and what nobody asks for any more
//! makes room for the rest. **What is kept is wiped when it is dropped**, and a session drops it when it locks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::key::SALT_LEN;
use super::tag::Tag;

/// Bytes of either half.
const HALF: usize = 8 << 20;

/// A list as it stands in its blocks.
pub(super) type Stream = Arc<Zeroizing<Vec<u8>>>;

/// Whose list: the salt of its segment, and its word.
type Name = ([u8; SALT_LEN], Tag);

/// What was opened lately. Searches share it.
#[derive(Default)]
pub(super) struct Kept(Mutex<Halves>);

/// When the young half is full it becomes the old one, and what was old and not asked for again is forgotten.
#[derive(Default)]
struct Halves {
    young: HashMap<Name, Stream>,
    old: HashMap<Name, Stream>,
    /// Of the young half.
    bytes: usize,
}

impl Kept {
    /// The list, if it is kept.
    pub(super) fn get(&self, salt: &[u8; SALT_LEN], tag: Tag) -> Option<Stream> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (*salt, tag);
        if let Some(stream) = halves.young.get(&name) {
            return Some(Arc::clone(stream));
        }
        let stream = halves.old.remove(&name)?;
        halves.keep(name, Arc::clone(&stream));
        Some(stream)
    }

    /// Keeps a list, unless it would drive out all others.
    pub(super) fn put(&self, salt: &[u8; SALT_LEN], tag: Tag, stream: &Stream) {
        if stream.len() <= HALF / 4 {
            let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            halves.keep((*salt, tag), Arc::clone(stream));
        }
    }
}

impl Halves {
    fn keep(&mut self, name: Name, stream: Stream) {
        let bytes = stream.len();
        if self.bytes + bytes > HALF {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.young.insert(name, stream);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{File, ID, TODAY, bulk, key};
    use super::super::transactor::Transactor;
    use super::super::{Cache, Change, Field, Mode, Term, query, search};
    use super::*;

    fn list(bytes: usize) -> Stream {
        Arc::new(Zeroizing::new(vec![7; bytes]))
    }

    fn tag(n: u8) -> Tag {
        Tag([n; 12])
    }

    #[test]
    fn a_list_is_kept_by_segment_and_word() {
        let kept = Kept::default();
        kept.put(&[1; SALT_LEN], tag(1), &list(10));
        assert!(kept.get(&[1; SALT_LEN], tag(1)).is_some());
        assert!(kept.get(&[1; SALT_LEN], tag(2)).is_none());
        assert!(kept.get(&[2; SALT_LEN], tag(1)).is_none());
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_makes_room() {
        let kept = Kept::default();
        let salt = [1; SALT_LEN];
        for n in 0..100 {
            kept.put(&salt, tag(n), &list(HALF / 8));
            assert!(kept.get(&salt, tag(0)).is_some(), "asked for all the time");
            let halves = kept.0.lock().unwrap();
            let held = halves.young.values().chain(halves.old.values());
            assert!(held.map(|stream| stream.len()).sum::<usize>() <= 2 * HALF);
        }
        assert!(kept.get(&salt, tag(1)).is_none(), "long ago");
        assert!(kept.get(&salt, tag(99)).is_some(), "just now");
    }

    #[test]
    fn a_list_that_would_drive_out_the_others_is_not_kept() {
        let kept = Kept::default();
        kept.put(&[1; SALT_LEN], tag(1), &list(HALF / 4 + 1));
        assert!(kept.get(&[1; SALT_LEN], tag(1)).is_none());
    }

    /// Which entries have which words: `often` as bits, `seldom` as distances, `once` in one block of the bits.
    fn has(word: &str, rid: u64) -> bool {
        match word {
            "often" => !rid.is_multiple_of(3),
            "seldom" => rid.is_multiple_of(9),
            _ => rid == 70_001,
        }
    }

    #[test]
    fn a_word_that_is_asked_for_again_is_not_read_again_and_answers_are_the_same() {
        const ENTRIES: u64 = 100_000;
        const WORDS: [&str; 3] = ["often", "seldom", "once"];
        let (file, keys) = (File::new(), [key(1)]);
        let change = |rid| Change {
            rid,
            terms: WORDS
                .into_iter()
                .filter(|word| has(word, rid))
                .map(|word| Term::new(Field::Any, word))
                .collect(),
            replaces: None,
        };
        let changes: Vec<Change> = (1..=ENTRIES).map(change).collect();
        bulk(&keys[0], &changes)
            .write(&file, Mode::Add)
            .expect("written");
        let ask = |cache: &mut Cache, text: &str| {
            let query = query::parse(text, TODAY).expect("a query");
            file.read(|conn| search(conn, cache, &[(ID, &keys)], &query))
                .map(|found| found.rids)
        };
        let queries = [
            ["often", "once"].as_slice(),
            &["seldom"],
            &["often", "seldom"],
            &["once", "often"],
            &["often"],
        ];
        let mut kept = Cache::default();
        for words in queries.into_iter().chain(queries) {
            let expected: Vec<u64> = (1..=ENTRIES)
                .rev()
                .filter(|rid| words.iter().all(|word| has(word, *rid)))
                .collect();
            let text = words.join(" ");
            assert!(ask(&mut kept, &text).expect("found") == expected, "{text}");
            let alone = ask(&mut Cache::default(), &text).expect("found");
            assert!(alone == expected, "{text}");
        }
        let done = file.write(|conn| Ok(conn.execute_batch("DELETE FROM index_large")?));
        done.expect("taken away");
        for words in queries {
            let text = words.join(" ");
            let again = ask(&mut kept, &text);
            assert!(again.is_ok(), "{text}: {:?}", again.err());
            let alone = ask(&mut Cache::default(), &text);
            assert!(alone.is_err(), "{text}");
        }
    }
}
