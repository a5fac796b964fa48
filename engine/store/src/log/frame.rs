//! One batch in the log.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..8 | the [`Mark`] of the log |
//! | 8..12 | CRC-32 of all that follows |
//! | 12..20 | the number of the batch |
//! | 20..24 | the length of the rows in bytes |
//! | 24.. | the rows in CBOR: `[[table, key], …]` removed, then `[[table, key, value], …]` written |
//!
//! All numbers are little-endian. Frames begin at multiples of [`ALIGNMENT`].

use minicbor::{Decoder, Encoder, decode, encode as cbor};

use crate::key_value::Batch;
use crate::tables::Table;

/// What every frame begins with: drawn anew each time the log is begun, so that neither a frame of another time nor
/// text in a row that looks like one is taken for a frame.
pub(crate) type Mark = [u8; 8];

/// The length of what stands before the rows.
pub(crate) const HEADER_BYTES: usize = 24;
/// Where frames begin.
pub(crate) const ALIGNMENT: usize = 8;
/// What a row takes at most beside its key and value.
const ROW_BYTES: usize = 16;
/// What the checksum leaves out.
const UNCHECKED_BYTES: usize = 12;

/// A frame that was read.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    /// The number of its batch.
    pub(crate) number: u64,
    /// Its rows.
    rows: &'a [u8],
    /// How many bytes it takes up until the next may begin.
    pub(crate) length: usize,
}

/// The bytes of a batch. Its preconditions are not kept: they held.
pub(crate) fn encode(mark: Mark, number: u64, batch: &Batch) -> Result<Vec<u8>, String> {
    let told = |error: cbor::Error<std::convert::Infallible>| error.to_string();
    let values = batch
        .puts
        .iter()
        .map(|(_, key, value)| key.len() + value.len());
    let keys = batch.deletes.iter().map(|(_, key)| key.len());
    let rows = batch.puts.len() + batch.deletes.len();
    let room = HEADER_BYTES + values.sum::<usize>() + keys.sum::<usize>() + rows * ROW_BYTES;
    let mut bytes = Vec::with_capacity(room);
    bytes.resize(HEADER_BYTES, 0);
    encode_rows(batch, &mut bytes).map_err(told)?;
    let length = u32::try_from(bytes.len() - HEADER_BYTES)
        .map_err(|_| "expected a batch of less than 4 GiB".to_owned())?;
    bytes[0..8].copy_from_slice(&mark);
    bytes[12..20].copy_from_slice(&number.to_le_bytes());
    bytes[20..24].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32fast::hash(&bytes[UNCHECKED_BYTES..]);
    bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    Ok(bytes)
}

type EncodeResult = Result<(), cbor::Error<std::convert::Infallible>>;

fn encode_rows(batch: &Batch, bytes: &mut Vec<u8>) -> EncodeResult {
    let mut encoder = Encoder::new(bytes);
    encoder.array(batch.deletes.len() as u64)?;
    for (table, key) in &batch.deletes {
        encoder.array(2)?.u8(table.code())?.bytes(key)?;
    }
    encoder.array(batch.puts.len() as u64)?;
    for (table, key, value) in &batch.puts {
        encoder
            .array(3)?
            .u8(table.code())?
            .bytes(key)?
            .bytes(value)?;
    }
    Ok(())
}

/// The frame at the start of some bytes; none when there is none, or it is not whole.
pub(crate) fn read(mark: Mark, bytes: &[u8]) -> Option<Frame<'_>> {
    let header = bytes.first_chunk::<HEADER_BYTES>()?;
    if !header.starts_with(&mark) {
        return None;
    }
    let number = u64::from_le_bytes(*header.get(12..)?.first_chunk()?);
    let length = u32::from_le_bytes(*header.get(20..)?.first_chunk()?) as usize;
    let end = HEADER_BYTES.checked_add(length)?;
    let checked = bytes.get(UNCHECKED_BYTES..end)?;
    let checksum = u32::from_le_bytes(*header.get(8..)?.first_chunk()?);
    (crc32fast::hash(checked) == checksum).then(|| Frame {
        number,
        rows: bytes.get(HEADER_BYTES..end).unwrap_or_default(),
        length: end.next_multiple_of(ALIGNMENT),
    })
}

impl Frame<'_> {
    /// Its batch.
    ///
    /// # Errors
    /// The rows are none, although their checksum is right.
    pub(crate) fn batch(&self) -> Result<Batch, String> {
        decode_rows(self.rows).map_err(|error| format!("batch {}: {error}", self.number))
    }
}

fn decode_rows(rows: &[u8]) -> Result<Batch, decode::Error> {
    let mut decoder = Decoder::new(rows);
    let mut batch = Batch::default();
    for _ in 0..array(&mut decoder)? {
        expect(&mut decoder, 2)?;
        let table = table(&mut decoder)?;
        batch.deletes.push((table, decoder.bytes()?.to_vec()));
    }
    for _ in 0..array(&mut decoder)? {
        expect(&mut decoder, 3)?;
        let table = table(&mut decoder)?;
        let key = decoder.bytes()?.to_vec();
        batch.puts.push((table, key, decoder.bytes()?.to_vec()));
    }
    Ok(batch)
}

fn array(decoder: &mut Decoder<'_>) -> Result<u64, decode::Error> {
    decoder
        .array()?
        .ok_or_else(|| decode::Error::message("expected an array of known length"))
}

fn expect(decoder: &mut Decoder<'_>, length: u64) -> Result<(), decode::Error> {
    match array(decoder)? == length {
        true => Ok(()),
        false => Err(decode::Error::message("expected a row of another length")),
    }
}

fn table(decoder: &mut Decoder<'_>) -> Result<Table, decode::Error> {
    Table::of_code(decoder.u8()?).ok_or_else(|| decode::Error::message("expected a known table"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARK: Mark = *b"the mark";

    fn batch() -> Batch {
        Batch {
            puts: vec![(Table::Cases, b"a".to_vec(), b"one".to_vec())],
            deletes: vec![(Table::Timers, b"t".to_vec())],
            ..Batch::default()
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let whole = encode(MARK, 7, &batch()).unwrap();
        let end = HEADER_BYTES + read(MARK, &whole).unwrap().rows.len();
        for position in 0..end {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[position] ^= 1 << bit;
                assert!(
                    read(MARK, &damaged).is_none(),
                    "bit {bit} of byte {position}"
                );
            }
            assert!(
                read(MARK, &whole[..position]).is_none(),
                "cut at {position}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_batch_comes_back_as_it_went_in(
            number: u64,
            puts in prop::collection::vec((0..Table::ALL.len(), any::<Vec<u8>>(), any::<Vec<u8>>()), 0..5),
            deletes in prop::collection::vec((0..Table::ALL.len(), any::<Vec<u8>>()), 0..5),
        ) {
            let puts = puts.into_iter().map(|(table, key, value)| (Table::ALL[table], key, value));
            let deletes = deletes.into_iter().map(|(table, key)| (Table::ALL[table], key));
            let batch = Batch { puts: puts.collect(), deletes: deletes.collect(), ..Batch::default() };
            let bytes = encode(MARK, number, &batch).unwrap();
            let frame = read(MARK, &bytes).unwrap();
            prop_assert_eq!((frame.number, frame.length), (number, bytes.len()));
            let back = frame.batch().unwrap();
            prop_assert_eq!((back.puts, back.deletes), (batch.puts, batch.deletes));
        }

        #[test]
        fn whatever_stands_in_the_rows_is_no_panic(rows: Vec<u8>) {
            let _ = decode_rows(&rows);
        }
    }
}
