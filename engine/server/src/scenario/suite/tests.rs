//! Scenario files through a small workflow that asks a plugin: what is wrong with them, and what they
//! come to.

use std::cell::Cell;

use casewright_chart::{Answer, DecisionError, Value};
use casewright_definition::json::from_json;
use casewright_definition::{
    Decide, Decision, Definition, FunctionKind, FunctionSchemas, Functions, Pack,
};
use serde_json::json;

use super::*;

const WORKFLOW: &str = "\
id: visit
version: 0.1.0
title: Visit
start: { roles: [manager], accepts: [place] }
data:
  type: object
  additionalProperties: false
  properties:
    place: { type: string }
    score: { type: integer, default: 0 }
events:
  ask: { title: Ask, roles: [manager] }
  leave: { title: Leave, roles: [manager] }
delays:
  limit: params.limit
states:
  planned:
    after: { limit: late }
    on:
      ask:
        actions: { decide: { function: rater.rate, input: { place: data.place }, assign: score } }
      leave: { target: gone, guard: data.score > 1 }
  late:
    type: compound
    initial: waiting
    no-deadline: It waits.
    on: { leave: gone }
    states:
      waiting: { no-deadline: It waits. }
  gone: { type: final }
";

/// A scenario around steps that is right but for what the steps are.
const HEAD: &str = "\
scenario: A visit
workflow: visit
given:
  actors: { li.na: [manager] }
  by: li.na
  data: { place: 上海 }
then: { active: [planned] }
";

struct Rater(Cell<usize>);

impl Decide for Rater {
    fn decide(&self, decision: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        self.0.set(self.0.get() + 1);
        Ok(Answer {
            function: format!("{}.{}", decision.plugin, decision.function).into(),
            digest: "real".into(),
            output: from_json(&json!(1)),
        })
    }
}

fn functions() -> Functions {
    let rate = FunctionSchemas {
        kind: FunctionKind::Decision,
        input: json!({ "type": "object" }),
        output: json!({ "type": "integer" }),
    };
    [("rater.rate".to_owned(), rate)].into()
}

fn definition() -> Definition {
    defined(WORKFLOW)
}

fn defined(workflow: &str) -> Definition {
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let files = [
        file("pack.yaml", "{ id: visits, version: 0.1.0, title: Visits }"),
        file(
            "calendar.yaml",
            "{ title: China, time-zone: Asia/Shanghai, working-days: [monday] }",
        ),
        file("roles.yaml", "manager: { title: Manager }"),
        file(
            "parameters.yaml",
            "limit: { title: Limit, schema: { type: string, format: duration }, default: P3D }",
        ),
        file("workflows/visit.yaml", workflow),
    ];
    let mut checked = Pack::check(&files.into(), str::to_owned, Some(&functions()));
    let told: Vec<String> = checked
        .findings
        .iter()
        .map(|findings| findings.report().to_string())
        .collect();
    checked
        .workflows
        .remove("visit")
        .unwrap_or_else(|| panic!("{}", told.join("\n")))
}

/// What was found in a file: place, message and hint.
fn found(text: &str) -> Vec<String> {
    let lines = |findings: &Findings| {
        let report = findings.report();
        let findings = report.findings().map(|finding| {
            let (line, column) = (finding.line.unwrap_or(0), finding.column.unwrap_or(0));
            let hint = finding
                .hint
                .map_or(String::new(), |hint| format!("; {hint}"));
            format!("{line}:{column}: {}{hint}", finding.message)
        });
        findings.collect::<Vec<String>>()
    };
    match Scenario::read("a.yaml", text.as_bytes().to_vec()) {
        Err(findings) => lines(&findings),
        Ok(mut scenario) => match scenario.check(&definition(), &functions()) {
            Err(findings) => lines(findings),
            Ok(()) => Vec::new(),
        },
    }
}

/// What was found in steps after [`HEAD`], which has seven lines.
fn found_in(steps: &str) -> Vec<String> {
    found(&format!("{HEAD}steps:\n{steps}"))
}

fn run(text: &str) -> (Vec<String>, usize) {
    let scenario = Scenario::read("a.yaml", text.as_bytes().to_vec());
    let scenario = scenario.unwrap_or_else(|findings| panic!("{}", findings.report()));
    let rater = Rater(Cell::new(0));
    let outcome = scenario.run(&definition(), &rater, &mut |_| {});
    let failures = outcome.failures.iter();
    let failures = failures.map(|failure| format!("{}: {}", failure.place, failure.message));
    (failures.collect(), rater.0.get())
}

