//! Asking for access, deciding, and the emergency.

use super::super::command::Act;
use super::super::popup::{Entry, Form, Popup, Wrong};
use super::super::shell::Shell;
use super::super::theme::Tone;
use super::super::when;
use super::{Task, reason};
use crate::desk::access::glass::SHORTEST_REASON;
use crate::desk::view::Stamp;

const SECTIONS: [&str; 3] = ["identity", "clinical", "medication"];

pub(super) fn popup(task: &Task) -> Popup {
    match task {
        Task::Request { mrn } => {
            let entries = vec![
                Entry::text("chart", mrn.as_deref().unwrap_or(""), "its number"),
                Entry::text("sections", "identity clinical medication", ""),
                Entry::text("purpose", "", "the patient reads it"),
                Entry::text("until", "t+1m", "t+3w, 2026-12-31; empty: no end"),
            ];
            let intro = "The patient, or who decides for them, is asked. Nobody ever sees a key.";
            Popup::Form(Box::new(
                Form::new("Ask for access", task.clone(), entries)
                    .under(vec![(intro.to_owned(), Tone::Text)]),
            ))
        }
        Task::Grant { what, .. } => {
            let entries = vec![Entry::text(
                "until",
                "",
                "t+3w, 2026-12-31; empty: as asked",
            )];
            Popup::Form(Box::new(
                Form::new("Grant access", task.clone(), entries)
                    .under(vec![(what.clone(), Tone::Text)]),
            ))
        }
        Task::RefuseAccess { what, .. } => reason("Refuse access", what, task.clone()),
        Task::Revoke { what, .. } => reason("End access", what, task.clone()),
        Task::Share { mrn } => {
            let entries = vec![
                Entry::text("colleague", "", "their login"),
                Entry::text("sections", "identity clinical medication", ""),
                Entry::text(
                    "until",
                    "t+1m",
                    "t+3w, 2026-12-31; no longer than you hold it",
                ),
            ];
            let intro =
                "Your colleague accepts it first. The patient and the attending doctor are told.";
            Popup::Form(Box::new(
                Form::new(format!("Share  {mrn}"), task.clone(), entries)
                    .under(vec![(intro.to_owned(), Tone::Text)]),
            ))
        }
        Task::BreakGlass { mrn } => {
            let least = format!("the emergency, at least {SHORTEST_REASON} characters");
            let entries = vec![
                Entry::text("chart", mrn.as_deref().unwrap_or(""), "its number"),
                Entry::text("reason", "", &least),
                Entry::secret("passphrase"),
            ];
            let intro = vec![
                ("This opens a chart that was not given to you.".to_owned(), Tone::Alert),
                ("The patient and the auditors are told at once, the entry is written before anything opens, the time is limited, and another person must close it.".to_owned(), Tone::Text),
            ];
            Popup::Form(Box::new(
                Form::new("Break the glass", task.clone(), entries).under(intro),
            ))
        }
        Task::Review { what, .. } => {
            let entries = vec![
                Entry::text("finding", "", "what you looked at and found"),
                Entry::choice("justified", "", &["yes", "no"]),
            ];
            let form = Form::new("Review a break-glass", task.clone(), entries);
            Popup::Form(Box::new(form.under(vec![(what.clone(), Tone::Text)])))
        }
        _ => unreachable!("Task::begin sends only tasks of access here"),
    }
}

pub(super) fn filled(task: Task, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
    match task {
        Task::Request { .. } => {
            let mrn = form.needed("chart")?.to_owned();
            let sections = sections(form.needed("sections")?)?;
            let purpose = form.needed("purpose")?.to_owned();
            let until = until(form, shell)?;
            shell.act(Act::Request {
                mrn,
                sections,
                purpose,
                until,
            });
        }
        Task::Share { mrn } => {
            let to = form.needed("colleague")?.to_owned();
            let sections = sections(form.needed("sections")?)?;
            let until = until(form, shell)?;
            shell.act(Act::Share {
                mrn,
                to,
                sections,
                until,
            });
        }
        Task::Grant { id, .. } => {
            let until = until(form, shell)?;
            shell.act(Act::Grant { id, until });
        }
        Task::RefuseAccess { id, .. } => {
            let reason = form.needed("reason")?.to_owned();
            shell.act(Act::RefuseAccess { id, reason });
        }
        Task::Revoke { id, .. } => {
            let reason = form.needed("reason")?.to_owned();
            shell.act(Act::Revoke { id, reason });
        }
        Task::BreakGlass { .. } => {
            let mrn = form.needed("chart")?.to_owned();
            let reason = form.needed("reason")?.to_owned();
            let passphrase = form.secret("passphrase")?;
            shell.glass = Some(mrn.clone());
            shell.act(Act::BreakGlass {
                mrn,
                reason,
                passphrase,
            });
        }
        Task::Review { id, .. } => {
            let finding = form.needed("finding")?.to_owned();
            let justified = form.chosen("justified")? == "yes";
            shell.act(Act::Review {
                id,
                finding,
                justified,
            });
        }
        _ => unreachable!("Task::filled sends only tasks of access here"),
    }
    Ok(())
}

fn sections(typed: &str) -> Result<Vec<String>, Wrong> {
    typed
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(|word| {
            let fits = SECTIONS
                .iter()
                .find(|section| section.starts_with(&word.to_lowercase()));
            fits.map(|section| (*section).to_owned()).ok_or_else(|| {
                Wrong::new(
                    "sections",
                    format!("`{word}` is none of {}", SECTIONS.join(", ")),
                )
            })
        })
        .collect()
}

/// A date typed into `until`, which must lie ahead.
fn until(form: &Form, shell: &Shell) -> Result<Option<Stamp>, Wrong> {
    let Some(typed) = form.given("until") else {
        return Ok(None);
    };
    let at = when::typed(typed, shell.now).map_err(|error| Wrong::new("until", error))?;
    if at <= shell.now {
        return Err(Wrong::new("until", "that is over already"));
    }
    Ok(Some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_named_by_their_beginnings() {
        assert_eq!(sections("id, clin").unwrap(), ["identity", "clinical"]);
        assert!(
            sections("access").is_err(),
            "the access section is asked for by nobody"
        );
    }
}
