//! Runs that are drawn: the real runtime on the real store, on a simulated disk that fills up, fails and
//! crashes, with a clock that jumps and plugins that break. One seed gives one run.
//!
//! `SIMULATION_SEEDS=10000 cargo test -p casewright-tests --test it -- simulation` runs more of them,
//! `SIMULATION_FROM=17 SIMULATION_SEEDS=1` one again.

mod foretold;
mod model;
mod numbers;
mod oracle;
mod run;
mod workflow;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use casewright_definition::Definition;

use numbers::Numbers;
use run::{Summary, run};

/// How many seeds are run when nobody says.
const SEEDS: u64 = 200;
/// How many seeds share their workflows, which take longer to compile than to run.
const SEEDS_OF_A_PACK: u64 = 25;

/// A number from the environment.
fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    match value.parse() {
        Ok(number) => Some(number),
        Err(_) => panic!("expected a number in `{name}`, found `{value}`"),
    }
}

/// The workflows of a seed, compiled once.
fn definitions(seed: u64) -> Arc<Vec<Arc<Definition>>> {
    type Packs = BTreeMap<u64, Arc<OnceLock<Arc<Vec<Arc<Definition>>>>>>;
    static PACKS: Mutex<Packs> = Mutex::new(BTreeMap::new());
    let pack = seed / SEEDS_OF_A_PACK;
    let drawn = PACKS.lock().unwrap().entry(pack).or_default().clone();
    let draw = || {
        let mut numbers = Numbers::new(!pack);
        let drawn = [("one", "1.0.0"), ("two", "1.0.0"), ("one", "2.0.0")]
            .map(|(id, version)| workflow::definition(&mut numbers, id, version));
        Arc::new(drawn.to_vec())
    };
    drawn.get_or_init(draw).clone()
}

/// Runs a seed; a panic is a failure like any other.
fn try_seed(seed: u64) -> Result<Summary, String> {
    let ran = catch_unwind(AssertUnwindSafe(|| run(seed, &definitions(seed))));
    ran.unwrap_or_else(|panic| {
        let told = panic.downcast_ref::<String>().cloned();
        let told = told.or_else(|| panic.downcast_ref::<&str>().map(|told| (*told).to_owned()));
        Err(format!("it panicked: {}", told.unwrap_or_default()))
    })
}

#[test]
fn whatever_happens_the_store_is_what_was_acknowledged() {
    let from = setting("SIMULATION_FROM").unwrap_or(0);
    let seeds = setting("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(from);
    let failed: Mutex<BTreeMap<u64, String>> = Mutex::default();
    let sum = Mutex::new(Summary::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= from + seeds || !failed.lock().unwrap().is_empty() {
                return;
            }
            match try_seed(seed) {
                Ok(ran) => {
                    let mut sum = sum.lock().unwrap();
                    sum.steps += ran.steps;
                    sum.timers += ran.timers;
                    sum.services += ran.services;
                    sum.crashes += ran.crashes;
                }
                Err(what) => drop(failed.lock().unwrap().insert(seed, what)),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    if let Some((seed, what)) = failed.into_inner().unwrap().first_key_value() {
        panic!(
            "seed {seed}:\n{what}\n\nhint: run it again with `SIMULATION_FROM={seed} SIMULATION_SEEDS=1`"
        );
    }
    let sum = sum.into_inner().unwrap();
    eprintln!(
        "{seeds} seeds: {} steps, {} timers in time, {} services returned, {} crashes",
        sum.steps, sum.timers, sum.services, sum.crashes
    );
    let enough = seeds / 2;
    // One seed may come to little; many do not.
    assert!(
        seeds < 100
            || sum.steps as u64 > enough
                && sum.timers as u64 > enough / 4
                && sum.services as u64 > enough / 4
                && sum.crashes as u64 > enough,
        "too little happens in {seeds} seeds: {sum:?}"
    );
}

#[test]
fn one_seed_gives_one_run() {
    for seed in 0..8 {
        let first = try_seed(seed).unwrap();
        assert_eq!(first, try_seed(seed).unwrap(), "seed {seed}");
    }
}
