//! The core schema of YAML 1.2.2 (10.3): what a scalar without quotes means.

use granit_parser::{ScalarStyle, Tag};
use serde_json::{Number, Value};

use super::{YAML_NUMBER, YAML_TAG};
use crate::diagnostic::{Diagnostic, quoted};

/// The value of a scalar, or a finding that has no span yet.
pub(super) fn resolve(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
) -> Result<Value, Diagnostic> {
    let Some(tag) = tag else {
        return match style {
            ScalarStyle::Plain => plain(text),
            _ => Ok(Value::from(text)),
        };
    };
    if is_non_specific(tag) {
        return Ok(Value::from(text));
    }
    let value = match tag.core_suffix() {
        Some("str") => return Ok(Value::from(text)),
        Some("null" | "bool" | "int" | "float") => plain(text)?,
        Some(_) => return Err(misfit(tag, &quoted(text))),
        None => return Err(unknown_tag(tag)),
    };
    match (tag.core_suffix(), &value) {
        (Some("null"), Value::Null) | (Some("bool"), Value::Bool(_)) => Ok(value),
        (Some("int"), Value::Number(number)) if !number.is_f64() => Ok(value),
        (Some("float"), Value::Number(number)) => Ok(number
            .as_f64()
            .and_then(Number::from_f64)
            .map_or(value, Value::Number)),
        _ => Err(misfit(tag, &quoted(text))),
    }
}

/// Checks the tag of a mapping (`!!map`) or a sequence (`!!seq`).
pub(super) fn check_collection_tag(tag: &Tag, expected: &str) -> Result<(), Diagnostic> {
    match tag.core_suffix() {
        _ if is_non_specific(tag) => Ok(()),
        Some(suffix) if suffix == expected => Ok(()),
        Some(_) => Err(misfit(
            tag,
            if expected == "map" {
                "a mapping"
            } else {
                "a sequence"
            },
        )),
        None => Err(unknown_tag(tag)),
    }
}

/// `!` alone asks for the plain meaning of the node's kind (YAML 1.2.2, 6.9.1): a text stays a text.
fn is_non_specific(tag: &Tag) -> bool {
    tag.original() == "!"
}

fn unknown_tag(tag: &Tag) -> Diagnostic {
    let message = format!(
        "expected a value without a tag, found tag {}",
        quoted(&tag.original())
    );
    Diagnostic::error(YAML_TAG, message).with_hint("remove the tag")
}

fn misfit(tag: &Tag, found: &str) -> Diagnostic {
    let message = format!("tag {} does not fit {found}", quoted(&tag.original()));
    Diagnostic::error(YAML_TAG, message).with_hint("remove the tag")
}

/// The table of YAML 1.2.2 (10.3.2), in its order.
fn plain(text: &str) -> Result<Value, Diagnostic> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Err(not_finite(text)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err(not_finite(text));
    }
    if is_digits(unsigned) {
        return decimal(text).ok_or_else(|| too_big(text));
    }
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            let number = u64::from_str_radix(digits, radix).map_err(|_| too_big(text))?;
            return Ok(Value::from(number));
        }
    }
    if is_float(unsigned) {
        let number = text.parse().ok().and_then(Number::from_f64);
        return number.map(Value::Number).ok_or_else(|| too_big(text));
    }
    Ok(Value::from(text))
}

fn decimal(text: &str) -> Option<Value> {
    let signed = text.parse::<i64>().map(Value::from);
    signed
        .or_else(|_| text.parse::<u64>().map(Value::from))
        .ok()
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    mantissa_fits
        && exponent
            .is_none_or(|exponent| is_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn not_finite(text: &str) -> Diagnostic {
    let message = format!("expected a finite number, found {}", quoted(text));
    Diagnostic::error(YAML_NUMBER, message).with_hint("put it in quotes if it is meant as text")
}

fn too_big(text: &str) -> Diagnostic {
    let message = format!("number {} is too large to be kept exactly", quoted(text));
    Diagnostic::error(YAML_NUMBER, message).with_hint("put it in quotes if it is an identifier")
}
