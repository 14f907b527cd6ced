//! Reads the files of an import, one resource at a time.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use super::files::{Files, SourceFile};
use super::item::{Issuer, Item, Mapped};
use super::known::{Known, Lookup};
use super::limits::Limits;
use super::position::Position;
use super::raw::{Head, Piece, Raw, unpack};
use super::reference::{is_uuid, server_of};
use super::scoped::Place;
use super::skipped::{SkipReason, Skipped};
use super::system::{System, UNNAMED};
use super::walk::{Layout, Walk, sniff};
use crate::clinical::Source;
use crate::crypto::hash::sha256;
use crate::interop::fhir::map;

/// What the reader comes upon.
#[derive(Debug)]
pub enum Found {
    /// A resource.
    Item(Box<Item>),
    /// Something left out, with its reason; the rest goes on.
    Skipped(Skipped),
}

/// Reads the files of an import, holding one resource at a time.
///
/// A Bundle is walked twice: its patients come first, so that what comes before them in the file can be theirs. Bundles inside
/// Bundles and resources inside Parameters are handed out one by one; the wrapping itself is not kept.
#[derive(Debug)]
pub struct Reader {
    files: Files,
    limits: Limits,
    system: Option<System>,
    next_file: usize,
    finished_bytes: u64,
    current: Option<Current>,
    known: Known,
}

/// The file that is being read.
#[derive(Debug)]
struct Current {
    file: Arc<Path>,
    set: Arc<Path>,
    bytes: u64,
    walk: Walk<BufReader<File>>,
    pass: Pass,
    seen: HashMap<[u8; 16], [u8; 16]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// The first of two: patients are handed out, what others point to is remembered.
    Patients,
    /// The second of two: everything but patients.
    Rest,
    /// The only one.
    Only,
}

impl Reader {
    /// A reader of `files`.
    pub fn new(files: Files, limits: Limits) -> Self {
        Self {
            files,
            limits,
            system: None,
            next_file: 0,
            finished_bytes: 0,
            current: None,
            known: Known::new(),
        }
    }

    /// Names the system that ids belong to where they are no UUIDs and the file does not say: a hospital's URL, for example. All the
    /// files are then of that one source.
    #[must_use]
    pub fn from_system(mut self, system: System) -> Self {
        self.system = Some(system);
        self.files = self.files.of_one_source();
        self
    }

    /// Bytes read so far, of [`Files::bytes`]; each walk over a Bundle counts half.
    pub fn bytes_read(&self) -> u64 {
        self.finished_bytes
            + self.current.as_ref().map_or(0, |current| {
                let at = current.walk.position().byte;
                match current.pass {
                    Pass::Patients => at / 2,
                    Pass::Rest => u64::midpoint(current.bytes, at),
                    Pass::Only => at,
                }
            })
    }

    /// Bytes of the files that are held in memory now, besides what was handed out.
    #[cfg(test)]
    pub(in crate::interop::fhir) fn held_bytes(&self) -> usize {
        self.current
            .as_ref()
            .map_or(0, |current| current.walk.held_bytes())
    }

    /// Files read to their end.
    pub fn files_read(&self) -> usize {
        self.next_file - usize::from(self.current.is_some())
    }

    fn open(&mut self, file: &SourceFile) -> Result<(), SkipReason> {
        let layout = if file.lines {
            Layout::Lines
        } else {
            sniff(reader(&file.path)?)?
        };
        let pass = if layout == Layout::Bundle {
            Pass::Patients
        } else {
            Pass::Only
        };
        let walk = Walk::new(reader(&file.path)?, layout, self.limits)?;
        let seen = HashMap::new();
        self.current = Some(Current {
            file: Arc::clone(&file.path),
            set: Arc::clone(&file.set),
            bytes: file.bytes,
            walk,
            pass,
            seen,
        });
        Ok(())
    }

