//! Lanes: commands to one case are serial.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How many lanes there are. Cases that share one wait for each other, so there are many more than
/// commands at a time.
const LANES: usize = 4096;

/// One lock for each lane; a case always has the same.
#[derive(Debug)]
pub(crate) struct Lanes {
    locks: Vec<Arc<Mutex<()>>>,
}

impl Lanes {
    pub(crate) fn new() -> Self {
        Lanes {
            locks: (0..LANES).map(|_| Arc::default()).collect(),
        }
    }

    /// Waits for the turn of a command to a case. The lane is free when the guard is dropped.
    pub(crate) async fn enter(&self, case: &str) -> OwnedMutexGuard<()> {
        let mut hasher = DefaultHasher::new();
        case.hash(&mut hasher);
        let lane = (hasher.finish() % LANES as u64) as usize;
        self.locks[lane].clone().lock_owned().await
    }
}
