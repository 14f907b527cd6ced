//! The desk's answers as text for people. The order of lines is the order of importance; nothing is coloured.

mod access;
mod chart;
#[cfg(test)]
mod contract;
mod ledger;
mod people;
mod repository;
mod rx;
#[cfg(test)]
pub(super) mod samples;
mod sealed;
mod search;
mod setup;
mod stock;
