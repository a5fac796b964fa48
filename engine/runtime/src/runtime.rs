//! The runtime: commands in, committed steps out.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use casewright_case::{Actor, Case, Outcome, Record, Refusal, Setting};
use casewright_chart::{Effect, Limits, Timestamp};
use casewright_definition::{Decide, Definition, Digest};
use casewright_store::tables::Table;
use casewright_store::{DueTimer, StepWrite, Store, StoreError, StoredCase, WriteAhead};
use serde_json::Value as Json;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::committer::{Committer, Writer};
use crate::definitions::Definitions;
use crate::error::CommandError;
use crate::lane::Lanes;
use crate::plugins::Plugins;
use crate::timer;

/// Runs cases. Cheap to clone; every clone is the same runtime.
#[derive(Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<Store>,
    definitions: Definitions,
    plugins: Arc<Plugins>,
    /// Who answers decisions: the plugins, but in simulations.
    decide: Arc<dyn Decide + Send + Sync>,
    /// Whether all is done where it is asked for, and nothing on threads of its own.
    in_place: bool,
    clock: Arc<dyn Clock>,
    limits: Limits,
    lanes: Lanes,
    /// Gone once the runtime is shut down.
    committer: Mutex<Option<Committer>>,
    writer: Mutex<Option<Writer>>,
    /// Held while definitions are applied.
    applying: Mutex<()>,
    alarm: Arc<timer::Alarm>,
    stopping: watch::Sender<bool>,
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
        let store = Arc::new(store);
        let definitions = Definitions::load(&store)?;
        let (committer, writer) = Committer::start(store.clone())
            .map_err(|error| StoreError::Io(format!("cannot start the committer: {error}")))?;
        let plugins = Arc::new(plugins);
        Ok(Runtime::run(Shared {
            store,
            definitions,
            decide: plugins.clone(),
            plugins,
            in_place: false,
            clock,
            limits,
            lanes: Lanes::new(),
            committer: Mutex::new(Some(committer)),
            writer: Mutex::new(Some(writer)),
            applying: Mutex::default(),
            alarm: Arc::default(),
            stopping: watch::Sender::new(false),
        }))
    }

    /// As [`Runtime::start`], without threads: steps, decisions and commits are tasks of the tokio
    /// runtime. On one of a single thread the same commands then give the same run, which is what a
    /// simulation needs. Decisions are answered by `decide`; what `definitions`
    /// knows is not compiled again.
    ///
    /// # Errors
    /// As [`Runtime::start`].
    pub fn start_in_place(
        store: Store,
        definitions: Definitions,
        decide: Arc<dyn Decide + Send + Sync>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, StoreError> {
        let store = Arc::new(store);
        let definitions = definitions.of(&store)?;
        let (committer, writer) = Committer::start_in_place(store.clone());
        Ok(Runtime::run(Shared {
            store,
            definitions,
            decide,
            plugins: Arc::default(),
            in_place: true,
            clock,
            limits,
            lanes: Lanes::new(),
            committer: Mutex::new(Some(committer)),
            writer: Mutex::new(Some(writer)),
            applying: Mutex::default(),
            alarm: Arc::default(),
            stopping: watch::Sender::new(false),
        }))
    }

    fn run(shared: Shared) -> Self {
        let shared = Arc::new(shared);
        let runtime = Runtime { shared };
        tokio::spawn(timer::run(runtime.clone()));
        runtime
    }

    /// Takes no more commands, and waits until everything taken is written.
    pub async fn shut_down(&self) {
        self.shared.stopping.send_replace(true);
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
        self.shared.clock.now()
    }

    /// The plugins at hand.
    pub fn plugins(&self) -> &Plugins {
        &self.shared.plugins
    }

    /// The definitions in use.
    pub fn definitions(&self) -> &Definitions {
        &self.shared.definitions
    }

    /// Wakes the timers, after a clock was set by hand.
    pub fn wake_timers(&self) {
        self.shared.alarm.ring();
    }

    /// Makes definitions those that new cases of their workflows start with. Open cases keep theirs.
    ///
    /// # Errors
    /// The store failed.
    pub fn apply(&self, definitions: Vec<Definition>) -> Result<Vec<Arc<Definition>>, StoreError> {
        // What is stored last must be what is current last.
        let _turn = lock(&self.shared.applying);
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

    /// Opens a case. Without an id it gets one. Opening a case again in the same way - the same
    /// workflow, actor and data - changes nothing and gives the case as it is.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn open(
        &self,
        workflow: &str,
        id: Option<String>,
        data: Json,
        actor: Actor,
    ) -> Result<Committed, CommandError> {
        let definition = self.current(workflow)?;
        let id = id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        self.in_lane(id, move |runtime, id| async move {
            if let Some(stored) = runtime.shared.store.case(&id)? {
                return runtime.repeated(&id, &stored, &definition, &data, &actor);
            }
            let opening =
                move |setting: Setting<'_>| casewright_case::open(setting, &id, &data, &actor);
            let outcome = runtime.take_step(definition.clone(), opening).await?;
            let outcome = outcome.map_err(|refusal| CommandError::Refused {
                refusal,
                case: None,
            })?;
            runtime.write(None, outcome, definition, None).await
        })
        .await
    }

    /// Sends a case an event. With revisions, only if the case is at one of them.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn send(
        &self,
        id: &str,
        event: String,
        data: Json,
        actor: Actor,
        revisions: Option<Vec<u64>>,
    ) -> Result<Committed, CommandError> {
        self.in_lane(id.to_owned(), move |runtime, id| async move {
            let (stored, view) = runtime.load(&id)?;
            let found = view.case.revision;
            if let Some(expected) = revisions
                && !expected.contains(&found)
            {
                return Err(CommandError::RevisionMismatch { expected, found });
            }
            runtime
                .step(stored, view, None, move |setting, case| {
                    casewright_case::send(setting, case, &event, &data, &actor)
                })
                .await
        })
        .await
    }

    /// Fires a timer that is due. Its row goes with the step, or alone when its case no longer knows it.
    pub(crate) async fn fire(&self, timer: &DueTimer) -> Result<(), CommandError> {
        let timer = timer.clone();
        self.in_lane(timer.case.clone(), move |runtime, id| async move {
            let (stored, view) = runtime.load(&id)?;
            let sequence = timer.sequence;
            let fired = runtime
                .step(stored, view, Some(timer.clone()), move |setting, case| {
                    casewright_case::fire(setting, case, sequence)
                })
                .await;
            match fired {
                Ok(_) => Ok(()),
                Err(CommandError::Refused {
                    refusal: Refusal::NotPending | Refusal::Done,
                    ..
                }) => {
                    runtime
                        .on_store(move |store| store.drop_timer(&timer))
                        .await
                }
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Tries a timer again later.
    pub(crate) async fn put_off(
        &self,
        timer: DueTimer,
        later: Timestamp,
    ) -> Result<(), CommandError> {
        self.on_store(move |store| store.put_off_timer(&timer, later))
            .await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.shared.store
    }

    pub(crate) fn alarm(&self) -> Arc<timer::Alarm> {
        self.shared.alarm.clone()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.shared.stopping.borrow()
    }

    pub(crate) async fn stopping(&self) {
        let mut stopping = self.shared.stopping.subscribe();
        // The sender lives as long as the runtime.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    fn current(&self, workflow: &str) -> Result<Arc<Definition>, CommandError> {
        let definitions = &self.shared.definitions;
        definitions.current(workflow).ok_or_else(|| {
            let all = definitions.all();
            CommandError::UnknownWorkflow {
                workflow: workflow.to_owned(),
                known: all.iter().map(|definition| definition.id.clone()).collect(),
            }
        })
    }

    /// Runs a command in the lane of its case. It goes on to its end even when whoever asked does
    /// not wait for it: a step that is half written must not be overtaken.
    async fn in_lane<T, F, R>(&self, case: String, command: F) -> Result<T, CommandError>
    where
        T: Send + 'static,
        F: FnOnce(Runtime, String) -> R + Send + 'static,
        R: Future<Output = Result<T, CommandError>> + Send,
    {
        let runtime = self.clone();
        let task = tokio::spawn(async move {
            let _turn = runtime.shared.lanes.enter(&case).await;
            command(runtime.clone(), case).await
        });
        match task.await {
            Ok(result) => result,
            Err(error) => {
                tracing::error!(%error, "a command ended in a panic");
                Err(CommandError::Panicked)
            }
        }
    }

    pub(crate) fn load(&self, id: &str) -> Result<(StoredCase, View), CommandError> {
        let stored = self.shared.store.case(id)?;
        let stored = stored.ok_or_else(|| CommandError::UnknownCase(id.to_owned()))?;
        let view = self.view(id, &stored)?;
        Ok((stored, view))
    }

    /// A stored case with its definition.
    fn view(&self, id: &str, stored: &StoredCase) -> Result<View, CommandError> {
        let digest = Digest(stored.record.definition);
        let definition = self.shared.definitions.get(digest, &self.shared.store)?;
        let case = stored.record.clone().into_case(id, &definition.chart);
        let case = case.map_err(|message| corrupt(Table::Cases, message))?;
        Ok(View { case, definition })
    }

    pub(crate) fn setting<'a>(&'a self, definition: &'a Definition, now: Timestamp) -> Setting<'a> {
        Setting {
            definition,
            decide: &*self.shared.decide,
            now,
            limits: &self.shared.limits,
        }
    }

    /// Takes a pure step. One that may take long goes to a thread that may be slow.
    async fn take_step(
        &self,
        definition: Arc<Definition>,
        step: impl FnOnce(Setting<'_>) -> Result<Outcome, Refusal> + Send + 'static,
    ) -> Result<Result<Outcome, Refusal>, CommandError> {
        let now = self.now();
        if !definition.may_take_long {
            return Ok(step(self.setting(&definition, now)));
        }
        let runtime = self.clone();
        self.aside(move || step(runtime.setting(&definition, now)))
            .await
    }

    /// Takes a step of a stored case and writes it.
    async fn step(
        &self,
        stored: StoredCase,
        view: View,
        fired: Option<DueTimer>,
        step: impl FnOnce(Setting<'_>, &Case) -> Result<Outcome, Refusal> + Send + 'static,
    ) -> Result<Committed, CommandError> {
        let View { case, definition } = view;
        let case = Arc::new(case);
        let before = case.clone();
        let outcome = self
            .take_step(definition.clone(), move |setting| step(setting, &before))
            .await?;
        match outcome {
            Ok(outcome) => self.write(Some(stored), outcome, definition, fired).await,
            Err(refusal) => Err(CommandError::Refused {
                refusal,
                case: Some((Box::new(case.as_ref().clone()), definition)),
            }),
        }
    }

    async fn write(
        &self,
        before: Option<StoredCase>,
        outcome: Outcome,
        definition: Arc<Definition>,
        fired: Option<DueTimer>,
    ) -> Result<Committed, CommandError> {
        let committer = lock(&self.shared.committer).clone();
        let committer = committer.ok_or(CommandError::Stopped)?;
        let due = outcome.effects.iter().filter_map(|effect| match effect {
            Effect::Schedule { due, .. } => Some(*due),
            _ => None,
        });
        let next_due = due.min();
        let step = StepWrite {
            before,
            case: outcome.case.clone(),
            definition: definition.clone(),
            record: outcome.record.clone(),
            fired,
        };
        let sequence = committer.commit(step).await?;
        if let Some(due) = next_due {
            self.shared.alarm.expect(due);
        }
        Ok(Committed {
            view: View {
                case: outcome.case,
                definition,
            },
            record: Some(outcome.record),
            sequence,
        })
    }

    /// Does work on a thread that may be slow.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CommandError> {
        if self.shared.in_place {
            return Ok(work());
        }
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "a step ended in a panic");
            CommandError::Panicked
        })
    }

    /// Writes to the store past the committer, aside from the event loop.
    async fn on_store(
        &self,
        write: impl FnOnce(&Store) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), CommandError> {
        let store = self.shared.store.clone();
        Ok(self.aside(move || write(&store)).await??)
    }

    /// What a second opening of a case gives: the case, if the first one was just like it.
    fn repeated(
        &self,
        id: &str,
        stored: &StoredCase,
        definition: &Definition,
        data: &Json,
        actor: &Actor,
    ) -> Result<Committed, CommandError> {
        let view = self.view(id, stored)?;
        let first = self.shared.store.opening(&stored.record)?;
        let first = first.into_record(&view.definition.chart);
        let first = first.map_err(|message| corrupt(Table::Journal, message))?;
        let cause = casewright_case::Cause::Open {
            data: casewright_definition::json::from_json(data),
        };
        let same = first.cause == cause && first.actor.id == actor.id;
        if same && view.case.workflow == definition.id {
            return Ok(Committed {
                sequence: stored.record.last.sequence,
                view,
                record: None,
            });
        }
        Err(CommandError::CaseExists {
            case: Box::new(view.case),
            definition: view.definition,
        })
    }
}

pub(crate) fn corrupt(table: Table, message: String) -> StoreError {
    StoreError::Corrupt { table, message }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What lies under these locks is taken or cloned whole, so poison cannot have spoilt it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
