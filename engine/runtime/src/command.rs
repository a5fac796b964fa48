//! Commands: a case is opened, is sent an event, or its timer fires. Each is one step, in the lane of its case.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use casewright_case::{Actor, Case, Cause, Outcome, Refusal, Served, Setting};
use casewright_chart::{Effect, Timestamp};
use casewright_definition::Definition;
use casewright_definition::json::from_json;
use casewright_store::tables::Table;
use casewright_store::{DueTimer, JobKey, StepWrite, Store, StoreError, StoredCase};
use serde_json::Value as Json;
use tokio::sync::OwnedSemaphorePermit;

use crate::committer::Next;
use crate::error::CommandError;
use crate::jobs;
use crate::lane::{Place, Turn};
use crate::once::{Asked, Done, Remember, Terms};
use crate::runtime::{Committed, Runtime, View, corrupt};

/// What a command holds until it has ended: its turn, and the terms on which it came.
///
/// Whoever asked may stop waiting at any time. A command whose turn has not come by then ends without a trace.
/// One whose turn has come goes on to its end: nothing waits before the committer has it, unless the
/// step may take long, and then it has a task of its own. The committer holds this until the step is written,
/// so that no other command to the case overtakes it.
#[derive(Default)]
pub(crate) struct Held {
    turn: Option<Turn>,
    /// Only to be there.
    _permit: Option<OwnedSemaphorePermit>,
    remember: Option<Remember>,
}

impl Held {
    fn by(terms: Terms, runtime: &Runtime) -> Result<Asked<Self>, CommandError> {
        let Terms { permit, once } = terms;
        let asked = runtime.turn_of(once)?;
        Ok(match asked {
            Asked::Before(reply) => Asked::Before(reply),
            Asked::Now(remember) => Asked::Now(Held {
                turn: None,
                _permit: permit,
                remember,
            }),
        })
    }
}

