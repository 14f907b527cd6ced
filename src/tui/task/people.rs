//! Users and units.

use super::super::command::Act;
use super::super::popup::{Entry, Form, Popup, Wrong};
use super::super::shell::Shell;
use super::super::theme::Tone;
use super::Task;
use crate::clinical::Role;

const ROLES: [&str; 7] = [
    "doctor",
    "nurse",
    "pharmacist",
    "registrar",
    "patient",
    "admin",
    "auditor",
];

pub(super) fn popup(task: &Task) -> Popup {
    let words = |units: &[String]| {
        units
            .iter()
            .map(String::as_str)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let form = match task {
        Task::AddUser { units } => {
            let units = words(units);
            let units: Vec<&str> = units.iter().map(String::as_str).collect();
            Form::new(
                "Invite a user",
                task.clone(),
                vec![
                    Entry::text("login", "", ""),
                    Entry::text("name", "", "as others see it"),
                    Entry::choice("role", "", &ROLES),
                    Entry::choice("unit", "", &units),
                ],
            )
            .under(vec![("A one-time code is written to a file for you to hand over. The user makes keys and passphrase with it; you certify them after comparing the fingerprint.".to_owned(), Tone::Text)])
        }
        Task::Approve { login, fingerprint } => {
            let shown = fingerprint.as_deref().unwrap_or("not made yet");
            Form::new(
                format!("Certify {login}"),
                task.clone(),
                vec![Entry::text("fingerprint", "", "as the user reads it out")],
            )
            .under(vec![
                (
                    "Compare face to face. Type what the user reads from their screen:".to_owned(),
                    Tone::Text,
                ),
                (
                    format!("the vault has  {}", hidden_half(shown)),
                    Tone::Heading,
                ),
            ])
        }
        Task::Join { login, units } => {
            let units = words(units);
            let units: Vec<&str> = units.iter().map(String::as_str).collect();
            Form::new(
                format!("Put {login} into a unit"),
                task.clone(),
                vec![Entry::choice("unit", "", &units)],
            )
            .under(vec![(
                "A member's session delivers the keys; until then the membership is pending."
                    .to_owned(),
                Tone::Text,
            )])
        }
        Task::AddUnit => Form::new(
            "New unit",
            task.clone(),
            vec![
                Entry::text("name", "", ""),
                Entry::choice("kind", "ward", &["ward", "clinic", "pharmacy"]),
            ],
        ),
        _ => unreachable!("Task::begin sends only tasks of people here"),
    };
    Popup::Form(Box::new(form))
}

pub(super) fn filled(task: Task, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
    match task {
        Task::AddUser { .. } => {
            let login = form.needed("login")?.to_owned();
            let name = form.needed("name")?.to_owned();
            let role: Role = form
                .chosen("role")?
                .parse()
                .map_err(|error| Wrong::new("role", error))?;
            let units = match form.given("unit") {
                Some(_) => vec![form.chosen("unit")?.to_owned()],
                None => Vec::new(),
            };
            shell.act(Act::AddUser {
                login,
                name,
                role,
                units,
            });
        }
        Task::Approve { login, fingerprint } => {
            let plain = |text: &str| {
                text.chars()
                    .filter(char::is_ascii_hexdigit)
                    .collect::<String>()
                    .to_lowercase()
            };
            let typed = form.needed("fingerprint")?.to_owned();
            match fingerprint {
                Some(known) if plain(&known) == plain(&typed) => shell.act(Act::Approve {
                    login,
                    fingerprint: known,
                }),
                Some(_) => {
                    return Err(Wrong::new(
                        "fingerprint",
                        "they differ: do not certify, ask the user to come",
                    ));
                }
                None => return Err(Wrong::new("fingerprint", "this user has made no keys yet")),
            }
        }
        Task::Join { login, .. } => {
            let unit = form.chosen("unit")?.to_owned();
            shell.act(Act::Join { unit, login });
        }
        Task::AddUnit => {
            let name = form.needed("name")?.to_owned();
            let kind = form.chosen("kind")?.to_owned();
            shell.act(Act::AddUnit { name, kind });
        }
        _ => unreachable!("Task::filled sends only tasks of people here"),
    }
    Ok(())
}

/// The first half of a fingerprint. The other half must come from the user, so that it cannot be typed off the screen.
fn hidden_half(fingerprint: &str) -> String {
    let half = fingerprint.chars().count() / 2;
    fingerprint
        .chars()
        .enumerate()
        .map(|(at, c)| if at < half || c == ' ' { c } else { '·' })
        .collect()
}
