//! Writing into charts.

use super::super::command::Act;
use super::super::popup::{Entry, Form, Note, Popup, Wrong};
use super::super::shell::Shell;
use super::super::theme::Tone;
use super::{Task, allergy, problem, reason, vitals};
use crate::clinical::Note as ClinicalNote;
use crate::clinical::{Body, Instant, Role};
use crate::desk::view::{Amends, Stamp};

pub(super) fn popup(task: &Task, now: Stamp) -> Popup {
    let form =
        |title: &str, entries| Popup::Form(Box::new(Form::new(title, task.clone(), entries)));
    match task {
        Task::Note { mrn, amends } => {
            let before = written(amends.as_ref()).text;
            let title = if amends.is_some() {
                "Amend the note"
            } else {
                "Note"
            };
            Popup::Note(Box::new(Note::new(
                format!("{title}  {mrn}"),
                &before,
                task.clone(),
            )))
        }
        Task::Vitals { mrn, amends } => form(
            &format!("Vital signs  {mrn}"),
            vitals::entries(amends.as_ref(), now),
        ),
        Task::Problem { mrn, amends } => form(
            &format!("Problem  {mrn}"),
            problem::entries(amends.as_ref()),
        ),
        Task::Allergy { mrn, amends } => form(
            &format!("Allergy or intolerance  {mrn}"),
            allergy::entries(amends.as_ref()),
        ),
        Task::Retract { headline, .. } => reason("Withdraw an entry", headline, task.clone()),
        Task::Attend { mrn, who } => {
            let named = Form::new(
                format!("Attending doctor  {mrn}"),
                task.clone(),
                vec![Entry::text("doctor", "", "login of a doctor of the unit")],
            );
            Popup::Form(Box::new(named.under(vec![
                (who.clone(), Tone::Title),
                ("The attending doctor decides who else may read the chart. The patient sees who it is and who named them.".to_owned(), Tone::Text),
            ])))
        }
        _ => unreachable!("Task::begin sends only tasks of charts here"),
    }
}

pub(super) fn filled(task: Task, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
    match task {
        Task::Vitals { mrn, amends } => {
            let mut vitals = vitals::filled(form, amends.as_ref(), shell)?;
            if amends.is_none() {
                vitals.self_reported = shell.role() == Some(Role::Patient);
            }
            write(mrn, amends, Body::Vitals(vitals), shell);
        }
        Task::Problem { mrn, amends } => {
            let mut condition = problem::filled(form, amends.as_ref())?;
            if amends.is_none() {
                condition.recorded = clock(shell);
            }
            write(mrn, amends, Body::Condition(condition), shell);
        }
        Task::Allergy { mrn, amends } => {
            let mut allergy = allergy::filled(form, amends.as_ref())?;
            if amends.is_none() {
                allergy.recorded = clock(shell);
            }
            write(mrn, amends, Body::Allergy(allergy), shell);
        }
        Task::Retract { entry, .. } => {
            let reason = form.needed("reason")?.to_owned();
            shell.act(Act::Retract { entry, reason });
        }
        Task::Attend { mrn, .. } => {
            let doctor = form.needed("doctor")?.to_owned();
            shell.act(Act::Attend { mrn, doctor });
        }
        _ => unreachable!("Task::filled sends only tasks of charts here"),
    }
    Ok(())
}

/// Takes a note's text.
pub(super) fn note(task: &Task, text: &str, shell: &mut Shell) -> Result<(), Wrong> {
    let Task::Note { mrn, amends } = task else {
        unreachable!("only a note is written as a text");
    };
    let text = text.trim_end();
    if text.trim().is_empty() {
        return Err(Wrong::new("note", "there is nothing in it yet"));
    }
    let mut note = written(amends.as_ref());
    text.clone_into(&mut note.text);
    note.author_role = shell.role();
    if amends.is_none() {
        note.at = clock(shell);
    }
    write(mrn.clone(), amends.clone(), Body::Note(note), shell);
    Ok(())
}

fn write(mrn: String, amends: Option<Amends>, body: Body, shell: &mut Shell) {
    let body = Box::new(body);
    shell.act(match amends {
        Some(Amends { entry, .. }) => Act::Amend { entry, body },
        None => Act::Write { mrn, body },
    });
}

/// The note that is amended; an empty one where none is.
fn written(amends: Option<&Amends>) -> ClinicalNote {
    match amends.map(|amends| &*amends.body) {
        Some(Body::Note(before)) => before.clone(),
        _ => ClinicalNote::default(),
    }
}

fn clock(shell: &Shell) -> Option<Instant> {
    Instant::from_unix_millis(shell.now.millis())
}

/// A choice as the domain's own word; `None` where the field was left empty.
pub(super) fn word<T: std::str::FromStr>(
    form: &Form,
    label: &'static str,
) -> Result<Option<T>, Wrong>
where
    T::Err: std::fmt::Display,
{
    if form.given(label).is_none() {
        return Ok(None);
    }
    form.chosen(label)?
        .parse()
        .map(Some)
        .map_err(|error| Wrong::new(label, error))
}
