//! The history of a case, held against what was done to it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::journey::Journey;

/// The decisions that events of the shipped workflows ask for, and where the answer goes.
const DECISIONS: &[(&str, &str, &str)] = &[
    ("register", "complaint-routing.route-complaint", "routing"),
    (
        "complete-evaluation",
        "account-scoring.score-account",
        "scoring",
    ),
];

/// The whole history, read in pages.
pub(super) fn read(journey: &Journey<'_>) -> Vec<Json> {
    let client = journey.client();
    let mut records = Vec::new();
    let mut after = 0;
    loop {
        let path = format!("/cases/{}/history?limit=3&after={after}", journey.case);
        let page = client.get(&path).expect(200).json();
        assert_eq!(page["case"], journey.case);
        let found = page["records"].as_array().unwrap();
        assert!(!found.is_empty() && found.len() <= 3);
        records.extend(found.iter().cloned());
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    let whole = format!("/cases/{}/history?limit=500", journey.case);
    let whole = client.get(&whole).expect(200).json();
    assert_eq!(whole["records"], json!(records));
    assert!(whole.get("next").is_none());
    records
}

/// Every step is there, once, in order, and with all that belongs to it.
pub(super) fn check(journey: &Journey<'_>, records: &[Json]) {
    assert_eq!(records.len(), journey.taken.len());
    let mut data = Map::new();
    let mut last_sequence = 0;
    for ((record, taken), revision) in records.iter().zip(&journey.taken).zip(1..) {
        assert_eq!(record["revision"], revision);
        let sequence = record["sequence"].as_u64().unwrap();
        assert!(sequence > last_sequence);
        last_sequence = sequence;
        assert_eq!(record["event"], taken.event);
        let cause = if revision == 1 { "open" } else { "event" };
        assert_eq!(record["cause"], cause);
        assert_eq!(record["actor"]["id"], taken.actor.id);
        assert_eq!(record["actor"]["roles"], json!(taken.actor.roles));
        data.extend(record["changes"].as_object().unwrap().clone());
        check_trace(record, &taken.event);
        check_decisions(record);
        record["emitted"]
            .as_array()
            .unwrap()
            .iter()
            .for_each(check_emitted);
    }
    let view = journey.view();
    assert_eq!(
        view["data"],
        Json::Object(data),
        "the changes together are the data"
    );
    assert_eq!(view["updated_at"], records[records.len() - 1]["at"]);
    assert_eq!(view["created_at"], records[0]["at"]);
}

fn check_trace(record: &Json, event: &str) {
    let trace = record["trace"].as_array().unwrap();
    let first = trace[0].as_str().unwrap();
    match record["cause"] == "open" {
        true => assert!(first.starts_with("enter "), "{first}"),
        false => assert_eq!(first, format!("event {event} (external)")),
    }
    let failed = |line: &&Json| {
        let line = line.as_str().unwrap();
        line.starts_with("guard failed") || line.starts_with("error ")
    };
    assert_eq!(trace.iter().find(failed), None);
}

fn check_decisions(record: &Json) {
    let decisions = record["decisions"].as_array().unwrap();
    let expected = DECISIONS
        .iter()
        .find(|(event, ..)| record["event"] == *event);
    let Some((_, function, field)) = expected else {
        assert!(decisions.is_empty(), "{record:#}");
        return;
    };
    assert_eq!(decisions.len(), 1, "{record:#}");
    let decision = &decisions[0];
    assert_eq!(decision["function"], *function);
    let plugin = function.split('.').next().unwrap();
    assert_eq!(
        decision["digest"].as_str(),
        shipped_digests().get(plugin).map(String::as_str)
    );
    assert!(decision["input"].is_object());
    assert_eq!(decision["output"], record["changes"][field], "{record:#}");
}

/// The SHA-256 of each shipped plugin, by name.
fn shipped_digests() -> BTreeMap<String, String> {
    let dist = casewright_tests::root().join("plugins/dist");
    let digest = |name: &str| {
        let bytes = std::fs::read(dist.join(format!("{name}.wasm"))).unwrap();
        let hash = Sha256::digest(bytes);
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    ["account-scoring", "complaint-routing"]
        .map(|name| (name.to_owned(), digest(name)))
        .into()
}

/// A message to people names the roles that get it, and speaks both languages.
fn check_emitted(emitted: &Json) {
    let data = &emitted["data"];
    if emitted["event"] != "notify" {
        assert!(
            data["case"].is_string() && data["account"].is_object(),
            "{emitted:#}"
        );
        return;
    }
    assert!(
        data["to"].as_array().is_some_and(|to| !to.is_empty()),
        "{emitted:#}"
    );
    let chinese = data["message"]["zh"].as_str().unwrap();
    assert!(
        chinese
            .chars()
            .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
        "{emitted:#}"
    );
    let english = data["message"]["en"].as_str().unwrap();
    assert!(english.is_ascii() && !english.is_empty(), "{emitted:#}");
}
