//! Says when each plugin is asked: as its jobs are due, a few at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use casewright_chart::Timestamp;
use casewright_store::{JobKey, Queued, StoreError};
use tokio::task::{self, JoinSet};

use crate::alarm::{LONGEST_SLEEP, STORE_RETRY};
use crate::runtime::Runtime;

use super::attempt::{Told, attempt};
use super::breaker::{Breaker, State};

/// How many run at a time in all. Each waits on a thread of its own.
const IN_ALL: usize = 32;
/// How long a job rests that cannot be read, or whose case cannot, in milliseconds.
const UNREADABLE_MS: u64 = 60_000;

/// Runs jobs until the runtime is shut down. What is under way then is begun again after the next start.
pub(crate) async fn run(runtime: Runtime) {
    let alarm = runtime.job_alarm();
    let mut running = Running::default();
    loop {
        alarm.awake();
        let now = runtime.now();
        let pause = running.begin(&runtime, now).unwrap_or_else(|error| {
            tracing::error!(%error, "cannot look for jobs");
            STORE_RETRY
        });
        tokio::select! {
            biased;
            () = runtime.stopping() => break,
            () = running.ended(&runtime) => {}
            () = alarm.asleep(now, pause) => {}
        }
    }
}

/// The jobs that are under way.
#[derive(Default)]
struct Running {
    tasks: JoinSet<Told>,
    jobs: HashMap<task::Id, Queued>,
    keys: BTreeSet<JobKey>,
    /// Those that cannot be read, until they are looked at again.
    resting: BTreeMap<JobKey, Timestamp>,
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
        let services = runtime.services();
        let mut wake = now.after_ms(millis(LONGEST_SLEEP));
        let mut queues = runtime.store().queues()?;
        let waits = |plugin: &String| queues.iter().any(|first| first.plugin == *plugin);
        self.plugins
            .retain(|plugin, asked| asked.running > 0 || waits(plugin));
        self.resting.retain(|_, until| *until > now);
        wake = self.resting.values().copied().fold(wake, Timestamp::min);
        // Where there is not room for all, nobody takes the place of one that runs none.
        let running = |plugin: &str| self.plugins.get(plugin).map_or(0, |asked| asked.running);
        queues.sort_by_key(|first| running(&first.plugin));
        for first in &queues {
            let plugin = &first.plugin;
            let asked = self.plugins.entry(plugin.clone()).or_default();
            let room = match asked.breaker.state(now) {
                State::Closed => services.concurrency(plugin),
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
            // Those under way are found again as long as they are not done, and so are those at rest.
            let passed = asked.running + self.resting.len();
            let due = runtime.store().due_jobs(plugin, now, room + passed)?;
            let is_free = |queued: &Queued| {
                !self.keys.contains(&queued.key) && !self.resting.contains_key(&queued.key)
            };
            let due: Vec<Queued> = due.into_iter().filter(is_free).take(room).collect();
            for queued in due {
                asked.running += 1;
                self.keys.insert(queued.key.clone());
                let task = self.tasks.spawn(attempt(runtime.clone(), queued.clone()));
                self.jobs.insert(task.id(), queued);
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
            Some(Err(panicked)) => (panicked.id(), Told::Unreadable),
            None => return std::future::pending().await,
        };
        let Some(queued) = self.jobs.remove(&task) else {
            return;
        };
        self.keys.remove(&queued.key);
        if told == Told::Unreadable {
            let until = runtime.now().after_ms(UNREADABLE_MS);
            self.resting.insert(queued.key.clone(), until);
        }
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
            Told::Nothing | Told::Unreadable => {}
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
