//! How long: `PT4H`, `P10D`, `4h`, `1500ms`.

use jiff::{Span, SpanRelativeTo};

/// The milliseconds of a duration, in ISO 8601 or as people write it. A day has 24 hours; months and
/// years have no fixed length and are refused.
///
/// # Errors
/// What was expected.
///
/// ```
/// use casewright::scenario::delay::parse_ms;
/// assert_eq!(parse_ms("PT4H"), Ok(14_400_000));
/// assert_eq!(parse_ms("1500ms"), Ok(1_500));
/// assert!(parse_ms("P1M").is_err());
/// ```
pub fn parse_ms(text: &str) -> Result<u64, String> {
    let span = text.parse::<Span>().ok();
    let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let ms = duration.and_then(|duration| u64::try_from(duration.as_millis()).ok());
    ms.ok_or_else(|| {
        format!("expected a duration such as `PT4H`, `P10D` or `1500ms`, found `{text}`")
    })
}

/// A duration as people read it: `10d 4h`, `1s 500ms`.
///
/// ```
/// use casewright::scenario::delay::words;
/// assert_eq!(words(3 * 86_400_000 + 5_000), "3d 5s");
/// assert_eq!(words(0), "0s");
/// ```
pub fn words(ms: u64) -> String {
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
        (1, "ms"),
    ];
    let mut rest = ms;
    let mut words = Vec::new();
    for (unit_ms, unit) in units {
        let count = rest / unit_ms;
        rest %= unit_ms;
        if count > 0 {
            words.push(format!("{count}{unit}"));
        }
    }
    match words.is_empty() {
        true => "0s".to_owned(),
        false => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (text, ms) in [
            ("PT25H", 90_000_000),
            ("P10D", 864_000_000),
            ("P1DT1S", 86_401_000),
            ("4h", 14_400_000),
            ("2d 3h", 183_600_000),
            ("PT0S", 0),
            ("PT0.5S", 500),
        ] {
            assert_eq!(parse_ms(text), Ok(ms), "{text}");
        }
    }

    #[test]
    fn what_has_no_fixed_length_or_goes_back_is_refused() {
        for text in ["", "soon", "P1M", "P1Y", "-PT1H", "4", "1h-"] {
            assert!(parse_ms(text).is_err(), "{text}");
        }
    }
}
