//! One plain line for each body, as lists and timelines show it.

use super::{
    Administration, Allergy, Body, Concept, Condition, Dispense, Document, Encounter, Identity,
    Immunisation, LabResult, MedicationSummary, Outcome, Pregnancy, Prescription, Procedure,
    ProcedureStatus, RxEvent, Verification, Vitals, measure::Measure, news2::News2,
};

impl Body {
    /// One plain line. An exclamation mark follows each value that is not usual for an adult.
    pub fn headline(&self) -> String {
        let line = match self {
            Self::Identity(body) => identity(body),
            Self::Encounter(body) => encounter(body),
            Self::Vitals(body) => body.headline(None),
            Self::Condition(body) => condition(body),
            Self::Allergy(body) => body.headline(),
            Self::Note(body) if body.title.is_empty() => first_line(&body.text).to_owned(),
            Self::Note(body) => format!("{}: {}", body.title, first_line(&body.text)),
            Self::Result(body) => result(body),
            Self::Procedure(body) => procedure(body),
            Self::Immunisation(body) => immunisation(body),
            Self::Document(body) => document(body),
            Self::Prescription(body) => prescription(body),
            Self::Dispense(body) => dispense(body),
            Self::Administration(body) => administration(body),
            Self::MedicationSummary(body) => medication_summary(body),
            Self::RxEvent(body) => rx_event(body),
            Self::Retraction(body) => format!("retracted: {}", body.reason),
        };
        first_line(&line).trim().to_owned()
    }
}

impl Vitals {
    /// One plain line: `BP 172/104 mmHg !  pulse 88 /min  SpO2 97 %  NEWS2 1`. Values are judged by age; see [`Vitals::level`].
    pub fn headline(&self, age_months: Option<u32>) -> String {
        let mark = |measures: &[Measure]| {
            if measures
                .iter()
                .any(|m| self.level(*m, age_months).is_some())
            {
                " !"
            } else {
                ""
            }
        };
        let mut parts = Vec::new();
        let pressure = [Measure::Systolic, Measure::Diastolic];
        if self.systolic.is_some() || self.diastolic.is_some() {
            let [high, low] =
                pressure.map(|m| self.value(m).map_or("–".to_owned(), |v| v.to_string()));
            parts.push(format!("BP {high}/{low} mmHg{}", mark(&pressure)));
        }
        for (measure, value) in self.measured().filter(|(m, _)| !pressure.contains(m)) {
            let unit = if measure == Measure::Pain {
                "/10".to_owned()
            } else {
                format!(" {}", measure.unit())
            };
            parts.push(format!("{measure} {value}{unit}{}", mark(&[measure])));
        }
        parts.extend(
            self.breathing
                .filter(|_| self.oxygen_flow.is_none())
                .map(|b| format!("on {b}")),
        );
        parts.extend(self.consciousness.map(|c| c.to_string()));
        if let Ok(score) = News2::of(self) {
            parts.push(format!("NEWS2 {}", score.total()));
        }
        if self.self_reported {
            parts.push("self-reported".to_owned());
        }
        parts.join("  ")
    }
}

impl Allergy {
    /// One plain line: `penicillin: anaphylaxis (severe, confirmed)`.
    pub fn headline(&self) -> String {
        if self.is_none_known() {
            return self.substance.label().to_owned();
        }
        let reactions = self
            .reactions
            .iter()
            .map(|r| r.manifestation.label())
            .collect::<Vec<_>>()
            .join(", ");
        let reactions = if reactions.is_empty() {
            String::new()
        } else {
            format!(": {reactions}")
        };
        let severity = self.worst().map(|s| format!("{s}, ")).unwrap_or_default();
        let gone = if self.status.is_active() {
            ""
        } else {
            ", no longer active"
        };
        format!(
            "{}{reactions} ({severity}{}{gone})",
            self.substance.label(),
            self.verification
        )
    }
}

fn first_line(text: &str) -> &str {
    text.trim_start().lines().next().unwrap_or("")
}

/// The words with the first code behind them: `hypertension (I10)`.
fn with_code(concept: &Concept) -> String {
    match concept.codings.first() {
        Some(coding) if coding.code != concept.label() => {
            format!("{} ({})", concept.label(), coding.code)
        }
        _ => concept.label().to_owned(),
    }
}

