//! Commands through the real runtime, on a store in memory and a clock that is set by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say so"
)]

mod flood;
mod jobs;
mod once;
mod verify;

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use casewright_case::{Actor, Refusal};
use casewright_chart::{Limits, Timestamp};
use casewright_definition::Definition;
use casewright_runtime::{CommandError, ManualClock, Plugins, Runtime};
use casewright_store::tables::Table;
use casewright_store::{Batch, CaseFilter, KeyValue, Memory, Range, Row, Store, StoreError};
use serde_json::json;

const WORKFLOW: &str = r#"
id: claim
version: 1.0.0
title: Claim
start: { roles: [clerk], accepts: [fails] }
data:
  type: object
  properties: { count: { type: integer, default: 0 }, late: { type: integer, default: 0 }, fails: { type: boolean, default: false } }
delays: { patience: PT1H }
events:
  note: { title: Note, roles: [clerk] }
  close: { title: Close, roles: [clerk] }
  ask: { title: Ask, roles: [clerk] }
states:
  open:
    after:
      patience:
        actions:
          - if:
              - guard: data.fails
                actions: [{ assign: { late: "dyn('never')" } }]
              - actions: [{ assign: { late: data.late + 1 } }]
    on:
      note: { actions: [{ assign: { count: data.count + 1 } }] }
      ask: { actions: [{ decide: { function: absent.answer, input: {}, assign: answer } }] }
      close: closed
  closed: { type: final }
"#;

fn definition() -> Definition {
    casewright_definition::testing::definition(WORKFLOW)
}

/// A store in memory whose commits can be made to fail.
#[derive(Default)]
struct Disk {
    memory: Memory,
    full: AtomicBool,
    /// Held by a test that wants commits to wait.
    gate: Mutex<()>,
}

impl KeyValue for Disk {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.memory.get(table, key)
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Row>, StoreError> {
        self.memory.scan(table, range)
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let _open = self.gate.lock().unwrap();
        match self.full.load(Ordering::SeqCst) {
            true => Err(StoreError::Io("no space left on device".into())),
            false => self.memory.commit(batch),
        }
    }
}

struct Desk {
    runtime: Runtime,
    clock: Arc<ManualClock>,
    disk: Arc<Disk>,
}

impl Desk {
    fn on(disk: Arc<Disk>, now: Timestamp) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        let store = Store::open(Box::new(disk.clone())).unwrap();
        let runtime =
            Runtime::start(store, Plugins::default(), clock.clone(), Limits::default()).unwrap();
        Desk {
            runtime,
            clock,
            disk,
        }
    }

    fn new() -> Self {
        let desk = Desk::on(Arc::default(), Timestamp::from_unix_ms(1_700_000_000_000));
        desk.runtime.apply(vec![definition()]).unwrap();
        desk
    }

    async fn open(&self, id: &str) {
        self.runtime
            .open("claim", Some(id.to_owned()), json!({}), clerk())
            .await
            .unwrap();
    }

    async fn note(&self, id: &str) -> Result<u64, CommandError> {
        let sent = self
            .runtime
            .send(id, "note".into(), json!({}), clerk(), None);
        sent.await.map(|committed| committed.view.case.revision)
    }

    fn field(&self, id: &str, field: &str) -> String {
        let view = self.runtime.case(id).unwrap();
        view.case.snapshot.data.get(&[field]).unwrap().to_string()
    }

    /// Waits until something is so; fails when it does not come about.
    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let wait = async {
            while !holds(self) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .unwrap_or_else(|_| panic!("it never came about"));
    }
}

/// Begins something; whether it has to wait.
async fn is_pending<F: Future>(mut begun: Pin<&mut F>) -> bool {
    std::future::poll_fn(|context| Poll::Ready(begun.as_mut().poll(context).is_pending())).await
}

