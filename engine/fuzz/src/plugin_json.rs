//! The boundary of plugins, where all is JSON: what goes in, what comes out, and what they declare.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use casewright_host::grants::Grant;
use casewright_host::{Attempt, CallError, Granted, MemorySpace, Plugin, Reason};
use serde_json::Value as Json;

use crate::guests::{Behaviour, Hostile, host, spelled};

/// What no answer of a service may show.
const SECRET: &str = "s3cr3t \"\u{e9}\" word";
/// What is held against schemas that are made up.
const SAMPLES: [&str; 3] = ["{}", r#"[1, "a", null]"#, r#"{"a": {"b": [1.5, true]}}"#];

static ECHO: LazyLock<Plugin> = LazyLock::new(|| decision(Behaviour::Echo));
static SPELLED: LazyLock<Plugin> = LazyLock::new(|| decision(Behaviour::Spelled));
static FAILING: LazyLock<Plugin> = LazyLock::new(|| decision(Behaviour::SpelledFailure));
static SERVING: LazyLock<Plugin> = LazyLock::new(|| service(Behaviour::Spelled));
static FAILING_SERVICE: LazyLock<Plugin> = LazyLock::new(|| service(Behaviour::SpelledFailure));

/// From anything to anything.
fn decision(behaviour: Behaviour) -> Plugin {
    let mut guest = Hostile::new("guest", "answer", behaviour);
    guest.input_schema = "{}".to_owned();
    guest.output_schema = "{}".to_owned();
    load(&guest)
}

fn service(behaviour: Behaviour) -> Plugin {
    let mut guest = Hostile::service("guest", "answer", behaviour);
    guest.input_schema = "{}".to_owned();
    guest.output_schema = "{}".to_owned();
    guest.secret = Some("token");
    let secrets = BTreeMap::from([("token".to_owned(), SECRET.to_owned())]);
    let granted = Granted::with_secrets(&Grant::default(), secrets).expect("a grant");
    let space = Arc::new(MemorySpace::default());
    load(&guest)
        .granted(&granted, space)
        .expect("it has what it wants")
}

fn load(guest: &Hostile) -> Plugin {
    let loaded = host().load("guest.wasm", &guest.component());
    loaded.unwrap_or_else(|error| panic!("{error}"))
}

/// JSON that is read in more than one way, or hardly at all.
const TEXTS: [&str; 14] = [
    "null",
    "-0",
    "[1e400, 1E+2, 0.1]",
    "[18446744073709551616, -9223372036854775809, 9007199254740993]",
    r#"{"a": 1, "a": 2}"#,
    r#""\ud800""#,
    r#"["\ud83d\ude00", "\u0000", "\/"]"#,
    "\u{feff}{}",
    r#"["s3cr3t \"\u00e9\" word"]"#,
    r#"{"s3cr3t \"é\" word": [1]}"#,
    r##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": ["object", "array"]}}}"##,
    r#"{"properties": {"a": {"pattern": "^(a+)+$", "format": "date-time"}}, "required": ["a"]}"#,
    r#"{"prefixItems": [{"const": 1}], "uniqueItems": true, "unevaluatedItems": false}"#,
    r#"{"if": {"type": "object"}, "then": {"minProperties": 1}, "else": {"not": {}}}"#,
];

/// First inputs: those texts, as deep a value as is read, and `more`, each in every way across the boundary.
pub fn json_seeds(more: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let texts = TEXTS.map(|text| text.as_bytes().to_vec());
    let deep = [127, 128].map(|levels| {
        ["[".repeat(levels), "]".repeat(levels)]
            .concat()
            .into_bytes()
    });
    let texts = texts.into_iter().chain(deep).chain(more);
    texts
        .flat_map(|text| b"ABCDE".map(|way| [&[way][..], &text].concat()))
        .collect()
}

/// Hands bytes to plugins and lets plugins hand them back: the first byte says how.
pub fn plugin_json(bytes: &[u8]) {
    let Some((way, bytes)) = bytes.split_first() else {
        return;
    };
    match way % 5 {
        0 => given(bytes),
        1 => answered(bytes),
        2 => declined(bytes),
        3 => served(bytes),
        _ => declared(bytes),
    }
}

/// As the input of a function that answers with its input.
fn given(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let answer = ECHO.decide("answer", text);
    match serde_json::from_str::<Json>(text) {
        Ok(value) => {
            let decision = answer.unwrap_or_else(|error| panic!("JSON is taken: {error}"));
            assert_eq!(decision.output, text, "an answer is kept as it is");
            assert_eq!(decision.value, value, "an answer is read as it was given");
            comes_back(&value);
        }
        Err(_) => check_code(&answer, "invalid-input"),
    }
}

/// A value is the same after it was through a plugin.
fn comes_back(value: &Json) {
    let answer = ECHO.decide_value("answer", value);
    let decision = answer.unwrap_or_else(|error| panic!("a value that was read is taken: {error}"));
    assert_eq!(decision.value, *value, "a value comes back");
    let again = ECHO.decide("answer", &decision.output);
    assert_eq!(again.expect("its text is taken").output, decision.output);
}

/// As the output of a function.
fn answered(bytes: &[u8]) {
    let answer = SPELLED.decide("answer", &spelled(bytes));
    match json(bytes) {
        Some((text, value)) => {
            let decision = answer.unwrap_or_else(|error| panic!("JSON is taken: {error}"));
            assert_eq!((decision.output.as_str(), &decision.value), (text, &value));
            comes_back(&value);
        }
        None => check_code(&answer, "invalid-output"),
    }
}

/// As code, message and details of a failure.
fn declined(bytes: &[u8]) {
    let failures = [
        FAILING.decide("answer", &spelled(bytes)).err(),
        serve(&FAILING_SERVICE, bytes).err(),
    ];
    for (error, of_service) in failures.into_iter().zip([false, true]) {
        let error = error.expect("it fails");
        let Ok(text) = std::str::from_utf8(bytes) else {
            assert_eq!(error.code(), "invalid-output", "{error}");
            continue;
        };
        let Reason::Failed {
            code,
            message,
            details,
            ..
        } = &*error.reason
        else {
            panic!("it says itself why it fails: {error}");
        };
        if of_service {
            tells_no_secret(&format!("{code} {message} {}", texts(details)));
            continue;
        }
        assert_eq!([code, message], [text, text]);
        let expected = match text {
            "" => Json::Null,
            _ => serde_json::from_str(text).unwrap_or_else(|_| Json::from(text)),
        };
        assert_eq!(*details, expected);
    }
}

/// As the output of a service that knows a secret.
fn served(bytes: &[u8]) {
    let answer = serve(&SERVING, bytes);
    match json(bytes) {
        Some((text, value)) => {
            let served = answer.unwrap_or_else(|error| panic!("JSON is taken: {error}"));
            tells_no_secret(&texts(&served.value));
            assert_eq!(
                json(served.output.as_bytes()).map(|(_, value)| value),
                Some(served.value)
            );
            // Nothing but the secret is taken out.
            if served.logs.is_empty() {
                assert_eq!(served.output, text);
            } else {
                assert!(texts(&value).contains(SECRET), "it held the secret");
            }
        }
        // What is read is what is left without the secret, and that may be JSON.
        None if String::from_utf8_lossy(bytes).contains(SECRET) => {
            if let Ok(served) = answer {
                tells_no_secret(&texts(&served.value));
            }
        }
        None => check_code(&answer, "invalid-output"),
    }
}

/// As the schema of a function's input and output.
fn declared(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut guest = Hostile::new("guest", "answer", Behaviour::Echo);
    guest.input_schema = text.to_owned();
    guest.output_schema = text.to_owned();
    let plugin = match host().load("guest.wasm", &guest.component()) {
        Ok(plugin) => plugin,
        Err(error) => {
            assert_eq!(error.code(), "invalid-description", "{error}");
            return;
        }
    };
    let declared: Json = serde_json::from_str(text).expect("what is declared is JSON");
    assert_eq!(plugin.functions()[0].input_schema, declared);
    for sample in SAMPLES {
        let value: Json = serde_json::from_str(sample).expect("JSON");
        match plugin.decide("answer", sample) {
            Ok(decision) => assert_eq!(decision.value, value),
            Err(error) => assert_eq!(error.code(), "invalid-input", "one schema judges both ways"),
        }
        let [as_text, as_value] = [
            plugin.decide("answer", sample).is_ok(),
            plugin.decide_value("answer", &value).is_ok(),
        ];
        assert_eq!(as_text, as_value, "a value is judged as its text is");
    }
}

fn serve(plugin: &Plugin, bytes: &[u8]) -> Result<casewright_host::Served, CallError> {
    let attempt = Attempt {
        key: "key".to_owned(),
        number: 1,
        case: "case".to_owned(),
    };
    plugin.serve(
        "answer",
        &Json::from(spelled(bytes).trim_matches('"')),
        &attempt,
    )
}

/// The bytes as text and as a value, if they are JSON.
fn json(bytes: &[u8]) -> Option<(&str, Json)> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some((text, serde_json::from_str(text).ok()?))
}

/// All texts in a value, names included, without escapes.
fn texts(value: &Json) -> String {
    match value {
        Json::String(text) => format!("{text}\n"),
        Json::Array(items) => items.iter().map(texts).collect(),
        Json::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, field)| format!("{name}\n{}", texts(field)))
                .collect()
        }
        other => format!("{other}\n"),
    }
}

#[track_caller]
fn tells_no_secret(text: &str) {
    assert!(!text.contains(SECRET), "a secret in {text:?}");
}

#[track_caller]
fn check_code<T: std::fmt::Debug>(answer: &Result<T, CallError>, code: &str) {
    match answer {
        Ok(answer) => panic!("taken although it is no JSON: {answer:?}"),
        Err(error) => assert_eq!(error.code(), code, "{error}"),
    }
}
