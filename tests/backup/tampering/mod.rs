//! Whatever the operator of the target does to it is found, and what it was done to is named.

mod forks;
mod manifests;
mod objects;
mod runs;

use std::sync::Arc;

use chartseal::backup::chain::Finding;
use chartseal::backup::manifest::ManifestName;
use chartseal::backup::target::{Name, Shelf};

use crate::book::Book;
use crate::memory::Memory;
use crate::site::Site;

/// A site with two snapshots.
async fn two_snapshots() -> (Site, Arc<Memory>) {
    let site = Site::new(Book::written(1, 60));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    site.book.write(2, 20);
    site.back_up(target.clone()).await.unwrap();
    (site, target)
}

fn names(findings: &[Finding]) -> Vec<&str> {
    findings
        .iter()
        .map(|finding| finding.name.as_str())
        .collect()
}

fn objects(target: &Memory) -> Vec<(Name, String)> {
    target
        .names(Shelf::Objects)
        .into_iter()
        .map(|name| (name.clone(), format!("objects/{name}")))
        .collect()
}

fn manifests(target: &Memory) -> Vec<Name> {
    let mut names = target.names(Shelf::Manifests);
    names.sort_by_key(|name| ManifestName::parse(name).unwrap().number);
    names
}
