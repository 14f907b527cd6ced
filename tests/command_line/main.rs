//! The real program, as scripts run it: what it prints where, and how it ends.

mod configuration;
mod program;
mod usage;
