//! The command line: a contract with scripts and operators.