fn list(concepts: &[Concept]) -> String {
    concepts
        .iter()
        .map(Concept::label)
        .collect::<Vec<_>>()
        .join(", ")
}

fn identity(body: &Identity) -> String {
    let mut parts = Vec::new();
    parts.extend(body.name().map(ToString::to_string));
    parts.push(body.sex.to_string());
    parts.extend(body.birth.map(|b| format!("born {b}")));
    parts.extend(body.mrn.map(|m| m.to_string()));
    parts.extend(body.deceased.as_ref().map(|_| "deceased".to_owned()));
    parts.join("  ")
}

fn encounter(body: &Encounter) -> String {
    let kind = if body.kind.label().is_empty() {
        String::new()
    } else {
        format!(": {}", body.kind.label())
    };
    let reasons = if body.reasons.is_empty() {
        String::new()
    } else {
        format!(", for {}", list(&body.reasons))
    };
    format!("{} {}{kind}{reasons}", body.class, body.status)
}

fn condition(body: &Condition) -> String {
    let mut line = format!("{}, {}", with_code(&body.concept), body.status);
    if body.verification != Verification::Confirmed {
        line = format!("{line}, {}", body.verification);
    }
    body.onset
        .map_or(line.clone(), |onset| format!("{line}, since {onset}"))
}

fn result(body: &LabResult) -> String {
    let mark = if body.level().is_some() { " !" } else { "" };
    let value = body
        .value
        .as_ref()
        .map(|v| format!(" {v}{mark}"))
        .unwrap_or_default();
    let lines = body.components.iter().map(|c| {
        let mark = if c.interpretation.is_some_and(|i| i.level().is_some()) {
            " !"
        } else {
            ""
        };
        let value = c
            .value
            .as_ref()
            .map(|v| format!(" {v}{mark}"))
            .unwrap_or_default();
        format!("  {}{value}", c.code.label())
    });
    format!("{}{value}{}", body.code.label(), lines.collect::<String>())
}

fn procedure(body: &Procedure) -> String {
    match body.status {
        ProcedureStatus::Completed => body.concept.label().to_owned(),
        status => format!("{}, {status}", body.concept.label()),
    }
}

fn immunisation(body: &Immunisation) -> String {
    match (&body.not_given, body.dose_number) {
        (Some(reason), _) => format!("{}, not given: {reason}", body.vaccine.label()),
        (None, Some(number)) => format!("{}, dose {number}", body.vaccine.label()),
        (None, None) => body.vaccine.label().to_owned(),
    }
}

fn document(body: &Document) -> String {
    let kind = body.kind.label();
    match (body.title.is_empty(), kind.is_empty()) {
        (true, _) => kind.to_owned(),
        (false, true) => body.title.clone(),
        (false, false) => format!("{} ({kind})", body.title),
    }
}

fn prescription(body: &Prescription) -> String {
    let sig = body.sig();
    let sig = if sig.is_empty() {
        sig
    } else {
        format!(", {sig}")
    };
    let controlled = body.schedule.map(|s| format!(" {s}")).unwrap_or_default();
    format!("{}{controlled}{sig}", body.title())
}

fn dispense(body: &Dispense) -> String {
    let lot = body
        .lot
        .as_ref()
        .map(|lot| format!(", lot {lot}"))
        .unwrap_or_default();
    format!("{}, {}{lot}", body.medicine.label(), body.quantity)
}

fn administration(body: &Administration) -> String {
    let dose = body
        .dose
        .as_ref()
        .map(|d| format!(" {d}"))
        .unwrap_or_default();
    let outcome = match body.outcome {
        Outcome::Given => String::new(),
        other => format!(", {other}"),
    };
    let reason = body
        .reason
        .as_ref()
        .map(|r| format!(": {r}"))
        .unwrap_or_default();
    format!("{}{dose}{outcome}{reason}", body.medicine.label())
}

