//! What the reference of the definition language says is so: every key and every code stands in it, its
//! workflows pass the check, its mistakes are found as it shows, its expressions have the values beside them.
//!
//! A fenced block says after its language what it is:
//!
//! - `yaml` is a whole workflow, and `yaml NAME` one that the commands of the page find under that name, or a
//!   file of a pack;
//! - `part` is some keys of a workflow, put into the one marked `frame`;
//! - `wrong` is refused, and the `text` after it is what the check says;
//! - `cel` holds expressions with their values in the case marked `values`;
//! - `scenario` is a scenario file;
//! - `sh` is run, and the `text` after it is what it prints.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use casewright::folder::{check_pack, check_workflow_against, load_plugins};
use casewright_definition::{FunctionKind, FunctionSchemas, Functions};
use casewright_tests::{program, root};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::page::{Block, assert_shown, blocks, shell};

const ENGLISH: &str = "schemas/REFERENCE.md";
const CHINESE: &str = "schemas/REFERENCE.zh-CN.md";
/// The files of a pack that the page shows.
const PACK: [&str; 5] = [
    "pack.yaml",
    "roles.yaml",
    "parameters.yaml",
    "types.yaml",
    "calendar.yaml",
];
/// The pack that comes with the binary.
const SHIPPED: &str = "schemas/packs/key-account";
/// The time at which the page evaluates its expressions.
const VALUES_AT: &str = "2026-01-05T09:00:00+08:00";
/// In the workflow of the expressions, the place of one.
const SLOT: &str = "answer: \"null\"";

