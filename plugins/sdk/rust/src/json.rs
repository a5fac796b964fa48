//! How answers are written: JSON as `serde_json` writes it, but for whole numbers.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

/// Room for an ordinary answer, so that its text is not moved while it grows.
const ANSWER_BYTES: usize = 512;

/// From here on not every whole number is a 64-bit float of its own.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// `value` as JSON text.
pub(crate) fn write<T: Serialize>(value: &T) -> serde_json::Result<String> {
    let mut text = Vec::with_capacity(ANSWER_BYTES);
    value.serialize(&mut Serializer::with_formatter(&mut text, Plain))?;
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

/// Writes whole numbers without a fraction, `4` and not `4.0`: JSON has one kind of number, but many
/// readers have two, and take the one for an integer only.
struct Plain;

impl Formatter for Plain {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if value.fract() == 0.0 && value.abs() < MAX_WHOLE {
            return CompactFormatter.write_i64(writer, value as i64);
        }
        CompactFormatter.write_f64(writer, value)
    }

    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        if value.fract() == 0.0 && f64::from(value.abs()) < MAX_WHOLE {
            return CompactFormatter.write_i64(writer, value as i64);
        }
        CompactFormatter.write_f32(writer, value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_have_no_fraction() {
        let value = json!({"a": [4.0, -0.0, 2.5, 1e300], "b": 7});
        let text = write(&value).unwrap();
        assert_eq!(text, r#"{"a":[4,0,2.5,1e+300],"b":7}"#);
        assert_eq!(write(&[4.0_f32, 0.1]).unwrap(), "[4,0.1]");
    }

    #[test]
    fn what_is_no_number_is_null() {
        assert_eq!(write(&[f64::NAN, f64::INFINITY]).unwrap(), "[null,null]");
    }

    #[test]
    fn numbers_beyond_the_whole_keep_their_form() {
        assert_eq!(
            write(&9_007_199_254_740_992.0).unwrap(),
            "9007199254740992.0"
        );
    }
}
