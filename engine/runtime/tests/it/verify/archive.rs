//! A store in memory with a few cases in it, which a test can reach behind.

use std::cell::Cell;
use std::sync::{Arc, LazyLock};

use casewright_case::{Actor, Outcome, Refusal, Setting, fire, open, send};
use casewright_chart::{Answer, DecisionError, Effect, Limits, Timestamp, Value};
use casewright_definition::testing::definition;
use casewright_definition::{Decide, Decision, Definition};
use casewright_runtime::repair::{Mode, Repaired, repair};
use casewright_runtime::verify::{Report, verify};
use casewright_store::tables::Table;
use casewright_store::{
    Batch, DueTimer, JobRecord, KeyValue, Memory, Range, Row, StartedJob, StepWrite, Store,
};
use serde_json::{Value as Json, json};

const CLAIM: &str = r#"
id: claim
version: 1.0.0
title: Claim
start: { roles: [clerk], requires: [amount] }
data:
  type: object
  properties: { amount: { type: number }, score: {}, late: { type: integer, default: 0 } }
delays: { patience: PT1H }
events:
  raise: { title: Raise, roles: [clerk], requires: [amount] }
  ask: { title: Ask, roles: [clerk] }
  close: { title: Close, roles: [clerk] }
states:
  open:
    after: { patience: { target: late, actions: [{ assign: { late: data.late + 1 } }] } }
    on:
      raise: { target: open, reenter: true, guard: event.data.amount > data.amount, actions: [{ notify: { to: clerk, message: More } }] }
      ask: { actions: [{ decide: { function: absent.answer, input: { amount: data.amount }, assign: score } }] }
      close: closed
  late: { invoke: { src: crm.tell, input: { amount: data.amount } }, on: { close: closed } }
  closed: { type: final }
"#;

static DEFINITION: LazyLock<Arc<Definition>> = LazyLock::new(|| Arc::new(definition(CLAIM)));
static OTHER: LazyLock<Arc<Definition>> = LazyLock::new(|| {
    let other = CLAIM.replace("id: claim", "id: other");
    Arc::new(definition(&other))
});
static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);

/// Answers otherwise each time.
#[derive(Default)]
struct Moody(Cell<i64>);

impl Decide for Moody {
    fn decide(&self, _: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        self.0.set(self.0.get() + 1);
        Ok(Answer {
            function: "absent.answer".into(),
            digest: "d".into(),
            output: Value::Int(self.0.get()),
        })
    }
}

/// The store of a test.
pub(super) struct Archive {
    pub(super) memory: Arc<Memory>,
}

/// Writes the steps of an archive.
struct Clerk {
    store: Store,
    decide: Moody,
    now: Timestamp,
}

impl Clerk {
    fn setting(&self) -> Setting<'_> {
        Setting {
            definition: &DEFINITION,
            decide: &self.decide,
            now: self.now,
            limits: &LIMITS,
        }
    }

    fn write(&self, outcome: Result<Outcome, Refusal>, fired: Option<DueTimer>) {
        let outcome = outcome.unwrap();
        let at = outcome.record.at;
        let started = outcome
            .effects
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Start {
                    sequence,
                    id,
                    source,
                    input,
                } => Some(StartedJob {
                    sequence,
                    record: JobRecord::new(&id, &source, input, at),
                }),
                _ => None,
            });
        let running = outcome.case.snapshot.invocations.iter();
        let running: Vec<u64> = running.map(|running| running.sequence).collect();
        let mut ended = self.store.jobs_of(&outcome.case.id).unwrap();
        ended.retain(|job| !running.contains(&job.key.sequence));
        let step = StepWrite {
            before: self.store.case(&outcome.case.id).unwrap(),
            case: outcome.case,
            definition: DEFINITION.clone(),
            record: outcome.record,
            fired,
            started: started.collect(),
            ended,
            answer: None,
        };
        self.store.commit(&[step]).unwrap();
    }

    fn open(&mut self, id: &str) {
        self.now = self.now.after_ms(1_000);
        let data = json!({"amount": 1.5});
        self.write(open(self.setting(), id, &data, &actor()), None);
    }

    fn case(&self, id: &str) -> casewright_case::Case {
        let stored = self.store.case(id).unwrap().unwrap();
        stored.record.into_case(id, &DEFINITION.chart).unwrap()
    }

    fn send(&mut self, id: &str, event: &str, data: Json) {
        self.now = self.now.after_ms(1_000);
        let outcome = send(self.setting(), &self.case(id), event, &data, &actor());
        self.write(outcome, None);
    }

    fn fire(&mut self, id: &str) {
        self.now = self.now.after_ms(3_600_000);
        let mut due = self.store.due_timers(self.now, 100).unwrap().into_iter();
        let timer = due.rfind(|timer| timer.case == id).unwrap();
        let outcome = fire(self.setting(), &self.case(id), timer.sequence);
        self.write(outcome, Some(timer));
    }
}

