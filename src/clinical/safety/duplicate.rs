//! The same ingredient, or the same class, twice.

use super::class::Class;
use super::{Alert, Check, Severity, Subject};

/// Classes of which one member is enough.
const ONE_IS_ENOUGH: [Class; 20] = [
    Class::Nsaid,
    Class::Statin,
    Class::AceInhibitor,
    Class::Arb,
    Class::Dihydropyridine,
    Class::BetaBlocker,
    Class::Thiazide,
    Class::LoopDiuretic,
    Class::PotassiumSparing,
    Class::Anticoagulant,
    Class::Ssri,
    Class::Snri,
    Class::Tricyclic,
    Class::Benzodiazepine,
    Class::Opioid,
    Class::ProtonPumpInhibitor,
    Class::H2Blocker,
    Class::Sulfonylurea,
    Class::InhaledCorticosteroid,
    Class::Triptan,
];

pub(super) fn check(subject: &Subject) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for medicine in &subject.medicine.ingredients {
        for (concept, taken) in &subject.medication {
            if taken.ingredients.contains(medicine) {
                let text = if concept.label().eq_ignore_ascii_case(&medicine.name) {
                    format!("{} is taken already", medicine.name)
                } else {
                    format!("{} is taken already: {}", medicine.name, concept.label())
                };
                alerts.push(Alert::new(Check::Duplicate, Severity::Warn, text));
                continue;
            }
            let class = ONE_IS_ENOUGH.into_iter().find(|class| {
                medicine.is(*class) && taken.ingredients.iter().any(|i| i.is(*class))
            });
            // Aspirin against clots is usually meant to be taken beside an anti-inflammatory; the interaction check speaks of it.
            let for_clots =
                medicine.name == "aspirin" || taken.ingredients.iter().any(|i| i.name == "aspirin");
            if let Some(class) = class.filter(|class| !(for_clots && *class == Class::Nsaid)) {
                let text = format!(
                    "{}, a second {class} beside {}",
                    medicine.name,
                    concept.label()
                );
                alerts.push(Alert::new(Check::Duplicate, Severity::Warn, text));
            }
        }
    }
    alerts
}
