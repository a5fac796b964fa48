//! What a workflow file means, seen from outside the crate.
//!
//! `UPDATE_EXPECT=1 cargo test -p casewright-definition` rewrites what is expected.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod analysis;
mod broken;
mod bundle;
mod deep;
mod desk;
mod drawn;
mod exchange;
mod explained;
mod lowering;
mod mutated;
mod schemas;
mod scxml;
mod services;
mod soundness;
mod states;
mod written;
