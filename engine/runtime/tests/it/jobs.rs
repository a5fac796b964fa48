//! Services that cases start: run, tried again, given up, and ended by what happens to their cases.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use casewright_case::{Actor, Cause};
use casewright_chart::{Answer, DecisionError, Limits, Timestamp, Value};
use casewright_definition::json::{from_json, to_json};
use casewright_definition::{Decide, Decision, Definition};
use casewright_runtime::jobs::{CANCELLED, ClosedJobs};
use casewright_runtime::{
    CommandError, Definitions, JobKey, JobStatus, ManualClock, Retry, Runtime, Serve,
    ServiceAnswer, ServiceCall, ServiceError, StoredJob, verify,
};
use casewright_store::tables::Table;
use casewright_store::{Batch, KeyValue, Memory, Range, Store, WriteAhead};
use serde_json::{Value as Json, json};

use crate::{Disk, clerk};

const SYNC: &str = r#"
id: sync
version: 1.0.0
title: Sync
start: { roles: [clerk] }
data:
  type: object
  properties: { note: { type: string, default: "" }, amount: { type: integer, default: 5 } }
events:
  leave: { title: Leave, roles: [clerk] }
  note: { title: Note, roles: [clerk] }
initial: syncing
states:
  syncing:
    no-deadline: a test
    invoke:
      id: push
      src: crm.push
      input: { amount: data.amount }
      onDone: { target: synced, actions: [{ assign: { note: event.data.note } }] }
      onError: { target: failed, actions: [{ assign: { note: event.data.code } }] }
    on: { leave: left, note: {} }
  synced: { type: final, output: data.note }
  failed: { type: final, output: data.note }
  left: { type: final }
"#;

/// The same without an answer to failures, at another plugin.
fn careless() -> String {
    let lines = SYNC.lines().filter(|line| !line.contains("onError"));
    let lines: Vec<&str> = lines.collect();
    let text = lines.join("\n").replace("id: sync", "id: careless");
    text.replace("crm.push", "erp.push")
}

fn definitions() -> Vec<Definition> {
    [SYNC, &careless()]
        .map(casewright_definition::testing::definition)
        .into()
}

/// Answers what it is told to, and remembers what it was asked.
#[derive(Default)]
struct World {
    answers: Mutex<BTreeMap<String, Vec<Result<Json, ServiceError>>>>,
    calls: Mutex<Vec<ServiceCall>>,
}

impl World {
    /// What a plugin answers next; the last answer again and again.
    fn answers(&self, plugin: &str, answers: impl IntoIterator<Item = Result<Json, ServiceError>>) {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        self.answers
            .lock()
            .unwrap()
            .insert(plugin.to_owned(), answers);
    }

    fn calls(&self) -> Vec<ServiceCall> {
        self.calls.lock().unwrap().clone()
    }
}

impl Serve for World {
    fn serve(&self, call: &ServiceCall) -> Result<ServiceAnswer, ServiceError> {
        self.calls.lock().unwrap().push(call.clone());
        let mut answers = self.answers.lock().unwrap();
        let answers = answers.get_mut(&call.plugin).unwrap();
        let answer = match answers.len() {
            1 => answers[0].clone(),
            _ => answers.pop().unwrap(),
        };
        answer.map(|output| ServiceAnswer {
            digest: "d1".into(),
            output: from_json(&output),
        })
    }
}

struct Nobody;

impl Decide for Nobody {
    fn decide(&self, _: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        panic!("no decision is asked here")
    }
}

fn failed(code: &str, retry: Retry) -> Result<Json, ServiceError> {
    Err(ServiceError {
        digest: "d1".into(),
        code: code.into(),
        message: format!("it is {code}").into(),
        details: from_json(&json!({ "status": 503 })),
        retry,
    })
}

fn answered(note: &str) -> Result<Json, ServiceError> {
    Ok(json!({ "note": note }))
}

struct Office {
    runtime: Runtime,
    world: Arc<World>,
    clock: Arc<ManualClock>,
    disk: Arc<Disk>,
}

impl Office {
    fn on(disk: Arc<Disk>, world: Arc<World>, clock: Arc<ManualClock>) -> Self {
        let store = Store::open(Box::new(disk.clone())).unwrap();
        let runtime = Runtime::start_in_place(
            store,
            Definitions::default(),
            Arc::new(Nobody),
            world.clone(),
            clock.clone(),
            Limits::default(),
        );
        Office {
            runtime: runtime.unwrap(),
            world,
            clock,
            disk,
        }
    }

