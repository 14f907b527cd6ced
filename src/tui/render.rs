//! What the screen shows: the header, the pane, the popups from the bottom up, the footer.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::action::Action;
use super::app::{App, COUNTDOWN};
use super::backend::VaultState;
use super::canvas::Canvas;
use super::shell::workplaces;
use super::text;
use super::theme::Tone;
use super::when;
use crate::clinical::Role;
use crate::desk::status::OVERDUE_MS;
use crate::desk::view::IncidentKind;

/// The least that the interface can be read in.
pub const SMALLEST: (u16, u16) = (40, 12);

/// Draws everything into the buffer and says where the cursor stands, if anywhere.
pub fn render(app: &App, buffer: &mut Buffer) -> Option<Position> {
    buffer.reset();
    let look = &app.shell.look;
    let mut cursor = None;
    let mut canvas = Canvas::new(buffer, &look.theme, &mut cursor, look.plain);
    let (width, height) = (canvas.width(), canvas.height());
    canvas.fill(Tone::Text);
    if width < SMALLEST.0 || height < SMALLEST.1 {
        canvas.paragraph(
            0,
            0,
            &format!(
                "The window is {width}×{height}; {}×{} is needed.",
                SMALLEST.0, SMALLEST.1
            ),
            Tone::Text,
        );
        return None;
    }
    header(app, &mut canvas);
    let roomy = height >= 16;
    canvas.rule(2);
    let footer_rows = if roomy { 2 } else { 1 };
    let mut inside = canvas.part(0, 3, width, height - 3 - footer_rows);
    app.room().render(&app.shell, &mut inside);
    // The cursor belongs to the top layer alone.
    for popup in &app.shell.popups {
        let mut over = canvas.part(0, 3, width, height - 3 - footer_rows);
        over.no_cursor();
        popup.render(&app.shell, &mut over);
    }
    footer(app, &mut canvas, roomy);
    cursor
}

fn header(app: &App, canvas: &mut Canvas<'_>) {
    let shell = &app.shell;
    let width = canvas.width();
    let mut right = width.saturating_sub(1);
    if let (Some(seat), Some(left)) = (&shell.seat, shell.left()) {
        let (text, tone) = if left > COUNTDOWN {
            (
                format!("lock {} min", (seat.idle.as_secs() + 59) / 60),
                Tone::Muted,
            )
        } else {
            (
                format!("locks in {} s", (left.as_secs().max(0) + 9) / 10 * 10),
                Tone::Alert,
            )
        };
        right = canvas.put_right(right, 0, &text, tone);
        if width >= 64 {
            let backup = shell.status.as_ref().map(|status| status.last_backup);
            if let Some(last) = backup {
                let overdue = last.is_some_and(|at| {
                    shell.now.millis().saturating_sub(at.millis()) > OVERDUE_MS as i64
                });
                // A patient can do nothing about a backup, and shall not be frightened by it.
                let told = shell.role() != Some(Role::Patient);
                let incident = shell.incidents().iter().filter(|_| told);
                let incident = incident.map(|incident| incident.kind);
                // What somebody may have done stands before what the next run makes good.
                let incident = incident.min_by_key(|kind| *kind != IncidentKind::Alarm);
                let text = match last {
                    _ if incident == Some(IncidentKind::Alarm) => "! backup alarm".to_owned(),
                    _ if incident.is_some() => "! backup failed".to_owned(),
                    None => "no backup".to_owned(),
                    Some(at) if overdue => format!("! backup {}", when::ago(at, shell.now)),
                    Some(at) => format!("backup {}", when::ago(at, shell.now)),
                };
                let tone = if incident.is_some() {
                    Tone::Alert
                } else if last.is_none() || overdue {
                    Tone::Warn
                } else {
                    Tone::Muted
                };
                right = canvas.put_right(right.saturating_sub(2), 0, &text, tone);
            }
        }
        let waiting = shell.notices.iter().filter(|notice| notice.waits).count();
        let tone = if waiting > 0 {
            Tone::Title
        } else {
            Tone::Muted
        };
        right = canvas.put_right(
            right.saturating_sub(2),
            0,
            &format!("inbox {waiting}"),
            tone,
        );
        let unit = workplaces(&seat.who.units)
            .first()
            .copied()
            .unwrap_or_default();
        let line = if width >= 64 {
            format!("{unit}  {}, {}", seat.who.name, seat.who.role)
        } else {
            format!("{}, {}", seat.who.name, seat.who.role)
        };
        let x = if width >= 64 {
            canvas.put(1, 0, "chartseal", Tone::Title) + 2
        } else {
            1
        };
        canvas.put_within(x, 0, right.saturating_sub(x + 1), line.trim(), Tone::Text);
        panes(app, canvas);
    } else {
        let x = canvas.put(1, 0, "chartseal", Tone::Title);
        let place = match &shell.vault {
            Some(VaultState::There { name, .. }) => name.as_str(),
            _ => "",
        };
        canvas.put(x + 2, 0, place, Tone::Muted);
        canvas.put_right(right, 0, "locked", Tone::Muted);
    }
    if shell.glass.is_some() {
        canvas.put_right(width, 1, " BREAK-GLASS IN FORCE ", Tone::BreakGlass);
        canvas.row(0, Tone::BreakGlass);
    } else if app.is_demo() && shell.seat.is_some() && width >= 64 {
        canvas.put_right(
            width.saturating_sub(1),
            1,
            "demo: nothing is real",
            Tone::Warn,
        );
    }
}

fn panes(app: &App, canvas: &mut Canvas<'_>) {
    let all: usize = app.panes().iter().map(|pane| pane.title().len() + 4).sum();
    let tight = all + 1 > usize::from(canvas.width());
    let mut x = 1;
    for (at, pane) in app.panes().iter().enumerate() {
        let here = *pane == app.pane;
        let title = match (here, tight) {
            (true, _) => pane.title().to_uppercase(),
            (false, true) => pane.title().chars().take(3).collect(),
            (false, false) => pane.title().to_owned(),
        };
        x = canvas.put(x, 1, &(at + 1).to_string(), Tone::Key);
        x = canvas.put(
            x + 1,
            1,
            &title,
            if here { Tone::Title } else { Tone::Muted },
        );
        x += if tight { 1 } else { 2 };
    }
}

fn footer(app: &App, canvas: &mut Canvas<'_>, roomy: bool) {
    let shell = &app.shell;
    let last = canvas.height() - 1;
    if roomy {
        canvas.rule(last - 1);
    }
    if let Some((text, tone)) = &shell.said {
        // In a small window the line takes the place of the keys until the next key.
        let y = if roomy { last - 1 } else { last };
        let text = if roomy {
            format!(" {text} ")
        } else {
            text.clone()
        };
        canvas.put(1, y, &text, *tone);
        if !roomy {
            return;
        }
    }
    let keys: Vec<Action> = match shell.popups.last() {
        Some(popup) => popup.keys().to_vec(),
        None => app.room().keys(shell),
    };
    let width = canvas.width();
    let mut x = 1;
    for action in keys {
        let row = action.row();
        if !row.need.met(shell.role(), shell.look.kiosk) {
            continue;
        }
        let Some(key) = shell.look.keymap.shown(action) else {
            continue;
        };
        let label = if row.short.is_empty() {
            row.name
        } else {
            row.short
        };
        let needed = (text::width(&key) + 1 + text::width(label)) as u16;
        if x + needed >= width {
            break;
        }
        x = canvas.put(x, last, &key, Tone::Key);
        x = canvas.put(x + 1, last, label, Tone::Text) + 2;
    }
}
