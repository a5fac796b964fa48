//! Waiting for what comes by itself, such as a timer: looking again and again, with a deadline.

use std::sync::mpsc::channel;
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// How often to look: for half a minute at least.
const LOOKS: u32 = 1500;

/// What a look finds in the end.
///
/// # Panics
/// It finds nothing before the deadline.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let (_keeps_it_open, nothing) = channel::<()>();
    for _ in 0..LOOKS {
        if let Some(found) = look() {
            return found;
        }
        // Nothing is ever sent: this only yields to whatever is awaited.
        let _ = nothing.recv_timeout(PAUSE);
    }
    panic!("waited in vain: {what}")
}
