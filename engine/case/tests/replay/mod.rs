//! Whatever happens to a case, its records lead to it again; and where one was altered, it is named.

mod altered;
mod workflows;

use std::cell::Cell;
use std::sync::LazyLock;

use casewright_case::replay::replay;
use casewright_case::{
    Actor, Case, Difference, Outcome, Record, Refusal, Served, Setting, fire, open, send, settle,
};
use casewright_chart::{Answer, DecisionError, Limits, Returned, Timestamp, Value};
use casewright_definition::json::from_json;
use casewright_definition::{Decide, Decision, Definition};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use workflows::{Pool, every_feature, shipped};

static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);

/// A plugin that never answers twice in the same way: only what the record keeps can be answered again.
#[derive(Default)]
struct Moody {
    calls: Cell<usize>,
}

impl Decide for Moody {
    fn decide(&self, decision: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        let call = self.calls.replace(self.calls.get() + 1);
        let severity = ["minor", "major", "critical"][call % 3];
        let grade = ["platinum", "special", "gold"][call % 3];
        let action = ["nothing", "alert-management", "start-retention"][call % 3];
        let clocks = [
            json!({ "clock": "response", "length": 1 + call % 5, "counted": "hours" }),
            json!({ "clock": "solution", "length": 1 + call % 5, "counted": "working-days" }),
        ];
        let output = json!({
            "severity": severity, "responsible_dept": "technical-support",
            "score": 60.0 + call as f64 / 7.0, "proposed_grade": grade, "tier": severity,
            "clocks": clocks[..call % 3], "action": action, "signals": [],
            "passed": call.is_multiple_of(2), "issues": [],
        });
        Ok(Answer {
            function: format!("{}.{}", decision.plugin, decision.function).into(),
            digest: format!("digest-{call}").into(),
            output: from_json(&output),
        })
    }
}

/// One thing that is tried with a case.
#[derive(Clone, Debug)]
enum Try {
    /// The event of the pool with this number, wherever that leads.
    Event(usize),
    /// The pending event with this number, due or not.
    Timer(usize),
    /// The service with this number that runs comes back, or fails.
    Service(usize, bool),
    /// Time passes, in milliseconds.
    Pass(u64),
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let one = prop_oneof![
        6 => any::<usize>().prop_map(Try::Event),
        2 => any::<usize>().prop_map(Try::Timer),
        1 => any::<(usize, bool)>().prop_map(|(number, fails)| Try::Service(number, fails)),
        1 => (0..400_000_000_u64).prop_map(Try::Pass),
    ];
    prop::collection::vec(one, 0..120)
}

/// A case with its records.
struct Run<'a> {
    definition: &'a Definition,
    decide: Moody,
    now: Timestamp,
    case: Case,
    records: Vec<Record>,
}

impl<'a> Run<'a> {
    fn setting<'b>(definition: &'b Definition, decide: &'b Moody, now: Timestamp) -> Setting<'b> {
        Setting {
            definition,
            decide,
            now,
            limits: &LIMITS,
        }
    }

    fn open(definition: &'a Definition, data: &Json, actor: &Actor) -> Result<Self, Refusal> {
        let decide = Moody::default();
        let now = Timestamp::from_unix_ms(1_767_574_800_123);
        let opened = open(
            Run::setting(definition, &decide, now),
            "case-1",
            data,
            actor,
        )?;
        Ok(Run {
            definition,
            decide,
            now,
            case: opened.case,
            records: vec![opened.record],
        })
    }

    fn keep(&mut self, outcome: Result<Outcome, Refusal>) {
        if let Ok(outcome) = outcome {
            self.case = outcome.case;
            self.records.push(outcome.record);
        }
    }

