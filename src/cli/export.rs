//! `export`: charts and the ledger for other systems.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Context, Exit, Failure, sealed};
use crate::config::OutFile;
use crate::desk::view::Exported;
use crate::jobs::{export, ledger_export};

/// Give charts or the ledger out
#[derive(Debug, Subcommand)]
pub enum Export {
    /// One chart as a FHIR R4 Bundle
    Fhir {
        /// The chart's number
        #[arg(long, value_name = "MRN")]
        chart: String,
        /// File to write, which must not exist and only you can read [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Headers, signatures and links as JSON lines, verifiable without keys
    Ledger {
        /// Only what comes after this sequence number; before it, marked as context, the clear entries that say who the authors are
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        since: u64,
        /// File to write, which must not exist [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    Sealed(sealed::Sealed),
    Open(sealed::Open),
    Recipient(sealed::MakeRecipient),
}

impl Export {
    /// Writes to the file, or to standard output.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Sealed(sealed) => sealed.run(context),
            Self::Open(open) => open.run(context),
            Self::Recipient(recipient) => recipient.run(context),
            Self::Fhir { chart, out } => {
                let session = context.session()?;
                let (bundle, resources) = export::fhir(&session, chart)?;
                write(context, out.as_deref(), |file| {
                    file.write_all(&bundle).map(|()| resources)
                })
            }
            Self::Ledger { since, out } => {
                let session = context.session()?;
                let mut failed = None;
                let exit = write(context, out.as_deref(), |file| {
                    let mut closed = Closing {
                        file,
                        closed: false,
                    };
                    match ledger_export::export(&session, *since, &mut closed) {
                        Ok(rows) => Ok(rows),
                        Err(_) if closed.closed => Err(io::ErrorKind::BrokenPipe.into()),
                        Err(error) => {
                            failed = Some(error);
                            Err(io::ErrorKind::Other.into())
                        }
                    }
                });
                failed.map_or(exit, |error| Err(error.into()))
            }
        }
    }
}

/// Remembers that the reader has seen enough, which the export itself takes for a failure.
struct Closing<'f> {
    file: &'f mut dyn Write,
    closed: bool,
}

impl Write for Closing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.closed |= written
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes to a new file that only the account can read and says how much; or to standard output.
fn write(
    context: &Context,
    out: Option<&Path>,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<u64>,
) -> Result<Exit, Failure> {
    let Some(path) = out else {
        return match fill(&mut io::stdout().lock()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(cannot_write("standard output", &error))
            }
            _ => Ok(Exit::Done),
        };
    };
    let name = path.display().to_string();
    let written = || -> io::Result<Exported> {
        let mut file = BufWriter::new(OutFile::create(path)?);
        let entries = fill(&mut file)?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Exported {
            bytes: file.keep()?,
            file: name.clone(),
            entries,
        })
    };
    context
        .output
        .result(&written().map_err(|error| cannot_write(&name, &error))?)
}

fn cannot_write(name: &str, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Failure::new(Exit::BadInput, "exists", error.to_string())
            .hint("nothing is overwritten: name another file with --out, or move that one away");
    }
    Failure::new(Exit::Outside, "output", format!("cannot write {name}"))
        .hint("check the folder, its permissions and the room on the disk")
        .because(error)
}
