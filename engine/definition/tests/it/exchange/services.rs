//! Services that are exported and come back.

use casewright_chart::{Limits, Returned, Timestamp, Value, settle};
use casewright_definition::json::{from_json, to_json};
use casewright_definition::source::Source;
use casewright_definition::{Definition, Evaluator, export, import};
use expect_test::expect;
use serde_json::{Value as Json, json};

use super::{Run, as_document_data, circumstances, compile, read_back};
use crate::desk::{self, Doubler};

const STATES: &str = r#"
data:
  properties:
    number: { type: string, default: K-1 }
    reference: { type: string }
    tries: { type: integer, default: 0 }
events:
  close: { title: Close, roles: [clerk] }
initial: { target: pushing }
states:
  pushing:
    invoke:
      - id: push
        title: { en: Push, zh: 推送 }
        src: crm-sync.push-account
        input: { number: data.number }
        finalize: { assign: { tries: data.tries + 1 } }
        onDone:
          - { target: pushed, guard: data.tries > 1, actions: { assign: { reference: event.data.reference } } }
          - { target: pushing, reenter: true }
        onError: failed
      - { src: crm-sync.push-account, input: { number: "'K-2'" } }
    on: { done.invoke.pushing.1: { actions: { assign: { reference: "'second'" } } }, close: closed }
    after: { P1D: closed }
  pushed: { on: { close: closed }, after: { P1D: closed } }
  failed: { on: { close: closed }, after: { P1D: closed } }
  closed: { type: final }
"#;

fn original() -> Definition {
    desk::definition(&desk::workflow(STATES))
}

impl Run<'_> {
    /// A service comes back; one that does not run changes nothing.
    fn come_back(&mut self, id: &str, returned: Returned) {
        let circumstances = circumstances(&[]);
        let evaluator = Evaluator {
            definition: self.definition,
            circumstances: &circumstances,
            decide: &Doubler,
        };
        let mut running = self.snapshot.invocations.iter();
        let sequence = running.find(|running| &*running.id == id).unwrap().sequence;
        let (chart, limits) = (&self.definition.chart, Limits::default());
        let now = Timestamp::from_unix_ms(self.now_ms);
        let step = settle(
            chart,
            &self.snapshot,
            sequence,
            returned,
            now,
            &evaluator,
            &limits,
        );
        self.snapshot = step.unwrap().snapshot;
    }
}

/// Where a case stands after its services have come back, each line as one of them did.
fn story(definition: &Definition, data: Value, of: fn(&Json) -> &Json) -> Vec<String> {
    let mut run = Run::start(definition, data);
    let answer = || Returned::Done(from_json(&json!({"reference": "R-1"})));
    let mut lines = Vec::new();
    let steps: [(&str, Returned); 4] = [
        ("pushing.1", answer()),
        ("push", answer()),
        ("push", answer()),
        ("push", Returned::Failed(Value::Null)),
    ];
    for (id, returned) in steps {
        if run.active() == "pushing" {
            run.come_back(id, returned);
        }
        let data = to_json(&run.snapshot.data);
        lines.push(format!("{} {}", run.active(), of(&data)));
    }
    lines
}

