//! redb beneath the log: the rows that have been moved out of it, in one file.
//!
//! redb panics on some kinds of damage to its file. Every call to it goes through `contained`, so
//! that damage is an error like any other.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, PoisonError, RwLock};

use redb::{
    AccessGuard, Database, Durability, ReadOnlyTable, ReadableDatabase, StorageError,
    TableDefinition, WriteTransaction,
};

use crate::disk::{Disk, FILE_NAME};
use crate::error::StoreError;
use crate::key_value::{Batch, Range, Row};
use crate::log::frame::Mark;
use crate::overlay::Overlay;
use crate::tables::Table;

/// What redb knows of the log that lies before it.
const LOG: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("log");

/// A redb file. One process has it open at a time.
#[derive(Debug)]
pub(crate) struct Redb {
    disk: Arc<dyn Disk>,
    file: RwLock<File>,
    /// Whether the last write failed. What stood in the file before is read as long as it can be.
    write_failed: AtomicBool,
}

/// redb's file, as it is at hand.
#[derive(Debug)]
enum File {
    /// It can be read and written.
    Opened(Opened),
    /// It failed. Whoever needs it next opens it again.
    Closed,
    /// Nobody can tell what stands in it before a new process opens it.
    GivenUp,
}

/// redb's file, opened.
#[derive(Debug)]
struct Opened {
    /// What stands in it since its last commit. Before the database, so that it is gone first.
    snapshot: RwLock<Arc<Snapshot>>,
    database: Database,
}

/// The tables as one commit left them, opened once for all reads until the next.
#[derive(Debug)]
struct Snapshot {
    tables: Vec<Rows>,
    log: ReadOnlyTable<&'static str, &'static [u8]>,
}

type Rows = ReadOnlyTable<&'static [u8], &'static [u8]>;

impl Snapshot {
    fn of(database: &Database) -> Result<Self, redb::Error> {
        let reading = database.begin_read()?;
        let open = |table: Table| reading.open_table(definition(table));
        let tables = Table::ALL.map(open).into_iter().collect::<Result<_, _>>()?;
        let log = reading.open_table(LOG)?;
        Ok(Snapshot { tables, log })
    }

    fn rows(&self, table: Table) -> Result<&Rows, redb::Error> {
        let rows = self.tables.get(usize::from(table.code()));
        rows.ok_or_else(|| redb::Error::TableDoesNotExist(table.name().to_owned()))
    }
}

