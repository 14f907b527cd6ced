//! Permission is a value. **A permit cannot be made outside this module, and dies with its session.**
//!
//! Desk functions ask for one before they do anything, and go no further without it; **nothing but their own text makes them ask**:
//! reading and writing take the session, not the permit. Hiding a pane is courtesy. What holds below the interface are the keys, and
//! the judge ([`super::judge`]) of what clear entries may say. A refusal is put on record.

use std::marker::PhantomData;

use crate::clinical::Role;
use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, Section};

use super::error::VaultError;
use super::record::Denied;
use super::session::Session;
use super::writer::Draft;

/// Something that needs permission.
pub trait Act {
    /// What it is, after "may not".
    const NAME: &'static str;
    /// Whose role may.
    const ROLES: &'static [Role];
    /// The section whose key must be held, for acts on a chart.
    const SECTION: Option<Section>;
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident $what:literal $section:expr, [$($role:ident),*];)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}

            impl Act for $name {
                const NAME: &'static str = $what;
                const ROLES: &'static [Role] = &[$(Role::$role),*];
                const SECTION: Option<Section> = $section;
            }
        )*
    };
}

acts! {
    /// Seeing who the patient is.
    ReadIdentity "read who a patient is" Some(Section::Identity), [Doctor, Nurse, Pharmacist, Registrar, Patient];
    /// Reading the clinical section.
    ReadClinical "read clinical entries" Some(Section::Clinical), [Doctor, Nurse, Patient];
    /// Reading the medication section.
    ReadMedication "read medication" Some(Section::Medication), [Doctor, Nurse, Pharmacist, Patient];
    /// Reading who looked and why.
    ReadAccess "read the access record" Some(Section::Access), [Doctor, Nurse, Patient, Auditor];
    /// Changing who the patient is.
    WriteIdentity "change who a patient is" Some(Section::Identity), [Doctor, Nurse, Registrar];
    /// Writing anything clinical.
    WriteClinical "write clinical entries" Some(Section::Clinical), [Doctor];
    /// Writing vitals and notes.
    WriteNursing "write vitals and notes" Some(Section::Clinical), [Doctor, Nurse];
    /// Writing vitals about oneself.
    WriteSelfReported "report one's own vitals" Some(Section::Clinical), [Patient];
    /// Writing allergies.
    WriteMedication "write allergies and medication facts" Some(Section::Medication), [Doctor];
    /// Recording that a medicine was given.
    Administer "record administrations" Some(Section::Medication), [Doctor, Nurse];
    /// Writing and signing prescriptions.
    Prescribe "prescribe" Some(Section::Medication), [Doctor];
    /// Dispensing.
    Dispense "dispense" Some(Section::Medication), [Pharmacist];
    /// Keeping a pharmacy's stock.
    KeepStock "keep stock" None, [Pharmacist];
    /// Opening charts.
    Enrol "open charts" None, [Doctor, Registrar];
    /// Naming the doctor who decides requests for a chart; the desk checks the unit.
    Attend "name the attending doctor" None, [Doctor, Registrar];
    /// Asking for access to a chart.
    Request "request access" None, [Doctor, Nurse];
    /// Passing on what one holds.
    Share "share access" None, [Doctor];
    /// Taking up what was shared.
    AcceptShare "accept a share" None, [Doctor, Nurse, Pharmacist];
    /// Deciding a request: the patient, or the attending doctor; the desk checks which.
    Decide "decide access" Some(Section::Access), [Doctor, Patient];
    /// Opening a chart in an emergency.
    BreakGlass "break the glass" None, [Doctor, Nurse];
    /// Bringing in records from elsewhere.
    Import "import records" None, [Doctor, Registrar];
    /// Managing users and units.
    Administrate "manage users and units" None, [Admin];
    /// Seeing who works where, which the file tells anyone who has it.
    ListPeople "list users and units" None, [Doctor, Nurse, Pharmacist, Registrar, Admin, Auditor];
    /// Reading the ledger's headers.
    ReadLedger "read the ledger" None, [Admin, Auditor];
    /// Giving out what others signed, as headers, and as bodies where one's own keys open them.
    ExportSigned "give out everything that somebody else signed: they themself may, an auditor or an admin" None, [Admin, Auditor];
    /// Reading records of what happened.
    Audit "audit" None, [Auditor, Admin, Doctor, Nurse, Patient];
}

/// Permission for one act on one chart.
#[derive(Debug)]
pub struct Permit<'s, A: Act> {
    session: &'s Session,
    chart: ChartId,
    act: PhantomData<A>,
}

impl<'s, A: Act> Permit<'s, A> {
    /// The session it lives in.
    pub fn session(&self) -> &'s Session {
        self.session
    }

    /// The chart it is for.
    pub fn chart(&self) -> ChartId {
        self.chart
    }
}

/// Permission for one act on no particular chart.
#[derive(Debug)]
pub struct Authority<'s, A: Act> {
    session: &'s Session,
    act: PhantomData<A>,
}

impl<'s, A: Act> Authority<'s, A> {
    /// The session it lives in.
    pub fn session(&self) -> &'s Session {
        self.session
    }
}

impl Session {
    /// Asks for permission on a chart: the role must allow the act, and the keys must open the section.
    pub fn permit<A: Act>(&self, chart: &ChartId) -> Result<Permit<'_, A>, VaultError> {
        let outcome = self.may::<A>().and_then(|()| {
            self.read(|reader| {
                if reader.directory().chart(chart).is_none() {
                    return Err(VaultError::NoChart(*chart));
                }
                match A::SECTION {
                    Some(section) => {
                        let epoch = reader
                            .epochs(*chart, section)
                            .pop()
                            .ok_or(VaultError::NoKey { section })?;
                        reader.chart_key(*chart, section, epoch).map(drop)
                    }
                    None => Ok(()),
                }
            })
        });
        self.on_record::<A>(outcome, Some(*chart))?;
        Ok(Permit {
            session: self,
            chart: *chart,
            act: PhantomData,
        })
    }

    /// Asks for permission that no chart is needed for.
    pub fn authority<A: Act>(&self) -> Result<Authority<'_, A>, VaultError> {
        self.on_record::<A>(self.may::<A>(), None)?;
        Ok(Authority {
            session: self,
            act: PhantomData,
        })
    }

    fn may<A: Act>(&self) -> Result<(), VaultError> {
        if self.is_locked() {
            return Err(VaultError::Locked);
        }
        if A::ROLES.contains(&self.role()) {
            return Ok(());
        }
        Err(VaultError::Role {
            role: self.role().as_str(),
            act: A::NAME.into(),
        })
    }

    /// Puts a refusal on record, sealed to the auditors, and passes it on.
    fn on_record<A: Act>(
        &self,
        outcome: Result<(), VaultError>,
        chart: Option<ChartId>,
    ) -> Result<(), VaultError> {
        if let Err(error) = &outcome
            && matches!(error, VaultError::Role { .. } | VaultError::NoKey { .. })
        {
            let denied = Denied {
                act: A::NAME.into(),
                chart,
                why: error.to_string(),
            };
            let recorded = self.write(|writer| {
                let auditors = writer
                    .directory()
                    .special(UnitKind::Auditors)
                    .map(|state| state.unit.unit);
                let Some(unit) = auditors else { return Ok(()) };
                match writer.put(Draft::new(unit.chart(), Section::Access), &denied.encode()) {
                    // Before the first auditor has joined there is no key to seal it to.
                    Ok(_) | Err(VaultError::NoKey { .. }) => Ok(()),
                    Err(error) => Err(error),
                }
            });
            recorded?;
        }
        outcome
    }
}
