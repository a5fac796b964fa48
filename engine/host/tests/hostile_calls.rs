//! Plugins that load but misbehave when they are called: each costs its own call and nothing else.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "support/hostile.rs"]
mod hostile;

use casewright_host::{CallError, Decision, Host, HostConfig, Limits, Reason};
use hostile::{Behaviour, Hostile};

/// Small figures, so that they are met soon.
fn host() -> Host {
    Host::new(HostConfig {
        limits: Limits {
            fuel: 5_000_000,
            memory_bytes: 8 << 20,
            table_elements: 50_000,
            input_bytes: 1000,
            output_bytes: 4000,
            log_bytes: 1000,
            stack_bytes: 128 << 10,
            ..Limits::default()
        },
        concurrent_calls: 4,
        ..HostConfig::default()
    })
    .unwrap()
}

fn call(behaviour: Behaviour) -> Result<Decision, CallError> {
    let plugin = Hostile::new("rogue", "judge", behaviour);
    host()
        .load("rogue.wasm", &plugin.component())
        .unwrap()
        .decide("judge", "{}")
}

/// Asserts the code, the whole message and the limit.
#[track_caller]
fn check(error: &CallError, code: &str, message: &str, limit: Option<(&'static str, u64)>) {
    assert_eq!(error.code(), code, "{error}");
    let named = format!("plugin `rogue` 6.6.6, function `judge`: {message}");
    assert_eq!(error.to_string(), named);
    assert_eq!(error.limit(), limit);
}

#[test]
fn well_behaved_plugin_answers() {
    let decision = call(Behaviour::Answer(br#"{"a": 1}"#.to_vec())).unwrap();
    assert_eq!(decision.output, r#"{"a": 1}"#);
    assert_eq!(decision.value["a"], 1);
    assert!(
        decision.fuel_used > 0 && decision.fuel_used < 1000,
        "{decision:?}"
    );
    assert_eq!(decision.memory_bytes, 80 << 16);
}

#[test]
fn endless_loop() {
    check(
        &call(Behaviour::Loop).unwrap_err(),
        "fuel-exhausted",
        "ran out of fuel, the limit `fuel` is 5000000",
        Some(("fuel", 5_000_000)),
    );
}

#[test]
fn memory_without_end() {
    check(
        &call(Behaviour::MemoryBomb).unwrap_err(),
        "memory-exceeded",
        "asked for more memory, the limit `memory_bytes` is 8388608",
        Some(("memory_bytes", 8 << 20)),
    );
}

#[test]
fn refused_memory_is_no_error_by_itself() {
    let decision = call(Behaviour::MemoryRefused).unwrap();
    assert_eq!(decision.output, "{}");
    assert_eq!(decision.memory_bytes, 80 << 16);
}

#[test]
fn table_without_end() {
    check(
        &call(Behaviour::TableBomb).unwrap_err(),
        "table-exceeded",
        "asked for a larger table, the limit `table_elements` is 50000",
        Some(("table_elements", 50_000)),
    );
}

#[test]
fn trap() {
    let message = "trapped: wasm `unreachable` instruction executed, in `decide`";
    check(&call(Behaviour::Trap).unwrap_err(), "trap", message, None);
}

#[test]
fn endless_loop_while_it_takes_the_input() {
    let error = call(Behaviour::LoopInRealloc).unwrap_err();
    assert_eq!(error.code(), "fuel-exhausted", "{error}");
}

#[test]
fn endless_loop_after_the_answer() {
    let error = call(Behaviour::LoopInPostReturn).unwrap_err();
    assert_eq!(error.code(), "fuel-exhausted", "{error}");
}

#[test]
fn room_for_the_input_outside_of_memory() {
    let error = call(Behaviour::ReallocOutOfBounds).unwrap_err();
    assert_eq!(error.code(), "trap", "{error}");
}

#[test]
fn answer_of_no_known_case() {
    let error = call(Behaviour::NoSuchCase).unwrap_err();
    assert_eq!(error.code(), "trap", "{error}");
}

#[test]
fn log_line_that_is_not_utf_8() {
    let error = call(Behaviour::LogNotText).unwrap_err();
    assert_eq!(error.code(), "invalid-output", "{error}");
}

/// A NaN has 2^53 forms, and processors differ in which one they make. A plugin that looks at the bits of
/// one, as hashing a number does, must see the same on every machine and in every instance.
#[test]
fn every_nan_has_the_same_bits() {
    let mut plugin = Hostile::new("rogue", "judge", Behaviour::NanBits);
    plugin.output_schema = r#"{"type": "string"}"#.to_owned();
    let plugin = host().load("rogue.wasm", &plugin.component()).unwrap();
    let wide = "000000000000f87f";
    let narrow = "0000c07f";
    let expected = format!("\"{}{}\"", wide.repeat(4), narrow.repeat(2));
    for _ in 0..3 {
        assert_eq!(plugin.decide("judge", "{}").unwrap().output, expected);
    }
}

#[test]
fn recursion_without_end() {
    check(
        &call(Behaviour::Recurse).unwrap_err(),
        "stack-overflow",
        "nested calls too deep, the limit `stack_bytes` is 131072",
        Some(("stack_bytes", 128 << 10)),
    );
}

#[test]
fn huge_output() {
    check(
        &call(Behaviour::HugeAnswer(5 << 20)).unwrap_err(),
        "output-too-large",
        "handed over too much at once, the limit `output_bytes` is 4000",
        Some(("output_bytes", 4000)),
    );
}

#[test]
fn output_of_one_byte_too_many() {
    let mut text = vec![b' '; 4000];
    text[..2].copy_from_slice(b"{}");
    assert_eq!(
        call(Behaviour::Answer(text.clone())).unwrap().output.len(),
        4000
    );
    text.push(b' ');
    let error = call(Behaviour::Answer(text)).unwrap_err();
    assert_eq!(error.code(), "output-too-large");
}

#[test]
fn output_outside_of_memory() {
    let error = call(Behaviour::OutOfBounds).unwrap_err();
    assert_eq!(error.code(), "trap", "{error}");
}

#[test]
fn output_that_is_not_json() {
    check(
        &call(Behaviour::Answer(b"yes".to_vec())).unwrap_err(),
        "invalid-output",
        "the output does not fit: not JSON: expected value at line 1 column 1",
        None,
    );
}

#[test]
fn output_nested_without_end() {
    let error = call(Behaviour::Answer(vec![b'['; 4000])).unwrap_err();
    assert_eq!(error.code(), "invalid-output", "{error}");
}

#[test]
fn output_that_is_not_utf_8() {
    check(
        &call(Behaviour::Answer(b"\"\xff\xfe\"".to_vec())).unwrap_err(),
        "invalid-output",
        "the output does not fit: not valid UTF-8",
        None,
    );
}

#[test]
fn output_that_breaks_its_own_schema() {
    let mut plugin = Hostile::new(
        "rogue",
        "judge",
        Behaviour::Answer(br#"{"score": 101}"#.to_vec()),
    );
    plugin.output_schema =
        r#"{"type": "object", "properties": {"score": {"maximum": 100}}}"#.to_owned();
    let plugin = host().load("rogue.wasm", &plugin.component()).unwrap();
    check(
        &plugin.decide("judge", "{}").unwrap_err(),
        "invalid-output",
        "the output does not fit: at `/score`: 101 is greater than the maximum of 100",
        None,
    );
}

/// Loads a plugin that answers `answer` and says that it takes and gives these.
fn liar(input: &str, output: &str, answer: &str) -> casewright_host::Plugin {
    let answer = Behaviour::Answer(answer.as_bytes().to_vec());
    let mut plugin = Hostile::new("rogue", "judge", answer);
    plugin.input_schema = input.to_owned();
    plugin.output_schema = output.to_owned();
    host().load("rogue.wasm", &plugin.component()).unwrap()
}

#[test]
fn lies_about_its_output() {
    let object = r#"{"type": "object", "properties": {"a": {"type": "integer"}},
        "required": ["a"], "additionalProperties": false}"#;
    for (answer, pointer) in [
        ("[]", ""),
        ("null", ""),
        ("{}", ""),
        (r#"{"a": "1"}"#, "/a"),
        (r#"{"a": 1.5}"#, "/a"),
        (r#"{"a": null}"#, "/a"),
        (r#"{"a": 1, "b": 2}"#, ""),
    ] {
        let error = liar("{}", object, answer).decide("judge", "{}");
        let Reason::InvalidOutput { violations } = *error.unwrap_err().reason else {
            panic!("{answer}");
        };
        assert_eq!(violations[0].pointer, pointer, "{answer}");
    }
    // Nothing fits what says that nothing does.
    let nothing = r#"{"not": {}}"#;
    let error = liar("{}", nothing, "{}").decide("judge", "{}").unwrap_err();
    assert_eq!(error.code(), "invalid-output");
    let error = liar(nothing, "{}", "{}").decide("judge", "{}").unwrap_err();
    assert_eq!(error.code(), "invalid-input");
    // JSON has neither: a plugin cannot smuggle one in.
    for answer in [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "{\"a\": 1} {}",
        "'a'",
        "\u{feff}{}",
    ] {
        let error = liar("{}", "{}", answer).decide("judge", "{}").unwrap_err();
        assert_eq!(error.code(), "invalid-output", "{answer}: {error}");
    }
}

#[test]
fn deeply_nested_json() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let plugin = liar("{}", "{}", &nested(1000));
    let error = plugin.decide("judge", &nested(400)).unwrap_err();
    assert_eq!(error.code(), "invalid-input", "{error}");
    let error = plugin.decide("judge", &nested(100)).unwrap_err();
    assert_eq!(error.code(), "invalid-output", "{error}");
    let plugin = liar("{}", "{}", &nested(100));
    assert_eq!(plugin.decide("judge", "{}").unwrap().output, nested(100));
}

#[test]
fn input_is_checked_before_the_plugin_runs() {
    let mut plugin = Hostile::new("rogue", "judge", Behaviour::Trap);
    plugin.input_schema =
        r#"{"type": "object", "properties": {"n": {"type": "number"}}}"#.to_owned();
    let plugin = host().load("rogue.wasm", &plugin.component()).unwrap();
    check(
        &plugin.decide("judge", r#"{"n": "1"}"#).unwrap_err(),
        "invalid-input",
        r#"the input does not fit: at `/n`: "1" is not of type "number""#,
        None,
    );
    check(
        &plugin.decide("judge", "{").unwrap_err(),
        "invalid-input",
        "the input does not fit: not JSON: EOF while parsing an object at line 1 column 1",
        None,
    );
    check(
        &plugin.decide("judge", &" ".repeat(1001)).unwrap_err(),
        "input-too-large",
        "the input is 1001 bytes, the limit `input_bytes` is 1000",
        Some(("input_bytes", 1000)),
    );
}

#[test]
fn unknown_function() {
    let plugin = Hostile::new("rogue", "judge", Behaviour::Trap);
    let plugin = host().load("rogue.wasm", &plugin.component()).unwrap();
    let error = plugin.decide("jugde", "{}").unwrap_err();
    assert_eq!(error.code(), "unknown-function");
    assert_eq!(
        error.to_string(),
        "plugin `rogue` 6.6.6, function `jugde`: no such decision, expected one of `judge`"
    );
}

#[test]
fn function_of_another_kind_is_not_called() {
    let mut plugin = Hostile::new("rogue", "judge", Behaviour::Answer(b"{}".to_vec()));
    plugin.kind = "oracle".to_owned();
    let plugin = host().load("rogue.wasm", &plugin.component()).unwrap();
    assert_eq!(plugin.function("judge").unwrap().kind, "oracle");
    assert_eq!(
        plugin.decide("judge", "{}").unwrap_err().code(),
        "unknown-function"
    );
}

#[test]
fn failure_of_its_own() {
    let error = call(Behaviour::Fail(
        "no-data",
        "there is no data",
        r#"{"at": 3}"#,
    ))
    .unwrap_err();
    check(
        &error,
        "failed",
        "failed with `no-data`: there is no data",
        None,
    );
    let Reason::Failed { details, .. } = *error.reason else {
        panic!("{error}");
    };
    assert_eq!(details["at"], 3);
}

#[test]
fn log_without_measure_is_cut_and_says_so() {
    let decision = call(Behaviour::LogFlood(1000)).unwrap();
    assert_eq!(decision.output, "{}");
    assert_eq!(decision.logs.len(), 9);
    assert_eq!(decision.logs[7].message.len(), 96);
    assert_eq!(
        decision.logs[8].message,
        "further log lines of this call were dropped, the limit `log_bytes` is 1000"
    );
}

#[test]
fn log_without_end_runs_out_of_fuel() {
    let error = call(Behaviour::LogFlood(u32::MAX)).unwrap_err();
    assert_eq!(error.code(), "fuel-exhausted");
    assert_eq!(error.logs.len(), 9);
}

#[test]
fn huge_log_line() {
    let error = call(Behaviour::HugeLogLine(5 << 20)).unwrap_err();
    assert_eq!(error.code(), "output-too-large");
}
