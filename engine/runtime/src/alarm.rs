//! How a task sleeps that does what is due in the store, and who wakes it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use casewright_chart::Timestamp;
use tokio::sync::Notify;
use tokio::time::timeout;

/// The longest sleep. The system's clock may jump while a task sleeps.
pub(crate) const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// How long to rest when the store fails.
pub(crate) const STORE_RETRY: Duration = Duration::from_secs(1);

/// When the task looks again that does what is due, and the call that makes it look now.
#[derive(Debug)]
pub(crate) struct Alarm {
    /// In milliseconds since the Unix epoch.
    at_ms: AtomicI64,
    rung: Notify,
}

impl Default for Alarm {
    fn default() -> Self {
        Alarm {
            at_ms: AtomicI64::new(i64::MAX),
            rung: Notify::new(),
        }
    }
}

impl Alarm {
    /// Makes it look now.
    pub(crate) fn ring(&self) {
        self.rung.notify_one();
    }

    /// Tells of something in the store that will be due: the task looks now if it would look only after it is due.
    pub(crate) fn expect(&self, due: Timestamp) {
        if due.unix_ms() < self.at_ms.load(Ordering::SeqCst) {
            self.ring();
        }
    }

    /// The task begins to look. Whatever is told of from here on cuts its next sleep short, so that it is not missed.
    pub(crate) fn awake(&self) {
        self.at_ms.store(i64::MAX, Ordering::SeqCst);
    }

    /// Sleeps for a while after `now`, or until it is rung.
    pub(crate) async fn asleep(&self, now: Timestamp, pause: Duration) {
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let until_ms = now.unix_ms().saturating_add(pause_ms);
        self.at_ms.store(until_ms, Ordering::SeqCst);
        // Whichever comes first.
        let _ = timeout(pause, self.rung.notified()).await;
    }
}
