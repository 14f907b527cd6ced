//! `export sealed`, `export open` and `export recipient`: entries for somebody outside the vault.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::backup::{no_target, target, texts};
use super::{Context, Exit, Failure, input};
use crate::backup::PrintedHead;
use crate::config::OutFile;
use crate::crypto::hash::Hash;
use crate::crypto::password::Cost;
use crate::desk::DeskError;
use crate::desk::view::{Proceed, Progress, RecipientMade};
use crate::interop::sealed::{Recipient, RecipientKey, SealedError, fingerprint};
use crate::jobs::sealed_export::{self, Order, Source, What};
use crate::ledger::Section;
use crate::vault::host::write_private;

/// A chart, or everything that one person signed, sealed to a recipient outside the vault
///
/// Bodies go along as far as your keys open them. It is put on record first: in the chart, where the patient and the auditors see it.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["chart", "signed_by"]))]
pub struct Sealed {
    /// The chart's number
    #[arg(long, value_name = "MRN")]
    chart: Option<String>,
    /// Everything that this person signed: for themself, auditors and admins
    #[arg(long, value_name = "LOGIN")]
    signed_by: Option<String>,
    /// Sections of the chart, separated by commas [default: identity, clinical and medication, as far as your keys open them]
    #[arg(
        long,
        value_name = "S,S",
        value_delimiter = ',',
        conflicts_with = "signed_by"
    )]
    sections: Option<Vec<Section>>,
    /// The recipient's public key; compare its fingerprint with them first
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// What for; goes on record and to the recipient
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// The file to write, which must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// From a snapshot instead of the vault: a folder or the address of a cluster
    #[arg(long, value_name = "URI", requires = "shares")]
    from: Option<String>,
    /// Which snapshot [default: the newest]
    #[arg(long, value_name = "ID", requires = "from")]
    snapshot: Option<String>,
    /// The head that the last backup printed: refuses an older state and a fork
    #[arg(long, value_name = "TEXT", requires = "from")]
    head: Option<PrintedHead>,
    /// A restore share; as many as the threshold asks for
    #[arg(long = "share", value_name = "FILE")]
    shares: Vec<PathBuf>,
    /// Folder below which the scratch folder is made [default: that of the vault]
    #[arg(long, value_name = "DIR", requires = "from")]
    scratch: Option<PathBuf>,
}

/// Open what was sealed to you, verify all of it, and write its entries as JSON lines; needs no vault and no user
#[derive(Debug, Args)]
pub struct Open {
    /// The sealed export
    file: PathBuf,
    /// Your secret key; its passphrase is asked, or read from --passphrase-file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The vault that it must come from, as the sender told you by another way
    #[arg(long, value_name = "HASH")]
    vault_id: Option<Hash>,
    /// File for the entries, one JSON object a line, which must not exist [default: only verify]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Make a pair of keys for a recipient: NAME.key to keep, NAME.pub to give away; needs no vault and no user
#[derive(Debug, Args)]
pub struct MakeRecipient {
    /// Who it is for, in one line
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// The files without their endings; neither may exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Sealed {
    /// Writes the file.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let to = Recipient::parse(&input::read(&self.to)?)
            .map_err(|error| Failure::from(error).about(&self.to))?;
        let order = Order {
            what: match (&self.chart, &self.signed_by) {
                (Some(mrn), _) => What::Chart {
                    mrn,
                    sections: self.sections.as_deref(),
                },
                (None, Some(login)) => What::SignedBy(login),
                (None, None) => return Err(no_subject()),
            },
            to: &to,
            purpose: &self.purpose,
            out: &self.out,
        };
        let watch = context.watch().interruptible();
        let report = &|progress: &Progress| -> Proceed { watch.report(progress) };
        let made = if self.from.is_some() || !self.shares.is_empty() {
            self.out_of_snapshot(context, &order, report)
        } else {
            let session = context.session()?;
            sealed_export::export(&session, &order, report).map_err(Failure::from)
        };
        drop(watch);
        context.output.result(&made?)
    }

    fn out_of_snapshot(
        &self,
        context: &Context,
        order: &Order<'_>,
        watch: crate::desk::view::Reporter<'_>,
    ) -> Result<crate::desk::view::SealedMade, Failure> {
        let address = self.from.as_deref().ok_or_else(no_target)?;
        let source = Source {
            target: &target(context, address)?,
            snapshot: self.snapshot.as_deref(),
            shares: &texts(&self.shares)?,
            head: self.head.as_ref(),
            scratch: self.scratch.as_deref(),
            login: context.login()?,
            passphrase: &context.passphrase()?,
        };
        let paths = &context.config.paths;
        Ok(sealed_export::export_from_snapshot(
            paths, &source, order, watch,
        )?)
    }
}

fn no_subject() -> Failure {
    Failure::new(Exit::Usage, "usage", "nothing is named to be exported")
        .hint("name a chart with --chart, or a person with --signed-by")
}

impl Open {
    /// Verifies, and writes the entries where that is asked.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let text = input::read_secret(&self.key)?;
        let passphrase =
            context.passphrase_of(&format!("the recipient's key {}", self.key.display()))?;
        let key = RecipientKey::open(text.expose(), passphrase.expose())
            .map_err(|error| Failure::from(error).about(&self.key))?;
        let watch = context.watch().interruptible();
        let opened = sealed_export::open(
            &self.file,
            key.key(),
            self.vault_id.as_ref(),
            self.out.as_deref(),
            &|progress: &Progress| -> Proceed { watch.report(progress) },
        );
        drop(watch);
        let opened = opened.map_err(|error| match error {
            // These are not about the export.
            SealedError::Exists(_) | SealedError::Unwritable { .. } => error.into(),
            error => Failure::from(error).about(&self.file),
        })?;
        context.output.result(&opened)
    }
}

impl MakeRecipient {
    /// Writes the two files.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let key = RecipientKey::random(&self.name)?;
        let [secret_file, public_file] = ["key", "pub"].map(|ending| with(&self.out, ending));
        for file in [&secret_file, &public_file] {
            if file.symlink_metadata().is_ok() {
                let name = file.display();
                return Err(Failure::new(
                    Exit::BadInput,
                    "exists",
                    format!("{name} exists already"),
                )
                .hint("nothing is overwritten: name other files with --out"));
            }
        }
        let passphrase = context.new_passphrase(&format!("the recipient's key {}", self.name))?;
        let recipient = key.recipient();
        let text = key.text(passphrase.expose(), Cost::RECOVERY)?;
        write_private(&secret_file, text.trim_end().as_bytes()).map_err(DeskError::from)?;
        let written = OutFile::create(&public_file).and_then(|mut file| {
            file.write_all(recipient.text().as_bytes())?;
            file.keep()
        });
        if let Err(error) = written {
            // One half alone is of no use.
            let _ = std::fs::remove_file(&secret_file);
            return Err(DeskError::io(&public_file, error).into());
        }
        context.output.result(&RecipientMade {
            name: recipient.name.clone(),
            key_file: secret_file.display().to_string(),
            public_file: public_file.display().to_string(),
            fingerprint: fingerprint(&recipient.key),
        })
    }
}

/// `jones` becomes `jones.pub`; a dot in the name stays.
fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
