//! Beginnings: a demonstration, a vault with its first admin, one's own keys. Nobody is logged in yet.

use super::super::command::{JobKind, Query};
use super::super::popup::{Entry, Form, Popup, Wrong};
use super::super::shell::Shell;
use super::super::theme::Tone;
use super::Task;
use crate::crypto::secret::SecretBytes;
use crate::vault::people::SHORTEST_PASSPHRASE;

/// Passphrases shorter than this are refused for the first admin.
const SHORTEST_ADMIN: usize = 12;

/// Patients of a demonstration, and the most that are made from the screen.
const PATIENTS: &str = "200";
const MOST_PATIENTS: usize = 10_000;

pub(super) fn popup(task: &Task) -> Popup {
    let text = |line: &str| vec![(line.to_owned(), Tone::Text)];
    let form = match task {
        Task::Activate { login } => Form::new(
            "Make your keys",
            task.clone(),
            vec![
                Entry::text("login", login, "as you were told"),
                Entry::text("code", "", "as it was handed to you"),
                Entry::secret("passphrase"),
                Entry::secret("once more"),
            ],
        )
        .under(text(&format!("Your keys are made here, under a passphrase that nobody else ever learns: at least {SHORTEST_PASSPHRASE} characters, better four words. An admin certifies them after comparing their fingerprint with you."))),
        Task::Init => Form::new(
            "Make a vault",
            task.clone(),
            vec![
                Entry::text("admin", "", "login of the first admin"),
                Entry::secret("passphrase"),
                Entry::secret("once more"),
                Entry::text("shares", "./shares", "folder for the recovery and restore shares"),
            ],
        )
        .under(text("Two sets of five shares are written, of which any three recover keys or open backups. Give each to another custodian and keep none of them here.")),
        Task::Demo => Form::new(
            "Make a demonstration",
            task.clone(),
            vec![Entry::text("patients", PATIENTS, "more take longer")],
        )
        .under(text("A hospital is made up from a seed: wards, a pharmacy, staff of each role, patients with histories. It takes a minute. Nothing in it is real. The command `chartseal demo` does the same.")),
        _ => unreachable!("Task::begin sends only beginnings here"),
    };
    Popup::Form(Box::new(form))
}

pub(super) fn filled(task: &Task, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
    match task {
        Task::Activate { .. } => {
            let login = form.needed("login")?.to_owned();
            let code = SecretBytes::from_slice(form.needed("code")?.as_bytes());
            let passphrase = chosen_passphrase(form, SHORTEST_PASSPHRASE)?;
            shell.say("making your keys …", Tone::Muted);
            shell.ask_and_wait(Query::Activate {
                login,
                code,
                passphrase,
            });
        }
        Task::Init => {
            let admin = form.needed("admin")?.to_owned();
            let shares_out = form.given("shares").map(str::to_owned);
            let passphrase = chosen_passphrase(form, SHORTEST_ADMIN)?;
            shell.start(JobKind::Init {
                admin,
                passphrase,
                shares_out,
            });
        }
        Task::Demo => {
            form.needed("patients")?;
            let patients: usize = form.parsed("patients")?.unwrap_or_default();
            if !(1..=MOST_PATIENTS).contains(&patients) {
                let text = format!("from 1 to {MOST_PATIENTS}");
                return Err(Wrong::new("patients", text));
            }
            shell.start(JobKind::Demo { patients });
        }
        _ => unreachable!("Task::filled sends only beginnings here"),
    }
    Ok(())
}

/// A new passphrase, typed twice.
fn chosen_passphrase(form: &mut Form, shortest: usize) -> Result<SecretBytes, Wrong> {
    let passphrase = form.secret("passphrase")?;
    let again = form.secret("once more")?;
    if passphrase != again {
        return Err(Wrong::new("passphrase", "the two differ; type both again"));
    }
    if String::from_utf8_lossy(passphrase.expose()).chars().count() < shortest {
        return Err(Wrong::new(
            "passphrase",
            format!("at least {shortest} characters; four words are good"),
        ));
    }
    Ok(passphrase)
}
