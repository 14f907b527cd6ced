//! Finds the ends of JSON values in a stream without holding the stream.
//!
//! The scanner knows strings and brackets, nothing else: whether a value is valid JSON is judged where its bytes are parsed. That is
//! what lets it step over a broken, too long or too deep value and go on behind it.

use std::io::{self, BufRead};

use super::limits::Limits;
use super::position::{Position, newlines};
use super::value::{Taken, Value};

/// Walks over JSON text. Reads through its buffer, so a pass costs one buffer of memory.
#[derive(Debug)]
pub(super) struct Scanner<R> {
    input: R,
    at: Position,
}

/// Why scanning cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    /// The text ends inside a value.
    #[error("the file ends in the middle of a value that starts at {0}")]
    Truncated(Position),
    /// Something other than what the grammar asks for.
    #[error("expected {expected} at {at}, found {found}")]
    Unexpected {
        /// Where.
        at: Position,
        /// What the grammar asks for.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl<R: BufRead> Scanner<R> {
    /// Scans `input` from its start. A UTF-8 byte-order mark is stepped over; UTF-16 is refused by name.
    pub(super) fn new(mut input: R) -> Result<Self, ScanError> {
        let mut at = Position::START;
        let head = fill(&mut input)?;
        match head {
            [0xEF, 0xBB, 0xBF, ..] => {
                input.consume(3);
                at.byte = 3;
            }
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
                let found = "a UTF-16 byte-order mark; save the file as UTF-8".to_owned();
                return Err(ScanError::Unexpected {
                    at,
                    expected: "UTF-8",
                    found,
                });
            }
            _ => {}
        }
        Ok(Self { input, at })
    }

    /// Where the next byte stands.
    pub(super) fn position(&self) -> Position {
        self.at
    }

    /// The next byte that is not white space, left where it is; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, ScanError> {
        loop {
            let chunk = fill(&mut self.input)?;
            let Some(first) = chunk.first().copied() else {
                return Ok(None);
            };
            let blank = chunk
                .iter()
                .take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
                .count();
            if blank == 0 {
                return Ok(Some(first));
            }
            self.at = self.at.after(&chunk[..blank]);
            self.input.consume(blank);
        }
    }

    /// Steps over `byte`, which must come next.
    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), ScanError> {
        if self.accept(byte)? {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    /// Steps over `byte` if it comes next.
    pub(super) fn accept(&mut self, byte: u8) -> Result<bool, ScanError> {
        let is = self.peek()? == Some(byte);
        if is {
            self.input.consume(1);
            self.at.byte += 1;
        }
        Ok(is)
    }

    /// The error that something other than `expected` comes next.
    pub(super) fn unexpected(&mut self, expected: &'static str) -> ScanError {
        match self.peek() {
            Ok(None) => ScanError::Truncated(self.at),
            Ok(Some(byte)) => {
                let found = if byte.is_ascii_graphic() {
                    format!("`{}`", char::from(byte))
                } else {
                    format!("the byte 0x{byte:02x}")
                };
                ScanError::Unexpected {
                    at: self.at,
                    expected,
                    found,
                }
            }
            Err(error) => error,
        }
    }

    /// Steps over the next value and puts its bytes into `into` as far as `limits` allow.
    pub(super) fn value(&mut self, limits: Limits, into: &mut Vec<u8>) -> Result<Taken, ScanError> {
        into.clear();
        match self.peek()? {
            None => Err(ScanError::Truncated(self.at)),
            Some(b',' | b':' | b']' | b'}') => Err(self.unexpected("a value")),
            Some(_) => self.walk(Value::new(limits), into),
        }
    }

    /// Takes the rest of the line without its end. A line is a unit whatever stands in it, so brackets are not looked at here; the
    /// nesting is checked afterwards.
    pub(super) fn line(&mut self, limits: Limits, into: &mut Vec<u8>) -> Result<Taken, ScanError> {
        into.clear();
        let mut taken = Taken::Whole;
        loop {
            let chunk = fill(&mut self.input)?;
            if chunk.is_empty() {
                break;
            }
            let end = chunk.iter().position(|b| *b == b'\n');
            let used = end.unwrap_or(chunk.len());
            if into.len() + used > limits.resource_bytes {
                taken = Taken::TooLong;
            }
            if taken == Taken::Whole {
                into.extend_from_slice(&chunk[..used]);
            } else {
                into.clear();
            }
            self.step(used + usize::from(end.is_some()), u64::from(end.is_some()));
            if end.is_some() {
                break;
            }
        }
        if taken == Taken::Whole {
            into.truncate(into.trim_ascii_end().len());
            taken = Value::new(limits).judge(into);
        }
        Ok(taken)
    }

    /// Steps over the next value without keeping it.
    pub(super) fn skip(&mut self) -> Result<(), ScanError> {
        let nothing = Limits {
            resource_bytes: 0,
            ..Limits::default()
        };
        self.value(nothing, &mut Vec::new()).map(|_| ())
    }

    /// A short string such as a member's name. One longer than 4 KiB, which no FHIR name is, comes out empty.
    pub(super) fn string(&mut self) -> Result<String, ScanError> {
        if self.peek()? != Some(b'"') {
            return Err(self.unexpected("a string"));
        }
        let mut bytes = Vec::new();
        self.value(
            Limits {
                resource_bytes: 4096,
                ..Limits::default()
            },
            &mut bytes,
        )?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    fn walk(&mut self, mut value: Value, into: &mut Vec<u8>) -> Result<Taken, ScanError> {
        let start = self.at;
        loop {
            let chunk = fill(&mut self.input)?;
            if chunk.is_empty() {
                return if value.may_end() {
                    Ok(value.taken())
                } else {
                    Err(ScanError::Truncated(start))
                };
            }
            let (used, ended) = value.chunk(chunk);
            value.keep(&chunk[..used], into);
            let lines = newlines(&chunk[..used]);
            self.step(used, lines);
            if ended {
                return Ok(value.taken());
            }
        }
    }

    fn step(&mut self, used: usize, lines: u64) {
        self.input.consume(used);
        self.at = Position {
            byte: self.at.byte + used as u64,
            line: self.at.line + lines,
        };
    }
}

fn fill<R: BufRead>(input: &mut R) -> io::Result<&[u8]> {
    // Asked twice, because the borrow checker does not yet let a loop return the buffer that it was waiting for.
    while let Err(error) = input.fill_buf() {
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    input.fill_buf()
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// Every value of a comma-separated list, through a buffer of `size` bytes.
    fn values(text: &str, size: usize, limits: Limits) -> Vec<(Taken, String)> {
        let mut scanner = Scanner::new(BufReader::with_capacity(size, text.as_bytes())).unwrap();
        let (mut found, mut into) = (Vec::new(), Vec::new());
        loop {
            let taken = scanner.value(limits, &mut into).unwrap();
            found.push((taken, String::from_utf8(into.clone()).unwrap()));
            if !scanner.accept(b',').unwrap() {
                return found;
            }
        }
    }

    #[test]
    fn values_come_out_byte_for_byte_whatever_the_buffer() {
        let parts = [
            r#"{"a": [1, {"b":"}]\\\"{"}], "ü": 1.50}"#,
            r#""\\""#,
            "-1.5e3",
            "true",
            "[]",
            r#""a\"b""#,
        ];
        let text = parts.join(" ,\n ");
        for size in 1..40 {
            let found = values(&text, size, Limits::default());
            assert!(found.iter().all(|(taken, _)| *taken == Taken::Whole));
            assert_eq!(
                found.into_iter().map(|(_, text)| text).collect::<Vec<_>>(),
                parts,
                "buffer of {size}"
            );
        }
    }

    #[test]
    fn what_passes_a_limit_is_stepped_over_and_the_next_value_is_read() {
        let limits = Limits {
            resource_bytes: 30,
            string_bytes: 10,
            depth: 3,
            ..Limits::default()
        };
        let long = format!("[{}1]", "1,".repeat(40));
        let text = format!(r#"{long}, {{"a":"12345678901"}}, [[[[1]]]], {{"b":[[2]]}}"#);
        let found = values(&text, 7, limits);
        let taken: Vec<_> = found.iter().map(|(taken, _)| *taken).collect();
        assert_eq!(
            taken,
            [
                Taken::TooLong,
                Taken::StringTooLong,
                Taken::TooDeep,
                Taken::Whole
            ]
        );
        assert_eq!(found[3].1, r#"{"b":[[2]]}"#);
        assert!(found[..3].iter().all(|(_, text)| text.is_empty()));
    }

    #[test]
    fn a_value_that_forgot_a_bracket_does_not_swallow_its_neighbour() {
        let found = values(r#"{"a":[1,2}, {"b":1}"#, 64, Limits::default());
        assert_eq!(found[0].1, r#"{"a":[1,2}"#);
        assert_eq!(found[1].1, r#"{"b":1}"#);
    }

    #[test]
    fn a_truncated_value_says_where_it_began() {
        let mut scanner = Scanner::new("\n\n  {\"a\": [1, 2".as_bytes()).unwrap();
        let error = scanner
            .value(Limits::default(), &mut Vec::new())
            .unwrap_err();
        assert!(
            matches!(error, ScanError::Truncated(Position { byte: 4, line: 3 })),
            "{error}"
        );
    }

    #[test]
    fn a_byte_order_mark_is_stepped_over_and_utf_16_is_named() {
        let mut scanner = Scanner::new("\u{feff}{}".as_bytes()).unwrap();
        assert_eq!(scanner.peek().unwrap(), Some(b'{'));
        let error = Scanner::new(&[0xFF, 0xFE, b'{', 0][..])
            .unwrap_err()
            .to_string();
        assert!(error.contains("save the file as UTF-8"), "{error}");
    }

    #[test]
    fn positions_count_bytes_and_lines() {
        let mut scanner = Scanner::new("[1,\n {\"a\":\n2}\n, 3]".as_bytes()).unwrap();
        scanner.expect(b'[', "an array").unwrap();
        scanner.skip().unwrap();
        scanner.expect(b',', "a comma").unwrap();
        scanner.skip().unwrap();
        scanner.expect(b',', "a comma").unwrap();
        scanner.peek().unwrap();
        assert_eq!(scanner.position(), Position { byte: 16, line: 4 });
    }
}
