//! What a body tells has happened: no time in it lies ahead.

use super::{Body, EncounterStatus, Instant, PartialDate};

/// How far the clock of who writes may go ahead of the clock here, in milliseconds; the ledger allows as much.
pub const SLACK_MILLIS: i64 = 5 * 60_000;

/// A time that has not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {value} lies in the future; correct the date, or the clock of this host")]
pub struct Ahead {
    /// The field, as FHIR R4 calls it.
    pub field: &'static str,
    /// What stands in it.
    pub value: String,
}

enum Told<'a> {
    At(&'a Instant),
    On(PartialDate),
}

fn at<'a>(field: &'static str, at: Option<&'a Instant>) -> Option<(&'static str, Told<'a>)> {
    at.map(|at| (field, Told::At(at)))
}

fn on(field: &'static str, on: Option<PartialDate>) -> Option<(&'static str, Told<'static>)> {
    on.map(|on| (field, Told::On(on)))
}

impl Body {
    /// Refuses a body that tells of a time to come. Times are judged in UTC, with [`SLACK_MILLIS`]; of a date with unknown parts the first
    /// day counts that it can mean. What is planned, due or expires is not judged, and neither is what the version `before` said: what a
    /// source sent stays as it was sent.
    pub fn has_happened(&self, before: Option<&Self>, now: &Instant) -> Result<(), Ahead> {
        let latest = now.plus_millis(SLACK_MILLIS);
        let said = before.map(Self::told).unwrap_or_default();
        for (field, told) in self.told() {
            let value = told.to_string();
            let ahead = match told {
                Told::At(at) => at.unix_millis() > latest.unix_millis(),
                Told::On(date) => date.first_day() > latest.local_date(),
            };
            let kept =
                |(known, old): &(&str, Told<'_>)| *known == field && old.to_string() == value;
            if ahead && !said.iter().any(kept) {
                return Err(Ahead { field, value });
            }
        }
        Ok(())
    }

    /// The times of what has happened, by the fields that FHIR R4 has for them. What dispensing and prescribing stamp themselves is not
    /// among them.
    fn told(&self) -> Vec<(&'static str, Told<'_>)> {
        let told = match self {
            Self::Identity(b) => vec![
                on("birthDate", b.birth),
                on("deceasedDateTime", b.deceased.as_ref().and_then(|d| d.on)),
            ],
            Self::Encounter(b) => match b.status {
                EncounterStatus::Planned | EncounterStatus::Cancelled => Vec::new(),
                EncounterStatus::InProgress => vec![at("period.start", b.start.as_ref())],
                EncounterStatus::Finished => {
                    vec![
                        at("period.start", b.start.as_ref()),
                        at("period.end", b.end.as_ref()),
                    ]
                }
            },
            Self::Vitals(b) => vec![at("effectiveDateTime", b.at.as_ref())],
            Self::Condition(b) => vec![
                on("onsetDateTime", b.onset),
                on("abatementDateTime", b.abatement),
                at("recordedDate", b.recorded.as_ref()),
            ],
            Self::Allergy(b) => vec![
                on("onsetDateTime", b.onset),
                at("recordedDate", b.recorded.as_ref()),
            ],
            Self::Note(b) => vec![at("date", b.at.as_ref())],
            Self::Result(b) => vec![
                at("effectiveDateTime", b.taken.as_ref()),
                at("issued", b.issued.as_ref()),
            ],
            Self::Procedure(b) => vec![
                at("performedDateTime", b.start.as_ref()),
                at("performedPeriod.end", b.end.as_ref()),
            ],
            Self::Immunisation(b) => vec![at("occurrenceDateTime", b.at.as_ref())],
            Self::Document(b) => vec![at("date", b.at.as_ref())],
            Self::Administration(b) => vec![at("effectiveDateTime", b.at.as_ref())],
            Self::MedicationSummary(b) => {
                vec![at("at", b.at.as_ref()), at("egfr_at", b.egfr_at.as_ref())]
            }
            Self::Prescription(_) | Self::Dispense(_) | Self::RxEvent(_) | Self::Retraction(_) => {
                Vec::new()
            }
        };
        told.into_iter().flatten().collect()
    }
}

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(at) => f.write_str(at.as_str()),
            Self::On(on) => write!(f, "{on}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::{Condition, Encounter, Identity, Vitals};

    fn instant(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn taken(at: &str) -> Body {
        Body::Vitals(Vitals {
            at: Some(instant(at)),
            ..Vitals::default()
        })
    }

    #[test]
    fn what_has_happened_lies_not_beyond_the_slack_of_a_clock() {
        let now = instant("2026-11-22T23:58:00Z");
        for at in [
            "2026-11-22T23:58:00Z",
            "2026-11-23T00:03:00Z",
            "2026-11-23T01:03:00+01:00",
            "1911-01-01T00:00:00Z",
        ] {
            assert_eq!(taken(at).has_happened(None, &now), Ok(()), "{at}");
        }
        let ahead = taken("2027-05-01T00:00:00Z").has_happened(None, &now);
        assert_eq!(
            ahead.unwrap_err().to_string(),
            "effectiveDateTime 2027-05-01T00:00:00Z lies in the future; correct the date, or the clock of this host"
        );
        assert!(
            taken("2026-11-23T00:03:01Z")
                .has_happened(None, &now)
                .is_err()
        );
    }

    #[test]
    fn of_a_date_with_unknown_parts_the_first_day_counts() {
        let now = instant("2026-11-22T12:00:00Z");
        let born = |birth: &str| {
            Body::Identity(Identity {
                birth: birth.parse().ok(),
                ..Identity::default()
            })
        };
        for birth in ["2026", "2026-11", "2026-11-22"] {
            assert_eq!(born(birth).has_happened(None, &now), Ok(()), "{birth}");
        }
        for birth in ["2027", "2026-12", "2026-11-23", "2035-09-30"] {
            let ahead = born(birth).has_happened(None, &now).unwrap_err();
            assert_eq!((ahead.field, ahead.value.as_str()), ("birthDate", birth));
        }
    }

    #[test]
    fn what_is_planned_lies_ahead_and_what_a_version_said_before_stays() {
        let now = instant("2026-11-22T12:00:00Z");
        let visit = |status| {
            Body::Encounter(Encounter {
                status,
                start: Some(instant("2026-12-01T09:00:00Z")),
                ..Encounter::default()
            })
        };
        let planned = visit(EncounterStatus::Planned);
        assert_eq!(planned.has_happened(None, &now), Ok(()));
        assert!(
            visit(EncounterStatus::Finished)
                .has_happened(None, &now)
                .is_err()
        );

        let sent = Body::Condition(Condition {
            onset: "2031".parse().ok(),
            ..Condition::default()
        });
        assert!(sent.has_happened(None, &now).is_err());
        assert_eq!(sent.has_happened(Some(&sent), &now), Ok(()));
    }
}
