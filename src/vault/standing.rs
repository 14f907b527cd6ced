//! Units that look after every chart: the auditors and break-glass. One that gets its first member after charts were opened has
//! no key of theirs. **Whoever holds a key that such a unit lacks hands it over in their next write**, by a grant of its own, so
//! that every slot is justified by an entry.

use std::collections::BTreeMap;

use crate::ledger::clear::{GrantGround, UnitKind};
use crate::ledger::{CertId, ChartId, Holder, Section, UnitId};

use super::care::NewGrant;
use super::directory::{ChartState, Directory};
use super::error::VaultError;
use super::session::Session;
use super::writer::Writer;

/// Grants that one write makes on the side: some tenths of a second.
pub(super) const AT_ONCE: usize = 200;

const KINDS: [UnitKind; 2] = [UnitKind::Auditors, UnitKind::Emergency];

/// A unit that lacks keys of a chart.
type Lacking = BTreeMap<(ChartId, UnitId), Vec<Section>>;

impl Directory {
    /// The units that every chart's key of a section belongs to, and in which somebody can receive it.
    pub fn standing(&self, chart: &ChartState, section: Section) -> Vec<UnitId> {
        KINDS
            .into_iter()
            .filter(|kind| chart.stands(*kind, section))
            .filter_map(|kind| self.special(kind))
            .filter(|state| state.current_key(section).is_some())
            .map(|state| state.unit.unit)
            .collect()
    }

    /// What such units lack and a person could hand over: at most so many charts and units. **What was revoked is not lacking.**
    fn lacking(&self, person: &CertId, now: u64, most: usize) -> Lacking {
        let mut lacking = Lacking::new();
        let open = self
            .charts
            .iter()
            .filter(|(_, state)| state.erased.is_none());
        for (chart, state) in open {
            for section in Section::OF_A_CHART {
                for unit in self.standing(state, section) {
                    let had = state.lines.iter().any(|held| {
                        held.line.section == section
                            && held.line.holder == Holder::Unit(unit)
                            && matches!(held.ground, None | Some(GrantGround::Standing))
                    });
                    if !had && self.lines_for(person, state, section, now).next().is_some() {
                        lacking.entry((*chart, unit)).or_default().push(section);
                    }
                }
            }
            if lacking.len() >= most {
                break;
            }
        }
        lacking
    }
}

impl Session {
    /// Hands over what units of the whole house lack and this session holds. Returns how many grants it took.
    pub fn hand_to_standing_units(&self) -> Result<usize, VaultError> {
        let mut all = 0;
        loop {
            let some = self.write(|writer| writer.hand_to_standing_units())?;
            all += some;
            if some == 0 {
                return Ok(all);
            }
        }
    }
}

impl Writer<'_, '_> {
    /// The same, a part of it. Returns how many grants were made.
    pub(super) fn hand_to_standing_units(&mut self) -> Result<usize, VaultError> {
        let me = self.session().cert();
        let lacking = self.directory().lacking(&me, self.now(), AT_ONCE);
        let mut made = 0;
        for ((chart, unit), sections) in lacking {
            let grant = NewGrant {
                chart,
                to: Holder::Unit(unit),
                sections,
                until: None,
                ground: GrantGround::Standing,
                because: None,
            };
            match self.grant(&grant) {
                Ok(_) => made += 1,
                // A slot that does not open is a verification's finding; it must not keep this session from writing.
                Err(VaultError::Substituted(_) | VaultError::NoKey { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(made)
    }
}
