//! Who a patient is: admitting them, being told of a chart that may be theirs already, correcting it.

use super::super::command::{Act, Query};
use super::super::popup::{Entry, Form, Popup, Wrong};
use super::super::shell::Shell;
use super::super::theme::Tone;
use super::Task;
use super::chart::word;
use crate::clinical::{Body, Identity, Instant, Name, Sex};
use crate::desk::view::{Amends, ChartLine};

/// The field that says of a namesake that it is somebody else.
pub const ANOTHER: &str = "another person";

const SEXES: [&str; 4] = ["male", "female", "other", "unknown"];

pub(super) fn popup(task: &Task) -> Popup {
    let (title, mut entries) = match task {
        Task::Correct { mrn, amends } => (
            format!("Who the patient is  {mrn}"),
            fields(&before(amends)),
        ),
        _ => ("Admit a patient".to_owned(), fields(&Identity::default())),
    };
    if let Task::Admit { units } | Task::AdmitNamesake { units, .. } = task {
        let units: Vec<&str> = units.iter().map(String::as_str).collect();
        let first = units.first().copied().unwrap_or("");
        entries.push(Entry::choice("unit", first, &units));
    }
    let mut intro = Vec::new();
    if let Task::AdmitNamesake { known, .. } = task {
        entries.push(Entry::choice(ANOTHER, "no", &["no", "yes"]));
        intro.push((
            "This may be somebody who has a chart here:".to_owned(),
            Tone::Alert,
        ));
        intro.extend(known.iter().map(|line| (describe(line), Tone::Text)));
    }
    Popup::Form(Box::new(
        Form::new(title, task.clone(), entries).under(intro),
    ))
}

fn fields(identity: &Identity) -> Vec<Entry> {
    let name = identity.name().cloned().unwrap_or_default();
    let born = identity.birth.map(|birth| birth.to_string());
    let phone = identity.phones.first().cloned().unwrap_or_default();
    vec![
        Entry::text("family name", &name.family, ""),
        Entry::text("given names", &name.given.join(" "), ""),
        Entry::text(
            "born",
            born.as_deref().unwrap_or(""),
            "1961, 1961-04 or 1961-04-03",
        ),
        Entry::choice("sex", identity.sex.as_str(), &SEXES),
        Entry::text("phone", &phone, ""),
    ]
}

/// `Mejía, Gustavo · 1961-04-03 · male · 0012-7 · Ward A`.
fn describe(line: &ChartLine) -> String {
    let born = line.birth_date.as_deref().unwrap_or("birth unknown");
    let mut parts = vec![line.name.as_str(), born];
    parts.extend(line.sex.as_deref());
    parts.push(&line.mrn);
    parts.extend(line.units.iter().map(String::as_str));
    parts.join(" · ")
}

pub(super) fn filled(task: Task, form: &mut Form, shell: &mut Shell) -> Result<(), Wrong> {
    match task {
        Task::Admit { .. } => {
            let identity = said(form, &Identity::default(), shell)?;
            ask(form, identity, shell)
        }
        Task::AdmitNamesake { identity: told, .. } => {
            let identity = said(form, &Identity::default(), shell)?;
            if identity != *told {
                return ask(form, identity, shell);
            }
            if form.chosen(ANOTHER)? != "yes" {
                let remedy = "leave this and open that chart, or say yes: it is somebody else";
                return Err(Wrong::new(ANOTHER, remedy));
            }
            shell.act(Act::Admit {
                unit: form.chosen("unit")?.to_owned(),
                identity: Box::new(identity),
            });
            Ok(())
        }
        Task::Correct { amends, .. } => {
            let identity = said(form, &before(&amends), shell)?;
            shell.act(Act::Amend {
                entry: amends.entry,
                body: Box::new(Body::Identity(identity)),
            });
            Ok(())
        }
        _ => unreachable!("Task::filled sends only tasks of who a patient is here"),
    }
}

/// Asks first whether there is a chart already that may be this person's.
fn ask(form: &Form, identity: Identity, shell: &mut Shell) -> Result<(), Wrong> {
    let unit = form.chosen("unit")?.to_owned();
    shell.say("looking for a chart that is here already …", Tone::Muted);
    shell.ask_and_wait(Query::Namesakes {
        unit,
        identity: Box::new(identity),
    });
    Ok(())
}

/// The identity as the form has it, upon what `before` said.
fn said(form: &Form, before: &Identity, shell: &Shell) -> Result<Identity, Wrong> {
    let mut identity = before.clone();
    let family = form.needed("family name")?;
    if form.changed("family name") || form.changed("given names") {
        let new = Name::new(form.given("given names").unwrap_or_default(), family);
        let shown = before.name();
        match identity
            .names
            .iter_mut()
            .find(|name| Some(&**name) == shown)
        {
            Some(name) => {
                (name.family, name.given) = (new.family, new.given);
                name.text.clear();
            }
            None => identity.names.push(new),
        }
    }
    if form.changed("born") {
        identity.birth = form.parsed("born")?;
    }
    if form.changed("sex") {
        identity.sex = word::<Sex>(form, "sex")?.unwrap_or_default();
    }
    if form.changed("phone") {
        let phone = form.given("phone").map(str::to_owned);
        let others = identity.phones.iter().skip(1).cloned();
        identity.phones = phone.into_iter().chain(others).collect();
    }
    let now = Instant::from_unix_millis(shell.now.millis());
    let was = Body::Identity(before.clone());
    if let Some(now) = now {
        Body::Identity(identity.clone())
            .has_happened(Some(&was), &now)
            .map_err(|error| Wrong::new("born", error))?;
    }
    identity
        .has_numbers(Some(before))
        .map_err(|error| Wrong::new("phone", error))?;
    Ok(identity)
}

fn before(amends: &Amends) -> Identity {
    match &*amends.body {
        Body::Identity(identity) => identity.clone(),
        _ => Identity::default(),
    }
}
