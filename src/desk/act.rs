//! What people do around charts, as it stands in the ledger: kinds from 1000, sealed like everything about a patient.

use minicbor::{Decode, Encode};

use crate::clinical::stock::Stock;
use crate::crypto::hpke::KemPublic;
use crate::ledger::canonical::{self, EncodingError};
use crate::ledger::{Body, CertId, ChartId, EntryId, Section, ThreadId};

/// The version of these bodies.
pub const VERSION: u8 = 1;

/// Somebody looked at a chart. One entry a session, chart and hour; in the chart's `access` section.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Viewed {
    /// The sections that were open to them.
    #[n(0)]
    pub sections: Vec<Section>,
}

/// Somebody searched. In the auditors' own chart.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Searched {
    /// The query as typed.
    #[n(0)]
    pub query: String,
    /// How many entries matched.
    #[n(1)]
    pub total: u64,
    /// The charts that were shown.
    #[n(2)]
    pub charts: Vec<ChartId>,
}

/// Somebody gave entries out, sealed to a recipient. In the `access` section of every chart whose bodies went along, and where
/// everything that one person signed was given out, in the auditors' own chart.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Exported {
    /// What the export calls its record: this entry, or that of the auditors, if there was one.
    #[n(0)]
    pub export: EntryId,
    /// The recipient's key.
    #[n(1)]
    pub recipient: KemPublic,
    /// Its fingerprint, as it was compared.
    #[n(2)]
    pub fingerprint: String,
    /// What the recipient calls themselves.
    #[n(3)]
    pub name: String,
    /// What for.
    #[n(4)]
    pub purpose: String,
    /// Which sections.
    #[n(5)]
    pub sections: Vec<Section>,
    /// Whose entries, where it was everything that they signed: their login.
    #[n(6)]
    pub signed_by: Option<String>,
    /// The snapshot that it was taken from, where it was not the vault itself.
    #[n(7)]
    pub snapshot: Option<String>,
}

/// Somebody asks for access to a chart. In its `access` section, addressed to those who may decide.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct AccessRequested {
    /// Which sections.
    #[n(0)]
    pub sections: Vec<Section>,
    /// What for.
    #[n(1)]
    pub purpose: String,
    /// Until when, in milliseconds since 1970.
    #[n(2)]
    pub until: Option<u64>,
}

/// A request was decided: the next version of its thread.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct AccessDecided {
    /// The grant; `None` for a refusal.
    #[n(0)]
    pub grant: Option<EntryId>,
    /// Until when, in milliseconds since 1970.
    #[n(1)]
    pub until: Option<u64>,
    /// Why, of a refusal or a revocation.
    #[n(2)]
    pub reason: Option<String>,
    /// Whether it takes back an earlier grant.
    #[n(3)]
    pub revoked: bool,
}

/// Somebody passed on what they hold. In the chart's `access` section, addressed to the recipient, the patient and the attending
/// doctor.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct AccessShared {
    /// With whom.
    #[n(0)]
    pub to: CertId,
    /// Their display name.
    #[n(1)]
    pub name: String,
    /// Which sections.
    #[n(2)]
    pub sections: Vec<Section>,
    /// Until when, in milliseconds since 1970.
    #[n(3)]
    pub until: Option<u64>,
}

/// The requester's own note of a request, in their unit's `work` section: they cannot read the chart's.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct AccessNoted {
    /// The request's thread.
    #[n(0)]
    pub request: ThreadId,
    /// The chart.
    #[n(1)]
    pub chart: ChartId,
    /// The record number by which it was found.
    #[n(2)]
    pub mrn: String,
    /// Which sections.
    #[n(3)]
    pub sections: Vec<Section>,
    /// What for.
    #[n(4)]
    pub purpose: String,
}

/// Somebody broke the glass. In the chart's `access` section, addressed to the patient and the auditors.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct GlassBroken {
    /// Why.
    #[n(0)]
    pub reason: String,
    /// Until when it opens, in milliseconds since 1970.
    #[n(1)]
    pub until: u64,
}

/// The breaker's own note, in their unit's `work` section: their next session goes on where this one ended.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct GlassNoted {
    /// The break-glass thread.
    #[n(0)]
    pub glass: ThreadId,
    /// The chart.
    #[n(1)]
    pub chart: ChartId,
    /// Until when it opens, in milliseconds since 1970.
    #[n(2)]
    pub until: u64,
}

/// Another person looked at a break-glass and closed it: the next version of its thread.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct GlassReviewed {
    /// Whether it was justified, and why or why not.
    #[n(0)]
    pub finding: String,
    /// Whether it was justified.
    #[n(1)]
    pub justified: bool,
}

/// Everything of kind 1000 and above.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant is its struct")]
pub enum Act {
    Viewed(Viewed),
    Searched(Searched),
    Exported(Exported),
    AccessRequested(AccessRequested),
    AccessDecided(AccessDecided),
    AccessNoted(AccessNoted),
    AccessShared(AccessShared),
    GlassBroken(GlassBroken),
    GlassReviewed(GlassReviewed),
    GlassNoted(GlassNoted),
    Stock(Stock),
}

