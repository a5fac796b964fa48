//! The rows of the table, and what they are worked out from.

use hdrhistogram::Histogram;
use serde::Serialize;

use super::disk::SyncRate;
use super::load::Measured;
use super::script::Script;
use crate::cli::Failure;

/// What was measured before the first step.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) disk: SyncRate,
    /// One for each number of clients.
    pub(super) bare: Vec<Bare>,
}

/// What HTTP alone gives.
#[derive(Debug)]
pub(super) struct Bare {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Bare {
    pub(super) fn of(measured: &Measured) -> Self {
        Bare {
            per_second: tenths(measured.latencies.len() as f64 / measured.seconds),
            p50_ms: ms(&measured.latencies, 50.0),
            p99_ms: ms(&measured.latencies, 99.0),
        }
    }
}

/// What so many clients got out of a server. What the system does not tell is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    workflow: &'static str,
    /// Whether each case asks a plugin.
    plugin: bool,
    /// How many cases the store held before.
    cases: u64,
    pub(super) clients: u64,
    seconds: f64,
    steps: u64,
    pub(super) steps_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    /// Processor time of the server; the same figure in milliseconds is that of one step.
    cpu_s_per_1000_steps: Option<f64>,
    /// What the server had written, as the system counts it for a process.
    written_bytes_per_step: Option<f64>,
    /// What went to the disk, whoever wrote it.
    device_bytes_per_step: Option<f64>,
    /// By how much the data grew on disk.
    disk_bytes_per_step: Option<f64>,
    /// How many steps shared one commit.
    steps_per_commit: Option<f64>,
    memory_bytes: Option<u64>,
    bare_requests_per_second: f64,
    bare_p50_ms: f64,
    bare_p99_ms: f64,
    syncs_per_second: f64,
    sync_p50_ms: f64,
    sync_p99_ms: f64,
}

impl Row {
    pub(super) fn of(
        script: &Script,
        (cases, clients): (u64, u64),
        (disk, bare): (&SyncRate, &Bare),
        measured: &Measured,
    ) -> Self {
        let Measured {
            latencies,
            seconds,
            before,
            after,
        } = measured;
        // What the server did while it was watched, which is a little longer than was measured.
        let written = after.steps.saturating_sub(before.steps);
        let (from, to) = (before.process, after.process);
        let cpu_seconds = to
            .cpu_seconds
            .zip(from.cpu_seconds)
            .map(|(to, from)| to - from);
        let written_per_step = |(to, from): (u64, u64)| {
            let bytes = to.saturating_sub(from) as f64;
            per(bytes, written).map(tenths)
        };
        let device_bytes = after.device_bytes.zip(before.device_bytes);
        let commits = after.commits.saturating_sub(before.commits);
        let disk_bytes = after.disk_bytes as f64 - before.disk_bytes as f64;
        Row {
            workflow: script.workflow,
            plugin: script.asks_plugin,
            cases,
            clients,
            seconds: thousandths(*seconds),
            steps: latencies.len(),
            steps_per_second: tenths(latencies.len() as f64 / seconds),
            p50_ms: ms(latencies, 50.0),
            p99_ms: ms(latencies, 99.0),
            p999_ms: ms(latencies, 99.9),
            cpu_s_per_1000_steps: cpu_seconds
                .and_then(|seconds| per(seconds * 1000.0, written))
                .map(thousandths),
            written_bytes_per_step: to
                .written_bytes
                .zip(from.written_bytes)
                .and_then(written_per_step),
            device_bytes_per_step: device_bytes.and_then(written_per_step),
            disk_bytes_per_step: per(disk_bytes, written).map(tenths),
            steps_per_commit: per(written as f64, commits).map(tenths),
            memory_bytes: to.memory_bytes,
            bare_requests_per_second: bare.per_second,
            bare_p50_ms: bare.p50_ms,
            bare_p99_ms: bare.p99_ms,
            syncs_per_second: tenths(disk.per_second()),
            sync_p50_ms: disk.ms(50.0),
            sync_p99_ms: disk.ms(99.0),
        }
    }

    /// For scripts.
    ///
    /// # Errors
    /// None that can be thought of: a row is plain figures.
    pub(super) fn to_json(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map_err(|error| Failure::new("cannot write a row", error))
    }

    /// For people, below [`heading`].
    pub(super) fn to_line(&self) -> String {
        line([
            self.workflow.to_owned(),
            self.cases.to_string(),
            self.clients.to_string(),
            format!("{:.0}", self.bare_requests_per_second),
            format!("{:.0}", self.steps_per_second),
            format!("{:.2}", self.p50_ms),
            format!("{:.2}", self.p99_ms),
            format!("{:.2}", self.p999_ms),
            told(self.cpu_s_per_1000_steps, 3),
            told(self.written_bytes_per_step, 0),
            told(self.device_bytes_per_step, 0),
            told(self.disk_bytes_per_step, 0),
            told(self.steps_per_commit, 1),
            told(self.memory_bytes.map(|bytes| bytes as f64 / 1e6), 0),
        ])
    }
}

