//! Walks over a file and hands out its resources one at a time.

use std::collections::VecDeque;
use std::io::BufRead;

use super::limits::Limits;
use super::position::Position;
use super::raw::{Piece, Raw, entry};
use super::scan::{ScanError, Scanner};
use super::skipped::SkipReason;
use super::value::Taken;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One Bundle.
    Bundle,
    /// One resource of another type.
    Resource,
    /// One resource a line.
    Lines,
}

/// Looks whether the JSON text in `input` is a Bundle. Reads on only as far as its `resourceType`.
pub(super) fn sniff<R: BufRead>(input: R) -> Result<Layout, ScanError> {
    let mut scanner = Scanner::new(input)?;
    scanner.expect(b'{', "a FHIR resource, which starts with `{`")?;
    if scanner.accept(b'}')? {
        return Ok(Layout::Resource);
    }
    loop {
        let name = scanner.string()?;
        scanner.expect(b':', "`:` after a name")?;
        if name == "resourceType" && scanner.peek()? == Some(b'"') {
            return Ok(if scanner.string()? == "Bundle" {
                Layout::Bundle
            } else {
                Layout::Resource
            });
        }
        scanner.skip()?;
        if !scanner.accept(b',')? {
            return Ok(Layout::Resource);
        }
    }
}

/// A walk over one file.
#[derive(Debug)]
pub(super) struct Walk<R> {
    scanner: Scanner<R>,
    limits: Limits,
    buffer: Vec<u8>,
    state: State,
    queue: VecDeque<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first member of a Bundle.
    BundleStart,
    /// Behind a member of a Bundle.
    BundleMember,
    /// Before the first entry.
    FirstEntry,
    /// Behind an entry.
    Entry,
    Resource,
    Lines,
    End,
}

impl<R: BufRead> Walk<R> {
    /// Starts a walk over `input`, which is laid out as `layout` says.
    pub(super) fn new(input: R, layout: Layout, limits: Limits) -> Result<Self, ScanError> {
        let state = match layout {
            Layout::Bundle => State::BundleStart,
            Layout::Resource => State::Resource,
            Layout::Lines => State::Lines,
        };
        Ok(Self {
            scanner: Scanner::new(input)?,
            limits,
            buffer: Vec::new(),
            state,
            queue: VecDeque::new(),
        })
    }

    /// Where the walk has come to.
    pub(super) fn position(&self) -> Position {
        self.scanner.position()
    }

    /// Bytes held in memory.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.buffer.capacity()
    }

    /// Takes a piece that came out of another back into the walk, to be handed out next.
    pub(super) fn queue(&mut self) -> &mut VecDeque<Piece> {
        &mut self.queue
    }

    /// The next piece; `None` at the end of the file. Behind an error that leaves the rest unreadable the walk ends.
    pub(super) fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.queue.pop_front() {
                return Some(piece);
            }
            let step = match self.state {
                State::BundleStart => self.bundle_start(),
                State::BundleMember => self.bundle_member(),
                State::FirstEntry => self.first_entry(),
                State::Entry => self.entry(),
                State::Resource => self.resource(),
                State::Lines => self.line(),
                State::End => return None,
            };
            match step {
                Ok(Some(piece)) => return Some(piece),
                Ok(None) => {}
                Err(error) => {
                    self.state = State::End;
                    let position = if let ScanError::Truncated(start) = &error {
                        *start
                    } else {
                        self.position()
                    };
                    return Some(Piece::Bad {
                        position,
                        resource: "file".to_owned(),
                        reason: error.into(),
                    });
                }
            }
        }
    }

    fn bundle_start(&mut self) -> Result<Option<Piece>, ScanError> {
        self.scanner
            .expect(b'{', "a Bundle, which starts with `{`")?;
        if self.scanner.accept(b'}')? {
            self.end()
        } else {
            self.member()
        }
    }

    fn bundle_member(&mut self) -> Result<Option<Piece>, ScanError> {
        if self.scanner.accept(b',')? {
            return self.member();
        }
        self.scanner
            .expect(b'}', "`,` or the `}` that ends the Bundle")?;
        self.end()
    }

    fn member(&mut self) -> Result<Option<Piece>, ScanError> {
        let name = self.scanner.string()?;
        self.scanner.expect(b':', "`:` after a name")?;
        if name == "entry" {
            self.scanner
                .expect(b'[', "the array of a Bundle's entries")?;
            self.state = State::FirstEntry;
        } else {
            self.scanner.skip()?;
            self.state = State::BundleMember;
        }
        Ok(None)
    }

    fn first_entry(&mut self) -> Result<Option<Piece>, ScanError> {
        if self.scanner.accept(b']')? {
            self.state = State::BundleMember;
            return Ok(None);
        }
        self.take_entry()
    }

    fn entry(&mut self) -> Result<Option<Piece>, ScanError> {
        if self.scanner.accept(b']')? {
            self.state = State::BundleMember;
            return Ok(None);
        }
        self.scanner
            .expect(b',', "`,` or the `]` that ends the entries")?;
        self.take_entry()
    }

    fn take_entry(&mut self) -> Result<Option<Piece>, ScanError> {
        self.scanner.peek()?;
        let position = self.position();
        // The entry's own members stand around the resource: a little more room, two more levels.
        let room = Limits {
            resource_bytes: self.limits.resource_bytes + (64 << 10),
            depth: self.limits.depth + 1,
            ..self.limits
        };
        let taken = self.scanner.value(room, &mut self.buffer)?;
        self.state = State::Entry;
        Ok(match taken.reason(self.limits) {
            Some(reason) => Some(Piece::Bad {
                position,
                resource: "resource".to_owned(),
                reason,
            }),
            None => match entry(&self.buffer, position) {
                Some(Piece::Resource(raw)) if raw.bytes.len() > self.limits.resource_bytes => {
                    let reason = SkipReason::TooLong {
                        limit: self.limits.resource_bytes,
                    };
                    let resource = "resource".to_owned();
                    Some(Piece::Bad {
                        position: raw.position,
                        resource,
                        reason,
                    })
                }
                piece => piece,
            },
        })
    }

    fn resource(&mut self) -> Result<Option<Piece>, ScanError> {
        self.scanner.peek()?;
        let position = self.position();
        let taken = self.scanner.value(self.limits, &mut self.buffer)?;
        let piece = self.piece(taken, position);
        self.queue.push_back(piece);
        self.end()
    }

    /// The end of a `.json` file, behind its one value.
    fn end(&mut self) -> Result<Option<Piece>, ScanError> {
        self.state = State::End;
        if self.scanner.peek()?.is_some() {
            return Err(self
                .scanner
                .unexpected("the end of the file (one resource a line belongs into .ndjson)"));
        }
        Ok(None)
    }

    fn line(&mut self) -> Result<Option<Piece>, ScanError> {
        if self.scanner.peek()?.is_none() {
            self.state = State::End;
            return Ok(None);
        }
        let position = self.position();
        let taken = self.scanner.line(self.limits, &mut self.buffer)?;
        let piece = self.piece(taken, position);
        Ok(Some(piece))
    }

    fn piece(&mut self, taken: Taken, position: Position) -> Piece {
        let reason: Option<SkipReason> = taken.reason(self.limits);
        match reason {
            Some(reason) => Piece::Bad {
                position,
                resource: "resource".to_owned(),
                reason,
            },
            None => Piece::Resource(Raw {
                position,
                full_url: None,
                mark: None,
                bytes: std::mem::take(&mut self.buffer),
            }),
        }
    }
}
