//! A chart as the session's keys open it: entries verified, opened, decoded, judged, in threads.

use std::collections::{BTreeMap, HashMap};

use crate::clinical::{self, Role};
use crate::ledger::{Body, CertId, ChartId, Core, Entry, EntryId, Section, ThreadId};
use crate::vault::{Gathered, Opened, Reader, VaultError};

use super::act::Act;
use super::error::DeskError;
use super::rights;
use super::succession::{self, Succession};

/// What an entry holds.
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "entries are looked at one by one"
)]
pub enum Content {
    /// Something clinical.
    Clinical(clinical::Body),
    /// Something that somebody did.
    Act(Act),
    /// Of a kind that this version does not know.
    Unknown(u16),
}

/// One entry, read.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Its number.
    pub seq: u64,
    /// Its header.
    pub core: Core,
    /// SHA-256 of what was signed: names this very version.
    pub digest: [u8; 32],
    /// What it holds.
    pub content: Content,
    /// Who wrote it, by name.
    pub author: String,
    /// Their login.
    pub login: String,
    /// Their role at that place.
    pub role: Option<Role>,
    /// Whether that role may write it.
    pub authorised: bool,
    /// Which version of its thread, from 1.
    pub version: u32,
    /// Whether it is the version of its thread that counts: the last that its author might write over the one before.
    pub newest: bool,
    /// Whether no later version took its place. **What happens to an order takes no place**: an order stands beside what was handed
    /// over on it, and each of these beside the others.
    pub stands: bool,
    /// The number of the version that it took the place of, if it might.
    pub replaces: Option<u64>,
}

impl Leaf {
    /// The clinical body.
    pub fn body(&self) -> Option<&clinical::Body> {
        match &self.content {
            Content::Clinical(body) => Some(body),
            _ => None,
        }
    }

    /// The act.
    pub fn act(&self) -> Option<&Act> {
        match &self.content {
            Content::Act(act) => Some(act),
            _ => None,
        }
    }

    /// The entry's id.
    pub fn id(&self) -> EntryId {
        self.core.id
    }

    /// Its thread.
    pub fn thread(&self) -> ThreadId {
        self.core.thread
    }
}

/// One section, read.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Every entry that opened, oldest first.
    pub leaves: Vec<Leaf>,
    /// What did not open or verify: the entry's number and why.
    pub damaged: Vec<(u64, String)>,
    /// Entries under keys that this session does not hold.
    pub unreadable: u64,
}

impl Sheet {
    /// Reads a section. A missing key is an error only when it opens nothing at all.
    pub fn read(
        reader: &mut Reader<'_>,
        chart: ChartId,
        section: Section,
    ) -> Result<Self, DeskError> {
        let opened = reader.section(chart, section)?;
        Ok(Self::of(reader, opened))
    }

    /// Reads a thread.
    pub fn thread(reader: &mut Reader<'_>, thread: ThreadId) -> Result<Self, DeskError> {
        let opened = reader.thread(thread)?;
        Ok(Self::of(reader, opened))
    }

