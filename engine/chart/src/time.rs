//! Points in time, as values that the caller hands in.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A timestamp from milliseconds since the Unix epoch.
    pub const fn from_unix_ms(unix_ms: i64) -> Self {
        Timestamp(unix_ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// `delay_ms` later; at the end of time when that is beyond it.
    #[must_use]
    pub const fn after_ms(self, delay_ms: u64) -> Self {
        Timestamp(self.0.saturating_add_unsigned(delay_ms))
    }
}

impl fmt::Display for Timestamp {
    /// The bare milliseconds: the core knows no calendar.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}
