//! Entries, their one canonical encoding, the chain; the SQLite store and its keyless views.