    fn new() -> Self {
        let clock = ManualClock::at(Timestamp::from_unix_ms(1_700_000_000_000));
        let office = Office::on(Arc::default(), Arc::default(), Arc::new(clock));
        office.runtime.apply(definitions()).unwrap();
        office
    }

    async fn open(&self, workflow: &str, id: &str) {
        let opened = self
            .runtime
            .open(workflow, Some(id.to_owned()), json!({}), clerk());
        opened.await.unwrap();
    }

    /// Time is paused, so it passes when nothing else is left to do.
    async fn settle(&self) {
        self.runtime.wake_timers();
        let never = std::future::pending::<()>();
        let settled = tokio::time::timeout(Duration::from_secs(3), never);
        assert!(settled.await.is_err());
    }

    async fn later(&self, seconds: i64) {
        self.clock.advance_ms(1_000 * seconds);
        self.settle().await;
    }

    /// Where a case stands: its active states, and its note.
    fn stands(&self, id: &str) -> (Vec<String>, String) {
        let view = self.runtime.case(id).unwrap();
        let chart = &view.definition.chart;
        let states = view.case.active(chart).map(ToString::to_string).collect();
        let note = view.case.snapshot.data.get(&["note"]).unwrap();
        (states, to_json(note).as_str().unwrap().to_owned())
    }

    fn dead(&self, plugin: &str) -> Vec<JobKey> {
        let key = |job: &StoredJob| job.key.clone();
        let jobs = self.runtime.jobs(plugin, JobStatus::Dead, None, 10, key);
        let jobs = jobs.unwrap().into_iter();
        jobs.filter_map(|(_, job)| job).collect()
    }

    /// Nothing is left of any job, and all else is as the journal has it.
    fn is_clean(&self) {
        let all = Range::prefix(&[], None, usize::MAX);
        for table in [Table::Jobs, Table::Queue] {
            assert_eq!(self.disk.memory.scan(table, &all).unwrap(), [], "{table:?}");
        }
        self.is_sound();
    }

    fn is_sound(&self) {
        let store = Store::open(Box::new(self.disk.clone())).unwrap();
        let report = verify(&store, &Limits::default()).unwrap();
        assert!(report.is_sound(), "{report}");
    }
}

fn is(states: &str, note: &str) -> (Vec<String>, String) {
    (vec![states.to_owned()], note.to_owned())
}

fn chief() -> Actor {
    Actor::new("wang.fang", ["administrator"])
}

