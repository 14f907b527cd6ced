//! Searchable symmetric encryption over the ledger, and the query language.
