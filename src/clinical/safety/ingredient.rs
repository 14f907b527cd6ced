//! Which ingredients a medicine or a substance is: by code, by name, by synonym, by brand; never by similar spelling.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::class::{self, Class};
use crate::clinical::{Concept, coding::system};

/// An ingredient that the checks know.
#[derive(Debug, PartialEq, Eq)]
pub struct Ingredient {
    /// Its international name.
    pub name: String,
    /// The classes that it belongs to.
    pub classes: Vec<Class>,
}

/// What was recognised in a medicine or a substance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recognised {
    /// The ingredients, in the order of the text, each once.
    pub ingredients: Vec<&'static Ingredient>,
    /// Whole classes that are named as such, as allergy lists do.
    pub classes: Vec<Class>,
    /// Parts in which nothing was recognised.
    pub unknown: Vec<String>,
}

/// The table as it is written.
const TABLE: &str = include_str!("ingredients.txt");

struct Table {
    ingredients: Vec<Ingredient>,
    by_code: HashMap<&'static str, Vec<usize>>,
    /// Normalised names of one or more words.
    by_name: HashMap<String, Vec<usize>>,
    /// The greatest number of words in a name.
    longest: usize,
}

static READ: LazyLock<Table> =
    LazyLock::new(|| read(TABLE).expect("the table is checked by a test"));

impl Ingredient {
    /// Whether it belongs to `class`.
    pub fn is(&self, class: Class) -> bool {
        self.classes.contains(&class)
    }

    /// The ingredient of this name, synonym or brand.
    pub fn named(name: &str) -> Option<&'static Self> {
        match READ.by_name.get(&normalised(name))?.as_slice() {
            [one] => Some(&READ.ingredients[*one]),
            _ => None,
        }
    }
}

/// Lower case without accents, everything but letters and digits turned into single spaces.
fn normalised(text: &str) -> String {
    let plain = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase);
    let spaced: String = plain
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read(text: &'static str) -> Result<Table, String> {
    let mut table = Table {
        ingredients: Vec::new(),
        by_code: HashMap::new(),
        by_name: HashMap::new(),
        longest: 1,
    };
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    let (products, single): (Vec<_>, Vec<_>) = lines.partition(|l| l.starts_with('='));
    for line in single.into_iter().chain(products) {
        let fields: Vec<&'static str> = line
            .trim_start_matches('=')
            .split('|')
            .map(str::trim)
            .collect();
        let &[name, codes, also, last] = fields.as_slice() else {
            return Err(format!("four fields, please: {line}"));
        };
        let members = if line.starts_with('=') {
            let member = |part: &str| {
                table
                    .by_name
                    .get(&normalised(part))
                    .cloned()
                    .ok_or_else(|| format!("{part}: {line}"))
            };
            last.split('+')
                .map(member)
                .collect::<Result<Vec<_>, _>>()?
                .concat()
        } else {
            let classes = last
                .split_whitespace()
                .map(|word| word.parse().map_err(|e| format!("{e}: {line}")));
            let classes = classes.collect::<Result<_, _>>()?;
            table.ingredients.push(Ingredient {
                name: name.to_owned(),
                classes,
            });
            vec![table.ingredients.len() - 1]
        };
        for code in codes.split_whitespace() {
            if table.by_code.insert(code, members.clone()).is_some() {
                return Err(format!("code {code} stands twice"));
            }
        }
        for name in std::iter::once(name)
            .chain(also.split(','))
            .map(normalised)
            .filter(|n| !n.is_empty())
        {
            table.longest = table.longest.max(name.split(' ').count());
            if table
                .by_name
                .insert(name.clone(), members.clone())
                .is_some_and(|before| before != members)
            {
                return Err(format!("{name} stands for two things"));
            }
        }
    }
    Ok(table)
}

/// Which ingredients `concept` is. Codes and words are both read: where they disagree, both count.
pub fn recognise(concept: &Concept) -> Recognised {
    let mut found = Recognised::default();
    let codes = concept
        .codings
        .iter()
        .filter(|c| c.system == system::RXNORM)
        .map(|c| c.code.as_str());
    let by_code: Vec<usize> = codes
        .filter_map(|code| READ.by_code.get(code))
        .flatten()
        .copied()
        .collect();
    for index in &by_code {
        found.add(*index);
    }
    for part in parts(concept.label()) {
        let words = normalised(part);
        if found.read(&words) {
            continue;
        }
        let says_something = words
            .split(' ')
            .any(|w| w.chars().filter(|c| c.is_alphabetic()).count() > 2);
        if says_something && by_code.is_empty() {
            found.unknown.push(part.trim().to_owned());
        }
    }
    // The code system's own words help where a clinician's words do not.
    if found.ingredients.is_empty() && found.classes.is_empty() {
        let displays = concept.codings.iter().filter_map(|c| c.display.as_deref());
        if displays
            .map(normalised)
            .filter(|words| found.read(words))
            .count()
            > 0
        {
            found.unknown.clear();
        }
    }
    found
}

/// A product of several ingredients is written with ` / ` or ` + ` between them.
fn parts(label: &str) -> impl Iterator<Item = &str> {
    label
        .split(" / ")
        .flat_map(|part| part.split(" + "))
        .filter(|part| !part.trim().is_empty())
}

