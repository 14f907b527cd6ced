//! Which version of a thread counts, settled version by version in the order of the ledger.
//!
//! **What its author may not write takes nothing out of a chart**: neither an entry beyond their role, nor one within it that follows
//! what they may not write, withdrawals included.

use crate::clinical::{Body, Kind, Role, Source};

use super::rights;
use super::sheet::Content;

/// How far a thread is settled. It keeps no body: threads of any number are settled in little memory.
#[derive(Debug, Default)]
pub struct Succession {
    /// The version that counts so far, if one does.
    counting: Option<Counting>,
    /// The last that counted and came from elsewhere: its kind and its source, without the bytes.
    imported: Option<(Kind, Source)>,
}

/// What of a version decides who may take its place.
#[derive(Debug, Clone, Copy)]
struct Counting {
    /// Whether it is written in a chart, which neither an act is nor what this version does not know.
    written: bool,
    /// Whether it is an order or what happened to one.
    order: bool,
    /// The roles that may write it, a bit each by their numbers.
    writers: u8,
}

impl Succession {
    /// Takes in the next version, by somebody in `role`, `within` whose rights it is by itself or not. Answers whether it counts from
    /// now on.
    pub fn settle(&mut self, content: &Content, role: Option<Role>, within: bool) -> bool {
        let follows = match self.counting {
            None => true,
            Some(counting) => {
                counting.yields_to(content, role) || self.is_updated_by(content, role)
            }
        };
        let counts = within && follows;
        if counts {
            self.counting = Some(Counting::of(content));
            if let Content::Clinical(body) = content
                && let Some(source) = body.source()
                && !matches!(body, Body::Retraction(_))
            {
                let source = Source {
                    system: source.system.clone(),
                    resource_type: source.resource_type.clone(),
                    id: source.id.clone(),
                    original: Vec::new(),
                };
                self.imported = Some((body.kind(), source));
            }
        }
        counts
    }

    /// Whether an import brings a newer version of what an earlier one brought: the same resource, of the same kind, by somebody who may
    /// import. Such a version may follow what was written over the old one here.
    fn is_updated_by(&self, content: &Content, role: Option<Role>) -> bool {
        let (Some((kind, old)), Content::Clinical(body)) = (&self.imported, content) else {
            return false;
        };
        let same = body.source().is_some_and(|new| old.is_of(new));
        same && *kind == body.kind() && role.is_some_and(rights::may_import)
    }
}

impl Counting {
    fn of(content: &Content) -> Self {
        let Content::Clinical(body) = content else {
            return Self {
                written: false,
                order: false,
                writers: 0,
            };
        };
        let writers = Role::ALL.iter().copied();
        let writers = writers.filter(|role| rights::may_write(*role, body));
        Self {
            written: true,
            order: matches!(body, Body::Prescription(_)) || happened(Some(body)),
            writers: writers.fold(0, |bits, role| bits | bit(role)),
        }
    }

    /// Whether what somebody in a role wrote may take its place.
    fn yields_to(self, content: &Content, role: Option<Role>) -> bool {
        if !self.written {
            return true;
        }
        match content {
            Content::Clinical(body) if happened(Some(body)) => self.order,
            Content::Clinical(_) => role.is_some_and(|role| self.writers & bit(role) != 0),
            // Neither an act nor what this version does not know takes the place of what is written in a chart.
            Content::Act(_) | Content::Unknown(_) => false,
        }
    }
}

/// Whether this is something that happened to an order, rather than what the order says.
pub fn happened(body: Option<&Body>) -> bool {
    matches!(body, Some(Body::Dispense(_) | Body::RxEvent(_)))
}

/// Which of the versions that stand, oldest first, a new one takes the place of: the one of the same resource, or else what the thread
/// is about. Acts have no body.
pub fn taken<'a>(
    standing: impl Iterator<Item = Option<&'a Body>>,
    new: Option<&Body>,
) -> Option<usize> {
    let standing: Vec<Option<&Body>> = standing.collect();
    let source = new.and_then(Body::source);
    let same = |old: Option<&Body>| {
        let old = old.and_then(Body::source);
        old.zip(source).is_some_and(|(old, new)| old.is_of(new))
    };
    let same = standing.iter().rposition(|old| same(*old));
    if same.is_some() || happened(new) {
        return same;
    }
    let said = standing.iter().rposition(|old| !happened(*old));
    said.or(standing.len().checked_sub(1))
}

fn bit(role: Role) -> u8 {
    1 << role as u8
}
