//! Where a repository lies: a small trait that a folder, MongoDB and the faulty target of the tests share.
//!
//! A target keeps byte strings under names on four shelves. It is never trusted: what comes back is judged by
//! hash, signature and seal. **A put inserts and never overwrites**; a second put of a name answers
//! [`Put::AlreadyThere`] and leaves what is there.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

/// What every call of a target returns, some time later.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, TargetError>>;

/// The four kinds of thing that a repository keeps, a collection or a folder each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    /// Sealed packs; names are the hex digits of the object's address.
    Objects,
    /// Signed manifests; names are host/timeline/number.
    Manifests,
    /// Public and sealed keys, signed.
    Keys,
    /// What prune will delete; names are those of objects.
    Tombstones,
}

impl Shelf {
    /// All shelves.
    pub const ALL: [Self; 4] = [Self::Objects, Self::Manifests, Self::Keys, Self::Tombstones];

    /// The name of the collection or folder.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Manifests => "manifests",
            Self::Keys => "keys",
            Self::Tombstones => "tombstones",
        }
    }
}

impl fmt::Display for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of one thing on a shelf: lower-case letters and digits in segments parted by `/`, at most 200 bytes.
/// Whatever a target lists is parsed into this, so that a name can never leave its folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Accepts `text` as a name, or `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let segment =
            |s: &str| !s.is_empty() && s.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9'));
        (text.len() <= 200 && text.split('/').all(segment)).then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// That something is there, and how long it claims to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stat {
    /// Its name.
    pub name: Name,
    /// Its length in bytes, as the target says.
    pub len: u64,
}

/// What a put came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is stored and will survive a power cut of the target.
    Stored,
    /// The name was taken; what is there was left alone.
    AlreadyThere,
}

/// A place for a repository.
pub trait Target: Send + Sync + fmt::Debug {
    /// Where this is, for people. **Never holds a credential.**
    fn place(&self) -> String;

    /// Which of `names` are there, in any order. Only [`Target::get`] tells what they hold.
    fn exists<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<Stat>>;

    /// Inserts `bytes` under `name`, durably, or says that the name is taken.
    fn put<'a>(&'a self, shelf: Shelf, name: &'a Name, bytes: Arc<Vec<u8>>) -> Answer<'a, Put>;

    /// The bytes under `name`, or `None` if there are none.
    fn get<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, Option<Vec<u8>>>;

    /// The bytes under those of `names` that are there, in any order. For what is small: an answer may leave out what
    /// would make it long.
    fn get_many<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<(Name, Vec<u8>)>>;

    /// Everything on a shelf, in any order.
    fn list(&self, shelf: Shelf) -> Answer<'_, Vec<Stat>>;

    /// Makes what a new repository needs beside its shelves. Called when a repository is made, and harmless at any time.
    fn prepare(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// The target's own clock, in milliseconds since 1970, if it has one that is not this machine's.
    fn clock(&self) -> Answer<'_, Option<i64>> {
        Box::pin(async { Ok(None) })
    }

    /// Removes `name`, which may be missing. Only prune and its own credential may do this.
    fn delete<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, ()>;
}

/// What can go wrong with a target, without any credential in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The network or the server does not answer; another try may help.
    #[error(
        "{place} cannot be reached ({cause}); check the link, then run again: nothing sent is lost"
    )]
    Unreachable {
        /// Where.
        place: String,
        /// What the system or the driver said.
        cause: String,
    },
    /// A call took longer than its limit; it may or may not have been carried out.
    #[error(
        "{place} did not answer within {seconds} s; check the link, then run again: nothing sent is lost"
    )]
    TimedOut {
        /// Where.
        place: String,
        /// The limit.
        seconds: u64,
    },
    /// The target refuses the credential or the operation.
    #[error("{place} refuses the operation ({cause}); check the credential and what it may do")]
    Denied {
        /// Where.
        place: String,
        /// What the system or the driver said.
        cause: String,
    },
    /// There is no room left.
    #[error("{place} is full; make room, then run again: nothing sent is lost")]
    Full {
        /// Where.
        place: String,
    },
    /// Something is larger than the target takes.
    #[error("{name} has {len} bytes, and {place} takes at most {limit}")]
    TooLarge {
        /// Where.
        place: String,
        /// Which.
        name: Name,
        /// Its length.
        len: u64,
        /// The largest length.
        limit: u64,
    },
    /// The target did something that is not understood.
    #[error("{place} failed: {cause}")]
    Failed {
        /// Where.
        place: String,
        /// What the system or the driver said.
        cause: String,
    },
    /// The address of the target cannot be used.
    #[error("the backup target {uri} cannot be used: {cause}")]
    Address {
        /// The address, without its credential.
        uri: String,
        /// Why.
        cause: String,
    },
}

impl TargetError {
    /// Whether another try may help.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TimedOut { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder() {
        for hostile in [
            "", "/", "a/", "/a", "a//b", "..", "../a", "a/../b", "A", "a.b", "a\\b", "a\0", "ä",
            ".tmp",
        ] {
            assert!(Name::parse(hostile).is_none(), "{hostile:?} was taken");
        }
        assert!(Name::parse(&"a".repeat(201)).is_none());
        assert_eq!(
            Name::parse("0a/b/12").map(|n| n.to_string()).as_deref(),
            Some("0a/b/12")
        );
    }
}