impl Opened {
    fn snapshot(&self) -> Arc<Snapshot> {
        let snapshot = self.snapshot.read();
        snapshot.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows what has been committed.
    fn refresh(&self) -> Result<(), redb::Error> {
        let fresh = Arc::new(Snapshot::of(&self.database)?);
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

/// What redb knows of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogState {
    /// By which the files of the log and redb's know each other; empty in a store that never had a log.
    pub(crate) id: Vec<u8>,
    /// The number of the last batch that redb holds.
    pub(crate) moved: u64,
    /// Whether the log may hold more.
    pub(crate) is_open: bool,
    /// How long the files of the log are at least, in bytes.
    pub(crate) lengths: [u64; 2],
    /// The mark of the log's frames.
    pub(crate) mark: Mark,
    /// The mark that they had before: a crash may have come before the files of the log were begun anew.
    pub(crate) mark_before: Mark,
}

/// A key or a value, where it lies.
type Bytes<'a> = AccessGuard<'a, &'static [u8]>;

pub(crate) fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

impl Redb {
    /// What redb knows of the log, without touching its file; none when it is not there.
    ///
    /// # Errors
    /// As [`Redb::open`].
    pub(crate) fn trial(disk: Arc<dyn Disk>) -> Result<Option<LogState>, StoreError> {
        let opened = contained(|| disk.trial()?.map(prepare).transpose());
        let opened = opened.unwrap_or_else(|message| Err(no_store(&*disk, message)))?;
        let Some(opened) = opened else {
            return Ok(None);
        };
        Redb::of(disk, opened).log_state().map(Some)
    }

    /// Opens redb's file, making it when it is not there.
    ///
    /// # Errors
    /// Another process has it open, or the file is no store.
    pub(crate) fn open(disk: Arc<dyn Disk>) -> Result<Self, StoreError> {
        let opened = open(&*disk)?;
        Ok(Redb::of(disk, opened))
    }

    fn of(disk: Arc<dyn Disk>, opened: Opened) -> Self {
        Redb {
            disk,
            file: RwLock::new(File::Opened(opened)),
            write_failed: AtomicBool::new(false),
        }
    }

    /// Closes the file after it has failed: redb does nothing more with it otherwise.
    pub(crate) fn close(&self) {
        self.replace(File::Closed);
    }

    /// Closes the file for good.
    pub(crate) fn give_up(&self) {
        self.replace(File::GivenUp);
    }

    fn replace(&self, file: File) {
        let mut current = self.file.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, file);
        let _ = contained(|| drop(old));
    }

    /// Opens the file again if it was closed.
    fn ensure_open(&self) -> Result<(), StoreError> {
        let is_closed = |file: &File| matches!(file, File::Closed);
        if is_closed(&self.file.read().unwrap_or_else(PoisonError::into_inner)) {
            let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
            if is_closed(&file) {
                *file = File::Opened(open(&*self.disk)?);
            }
        }
        Ok(())
    }

    /// Works with the file.
    fn with<T>(
        &self,
        work: impl FnOnce(&Opened) -> Result<T, redb::Error>,
    ) -> Result<Result<T, redb::Error>, StoreError> {
        self.ensure_open()?;
        let done = {
            let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
            contained(|| match &*file {
                File::Opened(opened) => work(opened),
                File::Closed | File::GivenUp => Err(redb::Error::DatabaseClosed),
            })
        };
        Ok(done.unwrap_or_else(|message| Err(redb::Error::Corrupted(message))))
    }

    fn reading<T>(
        &self,
        table: Table,
        what: &str,
        work: impl FnOnce(&Snapshot) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let read = self.with(|opened| work(&opened.snapshot()))?;
        if matches!(read, Err(redb::Error::Io(_) | redb::Error::PreviousIo)) {
            // It is opened again for whoever comes next.
            self.close();
        }
        read.map_err(|error| failed(table, what, &error))
    }

    fn writing<T>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let write = |opened: &Opened| {
            let mut transaction = opened.database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            // What is free stands in the file with each commit: opening it after a crash does not
            // depend on how much there is.
            transaction.set_quick_repair(true);
            let done = work(&transaction)?;
            transaction.commit()?;
            opened.refresh()?;
            Ok(done)
        };
        if self.write_failed.load(Ordering::SeqCst) {
            self.close();
        }
        let written = self.with(write)?;
        self.write_failed.store(written.is_err(), Ordering::SeqCst);
        written.map_err(|error| match error {
            redb::Error::Corrupted(message) => damaged(&message),
            error => io("cannot write to the store", &error),
        })
    }

    /// The value at a key.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.reading(table, "read", |snapshot| {
            let found = snapshot.rows(table)?.get(key)?;
            Ok(found.map(|found| found.value().to_vec()))
        })
    }

    /// Hands the rows of a range in its direction, without its limit, to `take`.
    pub(crate) fn scan(
        &self,
        table: Table,
        range: &Range,
        take: impl FnOnce(
            &mut dyn Iterator<Item = Result<Row, StorageError>>,
        ) -> Result<Vec<Row>, StorageError>,
    ) -> Result<Vec<Row>, StoreError> {
        self.reading(table, "scan", |snapshot| {
            let start = range.start.as_slice();
            if range.end.as_deref().is_some_and(|end| end <= start) {
                return Ok(take(&mut std::iter::empty())?);
            }
            let rows = snapshot.rows(table)?;
            let found = match range.end.as_deref() {
                Some(end) => rows.range(start..end)?,
                None => rows.range(start..)?,
            };
            let row = |row: Result<(Bytes<'_>, Bytes<'_>), _>| {
                row.map(|(key, value)| (key.value().to_vec(), value.value().to_vec()))
            };
            let rows = match range.reverse {
                false => take(&mut found.map(row))?,
                true => take(&mut found.rev().map(row))?,
            };
            Ok(rows)
        })
    }

    /// What it knows of the log.
    pub(crate) fn log_state(&self) -> Result<LogState, StoreError> {
        self.reading(Table::Meta, "read", |snapshot| {
            let value = |key| {
                let found = snapshot.log.get(key)?;
                Ok::<_, StorageError>(found.map(|found| found.value().to_vec()))
            };
            let moved = value("moved")?.unwrap_or_default();
            Ok(LogState {
                id: value("id")?.unwrap_or_default(),
                moved: moved.as_slice().try_into().map_or(0, u64::from_be_bytes),
                is_open: value("open")?.is_some_and(|flag| flag == [1]),
                lengths: lengths(&value("lengths")?.unwrap_or_default()),
                mark: mark(value("mark")?),
                mark_before: mark(value("mark-before")?),
            })
        })
    }

    /// Writes what it shall know of the log, and nothing else.
    pub(crate) fn set_log_state(&self, state: &LogState) -> Result<(), StoreError> {
        self.writing(|transaction| write_log_state(transaction, state))
    }

    /// Writes all rows that an overlay holds, and with them how far the log has been moved.
    pub(crate) fn write_overlay(
        &self,
        overlay: &Overlay,
        state: &LogState,
    ) -> Result<(), StoreError> {
        self.writing(|transaction| {
            for table in Table::ALL {
                let mut entries = overlay.entries(table).peekable();
                if entries.peek().is_none() {
                    continue;
                }
                let mut rows = transaction.open_table(definition(table))?;
                for (key, value) in entries {
                    match value {
                        Some(value) => rows.insert(key, value)?,
                        None => rows.remove(key)?,
                    };
                }
            }
            write_log_state(transaction, state)
        })
    }

    /// Writes one batch, and with it how far the log has been moved.
    pub(crate) fn write_batch(&self, batch: Batch, state: &LogState) -> Result<(), StoreError> {
        let mut overlay = Overlay::default();
        overlay.write(batch);
        self.write_overlay(&overlay, state)
    }
}

