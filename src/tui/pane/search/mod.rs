//! A query, what it finds while one reads, and why it does not.
//!
//! The query is read here before it is asked, so that what cannot be understood is marked under its column at once. What is found comes
//! page by page: the first as large as a screen, the next ones as the selection comes near the end.

mod completion;
mod language;
mod results;

use super::super::action::{Action, Context};
use super::super::backend::{Failure, Reply};
use super::super::canvas::Canvas;
use super::super::command::{Act, JobKind, Query, Topic};
use super::super::field::{Field, Shown};
use super::super::popup::{Choice, Confirm, Consent, Menu, MenuRow, Popup};
use super::super::shell::{Errand, Shell};
use super::super::task::Task;
use super::super::text;
use super::super::theme::Tone;
use super::{Pane, Room};
use crate::clinical::Role;
use crate::desk::view::{Hit, Queries, SearchAnswer, Stamp};
use crate::index::{QueryError, query};
use completion::Completion;
use results::{FIRST, MORE, Results};

/// What to type, where nothing was asked yet; whoever admits looks for people.
const EXAMPLES: &str = "words  \"a phrase\"  dx:I10  bp>160/100  since:t-3m  -not    F1 explains";
const PEOPLE: &str = "name:gar*  mrn:0012  dob:1961-04-03  phone:5550199    F1 explains";

/// Queries asked of late that completion and ^R know at once; the desk keeps more.
const RECENT: usize = 50;

/// The query line and its results.
#[derive(Debug)]
pub struct Search {
    query: Field,
    editing: bool,
    /// The query whose results are shown or awaited.
    asked: String,
    results: Option<Results>,
    wrong: Option<Wrong>,
    completion: Option<Completion>,
    own: Option<Queries>,
    /// Whether their list was asked for before they were read.
    recalling: bool,
    /// Whether the index was brought up in this session already.
    brought_up: bool,
}

/// Why there are no results.
#[derive(Debug)]
enum Wrong {
    /// The query cannot be read; the cursor stands at the column.
    Query(QueryError),
    /// The desk could not answer.
    Desk(Failure),
}

impl Default for Search {
    fn default() -> Self {
        Self {
            query: Field::new(Shown::Plain),
            editing: true,
            asked: String::new(),
            results: None,
            wrong: None,
            completion: None,
            own: None,
            recalling: false,
            brought_up: false,
        }
    }
}

impl Search {
    /// Runs a query that was chosen elsewhere.
    pub fn ask(&mut self, query: &str, shell: &mut Shell) {
        self.query.set(query);
        self.run(shell);
    }

    /// A query that could not be answered, with the reason.
    pub fn failed(&mut self, failure: Failure, shell: &mut Shell) {
        if let Some(results) = &mut self.results {
            results.stop();
            shell.say(failure.message, Tone::Alert);
        } else {
            self.wrong = Some(Wrong::Desk(failure));
            self.editing = true;
        }
    }

    fn run(&mut self, shell: &mut Shell) {
        let typed = self.query.text();
        if typed.trim().is_empty() {
            return;
        }
        self.completion = None;
        self.wrong = None;
        if let Err(error) = query::parse(typed, shell.now.day()) {
            self.query.go_to(error.column.saturating_sub(1));
            self.wrong = Some(Wrong::Query(error));
            self.results = None;
            self.asked.clear();
            self.editing = true;
            return;
        }
        self.asked = typed.trim().to_owned();
        self.results = None;
        // What is typed from here on counts for the results, whenever they come.
        self.editing = false;
        let own = self.own.get_or_insert_default();
        own.recent.retain(|known| *known != self.asked);
        own.recent.insert(0, self.asked.clone());
        own.recent.truncate(RECENT);
        shell.ask(Query::Search {
            query: self.asked.clone(),
            from: None,
            limit: FIRST,
        });
    }

    /// Fetches more where more will soon be read.
    fn fetch(&self, shell: &mut Shell) {
        let place = self.results.as_ref().and_then(Results::wanted);
        if let Some(place) = place.filter(|_| !shell.waits_for(Topic::Search)) {
            shell.ask(Query::Search {
                query: self.asked.clone(),
                from: Some(place.clone()),
                limit: MORE,
            });
        }
    }

    fn take(&mut self, answer: &SearchAnswer, next: Option<crate::desk::search::Place>) {
        if answer.query != self.asked {
            return;
        }
        match &mut self.results {
            Some(results) => results.add(answer.clone(), next),
            None => self.results = Some(Results::new(answer.clone(), next)),
        }
        let nothing = self
            .results
            .as_ref()
            .is_some_and(|results| results.len() == 0);
        if nothing && self.results.as_ref().is_some_and(|r| r.wanted().is_none()) {
            self.editing = true;
        }
    }

