//! Answers that are remembered, so that a request that is sent again is answered as it was the first
//! time: written with the step that they tell of, removed along with later steps once they have expired.

use crate::codec::answer_record::AnswerRecord;
use crate::codec::encode;
use crate::error::StoreError;
use crate::key_value::{Batch, KeyValue, Range};
use crate::tables::{Table, answer_key, expiry_key, parse_expiry_key};

/// How many expired answers go with a commit: twice as many as steps, so that they get fewer even while
/// every step leaves one, and this many more.
const EXPIRED: usize = 16;

/// Whose request an answer belongs to, and under which key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestKey(Vec<u8>);

impl RequestKey {
    /// The key that an actor gave to a request. Neither may hold a zero byte.
    pub fn new(actor: &str, key: &str) -> Self {
        RequestKey(answer_key(actor, key))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An answer to write with a step.
#[derive(Clone, Debug)]
pub struct AnswerWrite {
    /// The request.
    pub request: RequestKey,
    /// What it is answered.
    pub answer: AnswerRecord,
    /// When the answer expired that stands in its place, in milliseconds since the Unix epoch; none when
    /// nothing does.
    pub replaced_ms: Option<i64>,
}

/// Adds an answer to a batch.
pub(crate) fn add_answer(batch: &mut Batch, write: &AnswerWrite) -> Result<(), StoreError> {
    let key = write.request.bytes();
    let record = encode(Table::Answers, &write.answer)?;
    let replaced = write.replaced_ms.iter();
    let replaced = replaced.map(|expired| (Table::Expiries, expiry_key(*expired, key)));
    batch.deletes.extend(replaced);
    let expiry = expiry_key(write.answer.expires_at_ms, key);
    batch.puts.push((Table::Answers, key.to_vec(), record));
    batch.puts.push((Table::Expiries, expiry, Vec::new()));
    Ok(())
}

/// The key of the row of [`Table::Expiries`] by which an answer at a key expires.
pub fn expiry_of_answer(answer: &AnswerRecord, key: &[u8]) -> Vec<u8> {
    expiry_key(answer.expires_at_ms, key)
}

/// The key of the answer that expires by a row of [`Table::Expiries`]; none when it is no key of one.
pub fn answer_of_expiry(key: &[u8]) -> Option<&[u8]> {
    parse_expiry_key(key).map(|(_, answer)| answer)
}

/// What is known of the answers that expire next, so that nothing is looked for in vain, nor passed over
/// again that was removed before.
#[derive(Debug)]
pub(crate) struct Expiring {
    /// No answer expires before, in milliseconds since the Unix epoch.
    first_ms: i64,
    /// No key of an expiry lies before.
    start: Vec<u8>,
}

impl Expiring {
    /// What a store holds.
    pub(crate) fn of(key_value: &dyn KeyValue) -> Result<Self, StoreError> {
        let rows = key_value.scan(Table::Expiries, &Range::prefix(&[], None, 1))?;
        let first = rows.first().and_then(|(key, _)| parse_expiry_key(key));
        let first_ms = match (first, rows.is_empty()) {
            (Some((expires, _)), _) => expires,
            (None, true) => i64::MAX,
            // A key that is none goes with the first commit.
            (None, false) => i64::MIN,
        };
        let start = Vec::new();
        Ok(Expiring { first_ms, start })
    }

    /// Adds to a batch of so many steps what removes answers that have expired by now. What is known once
    /// that is committed; none when there is nothing to remove, or it cannot be read: no step fails for that.
    pub(crate) fn remove(
        &self,
        key_value: &dyn KeyValue,
        batch: &mut Batch,
        steps: usize,
        now_ms: i64,
    ) -> Option<Self> {
        if now_ms < self.first_ms {
            return None;
        }
        let limit = 2 * steps + EXPIRED;
        let range = Range {
            start: self.start.clone(),
            end: None,
            reverse: false,
            limit: limit + 1,
        };
        let mut left = Expiring {
            first_ms: i64::MAX,
            start: range.start.clone(),
        };
        let rows = key_value.scan(Table::Expiries, &range).ok()?;
        for (number, (key, _)) in rows.into_iter().enumerate() {
            let (expires, answer) = parse_expiry_key(&key).unwrap_or((i64::MIN, &[]));
            if expires > now_ms || number == limit {
                left.first_ms = expires;
                break;
            }
            batch.deletes.push((Table::Answers, answer.to_vec()));
            left.start = [&key, &[0][..]].concat();
            batch.deletes.push((Table::Expiries, key));
        }
        Some(left)
    }

    /// Takes note of an answer that was written.
    pub(crate) fn note(&mut self, write: &AnswerWrite) {
        let expires = write.answer.expires_at_ms;
        self.first_ms = self.first_ms.min(expires);
        let key = expiry_key(expires, write.request.bytes());
        if key < self.start {
            self.start = key;
        }
    }
}
