//! The records of the journal that no sound case accounts for, by case.

use std::collections::{BTreeMap, BTreeSet};

use casewright_store::tables::Table;
use casewright_store::{JournalRecord, Link, StoreError};

use crate::verify::Verification;

/// How many cases are looked at together. More take another pass over the journal each time, and about a
/// hundred bytes of memory each.
const CASES_AT_A_TIME: usize = 1_000_000;

/// What the journal says of cases that have to be derived again.
#[derive(Default)]
pub(super) struct Tails {
    pub(super) by_case: BTreeMap<String, Tail>,
    /// The last place at which a record is missing, or cannot be read.
    pub(super) hole: Option<u64>,
    /// Whether these are all that there are.
    pub(super) is_whole: bool,
}

/// The records of one case that are not accounted for.
pub(super) struct Tail {
    /// The last of them.
    pub(super) last: Link,
    /// How many there are.
    pub(super) count: u64,
}

impl Tails {
    /// Reads the journal for cases that are not settled.
    pub(super) fn read(
        verification: &Verification<'_>,
        settled: &BTreeSet<String>,
    ) -> Result<Self, StoreError> {
        let mut tails = Tails {
            is_whole: true,
            ..Tails::default()
        };
        let mut expected = 1;
        for row in verification.inspector.store.rows(Table::Journal) {
            let (key, value) = row?;
            let Ok(sequence) = <[u8; 8]>::try_from(key.as_slice()).map(u64::from_be_bytes) else {
                continue;
            };
            if sequence > expected {
                tails.hole = Some(sequence - 1);
            }
            expected = sequence.saturating_add(1);
            if verification.visited.is_marked(sequence) {
                continue;
            }
            match JournalRecord::of_bytes(&value) {
                Ok(record) if settled.contains(&record.case) => {}
                Ok(record) => tails.add(record.case, Link::to(sequence, &value)),
                Err(_) => tails.hole = Some(sequence),
            }
        }
        Ok(tails)
    }

    fn add(&mut self, case: String, last: Link) {
        if let Some(tail) = self.by_case.get_mut(&case) {
            tail.last = last;
            tail.count += 1;
        } else if self.by_case.len() < CASES_AT_A_TIME {
            self.by_case.insert(case, Tail { last, count: 1 });
        } else {
            self.is_whole = false;
        }
    }
}