fn clerk() -> Actor {
    Actor::new("li.na", ["clerk"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commands_to_one_case_are_serial_and_none_is_lost() {
    let desk = Arc::new(Desk::new());
    desk.open("a").await;
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.note("a").await.unwrap() })
        })
        .collect();
    let mut revisions = Vec::new();
    for task in tasks {
        revisions.push(task.await.unwrap());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=65).collect::<Vec<u64>>());
    assert_eq!(desk.field("a", "count"), "64");
    let (_, records) = desk.runtime.history("a", 0, 100).unwrap();
    let seen: Vec<u64> = records.iter().map(|(_, record)| record.revision).collect();
    assert_eq!(seen, (1..=65).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn opening_a_case_again_is_harmless_and_in_another_way_is_refused() {
    let desk = Arc::new(Desk::new());
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let runtime = desk.runtime.clone();
            let opening = async move {
                runtime
                    .open("claim", Some("a".into()), json!({}), clerk())
                    .await
            };
            tokio::spawn(opening)
        })
        .collect();
    let mut opened = 0;
    for task in tasks {
        opened += usize::from(task.await.unwrap().unwrap().record.is_some());
    }
    assert_eq!(opened, 1);
    let id = || Some("a".to_owned());
    let other_data = json!({"fails": true});
    let other_data = desk.runtime.open("claim", id(), other_data, clerk()).await;
    assert!(matches!(other_data, Err(CommandError::CaseExists { .. })));
    let somebody = Actor::new("wang.fang", ["clerk"]);
    let other_actor = desk.runtime.open("claim", id(), json!({}), somebody).await;
    assert!(matches!(other_actor, Err(CommandError::CaseExists { .. })));
}

#[tokio::test]
async fn a_timer_fires_once_when_it_is_due_and_not_before() {
    let desk = Desk::new();
    desk.open("a").await;
    desk.clock.advance_ms(3_599_999);
    desk.runtime.wake_timers();
    desk.note("a").await.unwrap();
    assert_eq!(desk.field("a", "late"), "0");
    desk.clock.advance_ms(1);
    desk.runtime.wake_timers();
    desk.until(|desk| desk.field("a", "late") == "1").await;
    desk.clock.advance_ms(3_600_000);
    desk.runtime.wake_timers();
    desk.note("a").await.unwrap();
    assert_eq!(desk.field("a", "late"), "1");
}

#[tokio::test]
async fn a_timer_that_fell_due_while_nobody_ran_fires_after_the_start() {
    let desk = Desk::new();
    for id in ["a", "b"] {
        desk.open(id).await;
    }
    desk.runtime.shut_down().await;
    let disk = desk.disk.clone();
    let later = desk.clock.as_ref();
    later.advance_ms(7_200_000);
    let again = Desk::on(disk, casewright_runtime::Clock::now(later));
    again
        .until(|desk| desk.field("a", "late") == "1" && desk.field("b", "late") == "1")
        .await;
    let (_, records) = again.runtime.history("a", 0, 100).unwrap();
    assert_eq!(records.len(), 2);
}

#[tokio::test]
async fn a_timer_whose_step_fails_is_put_off_and_holds_up_no_other() {
    let desk = Desk::new();
    let opened = desk.runtime.open(
        "claim",
        Some("broken".into()),
        json!({"fails": true}),
        clerk(),
    );
    opened.await.unwrap();
    desk.open("fine").await;
    desk.clock.advance_ms(3_600_000);
    desk.runtime.wake_timers();
    desk.until(|desk| desk.field("fine", "late") == "1").await;
    assert_eq!(desk.field("broken", "late"), "0");
    let case = desk.runtime.case("broken").unwrap().case;
    assert_eq!(case.revision, 1, "the failed step left nothing behind");
    let closed = desk
        .runtime
        .send("broken", "close".into(), json!({}), clerk(), None);
    assert!(closed.await.unwrap().view.case.is_done());
}

