//! A bar that shows how far something is, when somebody looks on.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the bar is drawn again while nothing moves.
const TICK: Duration = Duration::from_millis(250);

/// Shows on stderr how far something is, if that is a terminal; until it is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Counts so many things. `what` says what they are.
    pub(super) fn counting(what: &'static str) -> Self {
        let progress = Progress::new(0, "{wide_bar} {human_pos}/{human_len} {msg}, {eta} to go");
        progress.bar.set_message(what);
        progress.bar.enable_steady_tick(TICK);
        progress
    }

    /// Goes through so many stages.
    pub(super) fn through(stages: usize) -> Self {
        Progress::new(stages as u64, "[{elapsed}] {pos}/{len} {msg}")
    }

    fn new(length: u64, template: &str) -> Self {
        let bar = ProgressBar::new(length);
        // The templates are constants that are right; the bar's own would do as well.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Progress { bar }
    }

    /// Shows how much is done, of how much.
    pub(super) fn is_at(&self, done: u64, of: u64) {
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    /// Tells which stage begins.
    pub(super) fn begins(&self, what: &str) {
        self.tell(what);
        self.bar.inc(1);
    }

    /// Tells more of what goes on.
    pub(super) fn tell(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Prints something while the bar is out of the way.
    pub(super) fn beside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
