//! Entries and queries of the whole language, drawn by a seed.

use chartseal::clinical::{Body, Note};

use crate::fixture::{allergy, condition, pressure, result};
use crate::support::chance::Chance;

/// Chance, and what it draws of a hospital.
pub struct Random(pub Chance);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0.next()
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0.index(n)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub fn text(&mut self) -> String {
        const WORDS: [&str; 12] = [
            "fever", "pain", "chest", "the", "of", "cough", "García", "mild", "E11.9", "8480",
            "simple", "Müller",
        ];
        let words: Vec<&str> = (0..=self.below(5)).map(|_| *self.pick(&WORDS)).collect();
        words.join(" ")
    }

    pub fn body(&mut self) -> Body {
        let text = self.text();
        let n = self.below(80) as i64;
        match self.below(6) {
            0 | 1 => Body::Note(Note {
                text,
                at: format!("202{}-0{}-1{}T23:30:00-05:00", 5 + n % 2, 1 + n % 9, n % 10)
                    .parse()
                    .ok(),
                ..Default::default()
            }),
            2 => condition(["I10", "E11.9", "E11"][n as usize % 3], &text),
            3 => pressure(100 + n, 50 + n / 2),
            4 => result(["4548-4", "2345-7"][n as usize % 2], n),
            _ => allergy(&text),
        }
    }

    /// A query of the whole language.
    pub fn query(&mut self, depth: usize) -> String {
        const FIXED: [&str; 38] = [
            "dx:I10",
            "dx:E11",
            "dx:\"chest pain\"",
            "allergy:cough",
            "lab:4548-4",
            "lab:test",
            "name:ga*",
            "name:garden*",
            "name:gardene*",
            "name:müller",
            "dob:1961",
            "dob:1961-04-03",
            "mrn:1",
            "phone:5550199",
            "blood:A+",
            "kind:note",
            "kind:vitals",
            "kind:identity",
            "author:hsmith",
            "author:BRANDT",
            "author:nobody",
            "since:2026",
            "until:2025-06",
            "on:2026-02",
            "last:9000d",
            "bp>140/90",
            "bp:120/60",
            "bp<110/60",
            "value:4548-4>=4",
            "value:4548-4:0.5..7.2",
            "value:2345-7<1",
            "pulse>50",
            "8480",
            "E11.9",
            "\"pain of the chest\"",
            "\"fever cough\"",
            "GARCIA",
            "history: pain",
        ];
        if depth == 0 || self.below(2) == 0 {
            return match self.below(3) {
                0 => {
                    (*self.pick(&["fever", "pain", "cough", "mild", "garcía", "simple"])).to_owned()
                }
                _ => (*self.pick(&FIXED)).to_owned(),
            };
        }
        let (a, b) = (self.query(depth - 1), self.query(depth - 1));
        match self.below(4) {
            0 => format!("({a} {b})"),
            1 => format!("({a} OR {b})"),
            2 if !a.contains("history") => format!("{b} -({a})"),
            _ => format!("{a} AND {b}"),
        }
    }
}
