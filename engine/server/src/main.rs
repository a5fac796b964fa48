//! The `casewright` binary.
fn main() {}
