//! Writing into charts.

use serde_json::Value;

use super::super::command::Act;
use super::super::pane::resource::decoded;
use super::super::popup::{Entry, Form, Note, Popup, Wrong};
use super::super::shell::Shell;
use super::super::theme::Tone;
use super::{Amends, Task, reason};
use crate::clinical::Note as ClinicalNote;
use crate::clinical::coding::system;
use crate::clinical::{
    Allergy, Body, ClinicalStatus, Concept, Condition, Criticality, Decimal, Identity, Instant,
    Name, Reaction, Sex, Verification, Vitals,
};

/// The measures of the vitals form: label, unit, LOINC code by which an earlier version is read.
const MEASURES: [(&str, &str, &str); 10] = [
    ("systolic", "mmHg", "8480-6"),
    ("diastolic", "mmHg", "8462-4"),
    ("pulse", "/min", "8867-4"),
    ("respiration", "/min", "9279-1"),
    ("SpO2", "%", "59408-5"),
    ("temperature", "°C", "8310-5"),
    ("weight", "kg", "29463-7"),
    ("height", "cm", "8302-2"),
    ("pain", "0 to 10", "72514-3"),
    ("glucose", "mmol/L", "15074-8"),
];

pub(super) fn popup(task: &Task) -> Popup {
    let form =
        |title: &str, entries| Popup::Form(Box::new(Form::new(title, task.clone(), entries)));
    match task {
        Task::Note { mrn, amends } => {
            let before = amends
                .as_ref()
                .map(|amends| text_of(&amends.body))
                .unwrap_or_default();
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
        Task::Vitals { mrn, amends } => {
            let entries = MEASURES
                .iter()
                .map(|(label, unit, code)| {
                    let before = amends
                        .as_ref()
                        .and_then(|amends| measured(&amends.body, code))
                        .unwrap_or_default();
                    Entry::text(label, &before, unit)
                })
                .collect();
            form(&format!("Vital signs  {mrn}"), entries)
        }
        Task::Problem { mrn, amends } => {
            let (words, code) = amends
                .as_ref()
                .map(|a| concept_of(&a.body["code"]))
                .unwrap_or_default();
            form(
                &format!("Problem  {mrn}"),
                vec![
                    Entry::text("problem", &words, ""),
                    Entry::text("ICD-10", &code, "such as I10"),
                    Entry::choice(
                        "status",
                        "active",
                        &["active", "inactive", "remission", "resolved"],
                    ),
                    Entry::choice(
                        "certainty",
                        "confirmed",
                        &[
                            "unconfirmed",
                            "provisional",
                            "differential",
                            "confirmed",
                            "refuted",
                        ],
                    ),
                    Entry::text("since", "", "2019, 2019-04 or 2019-04-03"),
                    Entry::text("remark", "", ""),
                ],
            )
        }
        Task::Allergy { mrn, amends } => {
            let (words, _) = amends
                .as_ref()
                .map(|a| concept_of(&a.body["code"]))
                .unwrap_or_default();
            form(
                &format!("Allergy or intolerance  {mrn}"),
                vec![
                    Entry::text("substance", &words, "or none known"),
                    Entry::text("reaction", "", "such as anaphylaxis, rash"),
                    Entry::choice("severity", "", &["mild", "moderate", "severe"]),
                    Entry::choice("danger", "", &["low", "high", "unknown"]),
                    Entry::choice(
                        "certainty",
                        "unconfirmed",
                        &["unconfirmed", "confirmed", "refuted"],
                    ),
                    Entry::text("remark", "", ""),
                ],
            )
        }
        Task::Retract { headline, .. } => reason("Withdraw an entry", headline, task.clone()),
        Task::Admit { units } => {
            let units: Vec<&str> = units.iter().map(String::as_str).collect();
            form(
                "Admit a patient",
                vec![
                    Entry::text("family name", "", ""),
                    Entry::text("given names", "", ""),
                    Entry::text("born", "", "1961, 1961-04 or 1961-04-03"),
                    Entry::choice("sex", "unknown", &["male", "female", "other", "unknown"]),
                    Entry::text("phone", "", ""),
                    Entry::choice("unit", units.first().copied().unwrap_or(""), &units),
                ],
            )
        }
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
            let body = Body::Vitals(vitals(form, shell)?);
            write(mrn, amends, body, shell);
        }
        Task::Problem { mrn, amends } => {
            let words = form.needed("problem")?;
            let condition = Condition {
                concept: form.given("ICD-10").map_or_else(
                    || Concept::text(words),
                    |code| Concept::coded(system::ICD10, code, words),
                ),
                status: word::<ClinicalStatus>(form, "status")?.unwrap_or_default(),
                verification: word::<Verification>(form, "certainty")?.unwrap_or_default(),
                onset: form.parsed("since")?,
                recorded: Instant::from_unix_millis(shell.now.millis()),
                note: form.given("remark").map(str::to_owned),
                ..Condition::default()
            };
            write(mrn, amends, Body::Condition(condition), shell);
        }
        Task::Allergy { mrn, amends } => {
            let substance = form.needed("substance")?;
            let allergy = if substance.eq_ignore_ascii_case("none known") {
                Allergy::none_known()
            } else {
                let reaction = form.given("reaction").map(Concept::text);
                let severity = word(form, "severity")?;
                Allergy {
                    substance: Concept::text(substance),
                    criticality: word::<Criticality>(form, "danger")?,
                    verification: word::<Verification>(form, "certainty")?.unwrap_or_default(),
                    reactions: reaction
                        .map(|manifestation| Reaction {
                            manifestation,
                            severity,
                        })
                        .into_iter()
                        .collect(),
                    recorded: Instant::from_unix_millis(shell.now.millis()),
                    note: form.given("remark").map(str::to_owned),
                    ..Allergy::default()
                }
            };
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
        Task::Admit { .. } => {
            let name = Name::new(
                form.given("given names").unwrap_or_default(),
                form.needed("family name")?,
            );
            let identity = Identity {
                names: vec![name],
                birth: form.parsed("born")?,
                sex: word::<Sex>(form, "sex")?.unwrap_or_default(),
                phones: form.given("phone").map(str::to_owned).into_iter().collect(),
                ..Identity::default()
            };
            let unit = form.chosen("unit")?.to_owned();
            shell.act(Act::Admit {
                unit,
                identity: Box::new(identity),
            });
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
    let titled = amends.as_ref().and_then(Amends::title);
    let note = ClinicalNote {
        title: titled.unwrap_or_default().to_owned(),
        text: text.to_owned(),
        at: Instant::from_unix_millis(shell.now.millis()),
        author_role: shell.role(),
        ..ClinicalNote::default()
    };
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

fn vitals(form: &Form, shell: &Shell) -> Result<Vitals, Wrong> {
    let value = |label| form.parsed::<Decimal>(label);
    if MEASURES
        .iter()
        .all(|(label, ..)| form.given(label).is_none())
    {
        return Err(Wrong::new("systolic", "nothing was measured yet"));
    }
    Ok(Vitals {
        at: Instant::from_unix_millis(shell.now.millis()),
        systolic: value("systolic")?,
        diastolic: value("diastolic")?,
        pulse: value("pulse")?,
        respiration: value("respiration")?,
        spo2: value("SpO2")?,
        temperature: value("temperature")?,
        weight: value("weight")?,
        height: value("height")?,
        pain: value("pain")?,
        glucose: value("glucose")?,
        self_reported: shell.role() == Some(crate::clinical::Role::Patient),
        ..Vitals::default()
    })
}

/// A choice as the domain's own word; `None` where the field was left empty.
fn word<T: std::str::FromStr>(form: &Form, label: &'static str) -> Result<Option<T>, Wrong>
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

/// The value of a component, or of the observation itself, by its LOINC code, with the digits as they were written.
fn measured(body: &Value, code: &str) -> Option<String> {
    let carries = |part: &Value| {
        part["code"]["coding"]
            .as_array()
            .is_some_and(|codings| codings.iter().any(|coding| coding["code"] == code))
    };
    let parts = body["component"]
        .as_array()
        .into_iter()
        .flatten()
        .chain(std::iter::once(body));
    let value = parts
        .into_iter()
        .find(|part| carries(part))
        .map(|part| &part["valueQuantity"]["value"])?;
    value.is_number().then(|| value.to_string())
}

fn concept_of(concept: &Value) -> (String, String) {
    let coding = &concept["coding"][0];
    let words = concept["text"]
        .as_str()
        .or_else(|| coding["display"].as_str())
        .unwrap_or_default();
    (
        words.to_owned(),
        coding["code"].as_str().unwrap_or_default().to_owned(),
    )
}

/// The text of a note, wherever the resource that carries it has it.
fn text_of(body: &Value) -> String {
    let attached = body["content"][0]["attachment"]["data"].as_str();
    attached
        .and_then(decoded)
        .or_else(|| body["note"][0]["text"].as_str().map(str::to_owned))
        .or_else(|| body["text"].as_str().map(str::to_owned))
        .or_else(|| body["description"].as_str().map(str::to_owned))
        .unwrap_or_default()
}
