//! What calls of a good plugin take longer for while others misbehave beside it, on the same host.
//!
//! Run with `cargo bench -p casewright-host --bench neighbours`, on a machine that does nothing else. The host is set up
//! as the server's, or with as many places for calls as the first argument says (`-- 8`). One call is made each millisecond,
//! as people make them, since calls without a pause would measure who gets the processor; each kind of neighbour calls
//! without a pause, from twice as many threads as there are cores.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot start has nothing to say, and says it on the terminal"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark has a stopwatch, and makes its calls at their time"
)]

#[path = "../tests/support/hostile.rs"]
mod hostile;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use casewright_host::{Host, HostConfig, Plugin};
use hdrhistogram::Histogram;
use hostile::{Behaviour, Hostile};

/// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ORDER: &str = r#"{"pieces": 250}"#;
/// From one call to the next.
const PAUSE: Duration = Duration::from_millis(1);
/// How long each row is measured.
const ROW: Duration = Duration::from_secs(10);
/// The longest that is told apart, in nanoseconds.
const LONGEST_NS: u64 = 60_000_000_000;

fn main() {
    let cores = thread::available_parallelism().unwrap().get();
    let places = std::env::args().find_map(|argument| argument.parse().ok());
    let places = places.unwrap_or(2 * u32::try_from(cores - 1).unwrap().max(1));
    let host = Host::new(HostConfig {
        concurrent_calls: places,
        ..HostConfig::default()
    });
    let host = host.unwrap();
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/dist");
    let good = std::fs::read(dist.join("examples/discounts.wasm")).unwrap();
    let good = host.load("discounts.wasm", &good).unwrap();
    let rogue = |behaviour| {
        let bytes = Hostile::new("rogue", "judge", behaviour).component();
        host.load("rogue.wasm", &bytes).unwrap()
    };

    println!("{places} places, {cores} cores");
    println!(
        "beside              calls    p50 us    p99 us    max us  p50 ratio  p99 ratio  hostile calls"
    );
    let alone = measure(&good, &[]);
    row("nothing", &alone, &alone, 0);
    for (name, behaviour) in [
        ("endless loops", Behaviour::Loop),
        ("memory bombs", Behaviour::MemoryBomb),
        ("floods of the log", Behaviour::LogFlood(u32::MAX)),
        ("traps", Behaviour::Trap),
    ] {
        let rogue = rogue(behaviour);
        let count = AtomicU64::new(0);
        let neighbours: Vec<_> = (0..2 * cores).map(|_| (&rogue, &count)).collect();
        let beside = measure(&good, &neighbours);
        row(name, &beside, &alone, count.into_inner());
    }
}

/// How long calls take while each of the neighbours calls without a pause, in nanoseconds.
fn measure(good: &Plugin, neighbours: &[(&Plugin, &AtomicU64)]) -> Histogram<u64> {
    let mut latencies = Histogram::new_with_bounds(1, LONGEST_NS, 3).unwrap();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for (rogue, count) in neighbours {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    assert!(rogue.decide("judge", "{}").is_err());
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let started = Instant::now();
        let mut next = started;
        while started.elapsed() < ROW {
            let begun = Instant::now();
            good.decide("discount", ORDER).unwrap();
            let taken = u64::try_from(begun.elapsed().as_nanos()).unwrap();
            latencies.saturating_record(taken);
            next = (next + PAUSE).max(Instant::now());
            thread::park_timeout(next.saturating_duration_since(Instant::now()));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    latencies
}

fn row(name: &str, latencies: &Histogram<u64>, alone: &Histogram<u64>, hostile: u64) {
    let us = |ns: u64| ns as f64 / 1000.0;
    let at = |quantile| us(latencies.value_at_quantile(quantile));
    let ratio = |quantile| at(quantile) / us(alone.value_at_quantile(quantile));
    println!(
        "{name:18} {:6} {:9.1} {:9.1} {:9.1} {:10.2} {:10.2} {hostile:14}",
        latencies.len(),
        at(0.5),
        at(0.99),
        us(latencies.max()),
        ratio(0.5),
        ratio(0.99),
    );
}
