//! Which role may write what. Judged by the author's role at the entry's place in the ledger: **what a role may not
//! write is shown as unauthorised and feeds no work list, no check and no dispense.**

use crate::clinical::{self, Role};
use crate::ledger::Section;

use super::act::Act;

/// The section that a body belongs to.
pub fn section_of(body: &clinical::Body) -> Section {
    match body.section_hint() {
        "identity" => Section::Identity,
        "medication" => Section::Medication,
        _ => Section::Clinical,
    }
}

/// Whether a role may put an act on record. Anyone may look, search, and give out what their keys open; the chart's own rules say
/// who decides.
pub fn may_act(role: Role, act: &Act) -> bool {
    match act {
        Act::Viewed(_) | Act::Searched(_) | Act::Exported(_) => true,
        Act::AccessRequested(_)
        | Act::AccessNoted(_)
        | Act::GlassBroken(_)
        | Act::GlassNoted(_) => {
            matches!(role, Role::Doctor | Role::Nurse)
        }
        // A nurse ends the glass that they broke, and decides nothing else.
        Act::AccessDecided(act) if act.revoked && act.grant.is_none() => {
            matches!(role, Role::Doctor | Role::Nurse | Role::Patient)
        }
        Act::AccessDecided(_) => matches!(role, Role::Doctor | Role::Patient),
        Act::GlassReviewed(_) => matches!(role, Role::Doctor | Role::Auditor),
        Act::AccessShared(_) => role == Role::Doctor,
        Act::Stock(_) => role == Role::Pharmacist,
    }
}

/// Whether a role may bring in what was written elsewhere.
pub fn may_import(role: Role) -> bool {
    matches!(role, Role::Doctor | Role::Registrar)
}

/// Whether a role may write a body. A patient writes vitals about themselves; what was imported is the importer's.
pub fn may_write(role: Role, body: &clinical::Body) -> bool {
    use clinical::Body;
    let imported = body.source().is_some();
    match role {
        Role::Doctor => !matches!(body, Body::Dispense(_)) || imported,
        Role::Registrar => imported || matches!(body, Body::Identity(_)),
        Role::Nurse => matches!(
            body,
            Body::Vitals(_)
                | Body::Note(_)
                | Body::Administration(_)
                | Body::Identity(_)
                | Body::Retraction(_)
        ),
        Role::Pharmacist => matches!(body, Body::Dispense(_) | Body::RxEvent(_)),
        Role::Patient => matches!(body, Body::Vitals(vitals) if vitals.self_reported),
        Role::Admin | Role::Auditor => false,
    }
}
