//! Places for steps that compute for long, shared out among workflows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A number of places, half of which the steps of one workflow take at most. So one whose plugin computes without end, and
/// whose steps stand in a long line, keeps those of no other workflow waiting in it: neither for commands nor, as long as fewer
/// of its cases are due than are fired at a time, for timers.
pub(crate) struct Turns {
    places: Arc<Semaphore>,
    /// How many may be of one workflow.
    each: usize,
    /// Those of workflows that have steps here, by id.
    shares: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// One place; it is given back when this is dropped.
pub(crate) struct Turn {
    _place: Option<OwnedSemaphorePermit>,
    _share: Option<OwnedSemaphorePermit>,
}

impl Turns {
    pub(crate) fn new(places: usize) -> Self {
        Turns {
            places: Arc::new(Semaphore::new(places)),
            each: places.div_ceil(2),
            shares: Mutex::default(),
        }
    }

    /// Waits for a place for a step of the workflow `id`.
    pub(crate) async fn take(&self, id: &str) -> Turn {
        // Nobody closes the semaphores, so there is always a place in the end.
        let share = self.share(id).acquire_owned().await;
        Turn {
            _place: self.places.clone().acquire_owned().await.ok(),
            _share: share.ok(),
        }
    }

    fn share(&self, id: &str) -> Arc<Semaphore> {
        // Each entry is whole or not there.
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(id).and_then(Weak::upgrade) {
            return share;
        }
        shares.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.each));
        shares.insert(id.to_owned(), Arc::downgrade(&share));
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_line_of_one_workflow_keeps_no_other_waiting() {
        let turns = Turns::new(4);
        let held = [turns.take("endless").await, turns.take("endless").await];
        let mut line = (0..100)
            .map(|_| Box::pin(turns.take("endless")))
            .collect::<Vec<_>>();
        for waiting in &mut line {
            tokio::select! {
                biased;
                _ = waiting => panic!("it has its share"),
                () = std::future::ready(()) => {}
            }
        }
        // Neither of these stands behind the hundred.
        let others = [turns.take("other").await, turns.take("another").await];
        drop(held);
        drop(line.remove(0).await);
        drop((others, line));
        assert_eq!(turns.places.available_permits(), 4);
        drop(turns.take("last").await);
        assert_eq!(
            turns.shares.lock().unwrap().len(),
            1,
            "nobody else has a step here"
        );
    }

    #[tokio::test]
    async fn one_place_is_for_whoever_comes() {
        let turns = Turns::new(1);
        for id in ["a", "b", "a"] {
            drop(turns.take(id).await);
        }
        assert_eq!(turns.places.available_permits(), 1);
    }
}
