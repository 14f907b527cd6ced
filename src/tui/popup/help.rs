//! The keys that count here, and what they do.

use super::super::action::{Context, TABLE};
use super::super::shell::Shell;
use super::super::text;
use super::super::theme::Tone;
use super::Page;

/// A page of the keys of these contexts, as far as the role may use them.
pub fn help(shell: &Shell, contexts: &[Context]) -> Page {
    let mut lines = Vec::new();
    for context in contexts {
        let rows: Vec<_> = TABLE
            .iter()
            .filter(|row| row.context == *context && row.need.met(shell.role(), shell.look.kiosk))
            .filter_map(|row| {
                Some((
                    shell.look.keymap.shown_all(row.action),
                    shell.describes(row)?,
                ))
            })
            .filter(|(keys, _)| !keys.is_empty())
            .collect();
        if rows.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push((String::new(), Tone::Text));
        }
        lines.push((context.to_string(), Tone::Heading));
        for (keys, description) in rows {
            lines.push((
                format!("  {}  {description}", text::left(&keys, 14)),
                Tone::Text,
            ));
        }
    }
    lines.push((String::new(), Tone::Text));
    lines.push((
        "Dates: t is today, t+3w, t-1m, 2026-12-31. While typing, ^U and ^W delete.".to_owned(),
        Tone::Muted,
    ));
    Page::new("Keys", lines)
}
