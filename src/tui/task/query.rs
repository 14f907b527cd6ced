//! Keeping a query.

use super::super::command::Act;
use super::super::popup::{Entry, Form, Popup, Wrong};
use super::super::shell::Shell;
use super::super::theme::Tone;
use super::Task;

pub(super) fn popup(task: &Task, query: &str, name: &str) -> Popup {
    let entries = vec![Entry::text("name", name, "only you see it")];
    Popup::Form(Box::new(
        Form::new("Keep this query", task.clone(), entries)
            .under(vec![(query.to_owned(), Tone::Text)]),
    ))
}

pub(super) fn filled(query: &str, form: &Form, shell: &mut Shell) -> Result<(), Wrong> {
    let name = form.needed("name")?.to_owned();
    shell.act(Act::KeepQuery {
        name,
        query: query.to_owned(),
    });
    Ok(())
}