#[tokio::test]
async fn timers_of_cases_that_cannot_be_read_hold_up_no_other() {
    let desk = Desk::new();
    for number in 0..70 {
        desk.open(&format!("a-{number:02}")).await;
    }
    desk.open("z").await;
    for number in 0..70 {
        let key = format!("a-{number:02}").into_bytes();
        let puts = vec![(Table::Cases, key, b"\x01damaged".to_vec())];
        let batch = Batch {
            puts,
            ..Batch::default()
        };
        desk.disk.memory.commit(batch).unwrap();
    }
    desk.clock.advance_ms(3_600_000);
    desk.runtime.wake_timers();
    desk.until(|desk| desk.field("z", "late") == "1").await;
    let listed = desk
        .runtime
        .cases(&CaseFilter::All, None, 100, |view| view.case.id.clone());
    assert_eq!(listed.unwrap(), ["z".into()]);
}

#[tokio::test]
async fn a_revision_that_the_case_has_left_is_refused() {
    let desk = Desk::new();
    desk.open("a").await;
    let send = |revision| {
        desk.runtime
            .send("a", "note".into(), json!({}), clerk(), Some(vec![revision]))
    };
    assert_eq!(send(1).await.unwrap().view.case.revision, 2);
    let error = send(1).await.unwrap_err();
    assert!(
        matches!(error, CommandError::RevisionMismatch { found: 2, .. }),
        "{error}"
    );
    let either = desk
        .runtime
        .send("a", "note".into(), json!({}), clerk(), Some(vec![1, 2]));
    assert_eq!(either.await.unwrap().view.case.revision, 3);
}

#[tokio::test]
async fn a_step_that_cannot_be_written_did_not_happen() {
    let desk = Desk::new();
    desk.open("a").await;
    desk.disk.full.store(true, Ordering::SeqCst);
    let error = desk.note("a").await.unwrap_err();
    assert!(matches!(error, CommandError::Store(_)), "{error}");
    assert_eq!(desk.field("a", "count"), "0");
    assert!(!desk.runtime.is_well());
    desk.disk.full.store(false, Ordering::SeqCst);
    assert_eq!(desk.note("a").await.unwrap(), 2);
    assert!(desk.runtime.is_well());
}

#[tokio::test]
async fn a_command_goes_on_when_nobody_waits_for_it() {
    let desk = Desk::new();
    desk.open("a").await;
    let sending = desk
        .runtime
        .send("a", "note".into(), json!({}), clerk(), None);
    // Polled once, so that it is on its way, and then given up.
    let gone = tokio::time::timeout(Duration::ZERO, sending).await;
    let counted = match gone {
        Ok(sent) => sent.unwrap().view.case.revision,
        Err(_) => 2,
    };
    assert_eq!(counted, 2);
    assert_eq!(desk.note("a").await.unwrap(), 3);
    assert_eq!(desk.field("a", "count"), "2");
}

#[tokio::test]
async fn a_plugin_that_is_not_there_fails_the_step_and_nothing_else() {
    let desk = Desk::new();
    desk.open("a").await;
    let error = desk
        .runtime
        .send("a", "ask".into(), json!({}), clerk(), None)
        .await
        .unwrap_err();
    let CommandError::Refused {
        refusal: Refusal::Decision(error),
        ..
    } = error
    else {
        panic!("expected a decision to fail, got {error}");
    };
    assert_eq!((&*error.plugin, &*error.code), ("absent", "unknown-plugin"));
    assert_eq!(desk.note("a").await.unwrap(), 2);
}

#[tokio::test]
async fn after_the_end_everything_acknowledged_is_stored_and_nothing_more_is_taken() {
    let desk = Desk::new();
    for number in 0..20 {
        desk.open(&format!("c-{number:02}")).await;
    }
    desk.runtime.shut_down().await;
    assert!(matches!(
        desk.note("c-00").await,
        Err(CommandError::Stopped)
    ));
    let store = Store::open(Box::new(desk.disk.clone())).unwrap();
    let ids = store.case_ids(&CaseFilter::All, None, 100).unwrap();
    assert_eq!(ids.len(), 20);
    let report = casewright_runtime::verify(&store, &Limits::default()).unwrap();
    assert!(report.is_sound(), "{report}");
}
