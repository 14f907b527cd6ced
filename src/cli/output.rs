//! Standard output carries the result and nothing else; everything said besides goes to standard error.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use super::{Exit, Failure, Page};

/// A result that can be printed.
pub trait Report: Serialize {
    /// As text.
    fn page(&self, page: &mut Page);

    /// What a person must hear whatever was asked for: [`Voice::Quiet`] leaves out all of the text but these lines, which then go
    /// to standard error.
    fn alarms(&self) -> Vec<String> {
        Vec::new()
    }

    /// What the command ends with: [`Exit::Found`] where the result says that something is wrong.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: `--json`.
    Json,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Only errors and alarms; no result as text: `--quiet`.
    Quiet,
    /// Results and progress.
    Normal,
    /// Besides, what is being done: `-v`.
    Verbose,
}

/// Where results and remarks go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// How results are printed.
    pub format: Format,
    /// How much is said.
    pub voice: Voice,
}

impl Output {
    /// Prints a result. `--quiet` leaves out text, never JSON, which was asked for.
    pub fn result<R: Report + ?Sized>(self, report: &R) -> Result<Exit, Failure> {
        match (self.format, self.voice) {
            (Format::Json, _) => {
                let mut line = serde_json::to_vec(report).map_err(|e| {
                    Failure::new(Exit::Defect, "json", "a result cannot be written as JSON")
                        .because(&e)
                })?;
                line.push(b'\n');
                self.bytes(&line)?;
            }
            (Format::Text, Voice::Quiet) => {
                for alarm in report.alarms() {
                    // The exit code says it too.
                    let _ = writeln!(io::stderr(), "! {}", super::plain(&alarm));
                }
            }
            (Format::Text, _) => {
                let mut page = Page::default();
                report.page(&mut page);
                self.bytes(page.text().as_bytes())?;
            }
        }
        Ok(report.exit())
    }

    /// Writes bytes to standard output as they stand. A reader that has seen enough is no failure.
    pub fn bytes(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(
                    Failure::new(Exit::Outside, "output", "cannot write to standard output")
                        .hint("check that there is room where it leads")
                        .because(&error),
                )
            }
            _ => Ok(()),
        }
    }

    /// Says what is being done, with `-v` only.
    pub fn detail(self, text: &str) {
        if self.voice == Voice::Verbose && self.format == Format::Text {
            // Whoever closed standard error does not want to hear it.
            let _ = writeln!(io::stderr(), "{}", super::plain(text));
        }
    }

    /// Says why the command failed.
    pub fn failure(self, failure: &Failure) {
        let text = match self.format {
            Format::Text => failure.text(),
            Format::Json => failure.json(),
        };
        // The exit code says it too.
        let _ = writeln!(io::stderr(), "{text}");
    }
}
