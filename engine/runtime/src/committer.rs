//! The committer: one thread, or one task, writes what all lanes have ready in one commit.

use std::sync::Arc;
use std::thread;

use casewright_chart::Timestamp;
use casewright_store::{StepWrite, Store, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::task;

use crate::alarm::Alarm;
use crate::command::Held;
use crate::error::CommandError;

/// How many steps go into one commit at most. Beyond this a larger batch saves little and makes the
/// first in it wait.
const MAX_BATCH: usize = 256;
/// How often others are let run at most before a batch is written, so that the first in it does not wait for
/// long.
const GATHERINGS: usize = 16;
/// How many steps may wait for the committer. More would only wait longer, so they are turned away.
const MAX_WAITING: usize = 4096;

type Answer = Result<(Box<StepWrite>, u64), CommandError>;

struct Request {
    step: Box<StepWrite>,
    held: Held,
    next: Next,
    answer: oneshot::Sender<Answer>,
}

/// What is due because of a step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Next {
    /// When the first of the timers is due that it sets.
    pub(crate) timer: Option<Timestamp>,
    /// When the first of the services is run that it starts.
    pub(crate) job: Option<Timestamp>,
}

/// Who is told of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarms {
    pub(crate) timers: Arc<Alarm>,
    pub(crate) jobs: Arc<Alarm>,
}

impl Alarms {
    fn expect(&self, next: Next) {
        if let Some(due) = next.timer {
            self.timers.expect(due);
        }
        if let Some(due) = next.job {
            self.jobs.expect(due);
        }
    }
}

/// The way to the committer. It ends when every clone of this is gone and all is written.
#[derive(Clone)]
pub(crate) struct Committer {
    requests: mpsc::Sender<Request>,
}

/// Who writes.
pub(crate) enum Writer {
    /// A thread of its own.
    Thread(thread::JoinHandle<()>),
    /// A task among the others.
    Task(task::JoinHandle<()>),
}

impl Writer {
    /// Waits until all is written; whether it ended well.
    pub(crate) async fn end(self) -> bool {
        match self {
            Writer::Thread(thread) => {
                let joined = task::spawn_blocking(move || thread.join()).await;
                matches!(joined, Ok(Ok(())))
            }
            Writer::Task(task) => task.await.is_ok(),
        }
    }
}

impl Committer {
    /// Starts the thread.
    pub(crate) fn start(store: Arc<Store>, alarms: Alarms) -> std::io::Result<(Self, Writer)> {
        let (requests, mut waiting) = mpsc::channel(MAX_WAITING);
        let run = move || {
            let mut batch = Vec::with_capacity(MAX_BATCH);
            while waiting.blocking_recv_many(&mut batch, MAX_BATCH) > 0 {
                gather(&mut waiting, &mut batch);
                write(&store, &alarms, &mut batch);
            }
        };
        let thread = thread::Builder::new()
            .name("committer".to_owned())
            .spawn(run)?;
        Ok((Committer { requests }, Writer::Thread(thread)))
    }

    /// Starts a task that writes in place.
    pub(crate) fn start_in_place(store: Arc<Store>, alarms: Alarms) -> (Self, Writer) {
        let (requests, mut waiting) = mpsc::channel(MAX_WAITING);
        let run = async move {
            let mut batch = Vec::with_capacity(MAX_BATCH);
            while waiting.recv_many(&mut batch, MAX_BATCH).await > 0 {
                write(&store, &alarms, &mut batch);
            }
        };
        (Committer { requests }, Writer::Task(tokio::spawn(run)))
    }

    /// Writes a step. What it holds is let go once it is on disk, or is known not to be; it comes back
    /// with the place of its record in the journal.
    pub(crate) async fn commit(&self, step: Box<StepWrite>, held: Held, next: Next) -> Answer {
        let (answer, answered) = oneshot::channel();
        let request = Request {
            step,
            held,
            next,
            answer,
        };
        self.requests
            .try_send(request)
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => CommandError::Busy,
                mpsc::error::TrySendError::Closed(_) => CommandError::Stopped,
            })?;
        answered.await.unwrap_or(Err(CommandError::Stopped))
    }
}

/// Lets others run as long as that brings more steps: where much is going on, a larger batch costs each
/// step less. A step that comes alone does not wait.
fn gather(waiting: &mut mpsc::Receiver<Request>, batch: &mut Vec<Request>) {
    for _ in 0..GATHERINGS {
        let before = batch.len();
        thread::yield_now();
        while batch.len() < MAX_BATCH
            && let Ok(request) = waiting.try_recv()
        {
            batch.push(request);
        }
        if batch.len() == before || batch.len() == MAX_BATCH {
            return;
        }
    }
}

/// Writes what is waiting, and answers.
fn write(store: &Store, alarms: &Alarms, batch: &mut Vec<Request>) {
    let steps: Vec<&StepWrite> = batch.iter().map(|request| &*request.step).collect();
    let results = commit(store, &steps);
    for (request, result) in batch.drain(..).zip(results) {
        if result.is_ok() {
            alarms.expect(request.next);
        }
        drop(request.held);
        // Whoever asked may have gone; the step is written all the same.
        let _ = request
            .answer
            .send(result.map(|sequence| (request.step, sequence)));
    }
}

/// One commit for all; or, when one of them is in the way of the others, one each.
fn commit(store: &Store, steps: &[&StepWrite]) -> Vec<Result<u64, CommandError>> {
    match store.commit(steps) {
        Ok(sequences) => sequences.into_iter().map(Ok).collect(),
        Err(StoreError::Conflict { .. }) if steps.len() > 1 => steps
            .iter()
            .map(|step| {
                let sequences = store.commit(&[*step])?;
                sequences.first().copied().ok_or(CommandError::Stopped)
            })
            .collect(),
        Err(error) => {
            let error = Arc::new(error);
            let failed = |_| Err(CommandError::Store(error.clone()));
            steps.iter().map(failed).collect()
        }
    }
}
