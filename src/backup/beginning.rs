//! The timeline that a host begins: chosen before its first manifest is sent, and kept until that one is known to be there.
//!
//! A run that is killed while its manifest is on the way does not learn whether it arrives, and the next run does not see what
//! arrives late. **Both write under one name**, of which the target takes one. Two manifests on two timelines, neither of which
//! follows the other, would be a fork, and a restore refuses a fork.

use std::fs;
use std::io::ErrorKind;

use super::manifest::Timeline;
use super::state::{self, HostState, StateError};
use crate::crypto::hex;

/// The timeline that the next manifest of a host begins that has no high-water mark.
pub(super) fn timeline(state: &HostState) -> Result<Timeline, StateError> {
    let path = state.beginning();
    let kept = match fs::read_to_string(&path) {
        Ok(text) => hex::unhex(text.trim()).and_then(|bytes| bytes.try_into().ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(state::at(&path)(error)),
    };
    if let Some(bytes) = kept {
        return Ok(Timeline(bytes));
    }
    let timeline = Timeline::random();
    state::replace(&path, format!("{timeline:?}\n").as_bytes())?;
    Ok(timeline)
}

/// The high-water mark names it from here on.
pub(super) fn is_over(state: &HostState) -> Result<(), StateError> {
    let path = state.beginning();
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(state::at(&path)(error)),
        _ => Ok(()),
    }
}
