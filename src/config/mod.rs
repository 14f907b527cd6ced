//! What can be set, where a value came from, where files lie.