fn actor() -> Actor {
    Actor::new("李娜", ["clerk"])
}

impl Archive {
    /// A store with nothing in it.
    pub(super) fn empty() -> Self {
        let archive = Archive {
            memory: Arc::default(),
        };
        archive.store();
        archive
    }

    fn clerk(&self) -> Clerk {
        let store = self.store();
        let definitions = [&*DEFINITION, &*OTHER];
        let definitions = definitions.map(|of| (of.digest, &of.bundle));
        store.apply(&definitions).unwrap();
        Clerk {
            store,
            decide: Moody::default(),
            now: Timestamp::from_unix_ms(1_700_000_000_000),
        }
    }

    /// Four cases: `a` and `d` wait, `b` was late and is closed, `c` is late, and a service runs
    /// in it.
    pub(super) fn new() -> Self {
        Archive::after(12)
    }

    /// The same, after fewer of its steps.
    pub(super) fn after(steps: usize) -> Self {
        let archive = Archive::empty();
        let mut clerk = archive.clerk();
        let all: [&dyn Fn(&mut Clerk); 12] = [
            &|clerk| clerk.open("a"),
            &|clerk| clerk.open("b"),
            &|clerk| clerk.open("c"),
            &|clerk| clerk.send("a", "raise", json!({"amount": 20})),
            &|clerk| clerk.send("b", "ask", json!({})),
            &|clerk| clerk.open("d"),
            &|clerk| clerk.send("a", "ask", json!({})),
            &|clerk| clerk.fire("b"),
            &|clerk| clerk.fire("c"),
            &|clerk| clerk.send("b", "close", json!({})),
            &|clerk| clerk.send("d", "ask", json!({})),
            &|clerk| clerk.send("d", "raise", json!({"amount": 2.5})),
        ];
        all.iter().take(steps).for_each(|step| step(&mut clerk));
        archive
    }

    /// Sends an event to a case at a time.
    pub(super) fn send_at(&self, now: Timestamp, case: &str, event: &str) {
        let mut clerk = self.clerk();
        clerk.now = now;
        clerk.send(case, event, json!({}));
    }

    /// As many cases as asked for, each just opened.
    pub(super) fn with_many_cases(cases: usize) -> Self {
        let archive = Archive::empty();
        let mut clerk = archive.clerk();
        for number in 0..cases {
            clerk.open(&format!("case-{number}"));
        }
        archive
    }

    /// What lies under the store.
    pub(super) fn behind(&self) -> Box<dyn KeyValue> {
        Box::new(self.memory.clone())
    }

    /// The store, opened.
    pub(super) fn store(&self) -> Store {
        Store::open(self.behind()).unwrap()
    }

    pub(super) fn verified(&self) -> Report {
        verify(&self.store(), &LIMITS).unwrap()
    }

    pub(super) fn repaired(&self, mode: Mode) -> Repaired {
        repair(&self.store(), &LIMITS, mode, &|_, _| {}, &|_| {}).unwrap()
    }

    pub(super) fn rows(&self, table: Table) -> Vec<Row> {
        let all = Range::prefix(&[], None, usize::MAX);
        self.memory.scan(table, &all).unwrap()
    }

    /// Every row of every table.
    pub(super) fn all_rows(&self) -> Vec<(Table, Row)> {
        let tables = Table::ALL.into_iter();
        tables
            .flat_map(|table| self.rows(table).into_iter().map(move |row| (table, row)))
            .collect()
    }

    pub(super) fn put(&self, table: Table, key: &[u8], value: &[u8]) {
        let puts = vec![(table, key.to_vec(), value.to_vec())];
        let batch = Batch {
            puts,
            ..Batch::default()
        };
        self.memory.commit(batch).unwrap();
    }

    pub(super) fn remove(&self, table: Table, key: &[u8]) {
        let deletes = vec![(table, key.to_vec())];
        let batch = Batch {
            deletes,
            ..Batch::default()
        };
        self.memory.commit(batch).unwrap();
    }

    /// Changes the bytes of a row.
    pub(super) fn alter(&self, table: Table, key: &[u8], alter: impl FnOnce(&mut Vec<u8>)) {
        let mut value = self.memory.get(table, key).unwrap().unwrap();
        alter(&mut value);
        self.put(table, key, &value);
    }
}
