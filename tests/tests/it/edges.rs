//! Imports point one way.

use std::collections::{BTreeMap, BTreeSet};

use casewright_tests::cargo;
use serde_json::Value;

/// What each crate may depend on, of the others in the workspace. An edge that is not here is a
/// decision about the architecture: see `engine/ARCHITECTURE.md` before adding one.
const ALLOWED: &[(&str, &[&str])] = &[
    ("casewright-chart", &[]),
    ("casewright-host", &[]),
    ("casewright-definition", &["casewright-chart"]),
    (
        "casewright-case",
        &["casewright-chart", "casewright-definition"],
    ),
    (
        "casewright-store",
        &[
            "casewright-case",
            "casewright-chart",
            "casewright-definition",
        ],
    ),
    (
        "casewright-runtime",
        &[
            "casewright-case",
            "casewright-chart",
            "casewright-definition",
            "casewright-host",
            "casewright-store",
        ],
    ),
    (
        "casewright",
        &[
            "casewright-case",
            "casewright-chart",
            "casewright-definition",
            "casewright-host",
            "casewright-runtime",
        ],
    ),
    (
        "casewright-tests",
        &[
            "casewright",
            "casewright-case",
            "casewright-chart",
            "casewright-definition",
            "casewright-runtime",
            "casewright-store",
        ],
    ),
    ("casewright-xtask", &[]),
    (
        "casewright-fuzz",
        &[
            "casewright-case",
            "casewright-chart",
            "casewright-definition",
            "casewright-host",
        ],
    ),
];

/// What the pure interpreter may depend on, of anything.
const CHART: &[&str] = &["indexmap"];

/// One entry of a crate's `[dependencies]`, `[dev-dependencies]` or `[build-dependencies]`.
struct Dependency {
    name: String,
    is_dev: bool,
}

/// The crates of the workspace, with all that their manifests name.
fn crates() -> BTreeMap<String, Vec<Dependency>> {
    let mut metadata = cargo();
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let output = metadata.args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`cargo metadata` failed: {said}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let dependencies = dependencies.map(|dependency| Dependency {
                name: text(&dependency["name"]),
                is_dev: dependency["kind"] == "dev",
            });
            (text(&package["name"]), dependencies.collect())
        })
        .collect()
}

#[test]
fn no_crate_depends_on_another_that_it_must_not_know() {
    let crates = crates();
    let known: BTreeSet<&str> = crates.keys().map(String::as_str).collect();
    let ruled: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        known, ruled,
        "the crates of the workspace, and those with a rule"
    );
    let mut forbidden = Vec::new();
    for (name, allowed) in ALLOWED {
        let inside = crates[*name]
            .iter()
            .map(|dependency| dependency.name.as_str());
        let inside = inside.filter(|dependency| known.contains(dependency));
        // A crate's own tests may name the crate itself.
        let others =
            inside.filter(|dependency| dependency != name && !allowed.contains(dependency));
        forbidden.extend(others.map(|dependency| format!("{name} -> {dependency}")));
    }
    assert!(
        forbidden.is_empty(),
        "forbidden edges:\n{}",
        forbidden.join("\n")
    );
}

#[test]
fn the_interpreter_depends_on_nothing_but_indexmap() {
    let crates = crates();
    let chart = crates["casewright-chart"].iter();
    let names: BTreeSet<&str> = chart
        .filter(|dependency| !dependency.is_dev)
        .map(|dependency| dependency.name.as_str())
        .collect();
    assert_eq!(names, CHART.iter().copied().collect());
}
