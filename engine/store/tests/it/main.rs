//! Steps go into a store and come out again, on each backend alike.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say so"
)]

mod answers;

use std::sync::{Arc, LazyLock};

use casewright_case::{Actor, Case, Outcome, Setting, fire, open, send};
use casewright_chart::{Answer, DecisionError, Limits, Timestamp, Value};
use casewright_definition::{Decide, Decision, Definition, Digest};
use casewright_store::tables::Table;
use casewright_store::{
    Batch, CaseFilter, KeyValue, Memory, Precondition, Range, Row, StepWrite, Store, StoreError,
    StoredCase, WriteAhead,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const WORKFLOW: &str = r##"
id: claim
version: 1.0.0
title: Claim
start: { roles: [clerk], requires: [account] }
data:
  type: object
  properties: { account: {}, notes: { type: array, default: [] } }
delays: { patience: P2D }
events:
  note: { title: Note, roles: [clerk], input: { text: {} } }
  pause: { title: Pause, roles: [clerk] }
  resume: { title: Resume, roles: [clerk] }
  close: { title: Close, roles: [clerk] }
initial: open
states:
  open:
    type: parallel
    states:
      work:
        states:
          busy:
            after: { patience: { target: late } }
            on: { note: { actions: [{ assign: { notes: "data.notes + [event.data.text]" } }] } }
          late: {}
      mood: { states: { calm: {}, angry: {} } }
      memory: { type: history, history: deep }
    on: { pause: paused, close: closed }
  paused: { on: { resume: "#open.memory" } }
  closed: { type: final, output: data.notes }
"##;

static DEFINITION: LazyLock<Arc<Definition>> =
    LazyLock::new(|| Arc::new(casewright_definition::testing::definition(WORKFLOW)));

static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);

struct Nobody;

impl Decide for Nobody {
    fn decide(&self, decision: &Decision, _: &Value) -> Result<Answer, DecisionError> {
        panic!("nobody asks {decision:?}")
    }
}

const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn setting() -> Setting<'static> {
    Setting {
        definition: &DEFINITION,
        decide: &Nobody,
        now: START,
        limits: &LIMITS,
    }
}

fn clerk() -> Actor {
    Actor::new("李娜", ["clerk"])
}

/// A store with a case or more in it, and the steps that led there.
struct Desk {
    store: Store,
}

impl Desk {
    fn new(key_value: impl KeyValue + 'static) -> Self {
        Desk {
            store: Store::open(Box::new(key_value)).unwrap(),
        }
    }

    fn stored(&self, id: &str) -> StoredCase {
        self.store.case(id).unwrap().unwrap()
    }

    fn case(&self, id: &str) -> Case {
        self.stored(id)
            .record
            .into_case(id, &DEFINITION.chart)
            .unwrap()
    }

    fn write(&self, before: Option<StoredCase>, outcome: Outcome) -> u64 {
        let step = StepWrite {
            before,
            case: outcome.case,
            definition: DEFINITION.clone(),
            record: outcome.record,
            fired: None,
            started: Vec::new(),
            ended: Vec::new(),
            answer: None,
        };
        self.store.commit(&[step]).unwrap()[0]
    }

    fn open(&self, id: &str) -> u64 {
        let outcome = open(setting(), id, &json!({"account": "华东能源"}), &clerk()).unwrap();
        self.write(None, outcome)
    }

    fn send(&self, id: &str, event: &str, data: Json) -> u64 {
        let outcome = send(setting(), &self.case(id), event, &data, &clerk()).unwrap();
        self.write(Some(self.stored(id)), outcome)
    }

    fn ids(&self, filter: CaseFilter) -> Vec<String> {
        self.store.case_ids(&filter, None, 10).unwrap()
    }
}

fn on_each_backend(test: impl Fn(Desk)) {
    test(Desk::new(Memory::default()));
    let folder = tempfile::tempdir().unwrap();
    test(Desk::new(WriteAhead::open(folder.path()).unwrap()));
}

#[test]
fn a_case_comes_back_as_it_went_in() {
    on_each_backend(|desk| {
        assert_eq!(desk.open("c-1"), 1);
        let outcome = send(
            setting(),
            &desk.case("c-1"),
            "note",
            &json!({"text": {"zh": "停机两次", "n": [1, 2.5, null, true, -7]}}),
            &clerk(),
        )
        .unwrap();
        let expected = outcome.case.clone();
        desk.write(Some(desk.stored("c-1")), outcome);
        assert_eq!(desk.case("c-1"), expected);
    });
}

#[test]
fn the_history_is_the_chain_of_a_cases_own_records() {
    on_each_backend(|desk| {
        desk.open("a");
        desk.open("b");
        desk.send("a", "note", json!({"text": "one"}));
        desk.send("b", "close", json!({}));
        desk.send("a", "close", json!({}));
        let stored = desk.stored("a").record;
        let history = desk.store.history(&stored, 0, 10).unwrap();
        let places: Vec<(u64, u64)> = history
            .iter()
            .map(|(sequence, record)| (*sequence, record.revision))
            .collect();
        assert_eq!(places, [(1, 1), (3, 2), (5, 3)]);
        let page: Vec<u64> = desk
            .store
            .history(&stored, 1, 1)
            .unwrap()
            .iter()
            .map(|(_, record)| record.revision)
            .collect();
        assert_eq!(page, [2]);
        assert_eq!(desk.store.opening(&stored).unwrap(), history[0].1);
        let last = history[2].1.clone().into_record(&DEFINITION.chart).unwrap();
        assert_eq!(last.cause.name(), "close");
        assert_eq!(&*last.actor.id, "李娜");
    });
}

