//! The stored form of records: a version byte, then CBOR (RFC 8949).
//!
//! Stored forms live for ever, core types must not: these are types of their own, with states by id,
//! so that a chart that is laid out in another way still finds them. Fields are numbered; a new one
//! gets a new number and must be optional, a number is never used again.

pub mod answer_record;
pub mod case_record;
pub mod job_record;
pub mod journal_record;
mod value;

use minicbor::{Decode, Encode};

use crate::error::StoreError;
use crate::tables::Table;

/// The version of every record so far.
const VERSION: u8 = 1;

/// Room for most records, so that few grow while they are written, in bytes.
const USUAL_BYTES: usize = 512;

/// The bytes of a record.
pub(crate) fn encode<T: Encode<()>>(table: Table, record: &T) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    bytes.push(VERSION);
    minicbor::encode(record, &mut bytes)
        .map_err(|error| StoreError::corrupt(table, format!("cannot encode a record: {error}")))?;
    Ok(bytes)
}

/// The record of bytes.
pub(crate) fn decode<'b, T: Decode<'b, ()>>(
    table: Table,
    bytes: &'b [u8],
) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, record)) => minicbor::decode(record).map_err(|error| {
            StoreError::corrupt(table, format!("cannot decode a record: {error}"))
        }),
        Some((version, _)) => Err(StoreError::corrupt(
            table,
            format!("expected a record of version {VERSION}, found {version}"),
        )),
        None => Err(StoreError::corrupt(
            table,
            "expected a record, found nothing",
        )),
    }
}
