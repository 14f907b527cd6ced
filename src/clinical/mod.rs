//! What charts hold. Pure: no input or output, no clock, no randomness.
