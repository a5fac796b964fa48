//! What a macrostep of the shipped complaint workflow costs, beside the same step written by hand in Rust.
//!
//! Each step is there twice: `engine`, the workflow as it is shipped, and `by_hand`, a `match` on state and
//! event that gives a new case with the same fields changed. The first divided by the second is what it
//! costs that an administrator can change the process. Nothing is stored in either.
//!
//! Run with `cargo bench -p casewright-definition --bench shipped`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot start has nothing to say"
)]

mod by_hand;

use casewright_chart::{
    Answer, DecisionError, Event, Limits, Snapshot, Timestamp, Value, start, step,
};
use casewright_definition::json::from_json;
use casewright_definition::source::Source;
use casewright_definition::{
    Circumstances, Decide, Decision, Definition, Evaluator, Files, Pack, Subject,
};
use serde_json::{Value as Json, json};

const NOW: Timestamp = Timestamp::from_unix_ms(1_794_801_600_000);

fn main() {
    divan::main();
}

/// What leads to where the cause of a complaint is looked for.
fn to_investigating() -> Vec<(&'static str, Json)> {
    let content = "设备多次停机，客户要求尽快处理并给出书面说明。";
    vec![
        (
            "register",
            json!({ "content": content, "customer_info": { "name": "李敏", "phone": "138" } }),
        ),
        (
            "start-investigation",
            json!({ "investigating_depts": ["quality-team", "technical-support"] }),
        ),
    ]
}

/// What leads on from there to where the customer is asked.
fn to_tracking() -> Vec<(&'static str, Json)> {
    let mut events = to_investigating();
    events.extend([
        ("cause-found", cause()),
        (
            "solution-told",
            json!({ "solution": "更换控制器", "practicable": true }),
        ),
        ("start-implementation", json!({})),
        ("measures-done", json!({ "handling_result": "已更换" })),
    ]);
    events
}

fn cause() -> Json {
    json!({
        "root_cause": "控制器批次缺陷",
        "responsible_dept": "quality-team",
        "responsible_person": { "name": "陈静" },
    })
}

fn satisfied() -> Json {
    json!({ "customer_satisfied": true, "satisfaction_score": 90 })
}

/// A step without a guard, which stores three fields.
mod without_guard {
    use super::{by_hand as plain, cause, to_investigating};

    #[divan::bench]
    fn engine(bencher: divan::Bencher<'_, '_>) {
        super::engine(bencher, to_investigating(), ("cause-found", cause()));
    }

    #[divan::bench]
    fn by_hand(bencher: divan::Bencher<'_, '_>) {
        let case = plain::investigating();
        let event = plain::cause_found();
        let go = || plain::step(divan::black_box(&case), divan::black_box(&event));
        assert_eq!(
            go().map(|case| case.state),
            Some(plain::State::SolutionDrafting)
        );
        bencher.bench_local(go);
    }
}

/// A step with a guard in CEL, which stores two fields.
mod with_guard {
    use super::{by_hand as plain, satisfied, to_tracking};

    #[divan::bench]
    fn engine(bencher: divan::Bencher<'_, '_>) {
        super::engine(bencher, to_tracking(), ("customer-satisfied", satisfied()));
    }

    #[divan::bench]
    fn by_hand(bencher: divan::Bencher<'_, '_>) {
        let case = plain::tracking();
        let event = plain::customer_satisfied();
        let go = || plain::step(divan::black_box(&case), divan::black_box(&event));
        assert_eq!(go().map(|case| case.state), Some(plain::State::Summarising));
        bencher.bench_local(go);
    }
}

/// Measures the step by the last event, after those before it.
fn engine(bencher: divan::Bencher<'_, '_>, before: Vec<(&str, Json)>, last: (&str, Json)) {
    let definition = definition();
    let circumstances = Circumstances {
        actor: from_json(&json!({ "id": "li.na", "roles": ["account-manager"] })),
        case: Subject {
            id: "case-1".into(),
            workflow: "complaint-handling".into(),
            ..Subject::default()
        },
    };
    let evaluator = Evaluator {
        definition: &definition,
        circumstances: &circumstances,
        decide: &Plugins,
    };
    let limits = Limits::default();
    let chart = &definition.chart;
    let first = start(chart, data(&definition), NOW, &evaluator, &limits);
    let mut snapshot: Snapshot = first.expect("a case").snapshot;
    for (name, data) in before {
        let event = Event::external(name, from_json(&data));
        let taken = step(chart, &snapshot, event, NOW, &evaluator, &limits).expect("a step");
        assert!(taken.taken, "`{name}` is taken");
        snapshot = taken.snapshot;
    }
    let event = Event::external(last.0, from_json(&last.1));
    let go = || step(chart, &snapshot, event.clone(), NOW, &evaluator, &limits);
    assert!(go().expect("a step").taken, "`{}` is taken", last.0);
    bencher.bench_local(go);
}

/// The defaults, and what a case is opened with.
fn data(definition: &Definition) -> Value {
    let mut data = definition.defaults.as_map().expect("an object").clone();
    let given = json!({
        "account": { "name": "华东能源", "id": "A-7" },
        "tier": "core",
        "channel": "phone",
    });
    for (name, value) in given.as_object().expect("an object") {
        data.insert(name.as_str().into(), from_json(value));
    }
    Value::from(data)
}

/// The plugins that are asked when a complaint is opened, and when it is registered.
struct Plugins;

impl Decide for Plugins {
    fn decide(&self, decision: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        let output = match &*decision.plugin {
            "sla-resolution" => json!({ "clocks": [
                { "clock": "response", "length": 4.0, "counted": "hours", "reason": "for the tier `core`" },
                { "clock": "solution", "length": 48.0, "counted": "hours", "reason": "for the tier `core`" },
            ] }),
            _ => json!({ "severity": "major", "responsible_dept": "technical-support" }),
        };
        Ok(Answer {
            function: format!("{}.{}", decision.plugin, decision.function).into(),
            digest: "none".into(),
            output: from_json(&output),
        })
    }
}

fn definition() -> Definition {
    macro_rules! shipped {
        ($path:literal) => {
            (
                $path,
                include_str!(concat!("../../../../schemas/packs/key-account/", $path)),
            )
        };
    }
    let files = [
        shipped!("pack.yaml"),
        shipped!("roles.yaml"),
        shipped!("parameters.yaml"),
        shipped!("types.yaml"),
        shipped!("calendar.yaml"),
    ];
    let file = |(path, text): (&str, &str)| (path.to_owned(), text.as_bytes().to_vec());
    let files: Files = files.into_iter().map(file).collect();
    let pack = Pack::check(&files, str::to_owned, None)
        .pack
        .expect("a pack");
    let (name, text) = shipped!("workflows/complaint-handling.yaml");
    let (definition, findings) = Definition::check(Source::new(name, text), &pack, None);
    definition.unwrap_or_else(|| panic!("{}", findings.report()))
}
