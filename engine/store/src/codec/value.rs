//! Values in CBOR: each as CBOR's own type, objects in the order of their keys.

use std::sync::Arc;

use casewright_chart::Value;
use casewright_chart::value::Map;
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};

/// How deep values may nest. Deeper ones were never written; a damaged store must not overflow the
/// stack.
const MAX_DEPTH: usize = 256;

pub(super) fn encode<C, W: Write>(
    value: &Value,
    e: &mut Encoder<W>,
    context: &mut C,
) -> Result<(), EncodeError<W::Error>> {
    match value {
        Value::Null => e.null()?.ok(),
        Value::Bool(value) => e.bool(*value)?.ok(),
        Value::Int(value) => e.i64(*value)?.ok(),
        Value::Float(value) => e.f64(*value)?.ok(),
        Value::String(text) => e.str(text)?.ok(),
        Value::List(items) => {
            e.array(items.len() as u64)?;
            items.iter().try_for_each(|item| encode(item, e, context))
        }
        Value::Map(map) => encode_map(map, e, context),
    }
}

pub(super) fn encode_map<C, W: Write>(
    map: &Map,
    e: &mut Encoder<W>,
    context: &mut C,
) -> Result<(), EncodeError<W::Error>> {
    e.map(map.len() as u64)?;
    for (key, value) in map {
        e.str(key)?;
        encode(value, e, context)?;
    }
    Ok(())
}

pub(super) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Value, DecodeError> {
    decode_at(d, 0)
}

pub(super) fn decode_map<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Map, DecodeError> {
    map_at(d, 0)
}

fn decode_at(d: &mut Decoder<'_>, depth: usize) -> Result<Value, DecodeError> {
    if depth > MAX_DEPTH {
        return Err(DecodeError::message("nested too deep"));
    }
    Ok(match d.datatype()? {
        Type::Null => {
            d.null()?;
            Value::Null
        }
        Type::Bool => Value::Bool(d.bool()?),
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64 => Value::Int(d.i64()?),
        Type::F64 => Value::Float(d.f64()?),
        Type::String => Value::from(d.str()?),
        Type::Array => {
            let items = (0..length(d.array()?)?).map(|_| decode_at(d, depth + 1));
            let items: Result<Vec<Value>, _> = items.collect();
            Value::list(items?)
        }
        Type::Map => Value::from(map_at(d, depth)?),
        other => return Err(DecodeError::type_mismatch(other)),
    })
}

fn map_at(d: &mut Decoder<'_>, depth: usize) -> Result<Map, DecodeError> {
    (0..length(d.map()?)?)
        .map(|_| Ok((Arc::from(d.str()?), decode_at(d, depth + 1)?)))
        .collect()
}

fn length(length: Option<u64>) -> Result<u64, DecodeError> {
    length.ok_or_else(|| DecodeError::message("expected a length"))
}
