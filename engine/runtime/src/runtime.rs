//! The runtime: commands in, committed steps out.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;

use casewright_case::{Case, Record, Setting};
use casewright_chart::{Limits, Timestamp};
use casewright_definition::{Decide, Definition, Digest};
use casewright_host::Plugin;
use casewright_store::tables::Table;
use casewright_store::{Store, StoreError, StoredCase, WriteAhead};
use tokio::sync::watch;

use crate::alarm::Alarm;
use crate::clock::Clock;
use crate::committer::{Alarms, Committer, Writer};
use crate::definitions::Definitions;
use crate::error::CommandError;
use crate::lane::Lanes;
use crate::once::{InFlight, Reply};
use crate::plugins::{NotTaken, Plugins};
use crate::services::Serve;
use crate::workers::Workers;
use crate::{jobs, timer};

/// Runs cases. Cheap to clone; every clone is the same runtime.
#[derive(Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<Store>,
    definitions: Definitions,
    means: Means,
    lanes: Lanes,
    in_flight: InFlight,
    /// Gone once the runtime is shut down.
    committer: Mutex<Option<Committer>>,
    writer: Mutex<Option<Writer>>,
    /// Held while definitions are applied.
    applying: Mutex<()>,
    alarms: Alarms,
    counters: jobs::Counters,
    stopping: watch::Sender<bool>,
}

/// Answers the decisions of steps.
pub(crate) type Decider = Arc<dyn Decide + Send + Sync>;
/// Runs services.
pub(crate) type Server = Arc<dyn Serve>;

/// What steps are taken with.
struct Means {
    /// Those at hand. A step that began with others ends with them.
    plugins: RwLock<Arc<Plugins>>,
    /// Who answers decisions in place of the plugins, in simulations.
    decide: Option<Decider>,
    /// Who runs services in place of the plugins, in simulations.
    serve: Option<Server>,
    /// Whether all is done where it is asked for, and nothing on threads of its own.
    in_place: bool,
    /// For what computes for long.
    workers: Workers,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

/// A case with the definition that it runs by.
#[derive(Clone, Debug)]
pub struct View {
    /// The case.
    pub case: Case,
    /// Its definition.
    pub definition: Arc<Definition>,
}

/// A step that is on disk.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The case after it.
    pub view: View,
    /// The step's record; none when the command was a repeat, and the case had been opened before.
    pub record: Option<Record>,
    /// The record's place in the journal.
    pub sequence: u64,
    /// What it was answered with, when that is remembered.
    pub reply: Option<Reply>,
}

