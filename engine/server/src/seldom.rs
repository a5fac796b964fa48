//! Telling the log once in a while of what may happen thousands of times a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long nothing more is told.
const PAUSE: Duration = Duration::from_secs(10);

/// Something that is told once in a while.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    last: Option<Instant>,
    /// How often it has happened since without being told.
    left_out: u64,
}

impl Seldom {
    /// For a place that lasts as long as the program.
    pub(crate) const fn new() -> Self {
        Seldom {
            told: Mutex::new(Told {
                last: None,
                left_out: 0,
            }),
        }
    }

    /// Whether to tell now that it happened: how often it did since it was last told.
    pub(crate) fn tell(&self) -> Option<u64> {
        self.tell_at(Instant::now())
    }

    fn tell_at(&self, now: Instant) -> Option<u64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.last.is_some_and(|last| now - last < PAUSE) {
            told.left_out += 1;
            return None;
        }
        told.last = Some(now);
        Some(std::mem::take(&mut told.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_told_seldom() {
        let seldom = Seldom::new();
        let start = Instant::now();
        assert_eq!(seldom.tell_at(start), Some(0));
        assert_eq!(seldom.tell_at(start), None);
        assert_eq!(seldom.tell_at(start + PAUSE / 2), None);
        assert_eq!(seldom.tell_at(start + PAUSE), Some(2));
        assert_eq!(seldom.tell_at(start + PAUSE), None);
    }
}
