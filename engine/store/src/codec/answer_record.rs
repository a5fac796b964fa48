//! What was answered to a request, as it is stored.

use minicbor::{Decode, Encode};

use super::decode;
use crate::error::StoreError;
use crate::tables::Table;

/// An answer in the store: value of [`Table::Answers`]. The store does not
/// ask what it says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AnswerRecord {
    /// The SHA-256 of what made the request the one that it was.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub fingerprint: [u8; 32],
    /// When it is forgotten, in milliseconds since the Unix epoch.
    #[n(1)]
    pub expires_at_ms: i64,
    /// Its status.
    #[n(2)]
    pub status: u16,
    /// Its headers, in order.
    #[n(3)]
    pub headers: Vec<HeaderRecord>,
    /// Its body.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub body: Vec<u8>,
}

impl AnswerRecord {
    /// The record that stands in a row.
    ///
    /// # Errors
    /// The bytes are none.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        decode(Table::Answers, bytes)
    }
}

/// A header of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HeaderRecord {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// Its value.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub value: Vec<u8>,
}
