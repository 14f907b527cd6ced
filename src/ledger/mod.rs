//! Entries, their one canonical encoding, the chain; the SQLite store and its keyless views.
//!
//! - [`id`]: names of things; [`canonical`]: the one encoding; [`entry`]: core, box, signature, link; [`body`]: what is committed to;
//!   [`sealing`]: from a body to an entry and back; [`clear`]: the bodies that anyone may read; [`wire`]: keys and hashes inside them.
//! - [`store`]: the file and its transactions; [`schema`]: its tables; [`columns`]: what a row of theirs is read as; [`read`], [`sections`],
//!   [`append`]: what they can do; [`views`]: what can be dropped and rebuilt.
//! - [`touched`]: what was written since; [`scan`], [`view_check`]: what verification reads and works out anew.
//! - [`slot`], [`credential`], [`attempts`]: the rows that must change or vanish; [`carried`]: what a backup takes along of them.

pub mod append;
pub mod attempts;
pub mod body;
pub mod canonical;
pub mod carried;
pub mod clear;
pub mod columns;
pub mod credential;
pub mod entry;
pub mod error;
pub mod id;
pub mod read;
pub mod scan;
pub mod schema;
pub mod sealing;
pub mod sections;
pub mod slot;
pub mod store;
pub mod touched;
pub mod view_check;
pub mod views;
pub mod wire;

pub use append::WriteTx;
pub use attempts::Attempts;
pub use body::{Blinder, Body, Opening};
pub use carried::Carried;
pub use clear::{Certificate, Clear};
pub use columns::Columns;
pub use credential::Credential;
pub use entry::{Core, Entry, Form, Row};
pub use error::LedgerError;
pub use id::{CertId, ChartId, EntryId, Holder, Section, ThreadId, UnitId};
pub use read::{Head, ReadTx};
pub use scan::Scanned;
pub use sealing::{OpenEntryError, Place, Prepared, Signed};
pub use slot::{Slot, SlotPlace};
pub use store::Ledger;
pub use wire::Office;
