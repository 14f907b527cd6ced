//! Opening what was given: needs the recipient's key, and neither a vault nor a network.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, IntoInnerError, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::clinical::Role;
use crate::config::OutFile;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemSecret;
use crate::desk::sheet::{Content, content};
use crate::desk::succession::Succession;
use crate::desk::view::{Exporter, Proceed, Progress, Reporter, SealedOpened, Stamp};
use crate::interop::fhir::export::as_json;
use crate::interop::sealed::{self, SealedError, Shown, Subject, Told, fingerprint};
use crate::ledger::{ChartId, Clear, Core, EntryId, Form, Section, ThreadId};

/// Opens an export, judges all of it, and writes its entries to `out`, one JSON object a line. **The file is there only if
/// everything held.** `pinned` is the vault that the recipient knows it should come from.
pub fn open(
    file: &Path,
    key: &KemSecret,
    pinned: Option<&Hash>,
    out: Option<&Path>,
    watch: Reporter<'_>,
) -> Result<SealedOpened, SealedError> {
    let from = File::open(file)?;
    let total = from.metadata()?.len();
    let read = AtomicU64::new(0);
    let from = Counted {
        from: BufReader::new(from),
        read: &read,
    };
    let unwritable = |error| unwritable(out.unwrap_or(file), error);
    let lines = out.map(OutFile::create).transpose().map_err(unwritable)?;
    let mut lines = lines.map(BufWriter::new);
    let mut threads = Threads::default();
    let told = sealed::open(from, key, pinned, |shown| {
        let progress = Progress {
            what: "open".into(),
            done: read.load(Ordering::Relaxed),
            total: Some(total),
            unit: "bytes",
            note: None,
            transfer: None,
        };
        if watch(&progress) == Proceed::Stop {
            return Err(SealedError::Stopped);
        }
        if let Some(lines) = &mut lines {
            let line = line(shown, &mut threads).map_err(|what| SealedError::Entry {
                seq: shown.seq,
                what,
            })?;
            serde_json::to_writer(&mut *lines, &line)
                .map_err(io::Error::from)
                .and_then(|()| lines.write_all(b"\n"))
                .map_err(unwritable)?;
        }
        Ok(())
    })?;
    if let Some(lines) = lines {
        lines
            .into_inner()
            .map_err(IntoInnerError::into_error)
            .and_then(OutFile::keep)
            .map_err(unwritable)?;
    }
    Ok(report(&told, pinned.is_some(), out))
}

/// Why nothing can be written to a file. What exists already is told by its own name.
fn unwritable(path: &Path, error: io::Error) -> SealedError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => SealedError::Exists(error.to_string()),
        _ => SealedError::Unwritable {
            path: path.to_owned(),
            source: error,
        },
    }
}

/// Counts what was read.
struct Counted<'a, R> {
    from: R,
    read: &'a AtomicU64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Where the threads stand, as far as their entries came by.
#[derive(Debug, Default)]
struct Threads(HashMap<(ChartId, Section, ThreadId), Thread>);

/// Where one thread stands.
#[derive(Debug)]
struct Thread {
    /// Its last entry so far.
    end: EntryId,
    succession: Succession,
    /// Whether an entry of it is closed or missing, so that nobody can say what counts.
    torn: bool,
}

impl Threads {
    fn at(&mut self, core: &Core) -> &mut Thread {
        let thread = self.0.entry((core.chart, core.section, core.thread));
        let thread = thread.or_insert(Thread {
            end: EntryId::ZERO,
            succession: Succession::default(),
            torn: false,
        });
        thread.torn |= thread.end != core.parent;
        thread.end = core.id;
        thread
    }

    /// Takes in an entry without its body.
    fn closed(&mut self, core: &Core) {
        self.at(core).torn = true;
    }

    /// Takes in an entry, and judges whether it counts, as a chart on a screen does: within its author's role, and theirs to write
    /// over what it follows. `None` where what it follows is not there to be judged.
    fn opened(
        &mut self,
        core: &Core,
        content: &Content,
        role: Option<Role>,
        within: bool,
    ) -> Option<bool> {
        let thread = self.at(core);
        if thread.torn && within {
            return None;
        }
        Some(thread.succession.settle(content, role, within))
    }
}

/// One entry as a line. **What its author may not write is marked**, as it would be on a screen.
fn line(shown: &Shown<'_>, threads: &mut Threads) -> Result<Value, String> {
    let core = shown.core;
    let (kind, headline, body, authorised) = match shown.body {
        None => {
            threads.closed(core);
            (None, None, Value::Null, None)
        }
        Some(body) if core.form == Form::Clear => {
            let clear = Clear::decode(body).map_err(|error| error.to_string())?;
            (Some(clear.name().to_owned()), None, Value::Null, None)
        }
        Some(body) => match content(body, core.section, shown.role) {
            Ok((content, within)) => {
                let authorised = threads.opened(core, &content, shown.role, within);
                let (kind, headline, body) = match content {
                    Content::Clinical(body) => (
                        body.kind().as_str().to_owned(),
                        Some(body.headline()),
                        as_json(&body),
                    ),
                    Content::Act(act) => {
                        (act.name().to_owned(), Some(act.headline()), act.to_json())
                    }
                    Content::Unknown(kind) => (format!("kind {kind}"), None, Value::Null),
                };
                (Some(kind), headline, body, authorised)
            }
            // Below the interface anything can be written. It counts for nothing, and keeps nobody from the rest.
            Err(why) => {
                threads.at(core);
                let headline = format!("does not read: {why}");
                let kind = format!("kind {}", body.kind);
                (Some(kind), Some(headline), Value::Null, Some(false))
            }
        },
    };
    Ok(json!({
        "seq": shown.seq,
        "entry": core.id.to_string(),
        "thread": core.thread.to_string(),
        "parent": (core.parent != EntryId::ZERO).then(|| core.parent.to_string()),
        "chart": core.chart.to_string(),
        "section": core.section.as_str(),
        "created": Stamp::from_millis(core.created as i64),
        "author": shown.author.name,
        "login": shown.author.login,
        "role": shown.role.map(Role::as_str),
        "certificate": core.author.to_string(),
        "closed": shown.body.is_none(),
        "authorised": authorised,
        "kind": kind,
        "headline": headline,
        "body": body,
    }))
}

fn report(told: &Told, pinned: bool, out: Option<&Path>) -> SealedOpened {
    let statement = &told.statement;
    let (chart, sections, signed_by) = match &statement.subject {
        Subject::Chart { chart, sections } => (
            Some(chart.to_string()),
            sections.iter().map(ToString::to_string).collect(),
            None,
        ),
        Subject::SignedBy { login, .. } => (None, Vec::new(), Some(login.clone())),
    };
    SealedOpened {
        vault_id: statement.vault.to_string(),
        pinned,
        export: statement.record.to_string(),
        exporter: Exporter {
            login: told.exporter.login.clone(),
            name: told.exporter.name.clone(),
            role: told.exporter.office.as_str().to_owned(),
            fingerprint: told.exporter.fingerprint(),
        },
        created: Stamp::from_millis(statement.created as i64),
        purpose: statement.purpose.clone(),
        recipient: fingerprint(&statement.recipient),
        chart,
        sections,
        signed_by,
        snapshot: statement.snapshot.clone(),
        head: statement.head,
        entries: statement.entries,
        opened: told.opened,
        closed: statement.entries - told.opened,
        file: out.map(|out| out.display().to_string()),
    }
}
