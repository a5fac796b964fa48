//! The runtime: commands in, committed steps out. What commands there are stands in `command`.

mod command;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use casewright_case::{Actor, Case, Outcome, Record, Refusal, Setting};
use casewright_chart::{Effect, Limits, Timestamp};
use casewright_definition::{Definition, Digest};
use casewright_store::tables::Table;
use casewright_store::{DueTimer, StepWrite, Store, StoreError, StoredCase, WriteAhead};
use serde_json::Value as Json;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::committer::Committer;
use crate::definitions::Definitions;
use crate::error::CommandError;
use crate::lane::{Lanes, Place};
use crate::once::{InFlight, Remember, Reply};
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
    in_flight: InFlight,
    /// Gone once the runtime is shut down.
    committer: Mutex<Option<Committer>>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
    /// Held while definitions are applied.
    applying: Mutex<()>,
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

/// A step that is to be written.
struct Writing {
    before: Option<StoredCase>,
    outcome: Outcome,
    definition: Arc<Definition>,
    fired: Option<DueTimer>,
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
                in_flight: InFlight::default(),
                committer: Mutex::new(Some(committer)),
                thread: Mutex::new(Some(thread)),
                applying: Mutex::default(),
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

    /// Fires a timer that is due. Its row goes with the step, or alone when its case no longer knows it.
    pub(crate) async fn fire(&self, timer: &DueTimer) -> Result<(), CommandError> {
        let timer = timer.clone();
        let place = self.shared.lanes.place(&timer.case);
        self.in_lane(place, timer.case.clone(), move |runtime, id| async move {
            let (stored, view) = runtime.load(&id)?;
            let sequence = timer.sequence;
            let step = move |setting: Setting<'_>, case: &Case| {
                casewright_case::fire(setting, case, sequence)
            };
            let fired = runtime
                .step(stored, view, Some(timer.clone()), None, step)
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

    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.shared.in_flight
    }

    /// A place in the lane of a case, for a command from outside.
    fn line_up(&self, case: &str) -> Result<Place, CommandError> {
        self.shared.lanes.line_up(case).ok_or(CommandError::Busy)
    }

    /// Runs a command in the lane of its case. It goes on to its end even when whoever asked does
    /// not wait for it: a step that is half written must not be overtaken.
    async fn in_lane<T, F, R>(
        &self,
        place: Place,
        case: String,
        command: F,
    ) -> Result<T, CommandError>
    where
        T: Send + 'static,
        F: FnOnce(Runtime, String) -> R + Send + 'static,
        R: Future<Output = Result<T, CommandError>> + Send,
    {
        let runtime = self.clone();
        let task = tokio::spawn(async move {
            let _turn = place.turn().await;
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
            decide: &*self.shared.plugins,
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
        aside(move || step(runtime.setting(&definition, now))).await
    }

    /// Takes a step of a stored case and writes it.
    async fn step(
        &self,
        stored: StoredCase,
        view: View,
        fired: Option<DueTimer>,
        remember: Option<&mut Remember>,
        step: impl FnOnce(Setting<'_>, &Case) -> Result<Outcome, Refusal> + Send + 'static,
    ) -> Result<Committed, CommandError> {
        let View { case, definition } = view;
        let case = Arc::new(case);
        let before = case.clone();
        let outcome = self
            .take_step(definition.clone(), move |setting| step(setting, &before))
            .await?;
        match outcome {
            Ok(outcome) => {
                let step = Writing {
                    before: Some(stored),
                    outcome,
                    definition,
                    fired,
                };
                self.write(step, remember).await
            }
            Err(refusal) => Err(CommandError::Refused {
                refusal,
                case: Some((Box::new(case.as_ref().clone()), definition)),
            }),
        }
    }

    async fn write(
        &self,
        writing: Writing,
        remember: Option<&mut Remember>,
    ) -> Result<Committed, CommandError> {
        let committer = lock(&self.shared.committer).clone();
        let committer = committer.ok_or(CommandError::Stopped)?;
        let Outcome {
            case,
            record,
            effects,
        } = writing.outcome;
        let schedules = |effect: &Effect| matches!(effect, Effect::Schedule { .. });
        let wakes_timers = effects.iter().any(schedules);
        let view = View {
            case,
            definition: writing.definition,
        };
        let answered = remember.map(|remember| remember.answer(&view, record.at));
        let (reply, answer) = answered.unzip();
        let step = StepWrite {
            before: writing.before,
            case: view.case.clone(),
            definition: view.definition.clone(),
            record: record.clone(),
            fired: writing.fired,
            answer,
        };
        let sequence = committer.commit(step).await?;
        if wakes_timers {
            self.shared.timers_changed.notify_one();
        }
        Ok(Committed {
            view,
            record: Some(record),
            sequence,
            reply,
        })
    }

    /// Writes to the store past the committer, aside from the event loop.
    async fn on_store(
        &self,
        write: impl FnOnce(&Store) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), CommandError> {
        let store = self.shared.store.clone();
        Ok(aside(move || write(&store)).await??)
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
                reply: None,
            });
        }
        Err(CommandError::CaseExists {
            case: Box::new(view.case),
            definition: view.definition,
        })
    }
}

/// Does work on a thread that may be slow.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CommandError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a step ended in a panic");
        CommandError::Panicked
    })
}

pub(crate) fn corrupt(table: Table, message: String) -> StoreError {
    StoreError::Corrupt { table, message }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What lies under these locks is taken or cloned whole, so poison cannot have spoilt it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
