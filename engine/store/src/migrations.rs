//! From one format of the store to the next, when a store is opened.
//!
//! A migration first writes that the store has the new format, and that the way there is not done: a program
//! that knows only the old format leaves the store alone from then on. Then it moves rows, in as many commits
//! as it likes; then it writes that it is done. One that was killed in the middle is begun again, so it must not
//! mind rows that it has moved before.

use crate::error::StoreError;
use crate::key_value::{Batch, KeyValue, Precondition};
use crate::tables::{FORMAT, FORMAT_KEY, MIGRATING_KEY, Table};

/// The way from one format to the one after it.
pub(crate) struct Migration {
    /// The format that it begins with.
    from: u32,
    /// Moves the rows. It may have been done before, in part or wholly.
    rows: fn(&dyn KeyValue) -> Result<(), StoreError>,
}

/// Every migration there is, the oldest first.
const MIGRATIONS: &[Migration] = &[
    // A log came to stand in front of redb. Rows are as they were, but a program that does not look into the
    // log would miss the last steps.
    Migration {
        from: 1,
        rows: |_| Ok(()),
    },
    // Services came. A program that does not know of them would leave their jobs behind.
    Migration {
        from: 2,
        rows: |_| Ok(()),
    },
];

/// Brings a store to the format of this program; one without anything in it, too.
///
/// # Errors
/// The store has a format that is not known, or the backend failed.
pub(crate) fn prepare(store: &dyn KeyValue) -> Result<(), StoreError> {
    migrate(store, FORMAT, MIGRATIONS)
}

fn migrate(store: &dyn KeyValue, known: u32, migrations: &[Migration]) -> Result<(), StoreError> {
    let Some(found) = number(store, FORMAT_KEY)? else {
        store.commit(Batch {
            preconditions: vec![Precondition::Absent(Table::Meta, FORMAT_KEY.to_vec())],
            puts: vec![put(FORMAT_KEY, known)],
            ..Batch::default()
        })?;
        return store.settle();
    };
    let left_at = number(store, MIGRATING_KEY)?;
    let begun = left_at.unwrap_or(found);
    if found > known || begun > found {
        return Err(StoreError::Format { found, known });
    }
    let to_do = migrations
        .iter()
        .filter(|migration| (begun..known).contains(&migration.from));
    let mut reached = begun;
    for migration in to_do {
        if migration.from != reached {
            break;
        }
        take(store, migration)?;
        reached += 1;
    }
    match reached == known {
        true => Ok(()),
        false => Err(StoreError::Format { found, known }),
    }
}

fn take(store: &dyn KeyValue, migration: &Migration) -> Result<(), StoreError> {
    let (from, to) = (migration.from, migration.from + 1);
    store.commit(Batch {
        puts: vec![put(FORMAT_KEY, to), put(MIGRATING_KEY, from)],
        ..Batch::default()
    })?;
    // From here on nobody who knows only the old format may think that the store has it.
    store.settle()?;
    (migration.rows)(store)?;
    store.commit(Batch {
        deletes: vec![(Table::Meta, MIGRATING_KEY.to_vec())],
        ..Batch::default()
    })
}

fn put(key: &[u8], number: u32) -> (Table, Vec<u8>, Vec<u8>) {
    (Table::Meta, key.to_vec(), number.to_be_bytes().to_vec())
}

