//! Files that are not taken as plugins: each is refused with its reason, and nothing panics.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "support/hostile.rs"]
mod hostile;

use casewright_host::{Host, HostConfig, Limits, LoadError, LoadFailure};
use hostile::{Behaviour, Hostile};

fn host() -> Host {
    Host::new(HostConfig {
        limits: Limits {
            describe_fuel: 5_000_000,
            memory_bytes: 16 << 20,
            output_bytes: 600_000,
            log_bytes: 1000,
            component_bytes: 1 << 20,
            ..Limits::default()
        },
        concurrent_calls: 2,
        ..HostConfig::default()
    })
    .unwrap()
}

fn harmless() -> Hostile {
    Hostile::new("rogue", "judge", Behaviour::Answer(b"{}".to_vec()))
}

fn load(bytes: &[u8]) -> LoadError {
    host().load("rogue.wasm", bytes).unwrap_err()
}

/// Asserts the code and the whole message.
#[track_caller]
fn check(error: &LoadError, code: &str, message: &str) {
    assert_eq!(error.code(), code, "{error}");
    assert_eq!(error.to_string(), format!("plugin `rogue.wasm`: {message}"));
}

const NOT_WASM_HINT: &str = "\n\nhint: give the `.wasm` file that the build wrote";

#[test]
fn component_and_module_are_both_taken() {
    for bytes in [harmless().component(), harmless().module()] {
        let plugin = host().load("rogue.wasm", &bytes).unwrap();
        assert_eq!((plugin.name(), plugin.version()), ("rogue", "6.6.6"));
        assert_eq!(plugin.decide("judge", "{}").unwrap().output, "{}");
    }
}

#[test]
fn empty_file() {
    let message =
        format!("expected a WebAssembly component or module, found an empty file{NOT_WASM_HINT}");
    check(&load(b""), "not-wasm", &message);
}

#[test]
fn zip_of_nothing() {
    let mut zip = b"PK\x05\x06".to_vec();
    zip.extend([0; 18]);
    let message =
        format!("expected a WebAssembly component or module, found a zip archive{NOT_WASM_HINT}");
    check(&load(&zip), "not-wasm", &message);
}

#[test]
fn garbage() {
    let message = format!(
        "expected a WebAssembly component or module, found the bytes `de ad be ef`{NOT_WASM_HINT}"
    );
    check(&load(b"\xde\xad\xbe\xef and more"), "not-wasm", &message);
    assert_eq!(load(b"\0asm").code(), "not-wasm");
    assert_eq!(load(b"\0asm\x09\0\0\0").code(), "not-wasm");
}

#[test]
fn file_that_is_too_long() {
    let error = load(&vec![0; (1 << 20) + 1]);
    let message = "the file is 1048577 bytes, the limit `component_bytes` is 1048576";
    check(&error, "component-too-large", message);
    assert_eq!(error.limit(), Some(("component_bytes", 1 << 20)));
}

#[test]
fn truncated_file() {
    for whole in [harmless().component(), harmless().module()] {
        for part in 1..20 {
            let bytes = &whole[..whole.len() * part / 20];
            let error = load(bytes);
            let codes = ["not-wasm", "malformed-wasm", "wrong-world"];
            assert!(codes.contains(&error.code()), "{part}/20: {error}");
        }
    }
}

/// Loads and calls every mutation; whatever comes of it, it is a value and not a panic.
#[test]
fn damaged_file() {
    let host = host();
    // Knuth's linear congruential generator: the same mutations on every run.
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for whole in [harmless().component(), harmless().module()] {
        for _ in 0..150 {
            let mut bytes = whole.clone();
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            if let Ok(plugin) = host.load("rogue.wasm", &bytes) {
                let _ = plugin.decide("judge", "{}");
            }
        }
    }
}

#[test]
fn import_of_anything_but_logging() {
    let rogue = Hostile::new("rogue", "judge", Behaviour::Import("env", "open"));
    let message = "imports `env#open`, but a decision may import logging alone";
    check(&load(&rogue.module()), "forbidden-import", message);
}

#[test]
fn import_of_wasi() {
    let hint = "\n\nhint: build for `wasm32-unknown-unknown`, or switch off the language runtime's use of WASI";
    let rogue = Behaviour::Import("wasi_snapshot_preview1", "random_get");
    let rogue = Hostile::new("rogue", "judge", rogue);
    let message =
        "imports `wasi_snapshot_preview1#random_get`, but a decision may import logging alone";
    check(
        &load(&rogue.module()),
        "forbidden-import",
        &format!("{message}{hint}"),
    );

    let component = r#"(component
        (import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func)))))"#;
    let message = "imports `wasi:clocks/wall-clock@0.2.0`, but a decision may import logging alone";
    let error = load(&wat::parse_str(component).unwrap());
    check(&error, "forbidden-import", &format!("{message}{hint}"));
}

#[test]
fn import_of_logging_with_another_type() {
    let component = r#"(component
        (import "casewright:plugin/logging@0.1.0"
          (instance (export "log" (func (param "level" u32))))))"#;
    assert_eq!(
        load(&wat::parse_str(component).unwrap()).code(),
        "wrong-world"
    );
}

