//! Names that mean something within a file first, and within the whole import second.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// At most this many names are kept; what comes later is not found, and is then said to be unresolved.
const MOST: usize = 2_000_000;

/// What names stand for. The same name may mean one thing in this file and another in that: the file's own meaning wins, and
/// between files a name with two meanings has none.
#[derive(Debug)]
pub(super) struct Scoped<V> {
    file: Option<Arc<Path>>,
    here: HashMap<String, Option<V>>,
    everywhere: HashMap<String, Option<V>>,
}

/// What a name was found to mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning<'a, V> {
    /// This.
    One(&'a V),
    /// More than one thing.
    Several,
    /// Nothing so far.
    None,
}

impl<V: Clone + PartialEq> Scoped<V> {
    pub(super) fn new() -> Self {
        Self {
            file: None,
            here: HashMap::new(),
            everywhere: HashMap::new(),
        }
    }

    /// Lets `name`, met in `file`, mean `value`.
    pub(super) fn learn(&mut self, file: &Arc<Path>, name: &str, value: &V) {
        if self.file.as_ref() != Some(file) {
            self.here.clear();
            self.file = Some(Arc::clone(file));
        }
        for names in [&mut self.here, &mut self.everywhere] {
            if let Some(known) = names.get_mut(name) {
                if known.as_ref() != Some(value) {
                    *known = None;
                }
            } else if names.len() < MOST {
                names.insert(name.to_owned(), Some(value.clone()));
            }
        }
    }

    /// What the first of `names` that is known means in `file`.
    pub(super) fn find(&self, file: &Arc<Path>, names: &[String]) -> Meaning<'_, V> {
        let here = if self.file.as_ref() == Some(file) {
            Some(&self.here)
        } else {
            None
        };
        for name in names {
            let found = here
                .and_then(|here| here.get(name))
                .or_else(|| self.everywhere.get(name));
            match found {
                Some(Some(value)) => return Meaning::One(value),
                Some(None) => return Meaning::Several,
                None => {}
            }
        }
        Meaning::None
    }
}
