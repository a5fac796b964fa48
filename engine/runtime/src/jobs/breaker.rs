//! A circuit breaker: a plugin whose services keep failing is left alone for a while.
//!
//! What it reaches is down, most likely. Each further job would find that out for itself, one deadline after the
//! other, and use up its attempts.

use casewright_chart::Timestamp;

/// After how many failures in a row it opens.
const FAILURES: u32 = 5;
/// For how long, in milliseconds.
const COOL_DOWN_MS: u64 = 30_000;

/// Whether a plugin is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Breaker {
    /// How many attempts have failed since the last one that did not.
    failures: u32,
    /// Until when it is left alone.
    until: Option<Timestamp>,
}

/// How many may be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As many as there is room for.
    Closed,
    /// None, until then.
    Open(Timestamp),
    /// One, to see whether it works again.
    HalfOpen,
}

impl Breaker {
    pub(super) fn state(self, now: Timestamp) -> State {
        match self.until {
            None => State::Closed,
            Some(until) if until > now => State::Open(until),
            Some(_) => State::HalfOpen,
        }
    }

    /// An attempt got an answer, whatever it was.
    pub(super) fn succeeded(&mut self) {
        *self = Breaker::default();
    }

    /// An attempt got none. Whether the plugin is left alone from now on.
    pub(super) fn failed(&mut self, now: Timestamp) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures < FAILURES {
            return false;
        }
        self.until = Some(now.after_ms(COOL_DOWN_MS));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_tries_one_after_a_while() {
        let at = |ms| Timestamp::from_unix_ms(ms);
        let mut breaker = Breaker::default();
        for _ in 1..FAILURES {
            assert!(!breaker.failed(at(0)));
        }
        breaker.succeeded();
        for _ in 1..FAILURES {
            assert!(!breaker.failed(at(0)));
            assert_eq!(breaker.state(at(0)), State::Closed);
        }
        assert!(breaker.failed(at(0)));
        assert_eq!(breaker.state(at(29_999)), State::Open(at(30_000)));
        assert_eq!(breaker.state(at(30_000)), State::HalfOpen);
        assert!(breaker.failed(at(30_000)));
        assert_eq!(breaker.state(at(30_001)), State::Open(at(60_000)));
        breaker.succeeded();
        assert_eq!(breaker.state(at(30_001)), State::Closed);
    }
}
