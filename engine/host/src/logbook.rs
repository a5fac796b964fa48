//! The log lines of one call, within a number of bytes.

/// One line that a plugin logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// `debug`, `info`, `warn`, `error`, or whatever else the plugin wrote.
    pub level: String,
    /// The message as the plugin wrote it: not to be trusted by whatever displays it.
    pub message: String,
}

/// Collects lines until they have used up the limit, then notes once that the rest was dropped.
#[derive(Debug)]
pub(crate) struct Logbook {
    lines: Vec<LogLine>,
    limit: usize,
    left: usize,
    full: bool,
}

impl Logbook {
    /// What a line costs besides its text, so that endless empty lines are bounded too.
    const LINE_BYTES: usize = 16;

    pub(crate) fn new(limit: usize) -> Self {
        Logbook {
            lines: Vec::new(),
            limit,
            left: limit,
            full: false,
        }
    }

    pub(crate) fn push(&mut self, level: String, message: String) {
        if self.full {
            return;
        }
        let bytes = level.len() + message.len() + Self::LINE_BYTES;
        if let Some(left) = self.left.checked_sub(bytes) {
            self.left = left;
            self.lines.push(LogLine { level, message });
            return;
        }
        self.full = true;
        self.lines.push(LogLine {
            level: "warn".to_owned(),
            message: format!(
                "further log lines of this call were dropped, the limit `log_bytes` is {}",
                self.limit
            ),
        });
    }

    pub(crate) fn into_lines(self) -> Vec<LogLine> {
        self.lines
    }
}
