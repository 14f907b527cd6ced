//! Classes of medicines, as far as the checks need them.

use super::super::vocabulary::vocabulary;

vocabulary! {
    /// A class that an ingredient belongs to.
    pub enum Class {
        /// Penicillins.
        Penicillin = 0 "penicillin",
        /// Cephalosporins.
        Cephalosporin = 1 "cephalosporin",
        /// Beta-lactams with the side chain of ampicillin, which cross-react more often.
        AminoSideChain = 2 "amino-side-chain",
        /// Carbapenems.
        Carbapenem = 3 "carbapenem",
        /// Macrolides.
        Macrolide = 4 "macrolide",
        /// Fluoroquinolones.
        Fluoroquinolone = 5 "fluoroquinolone",
        /// Tetracyclines.
        Tetracycline = 6 "tetracycline",
        /// Sulfonamide antibiotics, and what releases them.
        SulfonamideAntibiotic = 7 "sulfonamide-antibiotic",
        /// Sulfonamides that are no antibiotics.
        SulfonamideOther = 8 "sulfonamide-other",
        /// Trimethoprim.
        Trimethoprim = 9 "trimethoprim",
        /// Nitroimidazoles.
        Nitroimidazole = 10 "nitroimidazole",
        /// Aminoglycosides.
        Aminoglycoside = 11 "aminoglycoside",
        /// Oxazolidinones.
        Oxazolidinone = 12 "oxazolidinone",
        /// Rifamycins.
        Rifamycin = 13 "rifamycin",
        /// Azole antifungals.
        Azole = 14 "azole",
        /// HIV protease inhibitors.
        HivProteaseInhibitor = 15 "hiv-protease-inhibitor",
        /// Non-steroidal anti-inflammatory drugs.
        Nsaid = 16 "nsaid",
        /// Salicylates.
        Salicylate = 17 "salicylate",
        /// Opioids.
        Opioid = 18 "opioid",
        /// Opioids of the morphine family.
        OpioidPhenanthrene = 19 "opioid-phenanthrene",
        /// Triptans.
        Triptan = 20 "triptan",
        /// Ergot alkaloids.
        Ergot = 21 "ergot",
        /// Statins.
        Statin = 22 "statin",
        /// Fibrates.
        Fibrate = 23 "fibrate",
        /// ACE inhibitors.
        AceInhibitor = 24 "ace-inhibitor",
        /// Angiotensin receptor blockers.
        Arb = 25 "arb",
        /// Neprilysin inhibitors.
        NeprilysinInhibitor = 26 "neprilysin-inhibitor",
        /// Dihydropyridine calcium channel blockers.
        Dihydropyridine = 27 "dihydropyridine",
        /// Calcium channel blockers that slow the heart.
        RateLimitingCalciumBlocker = 28 "rate-limiting-calcium-blocker",
        /// Beta blockers.
        BetaBlocker = 29 "beta-blocker",
        /// Thiazides and their kin.
        Thiazide = 30 "thiazide",
        /// Loop diuretics.
        LoopDiuretic = 31 "loop-diuretic",
        /// Potassium-sparing diuretics.
        PotassiumSparing = 32 "potassium-sparing",
        /// Potassium.
        Potassium = 33 "potassium",
        /// Anticoagulants.
        Anticoagulant = 34 "anticoagulant",
        /// Direct oral anticoagulants.
        Doac = 35 "doac",
        /// Platelet inhibitors.
        Antiplatelet = 36 "antiplatelet",
        /// Nitrates.
        Nitrate = 37 "nitrate",
        /// Phosphodiesterase-5 inhibitors.
        Pde5Inhibitor = 38 "pde5-inhibitor",
        /// Selective serotonin reuptake inhibitors.
        Ssri = 39 "ssri",
        /// Serotonin and noradrenaline reuptake inhibitors.
        Snri = 40 "snri",
        /// Tricyclic antidepressants.
        Tricyclic = 41 "tricyclic",
        /// Monoamine oxidase inhibitors.
        MaoInhibitor = 42 "mao-inhibitor",
        /// Antipsychotics.
        Antipsychotic = 43 "antipsychotic",
        /// Benzodiazepines.
        Benzodiazepine = 44 "benzodiazepine",
        /// Zolpidem and its kin.
        ZDrug = 45 "z-drug",
        /// Gabapentin and its kin.
        Gabapentinoid = 46 "gabapentinoid",
        /// Stimulants.
        Stimulant = 47 "stimulant",
        /// Proton pump inhibitors.
        ProtonPumpInhibitor = 48 "proton-pump-inhibitor",
        /// Histamine-2 blockers.
        H2Blocker = 49 "h2-blocker",
        /// Calcium, iron, aluminium.
        PolyvalentCation = 50 "polyvalent-cation",
        /// Sulfonylureas.
        Sulfonylurea = 51 "sulfonylurea",
        /// Insulins.
        Insulin = 52 "insulin",
        /// Corticosteroids for the whole body.
        Corticosteroid = 53 "corticosteroid",
        /// Corticosteroids to inhale.
        InhaledCorticosteroid = 54 "inhaled-corticosteroid",
        /// Estrogens.
        Estrogen = 55 "estrogen",
        /// Hormonal contraceptives.
        HormonalContraceptive = 56 "hormonal-contraceptive",
        /// Beta agonists to inhale.
        BetaAgonist = 57 "beta-agonist",
        /// Antihistamines that make sleepy.
        SedatingAntihistamine = 58 "sedating-antihistamine",
        /// Antihistamines.
        Antihistamine = 59 "antihistamine",
        /// Thiopurines.
        Thiopurine = 60 "thiopurine",
        /// Calcineurin inhibitors.
        CalcineurinInhibitor = 61 "calcineurin-inhibitor",
        /// Xanthine oxidase inhibitors.
        XanthineOxidaseInhibitor = 62 "xanthine-oxidase-inhibitor",
        /// Retinoids.
        Retinoid = 63 "retinoid",
    }
}

