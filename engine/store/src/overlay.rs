//! Rows that are newer than those of the backend beneath: what the log holds, in key order.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;

use itertools::{EitherOrBoth, Itertools};

use crate::key_value::{Batch, Range, Row};
use crate::tables::Table;

/// What a row takes in memory beside its key and value, about.
const ROW_BYTES: usize = 64;

/// Rows by table and key; a row that was removed is there without a value, and hides the one beneath.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    tables: [BTreeMap<Vec<u8>, Option<Vec<u8>>>; Table::ALL.len()],
    /// About how much memory it takes.
    bytes: usize,
}

/// A key with its value, or with none where it was removed.
pub(crate) type Entry<'a> = (&'a [u8], Option<&'a [u8]>);

impl Overlay {
    /// Writes a batch over what is there.
    pub(crate) fn write(&mut self, batch: Batch) {
        for (table, key) in batch.deletes {
            self.insert(table, key, None);
        }
        for (table, key, value) in batch.puts {
            self.insert(table, key, Some(value));
        }
    }

    fn insert(&mut self, table: Table, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.bytes += ROW_BYTES + key.len() + value.as_ref().map_or(0, Vec::len);
        if let Some(rows) = self.tables.get_mut(usize::from(table.code())) {
            rows.insert(key, value);
        }
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What it says of a key: its value, that it was removed, or nothing.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Option<Option<&[u8]>> {
        let value = self.rows(table)?.get(key)?;
        Some(value.as_deref())
    }

    /// The entries of a table in key order.
    pub(crate) fn entries(&self, table: Table) -> impl Iterator<Item = Entry<'_>> {
        let rows = self.rows(table).into_iter().flatten();
        rows.map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// The entries of a range, in its direction, without its limit: what is beneath counts, too.
    pub(crate) fn range<'a>(
        &'a self,
        table: Table,
        range: &Range,
    ) -> Box<dyn Iterator<Item = Entry<'a>> + 'a> {
        let start = range.start.as_slice();
        let is_empty = range.end.as_deref().is_some_and(|end| end <= start);
        let Some(rows) = self.rows(table).filter(|_| !is_empty) else {
            return Box::new(std::iter::empty());
        };
        let end = range.end.as_deref();
        let bounds = (
            Bound::Included(start),
            end.map_or(Bound::Unbounded, Bound::Excluded),
        );
        let rows = rows.range::<[u8], _>(bounds);
        let entry =
            |(key, value): (&'a Vec<u8>, &'a Option<Vec<u8>>)| (key.as_slice(), value.as_deref());
        match range.reverse {
            false => Box::new(rows.map(entry)),
            true => Box::new(rows.rev().map(entry)),
        }
    }

    fn rows(&self, table: Table) -> Option<&BTreeMap<Vec<u8>, Option<Vec<u8>>>> {
        self.tables.get(usize::from(table.code()))
    }
}

/// How two keys of a range follow each other in its direction.
fn order(range: &Range, one: &[u8], other: &[u8]) -> Ordering {
    match range.reverse {
        false => one.cmp(other),
        true => other.cmp(one),
    }
}

/// The rows of a range: what overlays say, the newest first among them, over the rows beneath.
pub(crate) fn scan<E>(
    newer: &Overlay,
    older: &Overlay,
    beneath: impl Iterator<Item = Result<Row, E>>,
    table: Table,
    range: &Range,
) -> Result<Vec<Row>, E> {
    let entries = newer
        .range(table, range)
        .merge_join_by(older.range(table, range), |one, other| {
            order(range, one.0, other.0)
        })
        .map(EitherOrBoth::into_left);
    itertools::process_results(beneath, |beneath| {
        let rows = entries.merge_join_by(beneath, |one, other| order(range, one.0, &other.0));
        let row = |found: EitherOrBoth<Entry<'_>, Row>| match found {
            EitherOrBoth::Left((key, value)) | EitherOrBoth::Both((key, value), _) => {
                Some((key.to_vec(), value?.to_vec()))
            }
            EitherOrBoth::Right(row) => Some(row),
        };
        rows.filter_map(row).take(range.limit).collect()
    })
}
