//! The tables from which people, illnesses, medicines and results are drawn.

use std::sync::LazyLock;

use crate::clinical::{Decimal, Schedule};

/// A language with its names; each is the Latin form and, where it differs, the form in its own script.
pub(super) struct Language {
    pub(super) tag: &'static str,
    pub(super) female: Vec<Written>,
    pub(super) male: Vec<Written>,
    pub(super) family: Vec<Written>,
}

/// A name in Latin letters, and in its own script.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) latin: &'static str,
    pub(super) own: Option<&'static str>,
}

/// A medicine that the hospital prescribes.
pub(super) struct Medicine {
    pub(super) name: &'static str,
    pub(super) codes: Vec<&'static str>,
    pub(super) form: &'static str,
    pub(super) strength: (Decimal, &'static str),
    pub(super) units: i64,
    pub(super) route: &'static str,
    /// Times a day; 0 for as needed.
    pub(super) times: u16,
    pub(super) days: u16,
    pub(super) schedule: Option<Schedule>,
}

/// Something that the laboratory measures.
pub(super) struct Test {
    pub(super) key: &'static str,
    pub(super) loinc: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) low: Decimal,
    pub(super) high: Decimal,
    pub(super) digits: u8,
    pub(super) ill: Decimal,
}

/// An illness as it is met in the ward or in the clinic.
pub(super) struct Illness {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) acute: bool,
    pub(super) ages: (i64, i64),
    /// `a` for any, `f` or `m`.
    pub(super) sex: &'static str,
    pub(super) complaint: &'static str,
    pub(super) finding: &'static str,
    pub(super) plan: &'static str,
    pub(super) medicines: Vec<&'static Medicine>,
    pub(super) tests: Vec<&'static Test>,
}

pub(super) static LANGUAGES: LazyLock<Vec<Language>> =
    LazyLock::new(|| rows(include_str!("names.txt"), language));
pub(super) static MEDICINES: LazyLock<Vec<Medicine>> =
    LazyLock::new(|| rows(include_str!("medicines.txt"), medicine));
pub(super) static TESTS: LazyLock<Vec<Test>> =
    LazyLock::new(|| rows(include_str!("results.txt"), test));
pub(super) static ILLNESSES: LazyLock<Vec<Illness>> =
    LazyLock::new(|| rows(include_str!("illnesses.txt"), illness));

/// Reads a table of this program's own; that each line can be read is a test's business.
fn rows<T>(text: &'static str, read: fn(&[&'static str]) -> Option<T>) -> Vec<T> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    let row = |line: &'static str| read(&line.split('|').map(str::trim).collect::<Vec<_>>());
    lines
        .map(|line| row(line).unwrap_or_else(|| unreachable!("a line of the table: {line}")))
        .collect()
}

fn list(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

fn written(text: &'static str) -> Vec<Written> {
    let one = |name: &'static str| match name.split_once('/') {
        Some((latin, own)) => Written {
            latin,
            own: Some(own),
        },
        None => Written {
            latin: name,
            own: None,
        },
    };
    list(text).map(one).collect()
}

fn language(fields: &[&'static str]) -> Option<Language> {
    let &[tag, female, male, family] = fields else {
        return None;
    };
    Some(Language {
        tag,
        female: written(female),
        male: written(male),
        family: written(family),
    })
}

fn medicine(fields: &[&'static str]) -> Option<Medicine> {
    let &[
        name,
        codes,
        form,
        strength,
        units,
        route,
        times,
        days,
        schedule,
    ] = fields
    else {
        return None;
    };
    let (value, unit) = strength.split_once(' ')?;
    Some(Medicine {
        name,
        codes: codes.split(' ').collect(),
        form,
        strength: (value.parse().ok()?, unit),
        units: units.parse().ok()?,
        route,
        times: times.parse().ok()?,
        days: days.parse().ok()?,
        schedule: if schedule.is_empty() {
            None
        } else {
            Some(schedule.parse().ok()?)
        },
    })
}

fn test(fields: &[&'static str]) -> Option<Test> {
    let &[key, loinc, name, unit, low, high, digits, ill] = fields else {
        return None;
    };
    let (low, high, ill) = (low.parse().ok()?, high.parse().ok()?, ill.parse().ok()?);
    Some(Test {
        key,
        loinc,
        name,
        unit,
        low,
        high,
        digits: digits.parse().ok()?,
        ill,
    })
}

fn illness(fields: &[&'static str]) -> Option<Illness> {
    let &[
        code,
        name,
        kind,
        ages,
        sex,
        complaint,
        finding,
        plan,
        medicines,
        tests,
    ] = fields
    else {
        return None;
    };
    let (from, to) = ages.split_once('-')?;
    Some(Illness {
        code,
        name,
        acute: kind == "acute",
        ages: (from.parse().ok()?, to.parse().ok()?),
        sex,
        complaint,
        finding,
        plan,
        medicines: list(medicines)
            .map(|name| MEDICINES.iter().find(|m| m.name == name))
            .collect::<Option<_>>()?,
        tests: list(tests)
            .map(|key| TESTS.iter().find(|t| t.key == key))
            .collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::Concept;
    use crate::clinical::safety::ingredient::recognise;

    #[test]
    fn every_table_can_be_read() {
        assert!(LANGUAGES.len() >= 12);
        assert!(MEDICINES.len() >= 30);
        assert!(TESTS.len() >= 15);
        assert!(ILLNESSES.iter().any(|i| i.acute) && ILLNESSES.iter().any(|i| !i.acute));
    }

    #[test]
    fn every_medicine_of_the_hospital_is_known_to_the_safety_checks() {
        for medicine in MEDICINES.iter() {
            let found = recognise(&Concept::text(medicine.name));
            assert!(
                found.unknown.is_empty() && !found.ingredients.is_empty(),
                "{}",
                medicine.name
            );
        }
    }

    #[test]
    fn there_is_an_illness_for_every_age_and_sex_from_twenty_on() {
        for age in 20..=95 {
            for sex in ["f", "m"] {
                for acute in [true, false] {
                    let fits = |i: &&Illness| {
                        i.acute == acute
                            && (i.ages.0..=i.ages.1).contains(&age)
                            && ["a", sex].contains(&i.sex)
                    };
                    assert!(
                        ILLNESSES.iter().any(|i| fits(&i)),
                        "{age} {sex} acute: {acute}"
                    );
                }
            }
        }
    }
}
