//! Allergies and intolerances, by substance and by class.

use super::class::Class;
use super::ingredient::{Ingredient, recognise};
use super::{Alert, Check, Severity, Subject};
use crate::clinical::{Allergy, AllergyCategory, Criticality, Severity as Harm, Verification};

/// Classes whose members are taken to share an allergy.
const SHARED: [Class; 17] = [
    Class::Penicillin,
    Class::Cephalosporin,
    Class::Carbapenem,
    Class::Macrolide,
    Class::Fluoroquinolone,
    Class::Tetracycline,
    Class::SulfonamideAntibiotic,
    Class::Nitroimidazole,
    Class::Aminoglycoside,
    Class::Rifamycin,
    Class::Azole,
    Class::Nsaid,
    Class::OpioidPhenanthrene,
    Class::Statin,
    Class::AceInhibitor,
    Class::Benzodiazepine,
    Class::Opioid,
];

/// Words of substances that are no medicines, for sources that send no category.
const NO_MEDICINE: [&str; 28] = [
    "nut",
    "nuts",
    "peanut",
    "peanuts",
    "egg",
    "eggs",
    "fish",
    "shellfish",
    "gluten",
    "wheat",
    "soya",
    "soy",
    "milk",
    "strawberry",
    "pollen",
    "mould",
    "mold",
    "dander",
    "dust",
    "mite",
    "venom",
    "latex",
    "animal",
    "cat",
    "dog",
    "grass",
    "bee",
    "wasp",
];

const BETA_LACTAMS: &str = "Drug allergy: a 2022 practice parameter update (AAAAI/ACAAI), J Allergy Clin Immunol 2022, section on beta-lactams";
const SULFONAMIDES: &str = "Strom et al., Absence of cross-reactivity between sulfonamide antibiotics and nonantibiotics, N Engl J Med 2003";

pub(super) fn check(subject: &Subject) -> Vec<Alert> {
    let context = subject.context;
    if context.allergies.is_empty() {
        let text =
            "nobody has recorded allergies, nor that there are none; ask the patient".to_owned();
        return vec![Alert::new(Check::Allergy, Severity::CouldNotRun, text)];
    }
    let current = context
        .allergies
        .iter()
        .filter(|a| a.is_current() && !a.states_absence());
    current
        .flat_map(|allergy| against(allergy, subject))
        .collect()
}

fn against(allergy: &Allergy, subject: &Subject) -> Vec<Alert> {
    let found = recognise(&allergy.substance);
    if found.is_nothing() {
        return could_not_compare(allergy).into_iter().collect();
    }
    let mut alerts = Vec::new();
    for medicine in &subject.medicine.ingredients {
        let same = found.ingredients.contains(medicine);
        let named = found.classes.iter().any(|class| medicine.is(*class));
        let kin = found.ingredients.iter().find_map(|i| shared(i, medicine));
        if same || named {
            alerts.push(Alert::new(
                Check::Allergy,
                weight(allergy),
                words(allergy, medicine, None),
            ));
        } else if let Some(class) = kin {
            alerts.push(Alert::new(
                Check::Allergy,
                weight(allergy),
                words(allergy, medicine, Some(class)),
            ));
        } else {
            let classes = found
                .classes
                .iter()
                .chain(found.ingredients.iter().flat_map(|i| &i.classes));
            alerts.extend(across(
                allergy,
                &classes.copied().collect::<Vec<_>>(),
                medicine,
            ));
        }
    }
    alerts.dedup();
    alerts
}

fn shared(a: &Ingredient, b: &Ingredient) -> Option<Class> {
    SHARED
        .into_iter()
        .find(|class| a.is(*class) && b.is(*class))
}

/// Whether any reaction was severe or may be.
fn is_grave(allergy: &Allergy) -> bool {
    let anaphylaxis = |text: &str| text.to_lowercase().contains("anaphyla");
    allergy.criticality == Some(Criticality::High)
        || allergy.worst() == Some(Harm::Severe)
        || allergy
            .reactions
            .iter()
            .any(|r| anaphylaxis(r.manifestation.label()))
}

/// A confirmed or grave allergy stops; a mild one that nobody confirmed is weighed.
fn weight(allergy: &Allergy) -> Severity {
    let sure = allergy.verification == Verification::Confirmed;
    if sure || is_grave(allergy) {
        Severity::Stop
    } else {
        Severity::Warn
    }
}

fn words(allergy: &Allergy, medicine: &Ingredient, class: Option<Class>) -> String {
    let link = class.map_or(String::new(), |class| format!(", a {class} too"));
    let onset = allergy
        .onset
        .map_or(String::new(), |onset| format!(", since {onset}"));
    format!(
        "{}{link}: allergy to {}{onset}",
        medicine.name,
        allergy.headline()
    )
}

/// Crossings between classes that are possible and not the rule.
fn across(allergy: &Allergy, classes: &[Class], medicine: &Ingredient) -> Option<Alert> {
    let to = |class| classes.contains(&class);
    let headline = allergy.headline();
    let name = &medicine.name;
    let between = |a, b| (to(a) && medicine.is(b)) || (to(b) && medicine.is(a));
    if between(Class::Penicillin, Class::Cephalosporin) {
        // An allergy to "penicillin" leaves open which one it was, so its side chain counts as possible.
        let whole_class =
            to(Class::Penicillin) && recognise(&allergy.substance).ingredients.is_empty();
        let side_chain =
            medicine.is(Class::AminoSideChain) && (to(Class::AminoSideChain) || whole_class);
        let (severity, how) = match (side_chain, is_grave(allergy)) {
            (true, true) => (Severity::Stop, "with the same or a similar side chain"),
            (true, false) => (Severity::Warn, "with the same or a similar side chain"),
            (false, _) => (Severity::Warn, "seldom, with an unlike side chain"),
        };
        let text = format!("{name} can cross-react ({how}): allergy to {headline}");
        return Some(Alert::new(Check::Allergy, severity, text).citing(BETA_LACTAMS));
    }
    if between(Class::Penicillin, Class::Carbapenem)
        || between(Class::Cephalosporin, Class::Carbapenem)
    {
        let text = format!("{name} cross-reacts in fewer than 1 of 100: allergy to {headline}");
        return Some(Alert::new(Check::Allergy, Severity::Info, text).citing(BETA_LACTAMS));
    }
    if to(Class::SulfonamideAntibiotic) && medicine.is(Class::SulfonamideOther) {
        let text = format!(
            "{name} is a sulfonamide but no antibiotic, a cross-reaction is unlikely: allergy to {headline}"
        );
        return Some(Alert::new(Check::Allergy, Severity::Info, text).citing(SULFONAMIDES));
    }
    None
}

/// An allergy to food or pollen is none to a medicine; any other unknown substance has to be compared by a person.
fn could_not_compare(allergy: &Allergy) -> Option<Alert> {
    let words = allergy.substance.label().to_lowercase();
    let named = words
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| NO_MEDICINE.contains(&word));
    if named
        || matches!(
            allergy.category,
            Some(AllergyCategory::Food | AllergyCategory::Environment)
        )
    {
        return None;
    }
    let text = format!(
        "allergy to {}: the substance is not among the known ones; compare it yourself",
        allergy.headline()
    );
    Some(Alert::new(Check::Allergy, Severity::CouldNotRun, text))
}
