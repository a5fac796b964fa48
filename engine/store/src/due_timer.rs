//! Timers that wait in the store.

use casewright_chart::Timestamp;

use crate::error::StoreError;
use crate::tables::{Table, parse_timer_key, timer_key};

/// A timer that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueTimer {
    /// When it was due.
    pub due: Timestamp,
    /// The number of the pending event in its case.
    pub sequence: u64,
    /// Its case.
    pub case: String,
}

impl DueTimer {
    /// Its key.
    pub fn key(&self) -> Vec<u8> {
        timer_key(self.due.unix_ms(), self.sequence, &self.case)
    }

    /// The timer that a key stands for.
    ///
    /// # Errors
    /// It stands for none.
    pub fn of_key(key: &[u8]) -> Result<Self, StoreError> {
        let (due, sequence, case) = parse_timer_key(key)
            .ok_or_else(|| StoreError::corrupt(Table::Timers, "a key holds no timer"))?;
        Ok(DueTimer {
            due: Timestamp::from_unix_ms(due),
            sequence,
            case: case.to_owned(),
        })
    }
}
