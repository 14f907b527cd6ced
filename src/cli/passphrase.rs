//! Passphrases and codes: from a file, from standard input, or typed without echo. Never from an argument.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};
use zeroize::Zeroizing;

use super::{Exit, Failure};
use crate::crypto::secret::SecretBytes;

/// The longest first line that is taken. Anything longer is no passphrase but the wrong file.
const LONGEST: usize = 4096;

/// Reads the first line of a file without its line end. `-` is standard input.
///
/// **A regular file that group or others can read, write or execute is refused.**
pub fn from_file(path: &Path) -> Result<SecretBytes, Failure> {
    if path == Path::new("-") {
        return first_line(&mut io::stdin().lock(), "standard input");
    }
    let name = path.display().to_string();
    let unreadable = |error: io::Error| {
        Failure::new(
            Exit::Usage,
            "passphrase-file",
            format!("cannot read the passphrase file {name}"),
        )
        .hint("check the path and that this account may read it")
        .because(&error)
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        let mode = metadata.mode() & 0o777;
        return Err(Failure::new(
            Exit::Denied,
            "passphrase-file-open",
            format!("the passphrase file {name} is open to others (mode {mode:04o})"),
        )
        .hint(format!(
            "run `chmod 600 {name}` and consider the passphrase known"
        )));
    }
    first_line(&mut BufReader::new(file), &name)
}

/// Asks at the terminal that controls the process, without echo. Without a terminal this fails with 3.
pub fn ask(prompt: &str) -> Result<SecretBytes, Failure> {
    let mut terminal = Terminal::open()?;
    terminal.ask(prompt)
}

/// Asks twice, for a passphrase that is new.
pub fn ask_new(prompt: &str) -> Result<SecretBytes, Failure> {
    let mut terminal = Terminal::open()?;
    let first = terminal.ask(prompt)?;
    if first == terminal.ask("once more: ")? {
        Ok(first)
    } else {
        Err(Failure::new(
            Exit::Denied,
            "passphrases-differ",
            "the two passphrases differ",
        )
        .hint("run the command again"))
    }
}

fn first_line(reader: &mut impl BufRead, name: &str) -> Result<SecretBytes, Failure> {
    // Room is taken at once, so that the buffer never moves and leaves a copy behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST + 2));
    reader
        .take(LONGEST as u64 + 2)
        .read_until(b'\n', &mut line)
        .map_err(|error| {
            Failure::new(
                Exit::Usage,
                "passphrase-file",
                format!("cannot read {name}"),
            )
            .because(&error)
        })?;
    let text = line.strip_suffix(b"\n").unwrap_or(&line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if text.is_empty() {
        let message = format!("the first line of {name} is empty, and a passphrase is not");
        return Err(Failure::new(Exit::Denied, "passphrase-empty", message)
            .hint("put the passphrase on the first line"));
    }
    if text.len() > LONGEST {
        let message = format!(
            "the first line of {name} is longer than {LONGEST} bytes, so it is no passphrase"
        );
        return Err(
            Failure::new(Exit::Usage, "passphrase-file", message).hint("name the right file")
        );
    }
    Ok(SecretBytes::from_slice(text))
}

/// The controlling terminal with echo off. Dropping it turns the echo on again.
struct Terminal {
    file: File,
    before: Termios,
}

impl Terminal {
    fn open() -> Result<Self, Failure> {
        let nowhere = |error: &dyn std::error::Error| {
            Failure::new(
                Exit::Denied,
                "no-terminal",
                "a passphrase is needed and there is no terminal to ask at",
            )
            .hint("name a file with --passphrase-file, or `-` for standard input")
            .because(error)
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .map_err(|error| nowhere(&error))?;
        let before = termios::tcgetattr(&file).map_err(|error| nowhere(&error))?;
        let mut silent = before.clone();
        silent.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        // Flushing drops what was typed ahead while the echo was still on.
        termios::tcsetattr(&file, OptionalActions::Flush, &silent)
            .map_err(|error| nowhere(&error))?;
        Ok(Self { file, before })
    }

    fn ask(&mut self, prompt: &str) -> Result<SecretBytes, Failure> {
        let broken = |error: io::Error| {
            Failure::new(Exit::Denied, "no-terminal", "the terminal went away").because(&error)
        };
        self.file.write_all(prompt.as_bytes()).map_err(broken)?;
        let mut line = Line::default();
        let mut byte = Zeroizing::new([0]);
        let end = loop {
            self.file.read_exact(&mut *byte).map_err(broken)?;
            if let Some(end) = line.take(byte[0]) {
                break end;
            }
        };
        self.file.write_all(b"\r\n").map_err(broken)?;
        match end {
            End::Given if !line.0.is_empty() => Ok(SecretBytes::from_slice(&line.0)),
            End::Given => Err(Failure::new(
                Exit::Denied,
                "passphrase-empty",
                "no passphrase was given",
            )),
            End::GivenUp => Err(Failure::new(
                Exit::Denied,
                "given-up",
                "given up at the prompt",
            )),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that has gone away needs no echo.
        let _ = termios::tcsetattr(&self.file, OptionalActions::Flush, &self.before);
    }
}

/// A line that is typed blindly: Backspace takes a letter back, Ctrl+U all of them.
struct Line(Zeroizing<Vec<u8>>);

#[derive(Debug, PartialEq, Eq)]
enum End {
    Given,
    GivenUp,
}

impl Default for Line {
    fn default() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(LONGEST)))
    }
}

