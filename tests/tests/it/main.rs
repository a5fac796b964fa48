//! What crosses crates: transcripts of the real binary, the shipped scenarios and the examples, and
//! rules that hold for the whole house.
//!
//! `SNAPSHOTS=overwrite cargo test -p casewright-tests` rewrites what is expected.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod bad_input;
mod bench;
mod check;
mod cli;
mod clients;
mod crash;
mod crm_example;
mod disk;
mod edges;
mod examples;
mod hostile;
mod http_workflows;
mod idempotency;
mod mutants;
mod page;
mod plugin;
mod reference;
mod scenarios;
mod services;
mod simulation;
mod tidy;
mod tutorials;
