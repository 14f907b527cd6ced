//! An open chart: who it is, what must be seen first, and the tabs.

use super::super::action::Action;
use super::super::canvas::Canvas;
use super::super::list::{Scroll, Selection};
use super::super::rest::{REST, Rest};
use super::super::shell::Shell;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::happened;
use crate::clinical::Body;
use crate::desk::view::{ChartView, EntryView, Severity, Stamp};

/// The tabs of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// What matters.
    Summary,
    /// Every entry.
    Timeline,
    /// Vital signs over time.
    Vitals,
    /// Problems and allergies.
    Problems,
    /// Prescriptions, dispenses, administrations.
    Medicines,
    /// Notes, results, documents.
    Docs,
    /// Grants, requests, looks.
    Access,
}

const TABS: [(Tab, &str); 7] = [
    (Tab::Summary, "summary"),
    (Tab::Timeline, "timeline"),
    (Tab::Vitals, "vitals"),
    (Tab::Problems, "problems"),
    (Tab::Medicines, "medicines"),
    (Tab::Docs, "docs"),
    (Tab::Access, "access"),
];

/// A chart and where the reader is in it.
#[derive(Debug)]
pub struct OpenChart {
    /// The chart.
    pub view: ChartView,
    tab: Tab,
    selection: Selection,
    scroll: Scroll,
    /// The entry below the list, or beside it, follows the selection once it rests.
    rest: Rest,
}

/// By what an entry of the list is known again.
struct Known {
    entry: String,
    thread: String,
    version: u32,
    /// Whether it was its thread's last version.
    last: bool,
}

impl OpenChart {
    /// A chart opens on what matters.
    pub fn new(view: ChartView) -> Self {
        Self {
            view,
            tab: Tab::Summary,
            selection: Selection::default(),
            scroll: Scroll::default(),
            rest: Rest::default(),
        }
    }

    /// Takes the chart as it is now. The selection stays on its entry; where that was the last version of its thread, on what is the
    /// last version now: whoever goes on changing it changes what holds.
    pub fn renew(&mut self, view: ChartView) {
        let known = |entry: &&EntryView| Known {
            entry: entry.entry.clone(),
            thread: entry.thread.clone(),
            version: entry.version,
            last: entry.version >= entry.versions,
        };
        let before: Vec<Known> = self.entries().iter().map(known).collect();
        self.view = view;
        let now: Vec<Known> = self.entries().iter().map(known).collect();
        self.selection.follow(&before, |was| {
            let same = now.iter().position(|now| now.entry == was.entry);
            let thread = now.iter().enumerate();
            let thread = thread.filter(|(_, now)| now.thread == was.thread);
            let last = thread.max_by_key(|(_, now)| now.version);
            let last = last.map(|(at, _)| at);
            if was.last {
                last.or(same)
            } else {
                same.or(last)
            }
        });
    }

    /// Selects an entry where it stands in time.
    pub fn select(&mut self, entry: &str) {
        self.tab = Tab::Timeline;
        let at = self.entries().iter().position(|e| e.entry == entry);
        match at {
            Some(at) => self.selection.select(at),
            // It was amended since it was found, or is none of the chart's own: the chart opens as it always does.
            None => self.tab = Tab::Summary,
        }
    }

    /// Turns to the next tab, or to the one before.
    pub fn turn(&mut self, by: isize) {
        let at = TABS
            .iter()
            .position(|(tab, _)| *tab == self.tab)
            .unwrap_or(0);
        let next = (at as isize + by).rem_euclid(TABS.len() as isize) as usize;
        self.tab = TABS[next].0;
        self.selection = Selection::default();
        self.rest = Rest::default();
    }

    /// Moves within the tab.
    pub fn act(&mut self, action: Action, now: Stamp) {
        if self.tab == Tab::Summary {
            self.scroll.act(action);
        } else {
            let len = self.entries().len();
            if self.selection.moves(action, len) {
                self.rest.moved(now, REST);
            }
        }
    }

