//! Machines of XState: what they mean, and what cannot be imported, said with its place.

use casewright_definition::diagnostic::Report;
use casewright_definition::import::xstate;
use casewright_definition::source::Source;
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{compile, run_all};

fn check(text: &str, expect: Expect) {
    let source = Source::new("machine.json", text);
    let findings = match xstate(&source) {
        Ok(imported) => imported.findings,
        Err(errors) => errors,
    };
    expect.assert_eq(&Report::new(&source, &findings).to_string());
}

fn run(text: &str, events: &str) -> String {
    let source = Source::new("machine.json", text);
    match xstate(&source) {
        Ok(imported) => {
            let definition = compile(imported);
            run_all(&definition, definition.defaults.clone(), events)
        }
        Err(errors) => panic!("{}", Report::new(&source, &errors)),
    }
}

#[test]
fn a_machine_does_what_xstate_does() {
    let cases = [
        (
            "strings",
            r#"{"id":"m","initial":"a","states":{"a":{"on":{"GO":"b"}},"b":{}}}"#,
            "GO",
            "b",
        ),
        (
            "sibling, child and id",
            r##"{"id":"m","initial":"a","states":{"a":{"on":{"A":".c","B":"#x","C":"b.e"},"states":{"d":{},"c":{}}},"b":{"states":{"f":{"id":"x"},"e":{}}}}}"##,
            "A",
            "a.c",
        ),
        (
            "an id",
            r##"{"id":"m","initial":"a","states":{"a":{"on":{"B":"#x"}},"b":{"initial":"e","states":{"e":{},"f":{"id":"x"}}}}}"##,
            "B",
            "x",
        ),
        (
            "the machine's id and a path",
            r##"{"id":"m","initial":"a","states":{"a":{"on":{"B":"#m.b.f"}},"b":{"initial":"e","states":{"e":{},"f":{}}}}}"##,
            "B",
            "b.f",
        ),
        (
            "the first that holds",
            r#"{"id":"m","initial":"a","context":{"n":3},"states":{"a":{"on":{"GO":[{"target":"b","guard":{"type":"cel","params":{"expression":"data.n > 5"}}},{"target":"c"}]}},"b":{},"c":{}}}"#,
            "GO",
            "c",
        ),
        (
            "cond and in of v4",
            r##"{"id":"m","type":"compound","initial":"p","states":{"p":{"type":"parallel","states":{"q":{"initial":"q1","states":{"q1":{"on":{"Q":"q2"}},"q2":{}}},"r":{"initial":"r1","states":{"r1":{"on":{"R":{"target":"r2","in":"#m.p.q.q2","cond":{"type":"cel","params":{"expression":"true"}}}}},"r2":{}}}}}}}"##,
            "R;Q;R",
            "p.q.q2 p.r.r2",
        ),
        (
            "an exact key is exact",
            r#"{"id":"m","initial":"a","states":{"a":{"on":{"x":"b","x.y.z":{}}},"b":{}}}"#,
            "x.y",
            "a",
        ),
        (
            "patterns come after",
            r#"{"id":"m","initial":"a","states":{"a":{"on":{"*":"b","x.*":"c","x.y":{"target":"d","guard":{"type":"cel","params":{"expression":"false"}}}}},"b":{},"c":{},"d":{}}}"#,
            "x.y",
            "a",
        ),
        (
            "the longest pattern",
            r#"{"id":"m","initial":"a","states":{"a":{"on":{"*":"b","x.*":"c"}},"b":{},"c":{}}}"#,
            "x.q",
            "c",
        ),
        (
            "always and after",
            r#"{"id":"m","initial":"a","states":{"a":{"after":{"1000":"b"}},"b":{"always":{"target":"c"}},"c":{}}}"#,
            "",
            "c",
        ),
        (
            "done",
            r#"{"id":"m","initial":"a","states":{"a":{"initial":"x","onDone":"b","states":{"x":{"on":{"E":"y"}},"y":{"type":"final"}}},"b":{}}}"#,
            "E",
            "b",
        ),
        (
            "history",
            r#"{"id":"m","initial":"a","states":{"a":{"initial":"x","on":{"OUT":"o"},"states":{"x":{"on":{"N":"y"}},"y":{},"h":{"type":"history","history":"shallow"}}},"o":{"on":{"BACK":"a.h"}}}}"#,
            "N;OUT;BACK",
            "a.y",
        ),
        (
            "raise",
            r#"{"id":"m","initial":"a","states":{"a":{"on":{"GO":{"actions":{"type":"xstate.raise","params":{"event":{"type":"IN","n":1}}}},"IN":{"target":"b","guard":{"type":"cel","params":{"expression":"event.data.n == 1"}}}}},"b":{}}}"#,
            "GO",
            "b",
        ),
        (
            "to itself, without reenter",
            r#"{"id":"m","initial":"a","states":{"a":{"after":{"10":"b"},"on":{"E":"a"}},"b":{}}}"#,
            "E",
            "b",
        ),
        (
            "keys with spaces",
            r#"{"id":"m","initial":"not yet","states":{"not yet":{"on":{"GO":"very late"}},"very late":{}}}"#,
            "GO",
            "very late",
        ),
    ];
    for (what, machine, events, expected) in cases {
        assert_eq!(run(machine, events), expected, "{what}");
    }
}

