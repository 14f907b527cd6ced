//! A ward with snapshots, the operator of the place where they are, and what the command says of it.

use std::sync::Arc;

use chartseal::backup::manifest::ManifestName;
use chartseal::backup::restore::Damage;
use chartseal::backup::target::{Name, Shelf, Target};
use chartseal::backup::{Location, PrintedHead};
use chartseal::desk::charts;
use chartseal::desk::view::unwatched;
use chartseal::jobs::backup::{self, HostFolder, Order};
use tokio::runtime::Runtime;

use crate::program::Program;
use crate::support::patient;
use crate::ward::{Place, Ward};

/// Whether objects are read.
pub(super) const PRESENCE: &[&str] = &[];
pub(super) const ALL: &[&str] = &["--read-data"];

/// A ward with three snapshots, and the operator of the place where they are.
pub(super) struct Scene {
    pub(super) ward: Ward,
    pub(super) address: String,
    pub(super) operator: Arc<dyn Target>,
    pub(super) runtime: Runtime,
    pub(super) heads: Vec<PrintedHead>,
}

/// What a verification said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) code: i32,
    pub(super) missing: Vec<String>,
    pub(super) corrupt: Vec<String>,
    pub(super) rolled_back: bool,
    pub(super) unlisted: Vec<String>,
}

impl Said {
    pub(super) fn nothing_wrong() -> Self {
        Self {
            code: 0,
            missing: vec![],
            corrupt: vec![],
            rolled_back: false,
            unlisted: vec![],
        }
    }

    pub(super) fn unlisted(names: &[String]) -> Self {
        Self {
            unlisted: names.to_vec(),
            ..Self::nothing_wrong()
        }
    }

    pub(super) fn missing(names: &[String]) -> Self {
        Self {
            code: 1,
            missing: names.to_vec(),
            ..Self::nothing_wrong()
        }
    }

    pub(super) fn corrupt(names: &[String]) -> Self {
        let mut corrupt = names.to_vec();
        corrupt.sort();
        Self {
            code: 1,
            corrupt,
            ..Self::nothing_wrong()
        }
    }

    pub(super) fn and_rolled_back(self) -> Self {
        Self {
            rolled_back: true,
            ..self
        }
    }
}

/// One thing in the repository.
pub(super) type Thing = (Shelf, Name);

pub(super) fn label((shelf, name): &Thing) -> String {
    format!("{shelf}/{name}")
}

impl Scene {
    pub(super) fn at(address: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let ward = Ward::new();
        let registrar = ward.here().login("reyes");
        let target = backup::Target::parse(address).unwrap();
        let mut heads = Vec::new();
        for given in ["Gustavo", "Ana", "Jill"] {
            charts::admit(&registrar, "Ward A", &patient(given, "Mejía")).unwrap();
            let run = ward.back_up_to(&ward.here(), &target);
            heads.push(run.head.parse().unwrap());
        }
        let location = Location::parse(address).unwrap();
        let operator = runtime.block_on(location.open(None)).unwrap();
        Self {
            ward,
            address: address.to_owned(),
            operator,
            runtime,
            heads,
        }
    }

    pub(super) fn verify(&self, more: &[&str]) -> Said {
        self.verify_at(&self.ward.here(), more)
    }

    /// A vault that somebody restores from what is served.
    pub(super) fn restored(&self) -> Place {
        let place = self.ward.elsewhere("restored");
        let order = Order {
            into: &place.vault,
            host: &HostFolder::Rather(place.host.clone()),
            snapshot: None,
            shares: &self.ward.shares,
            head: None,
            damage: Damage::Refuse,
        };
        let target = backup::Target::parse(&self.address).unwrap();
        backup::restore(&target, &order, &unwatched).unwrap();
        place
    }

    pub(super) fn verify_at(&self, place: &Place, more: &[&str]) -> Said {
        let said = Program::at(place).json(&[&["backup", "verify", "--to", &self.address], more]);
        let verified = said.result();
        let names = |field: &str| {
            let lines = verified[field].as_array().unwrap().iter();
            let mut names: Vec<String> = lines
                .map(|line| {
                    line.as_str()
                        .unwrap()
                        .split(": ")
                        .next()
                        .unwrap()
                        .to_owned()
                })
                .collect();
            names.sort();
            names
        };
        let said = Said {
            code: said.code,
            missing: names("missing"),
            corrupt: names("corrupt"),
            rolled_back: verified["rolled_back"].as_bool().unwrap(),
            unlisted: names("unlisted"),
        };
        assert_eq!(verified["ok"], said.code == 0);
        said
    }

    pub(super) fn things(&self, shelf: Shelf) -> Vec<Thing> {
        let stats = self.runtime.block_on(self.operator.list(shelf)).unwrap();
        let mut things: Vec<Thing> = stats.into_iter().map(|stat| (shelf, stat.name)).collect();
        things.sort();
        things
    }

    /// The manifests, oldest first.
    pub(super) fn manifests(&self) -> Vec<Thing> {
        let mut manifests = self.things(Shelf::Manifests);
        manifests.sort_by_key(|(_, name)| ManifestName::parse(name).unwrap().number);
        manifests
    }

    pub(super) fn read(&self, (shelf, name): &Thing) -> Vec<u8> {
        let read = self.operator.get(*shelf, name);
        self.runtime.block_on(read).unwrap().unwrap()
    }

    pub(super) fn drop(&self, (shelf, name): &Thing) {
        self.runtime
            .block_on(self.operator.delete(*shelf, name))
            .unwrap();
    }

    pub(super) fn put(&self, thing: &Thing, bytes: Vec<u8>) {
        self.drop(thing);
        let (shelf, name) = thing;
        self.runtime
            .block_on(self.operator.put(*shelf, name, Arc::new(bytes)))
            .unwrap();
    }

    /// Has `things` changed, looks at what is said, and puts them back.
    pub(super) fn with(
        &self,
        things: &[Thing],
        change: impl FnOnce(&Self),
        look: impl FnOnce(&Self),
    ) {
        let before: Vec<Vec<u8>> = things.iter().map(|thing| self.read(thing)).collect();
        change(self);
        look(self);
        for (thing, bytes) in things.iter().zip(before) {
            self.put(thing, bytes);
        }
    }
}
