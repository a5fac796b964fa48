//! A disk in memory that does what disks do: it stops at a chosen moment, fills up, fails to sync, forgets
//! what was not synced, and rots.
//!
//! The same calls do the same to it, and [`SimulatedDisk::trace`] sums up all of them.

mod file;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Builder, Database, StorageBackend};

use crate::disk::{Disk, FILE_NAME, LOG_FILE_NAMES, LogFile, cannot_open};
use crate::error::StoreError;
use crate::trial;
use file::{Change, FileState};

/// How much of its file redb keeps in memory: so little that it writes in the middle of things.
const CACHE_BYTES: usize = 64 * 1024;

/// A disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<&'static str, FileState>,
    /// Sums up all operations.
    trace: crc32fast::Hasher,
    /// How many writes, syncs and changes of length there were.
    operations: u64,
    syncs: u64,
    /// At which operation the disk stops.
    stop_at: Option<u64>,
    /// Whether a file is made whose writes do not count.
    is_making: bool,
    /// How long all files together may get.
    capacity: Option<usize>,
    syncs_fail: bool,
    reads_fail: bool,
}

#[derive(Debug)]
struct File {
    disk: SimulatedDisk,
    name: &'static str,
}

impl SimulatedDisk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many writes, syncs and changes of length there were.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// How many syncs there were.
    pub fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    /// A number that two disks share only if the same was done to both, in the same order.
    pub fn trace(&self) -> u32 {
        self.lock().trace.clone().finalize()
    }

    /// Stops it before an operation: from then on it does nothing.
    pub fn stop_at(&self, operation: u64) {
        self.lock().stop_at = Some(operation);
    }

    /// Whether it has come to where it stops.
    pub fn has_stopped(&self) -> bool {
        let state = self.lock();
        state.stop_at.is_some_and(|stop| state.operations >= stop)
    }

    /// Lets all its files together get no longer than now, and so many bytes.
    pub fn fill(&self, room_bytes: usize) {
        let mut state = self.lock();
        state.capacity = Some(state.length() + room_bytes);
    }

    /// Gives room again.
    pub fn make_room(&self) {
        self.lock().capacity = None;
    }

    /// Lets syncs fail, or work again.
    pub fn fail_syncs(&self, fail: bool) {
        self.lock().syncs_fail = fail;
    }

    /// Lets reads fail, or work again.
    pub fn fail_reads(&self, fail: bool) {
        self.lock().reads_fail = fail;
    }

    /// What a crash leaves: of what was not synced, the sectors that `keep` says. Of a sector that was
    /// written twice, either may be the one that is kept.
    pub fn after_crash(&self, keep: &mut dyn FnMut() -> bool) -> SimulatedDisk {
        let state = self.lock();
        let files = state.files.iter();
        let files = files.map(|(name, file)| (*name, file.after_crash(keep)));
        SimulatedDisk {
            state: Arc::new(Mutex::new(State {
                files: files.collect(),
                trace: state.trace.clone(),
                operations: state.operations,
                syncs: state.syncs,
                ..State::default()
            })),
        }
    }

    /// A file's bytes; none when it is not there.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.lock();
        state.files.get(name).map(|file| file.seen.clone())
    }

    /// Changes the bytes of a file, as damage does; nothing happens when it is not there.
    pub fn damage(&self, name: &str, damage: impl FnOnce(&mut Vec<u8>)) {
        if let Some(file) = self.lock().files.get_mut(name) {
            damage(&mut file.seen);
            file.synced = file.seen.clone();
            file.pending.clear();
        }
    }

    /// Removes a file.
    pub fn remove(&self, name: &str) {
        self.lock().files.remove(name);
    }

    fn change(&self, name: &'static str, change: Change) -> io::Result<()> {
        let mut state = self.lock();
        state.operate(name, &change)?;
        let (length, capacity) = (state.length(), state.capacity);
        let file = state.files.entry(name).or_default();
        let grown = change.end().saturating_sub(file.seen.len());
        if grown > 0 && capacity.is_some_and(|capacity| length + grown > capacity) {
            return Err(ErrorKind::StorageFull.into());
        }
        change.apply(&mut file.seen);
        file.pending.push(change);
        Ok(())
    }

    fn sync(&self, name: &'static str) -> io::Result<()> {
        let mut state = self.lock();
        state.operate(name, &Change::None)?;
        state.syncs += 1;
        if state.syncs_fail {
            return Err(io::Error::other("the disk failed"));
        }
        let file = state.files.entry(name).or_default();
        for change in file.pending.drain(..) {
            change.apply(&mut file.synced);
        }
        Ok(())
    }

    fn bytes<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&[u8]) -> io::Result<T>,
    ) -> io::Result<T> {
        let state = self.lock();
        if state.reads_fail {
            return Err(io::Error::other("the disk cannot be read"));
        }
        let file = state.files.get(name).ok_or(ErrorKind::NotFound)?;
        read(&file.seen)
    }
}

