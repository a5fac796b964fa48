//! The rows beside cases: those of the index, and timers. None may be missing, none left over.
//!
//! That each case has its own is seen when it is looked at. That there are no others is then a matter of
//! counting; only when there are, they are looked at one by one.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use casewright_definition::Digest;
use casewright_store::tables::Table;
use casewright_store::verify::case_of_index_key;
use casewright_store::{DueTimer, Row, StoreError};

use super::fault::{Fault, Kind};
use super::inspector::{Replayed, Stop};
use super::{Fix, Verification, lock};

/// What was found beside the cases.
#[derive(Default)]
pub(crate) struct Counts {
    index: AtomicU64,
    timers: AtomicU64,
    /// Timers that do not lie where their cases think, by case and number, with the keys at which they should:
    /// they were put off, or are missing.
    elsewhere: Mutex<BTreeMap<(String, u64), Vec<u8>>>,
}

impl Verification<'_> {
    /// Looks for the rows that should stand beside a case.
    pub(crate) fn rows_of(&self, id: &str, replayed: &Replayed) -> Result<(), StoreError> {
        let chart = &replayed.definition.chart;
        for (table, key) in replayed.record.rows_beside(id, chart) {
            let is_there = self.store().row(table, &key)?.is_some();
            match (table, is_there) {
                (Table::Timers, true) => {
                    self.rows.timers.fetch_add(1, Ordering::Relaxed);
                }
                (_, true) => {
                    self.rows.index.fetch_add(1, Ordering::Relaxed);
                }
                (Table::Timers, false) => {
                    if let Ok(timer) = DueTimer::of_key(&key) {
                        lock(&self.rows.elsewhere).insert((timer.case, timer.sequence), key);
                    }
                }
                (_, false) => {
                    let message = format!("it is missing in the index: {}", shown(&key));
                    let fault = Fault::new(Kind::IndexMissing, message).of_case(id);
                    self.fixable(fault, Some(Fix::Put(table, key)))?;
                }
            }
        }
        Ok(())
    }

    /// Looks for rows of a table that no case has.
    pub(crate) fn beside(&self, table: Table) -> Result<(), StoreError> {
        let found = match table {
            Table::Timers => &self.rows.timers,
            _ => &self.rows.index,
        };
        let mut count = 0;
        let mut all_are_empty = true;
        for row in self.store().rows(table) {
            let (_, value) = row?;
            count += 1;
            all_are_empty &= value.is_empty();
        }
        let all_are_where_they_belong = lock(&self.rows.elsewhere).is_empty();
        if count == found.load(Ordering::Relaxed) && all_are_empty && all_are_where_they_belong {
            return Ok(());
        }
        for row in self.store().rows(table) {
            let row = row?;
            match table {
                Table::Timers => self.timer(&row)?,
                _ => self.index(&row)?,
            }
        }
        if table == Table::Timers {
            let missing = std::mem::take(&mut *lock(&self.rows.elsewhere));
            for ((case, sequence), key) in missing {
                let message = format!("timer {sequence} is missing");
                let fault = Fault::new(Kind::TimerMissing, message).of_case(&case);
                self.fixable(fault, Some(Fix::Put(table, key)))?;
            }
        }
        Ok(())
    }

    fn index(&self, (key, value): &Row) -> Result<(), StoreError> {
        let table = Table::Index;
        let left_over = |what: &str| {
            let message = format!("{what}, in the index: {}", shown(key));
            Fault::new(Kind::IndexLeftOver, message)
        };
        let Some(case) = case_of_index_key(key) else {
            let fix = Fix::Delete(table, key.clone());
            return self.fixable(left_over("a row is of no case"), Some(fix));
        };
        match self.stands_beside(case, table, key)? {
            Some(true) if !value.is_empty() => {
                let fix = Fix::Put(table, key.clone());
                self.fixable(left_over("it holds something").of_case(case), Some(fix))
            }
            Some(false) => {
                let fix = Fix::Delete(table, key.clone());
                self.fixable(
                    left_over("it stands where it is not").of_case(case),
                    Some(fix),
                )
            }
            Some(true) | None => Ok(()),
        }
    }

    fn timer(&self, (key, value): &Row) -> Result<(), StoreError> {
        let table = Table::Timers;
        let left_over = |what: &str| Fault::new(Kind::TimerLeftOver, what);
        let Ok(timer) = DueTimer::of_key(key) else {
            let fix = Fix::Delete(table, key.clone());
            return self.fixable(left_over("a row is no timer"), Some(fix));
        };
        let DueTimer { case, sequence, .. } = &timer;
        let stands = match self.stands_beside(case, table, key)? {
            None => return Ok(()),
            Some(true) => true,
            Some(false) => {
                let own = (case.clone(), *sequence);
                match self.is_put_off(&timer)? {
                    true => lock(&self.rows.elsewhere).remove(&own).is_some(),
                    false => self.was_cancelled_late(&timer)?,
                }
            }
        };
        match (stands, value.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => {
                let message = format!("timer {sequence} holds something");
                let fix = Fix::Put(table, key.clone());
                self.fixable(left_over(&message).of_case(case), Some(fix))
            }
            (false, _) => {
                let message = format!("timer {sequence} is of no pending event");
                let fix = Fix::Delete(table, key.clone());
                self.fixable(left_over(&message).of_case(case), Some(fix))
            }
        }
    }

    /// Whether a row is one of its case's. None when nothing can be said, as the case itself is damaged.
    fn stands_beside(
        &self,
        id: &str,
        table: Table,
        key: &[u8],
    ) -> Result<Option<bool>, StoreError> {
        if lock(&self.damaged).contains(id.as_bytes()) {
            return Ok(None);
        }
        let Some(stored) = self.store().case(id)? else {
            return Ok(Some(false));
        };
        let record = &stored.record;
        match self.inspector.definition(Digest(record.definition)) {
            Ok(definition) => {
                let mut rows = record.rows_beside(id, &definition.chart).into_iter();
                Ok(Some(rows.any(|(of, row)| of == table && row == key)))
            }
            Err(Stop::Fault(_)) => Ok(None),
            Err(Stop::Store(error)) => Err(error),
        }
    }

    /// Whether a timer rests that its case has cancelled since.
    fn was_cancelled_late(&self, timer: &DueTimer) -> Result<bool, StoreError> {
        let Some(stored) = self.store().case(&timer.case)? else {
            return Ok(false);
        };
        let last = stored.record.last;
        match self.inspector.was_cancelled_late(timer, last) {
            Ok(late) => Ok(late),
            Err(Stop::Fault(_)) => Ok(false),
            Err(Stop::Store(error)) => Err(error),
        }
    }

    /// Whether a timer is one that its case thinks due earlier: it could not be fired then, and rests.
    fn is_put_off(&self, timer: &DueTimer) -> Result<bool, StoreError> {
        let Some(stored) = self.store().case(&timer.case)? else {
            return Ok(false);
        };
        let mut pending = stored.record.pending.iter();
        Ok(pending.any(|pending| {
            pending.sequence == timer.sequence && pending.due_ms < timer.due.unix_ms()
        }))
    }
}

/// A key of the index for people: its parts.
pub(crate) fn shown(key: &[u8]) -> String {
    let parts = key.split(|byte| *byte == 0);
    let parts: Vec<_> = parts.map(String::from_utf8_lossy).collect();
    format!("`{}`", parts.join(" "))
}
