//! The tables, in Markdown.

use crate::run::Figures;

/// What a row says, and the figure that it shows.
const ROWS: [(&str, &str); 23] = [
    ("index, bytes a pair", "build.bytes_per_pair"),
    ("build, entries/s", "build.entries_per_second"),
    ("rare word, µs", "fresh.find.rare"),
    ("medium word, µs", "fresh.find.medium"),
    ("long word, µs", "fresh.find.long"),
    ("two words, first 20 read, µs", "fresh.page"),
    ("add one entry, µs", "fresh.add"),
    ("the same, mean with merging, µs", "fresh.add.mean"),
    ("amended, % of the entries", "amend.share"),
    ("amend, entries/s", "amend.entries_per_second"),
    ("then: bytes a pair", "amend.bytes_per_pair"),
    ("then: rare word, µs", "amended.find.rare"),
    ("then: medium word, µs", "amended.find.medium"),
    ("then: long word, µs", "amended.find.long"),
    ("then: two words, µs", "amended.page"),
    ("rebuild, s", "rebuild.seconds"),
    ("rebuilt: bytes a pair", "rebuild.bytes_per_pair"),
    ("rebuilt: rare word, µs", "rebuilt.find.rare"),
    ("rebuilt: medium word, µs", "rebuilt.find.medium"),
    ("rebuilt: long word, µs", "rebuilt.find.long"),
    ("rebuilt: two words, µs", "rebuilt.page"),
    ("not answered: long words of 200", "fresh.find.long.refused"),
    ("not answered: pairs of 1 000", "fresh.page.refused"),
];

/// The table of the comparison: a column a peer. Times are the middle and the 99th percentile.
pub fn of_figures(entries: u64, columns: &[(&str, Figures)]) -> String {
    let mut table = format!("| {entries} entries |");
    columns
        .iter()
        .for_each(|(title, _)| table += &format!(" {title} |"));
    table += "\n|---|";
    columns.iter().for_each(|_| table += "---|");
    for (title, name) in ROWS {
        if columns
            .iter()
            .all(|(_, figures)| !figures.contains_key(name))
        {
            continue;
        }
        table += &format!("\n| {title} |");
        let rebuilding = name.starts_with("rebuil");
        for (_, figures) in columns {
            let there_is_none = rebuilding && !figures.contains_key("rebuild.seconds");
            let value = figures.get(name).filter(|_| !there_is_none);
            table += &format!(
                " {} |",
                value.map_or_else(|| "n/a".to_owned(), |value| shown(value))
            );
        }
    }
    table
}

/// Two figures are a middle and a 99th percentile.
fn shown(value: &str) -> String {
    let numbers: Vec<String> = value.split(' ').map(rounded).collect();
    numbers.join(" / ")
}

/// Three digits are enough for a machine that others use.
fn rounded(number: &str) -> String {
    match number.parse::<f64>() {
        Ok(n) if n >= 1_000.0 => {
            let step = 10f64.powi(n.log10() as i32 - 2);
            let digits = format!("{:.0}", (n / step).round() * step);
            let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
            let groups: Vec<&str> = groups
                .iter()
                .filter_map(|group| std::str::from_utf8(group).ok())
                .collect();
            groups.join(" ")
        }
        Ok(n) if n >= 100.0 => format!("{n:.0}"),
        _ => number.to_owned(),
    }
}

/// The table of the leak test.
pub fn of_leaks(rows: &[(&str, Figures)]) -> String {
    let mut table = "| the thief has | index | codes recovered | share of all occurrences | by chance |\n|---|---|---|---|---|".to_owned();
    for (copies, said) in [("one", "one copy"), ("many", "31 daily copies")] {
        for (title, figures) in rows {
            let figure = |name: &str| {
                figures
                    .get(&format!("{copies}.{name}"))
                    .map_or("n/a", String::as_str)
            };
            table += &format!(
                "\n| {said} | {title} | {} | {} | {} |",
                figure("codes"),
                figure("share"),
                figure("chance")
            );
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_three_digits_and_large_ones_grouped() {
        assert_eq!(shown("123456 7.25"), "123 000 / 7.25");
        assert_eq!(
            (rounded("999.6"), rounded("1234"), rounded("n/a")),
            ("1000".into(), "1 230".into(), "n/a".into())
        );
    }
}
