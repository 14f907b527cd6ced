//! A page of text: lines, aligned columns, indented blocks.

use unicode_width::UnicodeWidthStr;

use super::plain;

/// A page of text. Everything that is put on it is made [plain](plain()).
#[derive(Debug, Default)]
pub struct Page {
    text: String,
    indent: usize,
}

impl Page {
    /// One line.
    pub fn line(&mut self, text: impl AsRef<str>) {
        let text = plain(text.as_ref());
        let text = text.trim_end();
        if !text.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', self.indent));
            self.text.push_str(text);
        }
        self.text.push('\n');
    }

    /// Text of several lines, line by line.
    pub fn lines(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(line));
    }

    /// An empty line, unless the page is empty.
    pub fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// What `write` puts on the page, two columns further in.
    pub fn block(&mut self, write: impl FnOnce(&mut Self)) {
        self.indent += 2;
        write(self);
        self.indent -= 2;
    }

    /// Pairs of name and value, the values aligned.
    pub fn pairs<V: AsRef<str>>(&mut self, pairs: &[(&str, V)]) {
        let rows: Vec<[&str; 2]> = pairs
            .iter()
            .map(|(name, value)| [*name, value.as_ref()])
            .collect();
        self.columns(&rows);
    }

    /// A heading over aligned columns. Without rows, `empty` is said instead.
    pub fn table<const N: usize>(&mut self, heading: [&str; N], rows: &[[String; N]], empty: &str) {
        if rows.is_empty() {
            return self.line(empty);
        }
        let mut all = vec![heading];
        all.extend(rows.iter().map(|row| row.each_ref().map(String::as_str)));
        self.columns(&all);
    }

    fn columns<const N: usize>(&mut self, rows: &[[&str; N]]) {
        let rows: Vec<[String; N]> = rows.iter().map(|row| row.map(plain)).collect();
        let mut widths = [0; N];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
            }
            self.line(line);
        }
    }

    /// What was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// `text`, or a dash where there is none.
pub fn or_dash<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

/// `1 entry`, `2 entries`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// `1 204 307`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// `612 B`, `2.2 MB`: decimal units, as disks and clouds count.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

/// `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`.
pub fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3_600, whole % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_under_their_heading_for_wide_letters_too() {
        let mut page = Page::default();
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        page.table(
            ["name", "mrn"],
            &[row("張偉", "0012-7"), row("Mejía", "0044-1")],
            "none",
        );
        assert_eq!(page.text(), "name   mrn\n張偉   0012-7\nMejía  0044-1\n");
    }

    #[test]
    fn an_empty_table_says_so() {
        let mut page = Page::default();
        page.table(["name"], &[], "no charts");
        assert_eq!(page.text(), "no charts\n");
    }

    #[test]
    fn a_newline_in_a_record_cannot_start_a_line_of_its_own() {
        let mut page = Page::default();
        page.line("name\nforged line");
        assert_eq!(page.text(), "name\u{fffd}forged line\n");
    }

    #[test]
    fn numbers_sizes_and_spans_read_well() {
        assert_eq!(grouped(1_204_307), "1 204 307");
        assert_eq!(counted(1, "entry", "entries"), "1 entry");
        assert_eq!(
            (size(612), size(2_210_000), size(999_999)),
            ("612 B".into(), "2.2 MB".into(), "1.0 MB".into())
        );
        assert_eq!((span(0.42), span(12.4)), ("0.4 s".into(), "12 s".into()));
        assert_eq!(
            (span(200.0), span(7_500.0)),
            ("3 min 20 s".into(), "2 h 05 min".into())
        );
    }
}
