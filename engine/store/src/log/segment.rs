//! A file of frames, written from its beginning, again and again.
//!
//! Its first [`HEADER_BYTES`] bytes say what it is, and to which store it belongs.

use std::io;

use super::frame::{self, Frame, Mark};
use crate::disk::LogFile;

/// How much a segment holds. Two of them bound what is read at the start, and what stands in memory beside
/// redb.
pub(crate) const SEGMENT_BYTES: usize = 16 * 1024 * 1024;
/// By how much a segment grows. It is filled with zeros ahead of its frames, so that a sync has only data
/// to write, and not the length of the file as well.
const GROWTH_BYTES: usize = 1024 * 1024;

/// The length of what stands before the frames.
const HEADER_BYTES: usize = 64;
/// What a file of the log begins with; the id of its store follows, and the mark of its frames.
const MAGIC: &[u8] = b"casewright log 1";
/// Where the mark stands in it.
const MARK_AT: usize = 32;

/// One of the two files of the log.
#[derive(Debug)]
pub(crate) struct Segment {
    file: Box<dyn LogFile>,
    /// Where the next frame begins, counted from behind the header.
    end: usize,
    /// How long the file is.
    length: usize,
    /// By how much it grows.
    growth: usize,
    mark: Mark,
}

/// Why a frame was not written.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// Nothing was written.
    Untouched(io::Error),
    /// Nobody can tell what was written.
    Unknown(io::Error),
}

impl AppendError {
    /// What the disk said.
    pub(crate) fn cause(&self) -> &io::Error {
        match self {
            AppendError::Untouched(error) | AppendError::Unknown(error) => error,
        }
    }
}

impl Segment {
    /// A segment that is written from its beginning, and the frames that it holds as yet. A file without
    /// a header gets one, and room for some frames, if it may be made; else it must have `least` bytes.
    ///
    /// # Errors
    /// It cannot be read, or is no log of the store with this id.
    pub(crate) fn open(
        mut file: Box<dyn LogFile>,
        id: &[u8],
        segment_bytes: usize,
        least: u64,
        may_make: bool,
    ) -> Result<(Self, Vec<u8>), String> {
        let mut bytes = file.read().map_err(|error| error.to_string())?;
        let mark = bytes.get(MARK_AT..).and_then(<[u8]>::first_chunk);
        let mark: Mark = mark.copied().unwrap_or_default();
        let mut header = [MAGIC, id].concat();
        header.resize(HEADER_BYTES, 0);
        header[MARK_AT..MARK_AT + mark.len()].copy_from_slice(&mark);
        let found = bytes.get(..HEADER_BYTES).unwrap_or(&bytes);
        let is_cut_short = !may_make && (bytes.len() as u64) < least;
        if found != header || is_cut_short {
            let is_unwritten =
                is_cut_short || header.starts_with(found) || found.iter().all(|byte| *byte == 0);
            if !is_unwritten {
                let whose = match found.starts_with(MAGIC) {
                    true => "it is the log of another store",
                    false => "it is no log",
                };
                return Err(whose.to_owned());
            }
            if !may_make {
                return Err("it is cut short, and may have held the last steps".to_owned());
            }
            bytes.clear();
            let written = file.write_at(0, &header).and_then(|()| file.sync());
            written.map_err(|error| error.to_string())?;
        }
        let length = bytes.len().max(HEADER_BYTES);
        let frames = bytes.split_off(bytes.len().min(HEADER_BYTES));
        let mut segment = Segment {
            file,
            end: 0,
            length,
            growth: GROWTH_BYTES.min(segment_bytes / 4),
            mark,
        };
        if may_make {
            let grown = segment.grow(HEADER_BYTES + segment.growth);
            grown.map_err(|error| error.to_string())?;
        }
        Ok((segment, frames))
    }

    /// Begins the log: from now on its frames have this mark.
    ///
    /// # Errors
    /// The disk is full, or failed.
    pub(crate) fn mark(&mut self, mark: Mark) -> io::Result<()> {
        self.file.write_at(MARK_AT as u64, &mark)?;
        self.file.sync()?;
        self.mark = mark;
        Ok(())
    }

    /// The mark that its frames have.
    pub(crate) fn marked(&self) -> Mark {
        self.mark
    }

    /// How long its file is, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length as u64
    }

    /// How many bytes its frames take up.
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// Begins again at the beginning.
    pub(crate) fn rewind(&mut self) {
        self.end = 0;
    }

    /// Writes a frame and syncs it.
    ///
    /// # Errors
    /// The disk is full, or does not do what it should.
    pub(crate) fn append(&mut self, frame: &[u8]) -> Result<(), AppendError> {
        let place = HEADER_BYTES + self.end;
        self.grow(place + frame.len())
            .map_err(AppendError::Untouched)?;
        let written = self.file.write_at(place as u64, frame);
        written
            .and_then(|()| self.file.sync())
            .map_err(AppendError::Unknown)?;
        self.end += frame.len();
        Ok(())
    }

    fn grow(&mut self, end: usize) -> io::Result<()> {
        while self.length < end {
            let zeros = vec![0; self.growth];
            self.file.write_at(self.length as u64, &zeros)?;
            self.file.sync()?;
            self.length += self.growth;
        }
        Ok(())
    }
}

/// The frames of a segment's bytes that follow each other, from its beginning; and where they end.
pub(crate) fn frames(mark: Mark, bytes: &[u8]) -> (Vec<Frame<'_>>, usize) {
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut end = 0;
    while let Some(frame) = bytes.get(end..).and_then(|bytes| frame::read(mark, bytes)) {
        // What a segment held before it was begun again has lower numbers.
        let follows = frames
            .last()
            .is_none_or(|last| frame.number == last.number + 1);
        if !follows {
            break;
        }
        end += frame.length;
        frames.push(frame);
    }
    (frames, end)
}