impl Line {
    fn take(&mut self, byte: u8) -> Option<End> {
        match byte {
            b'\r' | b'\n' => return Some(End::Given),
            0x03 => return Some(End::GivenUp),
            0x04 if self.0.is_empty() => return Some(End::GivenUp),
            0x08 | 0x7f => {
                // A letter is its first byte and the bytes that continue it.
                while self.0.pop().is_some_and(|last| last & 0xc0 == 0x80) {}
            }
            0x15 => self.0.clear(),
            byte if self.0.len() < LONGEST => self.0.push(byte),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(text: &[u8], mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        std::fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn the_passphrase_is_the_first_line_without_its_end() {
        for text in [
            &b"correct horse"[..],
            b"correct horse\n",
            b"correct horse\r\nmore\n",
        ] {
            assert_eq!(
                from_file(file(text, 0o600).path()).unwrap().expose(),
                b"correct horse"
            );
        }
        assert_eq!(
            from_file(file(b" spaces count \n", 0o400).path())
                .unwrap()
                .expose(),
            b" spaces count "
        );
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o666] {
            let failure = from_file(file(b"correct horse\n", mode).path()).unwrap_err();
            assert_eq!(
                (failure.exit, failure.code),
                (Exit::Denied, "passphrase-file-open"),
                "{mode:o}"
            );
            assert!(
                !failure.text().contains("correct"),
                "a refusal does not repeat what the file holds"
            );
        }
    }

    #[test]
    fn an_empty_first_line_is_no_passphrase() {
        for text in [&b""[..], b"\n", b"\r\nsecond\n"] {
            assert_eq!(
                from_file(file(text, 0o600).path()).unwrap_err().exit,
                Exit::Denied
            );
        }
    }

    #[test]
    fn a_first_line_without_end_is_the_wrong_file() {
        let failure = from_file(file(&[b'x'; LONGEST + 1], 0o600).path()).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(from_file(file(&[b'x'; LONGEST], 0o600).path()).is_ok());
    }

    #[test]
    fn a_file_that_is_not_there_is_a_mistake_of_usage() {
        assert_eq!(
            from_file(Path::new("/nonexistent/passphrase"))
                .unwrap_err()
                .exit,
            Exit::Usage
        );
    }

    fn typed(keys: &[u8]) -> (Option<End>, Vec<u8>) {
        let mut line = Line::default();
        let end = keys.iter().find_map(|key| line.take(*key));
        (end, line.0.to_vec())
    }

    #[test]
    fn backspace_takes_back_a_whole_letter() {
        assert_eq!(
            typed("né\x7fe\r".as_bytes()),
            (Some(End::Given), b"ne".to_vec())
        );
        assert_eq!(typed(b"\x7f\x7fa\n"), (Some(End::Given), b"a".to_vec()));
    }

    #[test]
    fn control_u_begins_again_and_control_c_gives_up() {
        assert_eq!(
            typed(b"wrong\x15right\r"),
            (Some(End::Given), b"right".to_vec())
        );
        assert_eq!(typed(b"half\x03").0, Some(End::GivenUp));
        assert_eq!(typed(b"\x04").0, Some(End::GivenUp));
    }
}
