//! A store that forgets: for tests and for trying things out.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::StoreError;
use crate::key_value::{Batch, KeyValue, Range, Row};
use crate::tables::Table;

type Tables = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// A store in memory.
#[derive(Debug, Default)]
pub struct Memory {
    tables: Mutex<Tables>,
}

impl Memory {
    /// A panic elsewhere cannot leave half a batch: a batch is checked before it is written.
    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyValue for Memory {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Row>, StoreError> {
        let tables = self.lock();
        let start = (table, range.start.clone());
        let found = tables
            .range((Bound::Included(start), Bound::Unbounded))
            .take_while(|((found, key), _)| {
                *found == table && range.end.as_ref().is_none_or(|end| key < end)
            })
            .map(|((_, key), value)| (key.clone(), value.clone()));
        Ok(match range.reverse {
            false => found.take(range.limit).collect(),
            true => {
                let mut all: Vec<_> = found.collect();
                all.reverse();
                all.truncate(range.limit);
                all
            }
        })
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let mut tables = self.lock();
        for precondition in &batch.preconditions {
            let (table, key) = precondition.key();
            let found = tables.get(&(table, key.to_vec()));
            if !precondition.holds(found.map(Vec::as_slice)) {
                return Err(StoreError::Conflict { table });
            }
        }
        for row in batch.deletes {
            tables.remove(&row);
        }
        for (table, key, value) in batch.puts {
            tables.insert((table, key), value);
        }
        Ok(())
    }
}
