//! Where a prescription stands: the fold of what happened to it, with what is left to hand over.

use super::rx_state::{Act, Illegal, State, Transition, Validity, first};
use super::{Decimal, Dispense, Prescription, Quantity, Role, RxEvent, RxEventKind};

/// Something that happened to a prescription, from its thread in the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Happening<'a> {
    /// When the entry was written, Unix milliseconds.
    pub at: i64,
    /// The author's role at the entry's position in the ledger.
    pub role: Role,
    /// What happened.
    pub what: What<'a>,
}

/// What happened.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// Something was handed over.
    Dispensed(&'a Dispense),
    /// It was held, answered, refused or cancelled.
    Event(&'a RxEvent),
}

/// An entry in the thread that breaks a rule. It moves nothing, and while there is one nothing more may be dispensed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which happening, counted from 0.
    pub index: usize,
    /// Which rule.
    pub breach: Breach,
}

/// A rule that an entry breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// The act is not legal.
    #[error(transparent)]
    Illegal(#[from] Illegal),
    /// More than what is left of this fill.
    #[error("{handed} is more than the {left} that are left of this fill")]
    TooMuch {
        /// How much was handed over.
        handed: Quantity,
        /// How much was left.
        left: Quantity,
    },
    /// Nothing or less was handed over.
    #[error("{0} is no quantity to hand over")]
    Nothing(Quantity),
    /// Counted in another unit.
    #[error("counted in \"{handed}\", but the prescription counts in \"{ordered}\"")]
    OtherUnit {
        /// The unit handed over.
        handed: String,
        /// The unit ordered.
        ordered: String,
    },
    /// It names another fill than the one that is due.
    #[error("entered as fill {named}, but fill {due} is due")]
    OtherFill {
        /// The fill that the entry names, counted from 1.
        named: u32,
        /// The fill that is due, counted from 1.
        due: u32,
    },
    /// It was written before the entry that it follows; clocks may differ by [`CLOCK_SLACK_MILLIS`].
    #[error("written before what it follows")]
    BackInTime,
}

/// How far a terminal's clock may be behind the one before it.
pub const CLOCK_SLACK_MILLIS: i64 = 5 * 60_000;

/// The share of a fill's days that must have passed before a repeat is due, in percent.
pub const REPEAT_DUE_PERCENT: i64 = 75;

/// Where a prescription stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The state.
    pub state: State,
    /// What one fill is; absent where neither a quantity nor a regular dose with a duration says so.
    pub fill_quantity: Option<Quantity>,
    /// What is left of the fill that is due.
    pub left_of_fill: Option<Quantity>,
    /// What is left in all, repeats included.
    pub remaining: Option<Quantity>,
    /// The fill that is due, counted from 0.
    pub fill: u16,
    /// How many repeats are left after the fill that is due.
    pub repeats_left: u16,
    /// How often something was handed over for the fill that is due.
    pub parts_of_fill: u16,
    /// When it lapses, Unix milliseconds.
    pub expires: i64,
    /// The earliest time at which the next repeat is due, Unix milliseconds: [`REPEAT_DUE_PERCENT`] of the days that the last
    /// fill lasts. The rest of a partial fill is due at any time. Absent for the first fill, or where the days are unknown.
    pub repeat_due: Option<i64>,
    /// The question that a held prescription waits for.
    pub question: Option<String>,
    /// Entries in the thread that break a rule.
    pub findings: Vec<Finding>,
}

impl Prescription {
    /// What one fill is: the quantity, else dose × frequency × duration of a regular medicine.
    pub fn fill_quantity(&self) -> Option<Quantity> {
        if self.quantity.is_some() {
            return self.quantity.clone();
        }
        let (dose, frequency, duration) = (self.dose.as_ref()?, self.frequency?, self.duration?);
        if self.as_needed.is_some() || frequency.every.minutes() == 0 {
            return None;
        }
        let doses = duration
            .minutes()
            .checked_mul(u64::from(frequency.times))?
            .div_ceil(frequency.every.minutes());
        let value = dose
            .value
            .times(Decimal::whole(i64::try_from(doses).ok()?))?;
        (value.compare(Decimal::whole(0)).is_gt()).then(|| Quantity::new(value, &dose.unit))
    }

    /// How many days one fill lasts: the duration, else the quantity at the regular dose, rounded up; `None` where neither says.
    pub fn fill_days(&self) -> Option<u32> {
        if let Some(duration) = self.duration {
            return u32::try_from(duration.minutes().div_ceil(1_440)).ok();
        }
        let (dose, frequency, quantity) = (
            self.dose.as_ref()?,
            self.frequency?,
            self.quantity.as_ref()?,
        );
        if !same_unit(&dose.unit, &quantity.unit) || self.as_needed.is_some() {
            return None;
        }
        let daily = dose
            .value
            .times(Decimal::whole(i64::from(frequency.times) * 1_440))?;
        let daily = daily.divide(
            Decimal::whole(i64::try_from(frequency.every.minutes()).ok()?),
            6,
        )?;
        let days = quantity.value.divide(daily, 1)?;
        u32::try_from(days.mantissa().checked_add(9)? / 10).ok()
    }
}

/// Whether two units are one: case and a plural `s` do not count.
pub fn same_unit(a: &str, b: &str) -> bool {
    let plain = |unit: &str| {
        let unit = unit.trim().to_lowercase();
        unit.strip_suffix('s').map_or(unit.clone(), str::to_owned)
    };
    plain(a) == plain(b)
}

