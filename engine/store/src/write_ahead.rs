//! The embedded store: a write-ahead log in front of redb.
//!
//! redb alone rewrites whole pages for every commit. So a batch is appended to the log, synced, and answered;
//! until redb holds it, its rows stand in memory, over redb's. When enough has come together, a thread of its
//! own moves those rows into redb in one synced transaction, while the other file of the log takes what comes.
//!
//! What is read is always what was answered: the rows in memory over redb's. What a crash leaves is read
//! back when the store is opened, and moved at once.

use std::path::Path;
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::disk::{Disk, FILE_NAME, Folder, LOG_FILE_NAMES};
use crate::error::StoreError;
use crate::key_value::{Batch, KeyValue, Precondition, Range, Row};
use crate::log::frame::{self, Mark};
use crate::log::recovery::recover;
use crate::log::segment::{AppendError, SEGMENT_BYTES, Segment};
use crate::overlay::{self, Overlay};
use crate::redb_store::{LogState, Redb};
use crate::tables::Table;

/// How much memory rows may take before they are moved into redb.
const OVERLAY_BYTES: usize = 2 * SEGMENT_BYTES;
/// How long to wait before what redb could not take is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// A log in front of redb. One process has it open at a time.
#[derive(Debug)]
pub struct WriteAhead {
    shared: Arc<Shared>,
    mover: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    redb: Redb,
    rows: RwLock<Rows>,
    writer: Mutex<Writer>,
    moving: Mutex<Moving>,
    /// Told when `moving` changes.
    moved: Condvar,
}

/// The rows that redb does not hold yet.
#[derive(Debug, Default)]
struct Rows {
    /// Those of the segment that is written.
    newer: Overlay,
    /// Those that are being moved.
    older: Arc<Overlay>,
}

#[derive(Debug)]
struct Writer {
    segments: [Segment; 2],
    /// Which of them is written.
    current: usize,
    /// How much each of them takes.
    segment_bytes: usize,
    /// The number of the last batch.
    last: u64,
    id: Vec<u8>,
    /// The mark of its frames, and the one that they had before.
    mark: (Mark, Mark),
    /// What came in the way of a write; nobody can tell then what is on disk.
    broken: Option<String>,
}

/// What the mover is at.
#[derive(Debug, Default)]
struct Moving {
    /// Whether a thread of its own moves; without one, whoever has to wait for it does.
    has_thread: bool,
    /// What redb shall know of the log once the older rows are moved; none when there is nothing to do.
    asked: Option<LogState>,
    /// Why redb could not take them when it was last tried.
    failed: Option<String>,
    /// Whether to end when there is nothing to do.
    stop: bool,
}

impl Rows {
    /// What they say of a key: its value, that it was removed, or nothing.
    fn get(&self, table: Table, key: &[u8]) -> Option<Option<&[u8]>> {
        let found = self.newer.get(table, key);
        found.or_else(|| self.older.get(table, key))
    }
}