#[test]
fn a_sound_file_has_no_findings() {
    assert_eq!(found(HEAD), Vec::<String>::new());
}

#[test]
fn shapes_are_told_with_their_place() {
    assert_eq!(
        found("scenario: A visit\nworkflw: visit\ngiven: { by: [li.na] }\n"),
        [
            "1:1: expected the key `workflow`, which is not there",
            "2:1: no key `workflw` is known here; did you mean `workflow`?",
            "3:10: expected a name from `actors`, or an object with `id` and `roles`, found a list",
        ]
    );
}

#[test]
fn names_that_are_not_there_are_told_with_the_nearest() {
    for (steps, finding) in [
        (
            "  - when: { event: aks }\n",
            "9:20: the workflow has no event `aks`; did you mean `ask`?",
        ),
        (
            "  - when: { event: ask, by: li.ana }\n",
            "9:29: nobody in `given.actors` is called `li.ana`; did you mean `li.na`?",
        ),
        (
            "  - when: { event: ask, by: { id: a, roles: [manger] } }\n",
            "9:46: the pack has no role `manger`; did you mean `manager`?",
        ),
        (
            "  - when: { event: ask, data: { x: 1 } }\n",
            "9:33: the event `ask` has no field `x`",
        ),
        (
            "  - when: { event: ask }\n    then: { active: [plannd] }\n",
            "10:22: the workflow has no state `plannd`; did you mean `planned`?",
        ),
        (
            "  - when: { event: ask }\n    then: { active: [late] }\n",
            "10:22: the state `late` has states inside it; name what is active in it: `late.waiting`",
        ),
        (
            "  - when: { event: ask }\n    then: { data: { scor: 1 }, unset: [plase.x] }\n",
            "10:21: the case data has no field `scor`; did you mean `score`?\n10:40: the case data has no field `plase`; did you mean `place`?",
        ),
        (
            "  - when: { event: ask }\n    then: { refused: gard-failed }\n",
            "10:22: nothing is refused as `gard-failed`; did you mean `guard-failed`?",
        ),
    ] {
        assert_eq!(found_in(steps).join("\n"), finding, "{steps}");
    }
}

#[test]
fn what_is_wrong_on_purpose_is_no_slip() {
    let steps = "\
steps:
  - when: { event: aks }
    then: { refused: unknown-event }
  - when: { event: ask, data: { x: 1 } }
    then: { refused: invalid-data }
";
    let text = format!("{HEAD}{steps}");
    assert_eq!(found(&text), Vec::<String>::new());
    assert_eq!(run(&text).0, Vec::<String>::new());
}

#[test]
fn values_that_make_no_sense_are_told() {
    for (steps, finding) in [
        (
            "  - when: { after: 10 days ago }\n",
            "9:20: expected a duration such as `PT4H`, `P10D` or `1500ms`, found `10 days ago`",
        ),
        (
            "  - when: { by: li.na }\n",
            "9:5: expected `event`, `service` or `after` in `when`",
        ),
        (
            "  - when: { after: 1h, data: {} }\n",
            "9:24: there is `data` and no `event` to go with it",
        ),
        (
            "  - when: { event: ask }\n    then: { effects: [{ emitt: {} }] }\n",
            "10:25: no key `emitt` is known here; did you mean `emit`?",
        ),
    ] {
        assert_eq!(found_in(steps).join("\n"), finding, "{steps}");
    }
    let head = HEAD.replace("then: { active: [planned] }\n", "");
    assert_eq!(
        found(&head),
        ["1:11: expected a `then` somewhere, found nothing that the scenario expects"]
    );
    let now = HEAD.replace("  by:", "  now: today\n  by:");
    assert_eq!(
        found(&now),
        ["5:8: expected a time such as `2026-01-05T09:00:00+08:00`, found `today`"]
    );
}

