//! The one clock.

use std::sync::atomic::{AtomicI64, Ordering};

use casewright_chart::Timestamp;

/// Says what time it is. Never goes back.
pub trait Clock: Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;
}

/// The clock of the system. When that is set back, time stands still until it has caught up.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest_unix_ms: AtomicI64,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let unix_ms = since.map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        });
        let before = self.latest_unix_ms.fetch_max(unix_ms, Ordering::Relaxed);
        Timestamp::from_unix_ms(unix_ms.max(before))
    }
}

/// Measures how long something takes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts one.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn start() -> Self {
        Stopwatch(std::time::Instant::now())
    }

    /// How long it has been running.
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }
}

/// A clock that is set by hand, for tests.
#[derive(Debug, Default)]
pub struct ManualClock {
    unix_ms: AtomicI64,
}

impl ManualClock {
    /// A clock that stands at a time.
    pub fn at(now: Timestamp) -> Self {
        ManualClock {
            unix_ms: AtomicI64::new(now.unix_ms()),
        }
    }

    /// Lets time pass.
    pub fn advance_ms(&self, ms: i64) {
        self.unix_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.unix_ms.load(Ordering::Relaxed))
    }
}