impl Runtime {
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
        self.open_now(workflow, id, data, actor, Held::default())
            .await
    }

    /// Opens a case on terms, as [`Runtime::open`] does.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn open_on(
        &self,
        terms: Terms,
        workflow: &str,
        id: Option<String>,
        data: Json,
        actor: Actor,
    ) -> Result<Done, CommandError> {
        let held = match Held::by(terms, self)? {
            Asked::Now(held) => held,
            Asked::Before(reply) => return Ok(Done::Before(reply)),
        };
        let opened = self.open_now(workflow, id, data, actor, held).await?;
        Ok(Done::Now(opened))
    }

    async fn open_now(
        &self,
        workflow: &str,
        id: Option<String>,
        data: Json,
        actor: Actor,
        mut held: Held,
    ) -> Result<Committed, CommandError> {
        let definition = self.current(workflow)?;
        let id = id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        held.turn = Some(self.line_up(&id)?.turn().await);
        if let Some(stored) = self.store().case(&id)? {
            return self.repeated(&id, &stored, &definition, &data, &actor);
        }
        let opening =
            move |setting: Setting<'_>| casewright_case::open(setting, &id, &data, &actor);
        let runtime = self.clone();
        self.to_its_end(definition.may_take_long, async move {
            let outcome = runtime.take_step(definition.clone(), opening).await?;
            let outcome = outcome.map_err(|refusal| CommandError::Refused {
                refusal,
                case: None,
            })?;
            runtime.write(None, outcome, definition, None, held).await
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
        self.send_now(id, event, data, actor, revisions, Held::default())
            .await
    }

    /// Sends a case an event on terms, as [`Runtime::send`] does.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn send_on(
        &self,
        terms: Terms,
        id: &str,
        event: String,
        data: Json,
        actor: Actor,
        revisions: Option<Vec<u64>>,
    ) -> Result<Done, CommandError> {
        let held = match Held::by(terms, self)? {
            Asked::Now(held) => held,
            Asked::Before(reply) => return Ok(Done::Before(reply)),
        };
        let sent = self.send_now(id, event, data, actor, revisions, held);
        Ok(Done::Now(sent.await?))
    }

    async fn send_now(
        &self,
        id: &str,
        event: String,
        data: Json,
        actor: Actor,
        revisions: Option<Vec<u64>>,
        mut held: Held,
    ) -> Result<Committed, CommandError> {
        held.turn = Some(self.line_up(id)?.turn().await);
        let (stored, view) = self.load(id)?;
        let found = view.case.revision;
        if let Some(expected) = revisions
            && !expected.contains(&found)
        {
            return Err(CommandError::RevisionMismatch { expected, found });
        }
        let step = move |setting: Setting<'_>, case: &Case| {
            casewright_case::send(setting, case, &event, &data, &actor)
        };
        let runtime = self.clone();
        self.to_its_end(view.definition.may_take_long, async move {
            runtime.step(stored, view, None, held, step).await
        })
        .await
    }

    /// Carries out a command whose turn has come.
    pub(crate) async fn to_its_end<T: Send + 'static>(
        &self,
        may_take_long: bool,
        command: impl Future<Output = Result<T, CommandError>> + Send + 'static,
    ) -> Result<T, CommandError> {
        if !may_take_long {
            return command.await;
        }
        tokio::spawn(command).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a command ended in a panic");
            Err(CommandError::Panicked)
        })
    }

    /// Fires a timer that is due. Its row goes with the step, or alone when its case no longer knows it.
    pub(crate) async fn fire(&self, timer: &DueTimer) -> Result<(), CommandError> {
        let held = Held {
            // What the engine itself does is not turned away.
            turn: Some(self.lanes().place(&timer.case).turn().await),
            ..Held::default()
        };
        let (stored, view) = self.load(&timer.case)?;
        let sequence = timer.sequence;
        let step =
            move |setting: Setting<'_>, case: &Case| casewright_case::fire(setting, case, sequence);
        let fired = self.step(stored, view, Some(timer.clone()), held, step);
        match fired.await {
            Ok(_) => Ok(()),
            Err(CommandError::Refused {
                refusal: Refusal::NotPending | Refusal::Done,
                ..
            }) => {
                let timer = timer.clone();
                self.on_store(move |store| store.drop_timer(&timer)).await
            }
            Err(error) => Err(error),
        }
    }

    /// Gives a case what a service came to. Its job goes with the step.
    pub(crate) async fn settle(
        &self,
        job: &JobKey,
        served: Served,
        actor: Actor,
        turn: Turn,
    ) -> Result<Committed, CommandError> {
        let held = Held {
            turn: Some(turn),
            ..Held::default()
        };
        let (stored, view) = self.load(&job.case)?;
        let sequence = job.sequence;
        let step = move |setting: Setting<'_>, case: &Case| {
            casewright_case::settle(setting, case, sequence, served, &actor)
        };
        self.step(stored, view, None, held, step).await
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

    /// A place in the lane of a case, for a command from outside.
    pub(crate) fn line_up(&self, case: &str) -> Result<Place, CommandError> {
        self.lanes().line_up(case).ok_or(CommandError::Busy)
    }

    /// Takes a pure step. One that may take long goes to a thread that may be slow.
    async fn take_step(
        &self,
        definition: Arc<Definition>,
        step: impl FnOnce(Setting<'_>) -> Result<Outcome, Refusal> + Send + 'static,
    ) -> Result<Result<Outcome, Refusal>, CommandError> {
        let (decide, now) = (self.decider(), self.now());
        if !definition.may_take_long {
            let taken = catch_unwind(AssertUnwindSafe(|| {
                step(self.setting(&definition, &*decide, now))
            }));
            return taken.map_err(|_| {
                tracing::error!("a step ended in a panic");
                CommandError::Panicked
            });
        }
        let runtime = self.clone();
        let workflow = definition.bundle.workflow.id.clone();
        self.compute(&workflow, move || {
            step(runtime.setting(&definition, &*decide, now))
        })
        .await
    }

    /// Takes a step of a stored case and writes it.
    async fn step(
        &self,
        stored: StoredCase,
        view: View,
        fired: Option<DueTimer>,
        held: Held,
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
                self.write(Some(stored), outcome, definition, fired, held)
                    .await
            }
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
        mut held: Held,
    ) -> Result<Committed, CommandError> {
        let committer = self.committer().ok_or(CommandError::Stopped)?;
        let Outcome {
            case,
            record,
            effects,
        } = outcome;
        let due = effects.iter().filter_map(|effect| match effect {
            Effect::Schedule { due, .. } => Some(*due),
            _ => None,
        });
        let mut next = Next {
            timer: due.min(),
            job: None,
        };
        let (started, ended) =
            jobs::of_step(self.store(), before.as_ref(), &case, record.at, effects)?;
        if !started.is_empty() {
            next.job = Some(record.at);
        }
        let view = View { case, definition };
        let remember = held.remember.as_mut();
        let answered = remember.map(|remember| remember.answer(&view, record.at));
        let (reply, answer) = answered.unzip();
        let View { case, definition } = view;
        let step = Box::new(StepWrite {
            before,
            case,
            definition,
            record,
            fired,
            started,
            ended,
            answer,
        });
        let (step, sequence) = committer.commit(step, held, next).await?;
        let StepWrite {
            case,
            definition,
            record,
            ..
        } = *step;
        Ok(Committed {
            view: View { case, definition },
            record: Some(record),
            sequence,
            reply,
        })
    }

    /// Writes to the store past the committer, aside from the event loop.
    pub(crate) async fn on_store(
        &self,
        write: impl FnOnce(&Store) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), CommandError> {
        let runtime = self.clone();
        Ok(self.aside(move || write(runtime.store())).await??)
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
        let first = self.store().opening(&stored.record)?;
        let first = first.into_record(&view.definition.chart);
        let first = first.map_err(|message| corrupt(Table::Journal, message))?;
        let cause = Cause::Open {
            data: from_json(data),
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
