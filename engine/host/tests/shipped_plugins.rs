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
    load_file(&format!("{name}.wasm"))
}

fn load_file(name: &str) -> Plugin {
    let path = dist().join(name);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let host = Host::new(HostConfig::default()).unwrap();
    host.load(name, &bytes).unwrap()
}

/// The names of the shipped plugins.
fn names() -> Vec<String> {
    let lock = json(&dist().join("plugins.lock.json"));
    let locked = lock["plugins"].as_array().unwrap().iter();
    let names = locked.map(|entry| entry["file"].as_str().unwrap());
    let names = names.filter_map(|file| file.strip_suffix(".wasm"));
    // What lies deeper is an example.
    let shipped = names.filter(|name| !name.contains('/'));
    shipped.map(str::to_owned).collect()
}

#[test]
fn every_folder_with_cases_is_shipped() {
    let folders = fs::read_dir(plugins()).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let mut with_cases: Vec<String> = folders
        .filter(|folder| folder.join("cases").is_dir() && folder.join("Cargo.toml").is_file())
        .map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    with_cases.sort();
    assert_eq!(names(), with_cases);
    assert!(names().len() >= 6);
}

/// Each has one function. A case has an `input`, and either the `output` or the `error` that it must give.
#[test]
fn every_case_gives_what_it_says() {
    for name in names() {
        let plugin = load(&name);
        let [function] = plugin.functions() else {
            panic!("{name} has other than one function");
        };
        let folder = plugins().join(&name).join("cases");
        let mut cases: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        cases.sort();
        assert!(cases.len() >= 4, "too few cases in {folder:?}");
        for path in cases {
            let case = json(&path);
            match plugin.decide(&function.name, &case["input"].to_string()) {
                Ok(decision) => assert_eq!(decision.value, case["output"], "{path:?}"),
                Err(error) => assert_eq!(error.to_string(), case["error"], "{path:?}"),
            }
        }
    }
}

#[test]
fn plugins_are_the_locked_ones() {
    let lock = json(&dist().join("plugins.lock.json"));
    for entry in lock["plugins"].as_array().unwrap() {
        let file = entry["file"].as_str().unwrap();
        if file.starts_with("parts/") {
            continue;
        }
        let plugin = load_file(file);
        assert_eq!(entry["name"], plugin.name());
        assert_eq!(entry["version"], plugin.version());
        assert_eq!(entry["sha256"], plugin.digest());
    }
}

#[test]
fn functions_explain_themselves() {
    for name in names() {
        for function in load(&name).functions() {
            assert!(!function.title.is_empty() && !function.description.is_empty());
            let fields = function.input_schema["properties"].as_object().unwrap();
            for (field, schema) in fields {
                assert!(schema["description"].is_string(), "{name}, {field}");
            }
        }
    }
}

/// The SDK's allocator has a mebibyte of its own and then asks for more.
#[test]
fn large_inputs_are_more_than_the_first_memory_holds() {
    let plugin = load("complaint-routing");
    let decide = |content: &str| {
        let input = serde_json::json!({
            "content": content,
            "rules": [{"keywords": ["late"], "department": "logistics", "severity": "major"}],
            "sla": {},
            "default_department": "service",
        });
        plugin.decide_value("route-complaint", &input).unwrap()
    };
    let short = decide("it came late");
    let long = decide(&format!("{} late", "it came ".repeat(100_000)));
    assert_eq!(long.value["responsible_dept"], "logistics");
    assert_eq!(long.value, short.value);
    assert!(long.memory_bytes > short.memory_bytes + (1 << 20));
    // What the long one needed is not there for the next.
    assert_eq!(decide("it came late"), short);
}
