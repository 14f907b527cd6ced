//! The primitives, one a file, each with its specification linked.
