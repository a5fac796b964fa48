//! What a process uses, as the system tells.

use std::fs;

/// What a process has used since it was started; none of what the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Process {
    /// Time on processors, its own and the system's for it, in seconds.
    pub(super) cpu_seconds: Option<f64>,
    /// What it had written to disks.
    pub(super) written_bytes: Option<u64>,
    /// What it holds in memory now.
    pub(super) memory_bytes: Option<u64>,
}

/// In what `/proc/PID/stat` counts time. The kernel fixes it for programs, whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

impl Process {
    /// What a process has used, where there is a `/proc`.
    pub(super) fn of(id: u32) -> Self {
        let file = |name: &str| fs::read_to_string(format!("/proc/{id}/{name}"));
        Process {
            cpu_seconds: file("stat").ok().and_then(|text| cpu_seconds(&text)),
            written_bytes: file("io")
                .ok()
                .and_then(|text| figure(&text, "write_bytes:")),
            memory_bytes: file("status")
                .ok()
                .and_then(|text| figure(&text, "VmRSS:"))
                .map(|kilobytes| kilobytes * 1024),
        }
    }
}

/// The user and system time of `/proc/PID/stat`: the 14th and 15th field, of which the second, a name, may
/// hold anything.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, behind_name) = stat.rsplit_once(") ")?;
    let mut fields = behind_name.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) as f64 / TICKS_PER_SECOND)
}

/// The figure in a line that begins with a name.
fn figure(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_where_the_system_writes_them() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 5 0 99 1 2";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds("7 (a"), None);
        let io = "wchar: 1\nwrite_bytes: 8192\ncancelled_write_bytes: 3\n";
        assert_eq!(figure(io, "write_bytes:"), Some(8192));
        assert_eq!(figure("VmRSS:\t  12 kB\n", "VmRSS:"), Some(12));
        assert_eq!(figure("", "VmRSS:"), None);
    }
}