#[test]
fn indexes_follow_the_states_and_the_end_of_cases() {
    on_each_backend(|desk| {
        for id in ["a", "b", "c"] {
            desk.open(id);
        }
        desk.send("b", "pause", json!({}));
        desk.send("c", "close", json!({}));
        let of = |state: &str| CaseFilter::State("claim".into(), state.into());
        assert_eq!(desk.ids(CaseFilter::All), ["a", "b", "c"]);
        assert_eq!(desk.ids(of("open.work.busy")), ["a"]);
        assert_eq!(desk.ids(of("paused")), ["b"]);
        assert_eq!(desk.ids(of("closed")), ["c"]);
        assert_eq!(desk.ids(CaseFilter::Done(true)), ["c"]);
        assert_eq!(desk.ids(CaseFilter::Done(false)), ["a", "b"]);
        let both = CaseFilter::WorkflowDone("claim".into(), false);
        assert_eq!(desk.store.case_ids(&both, None, 1).unwrap(), ["a"]);
        assert_eq!(desk.store.case_ids(&both, Some("a"), 1).unwrap(), ["b"]);
        assert_eq!(desk.store.case_ids(&both, Some("b"), 1).unwrap(), [""; 0]);
        assert!(!desk.case("b").snapshot.history.is_empty());
        desk.send("b", "resume", json!({}));
        assert_eq!(desk.ids(of("paused")), [""; 0]);
        assert_eq!(desk.ids(of("open.work.busy")), ["a", "b"]);
    });
}

#[test]
fn timers_come_and_go_with_the_steps_that_set_and_cancel_them() {
    on_each_backend(|desk| {
        desk.open("a");
        desk.open("b");
        let due = START.after_ms(2 * 24 * 3_600_000);
        assert_eq!(
            desk.store.next_due(Timestamp::from_unix_ms(0)).unwrap(),
            Some(due)
        );
        assert!(desk.store.due_timers(START, 10).unwrap().is_empty());
        desk.send("a", "pause", json!({}));
        let timers = desk.store.due_timers(due, 10).unwrap();
        assert_eq!(timers.len(), 1);
        assert_eq!(timers[0].case, "b");
        let outcome = fire(setting(), &desk.case("b"), timers[0].sequence).unwrap();
        desk.write(Some(desk.stored("b")), outcome);
        assert_eq!(
            desk.store.next_due(Timestamp::from_unix_ms(0)).unwrap(),
            None
        );
    });
}

#[test]
fn a_timer_that_is_put_off_is_due_later_and_can_be_dropped() {
    on_each_backend(|desk| {
        desk.open("a");
        let due = desk
            .store
            .next_due(Timestamp::from_unix_ms(0))
            .unwrap()
            .unwrap();
        let timer = desk.store.due_timers(due, 1).unwrap().remove(0);
        desk.store.put_off_timer(&timer, due.after_ms(1)).unwrap();
        assert!(desk.store.due_timers(due, 1).unwrap().is_empty());
        let later = desk.store.due_timers(due.after_ms(1), 1).unwrap().remove(0);
        assert_eq!((later.sequence, &*later.case), (timer.sequence, "a"));
        desk.store.drop_timer(&later).unwrap();
        assert_eq!(
            desk.store.next_due(Timestamp::from_unix_ms(0)).unwrap(),
            None
        );
    });
}

#[test]
fn a_step_that_was_based_on_another_case_is_not_written() {
    on_each_backend(|desk| {
        desk.open("a");
        let stale = desk.stored("a");
        let outcome = send(setting(), &desk.case("a"), "pause", &json!({}), &clerk()).unwrap();
        desk.send("a", "note", json!({"text": "first"}));
        let step = |before: Option<StoredCase>| StepWrite {
            before,
            case: outcome.case.clone(),
            definition: DEFINITION.clone(),
            record: outcome.record.clone(),
            fired: None,
            started: Vec::new(),
            ended: Vec::new(),
            answer: None,
        };
        for before in [Some(stale), None] {
            let error = desk.store.commit(&[step(before)]).unwrap_err();
            assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
        }
        assert_eq!(desk.case("a").revision, 2);
        assert_eq!(
            desk.send("a", "close", json!({})),
            3,
            "no place was used up"
        );
    });
}

