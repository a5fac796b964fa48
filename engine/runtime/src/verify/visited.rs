//! Which records of the journal are accounted for: one bit each.

use std::sync::atomic::{AtomicU64, Ordering};

/// A set of places in the journal that threads share.
pub(crate) struct Visited {
    bits: Vec<AtomicU64>,
    len: u64,
    count: AtomicU64,
}

impl Visited {
    /// None of the places from 1 to `last`.
    pub(crate) fn new(last: u64) -> Self {
        let words = usize::try_from(last / 64 + 1).unwrap_or(usize::MAX);
        Visited {
            bits: (0..words).map(|_| AtomicU64::new(0)).collect(),
            len: last,
            count: AtomicU64::new(0),
        }
    }

    fn word(&self, sequence: u64) -> Option<(&AtomicU64, u64)> {
        let word = self.bits.get(usize::try_from(sequence / 64).ok()?)?;
        Some((word, 1 << (sequence % 64)))
    }

    /// Puts a place into it. What lies beyond the last one is let go.
    pub(crate) fn mark(&self, sequence: u64) {
        if let Some((word, bit)) = self.word(sequence)
            && word.fetch_or(bit, Ordering::Relaxed) & bit == 0
        {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether a place is in it.
    pub(crate) fn is_marked(&self, sequence: u64) -> bool {
        let word = self.word(sequence);
        word.is_some_and(|(word, bit)| word.load(Ordering::Relaxed) & bit != 0)
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