impl WriteAhead {
    /// Opens the store in a folder, making both when they are not there.
    ///
    /// # Errors
    /// Another process has it open, the folder cannot be used, or its files are no store.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        WriteAhead::on(Arc::new(Folder::new(folder)?), SEGMENT_BYTES)
    }

    /// Makes sure that there is a store in a folder.
    ///
    /// # Errors
    /// There is none.
    pub fn must_exist(folder: &Path) -> Result<(), StoreError> {
        match folder.join(FILE_NAME).is_file() {
            true => Ok(()),
            false => Err(StoreError::Missing(folder.display().to_string())),
        }
    }

    /// Opens the store on a disk, with so much room in each of the two files of its log.
    ///
    /// # Errors
    /// As [`WriteAhead::open`].
    pub fn on(disk: Arc<dyn Disk>, segment_bytes: usize) -> Result<Self, StoreError> {
        let mut store = WriteAhead::in_place(disk, segment_bytes)?;
        let shared = store.shared.clone();
        let mover = thread::Builder::new()
            .name("mover".to_owned())
            .spawn(move || shared.move_rows());
        let mover = mover.map_err(|error| {
            StoreError::Io(format!("cannot start a thread of the store: {error}"))
        })?;
        store.shared.moving().has_thread = true;
        store.mover = Some(mover);
        Ok(store)
    }

    /// As [`WriteAhead::on`], without a thread: rows are moved by whoever has to wait for it, or when
    /// [`WriteAhead::move_now`] says so. The same calls then do the same to the disk, in the same order.
    ///
    /// # Errors
    /// As [`WriteAhead::open`].
    pub fn in_place(disk: Arc<dyn Disk>, segment_bytes: usize) -> Result<Self, StoreError> {
        // What is damaged is refused before anything is touched.
        let log = match Redb::trial(disk.clone())? {
            Some(state) if state.is_open => Some(read_log(&*disk, &state, segment_bytes)?),
            _ => None,
        };
        let redb = Redb::open(disk.clone())?;
        let writer = recovered(&redb, &*disk, segment_bytes, log)?;
        Ok(WriteAhead {
            shared: Arc::new(Shared {
                redb,
                rows: RwLock::default(),
                writer: Mutex::new(writer),
                moving: Mutex::default(),
                moved: Condvar::new(),
            }),
            mover: None,
        })
    }

    /// Waits until redb holds everything but what the current file of the log does.
    ///
    /// # Errors
    /// redb could not take it.
    pub fn move_now(&self) -> Result<(), StoreError> {
        self.shared.wait_until_moved()
    }
}

/// Moves what a crash left in the log, if it has one, into redb, and gives a log that is empty.
fn recovered(
    redb: &Redb,
    disk: &dyn Disk,
    segment_bytes: usize,
    left: Option<Log>,
) -> Result<Writer, StoreError> {
    let mut state = redb.log_state()?;
    let is_new = state.id.is_empty();
    if is_new {
        state.id = disk.new_id();
        redb.set_log_state(&state)?;
    }
    let (mut segments, batches) = match left {
        Some(left) => left,
        None => read_log(disk, &state, segment_bytes)?,
    };
    state.lengths = segments.each_ref().map(Segment::length);
    begin(&mut segments, state.mark)?;
    state.mark_before = std::mem::replace(&mut state.mark, disk.new_mark());
    let mut overlay = Overlay::default();
    for (number, batch) in batches {
        overlay.write(batch);
        state.moved = number;
    }
    state.is_open = true;
    redb.write_overlay(&overlay, &state)?;
    begin(&mut segments, state.mark)?;
    Ok(Writer {
        mark: (state.mark, state.mark_before),
        segments,
        current: 0,
        last: state.moved,
        segment_bytes,
        id: state.id,
        broken: None,
    })
}

/// Begins the log under a mark, as far as that has not been done.
fn begin(segments: &mut [Segment], mark: Mark) -> Result<(), StoreError> {
    let not_yet = segments
        .iter_mut()
        .filter(|segment| segment.marked() != mark);
    for segment in not_yet {
        let begun = segment.mark(mark);
        begun.map_err(|error| StoreError::Io(format!("cannot begin the log: {error}")))?;
    }
    Ok(())
}

/// The files of the log, and the batches in it that redb does not hold, each with its number.
type Log = ([Segment; 2], Vec<(u64, Batch)>);

