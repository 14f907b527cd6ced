//! Arbitrary bodies for property tests: every field varied, from one seed.

use super::*;

/// splitmix64, enough to vary test values.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// A value of any shape that the type allows.
pub(crate) trait Sample {
    fn sample(dice: &mut Dice) -> Self;
}

impl Sample for bool {
    fn sample(dice: &mut Dice) -> Self {
        dice.roll(2) == 1
    }
}

impl Sample for u16 {
    fn sample(dice: &mut Dice) -> Self {
        dice.roll(1 << 16) as Self
    }
}

impl<const N: usize> Sample for [u8; N] {
    fn sample(dice: &mut Dice) -> Self {
        std::array::from_fn(|_| dice.roll(256) as u8)
    }
}

impl Sample for u8 {
    fn sample(dice: &mut Dice) -> Self {
        dice.roll(256) as Self
    }
}

impl Sample for String {
    fn sample(dice: &mut Dice) -> Self {
        let letters = [
            'a', 'Z', '0', ' ', '\n', 'é', 'ß', '王', '🙂', '\u{301}', '"', '\0',
        ];
        (0..dice.roll(9))
            .map(|_| letters[dice.roll(letters.len() as u64) as usize])
            .collect()
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(dice: &mut Dice) -> Self {
        (dice.roll(3) > 0).then(|| T::sample(dice))
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(dice: &mut Dice) -> Self {
        (0..dice.roll(4)).map(|_| T::sample(dice)).collect()
    }
}

impl Sample for Decimal {
    fn sample(dice: &mut Dice) -> Self {
        let mantissa = dice.roll(u64::MAX) as i64 >> dice.roll(64);
        Self::new(mantissa, dice.roll(19) as u8).unwrap()
    }
}

impl Sample for PartialDate {
    fn sample(dice: &mut Dice) -> Self {
        let (year, month) = (dice.roll(9_999) as i16 + 1, dice.roll(12) as u8 + 1);
        match dice.roll(3) {
            0 => Self::year_only(year),
            1 => Self::month_of(year, month),
            _ => Self::full(year, month, dice.roll(28) as u8 + 1),
        }
        .unwrap()
    }
}

impl Sample for Instant {
    fn sample(dice: &mut Dice) -> Self {
        if dice.roll(2) == 0 {
            return Self::from_unix_millis(dice.roll(4_000_000_000_000) as i64).unwrap();
        }
        format!(
            "2026-11-{:02}T08:{:02}:00.5+05:30",
            dice.roll(28) + 1,
            dice.roll(60)
        )
        .parse()
        .unwrap()
    }
}

impl Sample for Mrn {
    fn sample(dice: &mut Dice) -> Self {
        Self::issue(dice.roll(1 << 32) as u32)
    }
}

impl Sample for ResultValue {
    fn sample(dice: &mut Dice) -> Self {
        match dice.roll(4) {
            0 => Self::Quantity(Sample::sample(dice)),
            1 => Self::Bound(Sample::sample(dice), Sample::sample(dice)),
            2 => Self::Text(Sample::sample(dice)),
            _ => Self::Coded(Sample::sample(dice)),
        }
    }
}

macro_rules! words {
    ($($name:ident)*) => { $(
        impl Sample for $name {
            fn sample(dice: &mut Dice) -> Self {
                Self::ALL[dice.roll(Self::ALL.len() as u64) as usize]
            }
        }
    )* };
}

words!(
    AllergyCategory Bound Breathing ClinicalStatus Consciousness Course Criticality EncounterClass EncounterStatus Intent
    Interpretation LinkKind NameUse Outcome Pregnancy ProcedureStatus ResultStatus Role RxEventKind Schedule Severity Sex
    SpO2Scale SpanUnit Substitution Verification
);

/// The struct literal names every field, so a new field that is not sampled does not compile.
macro_rules! fields {
    ($($name:ident { $($field:ident)* })*) => { $(
        impl Sample for $name {
            fn sample(dice: &mut Dice) -> Self {
                Self { $( $field: Sample::sample(dice), )* }
            }
        }
    )* };
}

fields! {
    Address { lines city district state postal_code country }
    Administration { medicine dose route at outcome reason prescription source }
    Allergy { substance category criticality status verification reactions onset recorded note source }
    Coding { system code display }
    Component { code value interpretation }
    Concept { text codings }
    Condition { concept status verification severity onset abatement recorded note source }
    Deceased { on }
    Dispense {
        medicine quantity prescription verified refill lot expiry at pharmacist counselling override_reason second source
    }
    Document { title kind media_type content at source }
    Encounter { class status kind reasons start end place practitioner source }
    Frequency { times every }
    Identifier { system value }
    Identity { mrn names birth sex deceased addresses phones emails next_of_kin language identifiers link source }
    Immunisation { vaccine at not_given lot expiry site route dose dose_number source }
    LabResult { code value components range interpretation status taken issued note source }
    Link { kind chart }
    MedicationSummary { at pregnancy due breastfeeding weight egfr egfr_at hepatic_impairment source }
    Name { usage family given prefix suffix text }
    NextOfKin { name relationship phone }
    Note { title text at author_role source }
    Prescription {
        intent medicine form strength dose route frequency as_needed duration quantity refills substitution instructions
        indication pharmacy schedule written expires override_reason source course
    }
    Procedure { concept status start end reasons note source }
    Quantity { value unit }
    Reaction { manifestation severity }
    ReferenceRange { low high text }
    Retraction { reason source }
    RxEvent { kind text prescription at verified source }
    SecondSignature { certificate signature }
    Source { system resource_type id original }
    Span { count unit }
    Vitals {
        at systolic diastolic pulse temperature respiration spo2 breathing oxygen_flow consciousness weight height pain
        glucose spo2_scale self_reported source
    }
}

impl Sample for Body {
    fn sample(dice: &mut Dice) -> Self {
        match Kind::ALL[dice.roll(16) as usize] {
            Kind::Identity => Self::Identity(Sample::sample(dice)),
            Kind::Encounter => Self::Encounter(Sample::sample(dice)),
            Kind::Vitals => Self::Vitals(Sample::sample(dice)),
            Kind::Condition => Self::Condition(Sample::sample(dice)),
            Kind::Allergy => Self::Allergy(Sample::sample(dice)),
            Kind::Note => Self::Note(Sample::sample(dice)),
            Kind::Result => Self::Result(Sample::sample(dice)),
            Kind::Procedure => Self::Procedure(Sample::sample(dice)),
            Kind::Immunisation => Self::Immunisation(Sample::sample(dice)),
            Kind::Document => Self::Document(Sample::sample(dice)),
            Kind::Prescription => Self::Prescription(Sample::sample(dice)),
            Kind::Dispense => Self::Dispense(Sample::sample(dice)),
            Kind::Administration => Self::Administration(Sample::sample(dice)),
            Kind::MedicationSummary => Self::MedicationSummary(Sample::sample(dice)),
            Kind::RxEvent => Self::RxEvent(Sample::sample(dice)),
            Kind::Retraction => Self::Retraction(Sample::sample(dice)),
        }
    }
}
