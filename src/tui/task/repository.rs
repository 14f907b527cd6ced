//! The backup repository: verifying it, and what is done with the restore shares.

use std::path::PathBuf;

use super::super::command::JobKind;
use super::super::popup::{Entry, Form, Popup, Wrong};
use super::super::shell::Shell;
use super::super::theme::Tone;
use super::Task;
use crate::backup::restore::Damage;
use crate::backup::verify::ReadData;

/// Labels of the fields for shares: no form has more.
const SHARES: [&str; 8] = [
    "share 1", "share 2", "share 3", "share 4", "share 5", "share 6", "share 7", "share 8",
];

/// What is said above fields for shares.
const ABOUT_SHARES: &str =
    "Of each restore share name the file, or paste or type its text. They leave no trace here.";

const PRESENCE: &str = "presence";
const EVERYTHING: &str = "everything";

const REFUSE: &str = "refuse";
const ACCEPT: &str = "accept";

/// A field for each share that is needed.
fn shares(needed: u8) -> impl Iterator<Item = Entry> {
    let needed = if needed == 0 { 3 } else { usize::from(needed) };
    SHARES.into_iter().take(needed).map(|label| {
        let mut entry = Entry::path_or_secret(label);
        "its file, or its text".clone_into(&mut entry.hint);
        entry
    })
}

fn head() -> Entry {
    Entry::text(
        "printed head",
        "",
        "as the last backup printed it, if you have it",
    )
}

pub(super) fn popup(task: &Task) -> Popup {
    let form = match task {
        Task::VerifyBackup => Form::new(
            "Verify the backup",
            task.clone(),
            vec![
                Entry::choice("read", PRESENCE, &[PRESENCE, EVERYTHING]),
                head(),
            ],
        )
        .under(vec![("Checks the chain of snapshots and that every object is there; with `everything`, also that each is what was sent. The host cannot open them.".to_owned(), Tone::Text)]),
        Task::Restore { threshold } => {
            let mut entries = vec![
                Entry::text("folder", "", "for the vault; it must not exist, or be empty"),
                Entry::text("snapshot", "", "its id; the newest if none is named"),
                head(),
                Entry::choice("damage", REFUSE, &[REFUSE, ACCEPT]),
            ];
            entries.extend(shares(*threshold));
            Form::new("Restore", task.clone(), entries)
                .under(vec![(ABOUT_SHARES.to_owned(), Tone::Text)])
        }
        Task::Drill { threshold } => {
            let mut entries = vec![
                Entry::text("user", "", "who opens charts there; an admin opens none"),
                Entry::text("charts", "5", "how many"),
            ];
            entries.extend(shares(*threshold));
            entries.push(Entry::secret("passphrase"));
            Form::new("Drill", task.clone(), entries).under(vec![(
                format!("Restores into a scratch folder, opens charts there, removes it, and puts recovery time and point on record. {ABOUT_SHARES}"),
                Tone::Text,
            )])
        }
        _ => unreachable!("Task::begin sends only tasks of the repository here"),
    };
    Popup::Form(Box::new(form))
}

pub(super) fn filled(task: &Task, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
    match task {
        Task::VerifyBackup => {
            let read = match form.chosen("read")? {
                EVERYTHING => ReadData::All,
                _ => ReadData::default(),
            };
            let head = form.parsed("printed head")?;
            shell.start(JobKind::VerifyBackup { read, head });
        }
        Task::Restore { threshold } => {
            let into = PathBuf::from(form.needed("folder")?);
            let snapshot = form.given("snapshot").map(str::to_owned);
            let head = form.parsed("printed head")?;
            let damage = match form.chosen("damage")? {
                ACCEPT => Damage::Accept,
                _ => Damage::Refuse,
            };
            let shares = taken(*threshold, form)?;
            shell.start(JobKind::Restore {
                into,
                snapshot,
                head,
                shares,
                damage,
            });
        }
        Task::Drill { threshold } => {
            let login = form.needed("user")?.to_owned();
            let charts = form.parsed("charts")?.unwrap_or(5);
            let given = |label| form.given(label).is_some();
            if !given("passphrase") {
                return Err(Wrong::new("passphrase", "this is needed"));
            }
            let shares = taken(*threshold, form)?;
            let passphrase = form.secret("passphrase")?;
            shell.start(JobKind::Drill {
                login,
                passphrase,
                charts,
                shares,
            });
        }
        _ => unreachable!("Task::filled sends only tasks of the repository here"),
    }
    Ok(())
}

/// Every share, once all are there: taking one wipes its field.
fn taken(threshold: u8, form: &mut Form) -> Result<Vec<crate::crypto::secret::SecretBytes>, Wrong> {
    let labels: Vec<&'static str> = shares(threshold).map(|entry| entry.label).collect();
    if let Some(missing) = labels.iter().find(|label| form.given(label).is_none()) {
        return Err(Wrong::new(missing, "this is needed"));
    }
    labels.into_iter().map(|label| form.secret(label)).collect()
}
