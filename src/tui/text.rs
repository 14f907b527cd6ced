//! Text measured in columns: cut, padded, wrapped and cleaned, never in bytes.
//!
//! Names come in any script and notes come from anywhere, so every string that reaches the screen
//! passes through here. **Control characters and direction overrides never reach the terminal.**

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes on the screen.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(grapheme_width).sum()
}

fn grapheme_width(grapheme: &str) -> usize {
    grapheme.width()
}

/// `text` without what could move the cursor, hide text or reverse its order.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(unwanted) {
        Cow::Owned(
            text.chars()
                .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
                .filter(|c| !unwanted(*c))
                .collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

/// Controls, and the characters by which text can claim to read otherwise than it is stored.
fn unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `1 line`, `12 lines`.
pub fn lines_of(count: usize) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} line{s}")
}

/// At most `columns` of `text`; what was cut shows as `…`.
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let mut taken = 0;
    let mut end = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let w = grapheme_width(grapheme);
        if taken + w > columns - 1 {
            break;
        }
        taken += w;
        end = at + grapheme.len();
    }
    Cow::Owned(format!("{}…", &text[..end]))
}

/// `text` cut and filled with blanks on the right to exactly `columns`.
pub fn left(text: &str, columns: usize) -> String {
    let cut = cut(text, columns);
    let fill = columns.saturating_sub(width(&cut));
    format!("{cut}{}", " ".repeat(fill))
}

/// `text` cut and filled with blanks on the left to exactly `columns`.
pub fn right(text: &str, columns: usize) -> String {
    let cut = cut(text, columns);
    let fill = columns.saturating_sub(width(&cut));
    format!("{}{cut}", " ".repeat(fill))
}

/// `text` broken between words into lines of at most `columns`; a longer word is broken inside.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let paragraph = clean(paragraph);
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_whitespace() {
            let w = width(word);
            if used > 0 && used + 1 + w <= columns {
                line.push(' ');
                line.push_str(word);
                used += 1 + w;
                continue;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            for grapheme in word.graphemes(true) {
                let w = grapheme_width(grapheme);
                if used + w > columns && used > 0 {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(grapheme);
                used += w;
            }
        }
        lines.push(line);
    }
    lines
}

/// Where the lines of [`wrap`] lie in `text`, in bytes, for a text of one paragraph whose parts have looks of their own.
pub fn lines(text: &str, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line: Option<Range<usize>> = None;
    let (mut used, mut rest) = (0, 0);
    for word in text.split_whitespace() {
        let at = rest + text[rest..].find(word).unwrap_or(0);
        rest = at + word.len();
        let w = width(word);
        if let Some(line) = &mut line
            && used + 1 + w <= columns
        {
            line.end = rest;
            used += 1 + w;
            continue;
        }
        lines.extend(line.take());
        let mut begin = at;
        used = 0;
        for (offset, grapheme) in word.grapheme_indices(true) {
            let w = grapheme_width(grapheme);
            if used + w > columns && used > 0 {
                lines.push(begin..at + offset);
                begin = at + offset;
                used = 0;
            }
            used += w;
        }
        line = Some(begin..rest);
    }
    lines.extend(line);
    lines
}

/// As [`wrap`], where later lines keep the indent of the first.
pub fn hang(line: &str, columns: usize) -> Vec<String> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    hung(
        &line[indent..],
        &" ".repeat(indent),
        &" ".repeat(indent),
        columns,
    )
}

/// Wrapped behind `first`, and under it behind as many blanks: `STOP penicillin allergy` over two lines.
pub fn behind(first: &str, line: &str, columns: usize) -> Vec<String> {
    hung(line, first, &" ".repeat(width(first)), columns)
}

fn hung(line: &str, first: &str, later: &str, columns: usize) -> Vec<String> {
    let room = columns.saturating_sub(width(first)).max(8);
    let parts = wrap(line, room).into_iter().enumerate();
    parts
        .map(|(at, part)| format!("{}{part}", if at == 0 { first } else { later }))
        .collect()
}

/// A count with its thousands set apart by narrow blanks: `1 204 331`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// A size in the unit that keeps it readable: `812 B`, `3.1 MB`.
pub fn bytes(n: u64) -> String {
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit < 4 {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{n} B"),
        _ => format!("{value:.1} {}", ["B", "kB", "MB", "GB", "TB"][unit]),
    }
}

/// Values as a line of block heights, scaled between the lowest and the highest of them.
pub fn sparkline(values: &[f64]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values
        .iter()
        .map(|v| {
            if (high - low).abs() < f64::EPSILON {
                BLOCKS[3]
            } else {
                BLOCKS[(((v - low) / (high - low)) * 7.0).round() as usize]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_character_is_never_cut_in_half() {
        assert_eq!(cut("患者中文", 8), "患者中文");
        assert_eq!(cut("患者中文", 7), "患者中…");
        assert_eq!(cut("患者中文", 6), "患者…");
        for columns in 0..10 {
            assert!(width(&cut("患者e\u{301}中文", columns)) <= columns);
        }
    }

    #[test]
    fn padded_text_has_exactly_its_columns() {
        for columns in 0..12 {
            assert_eq!(width(&left("Mejía 患者", columns)), columns);
            assert_eq!(width(&right("Mejía 患者", columns)), columns);
        }
        assert_eq!(right("7", 3), "  7");
    }

    #[test]
    fn escape_sequences_and_direction_overrides_do_not_survive() {
        assert_eq!(clean("a\x1b[31mb\u{202e}c\nd"), "a[31mbc d");
        assert!(matches!(clean("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn wrapping_keeps_every_word_and_no_line_is_too_wide() {
        let text = "Fever since midnight, productive cough. Verylongwordthatmustbreak 患者中文患者";
        for columns in 1..30 {
            let lines = wrap(text, columns);
            assert!(
                lines.iter().all(|l| width(l) <= columns.max(2)),
                "{columns}: {lines:?}"
            );
            let kept: String = lines.concat().split_whitespace().collect();
            assert_eq!(kept, text.split_whitespace().collect::<String>());
        }
        assert_eq!(wrap("", 5), vec![String::new()]);
    }

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_204), "1 204");
        assert_eq!(grouped(1_000_000), "1 000 000");
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(3_100_000), "3.1 MB");
        assert_eq!(sparkline(&[1.0, 2.0, 3.0]), "▁▅█");
        assert_eq!(sparkline(&[5.0, 5.0]), "▄▄");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn the_lines_of_a_paragraph_are_those_of_its_wrapping_wherever_it_is_broken() {
        for text in [
            "",
            "a",
            "chest  pain since noon",
            "患者 中文 extraordinarilylongword x",
            " lead",
        ] {
            for columns in 1..14 {
                let cut: Vec<&str> = lines(text, columns).into_iter().map(|r| &text[r]).collect();
                let cut: Vec<String> = cut
                    .iter()
                    .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                    .collect();
                let wrapped = wrap(text, columns);
                let wrapped: Vec<String> = wrapped
                    .into_iter()
                    .filter(|line| !line.is_empty())
                    .collect();
                assert_eq!(cut, wrapped, "{text:?} in {columns}");
            }
        }
    }
}