#[test]
fn parameters_and_plugins_are_held_against_the_pack() {
    let given = |line: &str| HEAD.replace("  by:", &format!("  {line}\n  by:"));
    for (line, finding) in [
        (
            "parameters: { limt: P1D }",
            "5:17: the pack has no parameter `limt`; did you mean `limit`?",
        ),
        (
            "parameters: { limit: soon }",
            "5:24: expected a duration such as `PT4H` or `P30D`, found the text `soon`",
        ),
        (
            "plugins: { rater.rat: { returns: 1 } }",
            "5:14: the workflow asks no function `rater.rat`; did you mean `rater.rate`?",
        ),
        (
            "plugins: { rater.rate: [{ returns: high }] }",
            "5:38: expected a whole number, found the text `high`",
        ),
        (
            "plugins: { rater.rate: fake }",
            "5:26: expected `real`, an object with `returns` or `fails`, or a list of such objects, found the text `fake`",
        ),
    ] {
        assert_eq!(found(&given(line)).join("\n"), finding, "{line}");
    }
}

#[test]
fn answers_are_used_up_call_by_call_and_the_last_one_stays() {
    let head = HEAD.replace(
        "  by:",
        "  plugins: { rater.rate: [{ returns: 5 }, { fails: the scale is lost }] }\n  by:",
    );
    let steps = "\
steps:
  - when: { event: ask }
    then: { data: { score: 5 } }
  - when: { event: ask }
    then: { refused: decision-failed, because: the scale is lost, data: { score: 5 } }
  - when: { event: ask }
    then: { because: the scale }
";
    assert_eq!(run(&format!("{head}{steps}")), (Vec::new(), 0));
    let real = HEAD.replace("  by:", "  plugins: { rater.rate: real }\n  by:");
    let steps = "steps:\n  - when: { event: ask }\n    then: { data: { score: 1 } }\n";
    assert_eq!(run(&format!("{real}{steps}")), (Vec::new(), 1));
}

#[test]
fn a_parameter_counts_for_its_scenario_only() {
    let steps = "\
steps:
  - when: { after: P1D }
    then: { active: [late.waiting], timers: [] }
";
    let head = HEAD.replace("  by:", "  parameters: { limit: P1D }\n  by:");
    assert_eq!(run(&format!("{head}{steps}")).0, Vec::<String>::new());
    assert_eq!(
        run(&format!("{HEAD}{steps}")).0,
        [
            "10:13: expected the active states `late.waiting`, found `planned`",
            "10:37: expected the pending timers none, found `after.limit.planned`",
        ]
    );
}

#[test]
fn a_refusal_must_be_expected_and_be_the_right_one() {
    let steps = "\
steps:
  - when: { event: leave }
  - when: { event: leave }
    then: { refused: forbidden, because: data.place }
  - when: { event: leave }
    then: { refused: guard-failed, because: data.score > 1 }
";
    let blocked = "the event `leave` is blocked: `data.score > 1` does not hold (data.score = 0)";
    assert_eq!(
        run(&format!("{HEAD}{steps}")).0,
        [
            format!(
                "9:13: the event `leave` was refused as `guard-failed`, which nothing expects: {blocked}"
            ),
            format!(
                "11:13: expected that it is refused as `forbidden`, found `guard-failed`: {blocked}"
            ),
            format!("11:33: expected `data.place` in the message of the refusal, found: {blocked}"),
        ]
    );
}

#[test]
fn effects_come_in_their_order_and_timers_are_exactly_these() {
    let schedule = "schedule: { event: after.limit.planned }";
    let then = |then: &str| HEAD.replace("then: { active: [planned] }", then);
    let holds = then(&format!(
        "then: {{ effects: [{{ {schedule} }}], timers: [after.limit.planned], unset: [place.x] }}"
    ));
    assert_eq!(run(&holds).0, Vec::<String>::new());
    let twice = then(&format!(
        "then: {{ effects: [{{ {schedule} }}, {{ {schedule} }}] }}"
    ));
    assert_eq!(
        run(&twice).0,
        [
            "7:65: expected the effect {\"schedule\":{\"event\":\"after.limit.planned\"}} after the one before it"
        ]
    );
}