/// How allergy lists call whole classes.
const CALLED: [(&str, Class); 26] = [
    ("penicillin", Class::Penicillin),
    ("penicillins", Class::Penicillin),
    ("pcn", Class::Penicillin),
    ("cephalosporin", Class::Cephalosporin),
    ("cephalosporins", Class::Cephalosporin),
    ("cefalosporins", Class::Cephalosporin),
    ("carbapenems", Class::Carbapenem),
    ("sulfa", Class::SulfonamideAntibiotic),
    ("sulpha", Class::SulfonamideAntibiotic),
    ("sulfonamide", Class::SulfonamideAntibiotic),
    ("sulfonamides", Class::SulfonamideAntibiotic),
    ("sulphonamides", Class::SulfonamideAntibiotic),
    ("macrolides", Class::Macrolide),
    ("quinolones", Class::Fluoroquinolone),
    ("fluoroquinolones", Class::Fluoroquinolone),
    ("tetracyclines", Class::Tetracycline),
    ("nsaid", Class::Nsaid),
    ("nsaids", Class::Nsaid),
    ("salicylates", Class::Salicylate),
    ("opioids", Class::Opioid),
    ("opiates", Class::OpioidPhenanthrene),
    ("statins", Class::Statin),
    ("ace inhibitor", Class::AceInhibitor),
    ("ace inhibitors", Class::AceInhibitor),
    ("beta blockers", Class::BetaBlocker),
    ("benzodiazepines", Class::Benzodiazepine),
];

/// The classes that `words` (lower case, single spaces) name as such.
pub(super) fn named_in(words: &str) -> Vec<Class> {
    let padded = format!(" {words} ");
    let mut found: Vec<Class> = CALLED
        .iter()
        .filter(|(name, _)| padded.contains(&format!(" {name} ")))
        .map(|(_, class)| *class)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
