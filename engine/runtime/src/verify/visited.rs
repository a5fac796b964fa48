//! Which records of the journal are accounted for: one bit each.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// How many places stand together, in words of 64: 64 KiB of memory. A damaged key may say that it is any
/// place there can be, so that not all up to the last one may be counted on.
const WORDS: usize = 8192;
const PLACES: u64 = WORDS as u64 * 64;

/// A set of places in the journal that threads share.
pub(crate) struct Visited {
    parts: RwLock<HashMap<u64, Vec<AtomicU64>>>,
    len: u64,
    count: AtomicU64,
}

impl Visited {
    /// None of the places from 1 to `last`.
    pub(crate) fn new(last: u64) -> Self {
        Visited {
            parts: RwLock::default(),
            len: last,
            count: AtomicU64::new(0),
        }
    }

    /// Looks at the word with a place's bit, if it has been needed yet.
    fn word<T>(&self, sequence: u64, look: impl Fn(&AtomicU64, u64) -> T) -> Option<T> {
        let parts = self.parts.read().unwrap_or_else(PoisonError::into_inner);
        let within = sequence % PLACES;
        let word = parts.get(&(sequence / PLACES))?.get(within as usize / 64)?;
        Some(look(word, 1 << (within % 64)))
    }

    /// Puts a place into it.
    pub(crate) fn mark(&self, sequence: u64) {
        let set = |word: &AtomicU64, bit| word.fetch_or(bit, Ordering::Relaxed) & bit == 0;
        let is_new = self.word(sequence, set).or_else(|| {
            let part = || (0..WORDS).map(|_| AtomicU64::new(0)).collect();
            let mut parts = self.parts.write().unwrap_or_else(PoisonError::into_inner);
            parts.entry(sequence / PLACES).or_insert_with(part);
            drop(parts);
            self.word(sequence, set)
        });
        if is_new == Some(true) {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether a place is in it.
    pub(crate) fn is_marked(&self, sequence: u64) -> bool {
        let is_set = |word: &AtomicU64, bit| word.load(Ordering::Relaxed) & bit != 0;
        self.word(sequence, is_set) == Some(true)
    }

    /// How many are in it.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// How many could be.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_once_wherever_they_are() {
        let visited = Visited::new(u64::MAX);
        let places = [1, 64, 66, PLACES, 1 << 63, u64::MAX];
        for place in places {
            assert!(!visited.is_marked(place));
            visited.mark(place);
            visited.mark(place);
            assert!(visited.is_marked(place) && !visited.is_marked(place - 1));
        }
        assert_eq!(visited.count(), places.len() as u64);
    }
}
