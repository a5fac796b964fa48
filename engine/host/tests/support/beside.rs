//! How long calls take while others misbehave beside them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot start has nothing to say, and says it on the terminal"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark has a stopwatch, and makes its calls at their time"
)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// How long each row is measured.
const ROW: Duration = Duration::from_secs(10);
/// The longest that is told apart, in nanoseconds.
const LONGEST_NS: u64 = 60_000_000_000;

/// A table of what calls take, in microseconds, and of how that compares to its first row.
pub(crate) struct Table {
    /// From one call to the next, or to the end of one that takes longer: people do not call without a pause, and calls
    /// that do would measure who gets the processor.
    pause: Duration,
    first: Option<Histogram<u64>>,
}

impl Table {
    pub(crate) fn new(pause: Duration) -> Table {
        println!(
            "beside              calls    p50 us    p99 us    max us  p50 ratio  p99 ratio  hostile calls"
        );
        Table { pause, first: None }
    }

    /// Adds the row of calls beside so many threads that do something else without a pause, each told its number.
    pub(crate) fn row(
        &mut self,
        name: &str,
        mut call: impl FnMut(),
        threads: usize,
        misbehave: impl Fn(usize) + Sync,
    ) {
        let mut taken = Histogram::new_with_bounds(1, LONGEST_NS, 3).unwrap();
        let hostile = AtomicU64::new(0);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for number in 0..threads {
                let (misbehave, hostile, is_over) = (&misbehave, &hostile, &is_over);
                scope.spawn(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        misbehave(number);
                        hostile.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            // Also when a call fails, or the others would go on for ever.
            let over = Over(&is_over);
            let started = Instant::now();
            let mut next = started;
            while started.elapsed() < ROW {
                let begun = Instant::now();
                call();
                let nanoseconds = u64::try_from(begun.elapsed().as_nanos()).unwrap();
                taken.saturating_record(nanoseconds);
                next = (next + self.pause).max(Instant::now());
                thread::park_timeout(next.saturating_duration_since(Instant::now()));
            }
            drop(over);
        });
        let first = self.first.get_or_insert_with(|| taken.clone());
        let us = |ns: u64| ns as f64 / 1000.0;
        let at = |quantile| us(taken.value_at_quantile(quantile));
        let ratio = |quantile| at(quantile) / us(first.value_at_quantile(quantile));
        println!(
            "{name:18} {:6} {:9.1} {:9.1} {:9.1} {:10.2} {:10.2} {:14}",
            taken.len(),
            at(0.5),
            at(0.99),
            us(taken.max()),
            ratio(0.5),
            ratio(0.99),
            hostile.into_inner(),
        );
    }
}

/// Says that it is over when it goes.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
