//! What can go wrong with a store.

use std::fmt;

use crate::tables::Table;

/// Why a store did not do what it was asked. Nothing was written; except that after
/// [`StoreError::Io`] from a commit nobody can tell before the store is opened again.
#[derive(Debug)]
pub enum StoreError {
    /// Another process has the data folder open.
    InUse(String),
    /// There is no store in the folder.
    Missing(String),
    /// The folder or file cannot be used: missing, read-only, full.
    Io(String),
    /// The file that should be the store is none, or so damaged that it cannot be opened.
    NoStore {
        /// Where.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// What is stored cannot be what was written: damaged, or of a newer version.
    Corrupt {
        /// Where.
        table: Table,
        /// What is wrong with it.
        message: String,
    },
    /// A commit found something else than it was based on.
    Conflict {
        /// Where.
        table: Table,
    },
    /// The store was written in a format that this program does not know.
    Format {
        /// What was found.
        found: u32,
        /// What is known.
        known: u32,
    },
}

impl StoreError {
    pub(crate) fn corrupt(table: Table, message: impl Into<String>) -> Self {
        StoreError::Corrupt {
            table,
            message: message.into(),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::InUse(path) => write!(
                f,
                "the store `{path}` is in use by another process\n\nhint: stop the other server, or choose another folder with `--data`"
            ),
            StoreError::Missing(folder) => write!(
                f,
                "there is no store in `{folder}`\n\nhint: `--data` names the folder that the server was started with"
            ),
            StoreError::Io(message) => f.write_str(message),
            StoreError::NoStore { path, message } => write!(
                f,
                "`{path}` is no store, or it is damaged: {message}\n\nhint: put back a copy of the file, or choose another folder with `--data`"
            ),
            StoreError::Corrupt { table, message } => {
                write!(
                    f,
                    "the store is damaged: table `{}`: {message}",
                    table.name()
                )
            }
            StoreError::Conflict { table } => write!(
                f,
                "a commit to table `{}` was based on something that is no longer there",
                table.name()
            ),
            StoreError::Format { found, known } => write!(
                f,
                "the store has format {found}, this program knows format {known}\n\nhint: use the version of casewright that wrote it, or a newer one"
            ),
        }
    }
}

impl std::error::Error for StoreError {}
