//! The repository of sealed snapshots, on a folder or on MongoDB.