    /// When the selection will rest, if it moves.
    pub fn due(&self) -> Option<Stamp> {
        self.rest.due()
    }

    /// Says what time it is.
    pub fn tick(&mut self, now: Stamp) {
        self.rest.tick(now);
    }

    /// The selected entry, in tabs that list entries.
    pub fn entry(&self) -> Option<&EntryView> {
        let entries = self.entries();
        self.selection.at(entries.len()).map(|at| entries[at])
    }

    /// The entries of the tab, the newest first.
    fn entries(&self) -> Vec<&EntryView> {
        let all = self.view.sections.values().flatten();
        let mut entries: Vec<&EntryView> = match self.tab {
            Tab::Summary => Vec::new(),
            Tab::Timeline => all.filter(|entry| entry.section != "access").collect(),
            Tab::Vitals => all.filter(|entry| entry.kind == "vitals").collect(),
            Tab::Problems => all
                .filter(|entry| matches!(entry.kind.as_str(), "condition" | "allergy"))
                .collect(),
            Tab::Medicines => all
                .filter(|entry| entry.section == "medication" && entry.kind != "allergy")
                .collect(),
            Tab::Docs => all
                .filter(|entry| {
                    matches!(
                        entry.kind.as_str(),
                        "note" | "document" | "result" | "procedure" | "immunisation" | "encounter"
                    )
                })
                .collect(),
            Tab::Access => all.filter(|entry| entry.section == "access").collect(),
        };
        entries.sort_by_cached_key(|entry| std::cmp::Reverse((happened::at(entry), entry.seq)));
        entries
    }

