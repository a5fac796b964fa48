//! What a macrostep of a small complaint workflow costs, without a guard and with one in CEL.
//!
//! Run with `cargo bench -p casewright-definition`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot start has nothing to say"
)]

use casewright_chart::{
    Answer, DecisionError, Event, Limits, Scope, Snapshot, Timestamp, Trace, Value, start, step,
};
use casewright_definition::expression::Carried;
use casewright_definition::json::from_json;
use casewright_definition::source::Source;
use casewright_definition::{
    Circumstances, Decide, Decision, Definition, Evaluator, Files, Pack, Subject,
};
use serde_json::json;

const WORKFLOW: &str = include_str!("complaint.yaml");
const NOW: Timestamp = Timestamp::from_unix_ms(1_794_801_600_000);

fn main() {
    divan::main();
}

struct NoDecisions;

impl Decide for NoDecisions {
    fn decide(&self, decision: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        panic!("nobody asks for {decision:?}")
    }
}

fn pack() -> Pack {
    let files = [
        ("pack.yaml", include_str!("../tests/desk/pack.yaml")),
        ("roles.yaml", include_str!("../tests/desk/roles.yaml")),
        (
            "parameters.yaml",
            include_str!("../tests/desk/parameters.yaml"),
        ),
        ("types.yaml", include_str!("../tests/desk/types.yaml")),
        ("calendar.yaml", include_str!("../tests/desk/calendar.yaml")),
    ];
    let file = |(path, text): (&str, &str)| (path.to_owned(), text.as_bytes().to_vec());
    let files: Files = files.into_iter().map(file).collect();
    Pack::check(&files, str::to_owned, None)
        .pack
        .expect("a pack")
}

fn definition() -> Definition {
    let source = Source::new("complaint.yaml", WORKFLOW);
    let (definition, findings) = Definition::check(source, &pack(), None);
    definition.unwrap_or_else(|| panic!("{}", findings.report()))
}

/// One step by an event from where the case starts.
fn bench(bencher: divan::Bencher<'_, '_>, event: &str, data: serde_json::Value) {
    let definition = definition();
    let circumstances = Circumstances {
        actor: from_json(&json!({"id": "li", "roles": ["clerk"]})),
        case: Subject {
            id: "C-1".into(),
            workflow: "complaint".into(),
            ..Subject::default()
        },
    };
    let evaluator = Evaluator {
        definition: &definition,
        circumstances: &circumstances,
        decide: &NoDecisions,
    };
    let limits = Limits::default();
    let (chart, data) = (&definition.chart, from_json(&data));
    let first = start(chart, definition.defaults.clone(), NOW, &evaluator, &limits);
    let snapshot: Snapshot = first.expect("a case").snapshot;
    let event = Event::external(event, data);
    let go = || step(chart, &snapshot, event.clone(), NOW, &evaluator, &limits);
    assert!(go().expect("a step").taken);
    bencher.bench_local(go);
}

#[divan::bench]
fn without_guard(bencher: divan::Bencher<'_, '_>) {
    bench(bencher, "withdraw", json!(null));
}

#[divan::bench]
fn with_one_guard(bencher: divan::Bencher<'_, '_>) {
    bench(bencher, "investigate", json!({"departments": ["quality"]}));
}

#[divan::bench]
fn with_a_guard_that_reads_parameters(bencher: divan::Bencher<'_, '_>) {
    bench(bencher, "escalate", json!({"score": 3}));
}

/// A refusal with and without its explanation, which only a refusal pays for.
#[divan::bench(args = [false, true])]
fn refused(bencher: divan::Bencher<'_, '_>, explained: bool) {
    let definition = definition();
    let circumstances = Circumstances::default();
    let evaluator = Evaluator {
        definition: &definition,
        circumstances: &circumstances,
        decide: &NoDecisions,
    };
    let limits = Limits::default();
    let chart = &definition.chart;
    let first = start(chart, definition.defaults.clone(), NOW, &evaluator, &limits);
    let snapshot: Snapshot = first.expect("a case").snapshot;
    let event = Event::external("escalate", from_json(&json!({"score": -1})));
    let scope = Scope {
        chart,
        configuration: &snapshot.configuration,
        data: &snapshot.data,
        event: Some(&event),
        now: NOW,
        locals: &[],
    };
    bencher.bench_local(|| {
        let step = step(chart, &snapshot, event.clone(), NOW, &evaluator, &limits);
        let step = step.expect("a step");
        let guards = step.trace.iter().filter_map(|line| match line {
            Trace::Guard { transition, .. } => chart.transition(*transition).guard,
            _ => None,
        });
        let guards: Vec<_> = guards.filter(|_| explained).collect();
        let explain = |guard| evaluator.explain(guard, &scope, Carried::Known);
        let explanations: Vec<_> = guards.into_iter().map(explain).collect();
        (step.taken, explanations)
    });
}

#[divan::bench]
fn check_the_file(bencher: divan::Bencher<'_, '_>) {
    let pack = pack();
    bencher.bench_local(|| Definition::check(Source::new("c.yaml", WORKFLOW), &pack, None).0);
}
