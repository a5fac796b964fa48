//! The seam below which a backend lies: an ordered key-value store with one atomic commit.

use std::sync::Arc;

use crate::error::StoreError;
use crate::tables::Table;

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// An ordered key-value store.
///
/// Reads see everything that was committed before they began. A commit is all or nothing, and has
/// reached the disk when it returns.
pub trait KeyValue: Send + Sync {
    /// The value at a key.
    ///
    /// # Errors
    /// The backend failed.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keys and values of a range in key order, or from its end backwards, up to its limit, in one
    /// snapshot.
    ///
    /// # Errors
    /// The backend failed.
    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Row>, StoreError>;

    /// Writes a batch if its preconditions hold.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if one does not, or the backend failed. Nothing was written.
    fn commit(&self, batch: Batch) -> Result<(), StoreError>;

    /// Brings what was committed to where every program finds it that could open the store: also one from before
    /// there was a log. Nothing else needs this.
    ///
    /// # Errors
    /// The backend failed.
    fn settle(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A backend that somebody else holds, too.
impl<K: KeyValue + ?Sized> KeyValue for Arc<K> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(table, key)
    }

    fn scan(&self, table: Table, range: &Range) -> Result<Vec<Row>, StoreError> {
        (**self).scan(table, range)
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        (**self).commit(batch)
    }

    fn settle(&self) -> Result<(), StoreError> {
        (**self).settle()
    }
}

/// Which keys to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first key.
    pub start: Vec<u8>,
    /// The key before which to stop; the end of the table when absent.
    pub end: Option<Vec<u8>>,
    /// Whether to begin at the end and go backwards.
    pub reverse: bool,
    /// How many to give at most.
    pub limit: usize,
}

impl Range {
    /// Keys that begin with a prefix, after `after` if it is given.
    pub fn prefix(prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Self {
        let start = match after {
            // The least key greater than `after`.
            Some(after) => [after, &[0]].concat(),
            None => prefix.to_vec(),
        };
        Range {
            start,
            end: successor(prefix),
            reverse: false,
            limit,
        }
    }
}

/// The least key that is greater than every key with the prefix.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// What is written together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// What must be so.
    pub preconditions: Vec<Precondition>,
    /// What is written.
    pub puts: Vec<(Table, Vec<u8>, Vec<u8>)>,
    /// What is removed, before anything is written.
    pub deletes: Vec<(Table, Vec<u8>)>,
}

/// Something that must be so for a commit to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing stands at the key.
    Absent(Table, Vec<u8>),
    /// Just this stands at the key.
    Equal(Table, Vec<u8>, Vec<u8>),
}

impl Precondition {
    /// The key it is about.
    pub fn key(&self) -> (Table, &[u8]) {
        match self {
            Precondition::Absent(table, key) | Precondition::Equal(table, key, _) => (*table, key),
        }
    }

    /// Whether it holds for what was found at the key.
    pub fn holds(&self, found: Option<&[u8]>) -> bool {
        match self {
            Precondition::Absent(..) => found.is_none(),
            Precondition::Equal(_, _, expected) => found == Some(expected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_the_next_one_begins() {
        assert_eq!(successor(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(successor(&[1, 255]), Some(vec![2]));
        assert_eq!(successor(&[255]), None);
    }
}
