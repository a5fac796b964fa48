//! The shipped plugins, as components, against the cases in their folders.
//!
//! The components are those in `plugins/dist`, or those in the folder that the environment variable
//! `CASEWRIGHT_PLUGINS_DIST` names: so the same cases judge freshly built ones.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};

use casewright_host::{Host, HostConfig, Plugin};
use serde_json::Value;

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

fn dist() -> PathBuf {
    match std::env::var_os("CASEWRIGHT_PLUGINS_DIST") {
        Some(folder) => folder.into(),
        None => plugins().join("dist"),
    }
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn load(name: &str) -> Plugin {
    let path = dist().join(format!("{name}.wasm"));
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let host = Host::new(HostConfig::default()).unwrap();
    host.load(name, &bytes).unwrap()
}

/// Runs every case: `input`, and either the `output` or the `error` that it must give.
fn check_cases(name: &str, function: &str) {
    let plugin = load(name);
    let folder = plugins().join(name).join("cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "no cases in {folder:?}");
    for path in cases {
        let case = json(&path);
        match plugin.decide(function, &case["input"].to_string()) {
            Ok(decision) => assert_eq!(decision.value, case["output"], "{path:?}"),
            Err(error) => assert_eq!(error.to_string(), case["error"], "{path:?}"),
        }
    }
}

#[test]
fn account_scoring() {
    check_cases("account-scoring", "score-account");
}

#[test]
fn complaint_routing() {
    check_cases("complaint-routing", "route-complaint");
}

#[test]
fn plugins_are_the_locked_ones() {
    let lock = json(&dist().join("plugins.lock.json"));
    let locked = lock["plugins"].as_array().unwrap();
    assert_eq!(locked.len(), 2);
    for entry in locked {
        let plugin = load(entry["name"].as_str().unwrap());
        assert_eq!(entry["name"], plugin.name());
        assert_eq!(entry["version"], plugin.version());
        assert_eq!(entry["sha256"], plugin.digest());
    }
}

#[test]
fn functions_explain_themselves() {
    for name in ["account-scoring", "complaint-routing"] {
        for function in load(name).functions() {
            assert!(!function.title.is_empty() && !function.description.is_empty());
            let fields = function.input_schema["properties"].as_object().unwrap();
            for (field, schema) in fields {
                assert!(schema["description"].is_string(), "{name}, {field}");
            }
        }
    }
}
