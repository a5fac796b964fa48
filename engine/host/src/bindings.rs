//! The WIT contract as Rust types, generated from the frozen folder.
#![allow(missing_docs, unreachable_pub, unused_qualifications)]

wasmtime::component::bindgen!({
    path: "../../plugins/wit/v0.1.0",
    world: "decision",
});

/// The one import that a decision may have.
pub const LOGGING: &str = "casewright:plugin/logging@0.1.0";

/// The exports that make a component a plugin.
pub const EXPORTS: [&str; 2] = [
    "casewright:plugin/catalogue@0.1.0",
    "casewright:plugin/decisions@0.1.0",
];
