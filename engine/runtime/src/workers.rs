//! Threads for steps that compute for long, shared out among workflows.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

/// How long a thread waits for work before it ends. Each keeps a megabyte or more for itself.
const IDLE: Duration = Duration::from_secs(10);
/// How long the end waits for work that is being done. It is bounded by its fuel to far less.
const LAST: Duration = Duration::from_secs(5);

/// A number of threads, half of which the steps of one workflow take at most. So one whose plugin computes without end, and
/// whose steps stand in a long line, keeps those of no other workflow waiting in it: neither for commands nor, as long as fewer
/// of its cases are due than are fired at a time, for timers.
///
/// A thread that is done takes what waits, so such a line stays on its thread. That matters: the system keeps a thread that
/// computes all the time away from the others. Work that is handed from thread to thread looks light to it, and those who
/// serve and commit would be put behind it, for milliseconds each time.
pub(crate) struct Workers(Arc<Shared>);

struct Shared {
    /// How many threads work for one workflow at most; twice as many there are in all.
    each: usize,
    state: Mutex<State>,
    /// Told when the last piece of work is done after the end.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// By workflow, those with work that is done or waits.
    lines: HashMap<String, Line>,
    /// The workflows of which one more piece of work can begin, each once.
    ready: VecDeque<String>,
    threads: usize,
    /// How many of them were called for work and have not come yet.
    called: usize,
    /// Those that wait for work. The last is called first: it worked last, and the others may end.
    idle: Vec<Arc<Condvar>>,
    is_over: bool,
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
        Workers(Arc::new(Shared {
            each: each.max(1),
            state: Mutex::default(),
            ended: Condvar::new(),
        }))
    }

    /// Takes no more work, and waits for what is being done.
    pub(crate) async fn end(&self) {
        let shared = self.0.clone();
        // It panics nowhere, and who ends has nothing to do about it.
        let _ = tokio::task::spawn_blocking(move || shared.end()).await;
    }

    /// Has work done for the workflow `id`, unless nobody waits for it when its turn comes. Nothing when it panics, when the
    /// system has no thread to give, and after the end.
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
        if state.is_over {
            return;
        }
        let line = state.lines.entry(id.to_owned()).or_default();
        line.waiting.push_back(work);
        state.line_up(id, self.each);
        self.call(&mut state);
    }

    /// Calls a thread for the next piece of work, if one is ready and nobody is on the way to it.
    fn call(self: &Arc<Self>, state: &mut State) {
        if state.ready.len() <= state.called {
            return;
        }
        if let Some(idle) = state.idle.pop() {
            idle.notify_one();
            state.called += 1;
        } else if state.threads < 2 * self.each {
            let shared = self.clone();
            let worker = thread::Builder::new().name("worker".to_owned());
            match worker.spawn(move || shared.work()) {
                Ok(_) => {
                    state.threads += 1;
                    state.called += 1;
                }
                Err(error) if state.threads == 0 => {
                    tracing::error!(%error, "there is no thread for a step");
                    // Whoever waits is told when it is dropped.
                    drop(state.clear());
                }
                // Those that there are take it in turn.
                Err(error) => tracing::debug!(%error, "there is no further thread for steps"),
            }
        }
    }

    /// What a thread does.
    fn work(self: Arc<Self>) {
        let call = Arc::new(Condvar::new());
        let mut state = self.state();
        state.called -= 1;
        loop {
            if let Some((id, work)) = state.take(self.each) {
                self.call(&mut state);
                drop(state);
                if catch_unwind(AssertUnwindSafe(work)).is_err() {
                    tracing::error!("a step ended in a panic");
                }
                state = self.state();
                state.done(&id, self.each);
                if state.is_over && state.lines.is_empty() {
                    self.ended.notify_all();
                }
                continue;
            }
            if state.is_over {
                state.threads -= 1;
                return;
            }
            state.idle.push(call.clone());
            let (woken, waited) = call
                .wait_timeout(state, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            let own = state.idle.iter().position(|idle| Arc::ptr_eq(idle, &call));
            match own {
                None => state.called -= 1,
                Some(own) => {
                    state.idle.remove(own);
                    if waited.timed_out() {
                        state.threads -= 1;
                        return;
                    }
                }
            }
        }
    }

    /// Takes no more work, drops what waits, and waits for what is being done, but not for ever.
    fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        let waiting = state.clear();
        for idle in mem::take(&mut state.idle) {
            idle.notify_one();
            state.called += 1;
        }
        drop(state);
        drop(waiting);
        let state = self.state();
        let is_busy = |state: &mut State| !state.lines.is_empty();
        let ended = self.ended.wait_timeout_while(state, LAST, is_busy);
        drop(ended);
    }

    /// Nothing panics while it is held.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What waits, which it does no more.
    fn clear(&mut self) -> Vec<Work> {
        self.ready.clear();
        let lines = self.lines.values_mut();
        let waiting = lines.flat_map(|line| line.waiting.drain(..)).collect();
        self.lines.retain(|_, line| line.busy > 0);
        waiting
    }

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
    async fn one_after_the_other_is_done_by_the_thread_that_worked_last() {
        let workers = Workers::new(2);
        let (release, held) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let burst = ["a", "b", "c", "d"].map(|id| {
            let held = held.clone();
            begin(workers.run(id, move || held.lock().unwrap().recv().is_ok()))
        });
        for _ in &burst {
            release.send(()).unwrap();
        }
        for done in burst {
            assert_eq!(done.await, Some(true));
        }
        let rest = || {
            let all_rest = || {
                let state = workers.0.state();
                state.idle.len() == state.threads
            };
            while !all_rest() {
                thread::yield_now();
            }
        };
        rest();
        let first = workers.run("a", || thread::current().id()).await;
        for _ in 0..100 {
            rest();
            assert_eq!(workers.run("a", || thread::current().id()).await, first);
        }
    }

    #[tokio::test]
    async fn the_end_waits_for_what_is_done_and_drops_what_waits() {
        let workers = Arc::new(Workers::new(1));
        let (release, held) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let first = begin(workers.run("a", move || {
            begun.send(()).unwrap();
            held.recv().is_ok()
        }));
        begins.recv().unwrap();
        let second = begin(workers.run("a", || true));
        let ending = tokio::spawn({
            let workers = workers.clone();
            async move { workers.end().await }
        });
        assert_eq!(second.await, None);
        assert_eq!(workers.run("b", || true).await, None);
        assert!(!ending.is_finished());
        release.send(()).unwrap();
        ending.await.unwrap();
        assert_eq!(first.await, Some(true));
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
