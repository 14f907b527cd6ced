//! The terminal interface; the only place that knows the terminal.
//!
//! One idea runs through it: **the application is a value**. [`app::update`] takes a message and says what is to
//! be done, [`render::render`] draws the value into a buffer; neither reads, writes or waits. Around that value:
//!
//! - [`event_loop`]: one `select!`, signals before keys before answers before the clock; draws once when all that was ready is taken.
//!   `display`: frames, sent where nothing waits for them.
//!   `keyboard`: keys, read where nothing waits for them.
//! - [`frame_writer`]: what changed since the last frame, in one write; [`scroll`]: rows that only moved. [`terminal`]: raw mode, and back from it, also after a panic.
//! - [`runner`]: does commands on blocking threads. [`backend`]: whom it asks; [`desk_backend`]: the real one; [`keeper`]: what it does meanwhile.
//! - [`open`]: the whole of it, from the configuration. [`colours`]: what the terminal shows of a theme. [`misplaced`]: what is wrong in a file, with its line.
//! - [`action`], [`keymap`], [`key`]: one table of what can be done; footer, help, palette and keymap file are read from it.
//! - [`pane`], [`popup`], `task`: what is on the screen, one concept a file.
//! - [`draft`]: what is being typed outlives a lock, a lost line and a kill.
//! - [`shell`]: what panes share. [`canvas`], [`text`], [`theme`], [`field`], [`filter`], [`list`], [`rest`], [`when`], [`job`], [`report`]: how they draw.
//! - [`capture`]: a screen as text or SVG, for the documentation.

pub mod action;
mod answers;
pub mod app;
pub mod backend;
pub mod canvas;
pub mod capture;
pub mod colours;
mod command;
mod desk_acts;
pub mod desk_backend;
mod display;
pub mod draft;
pub mod event_loop;
pub mod field;
pub mod filter;
pub mod frame_writer;
pub mod job;
pub mod keeper;
pub mod key;
mod keyboard;
pub mod keymap;
pub mod list;
pub mod misplaced;
pub mod msg;
mod open;
pub mod pane;
pub mod popup;
pub mod render;
mod renewing;
pub mod report;
pub mod rest;
pub mod runner;
pub mod scroll;
pub mod shell;
mod task;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod when;

pub use open::{OpenError, check, open};

#[cfg(test)]
mod tests;