/// What stands above the rows.
pub(super) fn heading() -> String {
    let above = [
        "", "", "", "bare", "", "", "", "", "CPU ms", "written", "disk got", "grew by", "steps a",
        "memory",
    ];
    let below = [
        "workflow", "cases", "clients", "HTTP/s", "steps/s", "p50 ms", "p99 ms", "p99.9 ms",
        "a step", "B a step", "B a step", "B a step", "commit", "MB",
    ];
    format!(
        "{}\n{}",
        line(above.map(str::to_owned)),
        line(below.map(str::to_owned))
    )
}

/// The first column begins at the left, figures end at the right.
fn line([first, rest @ ..]: [String; 14]) -> String {
    let rest: String = rest.iter().map(|cell| format!("{cell:>9}")).collect();
    format!("{first:<12}{rest}")
}

/// A figure, or that there is none.
fn told(figure: Option<f64>, decimals: usize) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.decimals$}"))
}

/// A percentile of latencies in microseconds, in milliseconds.
pub(super) fn ms(latencies: &Histogram<u64>, percentile: f64) -> f64 {
    latencies.value_at_percentile(percentile) as f64 / 1000.0
}

/// What falls to each of so many; nothing when there are none.
fn per(figure: f64, count: u64) -> Option<f64> {
    (count > 0).then(|| figure / count as f64)
}

/// To the nearest tenth.
pub(super) fn tenths(figure: f64) -> f64 {
    (figure * 10.0).round() / 10.0
}

/// To the nearest thousandth.
pub(super) fn thousandths(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::load::{histogram, record};
    use super::super::process::Process;
    use super::super::server::Usage;
    use super::*;

    /// A thousand requests in two seconds, of 1 to 1000 ms.
    fn measured() -> Measured {
        let mut latencies = histogram().unwrap();
        for number in 1..=1000 {
            record(&mut latencies, Duration::from_millis(number));
        }
        let usage = |count: u64| Usage {
            process: Process {
                cpu_seconds: Some(count as f64),
                written_bytes: Some(5_000_000 * count),
                memory_bytes: Some(7 * count),
            },
            disk_bytes: 1_000_000 * count,
            device_bytes: Some(2_000_000 * count),
            steps: 1000 * count,
            commits: 250 * count,
        };
        Measured {
            latencies,
            seconds: 2.0,
            before: usage(1),
            after: usage(2),
        }
    }

    fn row(measured: &Measured) -> Row {
        let disk = SyncRate::of(histogram().unwrap(), 1.0);
        let bare = Bare::of(measured);
        Row::of(&Script::plain(), (0, 4), (&disk, &bare), measured)
    }

    #[test]
    fn a_row_is_what_falls_to_each_step() {
        let row = row(&measured());
        assert_eq!((row.steps, row.steps_per_second), (1000, 500.0));
        assert_eq!(row.bare_requests_per_second, 500.0);
        assert_eq!(row.cpu_s_per_1000_steps, Some(1.0));
        assert_eq!(row.written_bytes_per_step, Some(5000.0));
        assert_eq!(row.device_bytes_per_step, Some(2000.0));
        assert_eq!(row.disk_bytes_per_step, Some(1000.0));
        assert_eq!(row.steps_per_commit, Some(4.0));
        assert_eq!(row.memory_bytes, Some(14));
        // Three digits of a latency are kept.
        let percentiles = [
            (row.p50_ms, 500.0),
            (row.p99_ms, 990.0),
            (row.p999_ms, 999.0),
        ];
        for (found, expected) in percentiles {
            let difference: f64 = found - expected;
            assert!(difference.abs() < 2.0, "{found} is not {expected}");
        }
    }

    #[test]
    fn what_is_not_told_is_absent() {
        let mut measured = measured();
        measured.after.process = Process::default();
        measured.after.commits = measured.before.commits;
        let row = row(&measured);
        assert_eq!(row.cpu_s_per_1000_steps, None);
        assert_eq!(row.written_bytes_per_step, None);
        assert_eq!(row.steps_per_commit, None);
        let cells: Vec<String> = row
            .to_line()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let figures = ["-", "-", "2000", "1000", "-", "-"];
        assert_eq!(cells[8..], figures, "{cells:?}");
        let json: serde_json::Value = serde_json::from_str(&row.to_json().unwrap()).unwrap();
        assert_eq!(json["memory_bytes"], serde_json::Value::Null);
        assert_eq!(json["clients"], 4);
    }

    #[test]
    fn a_latency_beyond_all_limits_counts_as_the_longest() {
        let mut latencies = histogram().unwrap();
        record(&mut latencies, Duration::from_nanos(1));
        record(&mut latencies, Duration::from_secs(3600));
        assert_eq!(ms(&latencies, 50.0), 0.001);
        assert!((59_000.0..61_000.0).contains(&ms(&latencies, 100.0)));
    }
}