/// The files of the log, and what they hold that redb does not. They are made or begun only when they hold
/// nothing.
fn read_log(disk: &dyn Disk, state: &LogState, segment_bytes: usize) -> Result<Log, StoreError> {
    let may_make = !state.is_open;
    let mut contents = Vec::new();
    let mut segments = Vec::new();
    for (number, (name, least)) in LOG_FILE_NAMES.iter().zip(state.lengths).enumerate() {
        let damaged = |message: String| StoreError::NoStore {
            path: disk.path(name),
            message,
        };
        let file = disk.log(number, may_make).map_err(|error| {
            damaged(format!(
                "cannot open it, and it may hold the last steps: {error}"
            ))
        })?;
        let (segment, bytes) =
            Segment::open(file, &state.id, segment_bytes, least, may_make).map_err(damaged)?;
        segments.push(segment);
        contents.push(bytes);
    }
    let segments: [Segment; 2] = segments
        .try_into()
        .map_err(|_| StoreError::Io("expected two files of the log".to_owned()))?;
    if may_make {
        return Ok((segments, Vec::new()));
    }
    let damaged = |message: String| StoreError::NoStore {
        path: LOG_FILE_NAMES.map(|name| disk.path(name)).join("`, `"),
        message,
    };
    let marks = segments.each_ref().map(Segment::marked);
    let is_known = |mark: &Mark| [state.mark, state.mark_before].contains(mark);
    if !marks.iter().all(is_known) {
        return Err(damaged(
            "they are of another time than the file of the store: one was put back without the other"
                .to_owned(),
        ));
    }
    // Before both are begun nothing is written into either.
    let batches = recover(state.mark, &contents, state.moved).map_err(damaged)?;
    Ok((segments, batches))
}

impl Shared {
    fn rows(&self) -> RwLockReadGuard<'_, Rows> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_rows(&self) -> RwLockWriteGuard<'_, Rows> {
        self.rows.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn moving(&self) -> MutexGuard<'_, Moving> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = self.rows();
        match rows.get(table, key) {
            Some(value) => Ok(value.map(<[u8]>::to_vec)),
            None => self.redb.get(table, key),
        }
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(broken) = &writer.broken {
            return Err(StoreError::Io(format!(
                "nothing more is stored before the store is opened again: {broken}"
            )));
        }
        self.check(&batch.preconditions)?;
        let number = writer.last + 1;
        let bytes = frame::encode(writer.mark.0, number, &batch)
            .map_err(|message| StoreError::Io(format!("cannot write a commit: {message}")))?;
        if bytes.len() > writer.segment_bytes / 2 {
            return self.commit_past_the_log(&mut writer, batch);
        }
        let is_full = writer.segment().end() + bytes.len() > writer.segment_bytes;
        if is_full || self.rows().newer.bytes() > OVERLAY_BYTES {
            self.turn_over(&mut writer)?;
        }
        if let Err(error) = writer.segment().append(&bytes) {
            let message = format!("cannot write the log: {}", error.cause());
            if let AppendError::Unknown(_) = error {
                writer.broken = Some(message.clone());
            }
            return Err(StoreError::Io(message));
        }
        writer.last = number;
        self.write_rows().newer.write(batch);
        Ok(())
    }

    /// Looks whether all preconditions hold.
    fn check(&self, preconditions: &[Precondition]) -> Result<(), StoreError> {
        let rows = self.rows();
        for precondition in preconditions {
            let (table, key) = precondition.key();
            let holds = match rows.get(table, key) {
                Some(value) => precondition.holds(value),
                None => precondition.holds(self.redb.get(table, key)?.as_deref()),
            };
            if !holds {
                return Err(StoreError::Conflict { table });
            }
        }
        Ok(())
    }

    /// A batch that would fill the log goes straight into redb, when all before it is there.
    fn commit_past_the_log(&self, writer: &mut Writer, batch: Batch) -> Result<(), StoreError> {
        self.turn_over(writer)?;
        self.wait_until_moved()?;
        let state = LogState {
            moved: writer.last + 1,
            ..writer.state()
        };
        if let Err(error) = self.redb.write_batch(batch, &state) {
            // It may hold the batch all the same. What was not answered is not read either.
            self.redb.close();
            let found = self.redb.log_state();
            if !found.is_ok_and(|found| found.moved == writer.last) {
                self.redb.give_up();
                writer.broken = Some(error.to_string());
            }
            return Err(error);
        }
        writer.last += 1;
        Ok(())
    }

    /// Has the rows in memory moved, and goes on in the other segment.
    fn turn_over(&self, writer: &mut Writer) -> Result<(), StoreError> {
        self.wait_until_moved()?;
        {
            let mut rows = self.write_rows();
            rows.older = Arc::new(std::mem::take(&mut rows.newer));
        }
        writer.current = 1 - writer.current;
        writer.segment().rewind();
        self.moving().asked = Some(writer.state());
        self.moved.notify_all();
        Ok(())
    }

