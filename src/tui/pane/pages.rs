//! What can be read in full: an entry, its versions, a trail, a prescription, a user, a unit.

use super::super::popup::Page;
use super::super::task;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::happened;
use super::resource;
use crate::desk::view::{AuditLine, EntryView, MemberState, RxView, UnitView, UserView};

/// Columns that the names of an entry's fields take at most.
const WIDEST_LABEL: usize = 24;

/// One entry in full: what it says, then what the ledger says of it. As it is stored it is shown on request.
pub(in super::super) fn entry(shown: &EntryView) -> Page {
    let mut lines = vec![(shown.headline.clone(), Tone::Title)];
    let flags = shown.flags.iter();
    lines.extend(flags.map(|flag| (format!("! {flag}"), Tone::Alert)));
    let fields = resource::fields(&shown.body);
    if !fields.is_empty() {
        lines.push((String::new(), Tone::Text));
        lines.extend(aligned(&fields, Tone::Text));
    }
    lines.push((String::new(), Tone::Text));
    lines.extend(aligned(&origin(shown), Tone::Muted));
    let stored = serde_json::to_string_pretty(&shown.body).unwrap_or_default();
    let stored = stored.lines().map(|line| (line.to_owned(), Tone::Muted));
    Page::new(shown.kind.clone(), lines).over(stored.collect())
}

/// Names and values in two columns; the further lines of a value stand under its first.
fn aligned(fields: &[(String, String)], tone: Tone) -> Vec<(String, Tone)> {
    let widest = fields.iter().map(|(label, _)| text::width(label)).max();
    let column = widest.unwrap_or(0).min(WIDEST_LABEL) + 2;
    let mut lines = Vec::new();
    for (label, value) in fields {
        for (row, line) in value.lines().enumerate() {
            let label = if row == 0 { label.as_str() } else { "" };
            let label = text::left(&text::cut(label, column - 2), column);
            for part in text::behind(&label, line, BEFORE_WRAP) {
                lines.push((part, tone));
            }
        }
    }
    lines
}

/// Columns in which a value is wrapped under itself; narrower windows wrap it once more.
const BEFORE_WRAP: usize = 72;

/// Who wrote an entry, when, and what holds of it.
fn origin(shown: &EntryView) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push((name.to_owned(), value));
    let happened = happened::at(shown);
    if happened != shown.created {
        line("happened", when::full(happened));
    }
    let (when, author, role) = (when::full(shown.created), &shown.author, &shown.author_role);
    line("written", format!("{when}  by {author}, {role}"));
    let sign = if shown.verified {
        "ok"
    } else {
        "! does not hold"
    };
    line("signature", sign.to_owned());
    line(
        "version",
        format!("{} of {}", shown.version, shown.versions),
    );
    line("section", shown.section.clone());
    if let Some(source) = &shown.source {
        line("imported", source.clone());
    }
    if let Some(retracted) = &shown.retracted {
        let (when, by) = (when::full(retracted.at), &retracted.by);
        line(
            "withdrawn",
            format!("{when}  by {by}: {}", retracted.reason),
        );
    }
    line("entry", shown.entry.clone());
    line("ledger", text::grouped(shown.seq));
    lines
}

/// All versions of an entry.
pub(in super::super) fn history(versions: &[EntryView]) -> Page {
    let mut lines = Vec::new();
    for version in versions {
        let sign = if version.verified {
            "signed ok"
        } else {
            "! signature bad"
        };
        let head = format!(
            "version {}   {}   {}, {}   {sign}",
            version.version,
            when::full(version.created),
            version.author,
            version.author_role
        );
        lines.push((
            head,
            if version.verified {
                Tone::Heading
            } else {
                Tone::Alert
            },
        ));
        lines.push((format!("  {}", version.headline), Tone::Text));
        if let Some(retracted) = &version.retracted {
            lines.push((format!("  withdrawn: {}", retracted.reason), Tone::Warn));
        }
        lines.push((String::new(), Tone::Text));
    }
    Page::new("All versions, the newest first", lines)
}

/// What the trail calls looking at a chart.
const LOOKS: [&str; 3] = ["viewed", "searched", "glass broken"];

/// Who looked at a chart, each look by itself; then who wrote to it, in few lines, and who asked for access or decided.
pub(in super::super) fn who_looked(trail: &[AuditLine]) -> Page {
    let (looks, rest): (Vec<&AuditLine>, Vec<&AuditLine>) = trail
        .iter()
        .partition(|line| LOOKS.contains(&line.action.as_str()));
    let (wrote, rest): (Vec<&AuditLine>, Vec<&AuditLine>) =
        rest.into_iter().partition(|line| line.action == WROTE);
    let mut lines = vec![(format!("Looked, {}", looks.len()), Tone::Heading)];
    if looks.is_empty() {
        lines.push(("nobody, as far as your keys tell".to_owned(), Tone::Muted));
    }
    lines.extend(looks.into_iter().flat_map(done));
    if !rest.is_empty() {
        lines.push((String::new(), Tone::Text));
        lines.push((format!("Access, {}", rest.len()), Tone::Heading));
        lines.extend(rest.into_iter().flat_map(done));
    }
    if !wrote.is_empty() {
        lines.push((String::new(), Tone::Text));
        lines.push((format!("Wrote, {} entries", wrote.len()), Tone::Heading));
        lines.extend(written(&wrote));
    }
    Page::new("Who looked", lines)
}

/// What the trail calls an entry in a chart.
const WROTE: &str = "wrote";

