//! Going through a whole table, on every core.

use std::sync::{Mutex, PoisonError};
use std::thread;

use casewright_store::tables::Table;
use casewright_store::{Row, Store, StoreError};

/// How many rows a thread takes on at a time.
const ROWS_AT_A_TIME: usize = 8;

/// Does something with every row of a table. Rows are begun in the order of their keys, several at a time.
///
/// # Errors
/// The backend failed, or what was done with a row did. Rows that were begun are ended.
pub(crate) fn every_row(
    store: &Store,
    table: Table,
    work: impl Fn(Row) -> Result<(), StoreError> + Sync,
) -> Result<(), StoreError> {
    let rows = Mutex::new(store.rows(table));
    let work = || {
        loop {
            let some: Vec<Row> = {
                // What lies under the lock is changed by one call, so poison cannot have spoilt it.
                let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                rows.by_ref()
                    .take(ROWS_AT_A_TIME)
                    .collect::<Result<_, _>>()?
            };
            if some.is_empty() {
                return Ok(());
            }
            some.into_iter().try_for_each(&work)?;
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let panicked = |_| Err(StoreError::Io("a thread ended in a panic".to_owned()));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let ended = threads.into_iter();
        let ended = ended.map(|thread| thread.join().unwrap_or_else(panicked));
        ended.collect()
    })
}
