//! Exports of a vault of four entries: one that is as it should be, and each way to make one that is not.

mod entries;
mod file;
mod golden;
mod signers;
mod world;