#[test]
fn what_was_written_is_there_when_the_folder_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let before = {
        let desk = Desk::new(WriteAhead::open(folder.path()).unwrap());
        let bundle = &DEFINITION.bundle;
        desk.store.apply(&[(DEFINITION.digest, bundle)]).unwrap();
        desk.open("a");
        desk.send("a", "note", json!({"text": "停机"}));
        desk.case("a")
    };
    let desk = Desk::new(WriteAhead::open(folder.path()).unwrap());
    assert_eq!(desk.case("a"), before);
    let stored = desk.store.definitions().unwrap().remove(0);
    assert_eq!(stored.digest, DEFINITION.digest);
    let compiled = Definition::compile(stored.digest, stored.bundle).unwrap();
    assert_eq!(compiled.digest, DEFINITION.digest);
    assert_eq!(desk.send("a", "close", json!({})), 3, "sequences go on");
}

#[test]
fn a_folder_in_use_is_refused_and_so_is_a_file_that_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let held = WriteAhead::open(folder.path()).unwrap();
    assert!(matches!(
        WriteAhead::open(folder.path()),
        Err(StoreError::InUse(_))
    ));
    drop(held);
    let garbage = tempfile::tempdir().unwrap();
    let file = garbage.path().join("casewright.redb");
    std::fs::write(&file, b"not a store at all, but long enough to look at").unwrap();
    assert!(matches!(
        WriteAhead::open(garbage.path()),
        Err(StoreError::NoStore { .. })
    ));
    let kept = std::fs::read(&file).unwrap();
    assert_eq!(kept, b"not a store at all, but long enough to look at");
}

#[test]
fn a_record_that_was_altered_is_found_out() {
    let memory = Arc::new(Memory::default());
    let desk = Desk::new(memory.clone());
    desk.open("a");
    desk.send("a", "note", json!({"text": "the truth"}));
    let key = 1u64.to_be_bytes();
    let mut bytes = memory.get(Table::Journal, &key).unwrap().unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    memory
        .commit(Batch {
            puts: vec![(Table::Journal, key.to_vec(), bytes)],
            ..Batch::default()
        })
        .unwrap();
    let error = desk
        .store
        .history(&desk.stored("a").record, 0, 10)
        .unwrap_err();
    assert!(error.to_string().contains("record 1"), "{error}");
}

#[test]
fn damaged_bytes_are_an_error_and_never_a_panic() {
    let memory = Arc::new(Memory::default());
    let desk = Desk::new(memory.clone());
    desk.open("a");
    let whole = memory.get(Table::Cases, b"a").unwrap().unwrap();
    for position in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[position] ^= flip;
            let put = |bytes: Vec<u8>| Batch {
                puts: vec![(Table::Cases, b"a".to_vec(), bytes)],
                ..Batch::default()
            };
            memory.commit(put(damaged)).unwrap();
            if let Ok(Some(stored)) = desk.store.case("a") {
                // What can still be read may still not fit; it must say so.
                let _ = stored.record.into_case("a", &DEFINITION.chart);
            }
            memory.commit(put(whole[..position].to_vec())).unwrap();
            assert!(desk.store.case("a").is_err(), "cut at {position}");
        }
    }
}

#[test]
fn a_definition_that_is_not_what_its_digest_says_is_refused() {
    let memory = Arc::new(Memory::default());
    let desk = Desk::new(memory.clone());
    let wrong = Digest([7; 32]);
    memory
        .commit(Batch {
            puts: vec![(Table::Definitions, wrong.0.to_vec(), b"{}".to_vec())],
            ..Batch::default()
        })
        .unwrap();
    assert!(desk.store.definition(wrong).is_err());
    assert!(desk.store.definition(Digest([8; 32])).unwrap().is_none());
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(
        prop_oneof![Just(0u8), Just(1), Just(255), any::<u8>()],
        0..3,
    )
}

fn batch() -> impl Strategy<Value = Batch> {
    let table = || prop_oneof![Just(Table::Cases), Just(Table::Index)];
    let put = (table(), key(), key());
    let delete = (table(), key());
    let precondition = prop_oneof![
        (table(), key()).prop_map(|(table, key)| Precondition::Absent(table, key)),
        (table(), key(), key())
            .prop_map(|(table, key, value)| Precondition::Equal(table, key, value)),
    ];
    (
        prop::collection::vec(put, 0..4),
        prop::collection::vec(delete, 0..3),
        prop::collection::vec(precondition, 0..2),
    )
        .prop_map(|(puts, deletes, preconditions)| Batch {
            preconditions,
            puts,
            deletes,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn both_backends_are_the_same_store(
        batches in prop::collection::vec(batch(), 1..12),
        start in key(), end in prop::option::of(key()), reverse: bool, limit in 0usize..6,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let redb = WriteAhead::open(folder.path()).unwrap();
        let memory = Memory::default();
        for batch in &batches {
            prop_assert_eq!(redb.commit(batch.clone()).is_ok(), memory.commit(batch.clone()).is_ok());
        }
        let range = Range { start, end, reverse, limit };
        for table in [Table::Cases, Table::Index] {
            prop_assert_eq!(redb.scan(table, &range).unwrap(), memory.scan(table, &range).unwrap());
            let all = Range { start: Vec::new(), end: None, reverse: false, limit: usize::MAX };
            for (key, value) in redb.scan(table, &all).unwrap() {
                prop_assert_eq!(memory.get(table, &key).unwrap(), Some(value));
            }
        }
    }
}