impl Drop for Redb {
    /// Closing a damaged file may panic, too; whoever drops this has told why already.
    fn drop(&mut self) {
        self.close();
    }
}

fn open(disk: &dyn Disk) -> Result<Opened, StoreError> {
    let opened = contained(|| prepare(disk.database()?));
    opened.unwrap_or_else(|message| Err(no_store(disk, message)))
}

fn prepare(database: Database) -> Result<Opened, StoreError> {
    let failed = |error: redb::Error| io("cannot prepare the store", &error);
    // A store that is new or of an older format lacks tables.
    let snapshot = Snapshot::of(&database).or_else(|_| {
        make_tables(&database)?;
        Snapshot::of(&database)
    });
    Ok(Opened {
        snapshot: RwLock::new(Arc::new(snapshot.map_err(failed)?)),
        database,
    })
}

fn no_store(disk: &dyn Disk, message: String) -> StoreError {
    StoreError::NoStore {
        path: disk.path(FILE_NAME),
        message,
    }
}

fn make_tables(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    for table in Table::ALL {
        transaction.open_table(definition(table))?;
    }
    transaction.open_table(LOG)?;
    transaction.commit()?;
    Ok(())
}

fn damaged(message: &str) -> StoreError {
    StoreError::Io(format!(
        "cannot write to the store, which is damaged: {message}\n\nhint: stop what uses it, and put back a copy of the data folder"
    ))
}

/// Two numbers; zero where there is none.
fn lengths(bytes: &[u8]) -> [u64; 2] {
    let mut numbers = bytes.as_chunks::<8>().0.iter();
    [0, 1].map(|_| numbers.next().map_or(0, |bytes| u64::from_be_bytes(*bytes)))
}

fn write_log_state(transaction: &WriteTransaction, state: &LogState) -> Result<(), redb::Error> {
    let mut rows = transaction.open_table(LOG)?;
    rows.insert("id", state.id.as_slice())?;
    rows.insert("moved", state.moved.to_be_bytes().as_slice())?;
    rows.insert("open", [u8::from(state.is_open)].as_slice())?;
    let lengths = state.lengths.map(u64::to_be_bytes);
    rows.insert("lengths", lengths.as_flattened())?;
    rows.insert("mark", state.mark.as_slice())?;
    rows.insert("mark-before", state.mark_before.as_slice())?;
    Ok(())
}

/// A mark that is stored; zeros when there is none yet.
fn mark(stored: Option<Vec<u8>>) -> Mark {
    let stored = stored.unwrap_or_default();
    stored.first_chunk().copied().unwrap_or_default()
}

thread_local! {
    /// How many calls of [`contained`] are under way.
    static CONTAINED: Cell<u32> = const { Cell::new(0) };
}

/// What some work with redb comes to, or what it said when it panicked.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // What is contained is told as an error.
            if CONTAINED.get() == 0 {
                told(panic);
            }
        }));
    });
    CONTAINED.set(CONTAINED.get() + 1);
    // After a panic redb refuses what could build on it: its locks are poisoned.
    let done = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(CONTAINED.get() - 1);
    done.map_err(|panic| {
        let told = panic.downcast_ref::<String>().map(String::as_str);
        let told = told.or_else(|| panic.downcast_ref::<&str>().copied());
        told.unwrap_or("the file cannot be read").to_owned()
    })
}

fn failed(table: Table, what: &str, error: &redb::Error) -> StoreError {
    match error {
        redb::Error::Corrupted(message) => StoreError::corrupt(table, message.clone()),
        other => io(&format!("cannot {what} table `{}`", table.name()), other),
    }
}

pub(crate) fn io(what: &str, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Io(format!("{what}: {error}"))
}
