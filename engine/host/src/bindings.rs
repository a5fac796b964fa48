//! The WIT contracts as Rust types, generated from the frozen folders.

#[allow(missing_docs, unreachable_pub, unused_qualifications)]
pub(crate) mod v0_1_0 {
    wasmtime::component::bindgen!({
        path: "../../plugins/wit/v0.1.0",
        world: "decision",
    });
}

#[allow(missing_docs, unreachable_pub, unused_qualifications)]
pub(crate) mod v0_2_0 {
    wasmtime::component::bindgen!({
        path: "../../plugins/wit/v0.2.0",
        world: "decision",
    });
}

#[allow(missing_docs, unreachable_pub, unused_qualifications)]
pub(crate) mod service {
    wasmtime::component::bindgen!({
        path: "../../plugins/wit/v0.2.0",
        world: "service",
        imports: { default: trappable },
        exports: { default: async },
        require_store_data_send: true,
        with: {
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
            "wasi:random": wasmtime_wasi::p2::bindings::random,
            "wasi:http": wasmtime_wasi_http::p2::bindings::http,
        },
    });
}

/// The imports that a decision may have: logging, by each version of the contract.
pub(crate) const LOGGING: [&str; 2] = [
    "casewright:plugin/logging@0.1.0",
    "casewright:plugin/logging@0.2.0",
];

/// The exports that make a component a plugin of decisions, by each version of the contract.
pub(crate) const DECISIONS: [[&str; 2]; 2] = [
    [
        "casewright:plugin/catalogue@0.1.0",
        "casewright:plugin/decisions@0.1.0",
    ],
    [
        "casewright:plugin/catalogue@0.2.0",
        "casewright:plugin/decisions@0.2.0",
    ],
];

/// The exports that make a component a plugin of services.
pub(crate) const SERVICES: [&str; 2] = [
    "casewright:plugin/catalogue@0.2.0",
    "casewright:plugin/services@0.2.0",
];
