//! The terminal interface; the only place that knows the terminal.
