//! What can be read in full: an entry, its versions, a trail, a prescription, a user, a unit.

use super::super::popup::Page;
use super::super::task;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::happened;
use crate::desk::view::{AuditLine, EntryView, MemberState, RxView, UnitView, UserView};

/// One entry in full.
pub(super) fn entry(shown: &EntryView) -> Page {
    let mut lines = vec![(shown.headline.clone(), Tone::Title)];
    lines.extend(
        shown
            .flags
            .iter()
            .map(|flag| (format!("! {flag}"), Tone::Alert)),
    );
    lines.push((String::new(), Tone::Text));
    let mut line = |name: &str, value: String| {
        lines.push((format!("{}{value}", text::left(name, 12)), Tone::Text));
    };
    let happened = happened::at(shown);
    if happened != shown.created {
        line("happened", when::full(happened));
    }
    line(
        "written",
        format!(
            "{}  by {}, {}",
            when::full(shown.created),
            shown.author,
            shown.author_role
        ),
    );
    line(
        "signature",
        if shown.verified {
            "ok".to_owned()
        } else {
            "! does not hold".to_owned()
        },
    );
    line(
        "version",
        format!("{} of {}", shown.version, shown.versions),
    );
    line("section", shown.section.clone());
    if let Some(source) = &shown.source {
        line("imported", source.clone());
    }
    if let Some(retracted) = &shown.retracted {
        line(
            "withdrawn",
            format!(
                "{}  by {}: {}",
                when::full(retracted.at),
                retracted.by,
                retracted.reason
            ),
        );
    }
    line("entry", shown.entry.clone());
    line("ledger", text::grouped(shown.seq));
    lines.push((String::new(), Tone::Text));
    let body = serde_json::to_string_pretty(&shown.body).unwrap_or_default();
    lines.extend(body.lines().map(|line| (line.to_owned(), Tone::Muted)));
    Page::new(shown.kind.clone(), lines)
}

/// All versions of an entry.
pub(super) fn history(versions: &[EntryView]) -> Page {
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

/// Who did what, as lines.
pub(super) fn trail(title: &str, looks: &[AuditLine]) -> Page {
    if looks.is_empty() {
        return Page::new(
            title,
            vec![("Nobody, as far as your keys tell.".to_owned(), Tone::Muted)],
        );
    }
    let mut lines = Vec::new();
    for line in looks {
        let when = when::full(line.created);
        let head = format!("{when}  {}  {}, {}", line.action, line.actor, line.role);
        lines.push((head, Tone::Text));
        if !line.detail.is_empty() {
            lines.push((format!("                  {}", line.detail), Tone::Muted));
        }
        if !line.flags.is_empty() {
            lines.push((
                format!("                  ! {}", line.flags.join(", ")),
                Tone::Warn,
            ));
        }
    }
    Page::new(title, lines)
}

/// One prescription in full: text, checks, what happened.
pub(super) fn rx(rx: &RxView) -> Page {
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
pub(super) fn user(user: &UserView) -> Page {
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

/// A unit and its members.
pub(super) fn unit(unit: &UnitView) -> Page {
    let mut lines = vec![(format!("{}, {}", unit.unit, unit.kind), Tone::Title)];
    lines.push((
        format!("{} charts, keys drawn {} times", unit.charts, unit.epoch),
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
