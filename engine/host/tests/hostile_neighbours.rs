//! While plugins misbehave, calls of a plugin beside them go on and answer as they always do.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/hostile.rs"]
mod hostile;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use casewright_host::{Decision, Host, HostConfig, Limits, Plugin};
use hostile::{Behaviour, Hostile};

fn host() -> Host {
    Host::new(HostConfig {
        limits: Limits {
            fuel: 1_000_000,
            describe_fuel: 1_000_000,
            memory_bytes: 8 << 20,
            ..Limits::default()
        },
        concurrent_calls: 3,
        ..HostConfig::default()
    })
    .unwrap()
}

/// A plugin that counts its calls in memory: it answers the same for as long as nobody writes there.
fn neighbour(host: &Host) -> Plugin {
    let mut plugin = Hostile::new("neighbour", "count", Behaviour::Count);
    plugin.output_schema = "{}".to_owned();
    host.load("neighbour.wasm", &plugin.component()).unwrap()
}

/// Calls the neighbour for as long as `work` lasts, at least once, and asserts that every answer is that of
/// a call when nothing else runs.
fn beside(host: &Host, work: impl FnOnce() + Send) {
    let neighbour = neighbour(host);
    let alone: Decision = neighbour.decide("count", "{}").unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let working = scope.spawn(|| {
            work();
            done.store(true, Ordering::Release);
        });
        loop {
            // A worker that failed ends the loop, too.
            let last = done.load(Ordering::Acquire) || working.is_finished();
            assert_eq!(neighbour.decide("count", "{}").unwrap(), alone);
            if last {
                break;
            }
        }
    });
}

#[test]
fn bad_calls_harm_nobody_else() {
    let host = host();
    for (behaviour, code) in [
        (Behaviour::Loop, "fuel-exhausted"),
        (Behaviour::LoopInRealloc, "fuel-exhausted"),
        (Behaviour::LoopInPostReturn, "fuel-exhausted"),
        (Behaviour::MemoryBomb, "memory-exceeded"),
        (Behaviour::TableBomb, "table-exceeded"),
        (Behaviour::Trap, "trap"),
        (Behaviour::Recurse, "stack-overflow"),
        (Behaviour::HugeAnswer(5 << 20), "output-too-large"),
        (Behaviour::OutOfBounds, "trap"),
        (Behaviour::ReallocOutOfBounds, "trap"),
        (Behaviour::NoSuchCase, "trap"),
        (Behaviour::Answer(b"\xff".to_vec()), "invalid-output"),
        (Behaviour::LogFlood(u32::MAX), "fuel-exhausted"),
        (Behaviour::HugeLogLine(5 << 20), "output-too-large"),
        (Behaviour::LogNotText, "invalid-output"),
    ] {
        let rogue = Hostile::new("rogue", "judge", behaviour.clone());
        let rogue = host.load("rogue.wasm", &rogue.component()).unwrap();
        beside(&host, || {
            for _ in 0..10 {
                let error = rogue.decide("judge", "{}").unwrap_err();
                assert_eq!(error.code(), code, "{behaviour:?}: {error}");
            }
        });
    }
}

#[test]
fn bad_files_harm_nobody_else() {
    let host = host();
    let bad = [
        Behaviour::LoopInStart,
        Behaviour::LoopInDescribe,
        Behaviour::MemoryBombInStart,
        Behaviour::MemoryBombInDescribe,
        Behaviour::RecurseInStart,
        Behaviour::RecurseInDescribe,
        Behaviour::TrapInDescribe,
        Behaviour::LogFloodInDescribe(u32::MAX),
        Behaviour::ManyFunctions(90_000),
    ];
    let files = bad.map(|behaviour| Hostile::new("rogue", "judge", behaviour).component());
    beside(&host, || {
        for file in &files {
            for _ in 0..3 {
                assert!(host.load("rogue.wasm", file).is_err());
            }
        }
    });
}
