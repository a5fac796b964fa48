//! The embedded store: one redb file in the data folder.
//!
//! redb panics on some kinds of damage to its file. Every call to it goes through `contained`, so
//! that damage is an error like any other.

use std::fs;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{
    Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, StorageError,
    TableDefinition,
};

use crate::error::StoreError;
use crate::key_value::{Batch, KeyValue, Range, Row};
use crate::redb_file;
use crate::tables::Table;

/// The file's name inside the data folder.
pub const FILE_NAME: &str = "casewright.redb";

/// A redb file. One process has it open at a time.
#[derive(Debug)]
pub struct Redb {
    /// There until this is dropped.
    database: Option<Database>,
}

fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

impl Redb {
    /// Opens the store in a folder, making both when they are not there.
    ///
    /// # Errors
    /// Another process has it open, the folder cannot be used, or the file is no store.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let shown = folder.display();
        if folder.exists() && !folder.is_dir() {
            return Err(StoreError::Io(format!(
                "expected the data folder at `{shown}`, found a file"
            )));
        }
        fs::create_dir_all(folder).map_err(|error| {
            StoreError::Io(format!("cannot make the folder `{shown}`: {error}"))
        })?;
        let path = folder.join(FILE_NAME);
        let no_store = |message| StoreError::NoStore {
            path: path.display().to_string(),
            message,
        };
        let open = || {
            redb_file::make(&path, |new| Redb::open_file(new).map(drop))?;
            Redb::open_file(&path)
        };
        contained(open).map_err(no_store)?
    }

    fn open_file(path: &Path) -> Result<Self, StoreError> {
        let database = Database::create(path).map_err(|error| cannot_open(path, &error))?;
        let store = Redb {
            database: Some(database),
        };
        store
            .make_tables()
            .map_err(|error| io("cannot prepare the store", &error))?;
        Ok(store)
    }

    fn database(&self) -> Result<&Database, StorageError> {
        self.database.as_ref().ok_or(StorageError::DatabaseClosed)
    }

    fn make_tables(&self) -> Result<(), redb::Error> {
        let transaction = self.database()?.begin_write()?;
        for table in Table::ALL {
            transaction.open_table(definition(table))?;
        }
        transaction.commit()?;
        Ok(())
    }

    fn write(&self, batch: &Batch) -> Result<Result<(), StoreError>, redb::Error> {
        let mut transaction = self.database()?.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        for precondition in &batch.preconditions {
            let (table, key) = precondition.key();
            let holds = {
                let rows = transaction.open_table(definition(table))?;
                let found = rows.get(key)?;
                precondition.holds(found.as_ref().map(|found| found.value()))
            };
            if !holds {
                transaction.abort()?;
                return Ok(Err(StoreError::Conflict { table }));
            }
        }
        for table in Table::ALL {
            let deletes = || batch.deletes.iter().filter(|(of, _)| *of == table);
            let puts = || batch.puts.iter().filter(|(of, ..)| *of == table);
            if deletes().next().is_none() && puts().next().is_none() {
                continue;
            }
            let mut rows = transaction.open_table(definition(table))?;
            for (_, key) in deletes() {
                rows.remove(key.as_slice())?;
            }
            for (_, key, value) in puts() {
                rows.insert(key.as_slice(), value.as_slice())?;
            }
        }
        transaction.commit()?;
        Ok(Ok(()))
    }

    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, redb::Error> {
        let rows = self
            .database()?
            .begin_read()?
            .open_table(definition(table))?;
        Ok(rows.get(key)?.map(|found| found.value().to_vec()))
    }

    fn rows(&self, table: Table, range: &Range) -> Result<Vec<Row>, redb::Error> {
        let rows = self
            .database()?
            .begin_read()?
            .open_table(definition(table))?;
        let start = range.start.as_slice();
        if range.end.as_deref().is_some_and(|end| end <= start) {
            return Ok(Vec::new());
        }
        let found = match range.end.as_deref() {
            Some(end) => rows.range(start..end)?,
            None => rows.range(start..)?,
        };
        let row = |row: Result<_, StorageError>| {
            let (key, value): (redb::AccessGuard<'_, &[u8]>, redb::AccessGuard<'_, &[u8]>) = row?;
            Ok((key.value().to_vec(), value.value().to_vec()))
        };
        match range.reverse {
            false => found.take(range.limit).map(row).collect(),
            true => found.rev().take(range.limit).map(row).collect(),
        }
    }
}

impl Drop for Redb {
    /// Closing a damaged file may panic, too; whoever drops this has told why already.
    fn drop(&mut self) {
        let database = self.database.take();
        let _ = contained(|| drop(database));
    }
}

impl KeyValue for Redb {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        contained(|| self.read(table, key))
            .map_err(|message| StoreError::corrupt(table, message))?
            .map_err(|error| failed(table, "read", &error))
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Row>, StoreError> {
        contained(|| self.rows(table, range))
            .map_err(|message| StoreError::corrupt(table, message))?
            .map_err(|error| failed(table, "scan", &error))
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        match contained(|| self.write(batch)) {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => Err(io("cannot write to the store", &error)),
            Err(message) => Err(io("cannot write to the store, which is damaged", &message)),
        }
    }
}

/// What some work with redb comes to, or what it said when it panicked.
fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // After a panic redb refuses what could build on it: its locks are poisoned.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let told = panic.downcast_ref::<String>().map(String::as_str);
        let told = told.or_else(|| panic.downcast_ref::<&str>().copied());
        told.unwrap_or("the file cannot be read").to_owned()
    })
}

fn cannot_open(path: &Path, error: &DatabaseError) -> StoreError {
    let path = path.display().to_string();
    let no_store = |message: String| StoreError::NoStore {
        path: path.clone(),
        message,
    };
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(path),
        DatabaseError::Storage(StorageError::Corrupted(message)) => no_store(message.clone()),
        // A file that is shorter than a store can be, or that begins otherwise.
        DatabaseError::Storage(StorageError::Io(error))
            if matches!(
                error.kind(),
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof
            ) =>
        {
            no_store(error.to_string())
        }
        other => io(&format!("cannot open the store `{path}`"), other),
    }
}

fn failed(table: Table, what: &str, error: &redb::Error) -> StoreError {
    match error {
        redb::Error::Corrupted(message) => StoreError::corrupt(table, message.clone()),
        other => io(&format!("cannot {what} table `{}`", table.name()), other),
    }
}

fn io(what: &str, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Io(format!("{what}: {error}"))
}
