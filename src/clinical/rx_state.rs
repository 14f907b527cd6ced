//! The states of a prescription, and who may move it from one to the next.
//!
//! ```text
//! draft               signed                                       prescriber
//! signed              dispensed in part or in full, held, refused  pharmacist
//!                     cancelled                                    prescriber
//!                     expired                                      clock
//! held                signed again (answered), cancelled           prescriber
//!                     expired                                      clock
//! dispensed in part   dispensed in part or in full, held, refused  pharmacist
//!                     cancelled                                    prescriber
//!                     expired                                      clock
//! dispensed in full, refused, cancelled, expired, recorded: final
//! ```

use super::vocabulary::vocabulary;
use super::{Prescription, Role, rx::Intent};

vocabulary! {
    /// The state of a prescription.
    pub enum State {
        /// Being written; not in the ledger.
        Draft = 0 "draft",
        /// Signed, waiting for a pharmacist.
        Signed = 1 "signed",
        /// A pharmacist has asked and waits for the prescriber.
        Held = 2 "held",
        /// Part of it was handed over; the rest, or repeats, may follow.
        InPart = 3 "dispensed in part",
        /// All of it was handed over, repeats included.
        InFull = 4 "dispensed in full",
        /// A pharmacist will not dispense it, or not the rest.
        Refused = 5 "refused",
        /// The prescriber took it back, or the rest.
        Cancelled = 6 "cancelled",
        /// It lapsed, or its rest did.
        Expired = 7 "expired",
        /// Imported from elsewhere: history, never dispensed.
        Recorded = 8 "recorded",
    }
}

vocabulary! {
    /// An act that moves a prescription.
    pub enum Act {
        /// The prescriber signs.
        Sign = 0 "sign",
        /// The pharmacist hands over a part.
        DispensePart = 1 "dispense in part",
        /// The pharmacist hands over all that is left.
        DispenseRest = 2 "dispense in full",
        /// The pharmacist asks.
        Hold = 3 "hold",
        /// The prescriber answers.
        Answer = 4 "answer",
        /// The pharmacist refuses.
        Refuse = 5 "refuse",
        /// The prescriber cancels.
        Cancel = 6 "cancel",
        /// Time passes.
        Expire = 7 "expire",
    }
}

/// A step from one state to the next, and who takes it. Every legal step is in [`Transition::ALL`]; there is no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// The state before.
    pub from: State,
    /// The act.
    pub act: Act,
    /// The state after. Where a held prescription had been dispensed in part, an answer leads back there: see [`super::rx_status`].
    pub to: State,
    /// Who may act; absent for the clock.
    pub by: Option<Role>,
}

/// Why an act is not legal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The state is final.
    #[error("the prescription is {0}; nothing can change that, write a new one")]
    Final(State),
    /// The act does not fit the state.
    #[error("a prescription that is {state} cannot be moved by \"{act}\"")]
    NotNow {
        /// The state.
        state: State,
        /// The act.
        act: Act,
    },
    /// The act is another role's.
    #[error("\"{act}\" is the act of a {by}, not of a {role}")]
    NotTheirs {
        /// The act.
        act: Act,
        /// Whose act it is.
        by: Role,
        /// Who tried.
        role: Role,
    },
}

const fn step(from: State, act: Act, to: State, by: Option<Role>) -> Transition {
    Transition { from, act, to, by }
}

const PRESCRIBER: Option<Role> = Some(Role::Doctor);
const PHARMACIST: Option<Role> = Some(Role::Pharmacist);

impl Transition {
    /// Every legal step.
    pub const ALL: [Self; 16] = [
        step(State::Draft, Act::Sign, State::Signed, PRESCRIBER),
        step(State::Signed, Act::DispensePart, State::InPart, PHARMACIST),
        step(State::Signed, Act::DispenseRest, State::InFull, PHARMACIST),
        step(State::Signed, Act::Hold, State::Held, PHARMACIST),
        step(State::Signed, Act::Refuse, State::Refused, PHARMACIST),
        step(State::Signed, Act::Cancel, State::Cancelled, PRESCRIBER),
        step(State::Signed, Act::Expire, State::Expired, None),
        step(State::Held, Act::Answer, State::Signed, PRESCRIBER),
        step(State::Held, Act::Cancel, State::Cancelled, PRESCRIBER),
        step(State::Held, Act::Expire, State::Expired, None),
        step(State::InPart, Act::DispensePart, State::InPart, PHARMACIST),
        step(State::InPart, Act::DispenseRest, State::InFull, PHARMACIST),
        step(State::InPart, Act::Hold, State::Held, PHARMACIST),
        step(State::InPart, Act::Refuse, State::Refused, PHARMACIST),
        step(State::InPart, Act::Cancel, State::Cancelled, PRESCRIBER),
        step(State::InPart, Act::Expire, State::Expired, None),
    ];

