//! The runtime: commands in, committed steps out.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use casewright_case::{Actor, Case, Outcome, Possible, Record, Refusal, Setting};
use casewright_chart::{Effect, Limits, Timestamp};
use casewright_definition::{Definition, Digest};
use casewright_store::{CaseFilter, CaseRecord, DueTimer, Redb, StepWrite, Store, StoreError};
use serde_json::Value as Json;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::committer::Committer;
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
    clock: Arc<dyn Clock>,
    limits: Limits,
    lanes: Lanes,
    /// Gone once the runtime is shut down.
    committer: Mutex<Option<Committer>>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
    timers_changed: timer::Changed,
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
        let store = Store::open(Box::new(Redb::open(folder)?))?;
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
        let (committer, thread) = Committer::start(store.clone())
            .map_err(|error| StoreError::Io(format!("cannot start the committer: {error}")))?;
        let runtime = Runtime {
            shared: Arc::new(Shared {
                store,
                definitions,
                plugins: Arc::new(plugins),
                clock,
                limits,
                lanes: Lanes::new(),
                committer: Mutex::new(Some(committer)),
                thread: Mutex::new(Some(thread)),
                timers_changed: timer::Changed::default(),
                stopping: watch::Sender::new(false),
            }),
        };
        tokio::spawn(timer::run(runtime.clone()));
        Ok(runtime)
    }

    /// Takes no more commands, and waits until everything taken is written.
    pub async fn shut_down(&self) {
        self.shared.stopping.send_replace(true);
        let committer = lock(&self.shared.committer).take();
        drop(committer);
        let thread = lock(&self.shared.thread).take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the committer ended in a panic");
            }
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
        self.shared.timers_changed.notify_one();
    }

    /// Makes definitions those that new cases of their workflows start with. Open cases keep theirs.
    ///
    /// # Errors
    /// The store failed.
    pub fn apply(&self, definitions: Vec<Definition>) -> Result<Vec<Arc<Definition>>, StoreError> {
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
                return runtime.repeated(&id, stored, &definition, &data, &actor);
            }
            let outcome = {
                let definition = definition.clone();
                runtime
                    .take_step(definition, move |setting| {
                        casewright_case::open(setting, &id, &data, &actor)
                    })
                    .await
            };
            let refused = |refusal| CommandError::Refused {
                refusal,
                case: None,
            };
            runtime
                .write(None, outcome.map_err(refused)?, definition)
                .await
        })
        .await
    }

    /// Sends a case an event. With a revision, only if the case is still there.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn send(
        &self,
        id: &str,
        event: String,
        data: Json,
        actor: Actor,
        revision: Option<u64>,
    ) -> Result<Committed, CommandError> {
        self.in_lane(id.to_owned(), move |runtime, id| async move {
            let (stored, view) = runtime.load(&id)?;
            if let Some(expected) = revision
                && expected != view.case.revision
            {
                let found = view.case.revision;
                return Err(CommandError::RevisionMismatch { expected, found });
            }
            runtime
                .step(stored, view, move |setting, case| {
                    casewright_case::send(setting, case, &event, &data, &actor)
                })
                .await
        })
        .await
    }

    /// Fires a timer that is due. One that its case no longer knows is dropped.
    pub(crate) async fn fire(&self, timer: &DueTimer) -> Result<(), CommandError> {
        let timer = timer.clone();
        self.in_lane(timer.case.clone(), move |runtime, id| async move {
            let (stored, view) = runtime.load(&id)?;
            let sequence = timer.sequence;
            let mut pending = view.case.snapshot.pending.iter();
            let is_known = pending.any(|p| p.sequence == sequence && p.due == timer.due);
            let fired = runtime
                .step(stored, view, move |setting, case| {
                    casewright_case::fire(setting, case, sequence)
                })
                .await;
            match fired {
                Ok(_) if is_known => Ok(()),
                // A timer that was put off lies elsewhere than its case thinks; a step does not
                // remove it.
                Ok(_)
                | Err(CommandError::Refused {
                    refusal: Refusal::NotPending | Refusal::Done,
                    ..
                }) => Ok(runtime.shared.store.drop_timer(&timer)?),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// A case.
    ///
    /// # Errors
    /// There is none with this id, or the store failed.
    pub fn case(&self, id: &str) -> Result<View, CommandError> {
        self.load(id).map(|(_, view)| view)
    }

    /// What an actor may do next with a case.
    pub fn possible<'a>(&'a self, view: &'a View, actor: &Actor) -> Vec<Possible<'a>> {
        let setting = self.setting(&view.definition, self.now());
        casewright_case::possible(setting, &view.case, actor)
    }

    /// The records of a case, the oldest first, each with its place in the journal.
    ///
    /// # Errors
    /// There is no case with this id, or the store failed.
    pub fn history(&self, id: &str) -> Result<(View, Vec<(u64, Record)>), CommandError> {
        let (stored, view) = self.load(id)?;
        let chart = &view.definition.chart;
        let records = self.shared.store.history(&stored)?;
        let records = records.into_iter().map(|(sequence, record)| {
            let record = record
                .into_record(chart)
                .map_err(|message| StoreError::Corrupt {
                    table: casewright_store::tables::Table::Journal,
                    message,
                })?;
            Ok::<_, StoreError>((sequence, record))
        });
        let records = records.collect::<Result<_, _>>()?;
        Ok((view, records))
    }

    /// Cases in the order of their ids, after `after` if it is given.
    ///
    /// # Errors
    /// The store failed.
    pub fn cases(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<View>, CommandError> {
        let ids = self.shared.store.case_ids(filter, after, limit)?;
        ids.iter().map(|id| self.case(id)).collect()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.shared.store
    }

    pub(crate) fn timers_changed(&self) -> timer::Changed {
        self.shared.timers_changed.clone()
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
                Err(CommandError::Stopped)
            }
        }
    }

    fn load(&self, id: &str) -> Result<(CaseRecord, View), CommandError> {
        let stored = self.shared.store.case(id)?;
        let stored = stored.ok_or_else(|| CommandError::UnknownCase(id.to_owned()))?;
        let digest = Digest(stored.definition);
        let definition = self.shared.definitions.get(digest, &self.shared.store)?;
        let case = stored.clone().into_case(id, &definition.chart);
        let case = case.map_err(|message| StoreError::Corrupt {
            table: casewright_store::tables::Table::Cases,
            message,
        })?;
        Ok((stored, View { case, definition }))
    }

    fn setting<'a>(&'a self, definition: &'a Definition, now: Timestamp) -> Setting<'a> {
        Setting {
            definition,
            decide: &*self.shared.plugins,
            now,
            limits: &self.shared.limits,
        }
    }

    /// Takes a pure step. One that may ask a plugin goes to a thread that may be slow.
    async fn take_step(
        &self,
        definition: Arc<Definition>,
        step: impl FnOnce(Setting<'_>) -> Result<Outcome, Refusal> + Send + 'static,
    ) -> Result<Outcome, Refusal> {
        let now = self.now();
        if definition.decisions().is_empty() {
            return step(self.setting(&definition, now));
        }
        let runtime = self.clone();
        let stepping = move || step(runtime.setting(&definition, now));
        match tokio::task::spawn_blocking(stepping).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!(%error, "a step ended in a panic");
                Err(Refusal::Corrupt)
            }
        }
    }

    /// Takes a step of a stored case and writes it.
    async fn step(
        &self,
        stored: CaseRecord,
        view: View,
        step: impl FnOnce(Setting<'_>, &Case) -> Result<Outcome, Refusal> + Send + 'static,
    ) -> Result<Committed, CommandError> {
        let View { case, definition } = view;
        let case = Arc::new(case);
        let before = case.clone();
        let outcome = self
            .take_step(definition.clone(), move |setting| step(setting, &before))
            .await;
        match outcome {
            Ok(outcome) => self.write(Some(stored), outcome, definition).await,
            Err(refusal) => Err(CommandError::Refused {
                refusal,
                case: Some((Box::new(case.as_ref().clone()), definition)),
            }),
        }
    }

    async fn write(
        &self,
        before: Option<CaseRecord>,
        outcome: Outcome,
        definition: Arc<Definition>,
    ) -> Result<Committed, CommandError> {
        let committer = lock(&self.shared.committer).clone();
        let committer = committer.ok_or(CommandError::Stopped)?;
        let schedules = |effect: &Effect| matches!(effect, Effect::Schedule { .. });
        let wakes_timers = outcome.effects.iter().any(schedules);
        let step = StepWrite {
            before,
            case: outcome.case.clone(),
            chart: definition.clone(),
            record: outcome.record.clone(),
        };
        let sequence = committer.commit(step).await?;
        if wakes_timers {
            self.shared.timers_changed.notify_one();
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

    /// What a second opening of a case gives: the case, if the first one was just like it.
    fn repeated(
        &self,
        id: &str,
        stored: CaseRecord,
        definition: &Definition,
        data: &Json,
        actor: &Actor,
    ) -> Result<Committed, CommandError> {
        let (_, view) = self.load(id)?;
        let first = self.shared.store.history(&stored)?.into_iter().next();
        let opened = first.and_then(|(_, record)| record.into_record(&view.definition.chart).ok());
        let same = opened.is_some_and(|record| {
            let cause = casewright_case::Cause::Open {
                data: casewright_definition::json::from_json(data),
            };
            record.cause == cause && record.actor.id == actor.id
        });
        if same && view.case.workflow == definition.id {
            return Ok(Committed {
                sequence: stored.last.sequence,
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What lies under these locks is taken or cloned whole, so poison cannot have spoilt it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
