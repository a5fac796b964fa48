//! The rows as they lie there: what verifying and repairing a store look at.
//!
//! Nothing here believes that rows are what steps have written. A whole table is read in pages, so that its
//! size does not matter.

use std::vec;

use casewright_chart::Chart;

use crate::codec::case_record::{CaseRecord, Link};
use crate::codec::journal_record::JournalRecord;
use crate::codec::{decode, encode};
use crate::error::StoreError;
use crate::key_value::{Batch, KeyValue, Range, Row};
use crate::step::{self, StoredCase};
use crate::store::Store;
use crate::tables::Table;

/// How many rows are read at a time. Most take a few hundred bytes, a case at most some megabytes.
const PAGE: usize = 64;

/// The rows of a table in the order of their keys.
pub struct Rows<'a> {
    key_value: &'a dyn KeyValue,
    table: Table,
    /// The rest of the page that was read last.
    page: vec::IntoIter<Row>,
    /// Where the next one begins; none when there is none.
    next: Option<Range>,
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.page.next() {
            return Some(Ok(row));
        }
        let range = self.next.take()?;
        let page = match self.key_value.scan(self.table, &range) {
            Ok(page) => page,
            Err(error) => return Some(Err(error)),
        };
        if let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) {
            self.next = Some(Range::prefix(&[], Some(last), PAGE));
        }
        self.page = page.into_iter();
        self.page.next().map(Ok)
    }
}

/// What is wrong with the chain of a case's records.
#[derive(Debug)]
pub struct BrokenChain {
    /// The place in the journal of the record with which something is wrong.
    pub sequence: u64,
    /// What is wrong with it.
    pub message: String,
}

/// Why a chain could not be followed.
#[derive(Debug)]
pub enum ChainError {
    /// It is broken.
    Broken(BrokenChain),
    /// The backend failed.
    Store(StoreError),
}

impl BrokenChain {
    pub(crate) fn at(link: Link, message: String) -> Self {
        BrokenChain {
            sequence: link.sequence,
            message,
        }
    }
}

impl From<BrokenChain> for ChainError {
    fn from(broken: BrokenChain) -> Self {
        ChainError::Broken(broken)
    }
}

impl From<BrokenChain> for StoreError {
    fn from(broken: BrokenChain) -> Self {
        let message = format!("record {}: {}", broken.sequence, broken.message);
        StoreError::corrupt(Table::Journal, message)
    }
}

impl From<ChainError> for StoreError {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Broken(broken) => broken.into(),
            ChainError::Store(error) => error,
        }
    }
}

impl From<StoreError> for ChainError {
    fn from(error: StoreError) -> Self {
        ChainError::Store(error)
    }
}

