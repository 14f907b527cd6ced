//! The only door to dispensing.

use crate::clinical::rx_status::Status;
use crate::clinical::{Body, Prescription, Role};
use crate::ledger::{ChartId, Core, Section, ThreadId, UnitId};
use crate::vault::{Reader, VaultError};

use super::write::chart_of;
use crate::desk::error::DeskError;
use crate::desk::order::Order;
use crate::desk::reach::reach;
use crate::desk::session::Session;
use crate::desk::sheet::{Leaf, Sheet};
use crate::desk::view::{Check, CheckOutcome, Stamp};
use crate::desk::view::{RxVerdict, SignatureState};

/// A prescription whose signature, signer, text and state held a moment ago, in this very transaction.
///
/// **Nothing outside this file can make one**: the fields are private and [`Verified::read`] is the only way.
#[derive(Clone, Debug)]
pub struct Verified<T> {
    what: T,
    chart: ChartId,
    rx: ThreadId,
    digest: [u8; 32],
    newest: Core,
    status: Status,
}

impl Verified<Prescription> {
    /// Reads the thread and verifies everything: strict signatures of the order and of what followed, the signer's role
    /// when signing, the text against its commitment, the state, and that it is this pharmacist's to dispense.
    pub fn read(
        session: &Session,
        reader: &mut Reader<'_>,
        rx: ThreadId,
    ) -> Result<Self, DeskError> {
        let looked = look(session, reader, rx)?;
        if let Some(problem) = looked.problem {
            return Err(problem);
        }
        let order = Order::of(
            &looked.sheet.leaves.iter().collect::<Vec<_>>(),
            reader.now(),
        )
        .ok_or_else(|| DeskError::Damaged(format!("prescription {rx} does not verify")))?;
        if let Some(finding) = order.status.findings.first() {
            return Err(DeskError::Damaged(format!(
                "prescription {rx}: an entry of its thread breaks a rule: {}",
                finding.breach
            )));
        }
        if !order.status.is_dispensable() {
            return Err(DeskError::NotNow(format!(
                "the prescription is {}",
                order.status.state
            )));
        }
        if !addressed(session, reader, order.prescription) {
            return Err(DeskError::Denied(
                "the prescription is addressed to another pharmacy".into(),
            ));
        }
        let newest = reader.tx().thread_end(&rx)?;
        Ok(Self {
            what: order.prescription.clone(),
            chart: looked.chart,
            rx,
            digest: order.leaf.digest,
            newest: newest.ok_or_else(|| DeskError::Damaged("an empty thread".into()))?,
            status: order.status,
        })
    }

    /// The prescription.
    pub fn prescription(&self) -> &Prescription {
        &self.what
    }

    /// Its chart.
    pub fn chart(&self) -> ChartId {
        self.chart
    }

    /// Its thread.
    pub fn rx(&self) -> ThreadId {
        self.rx
    }

    /// SHA-256 of the box that was verified: goes into the dispense.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The last entry of the thread: what the dispense follows.
    pub fn newest(&self) -> &Core {
        &self.newest
    }

    /// Where it stands.
    pub fn status(&self) -> &Status {
        &self.status
    }
}

/// Whether a prescription is this session's pharmacy's business; other roles see what their keys open.
pub fn addressed(session: &Session, reader: &Reader<'_>, prescription: &Prescription) -> bool {
    session.role() != Role::Pharmacist
        || prescription
            .pharmacy
            .is_none_or(|unit| reader.directory().is_member(&reader.me(), &UnitId(unit)))
}

/// A thread, opened, and what speaks against it.
pub struct Looked {
    /// Its chart.
    pub chart: ChartId,
    /// Its entries.
    pub sheet: Sheet,
    /// Why it must not be dispensed, of what concerns signatures and authors.
    pub problem: Option<DeskError>,
}

/// Opens a thread and judges signatures and authors.
pub fn look(session: &Session, reader: &mut Reader<'_>, rx: ThreadId) -> Result<Looked, DeskError> {
    let chart = chart_of(reader, rx)?;
    if !reach(session, reader, chart, Section::Medication).is_open() {
        return Err(VaultError::NoKey {
            section: Section::Medication,
        }
        .into());
    }
    let sheet = Sheet::thread(reader, rx)?;
    let problem = problem(rx, &sheet);
    Ok(Looked {
        chart,
        sheet,
        problem,
    })
}

