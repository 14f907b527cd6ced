//! The tables of the index. They stand in the ledger's file and ride on its transactions.
//!
//! | table | what a row is | what it tells a thief |
//! |---|---|---|
//! | `compartment` | one index: (unit, section) and its current generation | which unit has an index over which section |
//! | `segment` | one log or one packed build | when it was built relative to others |
//! | `index_log` | all that the index has of one new entry, sealed whole | that an entry was indexed, and whether it has far more than the usual number of words |
//! | `index_small` | a head or a medium block, in one of five sizes | a coarse histogram of list lengths |
//! | `index_large` | one page of a long list | how many pages long lists fill together |
//! | `index_lease` | who is merging a compartment, until when | that a merge is under way |
//! | `indexed` | how far a chart's entries are in the index | which opaque chart has been indexed |

/// The data definition of the index tables. It stands with the ledger's own, which creates them.
pub const SCHEMA: &str = include_str!("../ledger/index_tables.sql");