macro_rules! kinds {
    ($($number:literal $name:ident $what:literal,)*) => {
        impl Act {
            /// The kind's number.
            pub fn kind(&self) -> u16 {
                match self { $(Self::$name(_) => $number,)* }
            }

            /// The kind's name, as listings show it.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $what,)* }
            }

            /// The body of an entry.
            pub fn encode(&self) -> Body {
                let bytes = match self { $(Self::$name(act) => canonical::encode(act),)* };
                Body { kind: self.kind(), version: VERSION, bytes }
            }

            /// Reads a body; `None` when it is of another kind or a newer version.
            pub fn decode(body: &Body) -> Result<Option<Self>, EncodingError> {
                match (body.kind, body.version) {
                    $(($number, VERSION) => Ok(Some(Self::$name(canonical::decode($what, &body.bytes)?))),)*
                    _ => Ok(None),
                }
            }
        }
    };
}

kinds! {
    1000 Viewed "viewed",
    1001 Searched "searched",
    1002 Exported "exported",
    1010 AccessRequested "access requested",
    1011 AccessDecided "access decided",
    1012 AccessNoted "access noted",
    1013 AccessShared "access shared",
    1020 GlassBroken "glass broken",
    1021 GlassReviewed "glass reviewed",
    1022 GlassNoted "glass noted",
    1030 Stock "stock",
}

impl Act {
    /// One plain line, as lists show it.
    pub fn headline(&self) -> String {
        match self {
            Self::Viewed(act) => format!("looked at {}", names(&act.sections)),
            Self::Searched(act) => format!(
                "searched `{}`: {} entries match, {} charts shown",
                act.query,
                act.total,
                act.charts.len()
            ),
            Self::Exported(act) => {
                let what = match &act.signed_by {
                    Some(login) => format!("what {login} signed"),
                    None => names(&act.sections),
                };
                format!(
                    "gave out {what}, sealed to {} ({}): {}",
                    act.name, act.fingerprint, act.purpose
                )
            }
            Self::AccessRequested(act) => {
                format!("asks for {}: {}", names(&act.sections), act.purpose)
            }
            Self::AccessDecided(act) if act.revoked => "revoked".into(),
            Self::AccessDecided(act) if act.grant.is_some() => "granted".into(),
            Self::AccessDecided(act) => format!(
                "refused: {}",
                act.reason.as_deref().unwrap_or("no reason given")
            ),
            Self::AccessNoted(act) => format!(
                "asked for {} of {}: {}",
                names(&act.sections),
                act.mrn,
                act.purpose
            ),
            Self::AccessShared(act) => {
                format!("shares {} with {}", names(&act.sections), act.name)
            }
            Self::GlassBroken(act) => format!("broke the glass: {}", act.reason),
            Self::GlassReviewed(act) if act.justified => {
                format!("break-glass justified: {}", act.finding)
            }
            Self::GlassReviewed(act) => format!("break-glass not justified: {}", act.finding),
            Self::GlassNoted(_) => "broke the glass".into(),
            Self::Stock(act) => format!(
                "lot {} {}: {}, {} left",
                act.lot.lot, act.movement, act.change, act.left
            ),
        }
    }

    /// The act as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::json;
        let sections =
            |sections: &[Section]| sections.iter().map(|s| s.as_str()).collect::<Vec<_>>();
        let until =
            |until: &Option<u64>| until.map(|until| super::view::Stamp::from_millis(until as i64));
        match self {
            Self::Viewed(act) => json!({ "sections": sections(&act.sections) }),
            Self::Searched(act) => {
                json!({ "query": act.query, "total": act.total, "charts": act.charts.len() })
            }
            Self::Exported(act) => json!({
                "export": act.export.to_string(), "recipient": act.fingerprint, "name": act.name, "purpose": act.purpose,
                "sections": sections(&act.sections), "signed_by": act.signed_by, "snapshot": act.snapshot
            }),
            Self::AccessRequested(act) => {
                json!({ "sections": sections(&act.sections), "purpose": act.purpose, "until": until(&act.until) })
            }
            Self::AccessDecided(act) => json!({
                "granted": act.grant.is_some() && !act.revoked, "revoked": act.revoked, "reason": act.reason, "until": until(&act.until)
            }),
            Self::AccessNoted(act) => {
                json!({ "request": act.request.to_string(), "mrn": act.mrn, "sections": sections(&act.sections), "purpose": act.purpose })
            }
            Self::AccessShared(act) => {
                json!({ "with": act.name, "sections": sections(&act.sections), "until": until(&act.until) })
            }
            Self::GlassBroken(act) => {
                json!({ "reason": act.reason, "until": until(&Some(act.until)) })
            }
            Self::GlassReviewed(act) => {
                json!({ "finding": act.finding, "justified": act.justified })
            }
            Self::GlassNoted(act) => {
                json!({ "glass": act.glass.to_string(), "until": until(&Some(act.until)) })
            }
            Self::Stock(act) => json!({
                "medicine": act.lot.medicine.label(), "lot": act.lot.lot, "movement": act.movement.as_str(),
                "change": act.change.to_string(), "left": act.left.to_string(), "reason": act.reason
            }),
        }
    }
}

fn names(sections: &[Section]) -> String {
    sections
        .iter()
        .map(|section| section.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}
