//! chartseal
fn main() {}