fn medication_summary(body: &MedicationSummary) -> String {
    let mut parts = Vec::new();
    parts.extend(body.pregnancy.map(|p| match p {
        // Its words alone would leave open what is not possible.
        Pregnancy::NotPossible => format!("pregnancy {p}"),
        Pregnancy::Pregnant | Pregnancy::NotPregnant => p.to_string(),
    }));
    parts.extend(
        body.breastfeeding
            .filter(|b| *b)
            .map(|_| "breastfeeding".to_owned()),
    );
    parts.extend(body.weight.map(|w| format!("weight {w} kg")));
    parts.extend(body.egfr.map(|e| format!("eGFR {e} mL/min")));
    parts.extend(
        body.hepatic_impairment
            .filter(|h| *h)
            .map(|_| "hepatic impairment".to_owned()),
    );
    if parts.is_empty() {
        "nothing known for medication checks".to_owned()
    } else {
        parts.join("  ")
    }
}

fn rx_event(body: &RxEvent) -> String {
    if body.text.is_empty() {
        body.kind.to_string()
    } else {
        format!("{}: {}", body.kind, body.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::{
        Breathing, ClinicalStatus, Consciousness, Note, Quantity, Reaction, ResultValue, Severity,
    };

    #[test]
    fn vitals_read_as_a_clinician_writes_them() {
        let vitals = Vitals {
            systolic: "172".parse().ok(),
            diastolic: "104".parse().ok(),
            pulse: "88".parse().ok(),
            spo2: "97".parse().ok(),
            temperature: "36.8".parse().ok(),
            ..Vitals::default()
        };
        assert_eq!(
            Body::Vitals(vitals.clone()).headline(),
            "BP 172/104 mmHg !  pulse 88 /min  temp 36.8 °C  SpO2 97 %"
        );
        let full = Vitals {
            respiration: "22".parse().ok(),
            breathing: Some(Breathing::Air),
            consciousness: Some(Consciousness::Alert),
            systolic: "120".parse().ok(),
            diastolic: "70".parse().ok(),
            self_reported: true,
            ..vitals
        };
        assert_eq!(
            Body::Vitals(full).headline(),
            "BP 120/70 mmHg  pulse 88 /min  temp 36.8 °C  resp 22 /min !  SpO2 97 %  on air  alert  NEWS2 2  self-reported"
        );
    }

    #[test]
    fn an_allergy_says_what_happened_and_how_sure_it_is() {
        let allergy = Allergy {
            substance: Concept::text("penicillin"),
            verification: Verification::Confirmed,
            reactions: vec![Reaction {
                manifestation: Concept::text("anaphylaxis"),
                severity: Some(Severity::Severe),
            }],
            ..Allergy::default()
        };
        assert_eq!(
            allergy.headline(),
            "penicillin: anaphylaxis (severe, confirmed)"
        );
        let old = Allergy {
            status: ClinicalStatus::Resolved,
            reactions: Vec::new(),
            ..allergy
        };
        assert_eq!(old.headline(), "penicillin (confirmed, no longer active)");
        assert_eq!(Allergy::none_known().headline(), "No known allergy");
    }

    #[test]
    fn a_headline_is_one_line_whatever_the_text() {
        let note = Note {
            title: "Round".into(),
            text: "\n Better today.\nEats again.".into(),
            ..Note::default()
        };
        assert_eq!(Body::Note(note).headline(), "Round: Better today.");
    }

    #[test]
    fn the_facts_for_checks_say_what_each_of_them_is() {
        let facts = |pregnancy| {
            let facts = MedicationSummary {
                pregnancy: Some(pregnancy),
                weight: "69".parse().ok(),
                ..MedicationSummary::default()
            };
            Body::MedicationSummary(facts).headline()
        };
        assert_eq!(
            facts(Pregnancy::NotPossible),
            "pregnancy not possible  weight 69 kg"
        );
        assert_eq!(facts(Pregnancy::NotPregnant), "not pregnant  weight 69 kg");
    }

    #[test]
    fn a_result_carries_its_value_and_mark() {
        let result = LabResult {
            code: Concept::text("Potassium"),
            value: Some(ResultValue::Quantity(Quantity::new(
                "5.9".parse::<crate::clinical::Decimal>().unwrap(),
                "mmol/L",
            ))),
            interpretation: Some(crate::clinical::Interpretation::High),
            ..LabResult::default()
        };
        assert_eq!(Body::Result(result).headline(), "Potassium 5.9 mmol/L !");
    }
}