#[test]
fn services_come_back_from_both_formats() {
    let original = original();
    let expected = story(&original, original.defaults.clone(), |data| data);
    expect![[r#"
        pushing {"number":"K-1","tries":0,"reference":"second"}
        pushing {"number":"K-1","tries":1,"reference":"second"}
        pushed {"number":"K-1","tries":2,"reference":"R-1"}
        pushed {"number":"K-1","tries":2,"reference":"R-1"}
    "#]]
    .assert_eq(&format!("{}\n", expected.join("\n")));
    let document = read_back(&export::scxml(&original), import::scxml);
    let data = as_document_data(&document.defaults, &original.defaults);
    assert_eq!(story(&document, data, |data| &data["data"]), expected);
    let machine = read_back(&export::xstate(&original), import::xstate);
    assert_eq!(
        story(&machine, machine.defaults.clone(), |data| data),
        expected
    );
    assert_eq!(export::xstate(&machine), export::xstate(&original));
}

#[test]
fn what_other_tools_see_of_services() {
    let original = original();
    let document = export::scxml(&original);
    let lines = document.text.lines().map(str::trim);
    let lines = lines.skip_while(|line| !line.starts_with("<invoke"));
    let lines: Vec<&str> = lines
        .take_while(|line| !line.starts_with("<transition"))
        .collect();
    expect![[r#"
        <invoke type="urn:casewright:service" src="crm-sync.push-account" id="push">
        <param name="number" expr="data.number"/>
        <finalize>
        <assign location="data.tries" expr="data.tries + 1"/>
        </finalize>
        </invoke>
        <invoke type="urn:casewright:service" src="crm-sync.push-account" id="pushing.1">
        <param name="number" expr="'K-2'"/>
        </invoke>
    "#]]
    .assert_eq(&format!("{}\n", lines.join("\n")));
    let machine = export::xstate(&original);
    let json: Json = serde_json::from_str(&machine.text).unwrap();
    let pushing = &json["states"]["pushing"];
    let told = json!([
        pushing["invoke"][0],
        pushing["on"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>()
    ]);
    expect![[r##"
        [
          {
            "id": "push",
            "src": "crm-sync.push-account",
            "input": {
              "type": "cel",
              "params": {
                "value": {
                  "number": "data.number"
                }
              }
            },
            "onDone": [
              {
                "target": "#pushed",
                "guard": {
                  "type": "cel",
                  "params": {
                    "expression": "data.tries > 1"
                  }
                },
                "actions": [
                  {
                    "type": "casewright.assign",
                    "params": {
                      "value": {
                        "reference": "event.data.reference"
                      }
                    }
                  }
                ]
              },
              {
                "target": "#pushing",
                "reenter": true
              }
            ],
            "onError": [
              {
                "target": "#failed"
              }
            ],
            "meta": {
              "casewright": {
                "title": {
                  "en": "Push",
                  "zh": "推送"
                },
                "finalize": {
                  "assign": {
                    "tries": "data.tries + 1"
                  }
                }
              }
            }
          },
          [
            "xstate.done.actor.pushing.1",
            "close"
          ]
        ]
    "##]]
    .assert_eq(&format!("{told:#}\n"));
    let lost: Vec<&String> = document.lost.iter().chain(&machine.lost).collect();
    let lost: Vec<&&String> = lost
        .iter()
        .filter(|lost| lost.contains("service"))
        .collect();
    expect![[r#"
        [
            "the service `crm-sync.push-account`: only an engine that knows invocations of the type `urn:casewright:service` runs it",
            "services need actors of the names of their functions in `setup`; what they are given is an object of the type `cel`, and `finalize` stands in `meta`",
        ]
    "#]].assert_eq(&format!("{lost:#?}\n"));
}

#[test]
fn machines_of_others_may_invoke_plugins() {
    let source = Source::new(
        "machine.json",
        r#"{
  "id": "m",
  "initial": "a",
  "states": {
    "a": {
      "invoke": { "id": "push", "src": "crm.push", "input": { "number": "K-1" }, "onDone": "b" },
      "on": { "xstate.error.actor.push": "b" }
    },
    "b": { "type": "final" }
  }
}"#,
    );
    let definition = compile(import::xstate(&source).unwrap());
    let invoke = &definition.bundle.workflow.states["a"].invoke.0[0];
    assert_eq!(invoke.input.as_ref().unwrap().0, json!({"number": "'K-1'"}));
    for returned in [Returned::Done(Value::Null), Returned::Failed(Value::Null)] {
        let mut run = Run::start(&definition, definition.defaults.clone());
        run.come_back("push", returned);
        assert_eq!(run.active(), "b");
    }
}