impl Runtime {
    /// Starts a runtime on the embedded store of a data folder, which is made when it is not there.
    ///
    /// # Errors
    /// As [`Runtime::start`], and when the folder cannot be used or is in use.
    pub fn open_folder(
        folder: &Path,
        plugins: Plugins,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, StoreError> {
        let store = Store::open(Box::new(WriteAhead::open(folder)?))?;
        Runtime::start(store, plugins, clock, limits)
    }

    /// Starts a runtime on a store, within a tokio runtime: its committer and its timers.
    ///
    /// # Errors
    /// The store failed, a definition in it cannot be compiled, or there is no thread to be had.
    pub fn start(
        store: Store,
        plugins: Plugins,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, StoreError> {
        // One core is for everything else, whatever the steps of a workflow compute.
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let means = Means {
            plugins: RwLock::new(Arc::new(plugins)),
            decide: None,
            serve: None,
            in_place: false,
            workers: Workers::new(cores - 1),
            clock,
            limits,
        };
        Runtime::run(store, Definitions::default(), means)
    }

    /// As [`Runtime::start`], without threads: steps, decisions and commits are tasks of the tokio
    /// runtime. On one of a single thread the same commands then give the same run, which is what a
    /// simulation needs. Decisions are answered by `decide`, services run by `serve`; what `definitions`
    /// knows is not compiled again.
    ///
    /// # Errors
    /// As [`Runtime::start`].
    pub fn start_in_place(
        store: Store,
        definitions: Definitions,
        decide: Arc<dyn Decide + Send + Sync>,
        serve: Arc<dyn Serve>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, StoreError> {
        let means = Means {
            plugins: RwLock::default(),
            decide: Some(decide),
            serve: Some(serve),
            in_place: true,
            workers: Workers::new(1),
            clock,
            limits,
        };
        Runtime::run(store, definitions, means)
    }

    fn run(store: Store, known: Definitions, means: Means) -> Result<Self, StoreError> {
        let store = Arc::new(store);
        let plugins = means.plugins.read();
        let plugins = plugins.unwrap_or_else(PoisonError::into_inner).clone();
        plugins.spaces().lie_in(&store);
        let definitions = known.of(&store)?;
        let alarms = Alarms::default();
        let (committer, writer) = match means.in_place {
            true => Committer::start_in_place(store.clone(), alarms.clone()),
            false => Committer::start(store.clone(), alarms.clone())
                .map_err(|error| StoreError::Io(format!("cannot start the committer: {error}")))?,
        };
        let shared = Arc::new(Shared {
            store,
            definitions,
            means,
            lanes: Lanes::new(),
            in_flight: InFlight::default(),
            committer: Mutex::new(Some(committer)),
            writer: Mutex::new(Some(writer)),
            applying: Mutex::default(),
            alarms,
            counters: jobs::Counters::default(),
            stopping: watch::Sender::new(false),
        });
        let runtime = Runtime { shared };
        tokio::spawn(timer::run(runtime.clone()));
        tokio::spawn(jobs::run(runtime.clone()));
        Ok(runtime)
    }

    /// Takes no more commands, and waits until everything taken is written.
    pub async fn shut_down(&self) {
        self.shared.stopping.send_replace(true);
        if !self.shared.means.in_place {
            self.shared.means.workers.end().await;
        }
        let committer = lock(&self.shared.committer).take();
        drop(committer);
        let writer = lock(&self.shared.writer).take();
        if let Some(writer) = writer
            && !writer.end().await
        {
            tracing::error!("the committer ended in a panic");
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.shared.means.clock.now()
    }

    /// The plugins at hand.
    pub fn plugins(&self) -> Arc<Plugins> {
        let plugins = self.shared.means.plugins.read();
        plugins.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has a plugin answer from the next step on, in place of the one with its name: if that one, or that there is
    /// none, is as `wanted` says, the current workflows can do with the new one, and `keep` succeeds, which
    /// keeps it for the next start. Steps under way end with what they began with.
    ///
    /// # Errors
    /// Why it was not taken; nothing has changed then.
    pub fn replace_plugin<E>(
        &self,
        plugin: Plugin,
        wanted: impl FnOnce(Option<&Plugin>) -> bool,
        keep: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), NotTaken<E>> {
        let _turn = lock(&self.shared.applying);
        let before = self.plugins();
        let current = before.get(plugin.name());
        if !wanted(current) {
            return Err(NotTaken::Unwanted(current.cloned()));
        }
        let after = before.with(plugin);
        let misfits = self.shared.definitions.misfits(&before, &after);
        if !misfits.is_empty() {
            return Err(NotTaken::Misfits(misfits));
        }
        keep().map_err(NotTaken::NotKept)?;
        let plugins = self.shared.means.plugins.write();
        *plugins.unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        Ok(())
    }

    /// Who answers the decisions of a step.
    pub(crate) fn decider(&self) -> Decider {
        match &self.shared.means.decide {
            Some(decide) => decide.clone(),
            None => self.plugins(),
        }
    }

    /// Who runs the services.
    pub(crate) fn services(&self) -> Server {
        match &self.shared.means.serve {
            Some(serve) => serve.clone(),
            None => self.plugins(),
        }
    }

    /// The definitions in use.
    pub fn definitions(&self) -> &Definitions {
        &self.shared.definitions
    }

    /// Wakes timers and jobs, after a clock was set by hand.
    pub fn wake_timers(&self) {
        self.shared.alarms.timers.ring();
        self.shared.alarms.jobs.ring();
    }

    /// Makes definitions those that new cases of their workflows start with. Open cases keep theirs.
    ///
    /// # Errors
    /// The store failed.
    pub fn apply(&self, definitions: Vec<Definition>) -> Result<Vec<Arc<Definition>>, StoreError> {
        // What is stored last must be what is current last.
        let turn = lock(&self.shared.applying);
        self.apply_in(&turn, definitions)
    }

    /// Applies a definition if the one that is current, or that there is none, is as `wanted` says. None
    /// when it is not.
    ///
    /// # Errors
    /// The store failed.
    pub fn apply_if(
        &self,
        definition: Definition,
        wanted: impl FnOnce(Option<&Definition>) -> bool,
    ) -> Result<Option<Arc<Definition>>, StoreError> {
        let turn = lock(&self.shared.applying);
        let current = self.shared.definitions.current(&definition.id);
        if !wanted(current.as_deref()) {
            return Ok(None);
        }
        Ok(self.apply_in(&turn, vec![definition])?.pop())
    }

    fn apply_in(
        &self,
        _turn: &MutexGuard<'_, ()>,
        definitions: Vec<Definition>,
    ) -> Result<Vec<Arc<Definition>>, StoreError> {
        let stored: Vec<_> = definitions
            .iter()
            .map(|definition| (definition.digest, &definition.bundle))
            .collect();
        self.shared.store.apply(&stored)?;
        let applied: Vec<_> = definitions.into_iter().map(Arc::new).collect();
        for definition in &applied {
            self.shared.definitions.make_current(definition.clone());
        }
        Ok(applied)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.shared.store
    }

    pub(crate) fn alarm(&self) -> Arc<Alarm> {
        self.shared.alarms.timers.clone()
    }

    pub(crate) fn counters(&self) -> &jobs::Counters {
        &self.shared.counters
    }

    pub(crate) fn job_alarm(&self) -> Arc<Alarm> {
        self.shared.alarms.jobs.clone()
    }

    pub(crate) async fn stopping(&self) {
        let mut stopping = self.shared.stopping.subscribe();
        // The sender lives as long as the runtime.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    pub(crate) fn lanes(&self) -> &Lanes {
        &self.shared.lanes
    }

    /// The way to the committer; none once the runtime is shut down.
    pub(crate) fn committer(&self) -> Option<Committer> {
        lock(&self.shared.committer).clone()
    }

    pub(crate) fn current(&self, workflow: &str) -> Result<Arc<Definition>, CommandError> {
        let definitions = &self.shared.definitions;
        definitions.current(workflow).ok_or_else(|| {
            let all = definitions.all();
            CommandError::UnknownWorkflow {
                workflow: workflow.to_owned(),
                known: all.iter().map(|definition| definition.id.clone()).collect(),
            }
        })
    }

    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.shared.in_flight
    }

    pub(crate) fn load(&self, id: &str) -> Result<(StoredCase, View), CommandError> {
        let stored = self.shared.store.case(id)?;
        let stored = stored.ok_or_else(|| CommandError::UnknownCase(id.to_owned()))?;
        let view = self.view(id, &stored)?;
        Ok((stored, view))
    }

    /// A stored case with its definition.
    pub(crate) fn view(&self, id: &str, stored: &StoredCase) -> Result<View, CommandError> {
        let digest = Digest(stored.record.definition);
        let definition = self.shared.definitions.get(digest, &self.shared.store)?;
        let case = case_of(id, stored, &definition)?;
        Ok(View { case, definition })
    }

    pub(crate) fn setting<'a>(
        &'a self,
        definition: &'a Definition,
        decide: &'a dyn Decide,
        now: Timestamp,
    ) -> Setting<'a> {
        Setting {
            definition,
            decide,
            now,
            limits: &self.shared.means.limits,
        }
    }

    /// Computes for a workflow on a thread that may be slow, once there is one. What the work owns is there until then, also
    /// when nobody waits any more.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        workflow: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CommandError> {
        if self.shared.means.in_place {
            return Ok(work());
        }
        let done = self.shared.means.workers.run(workflow, work).await;
        done.ok_or_else(|| match *self.shared.stopping.borrow() {
            true => CommandError::Stopped,
            false => CommandError::Panicked,
        })
    }

    /// Does work on a thread that may be slow.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CommandError> {
        if self.shared.means.in_place {
            return Ok(work());
        }
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "a step ended in a panic");
            CommandError::Panicked
        })
    }
}

/// A stored case, by its definition.
pub(crate) fn case_of(
    id: &str,
    stored: &StoredCase,
    definition: &Definition,
) -> Result<Case, StoreError> {
    let case = stored.record.clone().into_case(id, &definition.chart);
    case.map_err(|message| corrupt(Table::Cases, message))
}

pub(crate) fn corrupt(table: Table, message: String) -> StoreError {
    StoreError::Corrupt { table, message }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What lies under these locks is taken or cloned whole, so poison cannot have spoilt it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
