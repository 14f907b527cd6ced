//! The automaton that finds the end of one JSON value. It knows strings and brackets, nothing else.

use super::limits::Limits;

/// What became of the bytes of a value that was stepped over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// They are all in the buffer.
    Whole,
    /// More bytes than the limit; the buffer is empty.
    TooLong,
    /// A string in it is longer than the limit; the buffer is empty.
    StringTooLong,
    /// It nests deeper than the limit; the buffer is empty.
    TooDeep,
}

/// The automaton that walks one value.
pub(super) struct Value {
    limits: Limits,
    taken: Taken,
    open: Vec<u8>,
    /// Brackets open beyond the depth limit, which are only counted.
    beyond: u64,
    string: Option<usize>,
    escaped: bool,
    bare: bool,
}

impl Value {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            taken: Taken::Whole,
            open: Vec::new(),
            beyond: 0,
            string: None,
            escaped: false,
            bare: false,
        }
    }

    /// Whether the value may end with the text: a bare number or word may.
    pub(super) fn may_end(&self) -> bool {
        self.bare
    }

    /// What became of the bytes so far.
    pub(super) fn taken(&self) -> Taken {
        self.taken
    }

    /// Puts a piece of the value into `into`, as far as the limits allow.
    pub(super) fn keep(&mut self, piece: &[u8], into: &mut Vec<u8>) {
        if self.taken == Taken::Whole && into.len() + piece.len() > self.limits.resource_bytes {
            self.taken = Taken::TooLong;
        }
        if self.taken == Taken::Whole {
            into.extend_from_slice(piece);
        } else {
            into.clear();
        }
    }

    /// Judges bytes that are already taken.
    pub(super) fn judge(mut self, bytes: &[u8]) -> Taken {
        self.chunk(bytes);
        self.taken
    }

    /// Walks over a piece of the text: how much of it belongs to the value, and whether the value ends there.
    pub(super) fn chunk(&mut self, chunk: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < chunk.len() {
            if let Some(length) = self.string {
                let (used, closed) = self.within_string(&chunk[at..]);
                at += used;
                if length + used > self.limits.string_bytes && self.taken == Taken::Whole {
                    self.taken = Taken::StringTooLong;
                }
                self.string = if closed { None } else { Some(length + used) };
                if closed && self.open.is_empty() {
                    return (at, true);
                }
                continue;
            }
            let byte = chunk[at];
            if self.bare {
                if matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n') {
                    return (at, true);
                }
                at += 1;
                continue;
            }
            at += 1;
            match byte {
                b'"' => self.string = Some(0),
                b'{' | b'[' => self.opened(byte),
                b'}' | b']' if self.closed(byte) => return (at, true),
                b'}' | b']' => {}
                _ if self.open.is_empty() => self.bare = true,
                _ => {}
            }
        }
        (at, false)
    }

    /// Walks on inside a string: how many bytes, and whether its closing quote was among them.
    fn within_string(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        if self.escaped {
            self.escaped = false;
            at = 1;
        }
        while let Some(found) = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|b| matches!(b, b'"' | b'\\')))
        {
            at += found + 1;
            if bytes[at - 1] == b'"' {
                return (at, true);
            }
            if at == bytes.len() {
                self.escaped = true;
                return (at, false);
            }
            at += 1;
        }
        (bytes.len(), false)
    }

    fn opened(&mut self, byte: u8) {
        if self.open.len() < self.limits.depth {
            self.open.push(byte);
        } else {
            self.beyond += 1;
            self.taken = Taken::TooDeep;
        }
    }

    /// Closes a bracket; whether that ended the value.
    ///
    /// A bracket that fits only an outer one closes what stands between as well: a value that forgot to close something then ends
    /// where its reader expects, and only that value is lost.
    fn closed(&mut self, byte: u8) -> bool {
        if self.beyond > 0 {
            self.beyond -= 1;
            return false;
        }
        let opener = if byte == b'}' { b'{' } else { b'[' };
        if let Some(at) = self.open.iter().rposition(|open| *open == opener) {
            self.open.truncate(at);
        }
        self.open.is_empty()
    }
}