fn number(store: &dyn KeyValue, key: &[u8]) -> Result<Option<u32>, StoreError> {
    let Some(bytes) = store.get(Table::Meta, key)? else {
        return Ok(None);
    };
    let number = bytes.as_slice().try_into().map(u32::from_be_bytes);
    let number = number.map_err(|_| StoreError::corrupt(Table::Meta, "the format is no number"))?;
    Ok(Some(number))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::key_value::{Range, Row};
    use crate::memory::Memory;

    /// A backend that fails from a commit on.
    struct Failing {
        memory: Memory,
        commits: AtomicU64,
        fails_at: u64,
    }

    impl Failing {
        fn at(memory: Memory, fails_at: u64) -> Self {
            Failing {
                memory,
                commits: AtomicU64::new(0),
                fails_at,
            }
        }
    }

    impl KeyValue for Failing {
        fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            self.memory.get(table, key)
        }

        fn scan(&self, table: Table, range: &Range) -> Result<Vec<Row>, StoreError> {
            self.memory.scan(table, range)
        }

        fn commit(&self, batch: Batch) -> Result<(), StoreError> {
            match self.commits.fetch_add(1, Ordering::SeqCst) < self.fails_at {
                true => self.memory.commit(batch),
                false => Err(StoreError::Io("the disk has stopped".to_owned())),
            }
        }
    }

    fn all(store: &dyn KeyValue, table: Table) -> Vec<Row> {
        let all = Range::prefix(&[], None, usize::MAX);
        store.scan(table, &all).unwrap_or_default()
    }

    /// Puts a letter before every key that has none yet, one commit each.
    fn lettered(store: &dyn KeyValue, letter: u8) -> Result<(), StoreError> {
        let plain = all(store, Table::Index).into_iter();
        for (key, value) in plain.filter(|(key, _)| key[0] != letter) {
            store.commit(Batch {
                deletes: vec![(Table::Index, key.clone())],
                puts: vec![(Table::Index, [&[letter], &*key].concat(), value)],
                ..Batch::default()
            })?;
        }
        Ok(())
    }

    const TWO_STEPS: &[Migration] = &[
        Migration {
            from: 1,
            rows: |store| lettered(store, b'a'),
        },
        Migration {
            from: 2,
            rows: |store| lettered(store, b'b'),
        },
    ];

    fn of_format_1() -> Memory {
        let memory = Memory::default();
        let rows = (0..5).map(|n| (Table::Index, vec![n], vec![n]));
        let batch = Batch {
            puts: rows.chain([put(FORMAT_KEY, 1)]).collect(),
            ..Batch::default()
        };
        memory
            .commit(batch)
            .map_or_else(|_| Memory::default(), |()| memory)
    }

    #[test]
    fn a_store_goes_through_every_format_to_the_newest() {
        let memory = of_format_1();
        assert!(migrate(&memory, 3, TWO_STEPS).is_ok());
        let rows: Vec<Row> = (0..5).map(|n| (vec![b'b', b'a', n], vec![n])).collect();
        assert_eq!(all(&memory, Table::Index), rows);
        let meta = vec![(FORMAT_KEY.to_vec(), vec![0, 0, 0, 3])];
        assert_eq!(all(&memory, Table::Meta), meta);
    }

    #[test]
    fn a_migration_that_was_killed_is_brought_to_its_end() {
        let whole = of_format_1();
        assert!(migrate(&whole, 3, TWO_STEPS).is_ok());
        let mut stops = 0;
        loop {
            let store = Failing::at(of_format_1(), stops);
            let ended = migrate(&store, 3, TWO_STEPS);
            // Killed once more, a little later.
            let again = Failing::at(store.memory, 2);
            let _ = migrate(&again, 3, TWO_STEPS);
            let found = number(&again.memory, FORMAT_KEY).ok().flatten();
            let are_moved = all(&again, Table::Index) != all(&of_format_1(), Table::Index);
            assert!(!are_moved || found > Some(1), "stopped at commit {stops}");
            assert!(migrate(&again.memory, 3, TWO_STEPS).is_ok());
            for table in [Table::Index, Table::Meta] {
                let (found, expected) = (all(&again.memory, table), all(&whole, table));
                assert_eq!(found, expected, "stopped at commit {stops}");
            }
            if ended.is_ok() {
                break;
            }
            stops += 1;
        }
        assert_eq!(stops, 14, "two migrations with seven commits each");
    }

    #[test]
    fn formats_that_nobody_knows_are_refused() {
        for (format, known) in [(4, 3), (0, 3), (u32::MAX, 3)] {
            let memory = Memory::default();
            let batch = Batch {
                puts: vec![put(FORMAT_KEY, format)],
                ..Batch::default()
            };
            assert!(memory.commit(batch).is_ok());
            let refused = migrate(&memory, known, TWO_STEPS);
            let is_told = matches!(
                refused,
                Err(StoreError::Format { found, known: 3 }) if found == format
            );
            assert!(is_told, "{refused:?}");
            assert_eq!(all(&memory, Table::Meta).len(), 1, "nothing was written");
        }
    }

    #[test]
    fn there_is_a_way_from_every_format_to_the_newest() {
        let from: Vec<u32> = MIGRATIONS.iter().map(|migration| migration.from).collect();
        assert_eq!(from, (1..FORMAT).collect::<Vec<_>>());
    }
}
