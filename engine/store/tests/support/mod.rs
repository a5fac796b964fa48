//! A disk in memory that stops at a chosen moment, and what a crash leaves of it.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use casewright_store::StoreError;
use casewright_store::disk::{Disk, LogFile};
use redb::{Builder, Database, StorageBackend};

/// What a disk writes at once, whatever happens.
const SECTOR_BYTES: usize = 512;

/// A disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrashingDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<&'static str, FileState>,
    /// How many writes, syncs and changes of length there were.
    operations: u64,
    /// At which of them the disk stops.
    stop_at: Option<u64>,
    /// Whether a file is made whose writes do not count.
    is_making: bool,
    /// How long all files together may get.
    capacity: Option<usize>,
    /// Whether syncs fail.
    syncs_fail: bool,
}

/// One file: what is on disk for sure, and what was written since.
#[derive(Clone, Debug, Default)]
struct FileState {
    synced: Vec<u8>,
    seen: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

#[derive(Debug)]
struct File {
    disk: CrashingDisk,
    name: &'static str,
}

impl CrashingDisk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// How many operations it has done.
    pub(crate) fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Stops it before an operation.
    pub(crate) fn stop_at(&self, operation: u64) {
        self.lock().stop_at = Some(operation);
    }

    /// Lets all its files together get no longer than now.
    pub(crate) fn fill(&self) {
        let mut state = self.lock();
        state.capacity = Some(state.length());
    }

    /// Gives room again.
    pub(crate) fn make_room(&self) {
        self.lock().capacity = None;
    }

    /// Lets syncs fail, or work again.
    pub(crate) fn fail_syncs(&self, fail: bool) {
        self.lock().syncs_fail = fail;
    }

    /// What a crash leaves: of what was not synced, the sectors that `keep` says.
    pub(crate) fn after_crash(&self, keep: &mut dyn FnMut() -> bool) -> CrashingDisk {
        let state = self.lock();
        let files = state.files.iter();
        let files = files.map(|(name, file)| (*name, file.after_crash(keep)));
        CrashingDisk {
            state: Arc::new(Mutex::new(State {
                files: files.collect(),
                ..State::default()
            })),
        }
    }

    /// Changes the bytes of a file, as damage does.
    pub(crate) fn damage(&self, name: &'static str, damage: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        let file = state.files.get_mut(name).unwrap();
        damage(&mut file.seen);
        file.synced = file.seen.clone();
        file.pending.clear();
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &'static str) {
        self.lock().files.remove(name);
    }

    fn change(&self, name: &'static str, change: Change) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        let (length, capacity) = (state.length(), state.capacity);
        let file = state.files.entry(name).or_default();
        let grown = change.end().saturating_sub(file.seen.len());
        if grown > 0 && capacity.is_some_and(|capacity| length + grown > capacity) {
            return Err(ErrorKind::StorageFull.into());
        }
        apply(&mut file.seen, &change);
        file.pending.push(change);
        Ok(())
    }

    fn sync(&self, name: &'static str) -> io::Result<()> {
        let mut state = self.lock();
        state.operate()?;
        if state.syncs_fail {
            return Err(io::Error::other("the disk failed"));
        }
        let file = state.files.entry(name).or_default();
        for change in file.pending.drain(..) {
            apply(&mut file.synced, &change);
        }
        Ok(())
    }

    fn bytes<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&[u8]) -> io::Result<T>,
    ) -> io::Result<T> {
        let state = self.lock();
        let file = state.files.get(name).ok_or(ErrorKind::NotFound)?;
        read(&file.seen)
    }
}

impl Change {
    /// How long a file is at least, after it.
    fn end(&self) -> usize {
        match self {
            Change::Length(length) => *length,
            Change::Write(place, bytes) => place + bytes.len(),
        }
    }
}

impl State {
    fn operate(&mut self) -> io::Result<()> {
        if self.is_making {
            return Ok(());
        }
        if self.stop_at.is_some_and(|stop| self.operations >= stop) {
            return Err(io::Error::other("the disk has stopped"));
        }
        self.operations += 1;
        Ok(())
    }

    fn length(&self) -> usize {
        self.files.values().map(|file| file.seen.len()).sum()
    }
}

impl FileState {
    fn after_crash(&self, keep: &mut dyn FnMut() -> bool) -> FileState {
        let mut left = self.synced.clone();
        for change in &self.pending {
            match change {
                Change::Length(_) if !keep() => {}
                Change::Length(_) => apply(&mut left, change),
                Change::Write(place, bytes) => {
                    let first = SECTOR_BYTES - place % SECTOR_BYTES;
                    let (head, rest) = bytes.split_at(first.min(bytes.len()));
                    let mut place = *place;
                    for sector in std::iter::once(head).chain(rest.chunks(SECTOR_BYTES)) {
                        if keep() {
                            apply(&mut left, &Change::Write(place, sector.to_vec()));
                        }
                        place += sector.len();
                    }
                }
            }
        }
        FileState {
            synced: left.clone(),
            seen: left,
            pending: Vec::new(),
        }
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(length) => bytes.resize(*length, 0),
        Change::Write(place, written) => {
            let end = place + written.len();
            bytes.resize(bytes.len().max(end), 0);
            bytes[*place..end].copy_from_slice(written);
        }
    }
}

const REDB: &str = "redb";
const LOGS: [&str; 2] = ["log 0", "log 1"];

impl Disk for CrashingDisk {
    fn path(&self, file_name: &str) -> String {
        file_name.to_owned()
    }

    fn database(&self) -> Result<Database, StoreError> {
        let is_new = self.lock().files.entry(REDB).or_default().seen.is_empty();
        let open = || {
            Builder::new().create_with_backend(File {
                disk: self.clone(),
                name: REDB,
            })
        };
        if is_new {
            // In a folder a new file is made beside its place and moved there whole.
            self.lock().is_making = true;
            drop(open());
            self.lock().is_making = false;
        }
        open().map_err(|error| StoreError::Io(format!("cannot open redb: {error}")))
    }

    fn log(&self, number: usize, may_make: bool) -> io::Result<Box<dyn LogFile>> {
        let name = LOGS[number];
        let mut state = self.lock();
        if !may_make && !state.files.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        state.files.entry(name).or_default();
        Ok(Box::new(File {
            disk: self.clone(),
            name,
        }))
    }
}

impl LogFile for File {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        self.disk.bytes(self.name, |bytes| Ok(bytes.to_vec()))
    }

    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
        let change = Change::Write(usize::try_from(place).unwrap(), bytes.to_vec());
        self.disk.change(self.name, change)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.sync(self.name)
    }
}

impl StorageBackend for File {
    fn len(&self) -> io::Result<u64> {
        self.disk.bytes(self.name, |bytes| Ok(bytes.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        self.disk.bytes(self.name, |bytes| {
            let found = bytes.get(start..start + out.len());
            out.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let change = Change::Length(usize::try_from(len).unwrap());
        self.disk.change(self.name, change)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.sync(self.name)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let change = Change::Write(usize::try_from(offset).unwrap(), data.to_vec());
        self.disk.change(self.name, change)
    }
}
