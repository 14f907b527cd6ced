//! A prescription with what happened to it: one thread of the medication section, folded into where it stands.

use crate::clinical::rx_state::Validity;
use crate::clinical::rx_status::{self, Happening, Status, What};
use crate::clinical::summary::Given;
use crate::clinical::{Body, Prescription};

use super::sheet::{Leaf, Sheet};

/// A prescription, its entry, what followed, and where that leaves it.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// The entry that was signed.
    pub leaf: &'a Leaf,
    /// What it orders.
    pub prescription: &'a Prescription,
    /// What happened to it, oldest first: dispenses and events whose authors' roles may write them.
    pub events: Vec<&'a Leaf>,
    /// Where it stands.
    pub status: Status,
}

impl<'a> Order<'a> {
    /// Folds one thread. `None` when its first entry is no prescription, or was not its author's to sign.
    pub fn of(leaves: &[&'a Leaf], now: u64) -> Option<Self> {
        let (leaf, rest) = leaves.split_first()?;
        let Some(Body::Prescription(prescription)) = leaf.body().filter(|_| leaf.authorised) else {
            return None;
        };
        let events: Vec<&Leaf> = rest
            .iter()
            .copied()
            .filter(|leaf| leaf.authorised)
            .collect();
        let happenings: Vec<Happening<'_>> = events
            .iter()
            .filter_map(|event| {
                let what = match event.body()? {
                    Body::Dispense(dispense) => What::Dispensed(dispense),
                    Body::RxEvent(happened) => What::Event(happened),
                    _ => return None,
                };
                Some(Happening {
                    at: event.core.created as i64,
                    role: event.role?,
                    what,
                })
            })
            .collect();
        let signed = leaf.core.created as i64;
        let status = rx_status::status(
            prescription,
            signed,
            &happenings,
            Validity::default(),
            now as i64,
        );
        Some(Self {
            leaf,
            prescription,
            events,
            status,
        })
    }

    /// Every prescription of a medication section, oldest first.
    pub fn all(sheet: &'a Sheet, now: u64) -> Vec<Self> {
        let first = sheet
            .leaves
            .iter()
            .filter(|leaf| matches!(leaf.body(), Some(Body::Prescription(_))) && leaf.version == 1);
        first
            .filter_map(|leaf| {
                let thread: Vec<&Leaf> = sheet
                    .leaves
                    .iter()
                    .filter(|other| other.core.thread == leaf.core.thread)
                    .collect();
                Self::of(&thread, now)
            })
            .collect()
    }

    /// What a chart's summary has to know of it.
    pub fn given(&self) -> Given {
        let last = self
            .events
            .iter()
            .rev()
            .find(|event| matches!(event.body(), Some(Body::Dispense(_))));
        Given {
            state: self.status.state,
            last_dispensed: last.map(|event| event.core.created as i64),
        }
    }
}