fn page(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn every_key_of_the_schemas_is_in_the_reference() {
    let mut keys = BTreeSet::new();
    for entry in fs::read_dir(root().join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // The lines of a script of `simulate`, and what an operator grants, are no part of the definition language.
        let is_other = ["script-line.schema.json", "grants.schema.json"].contains(&&*name);
        if name.ends_with(".schema.json") && !is_other {
            let schema = fs::read(&path).unwrap();
            collect_keys(&serde_json::from_slice(&schema).unwrap(), &mut keys);
        }
    }
    assert!(keys.len() > 50, "only {} keys were found", keys.len());
    for path in [ENGLISH, CHINESE] {
        assert_all_named(&keys, path, "keys of `schemas/*.schema.json`");
    }
}

/// The names of properties, and the words that a value may be.
fn collect_keys(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            let properties = map.get("properties").and_then(Value::as_object);
            keys.extend(properties.into_iter().flat_map(|map| map.keys().cloned()));
            let words = map
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let words = words.chain(map.get("const"));
            keys.extend(words.filter_map(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect_keys(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        _ => {}
    }
}

#[test]
fn every_code_of_a_finding_is_in_the_reference() {
    let listed = program().arg("explain").output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    // Headings begin at the margin.
    let lines = listed.lines().filter(|line| line.starts_with(' '));
    let codes = lines.filter_map(|line| line.split_whitespace().next());
    let codes: BTreeSet<String> = codes.map(str::to_owned).collect();
    assert!(codes.len() > 40, "only {} codes are listed", codes.len());
    assert_all_named(&codes, ENGLISH, "codes of `casewright explain`");
}

#[track_caller]
fn assert_all_named(words: &BTreeSet<String>, path: &str, what: &str) {
    let page = page(path);
    let missing: Vec<&String> = words
        .iter()
        .filter(|word| !page.contains(&format!("`{word}`")))
        .collect();
    assert!(missing.is_empty(), "{path} lacks {what}: {missing:?}");
}

#[test]
fn workflows_of_the_reference_pass_and_its_mistakes_are_found() {
    let blocks = blocks(&page(ENGLISH));
    let folder = tempfile::tempdir().unwrap();
    let functions = functions();
    let (mut sound, mut wrong) = (0, 0);
    for (number, block) in blocks.iter().enumerate() {
        let Some(text) = workflow(block, &blocks) else {
            continue;
        };
        let path = folder.path().join(format!("{number:02}.yaml"));
        fs::write(&path, &text).unwrap();
        let (_, findings) = check_workflow_against(&path, &functions).unwrap();
        let told = findings.report().to_string();
        if block.is("wrong") {
            assert!(
                !findings.diagnostics.is_empty(),
                "nothing is wrong with\n{text}"
            );
            let shown = &blocks[number + 1];
            assert_eq!(shown.language(), "text", "what the check says follows");
            assert_shown(&shown.text, &told);
            wrong += 1;
        } else {
            assert!(findings.diagnostics.is_empty(), "{told}\nin\n{text}");
            sound += 1;
        }
    }
    assert!(sound >= 15, "only {sound} workflows were found");
    assert!(wrong >= 8, "only {wrong} mistakes were found");
}

/// What the shipped plugins can do, and the service that the page shows, whether it is shipped or not.
fn functions() -> Functions {
    let mut functions = load_plugins(None).unwrap().functions();
    let text = json!({ "type": "string" });
    let account = json!({ "id": text, "name": text, "state": text });
    let service = FunctionSchemas {
        kind: FunctionKind::Service,
        input: json!({
            "type": "object", "additionalProperties": false, "required": ["crm", "account"],
            "properties": {
                "crm": text,
                "account": { "type": "object", "required": ["id"], "properties": account },
            },
        }),
        output: json!({
            "type": "object", "required": ["crm_id"], "properties": { "crm_id": text },
        }),
    };
    let name = "crm-sync.push-account".to_owned();
    functions.entry(name).or_insert(service);
    functions
}

/// The workflow that a block is, or is a part of.
fn workflow(block: &Block, blocks: &[Block]) -> Option<String> {
    let is_workflow = block.language() == "yaml"
        && !block.is("scenario")
        && !PACK.iter().any(|name| block.is(name));
    let whole = || format!("{}\n", block.text);
    is_workflow.then(|| match block.is("part") {
        true => framed(&marked(blocks, "frame").text, &block.text),
        false => whole(),
    })
}

/// The one block with this mark.
#[track_caller]
fn marked<'a>(blocks: &'a [Block], mark: &str) -> &'a Block {
    let mut found = blocks.iter().filter(|block| block.is(mark));
    let first = found
        .next()
        .unwrap_or_else(|| panic!("no block is marked `{mark}`"));
    assert!(found.next().is_none(), "one block is marked `{mark}`");
    first
}

/// A workflow with some of its keys replaced.
fn framed(frame: &str, part: &str) -> String {
    let mut keys = by_key(frame);
    for (key, text) in by_key(part) {
        match keys.iter_mut().find(|(other, _)| *other == key) {
            Some((_, replaced)) => *replaced = text,
            None => keys.push((key, text)),
        }
    }
    keys.into_iter().map(|(_, text)| text).collect()
}

/// The keys at the top of a YAML text, each with its lines.
fn by_key(text: &str) -> Vec<(String, String)> {
    let mut keys: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some((key, _)) = line.split_once(':')
            && !line.starts_with(' ')
        {
            keys.push((key.to_owned(), String::new()));
        }
        let (_, lines) = keys.last_mut().expect("a part begins with a key");
        lines.push_str(line);
        lines.push('\n');
    }
    keys
}

