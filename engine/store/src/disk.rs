//! Where the store's files lie: the seam at which tests put a disk that fails.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageError};

use crate::error::StoreError;
use crate::{redb_file, trial};

/// The name of redb's file inside the data folder.
pub const FILE_NAME: &str = "casewright.redb";
/// The names of the files of the log, beside it.
pub const LOG_FILE_NAMES: [&str; 2] = ["casewright.log.0", "casewright.log.1"];

/// How much of its file redb keeps in memory. The system's own cache holds the rest of what is read often, and
/// gives it back to whoever needs it.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// The files of one store.
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    /// What people call one of its files: where it lies.
    fn path(&self, file_name: &str) -> String;

    /// An id for a new store, which no other has.
    fn new_id(&self) -> Vec<u8> {
        uuid::Uuid::now_v7().as_bytes().to_vec()
    }

    /// What tells the frames of a log from those before it. Nobody can foresee it.
    fn new_mark(&self) -> [u8; 8] {
        // The second half of a version 7 UUID is random, but for two bits.
        let (_, random) = uuid::Uuid::now_v7().as_u64_pair();
        random.to_be_bytes()
    }

    /// Opens redb's file, and makes it when it is not there.
    ///
    /// # Errors
    /// Another process has it open, or it is no store.
    fn database(&self) -> Result<Database, StoreError>;

    /// Opens redb's file so that nothing is written to it, whatever is done; none when it is not there.
    ///
    /// # Errors
    /// As [`Disk::database`].
    fn trial(&self) -> Result<Option<Database>, StoreError>;

    /// Opens a file of the log: 0 or 1. It is made when it is not there, if it may be.
    ///
    /// # Errors
    /// The folder cannot be used, or the file is missing.
    fn log(&self, number: usize, may_make: bool) -> io::Result<Box<dyn LogFile>>;
}

/// A file of the log.
pub trait LogFile: fmt::Debug + Send {
    /// All that is in it.
    ///
    /// # Errors
    /// The file cannot be read.
    fn read(&mut self) -> io::Result<Vec<u8>>;

    /// Writes bytes at a place, at most just behind what is there.
    ///
    /// # Errors
    /// The disk is full, or the file cannot be written.
    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()>;

    /// Waits until everything that was written is on disk.
    ///
    /// # Errors
    /// The disk failed.
    fn sync(&mut self) -> io::Result<()>;
}

/// The files of a store in a folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A folder; it is made when it is not there.
    ///
    /// # Errors
    /// It cannot be made, or is a file.
    pub fn new(path: &Path) -> Result<Self, StoreError> {
        let shown = path.display();
        if path.exists() && !path.is_dir() {
            return Err(StoreError::Io(format!(
                "expected the data folder at `{shown}`, found a file"
            )));
        }
        fs::create_dir_all(path).map_err(|error| {
            StoreError::Io(format!("cannot make the folder `{shown}`: {error}"))
        })?;
        Ok(Folder {
            path: path.to_owned(),
        })
    }
}

impl Disk for Folder {
    fn path(&self, file_name: &str) -> String {
        self.path.join(file_name).display().to_string()
    }

    fn database(&self) -> Result<Database, StoreError> {
        let path = self.path.join(FILE_NAME);
        let open = |path: &Path| {
            let mut builder = Builder::new();
            builder.set_cache_size(CACHE_BYTES);
            builder
                .create(path)
                .map_err(|error| cannot_open(&path.display().to_string(), &error))
        };
        redb_file::make(&path, |new| open(new).map(drop))?;
        open(&path)
    }

    fn trial(&self) -> Result<Option<Database>, StoreError> {
        let path = self.path.join(FILE_NAME);
        let shown = path.display().to_string();
        // As redb opens it, so that what cannot be written is told now.
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(StoreError::Io(format!(
                    "cannot open the store `{shown}`: {error}"
                )));
            }
        };
        let opened = FileBackend::new(file).and_then(trial::open);
        opened
            .map(Some)
            .map_err(|error| cannot_open(&shown, &error))
    }

    fn log(&self, number: usize, may_make: bool) -> io::Result<Box<dyn LogFile>> {
        let name = LOG_FILE_NAMES
            .get(number)
            .ok_or_else(|| io::Error::from(ErrorKind::NotFound))?;
        let path = self.path.join(name);
        let is_new = !path.try_exists()?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(may_make)
            .truncate(false)
            .open(&path)?;
        if is_new {
            redb_file::sync_folder(&path)?;
        }
        Ok(Box::new(file))
    }
}

impl LogFile for File {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.seek(SeekFrom::Start(0))?;
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(place))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

pub(crate) fn cannot_open(path: &str, error: &DatabaseError) -> StoreError {
    let path = path.to_owned();
    let no_store = |message: String| StoreError::NoStore {
        path: path.clone(),
        message,
    };
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(path),
        DatabaseError::Storage(StorageError::Corrupted(message)) => no_store(message.clone()),
        DatabaseError::UpgradeRequired(version) => {
            no_store(format!("it is of version {version} of redb's format"))
        }
        // A file that is shorter than a store can be, or that begins otherwise.
        DatabaseError::Storage(StorageError::Io(error))
            if matches!(
                error.kind(),
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof
            ) =>
        {
            no_store(error.to_string())
        }
        other => StoreError::Io(format!("cannot open the store `{path}`: {other}")),
    }
}
