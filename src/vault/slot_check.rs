//! Every slot is justified by a grant in force, and every grant in force has its slot.

use std::collections::BTreeMap;

use crate::ledger::clear::UnitKind;
use crate::ledger::scan::Stray;
use crate::ledger::{Holder, LedgerError, ReadTx, Section, SlotPlace};

use super::clock;
use super::directory::{Directory, HeldLine};

/// How long after a grant has run out its slots may still stand.
const GRACE: u64 = clock::DAY;

/// What the directory wants at a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Want {
    /// Long run out: nothing may be there.
    Gone,
    /// Just run out: either.
    Either,
    /// In force: a slot.
    Slot,
}

/// Holds the slots against the directory, which must stand at the ledger's head. Returns what is missing, late or stray,
/// each with the entry that handed the key over.
pub fn check(directory: &Directory, tx: &ReadTx<'_>, now: u64) -> Result<Vec<Stray>, LedgerError> {
    let mut wanted = wanted(directory, now);
    let mut found = Vec::new();
    tx.each_slot_place(|place| match place {
        Err(what) => found.push(Stray { seq: None, what }),
        Ok(place) => match wanted.remove(&place) {
            Some((Want::Slot | Want::Either, _)) => {}
            Some((Want::Gone, seq)) => found.push(Stray {
                seq: Some(seq),
                what: format!(
                    "{} ran out more than a day ago and is still there",
                    name(&place)
                ),
            }),
            None => found.push(Stray {
                seq: None,
                what: format!("{} is not justified by any grant in force", name(&place)),
            }),
        },
    })?;
    for (place, (want, seq)) in wanted {
        if want == Want::Slot {
            found.push(Stray {
                seq: Some(seq),
                what: format!("{} is missing", name(&place)),
            });
        }
    }
    Ok(found)
}

/// The places of slots that no grant in this directory justifies: of a restored vault whose slots are newer than its
/// entries, those of grants that it has never heard of.
pub fn unjustified(
    directory: &Directory,
    tx: &ReadTx<'_>,
    now: u64,
) -> Result<Vec<SlotPlace>, LedgerError> {
    let wanted = wanted(directory, now);
    let mut stray = Vec::new();
    tx.each_slot_place(|place| {
        stray.extend(place.ok().filter(|place| !wanted.contains_key(place)));
    })?;
    Ok(stray)
}

fn wanted(directory: &Directory, now: u64) -> BTreeMap<SlotPlace, (Want, u64)> {
    let mut wanted = BTreeMap::new();
    for (id, chart) in directory
        .charts
        .iter()
        .filter(|(_, chart)| chart.erased.is_none())
    {
        for held in &chart.lines {
            let Some(want) = want(held, now) else {
                continue;
            };
            for place in directory.wanted(*id, held) {
                let known = wanted.entry(place).or_insert((want, held.since));
                known.0 = known.0.max(want);
            }
        }
    }
    let recovery = directory
        .special(UnitKind::Recovery)
        .map(|state| state.unit.unit);
    for (id, state) in &directory.units {
        let mut want = |place: &(u8, u32), holder, grant| {
            let (Some(section), Some(key)) = (Section::from_u8(place.0), state.keys.get(place))
            else {
                return;
            };
            let place = SlotPlace {
                chart: id.chart(),
                section,
                epoch: place.1,
                holder,
                holder_epoch: 0,
                grant,
            };
            wanted.insert(place, (Want::Slot, key.since));
        };
        for (person, member) in state.present() {
            for (place, delivery) in &member.deliveries {
                want(place, Holder::Person(*person), *delivery);
            }
        }
        if let Some(recovery) = recovery {
            for (place, delivery) in &state.recoverable {
                want(place, Holder::Unit(recovery), *delivery);
            }
        }
    }
    wanted
}

/// `None` where the end of the grant took the slot with it at once.
fn want(held: &HeldLine, now: u64) -> Option<Want> {
    if held.revoked.is_some() {
        return None;
    }
    Some(match held.until {
        Some(until) if until.saturating_add(GRACE) < now => Want::Gone,
        Some(until) if until < now => Want::Either,
        _ => Want::Slot,
    })
}

fn name(place: &SlotPlace) -> String {
    let holder = match place.holder {
        Holder::Person(person) => format!("person {person}"),
        Holder::Unit(unit) => format!("unit {unit}"),
    };
    format!(
        "the slot of the {} key, epoch {}, of chart {} for {holder} under grant {}",
        place.section, place.epoch, place.chart, place.grant
    )
}