#[test]
fn scenarios_that_were_read_once_judge_any_number_of_definitions() {
    let steps = "\
steps:
  - when: { event: leave }
    then: { refused: guard-failed }
";
    let read = |text: &str| Scenario::read("a.yaml", text.as_bytes().to_vec()).unwrap();
    let scenarios = [read(HEAD), read(&format!("{HEAD}{steps}"))];
    let rater = Rater(Cell::new(0));
    assert!(first_failure(&scenarios, &definition(), &rater).is_none());
    let mutated = defined(&WORKFLOW.replace("data.score > 1", "data.score >= 0"));
    let (scenario, failure) = first_failure(&scenarios, &mutated, &rater).unwrap();
    assert_eq!(scenario.steps(), 1);
    assert_eq!(failure.pointer, "/steps/0/then/refused");
    assert_eq!(failure.place.to_string(), "10:13");
}

/// A walk through the chart, of which only the beginning is said.
const WALK: &str = "\
scenario: A walk
workflow: visit
given: { by: { id: anybody }, assuming: [] }
then: { active: [planned], done: false }
";

#[test]
fn a_walk_answers_guards_as_it_assumes() {
    let steps = "\
steps:
  - when: { event: ask }
  - when: { event: after.limit.planned }
    then: { active: [late.waiting] }
  - when: { event: leave, assuming: [] }
    then: { active: [gone], done: true }
";
    assert_eq!(run(&format!("{WALK}{steps}")), (Vec::new(), 0));
    for (steps, failures) in [
        (
            "  - when: { event: leave, assuming: [true] }\n    then: { active: [gone], done: true }\n",
            "",
        ),
        (
            "  - when: { event: leave, assuming: [true] }\n    then: { active: [planned], done: false }\n",
            "7:13: expected the active states `planned`, found `gone`\n7:32: expected that the case goes on",
        ),
        (
            "  - when: { event: leave, assuming: [false] }\n    then: { done: true }\n",
            "6:13: no transition takes the event `leave` here",
        ),
        (
            "  - when: { event: leave }\n",
            "6:11: expected an answer for each guard that is asked, 1 in all, found 0",
        ),
        (
            "  - when: { event: error.execution }\n",
            "6:13: no transition takes the event `error.execution` here",
        ),
    ] {
        let told = run(&format!("{WALK}steps:\n{steps}")).0;
        assert_eq!(told.join("\n"), failures, "{steps}");
    }
}

#[test]
fn a_walk_covers_nothing() {
    let step = "steps:\n  - when: { event: leave, assuming: [true] }\n";
    let text = format!("{WALK}{step}").into_bytes();
    let outcome = Scenario::read("a.yaml", text).unwrap().run(
        &definition(),
        &Rater(Cell::new(0)),
        &mut |_| {},
    );
    assert!(outcome.holds());
    assert_eq!(outcome.expectations, 1);
    assert_eq!(outcome.coverage, Coverage::default());
}

#[test]
fn a_walk_has_nothing_but_states_events_and_answers() {
    let given = "given: { now: 2026-01-05T09:00:00Z, actors: { li.na: [manager] }, parameters: { limit: P1D }, plugins: { rater.rate: real }, data: { place: x }, by: { id: a, roles: [manager] }, assuming: [] }";
    let text = WALK.replace("given: { by: { id: anybody }, assuming: [] }", given);
    let keys = |found: Vec<String>| {
        let keys = found.into_iter().map(|finding| {
            let key = finding.split('`').nth(1).map(str::to_owned);
            assert!(
                finding.contains("beside `given.assuming`; a walk through"),
                "{finding}"
            );
            key.unwrap()
        });
        keys.collect::<Vec<String>>()
    };
    assert_eq!(
        keys(found(&text)),
        ["now", "actors", "parameters", "plugins", "data", "roles"]
    );
    let step = "steps:\n  - when: { event: ask, after: P1D, by: { id: a }, data: {} }\n    then: { data: {}, unset: [], refused: guard-failed, because: x, effects: [], timers: [] }\n";
    assert_eq!(
        keys(found(&format!("{WALK}{step}"))),
        [
            "after", "by", "data", "data", "unset", "refused", "because", "effects", "timers"
        ]
    );
    let events = "steps:\n  - when: { event: after.limit.planed }\n";
    assert_eq!(
        found(&format!("{WALK}{events}")),
        [
            "6:20: the workflow has no event `after.limit.planed`; did you mean `after.limit.planned`?"
        ]
    );
    assert_eq!(
        found_in("  - when: { event: ask, assuming: [] }\n"),
        [
            "9:25: there is `assuming` and none in `given`; `assuming` in `given` makes the scenario a walk through the chart"
        ]
    );
}
