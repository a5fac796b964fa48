//! Threads for steps that compute for long, shared out among workflows.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

/// How long a thread waits for work before it ends. Each keeps a megabyte or more for itself.
const IDLE: Duration = Duration::from_secs(10);

/// A number of threads, half of which the steps of one workflow take at most. So one whose plugin computes without end, and
/// whose steps stand in a long line, keeps those of no other workflow waiting in it: neither for commands nor, as long as fewer
/// of its cases are due than are fired at a time, for timers.
///
/// A thread that is done takes what waits, so such a line stays on its thread. That matters: the system keeps a thread that
/// computes all the time away from the others. Work that is handed from thread to thread looks light to it, and those who
/// serve and commit would be put behind it, for milliseconds each time.
pub(crate) struct Workers(Arc<Shared>);

struct Shared {
    /// How many threads there are at most.
    most: usize,
    /// How many work for one workflow at most.
    each: usize,
    state: Mutex<State>,
    called: Condvar,
}

#[derive(Default)]
struct State {
    /// By workflow, those with work that is done or waits.
    lines: HashMap<String, Line>,
    /// The workflows of which one more piece of work can begin, each once.
    ready: VecDeque<String>,
    threads: usize,
    /// How many of the threads wait for work.
    idle: usize,
}

/// The work for a workflow.
#[derive(Default)]
struct Line {
    waiting: VecDeque<Work>,
    /// How many threads are at it.
    busy: usize,
}

type Work = Box<dyn FnOnce() + Send>;

impl Workers {
    /// As many threads as this for each of the workflows, and twice as many for all.
    pub(crate) fn new(each: usize) -> Self {
        let each = each.max(1);
        Workers(Arc::new(Shared {
            most: 2 * each,
            each,
            state: Mutex::default(),
            called: Condvar::new(),
        }))
    }

    /// Has work done for the workflow `id`, unless nobody waits for it when its turn comes. Nothing when it panics, or the
    /// system has no thread to give.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        id: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (done, waits) = oneshot::channel();
        let work = move || {
            if !done.is_closed() {
                // Work that has begun goes on when nobody waits for it any more.
                let _ = done.send(work());
            }
        };
        self.0.push(id, Box::new(work));
        waits.await.ok()
    }
}

impl Shared {
    fn push(self: &Arc<Self>, id: &str, work: Work) {
        let mut state = self.state();
        state
            .lines
            .entry(id.to_owned())
            .or_default()
            .waiting
            .push_back(work);
        state.line_up(id, self.each);
        self.call(&mut state);
    }

    /// Calls a thread for the next piece of work, if one is ready.
    fn call(self: &Arc<Self>, state: &mut State) {
        if state.ready.is_empty() {
            return;
        }
        if state.idle > 0 {
            self.called.notify_one();
        } else if state.threads < self.most {
            let shared = self.clone();
            let worker = thread::Builder::new().name("worker".to_owned());
            match worker.spawn(move || shared.work()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    tracing::error!(%error, "there is no thread for a step");
                    // Whoever waits is told when it is dropped.
                    state.lines.clear();
                    state.ready.clear();
                }
                Err(error) => tracing::warn!(%error, "there is no further thread for steps"),
            }
        }
    }

    /// What a thread does.
    fn work(self: Arc<Self>) {
        let mut state = self.state();
        loop {
            if let Some((id, work)) = state.take(self.each) {
                self.call(&mut state);
                drop(state);
                if catch_unwind(AssertUnwindSafe(work)).is_err() {
                    tracing::error!("a step ended in a panic");
                }
                state = self.state();
                state.done(&id, self.each);
                continue;
            }
            state.idle += 1;
            let (woken, waited) = self
                .called
                .wait_timeout(state, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if waited.timed_out() && state.ready.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }

    /// Nothing panics while it is held.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes a workflow ready for which there is work that may begin.
    fn line_up(&mut self, id: &str, each: usize) {
        let may_begin = self
            .lines
            .get(id)
            .is_some_and(|line| !line.waiting.is_empty() && line.busy < each);
        if may_begin && !self.ready.iter().any(|ready| ready == id) {
            self.ready.push_back(id.to_owned());
        }
    }

    /// The next piece of work: of the workflows in turn.
    fn take(&mut self, each: usize) -> Option<(String, Work)> {
        let id = self.ready.pop_front()?;
        let line = self.lines.get_mut(&id)?;
        let work = line.waiting.pop_front()?;
        line.busy += 1;
        self.line_up(&id, each);
        Some((id, work))
    }

    fn done(&mut self, id: &str, each: usize) {
        if let Some(line) = self.lines.get_mut(id) {
            line.busy -= 1;
            if line.busy == 0 && line.waiting.is_empty() {
                self.lines.remove(id);
            }
        }
        self.line_up(id, each);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Begins something that is waited for later.
    fn begin<T>(future: impl Future<Output = T>) -> std::pin::Pin<Box<impl Future<Output = T>>> {
        let mut future = Box::pin(future);
        let waits = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(waits, Poll::Pending));
        future
    }

    #[tokio::test]
    async fn a_long_line_of_one_workflow_keeps_no_other_waiting() {
        let workers = Workers::new(2);
        let (release, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let line: Vec<_> = (0..100)
            .map(|number| {
                let held = held.clone();
                begin(workers.run("endless", move || {
                    let released = held.lock().unwrap().recv();
                    released.is_ok().then_some(number)
                }))
            })
            .collect();
        // None of these stands behind the hundred.
        for number in 0..10 {
            assert_eq!(workers.run("other", move || number).await, Some(number));
        }
        assert!(workers.0.state().threads <= 4);
        for _ in &line {
            release.send(()).unwrap();
        }
        for (number, done) in line.into_iter().enumerate() {
            assert_eq!(done.await, Some(Some(number)));
        }
    }

    #[tokio::test]
    async fn a_line_stays_on_its_thread() {
        let workers = Workers::new(1);
        let (release, held) = mpsc::channel::<()>();
        let first = begin(workers.run("line", move || {
            held.recv().unwrap();
            thread::current().id()
        }));
        let line: Vec<_> = (0..100)
            .map(|_| begin(workers.run("line", || thread::current().id())))
            .collect();
        release.send(()).unwrap();
        let thread = first.await.unwrap();
        for done in line {
            assert_eq!(done.await, Some(thread));
        }
    }

    #[tokio::test]
    async fn work_that_panics_takes_no_thread_with_it() {
        let workers = Workers::new(1);
        for _ in 0..3 {
            let panics: Option<()> = workers
                .run("a", || std::panic::panic_any("on purpose"))
                .await;
            assert_eq!(panics, None);
        }
        assert_eq!(workers.run("a", || 7).await, Some(7));
        assert_eq!(workers.0.state().threads, 1);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_left() {
        let workers = Workers::new(1);
        let (release, held) = mpsc::channel::<()>();
        let first = begin(workers.run("a", move || held.recv().is_ok()));
        let (told, hears) = mpsc::channel();
        drop(begin(workers.run("a", move || told.send(()).unwrap())));
        release.send(()).unwrap();
        assert_eq!(first.await, Some(true));
        assert_eq!(workers.run("a", || 7).await, Some(7));
        assert!(hears.recv().is_err(), "it was not done");
    }
}
