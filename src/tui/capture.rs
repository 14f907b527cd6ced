//! A screen as plain text or as a picture, without a terminal: for the documentation and for tests.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::app::App;
use super::render::render;
use super::text;

/// The application drawn at this size.
pub fn buffer(app: &App, width: u16, height: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    render(app, &mut buffer);
    buffer
}

/// The lines of a screen, without the blanks at their ends.
pub fn plain(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += text::width(symbol).max(1) as u16;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The screen as an SVG picture on a dark ground.
pub fn svg(buffer: &Buffer) -> String {
    const CELL: (f64, f64) = (8.4, 18.0);
    const BACK: &str = "#14161a";
    let (width, height) = (
        f64::from(buffer.area.width) * CELL.0 + 24.0,
        f64::from(buffer.area.height) * CELL.1 + 24.0,
    );
    let mut out = String::new();
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">"#
    );
    let _ = writeln!(
        out,
        r#"<rect width="100%" height="100%" rx="8" fill="{BACK}"/>"#
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            // A run of cells that look the same becomes one text.
            let first = &buffer[(x, y)];
            let start = x;
            let mut run = String::new();
            while x < buffer.area.width {
                let cell = &buffer[(x, y)];
                if (cell.fg, cell.bg, cell.modifier) != (first.fg, first.bg, first.modifier) {
                    break;
                }
                run.push_str(cell.symbol());
                x += text::width(cell.symbol()).max(1) as u16;
            }
            let (mut fg, mut bg) = (colour(first.fg, "#d5d9e0"), colour(first.bg, BACK));
            if first.modifier.contains(Modifier::REVERSED) {
                std::mem::swap(&mut fg, &mut bg);
            }
            let (left, top) = (
                12.0 + f64::from(start) * CELL.0,
                12.0 + f64::from(y) * CELL.1,
            );
            if bg != BACK {
                let w = f64::from(x - start) * CELL.0;
                let _ = writeln!(
                    out,
                    r#"<rect x="{left:.1}" y="{top:.1}" width="{w:.1}" height="{}" fill="{bg}"/>"#,
                    CELL.1
                );
            }
            if run.trim().is_empty() {
                continue;
            }
            let bold = if first.modifier.contains(Modifier::BOLD) {
                r#" font-weight="bold""#
            } else {
                ""
            };
            let line = if first.modifier.contains(Modifier::UNDERLINED) {
                r#" text-decoration="underline""#
            } else {
                ""
            };
            let length = f64::from(x - start) * CELL.0;
            let _ = writeln!(
                out,
                r#"<text x="{left:.1}" y="{:.1}" fill="{fg}" textLength="{length:.1}" lengthAdjust="spacingAndGlyphs" xml:space="preserve"{bold}{line}>{}</text>"#,
                top + 13.5,
                escaped(&run)
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn colour(colour: Color, default: &'static str) -> &'static str {
    match colour {
        Color::Black => "#000000",
        Color::Red => "#c0392b",
        Color::Green | Color::LightGreen => "#6cc070",
        Color::Yellow | Color::LightYellow => "#e0b050",
        Color::Blue | Color::LightBlue => "#5a9bd8",
        Color::Magenta | Color::LightMagenta => "#b97fd0",
        Color::Cyan | Color::LightCyan => "#5fc3c9",
        Color::Gray => "#a7adb8",
        Color::DarkGray => "#717885",
        Color::LightRed => "#ff6f61",
        Color::White => "#ffffff",
        _ => default,
    }
}