#[tokio::test(start_paused = true)]
async fn a_service_is_run_after_the_step_and_its_case_goes_on() {
    let office = Office::new();
    office.world.answers("crm", [answered("pushed")]);
    office.open("sync", "a").await;
    office.settle().await;
    assert_eq!(office.stands("a"), is("synced", "pushed"));
    let calls = office.world.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((&*calls[0].plugin, &*calls[0].function), ("crm", "push"));
    assert_eq!(to_json(&calls[0].input), json!({ "amount": 5 }));
    assert_eq!((calls[0].attempt, &*calls[0].case), (1, "a"));
    let (_, history) = office.runtime.history("a", 0, 10).unwrap();
    let (_, last) = history.last().unwrap();
    assert_eq!(&*last.actor.id, "casewright:service:crm.push");
    assert_eq!(last.cause.name(), "done.invoke.push");
    assert!(matches!(&last.cause, Cause::Service { served, .. } if &*served.digest == "d1"));
    office.is_clean();
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_for_now_is_tried_again_with_the_same_key() {
    let office = Office::new();
    let asked = Retry::After(Duration::from_secs(90));
    let answers = [
        failed("busy", Retry::Later),
        failed("busy", asked),
        answered("at last"),
    ];
    office.world.answers("crm", answers);
    office.open("sync", "a").await;
    office.settle().await;
    assert_eq!(office.world.calls().len(), 1);
    let job = &office.runtime.jobs_of("a").unwrap()[0];
    assert_eq!(job.record.attempts, 1);
    assert_eq!(job.record.failure.as_ref().unwrap().code, "busy");
    office.is_sound();
    office.later(2).await;
    assert_eq!(office.world.calls().len(), 2);
    office.later(89).await;
    assert_eq!(
        office.world.calls().len(),
        2,
        "it is left alone for as long as it asked"
    );
    office.later(2).await;
    assert_eq!(office.stands("a"), is("synced", "at last"));
    let calls = office.world.calls();
    let keys: Vec<&str> = calls.iter().map(|call| &*call.idempotency_key).collect();
    assert!(keys[0].len() == 32 && keys.iter().all(|key| *key == keys[0]));
    let attempts: Vec<u32> = calls.iter().map(|call| call.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    office.is_clean();
}

#[tokio::test(start_paused = true)]
async fn a_service_that_declines_is_not_tried_again() {
    let office = Office::new();
    office
        .world
        .answers("crm", [failed("no-such-account", Retry::Never)]);
    office.open("sync", "a").await;
    office.settle().await;
    assert_eq!(office.stands("a"), is("failed", "no-such-account"));
    assert_eq!(office.world.calls().len(), 1);
    let (_, history) = office.runtime.history("a", 0, 10).unwrap();
    let Cause::Service { served, .. } = &history.last().unwrap().1.cause else {
        panic!("a service has returned");
    };
    let expected = json!({ "code": "no-such-account", "message": "it is no-such-account", "details": { "status": 503 } });
    assert_eq!(to_json(served.returned.data()), expected);
    office.is_clean();
}

#[tokio::test(start_paused = true)]
async fn one_that_never_works_is_given_up_in_the_end() {
    let office = Office::new();
    office.world.answers("crm", [failed("down", Retry::Later)]);
    office.world.answers("erp", [failed("down", Retry::Later)]);
    office.open("sync", "a").await;
    office.open("careless", "b").await;
    for _ in 0..180 {
        office.later(60).await;
    }
    assert_eq!(
        office.stands("a"),
        is("failed", "down"),
        "its workflow takes it"
    );
    assert_eq!(office.stands("b"), is("syncing", ""), "nobody takes it");
    assert_eq!(office.world.calls().len(), 40);
    let dead = office.dead("erp");
    assert_eq!(dead.len(), 1);
    let attempts = office.runtime.attempts();
    let figures = (attempts.made, attempts.failed, attempts.given_up);
    assert_eq!(figures, (40, 40, 1));
    office.is_sound();
    // Somebody has it tried again, and it works this time.
    office.world.answers("erp", [answered("after all")]);
    office.later(3_600).await;
    assert_eq!(office.world.calls().len(), 40, "a dead one is not tried");
    office.runtime.retry_job(&dead[0], None).await.unwrap();
    office.settle().await;
    assert_eq!(office.stands("b"), is("synced", "after all"));
    assert_eq!(office.world.calls().last().unwrap().attempt, 1);
    office.is_clean();
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_cancelled_ends_and_its_case_is_told() {
    let office = Office::new();
    office.world.answers("crm", [failed("down", Retry::Later)]);
    office.world.answers("erp", [failed("gone", Retry::Never)]);
    office.open("sync", "a").await;
    office.open("careless", "b").await;
    office.settle().await;
    let waiting = office.runtime.jobs_of("a").unwrap()[0].key.clone();
    let cancelled = office
        .runtime
        .cancel_job(&waiting, chief(), None)
        .await
        .unwrap();
    assert_eq!(&*cancelled.record.unwrap().actor.id, "wang.fang");
    assert_eq!(office.stands("a"), is("failed", CANCELLED));
    let dead = office.dead("erp");
    office
        .runtime
        .cancel_job(&dead[0], chief(), None)
        .await
        .unwrap();
    assert_eq!(office.stands("b"), is("syncing", ""), "nobody takes it");
    for key in [waiting, dead[0].clone(), JobKey::new("c", 1)] {
        let again = office.runtime.cancel_job(&key, chief(), None).await;
        assert!(matches!(again, Err(CommandError::UnknownJob(of)) if of == key));
        let again = office.runtime.retry_job(&key, None).await;
        assert!(matches!(again, Err(CommandError::UnknownJob(of)) if of == key));
    }
    office.is_clean();
}

#[tokio::test(start_paused = true)]
async fn leaving_the_state_ends_the_job() {
    let office = Office::new();
    office.world.answers("crm", [failed("down", Retry::Later)]);
    office.open("sync", "a").await;
    office.settle().await;
    let sent = office
        .runtime
        .send("a", "note".into(), json!({}), clerk(), None);
    sent.await.unwrap();
    assert_eq!(office.runtime.jobs_of("a").unwrap().len(), 1);
    let sent = office
        .runtime
        .send("a", "leave".into(), json!({}), clerk(), None);
    sent.await.unwrap();
    office.is_clean();
    office.later(3_600).await;
    assert_eq!(office.world.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn jobs_are_run_after_the_next_start() {
    let office = Office::new();
    office.world.answers("crm", [failed("down", Retry::Later)]);
    office.open("sync", "a").await;
    office.settle().await;
    let Office {
        runtime,
        world,
        clock,
        disk,
    } = office;
    runtime.shut_down().await;
    world.answers("crm", [answered("after the start")]);
    let office = Office::on(disk, world, clock);
    office.later(2).await;
    assert_eq!(office.stands("a"), is("synced", "after the start"));
    assert_eq!(office.world.calls().last().unwrap().attempt, 2);
    office.is_clean();
}

#[tokio::test(start_paused = true)]
async fn a_plugin_that_keeps_failing_is_left_alone_and_others_are_not() {
    let office = Office::new();
    office.world.answers("erp", [failed("down", Retry::Later)]);
    office.world.answers("crm", [answered("pushed")]);
    for number in 0..12 {
        office.open("careless", &format!("b-{number}")).await;
    }
    office.settle().await;
    let asked = office.world.calls().len();
    // Four were under way when the fifth failure came.
    assert!((5..=8).contains(&asked), "{asked}");
    office.open("sync", "a").await;
    office.settle().await;
    assert_eq!(office.stands("a"), is("synced", "pushed"));
    office.world.answers("erp", [answered("again")]);
    office.later(29).await;
    assert_eq!(office.world.calls().len(), asked + 1);
    office.later(2).await;
    for number in 0..12 {
        assert_eq!(office.stands(&format!("b-{number}")), is("synced", "again"));
    }
    office.is_clean();
}

#[tokio::test(start_paused = true)]
async fn what_the_case_does_not_take_is_tried_again() {
    let office = Office::new();
    // A note is a text.
    office
        .world
        .answers("crm", [Ok(json!({ "note": 5 })), answered("mended")]);
    office.open("sync", "a").await;
    office.settle().await;
    let job = &office.runtime.jobs_of("a").unwrap()[0];
    assert_eq!(job.record.failure.as_ref().unwrap().code, "step-refused");
    office.is_sound();
    office.later(2).await;
    assert_eq!(office.stands("a"), is("synced", "mended"));
    office.is_clean();
}

#[tokio::test(start_paused = true)]
async fn what_came_of_a_service_is_not_lost_when_it_cannot_be_written() {
    let office = Office::new();
    let answers = [failed("busy", Retry::Later), answered("pushed")];
    office.world.answers("crm", answers);
    office.open("sync", "a").await;
    office.settle().await;
    office.disk.full.store(true, Ordering::SeqCst);
    office.later(2).await;
    let asked = office.world.calls().len();
    assert_eq!(asked, 2);
    assert_eq!(office.stands("a"), is("syncing", ""));
    office.disk.full.store(false, Ordering::SeqCst);
    office.later(2).await;
    assert_eq!(office.stands("a"), is("synced", "pushed"));
    assert_eq!(office.world.calls().len(), asked, "its answer was kept");
    office.is_clean();
}

#[tokio::test(start_paused = true)]
async fn a_failure_whose_guard_does_not_hold_is_for_an_operator() {
    let office = Office::new();
    let guarded = SYNC.replace(
        "onError: {",
        "onError: { guard: event.data.code == 'expected',",
    );
    let definition = casewright_definition::testing::definition(&guarded);
    office.runtime.apply(vec![definition]).unwrap();
    let answers = ["expected", "unexpected"].map(|code| failed(code, Retry::Never));
    office.world.answers("crm", answers);
    office.open("sync", "a").await;
    office.settle().await;
    office.open("sync", "b").await;
    office.settle().await;
    assert_eq!(office.stands("a"), is("failed", "expected"));
    assert_eq!(office.stands("b"), is("syncing", ""));
    assert_eq!(office.dead("crm"), [JobKey::new("b", 0)]);
    office.is_sound();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_rests_and_holds_up_no_other() {
    let office = Office::new();
    office.world.answers("crm", [failed("down", Retry::Later)]);
    for number in 0..8 {
        office.open("sync", &format!("a-{number}")).await;
        office.settle().await;
        office.later(31).await;
    }
    let put = |table, key: Vec<u8>, value: &[u8]| {
        let puts = vec![(table, key, value.to_vec())];
        let batch = Batch {
            puts,
            ..Batch::default()
        };
        office.disk.memory.commit(batch).unwrap();
    };
    for number in 0..4 {
        put(Table::Cases, format!("a-{number}").into_bytes(), b"damaged");
        let key = JobKey::new(&format!("a-{}", number + 4), 0);
        put(Table::Jobs, key.bytes(), b"damaged");
    }
    let before = office.world.calls().len();
    office.later(3_600).await;
    office.later(31).await;
    assert_eq!(
        office.world.calls().len(),
        before,
        "nobody is asked for them"
    );
    office.world.answers("crm", [answered("pushed")]);
    office.open("sync", "b").await;
    office.settle().await;
    office.later(31).await;
    assert_eq!(office.stands("b"), is("synced", "pushed"));
}

#[tokio::test(start_paused = true)]
async fn a_job_of_a_service_that_does_not_run_is_dropped() {
    let office = Office::new();
    office.world.answers("crm", [failed("down", Retry::Later)]);
    office.open("sync", "a").await;
    office.settle().await;
    let job = office.runtime.jobs_of("a").unwrap().remove(0);
    let mut batch = Batch::default();
    let stray = JobKey::new("a", 99);
    casewright_store::job::put(&mut batch, &stray, &job.record).unwrap();
    office.disk.memory.commit(batch).unwrap();
    office.world.answers("crm", [answered("pushed")]);
    office.later(5).await;
    assert_eq!(office.stands("a"), is("synced", "pushed"));
    assert!(office.world.calls().len() <= 3);
    office.is_clean();
}

#[test]
fn jobs_of_a_store_that_nobody_has_open_are_listed_tried_again_and_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(Timestamp::from_unix_ms(1_700_000_000_000));
    let threads = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    threads.block_on(async {
        let world = Arc::new(World::default());
        world.answers("erp", [failed("gone", Retry::Never)]);
        let store = WriteAhead::open(folder.path()).unwrap();
        let runtime = Runtime::start_in_place(
            Store::open(Box::new(store)).unwrap(),
            Definitions::default(),
            Arc::new(Nobody),
            world,
            Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_700_000_000_000))),
            Limits::default(),
        );
        let runtime = runtime.unwrap();
        runtime.apply(definitions()).unwrap();
        for id in ["a", "b"] {
            let opened = runtime.open("careless", Some(id.to_owned()), json!({}), clerk());
            opened.await.unwrap();
        }
        let never = std::future::pending::<()>();
        let settled = tokio::time::timeout(Duration::from_secs(3), never);
        assert!(settled.await.is_err());
        runtime.shut_down().await;
    });
    drop(threads);
    let jobs = ClosedJobs::open_folder(folder.path()).unwrap();
    let dead = jobs.list(None, JobStatus::Dead, 10).unwrap();
    let cases: Vec<&str> = dead.iter().map(|job| &*job.key.case).collect();
    assert_eq!(cases, ["a", "b"]);
    assert_eq!(jobs.list(Some("erp"), JobStatus::Dead, 1).unwrap().len(), 1);
    assert!(
        jobs.list(Some("crm"), JobStatus::Dead, 9)
            .unwrap()
            .is_empty()
    );
    let again = jobs.retry(&dead[0].key, &clock).unwrap();
    assert_eq!(
        again.record.due(),
        Some(Timestamp::from_unix_ms(1_700_000_000_000))
    );
    let plugins = casewright_runtime::Plugins::default();
    let revision = jobs
        .cancel(&dead[1].key, &chief(), &plugins, &clock)
        .unwrap();
    assert_eq!(revision, 2);
    assert_eq!(jobs.list(None, JobStatus::Waiting, 9).unwrap(), [again]);
    let gone = jobs.cancel(&dead[1].key, &chief(), &plugins, &clock);
    assert!(matches!(gone, Err(CommandError::UnknownJob(_))));
}

#[test]
fn keys_of_a_plugin_are_its_own() {
    let store = Store::open(Box::new(Memory::default())).unwrap();
    store
        .set_plugin_value("crm", "a", Some(b"1".to_vec()))
        .unwrap();
    store
        .set_plugin_value("crm", "ab", Some(b"22".to_vec()))
        .unwrap();
    store
        .set_plugin_value("crm-two", "a", Some(b"3".to_vec()))
        .unwrap();
    assert_eq!(store.plugin_value("crm", "a").unwrap(), Some(b"1".to_vec()));
    assert_eq!(store.plugin_value("crm-two", "ab").unwrap(), None);
    let keys = store.plugin_keys("crm", "a", None, 9).unwrap();
    assert_eq!(keys, [("a".to_owned(), 1), ("ab".to_owned(), 2)]);
    store.set_plugin_value("crm", "a", None).unwrap();
    assert_eq!(
        store.plugin_keys("crm", "", None, 9).unwrap(),
        [("ab".to_owned(), 2)]
    );
}