fn problem(rx: ThreadId, sheet: &Sheet) -> Option<DeskError> {
    if let Some((seq, why)) = sheet.damaged.first() {
        return Some(DeskError::Damaged(format!(
            "prescription {rx}, entry {seq}: {why}"
        )));
    }
    if sheet.unreadable > 0 {
        return Some(DeskError::Denied(
            "your keys open only a part of this prescription".into(),
        ));
    }
    let Some(first) = sheet.leaves.first() else {
        return Some(DeskError::NoSuchEntry {
            what: "prescription",
            id: rx.to_string(),
        });
    };
    if !matches!(first.body(), Some(Body::Prescription(_))) {
        return Some(DeskError::NoSuchEntry {
            what: "prescription",
            id: rx.to_string(),
        });
    }
    if first.role != Some(Role::Doctor) {
        return Some(DeskError::Damaged(format!(
            "prescription {rx} was signed by {}, who was no doctor then",
            first.author
        )));
    }
    let stranger = sheet.leaves.iter().find(|leaf| !leaf.authorised);
    stranger.map(|leaf| {
        DeskError::Damaged(format!(
            "prescription {rx}, entry {}: {} may not write this",
            leaf.seq, leaf.author
        ))
    })
}

/// What a look at a prescription says. It changes no state.
pub fn verdict(
    session: &Session,
    reader: &mut Reader<'_>,
    rx: ThreadId,
) -> Result<RxVerdict, DeskError> {
    let looked = look(session, reader, rx)?;
    let leaves: Vec<&Leaf> = looked.sheet.leaves.iter().collect();
    let order = Order::of(&leaves, reader.now());
    let first = looked.sheet.leaves.first();
    let signer = first.map(|leaf| leaf.author.clone()).unwrap_or_default();
    let revoked = first.is_some_and(|leaf| {
        reader
            .directory()
            .person(&leaf.core.author)
            .is_none_or(|p| p.until.is_some())
    });
    let state = order
        .as_ref()
        .map_or("draft", |order| order.status.state.as_str());
    let mut checks = Vec::new();
    let mut check = |name: &str, ok: bool, text: String| {
        let outcome = if ok {
            CheckOutcome::Ok
        } else {
            CheckOutcome::Stop
        };
        checks.push(Check {
            check: name.into(),
            outcome,
            text,
        });
    };
    let sound = looked.problem.is_none();
    check(
        "signature",
        sound,
        match &looked.problem {
            None => format!("signature of {signer} holds"),
            Some(problem) => problem.to_string(),
        },
    );
    let role = first.and_then(|leaf| leaf.role);
    check(
        "signer",
        role == Some(Role::Doctor),
        match role {
            Some(role) => format!("{signer} was {} when signing", role.as_str()),
            None => format!("{signer} was not certified when signing"),
        },
    );
    let findings = order
        .as_ref()
        .map_or(0, |order| order.status.findings.len());
    check(
        "thread",
        findings == 0,
        match findings {
            0 => "text unaltered, every step legal".into(),
            n => format!("{n} entries break a rule"),
        },
    );
    let dispensable = order
        .as_ref()
        .is_some_and(|order| order.status.is_dispensable());
    let outcome = if dispensable {
        CheckOutcome::Ok
    } else {
        CheckOutcome::Note
    };
    checks.push(Check {
        check: "state".into(),
        outcome,
        text: state.into(),
    });
    let mine = order
        .as_ref()
        .is_none_or(|order| addressed(session, reader, order.prescription));
    Ok(RxVerdict {
        rx: rx.to_string(),
        signature: if sound {
            SignatureState::Ok
        } else {
            SignatureState::Bad
        },
        signer,
        role_at_signing: role
            .map(|role| role.as_str().to_owned())
            .unwrap_or_default(),
        revoked,
        state: state
            .parse()
            .map_err(|error| DeskError::Damaged(format!("{error}")))?,
        ok: sound && findings == 0 && dispensable && mine,
        signed: first.map(|leaf| Stamp::from_millis(leaf.core.created as i64)),
        key: first
            .map(|leaf| crate::ledger::clear::fingerprint(&leaf.core.author))
            .unwrap_or_default(),
        checks,
    })
}