impl Recognised {
    /// Whether nothing at all was recognised.
    pub fn is_nothing(&self) -> bool {
        self.ingredients.is_empty() && self.classes.is_empty()
    }

    fn add(&mut self, index: usize) {
        let ingredient = &READ.ingredients[index];
        if !self.ingredients.contains(&ingredient) {
            self.ingredients.push(ingredient);
        }
    }

    /// Reads normalised words, the longest name first; whether anything was recognised.
    fn read(&mut self, text: &str) -> bool {
        let words: Vec<&str> = text.split(' ').collect();
        let mut rest = Vec::new();
        let mut at = 0;
        let mut any = false;
        while at < words.len() {
            let mut lengths = (1..=READ.longest.min(words.len() - at)).rev();
            let hit =
                lengths.find_map(|n| Some((n, READ.by_name.get(&words[at..at + n].join(" "))?)));
            if let Some((length, members)) = hit {
                for index in members {
                    self.add(*index);
                }
                any = true;
                at += length;
            } else {
                rest.push(words[at]);
                at += 1;
            }
        }
        let classes = class::named_in(&rest.join(" "));
        any |= !classes.is_empty();
        self.classes.extend(classes);
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(label: &str) -> Vec<&'static str> {
        recognise(&Concept::text(label))
            .ingredients
            .iter()
            .map(|i| i.name.as_str())
            .collect()
    }

    #[test]
    fn the_table_can_be_read_and_says_nothing_twice() {
        let table = read(TABLE).unwrap();
        assert!(table.ingredients.len() > 250, "{}", table.ingredients.len());
    }

    #[test]
    fn names_match_by_synonym_and_brand() {
        assert_eq!(names("Rifampin 300 MG Oral Capsule"), ["rifampicin"]);
        assert_eq!(
            names("Meperidine Hydrochloride 50 MG Oral Tablet"),
            ["pethidine"]
        );
        assert_eq!(
            names("ibuprofène 400"),
            Vec::<&str>::new(),
            "an unknown word is not guessed at"
        );
        assert_eq!(names("Lasix 40mg"), ["furosemide"]);
        assert_eq!(names("ASPIRIN"), ["aspirin"]);
        assert_eq!(
            names("Amoxicillín"),
            ["amoxicillin"],
            "accents do not count"
        );
    }

    #[test]
    fn the_known_misspelling_is_simvastatin_by_name_and_by_code() {
        assert_eq!(names("Simvistatin 10 MG"), ["simvastatin"]);
        let coded = Concept::coded(system::RXNORM, "316672", "Simvi-something");
        assert_eq!(recognise(&coded).ingredients[0].name, "simvastatin");
        assert!(recognise(&coded).unknown.is_empty());
    }

    #[test]
    fn a_product_is_all_of_its_ingredients() {
        assert_eq!(
            names("Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet"),
            ["amoxicillin", "clavulanate"]
        );
        assert_eq!(names("Augmentin 625"), ["amoxicillin", "clavulanate"]);
        assert_eq!(
            names("Acetaminophen 300 MG / HYDROcodone Bitartrate 5 MG [Vicodin]"),
            ["paracetamol", "hydrocodone"]
        );
        let smx = Concept::coded(system::RXNORM, "10831", "Sulfamethoxazole / Trimethoprim");
        assert_eq!(recognise(&smx).ingredients.len(), 2);
        assert_eq!(
            names(
                "insulin isophane, human 70 UNT/ML / insulin, regular, human 30 UNT/ML Injectable Suspension [Humulin]"
            ),
            ["insulin"]
        );
    }

    #[test]
    fn similar_names_are_told_apart() {
        assert_eq!(names("prednisone 5 mg"), ["prednisone"]);
        assert_eq!(names("prednisolone 5 mg"), ["prednisolone"]);
        assert_eq!(names("hydroxyzine"), ["hydroxyzine"]);
        assert_eq!(
            names("penicillin V potassium 250 MG"),
            ["phenoxymethylpenicillin"]
        );
    }

    #[test]
    fn what_is_not_recognised_is_named() {
        assert_eq!(
            recognise(&Concept::text("Wonderdrug 5 MG")).unknown,
            ["Wonderdrug 5 MG"]
        );
        let half = recognise(&Concept::text("Aspirin 300 MG / Wonderdrug 5 MG"));
        assert_eq!(
            (half.ingredients.len(), half.unknown),
            (1, vec!["Wonderdrug 5 MG".to_owned()])
        );
    }

    #[test]
    fn a_code_and_words_that_disagree_both_count() {
        let both = recognise(&Concept::coded(system::RXNORM, "1191", "Ibuprofen 200 mg"));
        assert_eq!(
            both.ingredients
                .iter()
                .map(|i| i.name.as_str())
                .collect::<Vec<_>>(),
            ["aspirin", "ibuprofen"]
        );
    }

    #[test]
    fn a_class_named_as_such_is_a_class() {
        assert_eq!(
            recognise(&Concept::text("Allergy to penicillin")).classes,
            [Class::Penicillin]
        );
        assert_eq!(
            recognise(&Concept::text("sulfa drugs")).classes,
            [Class::SulfonamideAntibiotic]
        );
        assert!(recognise(&Concept::text("penicillin V")).classes.is_empty());
    }
}
