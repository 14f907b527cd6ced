//! Tasks whose text outlives a lock, and how they go on.

use super::super::command::Query;
use super::super::popup::Popup;
use super::super::shell::Shell;
use super::Task;
use crate::desk::view::{Amends, Draft, DraftKind, Stamp};

impl Task {
    /// Whether what is typed for it is kept while it is unsigned.
    pub fn is_kept(&self) -> bool {
        matches!(
            self,
            Task::Note { .. }
                | Task::Vitals { .. }
                | Task::Problem { .. }
                | Task::Allergy { .. }
                | Task::Order { .. }
        )
    }

    /// Whether it changes an entry that was written before.
    pub fn amends(&self) -> bool {
        matches!(
            self,
            Task::Note {
                amends: Some(_),
                ..
            } | Task::Vitals {
                amends: Some(_),
                ..
            } | Task::Problem {
                amends: Some(_),
                ..
            } | Task::Allergy {
                amends: Some(_),
                ..
            }
        )
    }

    /// The number of the chart into which it writes, where it is known.
    pub fn chart(&self) -> Option<&str> {
        match self {
            Task::Note { mrn, .. }
            | Task::Vitals { mrn, .. }
            | Task::Problem { mrn, .. }
            | Task::Allergy { mrn, .. }
            | Task::Order { mrn: Some(mrn) } => Some(mrn),
            _ => None,
        }
    }

    /// The draft that this becomes while it is being written, still empty. `None` for what is short or not a record.
    pub fn draft(&self, begun: Stamp) -> Option<Draft> {
        let of = |kind, mrn: Option<&String>, amends: Option<&Amends>| {
            let begun = u64::try_from(begun.millis()).unwrap_or_default();
            Some(Draft {
                kind,
                mrn: mrn.cloned(),
                amends: amends.cloned(),
                begun,
                changed: begun,
                fields: Vec::new(),
            })
        };
        match self {
            Task::Note { mrn, amends } => of(DraftKind::Note, Some(mrn), amends.as_ref()),
            Task::Vitals { mrn, amends } => of(DraftKind::Vitals, Some(mrn), amends.as_ref()),
            Task::Problem { mrn, amends } => of(DraftKind::Problem, Some(mrn), amends.as_ref()),
            Task::Allergy { mrn, amends } => of(DraftKind::Allergy, Some(mrn), amends.as_ref()),
            Task::Order { mrn } => of(DraftKind::Prescription, mrn.as_ref(), None),
            _ => None,
        }
    }

    /// The task that goes on with a draft.
    fn of(draft: &Draft) -> Self {
        let amends = draft.amends.clone();
        let mrn = draft.mrn.clone().unwrap_or_default();
        match draft.kind {
            DraftKind::Note => Task::Note { mrn, amends },
            DraftKind::Vitals => Task::Vitals { mrn, amends },
            DraftKind::Problem => Task::Problem { mrn, amends },
            DraftKind::Allergy => Task::Allergy { mrn, amends },
            DraftKind::Prescription => Task::Order {
                mrn: draft.mrn.clone(),
            },
        }
    }

    /// Puts its question on the screen, filled with what a draft says.
    pub fn resume(draft: &Draft, shell: &mut Shell) {
        let begun = i64::try_from(draft.begun).unwrap_or_default();
        let task = Self::of(draft);
        if task
            .chart()
            .is_some_and(|mrn| !shell.names.contains_key(mrn))
        {
            shell.ask(Query::Charts);
        }
        let mut popup = task.popup(Stamp::from_millis(begun));
        popup.begun_at(draft.begun);
        match &mut popup {
            Popup::Form(form) => form.fill(draft),
            Popup::Note(note) => note.fill(draft),
            Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => {}
        }
        shell.push(popup);
    }
}
