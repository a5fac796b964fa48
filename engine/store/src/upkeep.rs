//! What a store takes on disk, and how it takes less: for a store that nobody has open.

use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTableMetadata};

use crate::disk::{Disk, FILE_NAME, Folder};
use crate::error::StoreError;
use crate::redb_store::{contained, definition, io};
use crate::tables::Table;
use crate::write_ahead::WriteAhead;

/// What a table takes in redb's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// Which one.
    pub table: Table,
    /// Its rows.
    pub rows: u64,
    /// Its keys and values, in bytes.
    pub stored_bytes: u64,
    /// What finding them takes: the pages above, the heads of pages, in bytes.
    pub metadata_bytes: u64,
    /// What is free inside its pages, in bytes.
    pub free_bytes: u64,
}

/// What each table takes. What stands in the log is moved into the tables first.
///
/// # Errors
/// Another process has the store open, or it is none.
pub fn sizes(folder: &Path) -> Result<Vec<TableSize>, StoreError> {
    let database = closed(folder)?;
    let size = |table: Table| {
        let rows = database.begin_read()?.open_table(definition(table))?;
        let found = rows.stats()?;
        Ok::<_, redb::Error>(TableSize {
            table,
            rows: rows.len()?,
            stored_bytes: found.stored_bytes(),
            metadata_bytes: found.metadata_bytes(),
            free_bytes: found.fragmented_bytes(),
        })
    };
    let sizes = || Table::ALL.iter().map(|table| size(*table)).collect();
    let sizes: Result<Vec<_>, redb::Error> =
        contained(sizes).map_err(|message| io("cannot look through the store", &message))?;
    sizes.map_err(|error| io("cannot look through the store", &error))
}

/// Gives back to the disk what a store does not need. Needs about as much free space meanwhile as there
/// is to write anew, and takes the longer the larger the store is.
///
/// # Errors
/// Another process has the store open, it is none, or the disk is full. The store is whole then, too.
pub fn compact(folder: &Path) -> Result<(), StoreError> {
    let mut database = closed(folder)?;
    let compacted = contained(|| database.compact());
    let compacted = compacted.map_err(|message| io("cannot compact the store", &message))?;
    compacted.map_err(|error| io("cannot compact the store", &error))?;
    Ok(())
}

/// redb's file of a store whose log is empty.
fn closed(folder: &Path) -> Result<Database, StoreError> {
    if !folder.join(FILE_NAME).is_file() {
        let shown = folder.display();
        return Err(StoreError::Io(format!(
            "expected a store in the folder `{shown}`, found none"
        )));
    }
    // Opening moves what is in the log, closing leaves it empty.
    drop(WriteAhead::open(folder)?);
    let folder = Folder::new(folder)?;
    contained(|| folder.database()).map_err(|message| io("cannot open the store", &message))?
}
