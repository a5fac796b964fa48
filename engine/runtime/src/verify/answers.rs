//! What is remembered of requests: each answer has its expiry, each expiry its answer.

use casewright_store::answer::{answer_of_expiry, expiry_of_answer};
use casewright_store::tables::Table;
use casewright_store::{AnswerRecord, Row, StoreError};

use super::fault::{Fault, Kind};
use super::{Stop, Verification, of_store};

impl Verification<'_> {
    /// Every answer can be read, and expires.
    pub(super) fn answers(&self) -> Result<(), StoreError> {
        for row in self.store().rows(Table::Answers) {
            let (key, value) = row?;
            let stop = match AnswerRecord::of_bytes(&value) {
                Ok(answer) => self.expires(&key, &answer)?.map(Stop::Fault),
                Err(error) => Some(of_store(Kind::Answer, error)),
            };
            stop.map_or(Ok(()), |stop| self.note(stop))?;
        }
        Ok(())
    }

    fn expires(&self, key: &[u8], answer: &AnswerRecord) -> Result<Option<Fault>, StoreError> {
        let expiry = expiry_of_answer(answer, key);
        let found = self.store().row(Table::Expiries, &expiry)?;
        Ok(match found {
            Some(_) => None,
            None => Some(Fault::new(Kind::Answer, "an answer never expires")),
        })
    }

    /// Every expiry is one of an answer.
    pub(super) fn expiries(&self) -> Result<(), StoreError> {
        for row in self.store().rows(Table::Expiries) {
            let row = row?;
            if !self.is_of_answer(&row)? {
                self.fault(Fault::new(Kind::Answer, "an expiry is of no answer"))?;
            }
        }
        Ok(())
    }

    fn is_of_answer(&self, (key, _): &Row) -> Result<bool, StoreError> {
        let Some(answer) = answer_of_expiry(key) else {
            return Ok(false);
        };
        let found = self.store().row(Table::Answers, answer)?;
        // One that cannot be read has been told of.
        Ok(
            found.is_some_and(|bytes| match AnswerRecord::of_bytes(&bytes) {
                Ok(record) => expiry_of_answer(&record, answer) == *key,
                Err(_) => true,
            }),
        )
    }
}