    /// Draws it, the summary scrolled where it is longer than the window. `keys` says whether the chart has the keys, `alone`
    /// whether nothing stands beside it.
    pub fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>, keys: bool, alone: bool) {
        let mut y = self.render_who(shell, canvas, keys);
        canvas.rule(y);
        y += 1;
        let gap = u16::from(canvas.height() > 14);
        let mut inside = canvas.below(y + 1 + gap);
        let below = match self.tab {
            Tab::Summary => {
                inside.scrolled(&self.scroll, |canvas| self.render_summary(shell, canvas));
                0
            }
            Tab::Vitals => {
                let rows = self.render_vitals(shell, &mut inside, 0);
                self.render_entries(shell, &mut inside.below(rows + 1), keys, alone)
            }
            Tab::Access => {
                inside.put(1, 0, &self.attending(), Tone::Text);
                self.render_entries(shell, &mut inside.below(2), keys, alone)
            }
            _ => self.render_entries(shell, &mut inside, keys, alone),
        };
        self.render_tabs(canvas, y, below);
    }

    /// Who attends, and by whose word.
    fn attending(&self) -> String {
        self.view.attending_signed.as_ref().map_or_else(
            || "no attending doctor".to_owned(),
            |doctor| {
                format!(
                    "attending  {}, key {}, named by {}",
                    doctor.name, doctor.key, doctor.named_by
                )
            },
        )
    }

    /// Who it is, and what must be seen first. Returns the row after it.
    fn render_who(&self, shell: &Shell, canvas: &mut Canvas<'_>, keys: bool) -> u16 {
        let view = &self.view;
        let width = canvas.width();
        let name = if view.name.is_empty() {
            "name closed to you"
        } else {
            &view.name
        };
        let from = canvas.put_right(width.saturating_sub(1), 0, &view.mrn, Tone::Muted);
        let sex = view
            .sex
            .as_deref()
            .and_then(|sex| sex.chars().next())
            .map(String::from)
            .unwrap_or_default();
        let born = view.birth_date.clone().unwrap_or_default();
        let age = view.age.map(|age| format!("({age} y)")).unwrap_or_default();
        let died = if view.deceased { "† " } else { "" };
        let about = format!("{died}{sex} {born} {age}");
        let about_width = text::width(&about) as u16 + 2;
        let room = from.saturating_sub(about_width + 1).max(8);
        let x = canvas.put_within(
            1,
            0,
            room,
            name,
            if keys { Tone::Title } else { Tone::Heading },
        );
        canvas.put_within(
            x + 2,
            0,
            from.saturating_sub(x + 3),
            about.trim(),
            Tone::Text,
        );
        let mut y = 1;
        let most = if canvas.height() > 14 { 4 } else { 2 };
        let shown = view.alerts.len().min(most);
        for (at, alert) in view.alerts.iter().take(shown).enumerate() {
            let (mark, tone) = match alert.severity {
                Severity::Stop | Severity::Warn => ("! ", Tone::Alert),
                Severity::CouldNotRun => ("?? ", Tone::Warn),
                Severity::Info => ("·· ", Tone::Text),
            };
            // What stays unseen is said whatever has to be cut for it.
            let more = if at + 1 == shown && view.alerts.len() > shown {
                format!(" (+{} more)", view.alerts.len() - shown)
            } else {
                String::new()
            };
            let x = canvas.put(1, y, mark, tone);
            let at = alert
                .at
                .map(|at| when::short(at, shell.now))
                .unwrap_or_default();
            let from = canvas.put_right(width.saturating_sub(1), y, &at, Tone::Muted);
            let room = from.saturating_sub(x + 1 + text::width(&more) as u16);
            let x = canvas.put_within(x, y, room, &alert.text, tone);
            canvas.put(x, y, &more, tone);
            y += 1;
        }
        if view.attending.is_none() {
            canvas.put(1, y, "no attending doctor", Tone::Warn);
            y += 1;
        }
        if !view.closed.is_empty() {
            canvas.put(
                1,
                y,
                &format!("closed to you: {}", view.closed.join(", ")),
                Tone::Muted,
            );
            y += 1;
        }
        y
    }

    /// The tabs, and at their right how many entries of this one stand below the window.
    fn render_tabs(&self, canvas: &mut Canvas<'_>, y: u16, below: usize) {
        let width = canvas.width();
        let more = if below > 0 {
            format!(" {below} more")
        } else {
            String::new()
        };
        let from = canvas.put_right(width.saturating_sub(1), y, &more, Tone::Muted);
        let canvas = &mut canvas.part(0, 0, if below > 0 { from } else { width }, u16::MAX);
        // Where all names do not fit, those around the current one do.
        let at = TABS
            .iter()
            .position(|(tab, _)| *tab == self.tab)
            .unwrap_or(0);
        let total: usize = TABS.iter().map(|(_, name)| name.len() + 1).sum();
        let first = if total > usize::from(canvas.width()) {
            at.saturating_sub(1)
        } else {
            0
        };
        let mut x = 1;
        for (tab, name) in TABS.iter().skip(first) {
            if *tab == self.tab {
                x = canvas.put(x, y, &name.to_uppercase(), Tone::Title);
            } else {
                x = canvas.put(x, y, name, Tone::Muted);
            }
            x += 1;
        }
    }

    /// The entries of the tab, and beside or under them the selected one. Returns how many of them stand below the window.
    fn render_entries(
        &self,
        shell: &Shell,
        canvas: &mut Canvas<'_>,
        keys: bool,
        alone: bool,
    ) -> usize {
        let entries = self.entries();
        if entries.is_empty() {
            canvas.put(1, 0, "nothing here", Tone::Muted);
            return 0;
        }
        let (width, height) = (canvas.width(), canvas.height());
        let beside = width >= 100;
        // What a short list leaves free is for reading.
        let free = height.saturating_sub(entries.len() as u16);
        let detail = if beside || height < 9 {
            0
        } else {
            free.min(height / 2).max(5)
        };
        let list_width = if beside { width / 2 } else { width };
        let mut list = canvas.part(0, 0, list_width, height.saturating_sub(detail));
        let selected = self.selection.at(entries.len());
        let window = if alone && !beside {
            self.selection.window(entries.len(), list.height())
        } else {
            self.selection.leaping(entries.len(), list.height())
        };
        let below = entries.len() - window.end;
        for (y, at) in window.enumerate() {
            let entry = entries[at];
            let y = y as u16;
            list.put(
                1,
                y,
                &text::left(&happened::shown(entry, shell.now), 11),
                Tone::Muted,
            );
            let tone = match (entry.retracted.is_some(), entry.flags.is_empty()) {
                (true, _) => Tone::Muted,
                (_, false) => Tone::Alert,
                _ => Tone::Text,
            };
            let mark = match (entry.verified, entry.retracted.is_some()) {
                (false, _) => "! unsigned: ",
                (_, true) => "withdrawn: ",
                _ => "",
            };
            list.put(13, y, &format!("{mark}{}", entry.headline), tone);
            if Some(at) == selected {
                list.row(
                    y,
                    if keys {
                        Tone::Selected
                    } else {
                        Tone::SelectedQuiet
                    },
                );
                if keys && shell.look.plain {
                    list.cursor(0, y);
                }
            }
        }
        let Some(entry) = selected.map(|at| entries[at]) else {
            return below;
        };
        let mut about = if beside {
            let mut side = canvas.part(list_width, 0, u16::MAX, height);
            side.upright(0);
            canvas.part(list_width + 2, 0, u16::MAX, height)
        } else if detail > 0 {
            canvas.below(height - detail).rule(0);
            canvas.part(1, height - detail + 1, u16::MAX, detail - 1)
        } else {
            return below;
        };
        if !self.rest.moves() {
            render_entry(entry, shell, &mut about);
        }
        below
    }
}

