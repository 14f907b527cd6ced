//! Entries, their one canonical encoding, the chain; the SQLite store and its keyless views.
//!
//! - [`id`]: names of things; [`canonical`]: the one encoding; [`entry`]: core, commitment, box, signature, link;
//!   [`clear`]: the bodies that anyone may read; [`wire`]: keys and hashes inside them.
//! - [`store`]: the file and its transactions; [`schema`]: its tables; [`read`], [`append`]: what they can do;
//!   [`views`]: what can be dropped and rebuilt.
//! - [`touched`]: what was written since; [`scan`], [`view_check`]: what verification reads and works out anew.
//! - [`slot`], [`credential`], [`attempts`]: the rows that must change or vanish; [`carried`]: what a backup takes along of them.

pub mod append;
pub mod attempts;
pub mod canonical;
pub mod carried;
pub mod clear;
pub mod credential;
pub mod entry;
pub mod error;
pub mod id;
pub mod read;
pub mod scan;
pub mod schema;
pub mod slot;
pub mod store;
pub mod touched;
pub mod view_check;
pub mod views;
pub mod wire;

pub use append::WriteTx;
pub use attempts::Attempts;
pub use carried::Carried;
pub use clear::{Certificate, Clear};
pub use credential::Credential;
pub use entry::{Blinder, Body, Core, Entry, Form, Opening, Place, Prepared, Row, Signed};
pub use error::LedgerError;
pub use id::{CertId, ChartId, EntryId, Holder, Section, ThreadId, UnitId};
pub use read::{Head, ReadTx};
pub use scan::Scanned;
pub use slot::{Slot, SlotPlace};
pub use store::Ledger;
pub use wire::Office;
