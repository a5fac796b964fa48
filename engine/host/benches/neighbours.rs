//! What calls of a good plugin take longer for while others misbehave beside it, on the same host.
//!
//! Run with `cargo bench -p casewright-host --bench neighbours`, on a machine that does nothing else. The host is set up
//! as the server's, or with as many places for calls as the first argument says (`-- 8`). One call is made each
//! millisecond; each kind of neighbour calls without a pause, from twice as many threads as there are cores.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot start has nothing to say, and says it on the terminal"
)]

#[path = "../tests/support/beside.rs"]
mod beside;
#[path = "../tests/support/hostile.rs"]
mod hostile;

use std::path::Path;
use std::thread;
use std::time::Duration;

use beside::Table;
use casewright_host::{Host, HostConfig};
use hostile::{Behaviour, Hostile};

/// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ORDER: &str = r#"{"pieces": 250}"#;

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
    let call = || drop(good.decide("discount", ORDER).unwrap());

    println!("{places} places, {cores} cores");
    let mut table = Table::new(Duration::from_millis(1));
    table.row("nothing", call, 0, |_| ());
    for (name, behaviour) in Behaviour::costly() {
        let bytes = Hostile::new("rogue", "judge", behaviour).component();
        let rogue = host.load("rogue.wasm", &bytes).unwrap();
        let misbehave = |_| assert!(rogue.decide("judge", "{}").is_err());
        table.row(name, call, 2 * cores, misbehave);
    }
}
