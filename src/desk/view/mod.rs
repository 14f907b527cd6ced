//! What the desk answers: plain values that the command line prints and the terminal interface draws.
//!
//! **The names of the fields are a contract.** `--json` prints these structs as they stand, and scripts read them; a field may be
//! added, none may be renamed or dropped. What only the screen needs stands in the same structs, so that both show the same thing.
//!
//! Every id is text as the user sees it, every time a [`Stamp`], every size in bytes, every duration in seconds. Nothing here holds
//! a key, and nothing here decides: a view is made by a desk function that had the permit to make it.

mod access;
mod amount;
mod chart;
mod draft;
mod ledger;
mod people;
mod progress;
mod repository;
mod rx;
mod sealed;
mod search;
mod setup;
mod stamp;
mod stock;
mod word;

pub use access::{AccessKind, AccessLine, AccessState, AuditLine, GrantState, Notice};
pub use amount::Amount;
pub use chart::{
    Alert, Attended, Attending, ChartLine, ChartView, EntryView, News2, Note, Retracted, Severity,
    Summary, VitalSeries, Written,
};
pub use draft::{Amends, Draft, DraftKind};
pub use ledger::{
    Bodies, Chain, Checked, Exported, Finding, Grants, Imported, IndexChecked, IndexStats, Skipped,
    Status, VerifyLine, VerifyReport,
};
pub use people::{Member, MemberState, UnitJoined, UnitView, UserState, UserView, Who};
pub use progress::{Proceed, Progress, Reporter, Transfer, unwatched};
pub use repository::{
    BackupLine, BackupRun, BackupVerified, Drilled, Forgotten, Incident, IncidentKind, Incidents,
    Pruned, PrunerMade, Restored,
};
pub use rx::{
    Check, CheckOutcome, Dispensed, RxEventView, RxLine, RxMoved, RxPreview, RxState, RxVerdict,
    RxView, RxWritten, SignatureState,
};
pub use sealed::{Exporter, RecipientMade, SealedMade, SealedOpened};
pub use search::{Hit, Preview, Queries, SavedQuery, SearchAnswer};
pub use setup::{DemoLogin, DemoMade, InitMade, KeysCheck, Shares};
pub use stamp::Stamp;
pub use stock::{StockChanged, StockLine};
pub use word::UnknownWord;
