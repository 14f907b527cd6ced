//! Searchable symmetric encryption over the ledger, and the query language.
//!
//! Family: packed immutable segments as in Π_pack and Π_2lev (Cash et al., NDSS 2014, eprint 2014/853), merged like the SD_a
//! scheme of Demertzis et al. (NDSS 2020), with a small append log in front. No client keeps state: the file is the state, so
//! many processes write in turn. The exact combination is ours and unproven.
//!
//! From the ground up:
//!
//! - [`term`] a word in its field; [`key`] the keys of a compartment; [`tag`] and [`address`] what the file calls a word and where it keeps it.
//! - [`posting`] lists of entry numbers, `bitmap` those of frequent words, `set` both while a query is answered; [`packed`] their sealed form; [`log`] the append log, `recent` what a session decoded of it; [`segment`] the life of both.
//! - [`change`] adding an entry in its own transaction; [`bulk`] adding many; [`coverage`] how far each chart is indexed.
//! - [`mod@merge`] keeping segments few; [`mod@sweep`] removing what is no longer read; [`mod@stats`] and [`audit`] how large and how true it is.
//! - [`text`], [`day`], [`number`]: words of what kinds; [`facts`] what an entry says, [`terms`] its words.
//! - [`query`] what somebody looks for; [`view`] a compartment as a search sees it; `charts` from patients to their entries; [`search()`] the answer.
//!
//! # What the file tells
//!
//! To a thief without keys, of one copy: how many compartments and segments there are, when segments were built relative to
//! each other, which opaque chart is indexed how far, and how many heads are filled up to each of five sizes, medium and large blocks
//! there are: a coarse histogram of list lengths. A packed segment is made of more than 256 entries at once, of four logs that are full,
//! or of what an earlier generation left; up to 256 go to the log, a row each. Not which rows belong to one word, nor which entry a row of
//! a packed segment speaks of. Of the entries that were not merged yet, the newest some hundreds: a row each, in the order in which they were indexed, which the
//! ledger's headers tell as well. Rows have one size up to 63 words, twice that up to 127 and so on: of an entry, whether it has far more
//! words than usual, which the padded size of its body tells more finely. Not which words, how many, or whether two entries share one.
//!
//! Of many copies: the same of all entries, however long ago they were merged, and of each segment that came or went between two of them.
//! Where only one chart was indexed meanwhile, with more than 256 entries, as after an enrolment, its segment tells **how many different words
//! that one patient's entries have, and how often, in five sizes**. The heads of a merge's inputs, taken together, against those of its
//! output tell how many words the inputs share. A new entry's row has nothing in common with any older row,
//! whatever words they share (forward privacy). That an entry is dead stands in the row of the version that replaced it (deletions within
//! backward privacy, type II), with the old version's words for searches of the history. A row may be twice as large for that; which
//! entries replace others, the headers tell.
//!
//! Searches leave a sealed record each in the ledger, whose header tells who searched when. Its padded size tells roughly how many charts
//! were shown, and another record comes for every hundred, and for what is met by scrolling on.
//!
//! Whoever watches the disk's pages while a search runs also sees which pages it reads: access patterns are not hidden.
//! That adversary is not among those the program promises anything against.
//!
//! To the operator of the cluster that keeps the backups: not even that. Index tables go into sealed, padded packs whose names are keyed
//! hashes; what is seen is how many bytes come when, so about how much was written and when segments were merged.
//!
//! To a member whose access ended: what the index held before, as long as they kept a copy and the old key. Whatever is written after they
//! left goes under a key that they do not have.
//!
//! Who edits the file can put an older row of [`coverage`] back, or with an older key forge one: until `verify --full` says so and the index
//! is built anew, a search may then miss entries and say nothing of it. **What must not be missed is read from the chart, never
//! from the index.**

pub mod address;
pub mod audit;
mod bitmap;
mod build;
pub mod bulk;
pub mod change;
mod charts;
pub mod compartment;
pub mod coverage;
pub mod day;
mod dyadic;
pub mod error;
pub mod facts;
mod gather;
mod kept;
pub mod key;
mod lease;
mod list;
pub mod log;
pub mod merge;
pub mod newest;
pub mod number;
pub mod packed;
pub mod posting;
pub mod query;
mod reading;
mod recent;
pub mod schema;
pub mod search;
pub mod segment;
mod set;
pub mod stats;
pub mod sweep;
pub mod tag;
pub mod term;
pub mod terms;
pub mod text;
pub mod transactor;
pub mod view;
mod vital;

#[cfg(test)]
mod bytes;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod integrity;
#[cfg(test)]
mod log_rows;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod upkeep;
#[cfg(test)]
mod writers;

pub use audit::{Audit, Audited};
pub use bulk::{Bulk, FEW, Mode, Written};
pub use change::{Change, Replaced, add, erase};
pub use charts::count as count_charts;
pub use compartment::{CompartmentId, reset, set_back};
pub use error::IndexError;
pub use facts::{Facts, Meta};
pub use key::CompartmentKey;
pub use merge::{Merged, is_due, merge, rebuild};
pub use newest::{Newest, Rank, newest, read_days};
pub use query::{Query, QueryError};
pub use schema::SCHEMA;
pub use search::{Candidates, Ground, search, search_grounds};
pub use stats::{Stats, stats};
pub use sweep::sweep;
pub use term::{Field, Term};
pub use transactor::{Stoppable, Transactor};
pub use view::{Cache, HeldKeys};
