//! `check` as a product: its log for code hosting, and what it knows of plugins without running them.

use std::collections::BTreeMap;

use casewright::folder::{load_functions, load_plugins};
use casewright::shipped::{Description, write_descriptions};
use casewright_definition::{FunctionKind, Functions};
use casewright_tests::{program, root};
use serde_json::Value;
use snapbox::{Data, assert_data_eq};

/// The log of a check in the folder of transcripts, and the exit code.
fn sarif(arguments: &[&str]) -> (Value, i32) {
    let mut command = program();
    command
        .current_dir(root().join("tests/tests/cli"))
        .args(["check", "--output", "sarif"])
        .args(arguments);
    let output = command.output().unwrap();
    let again = command.output().unwrap();
    assert_eq!(output.stdout, again.stdout, "the same files, other bytes");
    let log = serde_json::from_slice(&output.stdout).unwrap();
    (log, output.status.code().unwrap())
}

/// What the standard's own schema has against a log.
fn objections(log: &Value) -> Vec<String> {
    let path = root().join("tests/tests/sarif/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    // The pattern of languages has a bracket too many for a strict reader, and no log of ours names one.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors = schema.iter_errors(log);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn every_log_is_sarif() {
    for (arguments, code) in [
        (&["visit.yaml"][..], 0),
        (&["broken.yaml", "客户 1.yaml"], 1),
        (&["."], 1),
        (&["missing.yaml"], 2),
        (&["visit.yaml", "--plugins", "no-such-folder"], 2),
    ] {
        let (log, exit) = sarif(arguments);
        assert_eq!(exit, code, "{arguments:?}");
        assert_eq!(objections(&log), [""; 0], "{arguments:?}");
        let run = &log["runs"][0];
        let successful = &run["invocations"][0]["executionSuccessful"];
        assert_eq!(successful, &Value::Bool(code != 2));
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
    }
}

#[test]
fn what_is_no_sarif_is_found_out() {
    let (mut log, _) = sarif(&["broken.yaml"]);
    log["runs"][0]["results"][0]["level"] = "fatal".into();
    assert_eq!(objections(&log).len(), 1);
}

/// A line that is added above a finding moves it, and leaves it the same finding.
#[test]
fn a_finding_that_moves_stays_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("tests/tests/cli/broken.yaml")).unwrap();
    let logs = [text.clone(), format!("# one line more\n{text}")].map(|text| {
        std::fs::write(folder.path().join("broken.yaml"), text).unwrap();
        let mut command = program();
        let command = command.current_dir(folder.path());
        let output = command.args(["check", "--output", "sarif", "broken.yaml"]);
        let log: Value = serde_json::from_slice(&output.output().unwrap().stdout).unwrap();
        log["runs"][0]["results"].as_array().unwrap().clone()
    });
    let of = |number: usize, key: &str| -> Vec<Value> {
        let results = logs[number].iter();
        results.map(|result| result[key].clone()).collect()
    };
    assert_eq!(logs[0].len(), 3);
    assert_eq!(of(0, "partialFingerprints"), of(1, "partialFingerprints"));
    assert_ne!(of(0, "locations"), of(1, "locations"));
    let mut distinct: Vec<String> = of(0, "partialFingerprints")
        .iter()
        .map(Value::to_string)
        .collect();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 3);
}

/// `SNAPSHOTS=overwrite` writes the file anew.
#[test]
fn the_descriptions_of_the_shipped_plugins_are_what_they_say() {
    let plugins = load_plugins(None).unwrap();
    let path = root().join("plugins/dist/descriptions.json");
    let expected = Data::read_from(&path, None).raw();
    assert_data_eq!(write_descriptions(plugins.iter()).unwrap(), expected);
    assert_eq!(load_functions(None).unwrap(), plugins.functions());
}

/// A service that ships is described as one, so that `check` holds `invoke` and `decide` apart without asking it.
#[test]
fn a_description_says_how_a_function_is_called() {
    let folder = root().join("plugins/dist/examples");
    let plugins = load_plugins(Some(&folder)).unwrap();
    let written = write_descriptions(plugins.iter()).unwrap();
    let read: BTreeMap<String, Description> = serde_json::from_str(&written).unwrap();
    let functions: Functions = read.values().flat_map(Description::functions).collect();
    assert_eq!(functions, plugins.functions());
    for (function, kind) in [
        ("crm-sync.push-account", FunctionKind::Service),
        ("discounts.discount", FunctionKind::Decision),
    ] {
        assert_eq!(functions[function].kind, kind, "{function}");
    }
}

/// A stranger's plugin has no description: it is asked, and beside a shipped one of its name it counts
/// or not as it would when it runs.
#[test]
fn a_plugin_that_is_not_known_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let dist = root().join("plugins/dist");
    let shipped = std::fs::read(dist.join("account-scoring.wasm")).unwrap();
    std::fs::write(folder.path().join("a.wasm"), &shipped).unwrap();
    // A custom section changes the bytes, not what they mean.
    let mut other = shipped;
    other.extend_from_slice(&[0, 3, 1, b'x', b'!']);
    std::fs::write(folder.path().join("b.wasm"), &other).unwrap();
    let plugins = load_plugins(Some(folder.path())).unwrap();
    let functions = load_functions(Some(folder.path())).unwrap();
    assert!(!functions.is_empty());
    assert_eq!(functions, plugins.functions());
}

#[test]
fn a_file_that_is_no_plugin_is_told_as_ever() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.wasm"), b"PK").unwrap();
    let asked = load_functions(Some(folder.path())).unwrap_err();
    let loaded = load_plugins(Some(folder.path())).err().unwrap();
    assert_eq!(asked.0, loaded.0);
    assert!(asked.0.contains("a zip archive"), "{}", asked.0);
}
