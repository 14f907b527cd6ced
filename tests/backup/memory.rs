//! A target in memory, whose operator can do as he likes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chartseal::backup::target::{Answer, Name, Put, Shelf, Stat, Target};

type Things = BTreeMap<(Shelf, Name), Arc<Vec<u8>>>;

#[derive(Debug, Default)]
pub struct Memory {
    things: Mutex<Things>,
}

impl Memory {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A copy as it is now.
    pub fn copy(&self) -> Arc<Self> {
        let things = Mutex::new(self.things.lock().unwrap().clone());
        Arc::new(Self { things })
    }

    pub fn names(&self, shelf: Shelf) -> Vec<Name> {
        self.things
            .lock()
            .unwrap()
            .keys()
            .filter(|(s, _)| *s == shelf)
            .map(|(_, name)| name.clone())
            .collect()
    }

    pub fn read(&self, shelf: Shelf, name: &Name) -> Vec<u8> {
        self.things.lock().unwrap()[&(shelf, name.clone())].to_vec()
    }

    pub fn write(&self, shelf: Shelf, name: &Name, bytes: Vec<u8>) {
        self.things
            .lock()
            .unwrap()
            .insert((shelf, name.clone()), Arc::new(bytes));
    }

    pub fn remove(&self, shelf: Shelf, name: &Name) {
        self.things.lock().unwrap().remove(&(shelf, name.clone()));
    }

    pub fn bytes(&self, shelf: Shelf) -> u64 {
        self.things
            .lock()
            .unwrap()
            .iter()
            .filter(|((s, _), _)| *s == shelf)
            .map(|(_, b)| b.len() as u64)
            .sum()
    }
}

impl Target for Memory {
    fn place(&self) -> String {
        "memory".into()
    }

    fn exists<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<Stat>> {
        let things = self.things.lock().unwrap();
        let stat = |name: &Name| {
            let bytes = things.get(&(shelf, name.clone()))?;
            Some(Stat {
                name: name.clone(),
                len: bytes.len() as u64,
            })
        };
        let found = names.iter().filter_map(stat).collect();
        Box::pin(async { Ok(found) })
    }

    fn put<'a>(&'a self, shelf: Shelf, name: &'a Name, bytes: Arc<Vec<u8>>) -> Answer<'a, Put> {
        Box::pin(async move {
            let mut things = self.things.lock().unwrap();
            let key = (shelf, name.clone());
            if things.contains_key(&key) {
                return Ok(Put::AlreadyThere);
            }
            things.insert(key, bytes);
            Ok(Put::Stored)
        })
    }

    fn get<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, Option<Vec<u8>>> {
        let found = self
            .things
            .lock()
            .unwrap()
            .get(&(shelf, name.clone()))
            .map(|bytes| bytes.to_vec());
        Box::pin(async { Ok(found) })
    }

    fn get_many<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<(Name, Vec<u8>)>> {
        let things = self.things.lock().unwrap();
        let found = names.iter().filter_map(|name| {
            let bytes = things.get(&(shelf, name.clone()))?;
            Some((name.clone(), bytes.to_vec()))
        });
        let found = found.collect();
        Box::pin(async { Ok(found) })
    }

    fn list(&self, shelf: Shelf) -> Answer<'_, Vec<Stat>> {
        let things = self.things.lock().unwrap();
        let on_shelf = things.iter().filter(|((s, _), _)| *s == shelf);
        let found = on_shelf
            .map(|((_, name), b)| Stat {
                name: name.clone(),
                len: b.len() as u64,
            })
            .collect();
        Box::pin(async { Ok(found) })
    }

    fn delete<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, ()> {
        self.remove(shelf, name);
        Box::pin(async { Ok(()) })
    }
}