/// One line for each writer and section, the newest first: how often, and when last.
fn written(wrote: &[&AuditLine]) -> Vec<(String, Tone)> {
    let mut groups: Vec<(&AuditLine, usize)> = Vec::new();
    for line in wrote {
        let like = |known: &&mut (&AuditLine, usize)| {
            (&known.0.actor, &known.0.role, &known.0.detail)
                == (&line.actor, &line.role, &line.detail)
        };
        match groups.iter_mut().find(like) {
            Some((_, count)) => *count += 1,
            None => groups.push((line, 1)),
        }
    }
    let groups = groups.into_iter();
    groups
        .map(|(line, count)| {
            let when = when::full(line.created);
            let of = format!("{when}  {count} × {}", line.detail);
            (format!("{of}  {}, {}", line.actor, line.role), Tone::Text)
        })
        .collect()
}

/// Who did what, as lines.
pub(in super::super) fn trail(title: &str, trail: &[AuditLine]) -> Page {
    Page::new(title, trail.iter().flat_map(done).collect())
}

/// One thing that somebody did.
fn done(line: &AuditLine) -> Vec<(String, Tone)> {
    let when = when::full(line.created);
    let head = format!("{when}  {}  {}, {}", line.action, line.actor, line.role);
    let mut lines = vec![(head, Tone::Text)];
    if !line.detail.is_empty() {
        lines.push((format!("                  {}", line.detail), Tone::Muted));
    }
    if !line.flags.is_empty() {
        let flags = line.flags.join(", ");
        lines.push((format!("                  ! {flags}"), Tone::Warn));
    }
    lines
}

/// One prescription in full: text, checks, what happened.
pub(in super::super) fn rx(rx: &RxView) -> Page {
    let mut lines = vec![(
        format!("{}  {}", rx.line.name.as_deref().unwrap_or(""), rx.line.mrn),
        Tone::Title,
    )];
    lines.extend(rx.text.iter().map(|line| (line.clone(), Tone::Text)));
    lines.push((String::new(), Tone::Text));
    lines.push((format!("state  {}", rx.line.state), Tone::Heading));
    lines.extend(rx.checks.iter().flat_map(|check| task::checked(check, 70)));
    lines.push((String::new(), Tone::Text));
    for event in &rx.events {
        let sign = if event.verified { "ok" } else { "! bad" };
        let mut line = format!(
            "{}  {}{}, {}  {sign}",
            when::full(event.created),
            text::left(&event.event, 11),
            event.by,
            event.role
        );
        if let Some(quantity) = &event.quantity {
            line = format!("{line}  {quantity}");
        }
        if let Some(lot) = &event.lot {
            line = format!("{line}  lot {lot}");
        }
        if let Some(reason) = &event.reason {
            line = format!("{line}  {reason}");
        }
        lines.push((
            line,
            if event.verified {
                Tone::Text
            } else {
                Tone::Alert
            },
        ));
    }
    Page::new(rx.line.medicine.clone(), lines)
}

/// A user in full.
pub(in super::super) fn user(user: &UserView) -> Page {
    let mut lines = vec![(user.name.clone(), Tone::Title)];
    for (label, value) in [
        ("login", user.login.clone()),
        ("role", user.role.clone()),
        ("state", user.state.to_string()),
        ("units", user.units.join(", ")),
        (
            "key",
            user.fingerprint
                .clone()
                .unwrap_or_else(|| "none yet".to_owned()),
        ),
        ("code", user.code_file.clone().unwrap_or_default()),
    ] {
        if !value.is_empty() {
            lines.push((format!("{}{value}", text::left(label, 10)), Tone::Text));
        }
    }
    Page::new("User", lines)
}

/// What an admin does with the code of somebody they invited.
pub(in super::super) fn invited(user: &UserView) -> Page {
    let file = user.code_file.clone().unwrap_or_default();
    let lines = vec![
        (format!("{} ({}) is {}", user.name, user.login, user.state), Tone::Title),
        (String::new(), Tone::Text),
        ("The one-time code stands in this file, which only this account can read:".to_owned(), Tone::Text),
        (file, Tone::Heading),
        (String::new(), Tone::Text),
        ("Hand it over in person and delete the file. With it they make their keys at the login; then you compare the fingerprint and certify them.".to_owned(), Tone::Text),
    ];
    Page::new("Invited", lines)
}

/// What somebody does who just made their keys.
pub(in super::super) fn activated(user: &UserView) -> Page {
    let fingerprint = user.fingerprint.clone().unwrap_or_default();
    let lines = vec![
        (format!("{}, {}", user.name, user.role), Tone::Title),
        (String::new(), Tone::Text),
        (format!("fingerprint  {fingerprint}"), Tone::Heading),
        (String::new(), Tone::Text),
        (
            "Read it out to an admin, who certifies your keys. Until then you cannot log in."
                .to_owned(),
            Tone::Text,
        ),
    ];
    Page::new("Your keys are made", lines)
}

/// A unit and its members.
pub(in super::super) fn unit(unit: &UnitView) -> Page {
    let mut lines = vec![(format!("{}, {}", unit.unit, unit.kind), Tone::Title)];
    lines.push((
        match unit.epoch {
            1 => format!("{} charts, keys drawn once", unit.charts),
            epoch => format!("{} charts, keys drawn {epoch} times", unit.charts),
        },
        Tone::Text,
    ));
    lines.push((String::new(), Tone::Text));
    lines.extend(unit.members.iter().map(|member| {
        let tone = if member.state == MemberState::Pending {
            Tone::Warn
        } else {
            Tone::Text
        };
        (
            format!("{}{}", text::left(&member.login, 16), member.state),
            tone,
        )
    }));
    Page::new("Unit", lines)
}