#[test]
fn the_pack_of_the_reference_is_sound() {
    let blocks = blocks(&page(ENGLISH));
    let folder = tempfile::tempdir().unwrap();
    for name in PACK {
        let text = &marked(&blocks, name).text;
        fs::write(folder.path().join(name), format!("{text}\n")).unwrap();
    }
    let plugins = load_plugins(None).unwrap();
    let checked = check_pack(Some(folder.path()), &plugins).unwrap();
    let told: Vec<String> = checked
        .findings
        .iter()
        .filter(|findings| !findings.diagnostics.is_empty())
        .map(|findings| findings.report().to_string())
        .collect();
    assert!(checked.is_sound() && told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn expressions_of_the_reference_have_the_values_beside_them() {
    let blocks = blocks(&page(ENGLISH));
    let frame = &marked(&blocks, "values").text;
    assert_eq!(
        frame.matches(SLOT).count(),
        1,
        "one place for an expression"
    );
    let cases = blocks.iter().filter(|block| block.language() == "cel");
    let cases: Vec<(&str, &str)> = cases
        .flat_map(|block| block.text.lines())
        .map(|line| line.split_once("//").expect("an expression and its value"))
        .map(|(expression, value)| (expression.trim(), value.trim()))
        .collect();
    assert!(
        cases.len() >= 30,
        "only {} expressions were found",
        cases.len()
    );
    let folder = tempfile::tempdir().unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(expression, value)| {
            let expected: Value = serde_json::from_str(value).unwrap();
            let found = evaluate(frame, expression, folder.path());
            let same = found == expected && found.is_f64() == expected.is_f64();
            (!same).then(|| format!("{expression}: {found}, and not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the workflow answers with the expression in its place; nothing asks a plugin, so there is none.
fn evaluate(frame: &str, expression: &str, folder: &Path) -> Value {
    let plugins = folder.join("plugins");
    fs::create_dir_all(&plugins).unwrap();
    let workflow = folder.join("values.yaml");
    let text = frame.replace(SLOT, &format!("answer: {}", json!(expression)));
    fs::write(&workflow, format!("{text}\n")).unwrap();
    let events = folder.join("events.jsonl");
    let actor = json!({ "id": "li.na", "roles": ["account-manager"] });
    let start = json!({ "start": {}, "actor": actor, "now": VALUES_AT });
    fs::write(&events, format!("{start}\n{{\"event\": \"ask\"}}\n")).unwrap();
    let mut simulate = program();
    simulate.arg("simulate").arg(&workflow);
    simulate.arg("--events").arg(&events);
    simulate.arg("--plugins").arg(&plugins);
    let output = simulate.args(["--output", "json"]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let last = printed.lines().last();
    let last = last.unwrap_or_else(|| panic!("`{expression}` gives nothing:\n{told}"));
    let last: Value = serde_json::from_str(last).unwrap();
    let trace = last["trace"].to_string();
    assert!(
        !trace.contains("error.execution"),
        "`{expression}`: {trace}"
    );
    last["data"]["answer"].clone()
}

#[test]
fn commands_of_the_reference_print_what_it_shows() {
    let blocks = blocks(&page(ENGLISH));
    let folder = named_workflows(&blocks);
    let mut run = 0;
    for (number, block) in blocks.iter().enumerate() {
        if block.language() != "sh" {
            continue;
        }
        let shown = &blocks[number + 1];
        assert_eq!(shown.language(), "text", "what it prints follows");
        let output = shell(&block.text, folder.path());
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        assert!(output.status.success(), "{}\n{printed}", block.text);
        assert_shown(&shown.text, &printed);
        run += 1;
    }
    assert!(run >= 2, "only {run} commands were found");
}

/// A folder with the workflows that the page names.
fn named_workflows(blocks: &[Block]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for block in blocks {
        let name = block.info.split_whitespace().nth(1);
        if let Some(name) = name.filter(|name| name.ends_with(".yaml") && !PACK.contains(name)) {
            fs::write(folder.path().join(name), format!("{}\n", block.text)).unwrap();
        }
    }
    folder
}

/// A pack with the people of the shipped one and the second order of the page as its workflow.
fn pack_of_orders(blocks: &[Block]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let workflows = folder.path().join("workflows");
    fs::create_dir(&workflows).unwrap();
    let order = &marked(blocks, "order-2.yaml").text;
    fs::write(workflows.join("order.yaml"), format!("{order}\n")).unwrap();
    let manifest = "id: orders\nversion: 1.0.0\ntitle: Orders\n";
    fs::write(folder.path().join("pack.yaml"), manifest).unwrap();
    for file in [
        "roles.yaml",
        "calendar.yaml",
        "parameters.yaml",
        "types.yaml",
    ] {
        fs::copy(root().join(SHIPPED).join(file), folder.path().join(file)).unwrap();
    }
    folder
}

#[test]
fn scenarios_of_the_reference_hold() {
    let blocks = blocks(&page(ENGLISH));
    let orders = pack_of_orders(&blocks);
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for block in blocks.iter().filter(|block| block.is("scenario")) {
        let pack = match block.text.contains("workflow: order\n") {
            true => orders.path().to_owned(),
            false => root().join(SHIPPED),
        };
        let path = folder.path().join("scenario.yaml");
        fs::write(&path, format!("{}\n", block.text)).unwrap();
        let output = program()
            .arg("test")
            .arg(&path)
            .arg("--pack")
            .arg(&pack)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:#?}");
        seen += 1;
    }
    assert!(seen >= 2, "only {seen} scenarios were found");
}

#[test]
fn the_reference_in_chinese_has_the_same_blocks() {
    let [english, chinese] = [ENGLISH, CHINESE].map(|path| blocks(&page(path)));
    assert_eq!(english, chinese);
}
