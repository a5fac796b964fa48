//! Says when each plugin is asked: as its jobs are due, a few at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use casewright_chart::Timestamp;
use casewright_store::{JobKey, Queued, StoreError};
use tokio::task::{self, JoinSet};
use tokio::time::timeout;

use crate::runtime::Runtime;

use super::attempt::{Told, attempt};
use super::breaker::{Breaker, State};

/// How many services of one plugin run at a time.
const OF_A_PLUGIN: usize = 4;
/// How many run at a time in all. Each waits on a thread of its own.
const IN_ALL: usize = 32;
/// The longest sleep. The system's clock may jump while we sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// How long to rest when the store fails.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// Runs jobs until the runtime is shut down. What is under way then is begun again after the next start.
pub(crate) async fn run(runtime: Runtime) {
    let alarm = runtime.job_alarm();
    let mut running = Running::default();
    loop {
        // A job that is started while we look leaves a permit, so that it is not missed.
        alarm.set(i64::MAX);
        let now = runtime.now();
        let pause = running.begin(&runtime, now).unwrap_or_else(|error| {
            tracing::error!(%error, "cannot look for jobs");
            STORE_RETRY
        });
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        alarm.set(now.unix_ms().saturating_add(pause_ms));
        tokio::select! {
            biased;
            () = runtime.stopping() => break,
            () = running.ended(&runtime) => {}
            () = alarm.rung() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// The jobs that are under way.
#[derive(Default)]
struct Running {
    tasks: JoinSet<Told>,
    jobs: HashMap<task::Id, Queued>,
    keys: BTreeSet<JobKey>,
    plugins: BTreeMap<String, Asked>,
}

/// A plugin that is asked.
#[derive(Default)]
struct Asked {
    /// How many of its services run.
    running: usize,
    breaker: Breaker,
}

impl Running {
    /// Begins with what is due, as far as there is room. How long to rest, unless one ends before.
    fn begin(&mut self, runtime: &Runtime, now: Timestamp) -> Result<Duration, StoreError> {
        let mut wake = now.after_ms(millis(LONGEST_SLEEP));
        let queues = runtime.store().queues()?;
        let waits = |plugin: &String| queues.iter().any(|first| first.plugin == *plugin);
        self.plugins
            .retain(|plugin, asked| asked.running > 0 || waits(plugin));
        for first in &queues {
            let plugin = &first.plugin;
            let asked = self.plugins.entry(plugin.clone()).or_default();
            let room = match asked.breaker.state(now) {
                State::Closed => OF_A_PLUGIN,
                State::HalfOpen => 1,
                State::Open(until) => {
                    wake = wake.min(until);
                    continue;
                }
            };
            let room = room.saturating_sub(asked.running);
            let room = room.min(IN_ALL.saturating_sub(self.tasks.len()));
            if room == 0 {
                continue;
            }
            // Those under way are found again as long as they are not done.
            let mut due = runtime
                .store()
                .due_jobs(plugin, now, room + asked.running)?;
            due.retain(|queued| !self.keys.contains(&queued.key));
            for queued in due.into_iter().take(room) {
                asked.running += 1;
                self.keys.insert(queued.key.clone());
                let task = self.tasks.spawn(one(runtime.clone(), queued.clone())).id();
                self.jobs.insert(task, queued);
            }
            if let Some(next) = runtime.store().next_job(plugin, now)? {
                wake = wake.min(next);
            }
        }
        let wait_ms = wake.unix_ms().saturating_sub(now.unix_ms()).max(0);
        Ok(Duration::from_millis(wait_ms.unsigned_abs()))
    }

    /// Waits until one has ended; for ever when none is under way.
    async fn ended(&mut self, runtime: &Runtime) {
        let (task, told) = match self.tasks.join_next_with_id().await {
            Some(Ok(ended)) => ended,
            Some(Err(panicked)) => (panicked.id(), Told::Nothing),
            None => return std::future::pending().await,
        };
        let Some(queued) = self.jobs.remove(&task) else {
            return;
        };
        self.keys.remove(&queued.key);
        let Some(asked) = self.plugins.get_mut(&queued.plugin) else {
            return;
        };
        asked.running = asked.running.saturating_sub(1);
        match told {
            Told::Answered => asked.breaker.succeeded(),
            Told::Failed => {
                if asked.breaker.failed(runtime.now()) {
                    let plugin = &queued.plugin;
                    tracing::warn!(
                        plugin,
                        "its services keep failing; it is left alone for a while"
                    );
                }
            }
            Told::Nothing => {}
        }
    }
}

/// Makes one attempt. When what came of it cannot be written, it rests for a while and is made again.
async fn one(runtime: Runtime, queued: Queued) -> Told {
    match attempt(&runtime, queued.clone()).await {
        Ok(told) => told,
        Err(error) => {
            let (case, sequence) = (&queued.key.case, queued.key.sequence);
            tracing::error!(case, sequence, %error, "what came of a service could not be written");
            // Whichever comes first.
            let _ = timeout(STORE_RETRY, runtime.stopping()).await;
            Told::Nothing
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
