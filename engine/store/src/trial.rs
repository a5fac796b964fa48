//! A file that is opened to see whether it can be: what is written stays in memory.
//!
//! redb mends a file while it opens it, and may give up in the middle. So a store is opened on trial
//! first: one that is damaged is refused, and is as it was for whoever looks into it.

use std::io::{self, ErrorKind};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::{BackendError, Builder, Database, DatabaseError, StorageBackend};

/// How much of the file is kept in memory meanwhile.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Opens redb's file on trial.
///
/// # Errors
/// It is in use, or no store.
pub(crate) fn open(file: impl StorageBackend) -> Result<Database, DatabaseError> {
    let length = file.len().map_err(redb::StorageError::from)?;
    let over = Over {
        length,
        kept: length,
        writes: Vec::new(),
    };
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder.create_with_backend(Trial {
        file,
        over: Mutex::new(over),
    })
}

#[derive(Debug)]
struct Trial<F> {
    file: F,
    over: Mutex<Over>,
}

/// What was done to the file, in memory.
#[derive(Debug)]
struct Over {
    /// How long it seems.
    length: u64,
    /// How much of the file itself shows through.
    kept: u64,
    writes: Vec<(u64, Vec<u8>)>,
}

impl<F> Trial<F> {
    fn over(&self) -> MutexGuard<'_, Over> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Over {
    /// Lays over `out`, which begins at `start`, what was written there.
    fn lay(&self, start: u64, out: &mut [u8]) {
        for (place, bytes) in &self.writes {
            let from = start.max(*place);
            let to = (start + out.len() as u64).min(place + bytes.len() as u64);
            if from >= to {
                continue;
            }
            let inside = |base: u64| (from - base) as usize..(to - base) as usize;
            if let (Some(beneath), Some(bytes)) =
                (out.get_mut(inside(start)), bytes.get(inside(*place)))
            {
                beneath.copy_from_slice(bytes);
            }
        }
    }
}

impl<F: StorageBackend> StorageBackend for Trial<F> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.over().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let over = self.over();
        let end = offset.saturating_add(out.len() as u64);
        if end > over.length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let shows = (over.kept.clamp(offset, end) - offset) as usize;
        let (file, zeros) = out.split_at_mut(shows);
        if !file.is_empty() {
            self.file.read(offset, file)?;
        }
        zeros.fill(0);
        over.lay(offset, out);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut over = self.over();
        over.length = length;
        over.kept = over.kept.min(length);
        over.writes.retain(|(place, _)| *place < length);
        for (place, bytes) in &mut over.writes {
            bytes.truncate((length - *place) as usize);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.over().writes.push((offset, data.to_vec()));
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
