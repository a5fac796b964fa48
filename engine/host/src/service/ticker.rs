//! The beat at which services that compute give up their turn.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

/// How late a deadline may be noticed by a plugin that computes.
const BEAT: Duration = Duration::from_millis(10);

/// Raises the engine's epoch at every beat while calls run, and rests while none does.
#[derive(Debug)]
pub(crate) struct Ticker(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    calls: usize,
    ended: bool,
}

/// A call that runs; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a Ticker);

impl Ticker {
    /// Starts the thread that ticks; it ends with this.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Ticker> {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let engine = engine.weak();
        let beat = move || {
            let mut state = theirs.lock();
            while !state.ended {
                if state.calls == 0 {
                    state = theirs
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                let waited = theirs.changed.wait_timeout(state, BEAT);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        };
        thread::Builder::new()
            .name("plugin-ticker".to_owned())
            .spawn(beat)?;
        Ok(Ticker(shared))
    }

    /// Ticks at least until what this returns is dropped.
    pub(crate) fn run(&self) -> Running<'_> {
        self.0.change(|state| state.calls += 1);
        Running(self)
    }
}

impl Shared {
    /// Two fields that are set at once cannot be left half written.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_one();
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.0.change(|state| state.calls -= 1);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.change(|state| state.ended = true);
    }
}
