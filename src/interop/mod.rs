//! Other systems' formats, in and out.

pub mod fhir;
pub mod lot;
pub mod sealed;