#[test]
fn component_of_another_world() {
    let message = "expected the exports of the world `casewright:plugin/decision@0.1.0`: no export \
                   `casewright:plugin/catalogue@0.1.0`\n\nhint: build it against the WIT package in \
                   `plugins/wit/v0.1.0`";
    check(
        &load(&wat::parse_str("(component)").unwrap()),
        "wrong-world",
        message,
    );
    assert_eq!(
        load(&wat::parse_str("(module)").unwrap()).code(),
        "wrong-world"
    );
    assert_eq!(load(&harmless().bare_module()).code(), "wrong-world");
}

#[test]
fn export_of_another_type() {
    let component = r#"(component
        (instance (export "casewright:plugin/catalogue@0.1.0"))
        (instance (export "casewright:plugin/decisions@0.1.0")))"#;
    assert_eq!(
        load(&wat::parse_str(component).unwrap()).code(),
        "wrong-world"
    );
}

#[test]
fn module_of_too_much_memory() {
    let host = Host::new(HostConfig {
        limits: Limits {
            memory_bytes: 1 << 20,
            ..Limits::default()
        },
        concurrent_calls: 2,
        ..HostConfig::default()
    });
    let error = host
        .unwrap()
        .load("rogue.wasm", &harmless().component())
        .unwrap_err();
    let message = "needs more than a call gets: memory has a minimum byte size of 5242880 which \
                   exceeds the limit of 0x100000 bytes";
    check(&error, "needs-too-much", message);
}

/// Asserts how loading a plugin of this behaviour fails: while it is asked to describe itself.
#[track_caller]
fn check_describe(behaviour: Behaviour, code: &str, message: &str) {
    let error = load(&Hostile::new("rogue", "judge", behaviour).component());
    check(&error, code, &format!("function `describe`: {message}"));
}

#[test]
fn endless_loop_in_describe() {
    let message = "ran out of fuel, the limit `describe_fuel` is 5000000";
    check_describe(Behaviour::LoopInDescribe, "fuel-exhausted", message);
    check_describe(Behaviour::LoopInStart, "fuel-exhausted", message);
    let error = load(&Hostile::new("rogue", "judge", Behaviour::LoopInDescribe).component());
    assert_eq!(error.limit(), Some(("describe_fuel", 5_000_000)));
}

#[test]
fn memory_without_end_in_describe() {
    let message = "asked for more memory, the limit `memory_bytes` is 16777216";
    check_describe(Behaviour::MemoryBombInDescribe, "memory-exceeded", message);
    check_describe(Behaviour::MemoryBombInStart, "memory-exceeded", message);
}

#[test]
fn recursion_without_end_in_describe() {
    let message = "nested calls too deep, the limit `stack_bytes` is 524288";
    check_describe(Behaviour::RecurseInDescribe, "stack-overflow", message);
    check_describe(Behaviour::RecurseInStart, "stack-overflow", message);
}

#[test]
fn trap_in_describe() {
    let message = "trapped: wasm `unreachable` instruction executed, in `describe`";
    check_describe(Behaviour::TrapInDescribe, "trap", message);
}

#[test]
fn log_without_end_in_describe() {
    let flood = Behaviour::LogFloodInDescribe(u32::MAX);
    let error = load(&Hostile::new("rogue", "judge", flood).component());
    let LoadFailure::Describe(error) = error.failure else {
        panic!("{error}");
    };
    assert_eq!(error.code(), "fuel-exhausted");
    assert_eq!(error.logs.len(), 9);
}

#[test]
fn contract_of_the_newer_version() {
    let mut plugin = harmless();
    plugin.contract = "0.2.0".to_owned();
    for bytes in [plugin.component(), plugin.module()] {
        let plugin = host().load("newer.wasm", &bytes).unwrap();
        let function = plugin.functions()[0].name.clone();
        assert_eq!(plugin.decide(&function, "{}").unwrap().output, "{}");
        assert!(plugin.wanted().is_empty());
    }
    plugin.kind = "service".to_owned();
    let error = load(&plugin.component());
    assert_eq!(error.code(), "invalid-description");
    let text = error.to_string();
    assert!(
        text.contains("found `service` in a plugin of the world `decision`"),
        "{text}"
    );
}

/// Sockets are no part of what a service may import, whoever grants what.
#[test]
fn service_that_imports_sockets() {
    let module = r#"(module
        (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.start-connect" (func))
        (func (export "casewright:plugin/services@0.2.0#serve")))"#;
    let error = load(&wat::parse_str(module).unwrap());
    assert_eq!(error.code(), "forbidden-import");
    assert_eq!(
        error.to_string().lines().next().unwrap(),
        "plugin `rogue.wasm`: imports `wasi:sockets/tcp@0.2.12#[method]tcp-socket.start-connect`, but a service \
         reaches the world by `casewright:plugin` and `wasi:http/outgoing-handler` alone"
    );
}

