//! The commands in a stream of bytes to a MongoDB server: OP_MSG and OP_QUERY of its wire protocol, and no more of them than a
//! count needs.
//!
//! A message is `length(4) id(4) reply(4) opcode(4)`, little endian, and, for OP_MSG, `flags(4) 0 document`. The first
//! field of the document has the command's name and, for most, the collection as its value.

use std::time::Instant;

/// A command that began to pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub at: Instant,
    pub name: String,
    /// Its collection, if it has one.
    pub on: String,
    /// Its length in bytes.
    pub len: u64,
}

/// As much of a message as says what it is.
const HEAD: usize = 120;

/// Reads one direction of one connection.
#[derive(Debug, Default)]
pub struct Commands {
    head: Vec<u8>,
    /// Bytes of the message that are still to come, once its head is complete.
    rest: u64,
}

impl Commands {
    /// Takes the next bytes, gives the commands whose heads they complete.
    pub fn take(&mut self, mut bytes: &[u8]) -> Vec<Command> {
        let mut began = Vec::new();
        while !bytes.is_empty() {
            if self.rest > 0 {
                let skip = usize::try_from(self.rest)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                bytes = &bytes[skip..];
                self.rest -= skip as u64;
                continue;
            }
            let len = self
                .head
                .first_chunk()
                .map(|len| u32::from_le_bytes(*len) as usize);
            let wanted = len.map_or(4, |len| len.min(HEAD));
            let more = (wanted - self.head.len()).min(bytes.len());
            self.head.extend(&bytes[..more]);
            bytes = &bytes[more..];
            if let Some(len) = len
                && self.head.len() == wanted
            {
                began.push(read(&self.head, len as u64));
                self.rest = (len - wanted) as u64;
                self.head.clear();
            }
        }
        began
    }
}

fn read(head: &[u8], len: u64) -> Command {
    let text = |at: usize| {
        let rest = head.get(at..).unwrap_or_default();
        let end = rest
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(rest.len());
        String::from_utf8_lossy(&rest[..end]).into_owned()
    };
    // Header, flags, kind of section, length of the document, type of its first field.
    let name_at = 16 + 4 + 1 + 4 + 1;
    let name = text(name_at);
    let on = match head.get(name_at - 1) {
        // A string: its length stands before it.
        Some(2) => text(name_at + name.len() + 1 + 4),
        _ => String::new(),
    };
    Command {
        at: Instant::now(),
        name,
        on,
        len,
    }
}

#[test]
fn commands_are_counted_wherever_the_stream_is_cut() {
    let message = |name: &str, on: &str, len: usize| {
        let mut bytes = (len as u32).to_le_bytes().to_vec();
        bytes.extend([0; 8]);
        bytes.extend(2013_u32.to_le_bytes());
        bytes.extend([0; 4 + 1 + 4]);
        bytes.push(2);
        bytes.extend(name.bytes().chain([0]));
        bytes.extend((on.len() as u32 + 1).to_le_bytes());
        bytes.extend(on.bytes().chain([0]));
        bytes.resize(len, 7);
        bytes
    };
    let stream = [
        message("insert", "objects", 5000),
        message("find", "keys", 90),
    ]
    .concat();
    for step in [1, 3, 89, 119, 120, 121, 5000, 9000] {
        let mut commands = Commands::default();
        let found: Vec<_> = stream
            .chunks(step)
            .flat_map(|bytes| commands.take(bytes))
            .map(|command| (command.name, command.on, command.len))
            .collect();
        let expected = [("insert", "objects", 5000), ("find", "keys", 90)];
        assert_eq!(
            found,
            expected.map(|(name, on, len)| (name.into(), on.into(), len)),
            "{step}"
        );
    }
}