    /// What becomes of the end of a walk: the second one, or the next file.
    fn ended(&mut self) -> Option<Skipped> {
        let mut current = self.current.take()?;
        if current.pass == Pass::Patients {
            match reader(&current.file)
                .and_then(|input| Ok(Walk::new(input, Layout::Bundle, self.limits)?))
            {
                Ok(walk) => {
                    current.walk = walk;
                    current.pass = Pass::Rest;
                    self.current = Some(current);
                    return None;
                }
                Err(reason) => {
                    self.finished_bytes += current.bytes;
                    let resource = "file".to_owned();
                    return Some(Skipped {
                        file: current.file,
                        position: Position::START,
                        resource,
                        reason,
                    });
                }
            }
        }
        self.finished_bytes += current.bytes;
        None
    }

    fn take(&mut self, raw: Raw) -> Option<Found> {
        let current = self.current.as_mut()?;
        let position = raw.position;
        let file = Arc::clone(&current.file);
        let skipped = |resource, reason| {
            Some(Found::Skipped(Skipped {
                file,
                position,
                resource,
                reason,
            }))
        };
        let head = match raw.head() {
            Ok(head) => head,
            // Reported once, by the walk that hands out the rest.
            Err(_) if current.pass == Pass::Patients => return None,
            Err(reason) => return skipped("resource".to_owned(), reason),
        };
        let resource_type = head.resource_type.clone().unwrap_or_default();
        let raw = unpack(raw, &resource_type, current.walk.queue())?;
        let is_patient = resource_type == "Patient";
        let at = Place {
            file: &current.file,
            set: &current.set,
            server: raw.full_url.as_deref().and_then(server_of),
        };
        match current.pass {
            Pass::Patients if !is_patient => {
                self.known
                    .learn(at, raw.full_url.as_deref(), &resource_type, &raw.bytes);
                return None;
            }
            Pass::Rest if is_patient => return None,
            Pass::Only => self
                .known
                .learn(at, raw.full_url.as_deref(), &resource_type, &raw.bytes),
            Pass::Patients | Pass::Rest => {}
        }
        let name = match &head.id {
            Some(id) => format!("{resource_type}/{id}"),
            None => resource_type.clone(),
        };
        if current.stands_twice(&head, &raw.bytes, self.limits) {
            return skipped(name, SkipReason::IdTwice);
        }
        match self.item(raw, &resource_type, &head) {
            Ok(item) => Some(Found::Item(Box::new(item))),
            Err(reason) => skipped(name, reason),
        }
    }

    fn item(&self, raw: Raw, resource_type: &str, head: &Head) -> Result<Item, SkipReason> {
        // The current file is there while one of its resources is.
        let (file, set) = self.current.as_ref().map_or_else(
            || (Arc::from(Path::new("")), Arc::from(Path::new(""))),
            |current| (Arc::clone(&current.file), Arc::clone(&current.set)),
        );
        let server = raw.full_url.as_deref().and_then(server_of);
        let at = Place {
            file: &file,
            set: &set,
            server,
        };
        let lookup = Lookup::new(&raw.bytes, &self.known, at);
        let read = map::resource(resource_type, &raw, &lookup)?;
        drop(lookup);
        let server = server.map(Arc::from);
        let (system, id, issuer) = self.whose(&raw, resource_type, head);
        let source = Source {
            system,
            resource_type: resource_type.to_owned(),
            id: id.clone(),
            original: raw.bytes,
        };
        Ok(Item {
            file,
            set,
            server,
            position: raw.position,
            full_url: raw.full_url,
            mark: raw.mark,
            resource_type: resource_type.to_owned(),
            id,
            issuer,
            subject: read.subject,
            standing: read.standing,
            mapped: with_source(read.mapped, source),
        })
    }

