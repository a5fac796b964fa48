//! Timers: what waits in the store is fired when it is due.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use casewright_chart::Timestamp;
use casewright_store::{DueTimer, StoreError};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::error::CommandError;
use crate::runtime::Runtime;

/// How many due timers are fired at a time. A million due at once go through in batches, between
/// which commands of people take their turns.
const BATCH: usize = 64;
/// The longest sleep. The system's clock may jump while we sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// How long a timer rests whose step failed, a broken plugin perhaps.
const RETRY_MS: u64 = 60_000;
/// How long to rest when the store fails.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// Fires timers until the runtime is shut down.
pub(crate) async fn run(runtime: Runtime) {
    let alarm = runtime.alarm();
    loop {
        // A timer that is set while we look leaves a permit, so that it is not missed.
        alarm.set(i64::MAX);
        let now = runtime.now();
        let pause = match round(&runtime, now).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(%error, "cannot look for due timers");
                Some(STORE_RETRY)
            }
        };
        let Some(pause) = pause else { continue };
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        alarm.set(now.unix_ms().saturating_add(pause_ms));
        tokio::select! {
            biased;
            () = runtime.stopping() => return,
            () = alarm.rung.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Fires one batch. How long to rest before the next; not at all when there may be more.
async fn round(runtime: &Runtime, now: Timestamp) -> Result<Option<Duration>, StoreError> {
    let due = runtime.store().due_timers(now, BATCH)?;
    if due.is_empty() {
        let next = runtime.store().next_due()?;
        let wait = next.map(|next| next.unix_ms().saturating_sub(now.unix_ms()).max(0));
        let wait = wait.map(|ms| Duration::from_millis(ms.unsigned_abs()));
        return Ok(Some(wait.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)));
    }
    if runtime.is_stopping() {
        return Ok(Some(LONGEST_SLEEP));
    }
    let mut firing = JoinSet::new();
    for timers in by_case(due) {
        let runtime = runtime.clone();
        firing.spawn(async move {
            let mut settled = true;
            for timer in timers {
                settled &= fire(&runtime, timer).await;
            }
            settled
        });
    }
    let mut failed = false;
    while let Some(result) = firing.join_next().await {
        failed |= !matches!(result, Ok(true));
    }
    Ok(failed.then_some(STORE_RETRY))
}

/// The timers of each case together, in their order: a case sees them in the order in which they are due.
fn by_case(timers: Vec<DueTimer>) -> Vec<Vec<DueTimer>> {
    let mut cases: Vec<Vec<DueTimer>> = Vec::new();
    for timer in timers {
        let known = cases
            .iter_mut()
            .find(|of| of.iter().any(|other| other.case == timer.case));
        match known {
            Some(of) => of.push(timer),
            None => cases.push(vec![timer]),
        }
    }
    cases
}

/// Fires one timer. Whether it is settled: fired, dropped or put off. One that cannot be fired rests, so
/// that it holds up no other; only when the store or the runtime cannot go on does it keep its place.
async fn fire(runtime: &Runtime, timer: DueTimer) -> bool {
    let Err(error) = runtime.fire(&timer).await else {
        return true;
    };
    tracing::error!(case = timer.case, %error, "a timer could not be fired; it will be tried again");
    match error {
        CommandError::Busy | CommandError::Stopped => false,
        CommandError::Store(error) if matches!(*error, StoreError::Io(_)) => false,
        _ => {
            let later = runtime.now().after_ms(RETRY_MS);
            let put_off = runtime.put_off(timer, later).await;
            if let Err(error) = &put_off {
                tracing::error!(%error, "cannot put off a timer");
            }
            put_off.is_ok()
        }
    }
}

/// When the timer task looks again, and the call that makes it look now.
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
    /// Makes the timer task look now.
    pub(crate) fn ring(&self) {
        self.rung.notify_one();
    }

    /// Tells of a timer in the store: the task looks now if it would look only after it is due.
    pub(crate) fn expect(&self, due: Timestamp) {
        if due.unix_ms() < self.at_ms.load(Ordering::SeqCst) {
            self.ring();
        }
    }

    fn set(&self, at_ms: i64) {
        self.at_ms.store(at_ms, Ordering::SeqCst);
    }
}
