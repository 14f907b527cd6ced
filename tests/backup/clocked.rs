//! A target with a clock that the test sets.

use std::sync::Arc;

use chartseal::backup::target::{Answer, Name, Put, Shelf, Stat, Target};

/// The target, and what its clock says, in milliseconds since 1970.
#[derive(Debug)]
pub struct Clocked(pub Arc<dyn Target>, pub i64);

impl Target for Clocked {
    fn place(&self) -> String {
        self.0.place()
    }

    fn clock(&self) -> Answer<'_, Option<i64>> {
        Box::pin(async { Ok(Some(self.1)) })
    }

    fn exists<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<Stat>> {
        self.0.exists(shelf, names)
    }

    fn put<'a>(&'a self, shelf: Shelf, name: &'a Name, bytes: Arc<Vec<u8>>) -> Answer<'a, Put> {
        self.0.put(shelf, name, bytes)
    }

    fn get<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, Option<Vec<u8>>> {
        self.0.get(shelf, name)
    }

    fn get_many<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<(Name, Vec<u8>)>> {
        self.0.get_many(shelf, names)
    }

    fn list(&self, shelf: Shelf) -> Answer<'_, Vec<Stat>> {
        self.0.list(shelf)
    }

    fn delete<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, ()> {
        self.0.delete(shelf, name)
    }
}
