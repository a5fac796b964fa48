//! What holds from call to call: nothing is remembered, everything repeats, and calls run side by side.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "support/hostile.rs"]
mod hostile;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread;

use casewright_host::{Host, HostConfig, Limits, Plugin, Reason};
use hostile::{Behaviour, Hostile};

fn load(host: &Host, behaviour: Behaviour) -> Plugin {
    let mut plugin = Hostile::new("calls", "call", behaviour);
    plugin.output_schema = "{}".to_owned();
    host.load("calls.wasm", &plugin.component()).unwrap()
}

#[test]
fn no_call_sees_what_another_left() {
    let host = Host::new(HostConfig::default()).unwrap();
    let plugin = load(&host, Behaviour::Count);
    for _ in 0..3 {
        // One call counted in memory and one in the global, every time.
        assert_eq!(plugin.decide("call", "{}").unwrap().output, "2");
    }
}

#[test]
fn same_input_does_the_same_work() {
    let host = Host::new(HostConfig::default()).unwrap();
    let plugin = load(&host, Behaviour::LogFlood(3));
    let first = plugin.decide("call", "{}").unwrap();
    assert_eq!(first.logs.len(), 3);
    assert_eq!(plugin.decide("call", "{}").unwrap(), first);
}

#[test]
fn a_value_is_taken_as_its_text_is() {
    let host = Host::new(HostConfig {
        limits: Limits {
            input_bytes: 100,
            ..Limits::default()
        },
        ..HostConfig::default()
    });
    let plugin = load(&host.unwrap(), Behaviour::Count);
    for input in [
        "{}",
        "[]",
        r#"{"a": 1}"#,
        &format!(r#"{{"a": "{}"}}"#, "x".repeat(100)),
    ] {
        let value = serde_json::from_str(input).unwrap();
        let told = |answer: Result<casewright_host::Decision, casewright_host::CallError>| {
            answer
                .map(|decision| decision.output)
                .map_err(|error| error.code())
        };
        let text = told(plugin.decide("call", input));
        assert_eq!(told(plugin.decide_value("call", &value)), text, "{input}");
    }
}

#[test]
fn calls_beyond_the_places_wait_for_one() {
    let config = HostConfig {
        concurrent_calls: 2,
        ..HostConfig::default()
    };
    let host = Host::new(config).unwrap();
    let plugin = load(&host, Behaviour::Count);
    let endless = load(&host, Behaviour::Loop);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert_eq!(
                    endless.decide("call", "{}").unwrap_err().code(),
                    "fuel-exhausted"
                )
            });
            scope.spawn(|| assert_eq!(plugin.decide("call", "{}").unwrap().output, "2"));
        }
    });
}

#[test]
fn plugin_outlives_host_and_its_successor() {
    let host = Host::new(HostConfig::default()).unwrap();
    let old = load(&host, Behaviour::Answer(b"1".to_vec()));
    let new = load(&host, Behaviour::Answer(b"2".to_vec()));
    drop(host);
    assert_ne!(old.digest(), new.digest());
    assert_eq!(old.decide("call", "{}").unwrap().output, "1");
    assert_eq!(new.decide("call", "{}").unwrap().output, "2");
}

#[test]
fn plugins_have_limits_of_their_own() {
    let limits = |fuel, memory_bytes| Limits {
        fuel,
        memory_bytes,
        ..Limits::default()
    };
    let named = |name: &str, limits| (name.to_owned(), limits);
    let host = Host::new(HostConfig {
        limits: limits(1000, 8 << 20),
        plugin_limits: BTreeMap::from([
            named("large", limits(2000, 32 << 20)),
            named("small", limits(500, 1 << 20)),
        ]),
        ..HostConfig::default()
    })
    .unwrap();
    let exhausted = |file: &str| {
        let bytes = Hostile::new("calls", "call", Behaviour::Loop).component();
        let plugin = host.load(file, &bytes).unwrap();
        plugin.decide("call", "{}").unwrap_err().to_string()
    };
    let message = |fuel| {
        format!(
            "plugin `calls` 6.6.6, function `call`: ran out of fuel, the limit `fuel` is {fuel}"
        )
    };
    assert_eq!(exhausted("plugins/large.wasm"), message(2000));
    // What it calls itself gives it nothing.
    assert_eq!(exhausted("plugins/calls.wasm"), message(1000));

    let refused = |file: &str| {
        let bytes = Hostile::new("large", "call", Behaviour::MemoryBomb).component();
        let plugin = host.load(file, &bytes).map_err(|error| error.limit())?;
        plugin.decide("call", "{}").map_err(|error| error.limit())
    };
    let memory = |figure| Err(Some(("memory_bytes", figure)));
    assert_eq!(refused("large.wasm"), memory(32 << 20));
    assert_eq!(refused("other.wasm"), memory(8 << 20));
    // It does not even start.
    assert_eq!(refused("small.wasm"), memory(1 << 20));
}

#[test]
fn trap_tells_where_by_the_names_that_the_plugin_carries() {
    let host = Host::new(HostConfig::default()).unwrap();
    let plugin = load(&host, Behaviour::DeepTrap);
    let error = plugin.decide("call", "{}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "plugin `calls` 6.6.6, function `call`: trapped: integer divide by zero, in `inner` < \
         `rules::outer` < `decide`"
    );
    let Reason::Trap { frames, .. } = *error.reason else {
        panic!("{error}");
    };
    assert_eq!(frames.len(), 3);
    assert!(frames[0].offset < frames[1].offset, "{frames:?}");
}

/// What is kept of compiled code, with everything in it but the key.
fn entries(folder: &std::path::Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some()).collect()
}

#[test]
fn compiled_code_is_kept_and_made_again_when_it_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("new/code");
    let start = || {
        let host = Host::new(HostConfig {
            code_cache: Some(folder.clone()),
            ..HostConfig::default()
        });
        let plugin = load(&host.unwrap(), Behaviour::Count);
        assert_eq!(plugin.decide("call", "{}").unwrap().output, "2");
    };
    start();
    let [entry] = &entries(&folder)[..] else {
        panic!("expected one entry");
    };
    let good = fs::read(entry).unwrap();
    let written = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let first = written(entry);
    start();
    assert_eq!(written(entry), first, "it was compiled again");
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(entry, &bad).unwrap();
    start();
    assert_eq!(fs::read(entry).unwrap().len(), good.len());
    assert_ne!(fs::read(entry).unwrap(), bad);
}

#[test]
fn folder_that_cannot_keep_code_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Host::new(HostConfig {
        code_cache: Some(file.path().to_owned()),
        ..HostConfig::default()
    });
    let error = error.unwrap_err().to_string();
    assert!(error.contains("cannot keep compiled plugins in"), "{error}");
}
