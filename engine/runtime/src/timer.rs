//! Timers: what waits in the store is fired when it is due.

use std::collections::HashMap;
use std::time::Duration;

use casewright_chart::Timestamp;
use casewright_store::{DueTimer, StoreError};
use tokio::task::{self, JoinSet};
use tokio::time::timeout;

use crate::alarm::{LONGEST_SLEEP, STORE_RETRY};
use crate::error::CommandError;
use crate::runtime::Runtime;

/// For how many cases due timers are fired at a time. A million due at once go through in batches, between
/// which commands of people take their turns.
const CASES: usize = 64;
/// How long a timer rests whose step failed, a broken plugin perhaps.
const RETRY_MS: u64 = 60_000;

/// Fires timers until the runtime is shut down.
pub(crate) async fn run(runtime: Runtime) {
    let alarm = runtime.alarm();
    let mut firing = Firing::default();
    loop {
        alarm.awake();
        let now = runtime.now();
        let pause = firing.begin(&runtime, now).unwrap_or_else(|error| {
            tracing::error!(%error, "cannot look for due timers");
            STORE_RETRY
        });
        tokio::select! {
            biased;
            () = runtime.stopping() => break,
            () = firing.room() => {}
            () = alarm.asleep(now, pause) => {}
        }
    }
    while firing.tasks.join_next().await.is_some() {}
}

/// The cases whose due timers are being fired: each one's in their order, one case beside the other. One that
/// takes long holds up no other.
#[derive(Default)]
struct Firing {
    /// By the task that fires their timers.
    cases: HashMap<task::Id, String>,
    tasks: JoinSet<()>,
}

impl Firing {
    /// Begins with what is due and is not under way, as far as there is room. How long to rest, unless there is
    /// room for more before.
    fn begin(&mut self, runtime: &Runtime, now: Timestamp) -> Result<Duration, StoreError> {
        let (due, is_all) = self.due(runtime, now)?;
        for timers in by_case(due) {
            let Some(case) = timers.first().map(|timer| timer.case.clone()) else {
                continue;
            };
            if self.cases.len() < CASES {
                let task = self.tasks.spawn(fire_all(runtime.clone(), timers));
                self.cases.insert(task.id(), case);
            }
        }
        if !is_all {
            return Ok(LONGEST_SLEEP);
        }
        let next = runtime.store().next_due(now)?;
        let wait = next.map(|next| next.unix_ms().saturating_sub(now.unix_ms()).max(0));
        let wait = wait.map(|ms| Duration::from_millis(ms.unsigned_abs()));
        Ok(wait.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP))
    }

    /// What is due of cases that are not under way: enough for the room that there is, or all.
    fn due(&self, runtime: &Runtime, now: Timestamp) -> Result<(Vec<DueTimer>, bool), StoreError> {
        let room = CASES - self.cases.len();
        let mut limit = 2 * CASES;
        loop {
            let mut due = runtime.store().due_timers(now, limit)?;
            let is_all = due.len() < limit;
            // Those under way are found again as long as they are not done.
            due.retain(|timer| !self.cases.values().any(|case| *case == timer.case));
            if is_all || due.len() >= room {
                return Ok((due, is_all));
            }
            limit *= 2;
        }
    }

    /// Waits until a case is done and there is room for a good many more; for ever when none is under way.
    async fn room(&mut self) {
        loop {
            let done = match self.tasks.join_next_with_id().await {
                Some(Ok((id, ()))) => id,
                Some(Err(panicked)) => panicked.id(),
                None => return std::future::pending().await,
            };
            self.cases.remove(&done);
            if self.cases.len() <= CASES / 2 {
                return;
            }
        }
    }
}

/// Fires the timers of a case. When one of them keeps its place in the store, the case rests for a while.
async fn fire_all(runtime: Runtime, timers: Vec<DueTimer>) {
    let mut settled = true;
    for timer in timers {
        settled &= fire(&runtime, timer).await;
    }
    if !settled {
        // Whichever comes first.
        let _ = timeout(STORE_RETRY, runtime.stopping()).await;
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use casewright_case::Actor;
    use casewright_chart::Limits;
    use casewright_definition::testing::definition;
    use casewright_store::{Memory, Store};
    use serde_json::json;

    use super::*;
    use crate::{ManualClock, Plugins};

    const WORKFLOW: &str = "
id: claim
version: 1.0.0
title: Claim
start: { roles: [clerk] }
data: {}
events: {}
delays: { patience: PT1H }
states:
  open: { after: { patience: { target: open, reenter: true } } }
";

    #[tokio::test]
    async fn cases_that_take_long_hold_up_no_other() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(0)));
        let store = Store::open(Box::new(Memory::default())).unwrap();
        let limits = Limits::default();
        let started = Runtime::start(store, Plugins::default(), clock.clone(), limits);
        let runtime = started.unwrap();
        runtime.apply(vec![definition(WORKFLOW)]).unwrap();
        let clerk = || Actor::new("clerk", ["clerk"]);
        let open = async |id: &str| {
            let opened = runtime.open("claim", Some(id.to_owned()), json!({}), clerk());
            opened.await.unwrap();
        };
        // As many as are fired at a time before it is looked again, less one.
        let slow: Vec<String> = (1..CASES / 2).map(|number| format!("a-{number}")).collect();
        let mut turns = Vec::new();
        for id in &slow {
            open(id).await;
        }
        for id in &slow {
            // Those that share a lane are held up together.
            tokio::select! {
                biased;
                turn = runtime.lanes().place(id).turn() => turns.push(turn),
                () = std::future::ready(()) => {}
            }
        }
        let mut quick = Vec::new();
        for id in (0..3 * CASES).map(|number| format!("b-{number}")) {
            let is_free = tokio::select! {
                biased;
                _ = runtime.lanes().place(&id).turn() => true,
                () = std::future::ready(()) => false,
            };
            if is_free {
                open(&id).await;
                quick.push(id);
            }
        }
        assert!(quick.len() > 2 * CASES);
        let revision = |id: &str| runtime.case(id).unwrap().case.revision;
        for round in 2..=4 {
            clock.advance_ms(3_600_000);
            runtime.wake_timers();
            while quick.iter().any(|id| revision(id) < round) {
                task::yield_now().await;
            }
        }
        assert!(slow.iter().all(|id| revision(id) == 1));
        drop(turns);
        while slow.iter().any(|id| revision(id) < 2) {
            task::yield_now().await;
        }
    }
}
