//! What the cases that are damaged say of their last records.
//!
//! A record in the middle of a chain is held by the hash in its successor. The last one is held by its case
//! alone: where the two do not agree, one of them was altered, and nobody can tell which.

use std::collections::BTreeMap;

use casewright_store::tables::Table;
use casewright_store::{Link, StoreError};

use crate::verify::{Fault, Kind, Verification, lock};

use super::stored;

/// The cases that are damaged and can be read, by the places of their last records.
pub(super) struct Claims {
    by_sequence: BTreeMap<u64, (String, Link)>,
}

impl Claims {
    /// Reads the cases that were found to be damaged.
    pub(super) fn read(verification: &Verification<'_>) -> Result<Self, StoreError> {
        let damaged = lock(&verification.damaged).clone();
        let mut by_sequence = BTreeMap::new();
        for key in damaged {
            let id = String::from_utf8_lossy(&key).into_owned();
            if let Some(stored) = stored(verification.inspector.store, &id)? {
                let last = stored.record.last;
                by_sequence.insert(last.sequence, (id, last));
            }
        }
        Ok(Claims { by_sequence })
    }

    /// Why a record must not be believed to be the last one of a case: a case is chained to another text of it.
    pub(super) fn against(&self, last: Link) -> Option<Fault> {
        let (id, claimed) = self.by_sequence.get(&last.sequence)?;
        (claimed.hash != last.hash).then(|| altered(id, *claimed))
    }

    /// Why a case of which the journal knows nothing may be one all the same: no sound case accounts for the
    /// record that it was chained to, which is another by now.
    pub(super) fn of_altered(
        &self,
        verification: &Verification<'_>,
        id: &str,
    ) -> Result<Option<Fault>, StoreError> {
        let mut claims = self.by_sequence.values();
        let Some((_, claimed)) = claims.find(|(of, _)| of == id) else {
            return Ok(None);
        };
        let sequence = claimed.sequence;
        if verification.visited.is_marked(sequence) {
            return Ok(None);
        }
        let store = verification.inspector.store;
        let found = store.row(Table::Journal, &sequence.to_be_bytes())?;
        let is_altered = found.is_some_and(|found| Link::to(sequence, &found) != *claimed);
        Ok(is_altered.then(|| altered(id, *claimed)))
    }
}

fn altered(id: &str, claimed: Link) -> Fault {
    let message = format!("it is not what case `{id}` was chained to");
    Fault::new(Kind::Chain, message).of_record(claimed.sequence)
}