#[test]
fn names_without_an_implementation() {
    check(
        r#"{
  "id": "m",
  "initial": "a",
  "states": {
    "a": {
      "entry": ["greet", { "type": "track", "params": { "n": 1 } }],
      "on": { "GO": { "target": "b", "guard": "isReady" } },
      "after": { "timeout": "b" }
    },
    "b": {}
  }
}"#,
        expect![[r#"
            warning[xstate-implementation]: nothing says what the action `greet` does: it becomes a `log` of its name
             --> machine.json:6:17
              |
            6 |       "entry": ["greet", { "type": "track", "params": { "n": 1 } }],
              |                 ^^^^^^^
              |
              = hint: put the actions of a workflow in its place: `assign`, `notify`, `emit`, `decide` …

            warning[xstate-implementation]: nothing says what the action `track` does: it becomes a `log` of its name
             --> machine.json:6:26
              |
            6 |       "entry": ["greet", { "type": "track", "params": { "n": 1 } }],
              |                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = hint: put the actions of a workflow in its place: `assign`, `notify`, `emit`, `decide` …

            error[xstate-implementation]: nothing says when the guard `isReady` holds
             --> machine.json:7:47
              |
            7 |       "on": { "GO": { "target": "b", "guard": "isReady" } },
              |                                               ^^^^^^^^^
              |
              = hint: write it in CEL: `{ "type": "cel", "params": { "expression": "data.count < 3" } }`

            error[xstate-implementation]: nothing says how long the delay `timeout` is
             --> machine.json:8:29
              |
            8 |       "after": { "timeout": "b" }
              |                             ^^^
              |
              = hint: write its milliseconds in place of its name
        "#]],
    );
}

#[test]
fn what_workflows_do_not_have() {
    check(
        r#"{
  "id": "m",
  "initial": "a",
  "states": {
    "a": {
      "invoke": { "src": "fetch" },
      "tags": ["slow"],
      "entry": { "type": "xstate.assign" },
      "states": { "x": {} },
      "on": { "E": "a" }
    }
  }
}"#,
        expect![[r#"
            error[xstate-unsupported]: `invoke` of this kind cannot be imported
             --> machine.json:6:26
              |
            6 |       "invoke": { "src": "fetch" },
              |                          ^^^^^^^
              |
              = hint: a state runs a function of a plugin: `plugin.function`; an action asks one with `decide`, and anything else comes as an event from outside

            warning[xstate-unsupported]: `tags` is left out: workflows have nothing like it
             --> machine.json:7:7
              |
            7 |       "tags": ["slow"],
              |       ^^^^^^

            error[xstate-unsupported]: the action `xstate.assign` cannot be imported
             --> machine.json:8:7
              |
            8 |       "entry": { "type": "xstate.assign" },
              |       ^^^^^^^
              |
              = hint: what it does stands in code; `casewright.assign` and the like say it in the machine

            error[xstate-unsupported]: a transition of a state with others in it to itself cannot be imported
              --> machine.json:10:20
               |
            10 |       "on": { "E": "a" }
               |                    ^^^
               |
               = hint: say `reenter: true` to leave the state and enter it anew, or name the child to start in
        "#]],
    );
}

#[test]
fn what_is_no_machine() {
    check(
        "[]",
        expect![[r#"
        error[xstate-shape]: expected a machine, found a list
         --> machine.json:1:1
          |
        1 | []
          | ^^
    "#]],
    );
    check(
        r#"{ "id": "m" }"#,
        expect![[r#"
        error[xstate-shape]: expected at least one state
         --> machine.json:1:1
          |
        1 | { "id": "m" }
          | ^^^^^^^^^^^^^
    "#]],
    );
    check(
        r##"{
  "id": 7,
  "initial": "b",
  "states": {
    "a": { "on": { "E": "#nowhere" }, "alway": [] , "type": "atom" },
    "aa": { "on": { "E": { "target": "a", "guard": { "type": "cel", "params": { "expression": "1 +" } } } } },
    "c": 3
  }
}"##,
        expect![[r##"
            error[xstate-shape]: expected a text, found 7
             --> machine.json:2:9
              |
            2 |   "id": 7,
              |         ^

            error[xstate-state]: there is no state `b`
             --> machine.json:3:14
              |
            3 |   "initial": "b",
              |              ^^^

            error[xstate-state]: there is no state `#nowhere`
             --> machine.json:5:25
              |
            5 |     "a": { "on": { "E": "#nowhere" }, "alway": [] , "type": "atom" },
              |                         ^^^^^^^^^^

            error[xstate-shape]: a state has no key `alway`
             --> machine.json:5:39
              |
            5 |     "a": { "on": { "E": "#nowhere" }, "alway": [] , "type": "atom" },
              |                                       ^^^^^^^
              |
              = hint: did you mean `always`?

            error[xstate-shape]: expected `atomic`, `compound`, `parallel`, `final` or `history`, found `atom`
             --> machine.json:5:61
              |
            5 |     "a": { "on": { "E": "#nowhere" }, "alway": [] , "type": "atom" },
              |                                                             ^^^^^^

            error[xstate-expression]: expected a value, found the end of the expression
             --> machine.json:6:95
              |
            6 |     "aa": { "on": { "E": { "target": "a", "guard": { "type": "cel", "params": { "expression": "1 +" } } } } },
              |                                                                                               ^^^^^

            error[xstate-shape]: expected a state, found 3
             --> machine.json:7:10
              |
            7 |     "c": 3
              |          ^
        "##]],
    );
    check(
        "{ \"id\": ",
        expect![[r#"
        error[yaml-syntax]: bracket `{` is never closed
         --> machine.json:1:1
          |
        1 | { "id": 
          | ^
    "#]],
    );
}

/// JSON with the keys and values of machines at places where they may or may not be.
fn json() -> impl Strategy<Value = String> {
    let words = "id|initial|states|on|always|after|onDone|entry|exit|type|history|target|guard|cond|in|actions|params|expression|event|meta|casewright|workflow|pack|context|reenter|a|b|#a|.b|#m.a.b|*|a.*|cel|final|parallel|xstate.raise|casewright.assign|value";
    let word = proptest::sample::select(words.split('|').collect::<Vec<_>>());
    let leaf = prop_oneof![
        word.clone().prop_map(|word| format!("{word:?}")),
        Just("true".to_owned()),
        Just("1000".to_owned()),
        Just("null".to_owned()),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        let entries = proptest::collection::vec((word.clone(), inner.clone()), 0..5);
        let object = entries.prop_map(|entries| {
            let mut seen = std::collections::BTreeMap::new();
            seen.extend(entries);
            let entries = seen.iter().map(|(key, value)| format!("{key:?}:{value}"));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        });
        let list = proptest::collection::vec(inner, 0..4)
            .prop_map(|items| format!("[{}]", items.join(",")));
        prop_oneof![4 => object, 1 => list]
    })
}

proptest! {
    #[test]
    fn no_json_makes_the_importer_panic(text in json()) {
        let whole = format!(r#"{{"id":"m","initial":"a","states":{{"a":{text},"b":{{"on":{text}}}}},"on":{text}}}"#);
        for text in [text, whole] {
            let source = Source::new("machine.json", &text);
            if let Err(errors) = xstate(&source) {
                prop_assert!(!errors.is_empty());
            }
        }
    }
}
