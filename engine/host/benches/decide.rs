//! What a call costs: a fresh instance, JSON in and out, both checked against their schemas.
//!
//! Run with `cargo bench -p casewright-host`.
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot start has nothing to say"
)]

use std::path::Path;

use casewright_host::{Host, HostConfig, Plugin};

const INPUT: &str = r#"{
    "findings": [
        {"dimension": "operations", "department": "sales", "finding": "stable orders", "score": 82},
        {"dimension": "finance", "department": "finance", "finding": "sound", "score": 75},
        {"dimension": "credit", "department": "finance", "finding": "pays in time", "score": 91},
        {"dimension": "reputation", "department": "marketing", "finding": "well known", "score": 68},
        {"dimension": "history", "department": "sales", "finding": "four years", "score": 77}
    ],
    "required_dimensions": ["operations", "finance", "credit", "reputation", "history"],
    "weights": {"finance": 2, "credit": 2},
    "grades": [
        {"grade": "special", "at_least": 90},
        {"grade": "first", "at_least": 75},
        {"grade": "second", "at_least": 60}
    ]
}"#;

fn main() {
    divan::main();
}

fn bytes() -> Vec<u8> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    std::fs::read(plugins.join("dist/account-scoring.wasm")).unwrap()
}

fn plugin() -> Plugin {
    let host = Host::new(HostConfig::default()).unwrap();
    host.load("account-scoring.wasm", &bytes()).unwrap()
}

#[divan::bench(threads = [1, 2])]
fn decide(bencher: divan::Bencher<'_, '_>) {
    let plugin = plugin();
    bencher.bench(|| plugin.decide("score-account", INPUT).unwrap());
}

#[divan::bench(sample_count = 20)]
fn load(bencher: divan::Bencher<'_, '_>) {
    let host = Host::new(HostConfig::default()).unwrap();
    let bytes = bytes();
    bencher.bench(|| host.load("account-scoring.wasm", &bytes).unwrap());
}
