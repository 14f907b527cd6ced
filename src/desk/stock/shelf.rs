//! The lots of a pharmacy as they are.

use crate::clinical::stock::Stock;
use crate::clinical::{Instant, Role};
use crate::ledger::clear::UnitKind;
use crate::ledger::{Core, Holder, Section, UnitId};
use crate::vault::permit::KeepStock;
use crate::vault::{Reader, VaultError};

use crate::desk::act::Act;
use crate::desk::error::DeskError;
use crate::desk::rx::dispense::amount;
use crate::desk::session::Session;
use crate::desk::sheet::{Content, leaf};
use crate::desk::view::StockLine;

/// A lot, and the entry that its next movement follows.
#[derive(Clone, Debug)]
pub struct Shelved {
    /// Whose shelf.
    pub unit: UnitId,
    /// The entry.
    pub core: Core,
    /// The lot and what is left of it.
    pub stock: Stock,
}

/// What is on the shelves of one's pharmacies, or of one of them, by medicine and expiry.
pub fn list(session: &Session, unit: Option<&str>) -> Result<Vec<StockLine>, DeskError> {
    session.vault().authority::<KeepStock>()?;
    session.vault().read(|reader| {
        let units = match unit {
            Some(name) => vec![pharmacy(reader, Some(name))?],
            None => own_pharmacies(reader),
        };
        let mut lines = Vec::new();
        for unit in units {
            for lot in read(reader, unit)? {
                lines.push(line(reader, &lot)?);
            }
        }
        lines.sort_by_cached_key(|line| {
            let medicine = line.medicine.to_lowercase();
            (medicine, line.expiry.clone(), line.lot.clone())
        });
        Ok(lines)
    })
}

/// The lots of a pharmacy, in no order. **What a pharmacist of it did not write, or what cannot be, is not stock.**
pub fn read(reader: &mut Reader<'_>, unit: UnitId) -> Result<Vec<Shelved>, DeskError> {
    let mut lots = Vec::new();
    for entry in reader.tx().notices(&Holder::Unit(unit))? {
        if entry.core.chart != unit.chart() || entry.core.section != Section::Work {
            continue;
        }
        let seq = entry.seq();
        let opened = reader.open(entry)?;
        let leaf = leaf(reader, opened)
            .map_err(|(seq, why)| DeskError::Damaged(format!("entry {seq}: {why}")))?;
        let Content::Act(Act::Stock(stock)) = leaf.content else {
            continue;
        };
        if !leaf.authorised {
            continue;
        }
        if !stock.is_sound() {
            return Err(DeskError::Damaged(format!(
                "entry {seq}: less than nothing is left of lot {}",
                stock.lot.lot
            )));
        }
        lots.push(Shelved {
            unit,
            core: leaf.core,
            stock,
        });
    }
    Ok(lots)
}

/// The pharmacies that this person works in and whose shelf they read.
pub fn own_pharmacies(reader: &Reader<'_>) -> Vec<UnitId> {
    let me = reader.me();
    let reads = |member: &crate::vault::directory::Member| {
        member
            .holds
            .keys()
            .any(|(section, _)| *section == Section::Work as u8)
    };
    let directory = reader.directory();
    let works = directory
        .person(&me)
        .and_then(crate::vault::directory::Person::role)
        == Some(Role::Pharmacist);
    directory
        .units_of(&me)
        .filter(|state| {
            works && state.unit.kind == UnitKind::Pharmacy && reads(&state.members[&me])
        })
        .map(|state| state.unit.unit)
        .collect()
}

/// The pharmacy that is meant: the named one, or the only one.
pub(super) fn pharmacy(reader: &Reader<'_>, name: Option<&str>) -> Result<UnitId, DeskError> {
    let own = own_pharmacies(reader);
    let Some(name) = name else {
        return match own.as_slice() {
            [one] => Ok(*one),
            [] => Err(DeskError::Denied(
                "you work in no pharmacy whose keys you hold".into(),
            )),
            _ => Err(DeskError::BadInput(
                "you work in more than one pharmacy: name it with --unit".into(),
            )),
        };
    };
    let unit = reader
        .directory()
        .unit_by_name(name)
        .ok_or_else(|| VaultError::Unknown {
            what: "unit",
            name: name.into(),
            hint: ": `chartseal unit list` shows them",
        })?;
    if own.contains(&unit.unit.unit) {
        Ok(unit.unit.unit)
    } else {
        Err(DeskError::Denied(format!("you keep no stock in {name}")))
    }
}

/// A lot as it is shown.
pub(super) fn line(reader: &Reader<'_>, shelved: &Shelved) -> Result<StockLine, DeskError> {
    let Shelved { unit, stock, .. } = shelved;
    let today = Instant::from_unix_millis(reader.now() as i64).map(|now| now.local_date());
    Ok(StockLine {
        medicine: stock.lot.medicine.label().to_owned(),
        lot: stock.lot.lot.clone(),
        expiry: stock.lot.expiry.to_string(),
        quantity: amount(&crate::clinical::Quantity::new(stock.left, &stock.lot.unit))?,
        code: stock.lot.code.clone(),
        unit: (!stock.lot.unit.is_empty()).then(|| stock.lot.unit.clone()),
        expired: today.is_some_and(|today| stock.lot.is_expired(today)),
        pharmacy: reader
            .directory()
            .units
            .get(unit)
            .map(|state| state.unit.name.clone())
            .unwrap_or_default(),
    })
}
