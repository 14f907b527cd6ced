//! Who the invented patients are.

use super::chance::Chance;
use super::tables::{LANGUAGES, Language, Written};
use crate::clinical::{
    Address, Deceased, Identifier, Identity, Instant, Mrn, Name, NameUse, NextOfKin, PartialDate,
    Sex, rx_state::DAY_MILLIS,
};

/// A person as the rest of the generator needs to know them.
pub(super) struct Person {
    pub(super) identity: Identity,
    pub(super) login: Option<String>,
    pub(super) age: i64,
    pub(super) sex: Sex,
}

/// The first record number that the invented hospital issues.
const FIRST_MRN: u32 = 12;

const STREETS: [&str; 8] = [
    "Elm Row",
    "Harbour Lane",
    "Mill Street",
    "Orchard Way",
    "Chapel Hill",
    "Ferry Road",
    "Station Place",
    "Linden Avenue",
];
const TOWNS: [&str; 5] = [
    "Northbridge",
    "Eastmere",
    "Saltwick",
    "Greyford",
    "Alderholm",
];
const KIN: [&str; 6] = ["spouse", "daughter", "son", "sister", "brother", "friend"];

pub(super) fn draw(chance: &mut Chance, n: usize, now: &Instant) -> Person {
    let language = &LANGUAGES[(n + chance.between(0, 3) as usize) % LANGUAGES.len()];
    let sex = if chance.percent(50) {
        Sex::Female
    } else {
        Sex::Male
    };
    let (mut names, family) = names(chance, language, sex);
    let mut age = if n % 25 == 24 {
        chance.between(12, 17)
    } else {
        chance.between(20, 94)
    };
    let mut birth = birth(chance, age, now);
    let mut person_sex = sex;
    let mut login = None;
    // The first two patients have a login, and names that a demonstration can be told with.
    if n < super::PATIENTS_WITH_LOGIN {
        let known = [
            ("Gustavo", "Mejía", Sex::Male, "1961-04-03", "mejia"),
            ("Ana", "Gerhold", Sex::Female, "1958-09", "gerhold"),
        ];
        let (given, family, sex, born, name) = known[n];
        names = vec![Name::new(given, family)];
        birth = born.parse().ok();
        age = birth
            .and_then(|b: PartialDate| b.years_until(now.local_date()))
            .map_or(age, i64::from);
        person_sex = sex;
        login = Some(name.to_owned());
    }
    let mrn = Mrn::issue(FIRST_MRN + n as u32);
    let deceased = (n % 40 == 39).then(|| Deceased {
        on: Some(now.plus_millis(-20 * DAY_MILLIS).local_date().into()),
    });
    let kin = Name::new(
        pick_given(chance, language, chance_sex(n)).latin,
        family.latin,
    );
    let identity = Identity {
        mrn: Some(mrn),
        names,
        birth,
        sex: person_sex,
        deceased,
        addresses: vec![address(chance)],
        phones: vec![phone(chance)],
        emails: if chance.percent(60) {
            vec![format!("patient{}@example.org", mrn.number())]
        } else {
            Vec::new()
        },
        next_of_kin: vec![NextOfKin {
            name: kin,
            relationship: (*chance.pick(&KIN)).to_owned(),
            phone: phone(chance),
        }],
        language: Some(if n == 0 { "es" } else { language.tag }.to_owned()),
        identifiers: vec![Identifier {
            system: "https://example.org/invented-national-id".to_owned(),
            value: format!("{:09}", chance.between(100_000_000, 999_999_999)),
        }],
        ..Identity::default()
    };
    Person {
        identity,
        login,
        age,
        sex: person_sex,
    }
}

const fn chance_sex(n: usize) -> Sex {
    if n.is_multiple_of(2) {
        Sex::Female
    } else {
        Sex::Male
    }
}

fn pick_given(chance: &mut Chance, language: &Language, sex: Sex) -> Written {
    *chance.pick(if sex == Sex::Female {
        &language.female
    } else {
        &language.male
    })
}

/// The name as it is used, and the official one in its own script where that is another.
fn names(chance: &mut Chance, language: &Language, sex: Sex) -> (Vec<Name>, Written) {
    let given = pick_given(chance, language, sex);
    let family = *chance.pick(&language.family);
    let latin = Name::new(given.latin, family.latin);
    let names = match (given.own, family.own) {
        (Some(own_given), Some(own_family)) => {
            vec![
                Name {
                    usage: NameUse::Usual,
                    ..latin
                },
                Name::new(own_given, own_family),
            ]
        }
        _ => vec![latin],
    };
    (names, family)
}

fn birth(chance: &mut Chance, age: i64, now: &Instant) -> Option<PartialDate> {
    let days = age * 365 + age / 4 + chance.between(20, 340);
    let date = PartialDate::from(now.plus_millis(-days * DAY_MILLIS).local_date());
    match chance.between(1, 100) {
        1..=4 => PartialDate::year_only(date.year()),
        5..=7 => PartialDate::month_of(date.year(), date.month()?),
        _ => Some(date),
    }
}

fn address(chance: &mut Chance) -> Address {
    Address {
        lines: vec![format!(
            "{} {}",
            chance.between(1, 180),
            chance.pick(&STREETS)
        )],
        city: (*chance.pick(&TOWNS)).to_owned(),
        postal_code: format!("{:05}", chance.between(10_000, 99_999)),
        ..Address::default()
    }
}

/// Numbers from 555-0100 to 555-0199 are kept free for fiction.
fn phone(chance: &mut Chance) -> String {
    format!("555-01{:02}", chance.between(0, 99))
}
