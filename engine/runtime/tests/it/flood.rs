//! More commands than can be taken on: those beyond the bounds are turned away at once, the others are
//! carried out.

use std::sync::atomic::AtomicUsize;

use casewright_runtime::Terms;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::*;

/// How many commands are tried.
const MANY: usize = 5000;
/// How many commands one lane takes on.
const IN_LANE: usize = 1024;
/// Commands that are all sent at once, and how many of them were turned away so far.
struct Flood {
    commands: JoinSet<bool>,
    busy: Arc<AtomicUsize>,
}

impl Flood {
    fn of<R>(command: impl Fn(usize) -> R) -> Self
    where
        R: Future<Output = Result<u64, CommandError>> + Send + 'static,
    {
        let busy = Arc::new(AtomicUsize::new(0));
        let mut commands = JoinSet::new();
        for number in 0..MANY {
            let (command, busy) = (command(number), busy.clone());
            commands.spawn(async move {
                let done = match command.await {
                    Ok(_) => true,
                    Err(CommandError::Busy) => false,
                    Err(error) => panic!("{error}"),
                };
                busy.fetch_add(usize::from(!done), Ordering::SeqCst);
                done
            });
        }
        Flood { commands, busy }
    }

    fn busy(&self) -> usize {
        self.busy.load(Ordering::SeqCst)
    }

    /// How many were carried out in the end.
    async fn done(self) -> usize {
        let all = self.commands.join_all().await;
        all.into_iter().filter(|done| *done).count()
    }
}

#[expect(clippy::await_holding_lock, reason = "nothing is committed meanwhile")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_to_one_case_is_turned_away_and_holds_up_no_other() {
    let desk = Arc::new(Desk::new());
    desk.open("a").await;
    desk.open("b").await;
    let disk = desk.disk.clone();
    let gate = disk.gate.lock().unwrap();
    let flood = Flood::of(|_| {
        let desk = desk.clone();
        async move { desk.note("a").await }
    });
    desk.until(|_| flood.busy() == MANY - IN_LANE).await;
    let other = tokio::spawn({
        let desk = desk.clone();
        async move { desk.note("b").await }
    });
    drop(gate);
    assert_eq!(other.await.unwrap().unwrap(), 2);
    assert_eq!(flood.done().await, IN_LANE);
    assert_eq!(desk.field("a", "count"), IN_LANE.to_string());
    assert_eq!(desk.note("a").await.unwrap(), IN_LANE as u64 + 2);
}

#[expect(clippy::await_holding_lock, reason = "nothing is committed meanwhile")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permit_is_held_until_the_command_has_ended_whoever_waits_for_it() {
    let desk = Desk::new();
    desk.open("a").await;
    let permits = Arc::new(Semaphore::new(1));
    let disk = desk.disk.clone();
    let gate = disk.gate.lock().unwrap();
    let terms = Terms {
        permit: Some(permits.clone().try_acquire_owned().unwrap()),
        once: None,
    };
    let sending = desk
        .runtime
        .send_on(terms, "a", "note".into(), json!({}), clerk(), None);
    let mut sending = Box::pin(sending);
    assert!(is_pending(sending.as_mut()).await);
    drop(sending);
    assert_eq!(permits.available_permits(), 0);
    drop(gate);
    // It comes back when the step is stored.
    let back = tokio::time::timeout(Duration::from_secs(20), permits.acquire());
    drop(back.await.unwrap().unwrap());
    assert_eq!(desk.field("a", "count"), "1");
}