    /// The step that `act` takes from `state`, whoever acts.
    pub fn find(state: State, act: Act) -> Result<Self, Illegal> {
        if state.is_final() {
            return Err(Illegal::Final(state));
        }
        Self::ALL
            .into_iter()
            .find(|t| t.from == state && t.act == act)
            .ok_or(Illegal::NotNow { state, act })
    }

    /// The step that somebody in `role` takes by `act` from `state`.
    pub fn by(role: Role, state: State, act: Act) -> Result<Self, Illegal> {
        let step = Self::find(state, act)?;
        match step.by {
            Some(by) if by == role => Ok(step),
            Some(by) => Err(Illegal::NotTheirs { act, by, role }),
            None => Err(Illegal::NotNow { state, act }), // only the clock expires a prescription
        }
    }
}

impl State {
    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::InFull | Self::Refused | Self::Cancelled | Self::Expired | Self::Recorded
        )
    }

    /// Whether a pharmacist may dispense now.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Signed | Self::InPart)
    }
}

/// How long a prescription is valid that does not say so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Days for ordinary medicines.
    pub days: u16,
    /// Days for controlled drugs.
    pub controlled_days: u16,
}

impl Default for Validity {
    fn default() -> Self {
        Self {
            days: 28,
            controlled_days: 28,
        }
    }
}

/// Milliseconds in a day.
pub const DAY_MILLIS: i64 = 86_400_000;

impl Validity {
    /// When a prescription lapses, in Unix milliseconds: as it says itself, else so many days after it was signed.
    ///
    /// **Repeats do not lengthen it**: a prescription with repeats names its own day.
    pub fn expires(self, prescription: &Prescription, signed: i64) -> i64 {
        let days = if prescription.schedule.is_some() {
            self.controlled_days
        } else {
            self.days
        };
        let default = || signed.saturating_add(i64::from(days) * DAY_MILLIS);
        prescription
            .expires
            .as_ref()
            .map_or_else(default, super::Instant::unix_millis)
    }
}

/// The state in which a prescription enters the ledger.
pub(super) const fn first(intent: Intent) -> State {
    match intent {
        Intent::Order => State::Signed,
        Intent::Recorded => State::Recorded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_steps_of_the_table_are_legal() {
        let mut legal = 0;
        for state in State::ALL.iter().copied() {
            for act in Act::ALL.iter().copied() {
                for role in Role::ALL.iter().copied() {
                    let Ok(step) = Transition::by(role, state, act) else {
                        continue;
                    };
                    legal += 1;
                    assert_eq!(step.by, Some(role));
                    assert!(!state.is_final());
                }
            }
        }
        assert_eq!(
            legal, 13,
            "each step of a person is open to exactly one role"
        );
    }

    #[test]
    fn no_role_moves_a_prescription_by_the_clocks_act() {
        for role in Role::ALL {
            assert!(Transition::by(*role, State::Signed, Act::Expire).is_err());
        }
        assert!(Transition::find(State::Signed, Act::Expire).is_ok());
    }

    #[test]
    fn an_illegal_act_is_explained() {
        let text = |role, state, act| Transition::by(role, state, act).unwrap_err().to_string();
        assert_eq!(
            text(Role::Nurse, State::Signed, Act::Refuse),
            "\"refuse\" is the act of a pharmacist, not of a nurse"
        );
        assert_eq!(
            text(Role::Pharmacist, State::Held, Act::DispenseRest),
            "a prescription that is held cannot be moved by \"dispense in full\""
        );
        assert_eq!(
            text(Role::Doctor, State::InFull, Act::Cancel),
            "the prescription is dispensed in full; nothing can change that, write a new one"
        );
    }

    #[test]
    fn a_prescription_lapses_after_28_days_unless_it_says_otherwise() {
        let mut rx = Prescription::default();
        assert_eq!(Validity::default().expires(&rx, 0), 28 * DAY_MILLIS);
        rx.schedule = Some(super::super::Schedule::Two);
        let strict = Validity {
            controlled_days: 7,
            ..Validity::default()
        };
        assert_eq!(strict.expires(&rx, 0), 7 * DAY_MILLIS);
        rx.expires = "1970-01-03T00:00:00Z".parse().ok();
        assert_eq!(strict.expires(&rx, 0), 2 * DAY_MILLIS);
    }
}
