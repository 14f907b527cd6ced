//! Names that mean something within a file first, then among the files of one source, and some of them everywhere.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::reference::is_local;

/// At most this many names are kept; what comes later is not found, and is then said to be unresolved.
const MOST: usize = 2_000_000;

/// What names stand for. The same name may mean one thing in this file and another in that: the file's own meaning wins, and
/// between files a name with two meanings has none. **A name such as `Patient/1`, which every source may give to something of its own,
/// means nothing outside the files of its set, and nothing to another server.**
#[derive(Debug)]
pub(super) struct Scoped<V> {
    file: Option<Arc<Path>>,
    here: Names<V>,
    set: Option<Arc<Path>>,
    together: Names<V>,
    everywhere: Names<V>,
}

type Names<V> = HashMap<String, Option<Meant<V>>>;

/// A meaning, and the server on which the name has it, if that is known.
#[derive(Debug, Clone)]
struct Meant<V> {
    value: V,
    server: Option<Arc<str>>,
}

/// Where a name is used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a Arc<Path>,
    /// What the file shares with those of the same source.
    pub(super) set: &'a Arc<Path>,
    /// The server that says it, if that is known.
    pub(super) server: Option<&'a str>,
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
            set: None,
            together: HashMap::new(),
            everywhere: HashMap::new(),
        }
    }

    /// Lets `name`, met at a place, mean `value`.
    pub(super) fn learn(&mut self, at: Place<'_>, name: &str, value: &V) {
        if self.file.as_ref() != Some(at.file) {
            self.here.clear();
            self.file = Some(Arc::clone(at.file));
        }
        if self.set.as_ref() != Some(at.set) {
            self.together.clear();
            self.set = Some(Arc::clone(at.set));
        }
        let wider = if is_local(name) {
            &mut self.together
        } else {
            &mut self.everywhere
        };
        for names in [&mut self.here, wider] {
            if let Some(known) = names.get_mut(name) {
                known.take_if(|known| known.value != *value);
                if let Some(known) = known
                    && known.server.as_deref() != at.server
                {
                    // On whichever server, it is the same.
                    known.server = None;
                }
            } else if names.len() < MOST {
                let meant = Meant {
                    value: value.clone(),
                    server: at.server.map(Arc::from),
                };
                names.insert(name.to_owned(), Some(meant));
            }
        }
    }

    /// What the first of `names` that is known means at a place.
    pub(super) fn find(&self, at: Place<'_>, names: &[String]) -> Meaning<'_, V> {
        let here = (self.file.as_ref() == Some(at.file)).then_some(&self.here);
        let together = (self.set.as_ref() == Some(at.set)).then_some(&self.together);
        for name in names {
            let local = is_local(name);
            let wider = if local {
                together
            } else {
                Some(&self.everywhere)
            };
            let found = [here, wider]
                .into_iter()
                .flatten()
                .find_map(|names| names.get(name));
            match found {
                Some(Some(meant)) if local && meant.is_elsewhere(at.server) => {}
                Some(Some(meant)) => return Meaning::One(&meant.value),
                Some(None) => return Meaning::Several,
                None => {}
            }
        }
        Meaning::None
    }
}

impl<V> Meant<V> {
    /// Whether it is known to be another server's than `server`.
    fn is_elsewhere(&self, server: Option<&str>) -> bool {
        let servers = self.server.as_deref().zip(server);
        servers.is_some_and(|(its, asked)| its != asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> Arc<Path> {
        Arc::from(Path::new(name))
    }

    #[test]
    fn a_local_name_means_nothing_to_another_set_and_to_another_server() {
        let (a, b, one, two) = (path("a"), path("b"), path("a/1"), path("a/2"));
        let at = |file, set, server| Place { file, set, server };
        let mut names = Scoped::new();
        let local = ["Patient/1".to_owned()];
        names.learn(at(&one, &a, Some("https://a")), &local[0], &1);
        assert_eq!(names.find(at(&two, &a, None), &local), Meaning::One(&1));
        assert_eq!(
            names.find(at(&two, &a, Some("https://a")), &local),
            Meaning::One(&1)
        );
        assert_eq!(
            names.find(at(&one, &a, Some("https://b")), &local),
            Meaning::None
        );
        assert_eq!(names.find(at(&two, &b, None), &local), Meaning::None);
        let unique = ["https://a/Patient/1".to_owned()];
        names.learn(at(&one, &a, None), &unique[0], &1);
        names.learn(at(&two, &b, None), &local[0], &2);
        assert_eq!(names.find(at(&two, &b, None), &unique), Meaning::One(&1));
        assert_eq!(names.find(at(&two, &b, None), &local), Meaning::One(&2));
        names.learn(at(&one, &b, None), &local[0], &3);
        assert_eq!(
            names.find(at(&path("b/3"), &b, None), &local),
            Meaning::Several
        );
    }
}
