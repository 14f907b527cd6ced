//! What cannot be changed in a chart is refused before anything is typed, with what to do instead.

use crate::clinical::Role;
use crate::desk::rights::may_write;
use crate::desk::view::EntryView;

/// Why neither an amendment nor a withdrawal is for this entry, whoever asks.
pub fn closed(entry: &EntryView, role: Option<Role>) -> Option<String> {
    if let Some(retracted) = &entry.retracted {
        let by = &retracted.by;
        return Some(format!(
            "it was withdrawn by {by}; what holds is written anew"
        ));
    }
    if matches!(
        entry.kind.as_str(),
        "prescription" | "dispense" | "rx-event"
    ) {
        return Some(match role {
            Some(Role::Doctor) => "a prescription is changed in Prescriptions: cancel it there, write a new one",
            _ => "a prescription is changed by its prescriber, who cancels it and writes a new one",
        }.to_owned());
    }
    (entry.section == "access")
        .then(|| "an access is ended in Inbox, in the list of access".to_owned())
}

/// Why this entry is not amended here by somebody of this role.
pub fn not_amended(entry: &EntryView, role: Option<Role>) -> String {
    let kind = &entry.kind;
    if not_withdrawn(entry, role).is_some() {
        return format!("your role does not amend this ({kind}); its author or a doctor does");
    }
    format!("this ({kind}) is not amended here; withdraw it and write it again")
}

/// Why somebody of this role does not withdraw this entry.
pub fn not_withdrawn(entry: &EntryView, role: Option<Role>) -> Option<String> {
    closed(entry, role).or_else(|| {
        let body = entry.typed.as_deref()?;
        let kind = &entry.kind;
        (!may_write(role?, body)).then(|| {
            format!("your role does not withdraw this ({kind}); its author or a doctor does")
        })
    })
}
