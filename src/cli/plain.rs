//! Text that a terminal shows and does not obey.

/// The text with every control and direction-changing character replaced, so that what stands in a record can neither move the
/// cursor nor disguise what stands beside it (<https://trojansource.codes>).
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if obeyed(c) { '\u{fffd}' } else { c })
        .collect()
}

fn obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn escape_sequences_and_direction_marks_are_made_visible() {
        assert_eq!(
            plain("Mejía\u{1b}[2J\u{9b}31m\r\n\u{202e}x"),
            "Mejía\u{fffd}[2J\u{fffd}31m\u{fffd}\u{fffd}\u{fffd}x"
        );
        assert_eq!(plain("Søren Ødegård 張偉"), "Søren Ødegård 張偉");
    }
}