/// What an entry says: a note in full, anything else in one line.
fn says(entry: &EntryView) -> &str {
    match entry.typed.as_deref() {
        Some(Body::Note(note)) => note.text.trim_end(),
        _ => &entry.headline,
    }
}

/// One entry beside the list.
fn render_entry(entry: &EntryView, shell: &Shell, canvas: &mut Canvas<'_>) {
    let below = 1
        + usize::from(entry.versions > 1)
        + entry.flags.len()
        + usize::from(entry.retracted.is_some());
    let room = usize::from(canvas.height()).saturating_sub(below).max(1);
    let mut lines = text::wrap(says(entry), usize::from(canvas.width()));
    // What is cut is said, and how to read on.
    let more = (lines.len() > room).then(|| {
        let kept = room.saturating_sub(1);
        let more = lines.len() - kept;
        lines.truncate(kept);
        format!("… {} more, Enter shows all", text::lines_of(more))
    });
    let mut y = 0;
    for line in &lines {
        canvas.put(0, y, line, Tone::Text);
        y += 1;
    }
    if let Some(more) = more {
        canvas.put(0, y, &more, Tone::Muted);
        y += 1;
    }
    let sign = if entry.verified {
        ("signed ok", Tone::Good)
    } else {
        ("! signature bad", Tone::Alert)
    };
    let x = canvas.put(
        0,
        y,
        &format!("{}, {}", entry.author, entry.author_role),
        Tone::Muted,
    );
    let x = canvas.put(x + 2, y, sign.0, sign.1);
    canvas.put(
        x + 2,
        y,
        &when::short(entry.created, shell.now),
        Tone::Muted,
    );
    let mut y = y + 1;
    if entry.versions > 1 {
        canvas.put(
            0,
            y,
            &format!(
                "version {} of {}, h shows all",
                entry.version, entry.versions
            ),
            Tone::Muted,
        );
        y += 1;
    }
    for flag in &entry.flags {
        canvas.put(0, y, &format!("! {flag}"), Tone::Alert);
        y += 1;
    }
    if let Some(retracted) = &entry.retracted {
        canvas.put(
            0,
            y,
            &format!("withdrawn by {}: {}", retracted.by, retracted.reason),
            Tone::Warn,
        );
    }
}
