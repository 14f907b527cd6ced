//! Putting an export on record. **Where it cannot be, nothing is given out.**

use crate::desk::act::{Act, Exported};
use crate::desk::{DeskError, Session};
use crate::interop::sealed::{Subject, fingerprint};
use crate::ledger::clear::UnitKind;
use crate::ledger::{EntryId, Section};
use crate::vault::{Draft, VaultError};

use super::Order;
use super::plan::Plan;

/// Puts it on record in every chart whose bodies go along, and of what one person signed for the auditors too. Answers what the
/// export is known by: the id of the chart's record or of the auditors', which the records in other charts name.
pub(super) fn put(
    session: &Session,
    plan: &Plan<'_>,
    order: &Order<'_>,
    snapshot: Option<&str>,
) -> Result<EntryId, DeskError> {
    let export = EntryId::random();
    let signed_by = match &plan.subject {
        Subject::Chart { .. } => None,
        Subject::SignedBy { login, .. } => Some(login),
    };
    let act = |sections: Vec<Section>| {
        let act = Act::Exported(Exported {
            export,
            recipient: order.to.key,
            fingerprint: fingerprint(&order.to.key),
            name: order.to.name.clone(),
            purpose: order.purpose.trim().to_owned(),
            sections,
            signed_by: signed_by.cloned(),
            snapshot: snapshot.map(str::to_owned),
        });
        act.encode()
    };
    session.vault().write(|writer| {
        let charts = plan.open.iter();
        let drafts: Vec<_> = charts
            .filter(|(chart, _)| writer.directory().chart(chart).is_some())
            // Clear entries hold nothing about the patient.
            .filter(|(_, sections)| sections.iter().any(|section| *section != Section::System))
            .map(|(chart, sections)| {
                let draft = Draft::new(*chart, Section::Access);
                let id = signed_by.is_none().then_some(export);
                (
                    Draft { id, ..draft },
                    act(sections.iter().copied().collect()),
                )
            })
            .collect();
        if signed_by.is_some() {
            let auditors = writer
                .directory()
                .special(UnitKind::Auditors)
                .map(|state| state.unit.unit);
            let put = auditors.map(|unit| {
                let draft = Draft::new(unit.chart(), Section::Access).named(export);
                writer.put(draft, &act(Vec::new()))
            });
            match put {
                Some(Ok(_)) => {}
                // Before the first auditor has joined there is no key to seal it to.
                None | Some(Err(VaultError::NoKey { .. })) if !drafts.is_empty() => {}
                None | Some(Err(VaultError::NoKey { .. })) => {
                    return Err(DeskError::NotNow(
                        "no auditor has joined yet, so there is nobody to put this on record for"
                            .into(),
                    ));
                }
                Some(Err(error)) => return Err(error.into()),
            }
        }
        writer.put_all(drafts)?;
        Ok::<_, DeskError>(export)
    })
}
