//! Answers go in with their steps and go out with later ones.

use std::sync::Mutex;

use casewright_store::{AnswerRecord, AnswerWrite, HeaderRecord, RequestKey};

use super::*;

/// How long answers are remembered here.
const EXPIRY_MS: u64 = 60_000;

/// A store in memory that takes down how many expiries each look at them finds.
#[derive(Clone, Default)]
struct Watched {
    memory: Arc<Memory>,
    looks: Arc<Mutex<Vec<usize>>>,
}

impl KeyValue for Watched {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.memory.get(table, key)
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Row>, StoreError> {
        let rows = self.memory.scan(table, range)?;
        if table == Table::Expiries {
            self.looks.lock().unwrap().push(rows.len());
        }
        Ok(rows)
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.memory.commit(batch)
    }
}

impl Watched {
    fn looks(&self) -> Vec<usize> {
        std::mem::take(&mut *self.looks.lock().unwrap())
    }

    fn rows(&self, table: Table) -> usize {
        let all = Range::prefix(&[], None, usize::MAX);
        self.memory.scan(table, &all).unwrap().len()
    }
}

fn request(number: usize) -> RequestKey {
    RequestKey::new("li.na", &format!("key-{number}"))
}

/// What a request is answered at a time, remembered until it expires.
fn answer(number: usize, at: Timestamp) -> AnswerRecord {
    AnswerRecord {
        fingerprint: [number as u8; 32],
        expires_at_ms: at.after_ms(EXPIRY_MS).unix_ms(),
        status: 201,
        headers: vec![HeaderRecord {
            name: "etag".into(),
            value: b"\"1\"".to_vec(),
        }],
        body: format!("{{\"number\":{number}}}").into_bytes(),
    }
}

/// Opens a case at a time, and remembers the answer.
fn open_at(store: &Store, number: usize, at: Timestamp, answer: Option<AnswerWrite>) {
    let setting = Setting {
        now: at,
        ..setting()
    };
    let id = format!("c-{number}-{}", at.unix_ms());
    let outcome = open(setting, &id, &json!({"account": "华东能源"}), &clerk()).unwrap();
    let step = StepWrite {
        before: None,
        case: outcome.case,
        definition: DEFINITION.clone(),
        record: outcome.record,
        fired: None,
        started: Vec::new(),
        ended: Vec::new(),
        answer,
    };
    store.commit(&[step]).unwrap();
}

fn write(number: usize, at: Timestamp) -> Option<AnswerWrite> {
    Some(AnswerWrite {
        request: request(number),
        answer: answer(number, at),
        replaced_ms: None,
    })
}

#[test]
fn an_answer_comes_back_as_it_went_in() {
    on_each_backend(|desk| {
        assert_eq!(desk.store.answer(&request(1)).unwrap(), None);
        open_at(&desk.store, 1, START, write(1, START));
        let found = desk.store.answer(&request(1)).unwrap();
        assert_eq!(found, Some(answer(1, START)));
        assert_eq!(desk.store.answer(&request(2)).unwrap(), None);
        let other = RequestKey::new("wang.fang", "key-1");
        assert_eq!(desk.store.answer(&other).unwrap(), None);
    });
}

#[test]
fn what_has_expired_goes_with_later_steps_a_few_at_a_time() {
    let watched = Watched::default();
    let store = Store::open(Box::new(watched.clone())).unwrap();
    for number in 0..60 {
        let at = START.after_ms(number as u64);
        open_at(&store, number, at, write(number, at));
    }
    watched.looks();
    // Nothing has expired, so nothing is looked for.
    let before = START.after_ms(EXPIRY_MS - 1);
    open_at(&store, 60, before, None);
    assert_eq!(watched.looks(), [0; 0]);
    assert_eq!(watched.rows(Table::Answers), 60);
    let first = START.after_ms(EXPIRY_MS);
    open_at(&store, 61, first, None);
    assert_eq!(watched.rows(Table::Answers), 59);
    assert_eq!(store.answer(&request(0)).unwrap(), None);
    assert_eq!(
        store.answer(&request(1)).unwrap(),
        Some(answer(1, START.after_ms(1)))
    );
    // All have expired. No commit does much, and none passes over what was removed before.
    watched.looks();
    let late = START.after_ms(10 * EXPIRY_MS);
    let mut left = vec![59];
    for number in 62.. {
        open_at(&store, number, late, None);
        left.push(watched.rows(Table::Answers));
        assert_eq!(watched.rows(Table::Expiries), *left.last().unwrap());
        if left.ends_with(&[0]) {
            break;
        }
    }
    assert_eq!(left, [59, 41, 23, 5, 0]);
    assert_eq!(watched.looks(), [19, 19, 19, 5]);
    open_at(&store, 70, late, None);
    assert_eq!(watched.looks(), [0; 0]);
}

#[test]
fn an_answer_that_takes_the_place_of_an_expired_one_stays() {
    let watched = Watched::default();
    let store = Store::open(Box::new(watched.clone())).unwrap();
    open_at(&store, 1, START, write(1, START));
    let late = START.after_ms(EXPIRY_MS);
    let replaced_ms = Some(answer(1, START).expires_at_ms);
    let again = AnswerWrite {
        replaced_ms,
        ..write(1, late).unwrap()
    };
    open_at(&store, 2, late, Some(again));
    open_at(&store, 3, late, None);
    assert_eq!(store.answer(&request(1)).unwrap(), Some(answer(1, late)));
    assert_eq!(watched.rows(Table::Expiries), 1);
}

#[test]
fn what_expired_while_nobody_was_there_goes_after_the_start() {
    let watched = Watched::default();
    let store = Store::open(Box::new(watched.clone())).unwrap();
    open_at(&store, 1, START, write(1, START));
    drop(store);
    // A row that no answer belongs to is in nobody's way.
    let puts = vec![(Table::Expiries, b"?".to_vec(), Vec::new())];
    let batch = Batch {
        puts,
        ..Batch::default()
    };
    watched.memory.commit(batch).unwrap();
    let store = Store::open(Box::new(watched.clone())).unwrap();
    open_at(&store, 2, START.after_ms(EXPIRY_MS), None);
    assert_eq!(watched.rows(Table::Answers), 0);
    let rows = watched.rows(Table::Expiries);
    assert!(rows <= 1, "{rows}");
}