    fn try_out(&mut self, what: &Try, pool: &Pool) {
        let setting = Run::setting(self.definition, &self.decide, self.now);
        match what {
            Try::Event(number) => {
                let (event, data) = &pool.events[number % pool.events.len()];
                let outcome = send(setting, &self.case, event, data, &pool.actor);
                self.keep(outcome);
            }
            Try::Timer(number) => {
                let pending = &self.case.snapshot.pending;
                if pending.is_empty() {
                    return;
                }
                let sequence = pending[number % pending.len()].sequence;
                let outcome = fire(setting, &self.case, sequence);
                self.keep(outcome);
            }
            Try::Service(number, fails) => {
                let running = &self.case.snapshot.invocations;
                if running.is_empty() {
                    return;
                }
                let sequence = running[number % running.len()].sequence;
                let value = from_json(&json!({"at": number, "code": "timeout"}));
                let served = Served {
                    function: "crm.watch".into(),
                    digest: "digest-of-crm".into(),
                    returned: match fails {
                        true => Returned::Failed(value),
                        false => Returned::Done(value),
                    },
                };
                let actor = Actor::service(&served.function);
                let outcome = settle(setting, &self.case, sequence, served, &actor);
                self.keep(outcome);
            }
            Try::Pass(ms) => self.now = self.now.after_ms(*ms),
        }
    }

    fn replayed(&self) -> Result<Option<Case>, Difference> {
        replay(self.definition, "case-1", &self.records, &LIMITS)
    }
}

/// Every digit and the order of every field.
fn told(case: &Case) -> String {
    format!("{case:#?}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn records_of_shipped_workflows_lead_to_their_case(
        workflow in 0..4_usize, opening: usize, tries in tries(),
    ) {
        let (definition, pool) = &shipped()[workflow];
        let data = &pool.openings[opening % pool.openings.len()];
        let mut run = Run::open(definition, data, &pool.actor).unwrap();
        for what in &tries {
            run.try_out(what, pool);
        }
        let replayed = run.replayed().unwrap().unwrap();
        prop_assert_eq!(told(&replayed), told(&run.case));
    }

    #[test]
    fn records_of_every_feature_lead_to_their_case(tries in tries()) {
        let (definition, pool) = every_feature();
        let mut run = Run::open(definition, &pool.openings[0], &pool.actor).unwrap();
        for what in &tries {
            run.try_out(what, pool);
        }
        let replayed = run.replayed().unwrap().unwrap();
        prop_assert_eq!(told(&replayed), told(&run.case));
    }

    #[test]
    fn fewer_records_lead_to_where_the_case_stood_then(tries in tries(), cut: usize) {
        let (definition, pool) = every_feature();
        let mut run = Run::open(definition, &pool.openings[0], &pool.actor).unwrap();
        let mut stood = vec![told(&run.case)];
        for what in &tries {
            let records = run.records.len();
            run.try_out(what, pool);
            if run.records.len() > records {
                stood.push(told(&run.case));
            }
        }
        let cut = cut % run.records.len();
        run.records.truncate(cut + 1);
        let replayed = run.replayed().unwrap().unwrap();
        prop_assert_eq!(told(&replayed), stood[cut].clone());
    }
}

#[test]
fn a_way_through_every_feature_goes_through_every_feature() {
    let (definition, pool) = every_feature();
    let mut run = Run::open(definition, &pool.openings[0], &pool.actor).unwrap();
    for fails in [false, true] {
        run.try_out(&Try::Service(0, fails), pool);
    }
    for number in 0..pool.events.len() {
        run.try_out(&Try::Event(number), pool);
        run.try_out(&Try::Pass(1), pool);
        if number % 5 == 4 {
            run.try_out(&Try::Timer(0), pool);
        }
    }
    let records = &run.records;
    assert!(records.iter().any(|record| !record.decisions.is_empty()));
    assert!(records.iter().any(|record| !record.emitted.is_empty()));
    let timers = |record: &&Record| matches!(record.cause, casewright_case::Cause::Timer { .. });
    assert_eq!(records.iter().filter(timers).count(), 2);
    let served = |record: &&Record| matches!(record.cause, casewright_case::Cause::Service { .. });
    assert_eq!(records.iter().filter(served).count(), 2);
    let failed = |line: &casewright_chart::Trace| matches!(line, casewright_chart::Trace::Error(_));
    assert!(records.iter().any(|record| record.trace.iter().any(failed)));
    assert!(run.case.is_done(), "the last event ends it");
    assert_eq!(told(&run.replayed().unwrap().unwrap()), told(&run.case));
}