impl Store {
    /// The rows of a table. Those that are written meanwhile may be among them or not.
    pub fn rows(&self, table: Table) -> Rows<'_> {
        Rows {
            key_value: self.key_value(),
            table,
            page: Vec::new().into_iter(),
            next: Some(Range::prefix(&[], None, PAGE)),
        }
    }

    /// The value of a row.
    ///
    /// # Errors
    /// The backend failed.
    pub fn row(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.key_value().get(table, key)
    }

    /// Writes rows that are derived from the journal past what steps write, when a store is repaired.
    ///
    /// # Errors
    /// One of the rows is none of a case, the index, the timers or the jobs, or the backend failed. Nothing was written.
    pub fn write_derived(&self, batch: Batch) -> Result<(), StoreError> {
        let puts = batch.puts.iter().map(|(table, ..)| table);
        let mut tables = puts.chain(batch.deletes.iter().map(|(table, _)| table));
        let is_derived = |table: &&Table| {
            matches!(
                table,
                Table::Cases | Table::Index | Table::Timers | Table::Jobs | Table::Queue
            )
        };
        match tables.find(|table| !is_derived(table)) {
            Some(table) => Err(StoreError::corrupt(*table, "its rows are not derived")),
            None => self.key_value().commit(batch),
        }
    }

    /// The record that a link points at, if it is the one that was linked.
    ///
    /// # Errors
    /// It is not, or the backend failed.
    pub(crate) fn linked(&self, link: Link) -> Result<JournalRecord, ChainError> {
        let bytes = self.row(Table::Journal, &link.sequence.to_be_bytes())?;
        let bytes = bytes.ok_or_else(|| BrokenChain::at(link, "it is missing".to_owned()))?;
        if Link::hash_of(&bytes) != link.hash {
            let what = "it is not what its successor was chained to".to_owned();
            return Err(BrokenChain::at(link, what).into());
        }
        match decode(Table::Journal, &bytes) {
            Err(StoreError::Corrupt { message, .. }) => Err(BrokenChain::at(link, message).into()),
            decoded => Ok(decoded?),
        }
    }

    /// The record that a link points at, if it is the one that was linked, and one of this case.
    ///
    /// # Errors
    /// It is not, or the backend failed.
    pub fn linked_of(&self, case: &str, link: Link) -> Result<JournalRecord, ChainError> {
        let record = self.linked(link)?;
        match record.case == case {
            true => Ok(record),
            false => {
                let other = &record.case;
                let what = format!("it is a record of case `{other}`");
                Err(BrokenChain::at(link, what).into())
            }
        }
    }

    /// The links of a case's chain, the oldest first: from the last one back to the opening, each record
    /// what its successor was chained to, without a gap in the revisions.
    ///
    /// # Errors
    /// The chain is broken, or the backend failed.
    pub fn chain(&self, case: &str, last: Link) -> Result<Vec<Link>, ChainError> {
        let mut links = vec![last];
        let mut link = last;
        let mut record = self.linked_of(case, link)?;
        loop {
            let broken = |message: String| Err(BrokenChain::at(link, message).into());
            let revision = record.revision;
            let Some(previous) = record.previous else {
                if revision != 1 {
                    return broken(format!("revision {revision} follows no record"));
                }
                links.reverse();
                return Ok(links);
            };
            // A chain that goes forward would never end.
            if previous.sequence >= link.sequence {
                return broken(format!(
                    "it follows record {}, which comes later",
                    previous.sequence
                ));
            }
            let before = self.linked_of(case, previous)?;
            if before.revision.checked_add(1) != Some(revision) {
                let found = before.revision;
                return broken(format!("revision {revision} follows revision {found}"));
            }
            if before.definition != record.definition {
                return broken("it names another definition than the record before it".to_owned());
            }
            links.push(previous);
            (link, record) = (previous, before);
        }
    }
}

impl Link {
    /// The link to a record with these bytes at a place.
    pub fn to(sequence: u64, bytes: &[u8]) -> Self {
        Link {
            sequence,
            hash: Link::hash_of(bytes),
        }
    }
}

impl StoredCase {
    /// The case of a row.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of_row((key, bytes): Row) -> Result<(String, Self), StoreError> {
        let record = decode(Table::Cases, &bytes)?;
        let id = String::from_utf8(key)
            .map_err(|_| StoreError::corrupt(Table::Cases, "a key holds no id"))?;
        Ok((id, StoredCase { record, bytes }))
    }

    /// Whether another record says the same, bit for bit.
    pub fn is(&self, other: &CaseRecord) -> bool {
        let bytes = |record| encode(Table::Cases, record).ok();
        bytes(&self.record) == bytes(other)
    }
}

impl CaseRecord {
    /// The bytes that are stored.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        encode(Table::Cases, self)
    }

    /// The rows that stand beside a case's own: its timers and its places in the indexes.
    pub fn rows_beside(&self, id: &str, chart: &Chart) -> Vec<(Table, Vec<u8>)> {
        step::rows(id, self, chart)
    }
}

/// The case whose row stands in [`Table::Index`] at a key.
pub fn case_of_index_key(key: &[u8]) -> Option<&str> {
    let id = key.rsplit(|byte| *byte == 0).next()?;
    std::str::from_utf8(id).ok().filter(|id| !id.is_empty())
}
