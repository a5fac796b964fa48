//! What the disk does: how often it syncs, and how much of it a folder takes.

use std::fs::{self, File, Metadata};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use casewright_runtime::Stopwatch;
use hdrhistogram::Histogram;

use super::load::{histogram, record};
use super::row::ms;
use crate::cli::Failure;

/// What is written between two syncs: about what a commit of a few steps takes.
const APPEND_BYTES: usize = 4096;
/// The length of the file. It has all of it before the first append, so that a sync writes data alone.
const FILE_BYTES: usize = 16 * 1024 * 1024;

/// How often the disk syncs, when nobody else asks it to.
#[derive(Debug)]
pub(super) struct SyncRate {
    /// How long each append with its sync took, in microseconds.
    latencies: Histogram<u64>,
    seconds: f64,
}

impl SyncRate {
    /// Appends and syncs for a time, in a file of its own.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn measure(folder: &Path, limit: Duration) -> Result<Self, Failure> {
        let path = folder.join("sync-rate");
        let failed = |error| Failure::new(format!("cannot write `{}`", path.display()), error);
        let mut rate = SyncRate::of(histogram()?, 0.0);
        rate.append(&path, limit).map_err(failed)?;
        fs::remove_file(&path).map_err(failed)?;
        Ok(rate)
    }

    /// What was measured in so many seconds.
    pub(super) fn of(latencies: Histogram<u64>, seconds: f64) -> Self {
        SyncRate { latencies, seconds }
    }

    fn append(&mut self, path: &Path, limit: Duration) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(&vec![0; FILE_BYTES])?;
        file.sync_all()?;
        let bytes = [1; APPEND_BYTES];
        let all = Stopwatch::start();
        while all.elapsed() < limit || self.latencies.is_empty() {
            let count = self.latencies.len() as usize;
            if count.is_multiple_of(FILE_BYTES / APPEND_BYTES) {
                file.seek(SeekFrom::Start(0))?;
            }
            let one = Stopwatch::start();
            file.write_all(&bytes)?;
            file.sync_data()?;
            record(&mut self.latencies, one.elapsed());
        }
        self.seconds = all.elapsed().as_secs_f64();
        Ok(())
    }

    /// Syncs in a second.
    pub(super) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    /// A percentile of how long an append with its sync takes, in milliseconds.
    pub(super) fn ms(&self, percentile: f64) -> f64 {
        ms(&self.latencies, percentile)
    }

    /// For people.
    pub(super) fn to_line(&self, folder: &Path) -> String {
        format!(
            "disk of {}: {:.0} appends of {APPEND_BYTES} bytes a second, each synced (p50 {} ms, p99 {} ms)",
            folder.display(),
            self.per_second(),
            self.ms(50.0),
            self.ms(99.0),
        )
    }
}

/// How much of the disk a folder takes, with all in it; what cannot be looked at counts nothing.
pub(in crate::command) fn allocated_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = |path: &Path| match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => allocated_bytes(path),
        Ok(found) => allocated(&found),
        Err(_) => 0,
    };
    entries.map(|entry| bytes(&entry.path())).sum()
}

/// What was written to the disk under a folder since the system started, by everybody on it; none where the
/// system does not tell. It is what reaches the disk: of a process alone, some systems count whole pages of
/// a cache, however little of them was written.
#[cfg(target_os = "linux")]
pub(super) fn device_bytes(folder: &Path) -> Option<u64> {
    use std::os::linux::fs::MetadataExt;
    let device = fs::metadata(folder).ok()?.st_dev();
    // As `major` and `minor` of the C library take it apart.
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & !0xff);
    let figures = fs::read_to_string(format!("/sys/dev/block/{major}:{minor}/stat")).ok()?;
    let sectors: u64 = figures.split_whitespace().nth(6)?.parse().ok()?;
    // A sector has 512 bytes here, whatever it has on the disk.
    Some(sectors * 512)
}

/// Only Linux tells.
#[cfg(not(target_os = "linux"))]
pub(super) fn device_bytes(_: &Path) -> Option<u64> {
    None
}

#[cfg(unix)]
fn allocated(file: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    // By definition of `stat`, whatever the blocks of the disk are.
    file.blocks() * 512
}

/// Where nobody tells what a file takes, its length is near enough.
#[cfg(not(unix))]
fn allocated(file: &Metadata) -> u64 {
    file.len()
}