    /// The system and the id of a resource. A UUID is unique wherever it stands, so its system is the same in a Bundle and in a line
    /// of NDJSON; another id belongs to the server in its entry's URL, else to what `meta.source` says, else to the import's system.
    /// A resource without id is called by its bytes.
    fn whose(&self, raw: &Raw, resource_type: &str, head: &Head) -> (String, String, Issuer) {
        let url = raw.full_url.as_deref().unwrap_or_default();
        let from_url = url.strip_prefix("urn:uuid:").map(str::to_owned);
        let stated = head.meta.source.as_deref();
        let stated = stated
            .and_then(|source| source.split('#').next())
            .filter(|source| !source.is_empty());
        let id = head.id.clone().filter(|id| !id.is_empty()).or(from_url);
        let by_bytes = || format!("sha256-{}", &sha256(&[&raw.bytes]).to_string()[..32]);
        let server = id.as_ref().and_then(|id| {
            let url = url.split("/_history/").next()?;
            url.strip_suffix(&format!("/{resource_type}/{id}"))
                .filter(|base| base.starts_with("http"))
        });
        let has_id = id.is_some();
        let id = id.unwrap_or_else(by_bytes);
        if is_uuid(&id) {
            return ("urn:uuid".to_owned(), id, Issuer::Stated);
        }
        // The URL of the machine that a server ran on, or a bare word, names nobody.
        let named = server
            .filter(|_| server_of(url).is_some())
            .or_else(|| stated.filter(|stated| has_id && stated.contains(':')));
        let (system, issuer) = match (named, &self.system) {
            (Some(system), _) => (system, Issuer::Stated),
            (None, Some(told)) => (told.as_str(), Issuer::Told),
            (None, None) => {
                let stated = stated.filter(|_| has_id);
                (server.or(stated).unwrap_or(UNNAMED), Issuer::Unknown)
            }
        };
        (system.to_owned(), id, issuer)
    }
}

impl Current {
    /// Whether the same type, id and version stood earlier in this file with other content.
    fn stands_twice(&mut self, head: &Head, bytes: &[u8], limits: Limits) -> bool {
        let (Some(kind), Some(id)) = (&head.resource_type, &head.id) else {
            return false;
        };
        let version = head.meta.version_id.as_deref().unwrap_or_default();
        let key = first_half(&[
            kind.as_bytes(),
            b"/",
            id.as_bytes(),
            b"/",
            version.as_bytes(),
        ]);
        let content = first_half(&[bytes]);
        if let Some(earlier) = self.seen.get(&key) {
            return *earlier != content;
        }
        if self.seen.len() < limits.remembered_ids {
            self.seen.insert(key, content);
        }
        false
    }
}

impl Iterator for Reader {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let Some(current) = self.current.as_mut() else {
                let file = self.files.as_slice().get(self.next_file)?.clone();
                self.next_file += 1;
                if let Err(reason) = self.open(&file) {
                    self.finished_bytes += file.bytes;
                    let resource = "file".to_owned();
                    return Some(Found::Skipped(Skipped {
                        file: file.path,
                        position: Position::START,
                        resource,
                        reason,
                    }));
                }
                continue;
            };
            match current.walk.next() {
                None => {
                    if let Some(skipped) = self.ended() {
                        return Some(Found::Skipped(skipped));
                    }
                }
                Some(Piece::Bad { .. }) if current.pass == Pass::Patients => {}
                Some(Piece::Bad {
                    position,
                    resource,
                    reason,
                }) => {
                    let file = Arc::clone(&current.file);
                    return Some(Found::Skipped(Skipped {
                        file,
                        position,
                        resource,
                        reason,
                    }));
                }
                Some(Piece::Resource(raw)) => {
                    if let Some(found) = self.take(raw) {
                        return Some(found);
                    }
                }
            }
        }
    }
}

fn reader(path: &Path) -> Result<BufReader<File>, SkipReason> {
    Ok(BufReader::with_capacity(64 << 10, File::open(path)?))
}

fn first_half(parts: &[&[u8]]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&sha256(parts).0[..16]);
    half
}

fn with_source(mapped: Mapped, source: Source) -> Mapped {
    match mapped {
        Mapped::Patient(mut identity) => {
            identity.source = Some(source);
            Mapped::Patient(identity)
        }
        Mapped::Entry(body) => Mapped::Entry(map::sourced(body, Some(source))),
        Mapped::Register(mut document) => {
            document.source = Some(source);
            Mapped::Register(document)
        }
        Mapped::Unsupported(mut document) => {
            document.source = Some(source);
            Mapped::Unsupported(document)
        }
    }
}
