//! The file of a new store: whole, or not there.
//!
//! redb writes the first bytes of a new file last. A process that is killed before that would leave
//! a file which nothing can open ever again, so a new file is made beside its place, and moved there
//! once it is whole.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::error::StoreError;

/// Makes the file at `path`, unless it is there. `fill` makes a whole one at the path it is given.
///
/// # Errors
/// As `fill`, and when the folder cannot be written.
pub(crate) fn make(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error: io::Error| {
        StoreError::Io(format!(
            "cannot make the store `{}`: {error}",
            path.display()
        ))
    };
    let lock = path.with_extension("making");
    if !path.try_exists().map_err(failed)? {
        // Two that make the same store would each think that theirs is the one.
        let held = File::create(&lock).map_err(failed)?;
        held.lock().map_err(failed)?;
        if !path.try_exists().map_err(failed)? {
            let unfinished = path.with_extension("new");
            remove(&unfinished).map_err(failed)?;
            fill(&unfinished)?;
            fs::rename(&unfinished, path).map_err(failed)?;
            sync_folder(path).map_err(failed)?;
        }
    }
    // Whoever comes from now on finds the store, and has no use for the lock; nor for one that
    // somebody left who was killed.
    remove(&lock).map_err(failed)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A new name is on disk only when its folder is.
#[cfg(unix)]
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Where folders cannot be synced, the system does it by itself.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