impl State {
    fn operate(&mut self, name: &str, change: &Change) -> io::Result<()> {
        if self.is_making {
            return Ok(());
        }
        if self.stop_at.is_some_and(|stop| self.operations >= stop) {
            return Err(io::Error::other("the disk has stopped"));
        }
        self.operations += 1;
        self.trace.update(name.as_bytes());
        change.sum_up(&mut self.trace);
        Ok(())
    }

    fn length(&self) -> usize {
        self.files.values().map(|file| file.seen.len()).sum()
    }
}

impl Disk for SimulatedDisk {
    fn path(&self, file_name: &str) -> String {
        file_name.to_owned()
    }

    fn new_id(&self) -> Vec<u8> {
        b"simulated disk 1".to_vec()
    }

    fn new_mark(&self) -> [u8; 8] {
        // Between two there are operations; an odd factor spreads the count over all bytes.
        let count = self.operations() + 1;
        count.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()
    }

    fn database(&self) -> Result<Database, StoreError> {
        let is_new = {
            let mut state = self.lock();
            state.files.entry(FILE_NAME).or_default().seen.is_empty()
        };
        let open = || {
            let mut builder = Builder::new();
            builder.set_cache_size(CACHE_BYTES);
            builder.create_with_backend(File {
                disk: self.clone(),
                name: FILE_NAME,
            })
        };
        if is_new {
            // In a folder a new file is made beside its place and moved there whole.
            self.lock().is_making = true;
            drop(open());
            self.lock().is_making = false;
        }
        open().map_err(|error| cannot_open(FILE_NAME, &error))
    }

    fn trial(&self) -> Result<Option<Database>, StoreError> {
        let found = self.read(FILE_NAME);
        if found.is_none_or(|bytes| bytes.is_empty()) {
            return Ok(None);
        }
        let file = File {
            disk: self.clone(),
            name: FILE_NAME,
        };
        let opened = trial::open(file);
        opened
            .map(Some)
            .map_err(|error| cannot_open(FILE_NAME, &error))
    }

    fn log(&self, number: usize, may_make: bool) -> io::Result<Box<dyn LogFile>> {
        let name = LOG_FILE_NAMES.get(number).copied();
        let name = name.ok_or_else(|| io::Error::from(ErrorKind::NotFound))?;
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
        let change = Change::Write(position(place)?, bytes.to_vec());
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
        let start = position(offset)?;
        self.disk.bytes(self.name, |bytes| {
            let end = start.checked_add(out.len());
            let found = end.and_then(|end| bytes.get(start..end));
            out.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.change(self.name, Change::Length(position(len)?))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.sync(self.name)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let change = Change::Write(position(offset)?, data.to_vec());
        self.disk.change(self.name, change)
    }
}

fn position(place: u64) -> io::Result<usize> {
    usize::try_from(place).map_err(io::Error::other)
}