/// Where `prescription`, signed at `signed`, stands at `now` after `happenings` in the order of the ledger.
///
/// Times are Unix milliseconds. **An entry that breaks a rule moves nothing**; it is listed among the findings.
pub fn status(
    prescription: &Prescription,
    signed: i64,
    happenings: &[Happening],
    validity: Validity,
    now: i64,
) -> Status {
    let mut status = Status::signed(prescription, validity.expires(prescription, signed));
    let mut last = signed;
    for (index, happening) in happenings.iter().enumerate() {
        status.expire(happening.at);
        let step = if happening.at < last - CLOCK_SLACK_MILLIS {
            Err(Breach::BackInTime)
        } else {
            status.take(prescription, happening)
        };
        match step {
            Ok(()) => last = last.max(happening.at),
            Err(breach) => status.findings.push(Finding { index, breach }),
        }
    }
    status.expire(now);
    status
}

impl Status {
    fn signed(prescription: &Prescription, expires: i64) -> Self {
        let fill_quantity = prescription.fill_quantity();
        let fills = Decimal::whole(i64::from(prescription.refills) + 1);
        let all = fill_quantity
            .as_ref()
            .and_then(|q| Some(Quantity::new(q.value.times(fills)?, &q.unit)));
        // A total too great to count cannot be dispensed against by count either.
        let fill_quantity = fill_quantity.filter(|_| all.is_some());
        Self {
            state: first(prescription.intent),
            left_of_fill: fill_quantity.clone(),
            fill_quantity,
            remaining: all,
            fill: 0,
            repeats_left: prescription.refills,
            parts_of_fill: 0,
            expires,
            repeat_due: None,
            question: None,
            findings: Vec::new(),
        }
    }

    /// Whether a pharmacist may dispense now: an open state and no finding.
    pub fn is_dispensable(&self) -> bool {
        self.state.is_open() && self.findings.is_empty()
    }

    /// Whether handing over `quantity` now for the fill that is due would be legal.
    pub fn may_dispense(&self, quantity: &Quantity, role: Role) -> Result<(), Breach> {
        self.dispense_act(quantity)
            .and_then(|act| Ok(Transition::by(role, self.state, act).map(|_| ())?))
    }

    fn expire(&mut self, at: i64) {
        if at >= self.expires
            && let Ok(step) = Transition::find(self.state, Act::Expire)
        {
            self.state = step.to;
        }
    }

    fn take(&mut self, prescription: &Prescription, happening: &Happening) -> Result<(), Breach> {
        match happening.what {
            What::Dispensed(dispense) => self.dispense(prescription, dispense, happening),
            What::Event(event) => self.event(event, happening.role),
        }
    }

    fn event(&mut self, event: &RxEvent, role: Role) -> Result<(), Breach> {
        let act = match event.kind {
            RxEventKind::Held => Act::Hold,
            RxEventKind::Answered => Act::Answer,
            RxEventKind::Refused => Act::Refuse,
            RxEventKind::Cancelled => Act::Cancel,
        };
        let step = Transition::by(role, self.state, act)?;
        self.question = (act == Act::Hold).then(|| event.text.clone());
        let begun = self.fill > 0 || self.parts_of_fill > 0;
        self.state = if act == Act::Answer && begun {
            State::InPart
        } else {
            step.to
        };
        Ok(())
    }

    /// Which act handing over `quantity` is, and whether the quantity is right.
    fn dispense_act(&self, quantity: &Quantity) -> Result<Act, Breach> {
        if quantity.value.compare(Decimal::whole(0)).is_le() {
            return Err(Breach::Nothing(quantity.clone()));
        }
        let (Some(left), Some(remaining)) = (&self.left_of_fill, &self.remaining) else {
            // Nothing says how much a fill is: each time counts as one fill.
            return Ok(if self.repeats_left == 0 {
                Act::DispenseRest
            } else {
                Act::DispensePart
            });
        };
        if !same_unit(&quantity.unit, &left.unit) {
            return Err(Breach::OtherUnit {
                handed: quantity.unit.clone(),
                ordered: left.unit.clone(),
            });
        }
        if quantity.value.compare(left.value).is_gt() {
            return Err(Breach::TooMuch {
                handed: quantity.clone(),
                left: left.clone(),
            });
        }
        let all = quantity.value.compare(remaining.value).is_eq();
        Ok(if all {
            Act::DispenseRest
        } else {
            Act::DispensePart
        })
    }

    fn dispense(
        &mut self,
        prescription: &Prescription,
        dispense: &Dispense,
        happening: &Happening,
    ) -> Result<(), Breach> {
        let handed = &dispense.quantity;
        // Whether the state allows it comes first: "cancelled" says more than "too much".
        Transition::by(happening.role, self.state, Act::DispensePart)?;
        let step = Transition::by(happening.role, self.state, self.dispense_act(handed)?)?;
        if dispense.refill != self.fill {
            return Err(Breach::OtherFill {
                named: u32::from(dispense.refill) + 1,
                due: u32::from(self.fill) + 1,
            });
        }
        let take = |from: &mut Quantity| {
            from.value = from.value.minus(handed.value).unwrap_or(from.value);
            from.value.is_zero()
        };
        let fill_done = self.left_of_fill.as_mut().is_none_or(take);
        if let Some(remaining) = &mut self.remaining {
            take(remaining);
        }
        self.state = step.to;
        self.parts_of_fill = self.parts_of_fill.saturating_add(1);
        if fill_done && self.state != State::InFull {
            self.fill += 1;
            self.repeats_left -= 1;
            self.parts_of_fill = 0;
            self.left_of_fill.clone_from(&self.fill_quantity);
            self.repeat_due = prescription.fill_days().map(|days| {
                happening.at.saturating_add(
                    i64::from(days) * super::rx_state::DAY_MILLIS * REPEAT_DUE_PERCENT / 100,
                )
            });
        }
        Ok(())
    }
}
