//! Calls leave nothing behind. A test binary of its own, because it looks at the memory of its process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use casewright_host::{Host, HostConfig};

/// Beyond what was in memory after the first calls: a page a call would be forty times as much.
const SLACK_BYTES: usize = 1 << 20;

/// Held by whoever looks at the memory of the process.
static ALONE: Mutex<()> = Mutex::new(());

fn resident_bytes() -> usize {
    bytes_of("VmRSS:")
}

/// What the system says of this process under a name.
fn bytes_of(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.unwrap().trim().strip_suffix(" kB").unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}

#[test]
fn ten_thousand_calls_leave_memory_as_it_was() {
    let _alone = ALONE.lock().unwrap();
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    let bytes = fs::read(plugins.join("dist/complaint-routing.wasm")).unwrap();
    let input = r#"{"content": "late", "rules": [], "sla": {}, "default_department": "service"}"#;
    let host = Host::new(HostConfig::default()).unwrap();
    let plugin = host.load("complaint-routing.wasm", &bytes).unwrap();
    let calls = |count: usize| {
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..count / 2 {
                        plugin.decide("route-complaint", input).unwrap();
                    }
                });
            }
        });
    };
    calls(1000);
    let before = resident_bytes();
    calls(10_000);
    let after = resident_bytes();
    assert!(after < before + SLACK_BYTES, "{before} bytes, then {after}");
}

/// What [`HostConfig::concurrent_calls`] says of it.
#[test]
fn a_place_for_a_call_takes_sixteen_gibibytes_of_addresses() {
    const PLACES: u32 = 16;
    let _alone = ALONE.lock().unwrap();
    let with = |concurrent_calls| {
        let before = bytes_of("VmSize:");
        let host = Host::new(HostConfig {
            concurrent_calls,
            ..HostConfig::default()
        });
        let after = bytes_of("VmSize:");
        drop(host.unwrap());
        after - before
    };
    // What a host takes but once is in both.
    let places = with(PLACES + 1) - with(1);
    let gibibytes = places as f64 / f64::from(PLACES) / f64::from(1 << 30);
    assert!((16.0..16.5).contains(&gibibytes), "{gibibytes} GiB");
}