    /// Reads entries that are shown together, as a search does, each beside the other versions of its thread: so they are judged as
    /// their chart judges them. What the caller did not ask for is among the leaves, too; what `may` says no to is not opened. Their
    /// signatures are judged while this goes on, and `work` is done again if one does not hold; see [`Reader::together`].
    pub fn together<T>(
        reader: &mut Reader<'_>,
        seqs: impl IntoIterator<Item = u64>,
        may: impl Fn(&Reader<'_>, &Core) -> bool,
        mut work: impl FnMut(&mut Reader<'_>, Self) -> T,
    ) -> Result<T, DeskError> {
        let read = |reader: &mut Reader<'_>, gathered: &mut Gathered| {
            for seq in seqs {
                let Some((entry, alone)) = reader.tx().entry_of_thread(seq)? else {
                    continue;
                };
                if !may(reader, &entry.core) {
                    continue;
                }
                if alone {
                    gathered.add(reader, entry);
                    continue;
                }
                for version in versions(reader, &entry.core)? {
                    gathered.add(reader, version);
                }
            }
            Ok(())
        };
        reader.together(read, |reader, opened| {
            let sheet = Self::of(reader, opened);
            work(reader, sheet)
        })
    }

    /// Reads a thread as it stood when an entry of it had just been written.
    pub fn as_of(reader: &mut Reader<'_>, entry: &Entry) -> Result<Self, DeskError> {
        let seq = entry.seq();
        let versions = versions(reader, &entry.core)?.into_iter();
        let opened = versions.filter(|version| version.seq() <= seq);
        let opened = opened.map(|version| {
            let seq = version.seq();
            reader.open(version).map_err(|error| (seq, error))
        });
        let opened = opened.collect();
        Ok(Self::of(reader, opened))
    }

    fn of(reader: &Reader<'_>, opened: Vec<Result<Opened, (u64, VaultError)>>) -> Self {
        let mut sheet = Self::default();
        let mut versions = BTreeMap::<ThreadId, u32>::new();
        for opened in opened {
            match opened {
                Ok(opened) => match leaf(reader, opened) {
                    Ok(mut leaf) => {
                        let version = versions.entry(leaf.core.thread).or_default();
                        *version += 1;
                        leaf.version = *version;
                        sheet.leaves.push(leaf);
                    }
                    Err((seq, why)) => sheet.damaged.push((seq, why)),
                },
                Err((_, VaultError::NoKey { .. })) => sheet.unreadable += 1,
                Err((seq, error)) => sheet.damaged.push((seq, error.to_string())),
            }
        }
        sheet.settle();
        sheet
    }

    /// Settles which version of each thread counts, and which stand.
    fn settle(&mut self) {
        let mut threads = HashMap::<ThreadId, Thread>::new();
        for at in 0..self.leaves.len() {
            let leaf = &self.leaves[at];
            let thread = threads.entry(leaf.core.thread).or_default();
            let succession = &mut thread.succession;
            let authorised = succession.settle(&leaf.content, leaf.role, leaf.authorised);
            let standing = thread.standing.iter().map(|at| self.leaves[*at].body());
            let taken = succession::taken(standing, leaf.body());
            self.leaves[at].authorised = authorised;
            self.leaves[at].newest = authorised;
            self.leaves[at].stands = authorised;
            if !authorised {
                continue;
            }
            if let Some(before) = thread.counts.replace(at) {
                self.leaves[before].newest = false;
            }
            if let Some(taken) = taken {
                let before = thread.standing.remove(taken);
                self.leaves[at].replaces = Some(self.leaves[before].seq);
                self.leaves[before].stands = false;
            }
            thread.standing.push(at);
        }
    }

    /// What holds now: the last version of each thread, unless it was retracted or was not its author's to write.
    pub fn current(&self) -> impl DoubleEndedIterator<Item = (&Leaf, &clinical::Body)> {
        self.leaves
            .iter()
            .filter(|leaf| leaf.newest && leaf.authorised)
            .filter_map(|leaf| leaf.body().map(|body| (leaf, body)))
            .filter(|(_, body)| !matches!(body, clinical::Body::Retraction(_)))
    }

    /// How many versions a thread has.
    pub fn versions(&self, thread: ThreadId) -> u32 {
        self.leaves
            .iter()
            .filter(|leaf| leaf.core.thread == thread)
            .count() as u32
    }

    /// The identity that holds now.
    pub fn identity(&self) -> Option<&clinical::Identity> {
        self.current().rev().find_map(|(_, body)| match body {
            clinical::Body::Identity(identity) => Some(identity),
            _ => None,
        })
    }
}

/// A thread while it is settled.
#[derive(Default)]
struct Thread {
    succession: Succession,
    /// The leaf that counts.
    counts: Option<usize>,
    /// The leaves whose place none has taken.
    standing: Vec<usize>,
}

/// Every version of an entry's thread that stands where it stands, oldest first. What names the thread in another chart or section
/// is none.
fn versions(reader: &Reader<'_>, core: &Core) -> Result<Vec<Entry>, DeskError> {
    let mut versions = reader.tx().thread(&core.thread)?;
    versions.retain(|other| (other.core.chart, other.core.section) == (core.chart, core.section));
    Ok(versions)
}

/// Decodes an opened entry and judges its author.
pub fn leaf(reader: &Reader<'_>, opened: Opened) -> Result<Leaf, (u64, String)> {
    let Opened { entry, body, .. } = opened;
    let seq = entry.seq();
    let (author, login, role) = who(reader, &entry.core.author, seq);
    let (content, authorised) =
        content(&body, entry.core.section, role).map_err(|why| (seq, why))?;
    let digest = entry.row.digest.0;
    Ok(Leaf {
        seq,
        core: entry.core,
        digest,
        content,
        author,
        login,
        role,
        authorised,
        version: 1,
        newest: true,
        stands: true,
        replaces: None,
    })
}

/// Decodes a body, and judges whether somebody in a role may write it in a section.
pub fn content(
    body: &Body,
    section: Section,
    role: Option<Role>,
) -> Result<(Content, bool), String> {
    if clinical::Kind::from_number(body.kind).is_some() {
        let body = clinical::Body::decode(body.kind, body.version, &body.bytes)
            .map_err(|error| error.to_string())?;
        let in_place =
            rights::section_of(&body) == section || matches!(body, clinical::Body::Retraction(_));
        let authorised = in_place && role.is_some_and(|role| rights::may_write(role, &body));
        return Ok((Content::Clinical(body), authorised));
    }
    match Act::decode(body).map_err(|error| error.to_string())? {
        Some(act) => {
            let authorised = role.is_some_and(|role| rights::may_act(role, &act));
            Ok((Content::Act(act), authorised))
        }
        None => Ok((Content::Unknown(body.kind), role.is_some())),
    }
}

/// Name, login and role of an author at a place.
pub fn who(reader: &Reader<'_>, author: &CertId, seq: u64) -> (String, String, Option<Role>) {
    let directory = reader.directory();
    match directory.person(author) {
        Some(person) => (
            person.certificate.name.clone(),
            person.certificate.login.clone(),
            directory.role_at(author, seq),
        ),
        None => ("unknown".into(), "?".into(), None),
    }
}