    fn complete(&mut self) {
        self.editing = true;
        self.wrong = None;
        if let Some(completion) = &mut self.completion {
            completion.next();
        } else {
            let own = self.own.get_or_insert_default();
            self.completion = Completion::of(self.query.before_cursor(), own);
        }
        if let Some(completion) = &self.completion {
            self.query
                .replace_before(completion.from, completion.current());
        }
    }

    /// The name under which the query in the line is kept.
    fn name(&self) -> Option<&str> {
        let query = self.query.text().trim();
        let saved = &self.own.as_ref()?.saved;
        let found = saved.iter().find(|saved| saved.query == query)?;
        Some(&found.name)
    }

    /// Shows the person's queries.
    fn recall(&self, shell: &mut Shell) {
        match self.recent() {
            Some(menu) => shell.push(Popup::Menu(menu)),
            None => shell.say("no query was asked yet", Tone::Muted),
        }
    }

    fn recent(&self) -> Option<Menu> {
        let own = self.own.as_ref()?;
        let row = |label: String, note: &str, query: &str| MenuRow {
            label,
            note: note.to_owned(),
            choice: Choice::Search(query.to_owned()),
        };
        let saved = own.saved.iter().map(|saved| {
            let label = format!("{}  {}", text::left(&saved.name, 16), saved.query);
            row(label, "saved", &saved.query)
        });
        let recent = own.recent.iter();
        let recent = recent.filter(|query| own.saved.iter().all(|saved| saved.query != **query));
        let rows: Vec<MenuRow> = saved
            .chain(recent.map(|query| row(query.clone(), "", query)))
            .collect();
        (!rows.is_empty()).then(|| Menu::new("Queries", rows))
    }

    fn open(&self, shell: &mut Shell) {
        let Some(hit) = self.results.as_ref().and_then(Results::selected) else {
            return;
        };
        let has = |pane| {
            shell
                .role()
                .is_some_and(|role| Pane::of(role).contains(&pane))
        };
        let counter = shell.role() == Some(Role::Pharmacist);
        if counter && is_prescription(hit) {
            let errand = Errand::Prescription(hit.thread.clone());
            shell.go(Pane::Prescriptions, Some(errand));
        } else if has(Pane::Records) && hit.mrn.is_empty() {
            // Some section of it was shared, but not the one that says who the patient is.
            let text = "your keys do not say whose chart this is; open it by its number";
            shell.say(text, Tone::Warn);
        } else if has(Pane::Records) {
            let errand = Errand::Chart {
                mrn: hit.mrn.clone(),
                entry: Some(hit.entry.clone()),
            };
            shell.go(Pane::Records, Some(errand));
        } else {
            shell.say("your role opens prescriptions, not charts", Tone::Warn);
        }
    }
}

/// Whether an entry belongs to a prescription's thread.
fn is_prescription(hit: &Hit) -> bool {
    matches!(hit.kind.as_str(), "prescription" | "dispense" | "rx-event")
}

impl Room for Search {
    fn enter(&mut self, shell: &mut Shell) {
        self.editing = self.results.is_none();
        shell.ask(Query::Queries);
    }

