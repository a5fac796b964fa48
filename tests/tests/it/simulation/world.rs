//! The real runtime and the real store on a simulated disk, without threads: one life after the other, each
//! from opening the store to a crash or a clean end.

use std::sync::Arc;
use std::time::Duration;

use casewright_chart::{Limits, Timestamp};
use casewright_definition::Definition;
use casewright_runtime::verify::verify;
use casewright_runtime::{Definitions, ManualClock, Runtime};
use casewright_store::simulated::SimulatedDisk;
use casewright_store::{Store, StoreError, WriteAhead};
use tokio::runtime::Builder;

use super::numbers::Numbers;
use super::oracle::Oracle;

/// A Monday morning.
const START_MS: i64 = 1_767_574_800_000;
/// So small that a few steps fill it.
const SEGMENT_BYTES: usize = 6 * 1024;

/// What outlives a crash.
pub(crate) struct World {
    pub(crate) disk: SimulatedDisk,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) oracle: Arc<Oracle>,
    pub(crate) limits: Limits,
    /// Compiling takes longer than all the rest.
    compiled: Vec<Arc<Definition>>,
}

/// A runtime that is up.
pub(crate) struct Life {
    pub(crate) runtime: Runtime,
    pub(crate) store: Arc<WriteAhead>,
    tokio: tokio::runtime::Runtime,
}

/// How a life ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// Everything is written that was taken on.
    Clean,
    /// The process is gone; what it wrote is there.
    Killed,
    /// The power is gone, and anything of what was not synced.
    Crash,
    /// The power is gone, and all that was not synced.
    Forgetful,
}

impl World {
    pub(crate) fn new(compiled: &[Arc<Definition>]) -> Self {
        World {
            disk: SimulatedDisk::default(),
            clock: Arc::new(ManualClock::at(Timestamp::from_unix_ms(START_MS))),
            oracle: Arc::default(),
            compiled: compiled.to_vec(),
            // So low that some workflows come upon them.
            limits: Limits {
                microsteps: 50,
                pending: 8,
                ..Limits::default()
            },
        }
    }

    /// Opens the store and starts the runtime on it.
    pub(crate) fn start(&self) -> Result<Life, StoreError> {
        let store = WriteAhead::in_place(Arc::new(self.disk.clone()), SEGMENT_BYTES)?;
        let store = Arc::new(store);
        let tokio = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let mounted = Store::open(Box::new(store.clone()))?;
        let runtime = tokio.block_on(async {
            Runtime::start_in_place(
                mounted,
                Definitions::knowing(&self.compiled),
                self.oracle.clone(),
                self.oracle.clone(),
                self.clock.clone(),
                self.limits,
            )
        })?;
        Ok(Life {
            runtime,
            store,
            tokio,
        })
    }

    /// Ends a life, and leaves of the disk what such an end does.
    pub(crate) fn end(&mut self, life: Option<Life>, end: End, numbers: &mut Numbers) {
        if let Some(life) = life {
            match end {
                End::Clean => life.wait(life.runtime.shut_down()),
                _ => self.disk.stop_at(self.disk.operations()),
            }
            drop(life);
        }
        self.disk = self.disk.after_crash(&mut || match end {
            End::Clean | End::Killed => true,
            End::Crash => numbers.once_in(2),
            End::Forgetful => false,
        });
    }
}

impl Life {
    /// Runs until a command is answered.
    pub(crate) fn wait<T>(&self, command: impl Future<Output = T>) -> T {
        self.tokio.block_on(command)
    }

    /// Lets everything happen that is to happen at this time of the clock.
    pub(crate) fn settle(&self) {
        self.runtime.wake_timers();
        // Time is paused, so it passes when nothing else is left to do.
        let never = std::future::pending::<()>();
        let settled = async { tokio::time::timeout(Duration::from_secs(3), never).await };
        assert!(self.wait(settled).is_err());
    }

    /// Verifies the whole store, in which so many timers may be left over.
    pub(crate) fn verify(&self, limits: &Limits, left_over: u64) -> Result<(), String> {
        let store = Store::open(Box::new(self.store.clone()));
        let store = store.map_err(|error| error.to_string())?;
        let report = verify(&store, limits).map_err(|error| error.to_string())?;
        let mut faults = report.faults.iter();
        let is_sound =
            faults.all(|(kind, count, _)| kind.code() == "timer-left-over" && count == left_over);
        match is_sound {
            true => Ok(()),
            false => Err(format!("verifying the store: {report}")),
        }
    }
}