    /// Waits until redb holds all older rows.
    fn wait_until_moved(&self) -> Result<(), StoreError> {
        let mut moving = self.moving();
        if !moving.has_thread
            && let Some(state) = moving.asked.clone()
        {
            drop(moving);
            if let Err(error) = self.move_older(&state) {
                self.moving().failed = Some(error.to_string());
            }
            moving = self.moving();
        }
        while moving.asked.is_some() {
            if let Some(failed) = &moving.failed {
                return Err(StoreError::Io(format!(
                    "the log is full, and what is in it cannot be moved: {failed}"
                )));
            }
            moving = self
                .moved
                .wait(moving)
                .unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// The work of the mover.
    fn move_rows(&self) {
        while let Some(state) = self.next_move() {
            if let Err(error) = self.move_older(&state)
                && !self.rest(error.to_string())
            {
                return;
            }
            self.moved.notify_all();
        }
    }

    /// Moves the older rows; redb knows then of the log what `state` says.
    fn move_older(&self, state: &LogState) -> Result<(), StoreError> {
        let older = self.rows().older.clone();
        self.redb.write_overlay(&older, state)?;
        self.write_rows().older = Arc::default();
        let mut moving = self.moving();
        moving.asked = None;
        moving.failed = None;
        Ok(())
    }

    /// Tells what came in the way and waits a while; whether to try again.
    fn rest(&self, failed: String) -> bool {
        let mut moving = self.moving();
        moving.failed = Some(failed);
        self.moved.notify_all();
        let waited = self
            .moved
            .wait_timeout_while(moving, RETRY, |moving| !moving.stop);
        let (moving, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !moving.stop
    }

    /// Waits for something to do; none when there is nothing more.
    fn next_move(&self) -> Option<LogState> {
        let mut moving = self.moving();
        loop {
            match &moving.asked {
                Some(state) => return Some(state.clone()),
                None if moving.stop => return None,
                None => {
                    moving = self
                        .moved
                        .wait(moving)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

impl Writer {
    fn segment(&mut self) -> &mut Segment {
        let [first, second] = &mut self.segments;
        match self.current {
            0 => first,
            _ => second,
        }
    }

    /// What redb shall know once it holds everything up to the last batch.
    fn state(&self) -> LogState {
        LogState {
            id: self.id.clone(),
            moved: self.last,
            is_open: true,
            lengths: self.segments.each_ref().map(Segment::length),
            mark: self.mark.0,
            mark_before: self.mark.1,
        }
    }
}

impl KeyValue for WriteAhead {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.shared.get(table, key)
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Row>, StoreError> {
        // While this is held nothing leaves memory, whatever comes to stand in redb meanwhile.
        let rows = self.shared.rows();
        self.shared.redb.scan(table, range, |beneath| {
            overlay::scan(&rows.newer, &rows.older, beneath, table, range)
        })
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.shared.commit(batch)
    }

    fn settle(&self) -> Result<(), StoreError> {
        let writer = self.shared.writer.lock();
        let mut writer = writer.unwrap_or_else(PoisonError::into_inner);
        self.shared.turn_over(&mut writer)?;
        self.shared.wait_until_moved()
    }
}

impl Drop for WriteAhead {
    /// Moves what is left, so that the log is empty. What fails here is made up for when the store is
    /// opened again.
    fn drop(&mut self) {
        self.shared.moving().stop = true;
        self.shared.moved.notify_all();
        let shared = &self.shared;
        match self.mover.take() {
            Some(mover) => drop(mover.join()),
            None => drop(shared.wait_until_moved()),
        }
        let writer = shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.broken.is_some() || shared.moving().asked.is_some() {
            return;
        }
        let closed = LogState {
            is_open: false,
            ..writer.state()
        };
        let _ = shared.redb.write_overlay(&shared.rows().newer, &closed);
    }
}
