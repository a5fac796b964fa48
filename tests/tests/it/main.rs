//! What crosses crates.

mod cli;
mod edges;
mod examples;
mod scenarios;
mod tidy;
