//! What people do: admit, write, prescribe, dispense, request, decide.

pub mod view;
