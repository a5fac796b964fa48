//! What holds from call to call: nothing is remembered, everything repeats, and calls run side by side.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/hostile.rs"]
mod hostile;

use std::thread;

use casewright_host::{Host, HostConfig, Plugin};
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
