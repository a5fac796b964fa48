//! What a call costs: a fresh instance, JSON in and out, both checked against their schemas.
//!
//! Run with `cargo bench -p casewright-host`. `floor` is what every call pays and `warm` what is the plugin's own;
//! compare figures of one run only.
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot start has nothing to say"
)]

#[path = "../tests/support/hostile.rs"]
mod hostile;

use std::path::Path;

use casewright_host::measure::{self, Warm};
use casewright_host::{Host, HostConfig, Plugin};
use hostile::{Behaviour, Hostile};

/// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACCOUNT: &str = r#"{
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

const ORDER: &str = r#"{"pieces": 250}"#;

fn main() {
    divan::main();
}

fn bytes(file: &str) -> Vec<u8> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    std::fs::read(plugins.join("dist").join(file)).unwrap()
}

fn plugin(file: &str) -> Plugin {
    let host = Host::new(HostConfig::default()).unwrap();
    host.load(file, &bytes(file)).unwrap()
}

/// An instance and nothing else: no call is cheaper.
#[divan::bench(threads = [1, 2])]
fn floor(bencher: divan::Bencher<'_, '_>) {
    let plugin = plugin("examples/discounts.wasm");
    bencher.bench(|| assert!(measure::instantiate(&plugin)));
}

/// The same of a plugin that imports nothing.
#[divan::bench(threads = [1, 2])]
fn floor_without_imports(bencher: divan::Bencher<'_, '_>) {
    let behaviour = Behaviour::Answer(b"{}".to_vec());
    let bytes = Hostile::new("floor", "floor", behaviour).component();
    let host = Host::new(HostConfig::default()).unwrap();
    let plugin = host.load("floor", &bytes).unwrap();
    bencher.bench(|| assert!(measure::instantiate(&plugin)));
}

/// A call without an instance of its own and without checks.
#[divan::bench]
fn warm(bencher: divan::Bencher<'_, '_>) {
    let mut warm = Warm::new(&plugin("examples/discounts.wasm")).unwrap();
    bencher.bench_local(|| warm.decide("discount", ORDER).unwrap());
}

/// A function of one field.
#[divan::bench(threads = [1, 2])]
fn small(bencher: divan::Bencher<'_, '_>) {
    let plugin = plugin("examples/discounts.wasm");
    bencher.bench(|| plugin.decide("discount", ORDER).unwrap());
}

/// A function of a whole form: seven hundred bytes in, five hundred out, both checked.
#[divan::bench(threads = [1, 2])]
fn account_scoring(bencher: divan::Bencher<'_, '_>) {
    let plugin = plugin("account-scoring.wasm");
    bencher.bench(|| plugin.decide("score-account", ACCOUNT).unwrap());
}

/// The same with an input that is at hand as a value, as the runtime has it.
#[divan::bench]
fn account_scoring_of_value(bencher: divan::Bencher<'_, '_>) {
    let plugin = plugin("account-scoring.wasm");
    let account: serde_json::Value = serde_json::from_str(ACCOUNT).unwrap();
    bencher.bench(|| plugin.decide_value("score-account", &account).unwrap());
}

#[divan::bench(sample_count = 20)]
fn load(bencher: divan::Bencher<'_, '_>) {
    let host = Host::new(HostConfig::default()).unwrap();
    let bytes = bytes("account-scoring.wasm");
    bencher.bench(|| host.load("account-scoring.wasm", &bytes).unwrap());
}