    fn contexts(&self, _shell: &Shell) -> Vec<Context> {
        if self.editing {
            vec![Context::Query, Context::Typing]
        } else {
            vec![Context::Search, Context::List, Context::Query]
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.editing.then_some(&mut self.query)
    }

    fn typing(&self) -> bool {
        self.editing
    }

    fn typed(&mut self, _shell: &mut Shell) {
        self.recalling = false;
        self.wrong = None;
        self.completion = None;
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        match action {
            Action::Ask | Action::Submit | Action::Finish => {
                let same = self.query.text().trim() == self.asked;
                if same && self.results.as_ref().is_some_and(|found| found.len() > 0) {
                    self.open(shell);
                } else {
                    self.run(shell);
                }
            }
            Action::Complete => self.complete(),
            Action::Recent if self.own.is_none() => self.recalling = true,
            Action::Recent => self.recall(shell),
            Action::Language => shell.push(Popup::Page(language::page())),
            Action::KeepQuery if self.query.is_empty() => {
                shell.say("there is no query to keep", Tone::Warn);
            }
            Action::KeepQuery => Task::KeepQuery {
                query: self.query.text().trim().to_owned(),
                name: self.name().unwrap_or_default().to_owned(),
            }
            .begin(shell),
            Action::ForgetQuery => match self.name().map(str::to_owned) {
                Some(name) => shell.push(Popup::Confirm(Confirm {
                    title: "Forget a saved query".to_owned(),
                    text: format!("{name}: {}", self.query.text().trim()),
                    command: String::new(),
                    consent: Consent::Act(Act::ForgetQuery { name }),
                })),
                None => shell.say("this query is not saved", Tone::Warn),
            },
            Action::Leave => self.editing = false,
            Action::EditQuery => self.editing = true,
            Action::Back => {}
            Action::Open => self.open(shell),
            moving => {
                let moving = match moving {
                    Action::NextField => Action::Down,
                    Action::PreviousField => Action::Up,
                    other => other,
                };
                if let Some(results) = &mut self.results {
                    results.act(moving, shell.now);
                }
                self.fetch(shell);
            }
        }
    }

    fn due(&self) -> Option<Stamp> {
        self.results.as_ref().and_then(Results::due)
    }

    fn tick(&mut self, shell: &mut Shell) {
        if let Some(results) = &mut self.results {
            results.tick(shell.now);
        }
    }

    fn changed(&mut self, shell: &mut Shell) {
        shell.ask(Query::Queries);
        // The index may hold now what it did not.
        let due = self.results.as_ref().is_some_and(|r| r.uncovered() > 0);
        if due && !self.editing && !shell.busy() {
            self.run(shell);
        }
    }

    fn loaded(&mut self, reply: &Reply, shell: &mut Shell) {
        match reply {
            Reply::Search { answer, next } => {
                self.take(answer, next.clone());
                self.fetch(shell);
                if answer.uncovered > 0 && !self.brought_up {
                    self.brought_up = true;
                    shell.start(JobKind::Index);
                }
            }
            Reply::Queries(own) => {
                self.own = Some(own.clone());
                if std::mem::take(&mut self.recalling) {
                    self.recall(shell);
                }
            }
            _ => {}
        }
    }

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let width = canvas.width();
        let name = self.name().map(|name| format!("saved as {name}"));
        let name = text::cut(name.as_deref().unwrap_or(""), usize::from(width) / 3);
        let end = canvas.put_right(width.saturating_sub(1), 0, &name, Tone::Muted);
        let room = end.saturating_sub(2);
        let cursor = self.query.draw(canvas, 1, 0, room, self.editing);
        if self.query.is_empty() && !self.editing {
            canvas.put(1, 0, "/ to write a query", Tone::Muted);
        }
        match &self.wrong {
            Some(Wrong::Query(error)) => {
                canvas.put(cursor, 1, "^", Tone::Alert);
                canvas.rule(2);
                let text = format!("! column {}: expected {}", error.column, error.expected);
                canvas.below(3).paragraph(1, 0, &text, Tone::Alert);
                return;
            }
            Some(Wrong::Desk(failure)) => {
                canvas.put(1, 1, &format!("! {}", failure.message), Tone::Alert);
                canvas.rule(2);
                let hint = failure.hint.as_deref().unwrap_or("");
                canvas.below(3).paragraph(1, 0, hint, Tone::Text);
                return;
            }
            None => {}
        }
        self.render_line(shell, canvas);
        canvas.rule(2);
        if self.results.is_some() && self.query.text().trim() != self.asked {
            canvas.put_right(
                width.saturating_sub(1),
                2,
                " of the last query ",
                Tone::Warn,
            );
        }
        if let Some(results) = &self.results {
            results.render(shell, &mut canvas.below(3), !self.editing);
        }
    }

    fn keys(&self, _shell: &Shell) -> Vec<Action> {
        if self.editing {
            vec![
                Action::Ask,
                Action::Complete,
                Action::Recent,
                Action::Language,
                Action::Leave,
            ]
        } else {
            vec![
                Action::Open,
                Action::EditQuery,
                Action::Recent,
                Action::KeepQuery,
                Action::Language,
                Action::Help,
                Action::Palette,
            ]
        }
    }
}

impl Search {
    /// The line under the query: the options of a completion, or how much was found.
    fn render_line(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let looking = shell.waits_for(Topic::Search);
        if let Some(completion) = &self.completion {
            let mut x = 1;
            for (at, option) in completion.options.iter().enumerate().skip(completion.at) {
                let here = at == completion.at;
                let tone = if here { Tone::Title } else { Tone::Muted };
                x = canvas.put(x, 1, option, tone);
                let finds = completion.finds();
                if here && !finds.is_empty() {
                    x = canvas.put(x + 1, 1, finds, Tone::Text) + 1;
                }
                x += 2;
            }
        } else if let Some(results) = &self.results {
            let (line, warning) = results.summary(looking && results.len() < FIRST as usize);
            let x = canvas.put(1, 1, &line, Tone::Muted);
            if let Some(warning) = warning {
                canvas.put(x + 2, 1, &warning, Tone::Warn);
            }
        } else if looking {
            canvas.put(1, 1, "searching …", Tone::Muted);
        } else {
            let admits = shell.role() == Some(Role::Registrar);
            canvas.put(1, 1, if admits { PEOPLE } else { EXAMPLES }, Tone::Muted);
        }
    }
}
