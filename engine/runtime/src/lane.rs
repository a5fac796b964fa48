//! Lanes: commands to one case are serial.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How many lanes there are. Cases that share one wait for each other, so there are many more than
/// commands at a time.
const LANES: usize = 4096;
/// How many commands may stand in one lane. They are taken one commit after the other, so more would
/// wait for seconds, and take the places of commands to other cases.
pub(crate) const MAX_IN_LANE: usize = 1024;

/// One lock for each lane; a case always has the same.
#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: Vec<Arc<Lane>>,
}

#[derive(Debug, Default)]
struct Lane {
    lock: Arc<Mutex<()>>,
    /// How many have a place in it.
    places: AtomicUsize,
}

/// A place in a lane, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Lane>);

/// A command's turn: the lane is free when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _guard: OwnedMutexGuard<()>,
    _place: Place,
}

impl Lanes {
    pub(crate) fn new() -> Self {
        Lanes {
            lanes: (0..LANES).map(|_| Arc::default()).collect(),
        }
    }

    /// A place in the lane of a case, unless it is full.
    pub(crate) fn line_up(&self, case: &str) -> Option<Place> {
        let place = self.place(case);
        (place.0.places.load(Ordering::Relaxed) <= MAX_IN_LANE).then_some(place)
    }

    /// A place in the lane of a case, however many there are.
    pub(crate) fn place(&self, case: &str) -> Place {
        let mut hasher = DefaultHasher::new();
        case.hash(&mut hasher);
        let lane = self.lanes[(hasher.finish() % LANES as u64) as usize].clone();
        lane.places.fetch_add(1, Ordering::Relaxed);
        Place(lane)
    }
}

impl Place {
    /// Waits for the turn of a command.
    pub(crate) async fn turn(self) -> Turn {
        let guard = self.0.lock.clone().lock_owned().await;
        Turn {
            _guard: guard,
            _place: self,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.places.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_that_is_full_has_a_place_once_one_is_left() {
        let lanes = Lanes::new();
        let mut places: Vec<Place> = (0..MAX_IN_LANE)
            .map(|_| lanes.line_up("c").unwrap())
            .collect();
        assert!(lanes.line_up("c").is_none());
        // What the engine itself does is not turned away.
        let own = lanes.place("c");
        assert!(lanes.line_up("c").is_none());
        drop(own);
        places.pop();
        assert!(lanes.line_up("c").is_some());
    }
}
