//! The history of a case, held against what was done to it.

use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::journey::Journey;

/// The decisions that events of the shipped workflows ask for, in order.
const DECISIONS: &[(&str, &str, &[Decided])] = &[
    (
        "complaint-handling",
        "open",
        &[("sla-resolution.resolve-sla", "service_levels")],
    ),
    (
        "complaint-handling",
        "register",
        &[("complaint-routing.route-complaint", "routing")],
    ),
    (
        "account-admission",
        "complete-evaluation",
        &[
            ("account-scoring.score-account", "scoring"),
            ("account-classification.classify-account", "classification"),
        ],
    ),
    (
        "exit-management",
        "warning-raised",
        &[("churn-risk.churn-risk", "churn_risk")],
    ),
    (
        "project-lifecycle",
        "kickoff-held",
        &[("acceptance-check.check-acceptance", "acceptance_check")],
    ),
    (
        "project-lifecycle",
        "present-and-test",
        &[("acceptance-check.check-acceptance", "acceptance_check")],
    ),
];

/// A function, and the field of the case data in which its answer goes.
type Decided = (&'static str, &'static str);

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
        check_decisions(journey.workflow(), record, &data);
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

/// The decisions of a step, and that each stands in the case data that it leads to.
fn check_decisions(workflow: &str, record: &Json, data: &Map<String, Json>) {
    let decisions = record["decisions"].as_array().unwrap();
    let expected = DECISIONS
        .iter()
        .find(|(of, event, _)| *of == workflow && record["event"] == *event);
    let expected = expected.map_or([].as_slice(), |(.., decided)| *decided);
    assert_eq!(decisions.len(), expected.len(), "{record:#}");
    for (decision, (function, field)) in decisions.iter().zip(expected) {
        assert_eq!(decision["function"], *function);
        let plugin = function.split('.').next().unwrap();
        assert_eq!(decision["digest"], shipped_digest(plugin));
        assert!(decision["input"].is_object());
        assert_eq!(decision["output"], data[*field], "{record:#}");
    }
}

/// The SHA-256 of a shipped plugin.
fn shipped_digest(plugin: &str) -> String {
    let dist = casewright_tests::root().join("plugins/dist");
    let bytes = std::fs::read(dist.join(format!("{plugin}.wasm"))).unwrap();
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
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