#[test]
fn contract_of_another_version() {
    let mut later = harmless();
    later.contract = "0.3.0".to_owned();
    for bytes in [later.component(), later.module()] {
        let error = load(&bytes);
        assert_eq!(error.code(), "wrong-world");
        let text = error.to_string();
        assert!(
            text.contains("no export `casewright:plugin/catalogue@0.1.0`"),
            "{text}"
        );
    }
}

/// One bit of each byte in turn: what comes of it is a plugin or a refusal.
#[test]
fn every_byte_flipped() {
    let host = host();
    for whole in [harmless().component(), harmless().module()] {
        let refused = (0..whole.len()).filter(|&at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            match host.load("rogue.wasm", &bytes) {
                Ok(plugin) => {
                    let _ = plugin.decide("judge", "{}");
                    false
                }
                Err(_) => true,
            }
        });
        assert!(refused.count() > whole.len() / 4);
    }
}

#[test]
fn description_that_multiplies() {
    let many = Hostile::new("rogue", "judge", Behaviour::ManyFunctions(90_000));
    assert_eq!(load(&many.component()).code(), "output-too-large");
}

#[test]
fn names_and_versions_are_checked() {
    let mut rogue = harmless();
    rogue.name = "../etc".to_owned();
    let message = "its description is not usable, `name`: expected kebab case of at most 64 bytes, found `../etc`";
    check(&load(&rogue.component()), "invalid-description", message);

    let mut rogue = harmless();
    rogue.version = "latest\u{1b}[2J".to_owned();
    let message = "its description is not usable, `version`: expected a version such as `1.4.0`, found `latest\\u{1b}[2J`";
    check(&load(&rogue.component()), "invalid-description", message);

    let mut rogue = harmless();
    rogue.function = String::new();
    assert_eq!(load(&rogue.component()).code(), "invalid-description");

    let long = "a".repeat(65);
    for name in [
        "",
        "-",
        "a-",
        "Rogue",
        "rogue.wasm",
        "a/b",
        "rog\u{fc}e",
        "rogu\u{435}",
        "a b",
        "a\0",
        "..",
        "\u{202e}a",
        &long,
    ] {
        let [mut named, mut function] = [harmless(), harmless()];
        named.name = name.to_owned();
        function.function = name.to_owned();
        for rogue in [named, function] {
            assert_eq!(
                load(&rogue.component()).code(),
                "invalid-description",
                "{name:?}"
            );
        }
    }
    for version in ["", "v1", "1/2", "1\n2", &"1".repeat(65)] {
        let mut rogue = harmless();
        rogue.version = version.to_owned();
        assert_eq!(
            load(&rogue.component()).code(),
            "invalid-description",
            "{version:?}"
        );
    }
    // However long it is, an error quotes no more than a line of it.
    let mut rogue = harmless();
    rogue.name = "a".repeat(500_000);
    assert!(load(&rogue.component()).to_string().len() < 300);
}

#[test]
fn schemas_without_measure() {
    let refused = |schema: String| {
        let mut rogue = harmless();
        rogue.input_schema = schema;
        load(&rogue.component())
    };
    let wide = format!(r#"{{"enum": [{}0]}}"#, "0,".repeat(20_000));
    let message = "its description is not usable, function `judge`, `input-schema`: written out, it \
                   has more than 10000 values";
    check(&refused(wide), "invalid-description", message);
    let long = format!(r#"{{"title": "{}"}}"#, "a".repeat(700_000));
    assert_eq!(refused(long).code(), "output-too-large");
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(refused(deep).code(), "invalid-description");
    let pattern = format!(r#"{{"pattern": "{}"}}"#, "(a{1000}){1000}".repeat(10));
    assert_eq!(refused(pattern).code(), "invalid-description");
}

#[test]
fn schemas_are_checked() {
    let place = "its description is not usable, function `judge`, `output-schema`";
    let refused = |schema: &str| {
        let mut rogue = harmless();
        rogue.output_schema = schema.to_owned();
        load(&rogue.component())
    };
    let message = format!("{place}: not JSON: expected value at line 1 column 1");
    check(&refused("object"), "invalid-description", &message);
    let message = format!("{place}: expected a JSON object, found a boolean");
    check(&refused("true"), "invalid-description", &message);
    let deep = format!("{}{{}}{}", r#"{"not": "#.repeat(100), "}".repeat(100));
    let message = format!("{place}: refers to itself or nests deeper than 64 levels");
    check(&refused(&deep), "invalid-description", &message);
    for schema in [
        r#"{"type": "objet"}"#,
        r#"{"$ref": "https://example.com/schema.json"}"#,
        r#"{"$ref": "file:///etc/passwd"}"#,
        r##"{"$ref": "#/$defs/nowhere"}"##,
        r##"{"$ref": "#"}"##,
        r#"{"pattern": "(a"}"#,
        r#"{"pattern": "(?=look-ahead)"}"#,
    ] {
        assert_eq!(refused(schema).code(), "invalid-description", "{schema}");
    }
}
