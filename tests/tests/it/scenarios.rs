//! The scenarios of the shipped pack hold, and together they take every transition and see every guard
//! both hold and not hold.

use std::collections::BTreeMap;

use casewright::folder::{check_pack, load_plugins, scenarios};
use casewright::scenario::Scenario;
use casewright::scenario::coverage::Coverage;
use casewright_tests::root;

#[test]
fn every_scenario_holds_and_together_they_go_through_everything() {
    let pack = root().join("schemas/packs/key-account");
    let plugins = load_plugins(None).unwrap();
    let functions = plugins.functions();
    let checked = check_pack(Some(&pack), &plugins).unwrap();
    assert!(checked.is_sound(), "`casewright check` says why");

    let mut wrong = Vec::new();
    let mut coverage: BTreeMap<String, Coverage> = BTreeMap::new();
    for (name, bytes) in scenarios(&pack).unwrap() {
        let read = Scenario::read(&name, bytes);
        let mut scenario = read.unwrap_or_else(|findings| panic!("{}", findings.report()));
        let workflow = scenario.workflow().to_owned();
        let folder = format!("scenarios/{workflow}/");
        assert!(name.contains(&folder), "{name} lies outside `{folder}`");
        let definition = &checked.workflows[&workflow];
        if let Err(findings) = scenario.check(definition, &functions) {
            panic!("{}", findings.report());
        }
        let outcome = scenario.run(definition, &plugins, &mut |_| {});
        for failure in &outcome.failures {
            wrong.push(format!("{name}:{}: {}", failure.place, failure.message));
        }
        coverage
            .entry(workflow)
            .or_default()
            .merge(&outcome.coverage);
    }
    let tested: Vec<&String> = coverage.keys().collect();
    let workflows: Vec<&String> = checked.workflows.keys().collect();
    assert_eq!(tested, workflows, "a folder of scenarios for each workflow");

    for (workflow, coverage) in &coverage {
        let definition = &checked.workflows[workflow];
        let chart = &definition.chart;
        let places = &definition.places;
        for state in coverage.missing_states(chart) {
            let id = &chart.state(state).id;
            wrong.push(format!("{workflow}: no scenario enters `{id}`"));
        }
        for transition in coverage.missing_transitions(chart) {
            let place = &places[transition.get()];
            wrong.push(format!("{workflow}: no scenario takes {place}"));
        }
        for (transition, seen) in coverage.missing_guards(definition) {
            let guard = chart.transition(transition).guard.unwrap();
            let guard = definition.source_of(guard).unwrap();
            wrong.push(format!(
                "{workflow}: the guard of {} was only seen as {seen:?}: {guard}",
                places[transition.get()]
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} findings:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
