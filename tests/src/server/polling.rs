//! Waiting for what comes by itself, such as a timer: looking again and again, with a deadline.

use std::sync::mpsc::channel;
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);
/// How often to look: for half a minute at least.
const LOOKS: u32 = 6000;

/// What a look finds in the end.
///
/// # Panics
/// It finds nothing before the deadline.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS {
        if let Some(found) = look() {
            return found;
        }
        pause(PAUSE);
    }
    panic!("waited in vain: {what}")
}

/// Lets others do something for a moment. Nothing may depend on how long it is.
pub fn pause(moment: Duration) {
    let (_keeps_it_open, nothing) = channel::<()>();
    let _ = nothing.recv_timeout(moment);
}
