//! One file of a simulated disk: what is on it for sure, and what was written since.

/// What a disk writes at once, whatever happens.
const SECTOR_BYTES: usize = 512;

/// One file.
#[derive(Clone, Debug, Default)]
pub(super) struct FileState {
    /// What is on disk for sure.
    pub(super) synced: Vec<u8>,
    /// What is read.
    pub(super) seen: Vec<u8>,
    /// What leads from the one to the other.
    pub(super) pending: Vec<Change>,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    /// What a sync is.
    None,
    Length(usize),
    Write(usize, Vec<u8>),
}

impl Change {
    /// How long a file is at least, after it.
    pub(super) fn end(&self) -> usize {
        match self {
            Change::None => 0,
            Change::Length(length) => *length,
            Change::Write(place, bytes) => place + bytes.len(),
        }
    }

    pub(super) fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Change::None => {}
            Change::Length(length) => file.resize(*length, 0),
            Change::Write(place, written) => write(file, *place, written),
        }
    }

    pub(super) fn sum_up(&self, trace: &mut crc32fast::Hasher) {
        match self {
            Change::None => trace.update(&[0]),
            Change::Length(length) => trace.update(&length.to_le_bytes()),
            Change::Write(place, bytes) => {
                trace.update(&place.to_le_bytes());
                trace.update(bytes);
            }
        }
    }
}

fn write(file: &mut Vec<u8>, place: usize, written: &[u8]) {
    let end = place + written.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    if let Some(beneath) = file.get_mut(place..end) {
        beneath.copy_from_slice(written);
    }
}

impl FileState {
    /// What a crash leaves of it.
    pub(super) fn after_crash(&self, keep: &mut dyn FnMut() -> bool) -> FileState {
        let mut left = self.synced.clone();
        for change in &self.pending {
            match change {
                Change::Write(place, bytes) => {
                    let first = SECTOR_BYTES - place % SECTOR_BYTES;
                    let (head, rest) = bytes.split_at(first.min(bytes.len()));
                    let mut place = *place;
                    for sector in std::iter::once(head).chain(rest.chunks(SECTOR_BYTES)) {
                        if keep() {
                            write(&mut left, place, sector);
                        }
                        place += sector.len();
                    }
                }
                Change::None | Change::Length(_) if !keep() => {}
                change => change.apply(&mut left),
            }
        }
        FileState {
            synced: left.clone(),
            seen: left,
            pending: Vec::new(),
        }
    }
}
